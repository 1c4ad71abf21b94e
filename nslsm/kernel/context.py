"""What a system call's handler knows: the state before, who calls, on which kernel, and what a recording says came of it."""

from collections.abc import Callable, Generator, Mapping
from enum import Enum
from typing import Final, TypeAlias, TypeVar, cast

from nslsm.hooks.linux import Errno
from nslsm.hooks.model import PROFILES, Consequence
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.event import Outcome, Recorded
from nslsm.kernel.interning import CredentialTable
from nslsm.kernel.process import Place, Process, Table, Thread
from nslsm.kernel.refusal import Refused
from nslsm.kernel.requests import hook_called, request_with
from nslsm.kernel.state import State
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceId, Object, Task, Value

_T = TypeVar("_T")

Asking: TypeAlias = Generator[Request, bool, _T]
"""A part of a system call: it may raise requests, and comes to a result."""


_NOTHING: Final = cast("Asking[None]", ())
"""No request at all, for ``yield from``."""

_AGE: Final = {profile: place for place, profile in enumerate(PROFILES)}


class Detail(Enum):
    """How much of what Linux raises is raised here. What a control may deny with effect is raised at each of them."""

    DECISIONS = "decisions"
    """Hooks that are about what a call does: what policies are written about."""
    SEARCHES = "searches"
    """Also ``inode_permission`` for each directory on the way to a file, beside the one for the file."""
    EVERY = "every"
    """Also hooks that make room, label, account or free (``cred_prepare``, ``file_alloc_security``, ``vm_enough_memory``), and
    those of a program's loading, as far as they can be told without reading the program."""


def _roomy(_tree: NamespaceTree, _parent: NamespaceId) -> None:
    """No bound but what limits say."""


class Context:
    """One system call's surroundings. ``pid`` is the task that calls.

    ``recorded`` None simulates: the kernel's own checks decide. Otherwise the recording decides what happened, and
    the handler raises the hooks that the call reached (Model M6.3). KeyError where the task is not in the state.

    Nothing of it is changed once it is made. It is no frozen dataclass because one is made for each call.
    """

    __slots__ = (
        "detail",
        "every",
        "interned",
        "pid",
        "profile",
        "recorded",
        "room",
        "searches",
        "simulated",
        "state",
        "task",
        "thread",
    )

    def __init__(
        self,
        state: State,
        pid: int,
        profile: str = PROFILES[-1],
        recorded: Recorded | None = None,
        interned: CredentialTable | None = None,
        detail: Detail = Detail.DECISIONS,
        room: Callable[[NamespaceTree, NamespaceId], Errno | None] = _roomy,
    ) -> None:
        self.state = state
        self.pid = pid
        self.task: Task = state.tasks[pid]
        """The task that calls."""
        self.thread: Thread = state.threads[pid]
        """What it refers to."""
        self.profile = profile
        self.recorded = recorded
        self.simulated = recorded is None
        """Whether the kernel's own checks decide."""
        self.interned = CredentialTable() if interned is None else interned
        self.detail = detail
        self.searches = detail is not Detail.DECISIONS
        """Whether ``inode_permission`` is raised for each directory on the way to a file."""
        self.every = detail is Detail.EVERY
        """Whether routine hooks are raised, too."""
        self.room = room
        """The errno with which one more namespace in a parent fails, whatever limits allow: a system's own (Model M5.4)."""

    def on(self, state: State) -> "Context":
        """The same call on another state."""
        return Context(state, self.pid, self.profile, self.recorded, self.interned, self.detail, self.room)

    @property
    def process(self) -> Process:
        """Its process."""
        return self.state.processes[self.task.tgid]

    @property
    def place(self) -> Place:
        """Where its paths begin."""
        return self.state.places[self.thread.place]

    @property
    def table(self) -> Table:
        """Its descriptors."""
        return self.state.tables[self.thread.table]

    def request(
        self,
        hook: str,
        thing: Object | Unknown | None = None,
        /,
        *,
        consequence: Consequence | None = None,
        **facts: Value | Unknown,
    ) -> Request:
        """A request by the calling task."""
        return request_with(hook, self.task, thing, consequence, facts)

    def routine(self, hook: str, thing: Object | Unknown | None = None, /, **facts: Value | Unknown) -> "Asking[None]":
        """A hook that makes room, labels, accounts or frees; raised only where every hook is wanted.

        What it is about is unknown where no ``thing`` is given.
        """
        return self._routine(hook, thing, facts) if self.every else _NOTHING

    def _routine(
        self, hook: str, thing: Object | Unknown | None, facts: Mapping[str, Value | Unknown]
    ) -> "Asking[None]":
        if thing is None and hook_called(hook).object is not None:
            thing = UNKNOWN
        yield request_with(hook, self.task, thing, None, facts)

    def since(self, profile: str) -> bool:
        """Whether the simulated kernel is ``profile`` or a newer one."""
        return _AGE[self.profile] >= _AGE[profile]

    def insist(self, condition: bool | Unknown, errno: Errno, reason: str, *facts: str) -> None:  # noqa: FBT001
        """The kernel goes on only where ``condition`` holds; a recording that went on shows that it did.

        Where the condition is unknown, ``facts`` name what it hangs on, and the refusal is uncertain.
        """
        if self.recorded is None and condition is not True:
            unknown = frozenset(facts) if isinstance(condition, Unknown) else frozenset[str]()
            raise Refused(errno, reason, unknown)

    def stops(self, *errnos: Errno) -> None:
        """Where a recording shows a failure with one of ``errnos`` (with any, where none is given), the call failed here."""
        if (
            self.recorded is not None
            and self.recorded.errno is not None
            and (not errnos or self.recorded.errno in errnos)
        ):
            raise Refused(self.recorded.errno, "as recorded")

    def failed_with(self, *errnos: Errno) -> bool:
        """Whether a recording shows that the call failed with one of ``errnos``."""
        return self.recorded is not None and self.recorded.errno in errnos

    def done(self, state: State | None = None, result: int = 0) -> Outcome:
        """The call succeeded, and leaves ``state``; what a recording says of failure or result comes first."""
        self.stops()
        if self.recorded is not None and self.recorded.result is not None:
            result = self.recorded.result
        return Outcome(self.state if state is None else state, result)
