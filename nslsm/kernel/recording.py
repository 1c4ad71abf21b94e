"""A recording under way: who is who in it, where its tasks come from, and the state that it has come to (Model M6.3)."""

from dataclasses import dataclass, field, fields
from typing import Final

from nslsm.hooks.kinds import SECUREBITS
from nslsm.hooks.linux import Capability
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.hooks.vocabulary import CLONE_FLAGS
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, appeared, booted, with_process
from nslsm.kernel.call import Began, Described, Exited, Killed, Named, Numbered, Struct, Superseded, Value
from nslsm.kernel.constants import CLONE_FLAGS as CLONE_CONSTANTS
from nslsm.kernel.context import Context, Detail
from nslsm.kernel.copying import replace
from nslsm.kernel.described import Placing, described, placed
from nslsm.kernel.dispatch import begin, begin_silent
from nslsm.kernel.event import Recorded, Steps
from nslsm.kernel.interning import CredentialTable
from nslsm.kernel.lookup import walked
from nslsm.kernel.operations import CWD, At, Operation
from nslsm.kernel.origin import Origin
from nslsm.kernel.places import change_directory
from nslsm.kernel.spelling import flags_of
from nslsm.kernel.state import State, seen_by
from nslsm.kernel.told import Told, tell
from nslsm.kernel.tree import end_process, end_task, take_over
from nslsm.kernel.world import World
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import Capabilities, Credentials, NamespaceId

UNNUMBERED: Final = 1 << 22
"""The number of a task that a trace does not number: above all that Linux gives (``PID_MAX_LIMIT``)."""


@dataclass(slots=True)
class Recording:
    """The kernel's side of a replay. ``home`` is the namespace that the recorded program starts in."""

    state: State
    home: NamespaceId
    profile: str
    detail: Detail = Detail.DECISIONS
    placing: Placing | None = None
    """Where tasks start that a record says to be in a pod, or outside of all; None: where their parents are, or ``home``."""
    _interned: CredentialTable = field(default_factory=CredentialTable)
    _origin: Origin | None = None
    _makers: dict[int, frozenset[str]] = field(default_factory=dict)
    """Tasks that have a call under way that makes another, with its flags."""
    _numbers: dict[int, int] = field(default_factory=lambda: {0: UNNUMBERED})
    _whereabouts: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Where each task that lives is said to be."""

    @classmethod
    def of(
        cls,
        namespaces: NamespaceTree,
        *,
        home: NamespaceId,
        profile: str,
        detail: Detail = Detail.DECISIONS,
        filesystem: str | Unknown = UNKNOWN,
    ) -> "Recording":
        """A recording that is about to start, made where files were on a ``filesystem`` of that name."""
        state = booted(namespaces, World.RECORDED, init=False)
        return cls(replace(state, files=replace(state.files, kind=filesystem)), home, profile, detail)

    def number(self, task: int) -> int:
        """The number under which the state has the task that the trace calls ``task``."""
        return self._numbers.get(task, task)

    def sees(self, task: int) -> None:
        """A call by ``task`` is over: it is there from now on, if it was not before."""
        pid = self.number(task)
        self._appears(pid)
        self._makers.pop(pid, None)

    def begin(self, task: int, operation: Operation | None, recorded: Recorded, call: str = "") -> Steps:
        """The steps of a recorded call by a task that was seen; ``operation`` None: one that raises no hook of Linux's."""
        pid = self.number(task)
        if operation is None:
            return begin_silent(Context(self.state, pid, self.profile, recorded, self._interned, self.detail), call)
        self.state = settled(seen_by(self.state, pid), pid, operation)
        if self.detail is not Detail.DECISIONS and not recorded.failed:
            self.state = searched(self.state, pid, operation)
        context = Context(self.state, pid, self.profile, recorded, self._interned, self.detail)
        return tell(context, operation) if isinstance(operation, Told) else begin(context, operation, call)

    def take(self, event: Origin | Began | Exited | Killed | Superseded | Numbered | Described) -> None:
        """What a trace tells beside system calls: who started it, who is about to make a task, whose end it saw."""
        match event:
            case Origin():
                self._origin = event
            case Began():
                pid = self.number(event.task)
                self._appears(pid)
                self._makers[pid] = _clone_flags(event.arguments)
            case Exited():
                self._whereabouts.pop(self.number(event.task), None)
                self.state = end_task(self.state, self.number(event.task)).state
            case Killed():
                self._whereabouts.pop(self.number(event.task), None)
                self._killed(self.number(event.task))
            case Superseded():
                self._superseded(self.number(event.task), self.number(event.by))
            case Numbered():
                self._numbers[event.number] = self.number(event.task)
            case Described():
                self._described(event, self.number(event.task))

    def _described(self, event: Described, pid: int) -> None:
        self.state = described(self.state, event, pid, self.home, self._interned)
        if self.placing is None or event.whereabouts is None:
            return
        known = self._whereabouts.get(pid)
        if known is None and event.parent is not None:
            known = self._whereabouts.get(event.parent)
        self._whereabouts[pid] = event.whereabouts
        if known != event.whereabouts:
            self.state = placed(self.state, pid, self.placing(self.state.namespaces, event.whereabouts))

    def _appears(self, pid: int) -> None:
        if pid in self.state.tasks:
            return
        if not len(self.state.tasks):
            self.state = self._first(pid)
            return
        makers = tuple(self._makers.items())
        maker, flags = makers[0] if len(makers) == 1 else (None, frozenset[str]())
        if maker is not None and maker not in self.state.tasks:
            maker = None
        self.state = appeared(self.state, pid, maker, flags)

    def _first(self, pid: int) -> State:
        origin = self._origin
        credentials = UNKNOWN_CREDENTIALS if origin is None else _credentials_of(origin)
        credentials = self._interned.intern(replace(credentials, namespace=self.home))
        return with_process(
            self.state,
            credentials,
            pid=pid,
            parent=0,
            directory=UNKNOWN if origin is None else origin.cwd,
            root="/" if origin is None else origin.root,
            mask=UNKNOWN if origin is None else origin.umask,
            tracer_is_capable=UNKNOWN if origin is None else _has(origin.effective, Capability.CAP_SYS_PTRACE),
            parent_known=False,
        )[0]

    def _killed(self, pid: int) -> None:
        """A deadly signal ends all threads of a process; the trace tells of each, so that here one is ended."""
        task = self.state.tasks.get(pid)
        if task is not None and task.tgid == pid and len(self.state.processes[pid].threads) == 1:
            self.state = end_process(self.state, pid).state
        else:
            self.state = end_task(self.state, pid).state

    def _superseded(self, task: int, by: int) -> None:
        """A thread that executes a program goes on under its process's number, which its first thread had (``de_thread``)."""
        thread = self.state.tasks.get(by)
        if thread is None or by == task:
            return
        self._numbers[by] = by
        self.state = (take_over if thread.tgid == task else end_task)(self.state, by).state


