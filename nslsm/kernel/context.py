"""What a system call's handler knows: the state before, who calls, on which kernel, and what a recording says came of it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias, TypeVar

from nslsm.hooks.linux import Errno
from nslsm.hooks.model import PROFILES, Consequence
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.event import Outcome, Recorded
from nslsm.kernel.interning import CredentialTable
from nslsm.kernel.process import Place, Process, Table, Thread
from nslsm.kernel.refusal import Refused
from nslsm.kernel.requests import hook_called, request_of
from nslsm.kernel.state import State
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceId, Object, Task, Value

_T = TypeVar("_T")

Asking: TypeAlias = Generator[Request, bool, _T]
"""A part of a system call: it may raise requests, and comes to a result."""


class Detail(Enum):
    """How much of what Linux raises is raised here. What a control may deny with effect is raised at each of them."""

    DECISIONS = "decisions"
    """Hooks that are about what a call does: what policies are written about."""
    SEARCHES = "searches"
    """Also ``inode_permission`` for each directory on the way to a file, beside the one for the file."""
    EVERY = "every"
    """Also hooks that make room, label, account or free (``cred_prepare``, ``file_alloc_security``, ``vm_enough_memory``), and
    those of a program's loading, as far as they can be told without reading the program."""


@dataclass(frozen=True, slots=True)
class Context:
    """One system call's surroundings. ``pid`` is the task that calls.

    ``recorded`` None simulates: the kernel's own checks decide. Otherwise the recording decides what happened, and
    the handler raises the hooks that the call reached (Model M6.3).
    """

    state: State
    pid: int
    profile: str = PROFILES[-1]
    recorded: Recorded | None = None
    interned: CredentialTable = field(default_factory=CredentialTable)
    detail: Detail = Detail.DECISIONS
    room: Callable[[NamespaceTree, NamespaceId], Errno | None] = lambda _tree, _parent: None
    """The errno with which one more namespace in a parent fails, whatever limits allow: a system's own bound (Model M5.4)."""

    @property
    def task(self) -> Task:
        """The task that calls."""
        return self.state.tasks[self.pid]

    @property
    def process(self) -> Process:
        """Its process."""
        return self.state.processes[self.task.tgid]

    @property
    def thread(self) -> Thread:
        """What it refers to."""
        return self.state.threads[self.pid]

    @property
    def place(self) -> Place:
        """Where its paths begin."""
        return self.state.places[self.thread.place]

    @property
    def table(self) -> Table:
        """Its descriptors."""
        return self.state.tables[self.thread.table]

    @property
    def simulated(self) -> bool:
        """Whether the kernel's own checks decide."""
        return self.recorded is None

    @property
    def searches(self) -> bool:
        """Whether ``inode_permission`` is raised for each directory on the way to a file."""
        return self.detail is not Detail.DECISIONS

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
        return request_of(hook, self.task, thing, consequence=consequence, **facts)

    def routine(self, hook: str, thing: Object | Unknown | None = None, /, **facts: Value | Unknown) -> "Asking[None]":
        """A hook that makes room, labels, accounts or frees; raised only where every hook is wanted.

        What it is about is unknown where no ``thing`` is given.
        """
        if self.detail is Detail.EVERY:
            if thing is None and hook_called(hook).object is not None:
                thing = UNKNOWN
            yield request_of(hook, self.task, thing, consequence=None, **facts)

    def since(self, profile: str) -> bool:
        """Whether the simulated kernel is ``profile`` or a newer one."""
        return PROFILES.index(self.profile) >= PROFILES.index(profile)

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
