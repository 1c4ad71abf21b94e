"""Events: what a task asks of the kernel, what a recording says came of it, and what the kernel makes of it.

A system call is an *operation* (:mod:`nslsm.kernel.operations`), handled by a generator: it yields each hook request in the
order in which Linux would raise it, is sent back whether that was granted, and returns an :class:`Outcome`. It never changes
anything: the outcome holds the state that would come after. Who drives it (the engine) decides whether that state is taken.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from nslsm.hooks.linux import Errno
from nslsm.kernel.state import State
from nslsm.protocol.request import Request
from nslsm.protocol.things import Identity


class Recorded(NamedTuple):
    """What a recording says came of a system call; a call that never returned has neither result nor errno."""

    result: int | None
    errno: Errno | None = None

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


Steps: TypeAlias = Generator[Request, bool, Outcome]
"""A system call under way: yields requests, is sent True (granted) or False (denied), returns its outcome.

A denied ``fatal`` request is never answered: the generator is closed. ``probe`` and ``element`` requests are.
"""
