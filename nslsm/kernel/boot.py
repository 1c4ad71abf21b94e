"""How a kernel's state begins: the first process, tasks and files that a scenario declares or a recording starts with."""

from collections.abc import Mapping
from typing import Final

from rpds import HashTrieMap

from nslsm.hooks.linux import Capability
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import new_table
from nslsm.kernel.files import OPEN_WORLD_MODE, FileSystem
from nslsm.kernel.inodes import Inode
from nslsm.kernel.lifetimes import held
from nslsm.kernel.links import declare
from nslsm.kernel.memory import new_memory
from nslsm.kernel.places import new_place
from nslsm.kernel.process import INIT, Process, Thread
from nslsm.kernel.state import State
from nslsm.kernel.tree import fork, with_child
from nslsm.kernel.world import World
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import ALL_CAPABILITIES, NO_CAPABILITIES, Credentials, NamespaceId, Task

ORDINARY_UID: Final = 1000
"""The user of a task of which nobody said whose it is: an ordinary one."""

UNKNOWN_CREDENTIALS: Final = Credentials(
    uid=UNKNOWN,
    euid=UNKNOWN,
    suid=UNKNOWN,
    fsuid=UNKNOWN,
    gid=UNKNOWN,
    egid=UNKNOWN,
    sgid=UNKNOWN,
    fsgid=UNKNOWN,
    groups=UNKNOWN,
    effective=UNKNOWN,
    permitted=UNKNOWN,
    inheritable=UNKNOWN,
    bounding=UNKNOWN,
    ambient=UNKNOWN,
    securebits=UNKNOWN,
    no_new_privs=UNKNOWN,
)
"""Those of a task that a recording tells nothing about."""


def ordinary_credentials(uid: int = 0, gid: int | None = None, namespace: NamespaceId = 0) -> Credentials:
    """The credentials of a user's process: root's has all capabilities, others' none. ``gid`` is ``uid`` unless it is given."""
    group = uid if gid is None else gid
    capabilities = ALL_CAPABILITIES if uid == 0 else NO_CAPABILITIES
    return Credentials(
        uid=uid,
        euid=uid,
        suid=uid,
        fsuid=uid,
        gid=group,
        egid=group,
        sgid=group,
        fsgid=group,
        groups=frozenset(),
        effective=capabilities,
        permitted=capabilities,
        namespace=namespace,
    )


def declared_credentials(facts: Mapping[str, object], namespace: NamespaceId) -> Credentials:
    """The credentials that a test or a program declares by their names; a user id stands for all four unless they are said.

    Nobody said whose: an ordinary user's, :data:`ORDINARY_UID`. TypeError for a name that credentials have not.
    """
    uid = facts.get("uid", ORDINARY_UID)
    gid = facts.get("gid", uid)
    if not isinstance(uid, int) or not isinstance(gid, int):
        raise TypeError("a user or group is a number")
    return changed_credentials(ordinary_credentials(uid, gid, namespace), facts)


def changed_credentials(credentials: Credentials, facts: Mapping[str, object]) -> Credentials:
    """Credentials with some of them declared anew: permitted capabilities follow the effective ones, and the other way."""
    fields = dict(facts)
    unknown = sorted(set(fields) - {name for name in Credentials.__slots__ if name not in ("__weakref__", "namespace")})
    if unknown:
        raise TypeError(f"credentials have no `{unknown[0]}`")
    if "effective" in fields and "permitted" not in fields:
        fields["permitted"] = fields["effective"]
    if "permitted" in fields and "effective" not in fields:
        fields["effective"] = frozenset[Capability]()
    return replace(credentials, **fields)  # type: ignore[arg-type]


def booted(namespaces: NamespaceTree, world: World = World.CLOSED, *, init: bool = True) -> State:
    """A kernel's state at its beginning: its namespaces, no file but the root, and process 1, root's, in the root namespace.

    A replay has no ``init``: it starts with the processes that the recording shows.
    """
    known = namespaces.members
    state = State(
        namespaces=namespaces,
        files=FileSystem(world=world),
        next_namespace=max(known, default=-1) + 1,
    )
    if world is World.RECORDED:
        state = replace(state, files=state.files.with_inode(_unknown_root(state.files)))
    if not init:
        return state
    credentials = ordinary_credentials(namespace=namespaces.root)
    return with_process(state, credentials, pid=INIT, parent=0, exe="/sbin/init", comm="init")[0]


