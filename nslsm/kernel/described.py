"""What single records tell of a task and of files, taken into a recording: it appears, or is known better than before."""

from collections.abc import Callable
from typing import Final, TypeAlias

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, with_process
from nslsm.kernel.call import Described, SeenFile
from nslsm.kernel.constants import FILE_MODES
from nslsm.kernel.copying import replace
from nslsm.kernel.inodes import Inode
from nslsm.kernel.interning import CredentialTable
from nslsm.kernel.namespaces import move
from nslsm.kernel.places import change_directory
from nslsm.kernel.state import State
from nslsm.kernel.tree import descends, fork, leader, with_child
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import NamespaceId, Task

Placing: TypeAlias = Callable[[NamespaceTree, tuple[str, ...]], NamespaceId]
"""Which namespace a task starts in that an orchestrator has placed so (namespace, pod, container; empty: nowhere)."""

_TYPES: Final = {
    "S_IFREG": "regular",
    "S_IFDIR": "directory",
    "S_IFLNK": "symlink",
    "S_IFIFO": "fifo",
    "S_IFSOCK": "socket",
    "S_IFCHR": "character_device",
    "S_IFBLK": "block_device",
}


_THREAD: Final = frozenset({"vm", "fs", "files", "sighand", "thread"})
"""What pthread_create(3) asks clone(2) for, as far as it matters here."""


def described(state: State, event: Described, pid: int, home: NamespaceId, interned: CredentialTable) -> State:
    """The state after a record has told of task ``pid``, which appears where it was not there: as its parent's child, where
    that is known, with all that fork(2) passes on; else in the namespace ``home``, with nothing known but what is told.
    """
    known = state.tasks.get(pid)
    news = event.parent is not None and (known is None or known.ppid != event.parent)
    if news and event.parent is not None and descends(state, event.parent, pid):
        event = replace(event, parent=None)  # the record is damaged
    if pid not in state.tasks:
        state = _appeared(state, event, pid, home)
    task = _known_better(state.tasks[pid], event, interned)
    if task is not state.tasks[pid]:
        state = replace(state, tasks=state.tasks.insert(pid, task))
    if event.parent is not None and event.parent != task.ppid:
        state = _adopted(state, task, event.parent)
    if event.directory is not None:
        state = _at(state, pid, event.directory)
    for file in event.files:
        state = _seen(state, file)
    return state


def placed(state: State, pid: int, namespace: NamespaceId) -> State:
    """The state with the process of ``pid`` in ``namespace``: it was brought there before anything was recorded of it."""
    task = state.tasks[pid]
    return state if task.home == namespace else move(state, task.tgid, namespace)


def _appeared(state: State, event: Described, pid: int, home: NamespaceId) -> State:
    first = None if event.process is None or event.process == pid else leader(state, event.process)
    if first is not None:
        state = fork(state, first.pid, pid, _THREAD)
    elif event.parent is not None and event.parent in state.tasks:
        state = fork(state, event.parent, pid)
    else:
        credentials = replace(UNKNOWN_CREDENTIALS, namespace=home)
        state, _ = with_process(
            state,
            credentials,
            pid=pid,
            parent=0,
            directory=UNKNOWN,
            mask=UNKNOWN,
            tracer_is_capable=UNKNOWN,
            parent_known=False,
        )
    return replace(state, unconfirmed=state.unconfirmed.insert(pid))


def _known_better(task: Task, event: Described, interned: CredentialTable) -> Task:
    old = task.credentials
    told: dict[str, object] = {
        name: value for name, value in (*event.ids, *event.capabilities) if getattr(old, name) != value
    }
    credentials = interned.intern(replace(old, **told)) if told else old  # type: ignore[arg-type]
    exe = task.exe if event.exe is None else event.exe
    comm = task.comm if event.comm is None else event.comm
    if credentials is old and exe == task.exe and comm == task.comm:
        return task
    return replace(task, credentials=credentials, exe=exe, comm=comm)


def _adopted(state: State, task: Task, parent: int) -> State:
    """Its parent ended, and another took it in; or nobody knew whose child it was.

    A parent that nothing was told of is a number and no more: another process may have it later.
    """
    process = state.processes[task.tgid]
    old = state.processes.get(process.parent)
    above = parent if parent in state.processes else 0
    processes = state.processes.insert(task.tgid, replace(process, parent=above, parent_known=True))
    if old is not None:
        processes = processes.insert(old.tgid, replace(old, children=old.children.discard(task.tgid)))
    tasks = state.tasks
    for pid in process.threads:
        tasks = tasks.insert(pid, replace(tasks[pid], ppid=parent))
    return with_child(replace(state, processes=processes, tasks=tasks), above, task.tgid)


def _at(state: State, pid: int, directory: str) -> State:
    place = state.threads[pid].place
    if state.files.path_of(state.places[place].directory) == directory:
        return state
    return change_directory(state, place, directory).state


def _seen(state: State, seen: SeenFile) -> State:
    """A file's facts, from now on."""
    inode = state.files.inode_at(seen.path)
    if inode is not None:
        return replace(state, files=state.files.with_inode(_with_facts(inode, seen)))
    told = state.files.told_of(seen.path)
    known = told if isinstance(told, Inode) else Inode(number=0)
    return replace(state, files=state.files.told(seen.path, _with_facts(known, seen)))


def _with_facts(inode: Inode, seen: SeenFile) -> Inode:
    kind: str | Unknown = inode.type
    if seen.mode is not None:
        kind = next((_TYPES[name] for name in FILE_MODES.named(seen.mode).names if name in _TYPES), inode.type)
    return replace(
        inode,
        type=kind,
        mode=inode.mode if seen.mode is None else seen.mode & 0o7777,
        owner=inode.owner if seen.owner is None else seen.owner,
        group=inode.group if seen.group is None else seen.group,
        inode=inode.inode if seen.inode is None else seen.inode,
    )