def settled(state: State, pid: int, operation: Operation) -> State:
    """The state with a current directory that was unknown settled by what a trace remarks beside ``AT_FDCWD``."""
    thread = state.threads[pid]
    if not isinstance(state.files.path_of(state.places[thread.place].directory), Unknown):
        return state
    for each in fields(operation):
        at = getattr(operation, each.name)
        directory = at.directory if isinstance(at, At) else None
        if directory is not None and directory.number == CWD.number and directory.annotation is not None:
            return change_directory(state, thread.place, directory.annotation).state
    return state


def searched(state: State, pid: int, operation: Operation) -> State:
    """The state that knows of the directories that a call which succeeded went through: a later failure is not theirs."""
    context = Context(state, pid)
    files = state.files
    for each in fields(operation):
        at = getattr(operation, each.name)
        if isinstance(at, At) and isinstance(at.path, str):
            for directory in walked(context, at).passed:
                if files.exists(directory) is not True:
                    files = files.told(directory, files.undeclared(directory, directory=True))
    return state if files is state.files else replace(state, files=files)


def _clone_flags(arguments: tuple[Value, ...]) -> frozenset[str]:
    for value in arguments:
        inner = value.value if isinstance(value, Named) else value
        if isinstance(inner, Struct) and inner.has("flags"):
            inner = inner.get("flags")
        elif isinstance(value, Named) and value.name != "flags":
            continue
        symbols = flags_of(inner, CLONE_CONSTANTS)
        if symbols is not None:
            words = {name.removeprefix("CLONE_").lower() for name in symbols.names}
            return frozenset(words) & frozenset(CLONE_FLAGS.members)
    return frozenset()


def _has(mask: int, capability: Capability) -> bool:
    return bool(mask >> capability & 1)


def _capabilities(mask: int) -> Capabilities:
    return frozenset(capability for capability in Capability if _has(mask, capability))


def _credentials_of(origin: Origin) -> Credentials:
    """Who started a recorded program, as far as its first line says."""
    uids: tuple[int | Unknown, ...] = origin.uids if len(origin.uids) == 4 else (UNKNOWN,) * 4
    gids: tuple[int | Unknown, ...] = origin.gids if len(origin.gids) == 4 else (UNKNOWN,) * 4
    bits: frozenset[str] | Unknown = UNKNOWN
    if origin.securebits is not None:
        bits = frozenset(name for place, name in enumerate(SECUREBITS.members) if origin.securebits >> place & 1)
    return Credentials(
        uid=uids[0],
        euid=uids[1],
        suid=uids[2],
        fsuid=uids[3],
        gid=gids[0],
        egid=gids[1],
        sgid=gids[2],
        fsgid=gids[3],
        groups=frozenset(origin.groups),
        effective=_capabilities(origin.effective),
        permitted=_capabilities(origin.permitted),
        inheritable=_capabilities(origin.inheritable),
        bounding=_capabilities(origin.bounding),
        ambient=_capabilities(origin.ambient),
        securebits=bits,
        no_new_privs=origin.no_new_privs,
    )