def _unknown_root(files: FileSystem) -> Inode:
    return Inode(number=0, type="directory", kept=True, holders=files.inodes[0].holders)


def with_process(
    state: State,
    credentials: Credentials,
    *,
    pid: int | None = None,
    parent: int = INIT,
    exe: str | Unknown = UNKNOWN,
    comm: str | Unknown = UNKNOWN,
    directory: str | Unknown = "/",
    root: str = "/",
    mask: int | Unknown = 0o022,
    tracer_is_capable: bool | Unknown | None = None,
    parent_known: bool = True,
) -> tuple[State, int]:
    """The state with one more process of one task, and its number: the next free one, unless ``pid`` says.

    ``tracer_is_capable``: see :class:`nslsm.kernel.process.Process`. ``parent_known`` False: a recording shows the process but
    not whose child it is.
    """
    number = state.next_pid if pid is None else pid
    state, place = new_place(state, directory, root, mask)
    state, table = new_table(state)
    state, memory = new_memory(state)
    task = Task(pid=number, tgid=number, ppid=parent, credentials=credentials, exe=exe, comm=comm)
    process = Process(
        tgid=number,
        parent=parent,
        threads=(number,),
        group=UNKNOWN if state.files.world is World.RECORDED else number,
        session=UNKNOWN if state.files.world is World.RECORDED else number,
        tracer_is_capable=tracer_is_capable,
        parent_known=parent_known,
    )
    state = replace(
        state,
        tasks=state.tasks.insert(number, task),
        threads=state.threads.insert(number, Thread(place, table, memory)),
        processes=state.processes.insert(number, process),
        next_pid=max(state.next_pid, number + 1),
    )
    return with_child(held(state, credentials.namespace), parent, number), number


def appeared(state: State, pid: int, maker: int | None, flags: frozenset[str] = frozenset()) -> State:
    """A replay sees a line of task ``pid`` before the call that makes it has returned.

    ``maker`` is the task that has such a call under way, with ``flags`` as far as the trace has shown them; None where it
    could be several: then nothing is known of the task until :func:`nslsm.kernel.tree.confirm` hears of it, and it is in the
    namespace of the eldest task.
    """
    if maker is not None:
        state = fork(state, maker, pid, flags)
    else:
        eldest = min(state.tasks, default=None)
        namespace = state.namespaces.root if eldest is None else state.tasks[eldest].home
        unknown = replace(UNKNOWN_CREDENTIALS, namespace=namespace)
        state, _ = with_process(
            state,
            unknown,
            pid=pid,
            parent=0,
            directory=UNKNOWN,
            mask=UNKNOWN,
            tracer_is_capable=UNKNOWN,
            parent_known=False,
        )
    return replace(state, unconfirmed=state.unconfirmed.insert(pid))


def with_file(
    state: State,
    path: str,
    *,
    type: str | None = None,  # noqa: A002 (the fact's name)
    owner: int = 0,
    group: int = 0,
    mode: int = OPEN_WORLD_MODE,
    sha256: str | Unknown = UNKNOWN,
    xattrs: Mapping[str, str] | None = None,
    target: str | None = None,
    interpreter: str | None = None,
    inode: int | Unknown = UNKNOWN,
    device: int | Unknown = UNKNOWN,
    filesystem: str | Unknown = UNKNOWN,
) -> State:
    """The state with a file declared: it has exactly the extended attributes that are given; its hash is unknown unless given.

    ``target`` makes it a symbolic link, ``interpreter`` a script that names it. Directories that lead to it are made.
    """
    kind = type if type is not None else "regular" if target is None else "symlink"
    declared = Inode(
        number=0,
        type=kind,
        owner=owner,
        group=group,
        mode=mode,
        inode=inode,
        device=device,
        filesystem=filesystem,
        sha256=sha256,
        xattrs=HashTrieMap({} if xattrs is None else xattrs),
        target=target,
        interpreter=interpreter,
    )
    return replace(state, files=declare(state.files, path, declared))
