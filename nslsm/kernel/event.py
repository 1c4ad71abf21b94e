"""Events: what a task asks of the kernel, what a recording says came of it, and what the kernel makes of it.

A system call is an *operation* (:mod:`nslsm.kernel.operations`), handled by a generator: it yields each hook request in the
order in which Linux would raise it, is sent back whether that was granted, and returns an :class:`Outcome`. It never changes
anything: the outcome holds the state that would come after. Who drives it (the engine) decides whether that state is taken.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.operations.operation import Descriptor, NetworkAddress
from nslsm.kernel.state import State
from nslsm.protocol.request import Request
from nslsm.protocol.things import Capabilities, Identity


class FileStatus(NamedTuple):
    """What a recorded stat(2) told of a file; UNKNOWN where the trace leaves it out."""

    type: str | Unknown = UNKNOWN
    """One of :data:`nslsm.hooks.kinds.FILE_TYPE`'s members."""
    mode: int | Unknown = UNKNOWN
    """Permission bits, without those of the type."""
    owner: int | Unknown = UNKNOWN
    group: int | Unknown = UNKNOWN
    inode: int | Unknown = UNKNOWN
    device: int | Unknown = UNKNOWN


class Recorded(NamedTuple):
    """What a recording says came of a system call; a call that never returned has neither result nor errno.

    What a call wrote into its caller's memory is in the other fields, where the trace shows it.
    """

    result: int | None
    errno: Errno | None = None
    descriptor: Descriptor | None = None
    """The result, where it is a descriptor and the trace remarks on it."""
    descriptors: tuple[Descriptor, ...] = ()
    """The two of pipe(2) and socketpair(2); those that came with a message."""
    status: FileStatus | None = None
    text: str | Unknown | None = None
    """What readlink(2) or getcwd(2) told."""
    ids: tuple[int, ...] | None = None
    """What getresuid(2), getgroups(2) told; for getuid(2) and its like the result will do."""
    capabilities: tuple[Capabilities, Capabilities, Capabilities] | None = None
    """What capget(2) told: effective, permitted, inheritable."""
    address: NetworkAddress | None = None
    """What getsockname(2) or accept(2) told."""

    @property
    def failed(self) -> bool:
        """Whether the call returned an error."""
        return self.errno is not None


class Outcome(NamedTuple):
    """What the kernel makes of an event when nothing denies it."""

    state: State
    """The state after the event, effects aside. The state before, where ``errno`` is set."""
    result: int = 0
    """What the system call returns: a descriptor, a child's pid, 0."""
    errno: Errno | None = None
    """The kernel's own refusal (existence, discretionary access; Model M2.1), or the failure that was recorded."""
    reason: str = ""
    """Why the kernel refused, in words: ``/srv/x does not exist``."""
    entering: Request | None = None
    """The request that ``enter on`` declarations are held against (Model M5.5), None where the event moves nobody."""
    notify: "Callable[[State], Sequence[Request]] | None" = None
    """The notifying hooks that follow once the state after, moves included, is in place."""
    rekeyed: Mapping[Identity, Identity | None] = {}
    """Things whose attributes the event itself moved to another key (a rename), or that it ended (None: exit, unlink).

    ``state.cells`` follows already; effects of the event on such a thing are moved or dropped with it.
    """
    unknown: frozenset[str] = frozenset()
    """The unknown facts that the kernel's refusal hangs on (``object.mode``); empty where it is certain (Model M2.9)."""
    refusal: Errno | None = None
    """In a replay, of a call that went ahead in truth: what the kernel would have answered after the probes that were denied.

    ``reason`` says why. ``errno`` is None, and ``state`` is what the recording shows (Model M6.3).
    """


Steps: TypeAlias = Generator[Request, bool, Outcome]
"""A system call under way: yields requests, is sent True (granted) or False (denied), returns its outcome.

A denied ``fatal`` request is never answered: the generator is closed. ``probe`` and ``element`` requests are.
"""
