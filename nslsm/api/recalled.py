"""Decisions that were not made: the answer is remembered, and all else about it is found when somebody looks.

States are immutable, and what is remembered hangs on nothing else; so a question that is decided later, on the state that it
was asked on, is decided as it would have been then.
"""

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from nslsm.api.decisions import Decision, decision_of
from nslsm.api.questions import asked, one
from nslsm.engine.compositions import Composition
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision as EngineDecision
from nslsm.engine.decision import Verdict
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Hook
from nslsm.kernel.operations import Operation
from nslsm.kernel.state import State
from nslsm.protocol.request import Request

if TYPE_CHECKING:
    from nslsm.api.kernel import Kernel
    from nslsm.diagnostics.sources import Sources

UNSURE: Final = 1 << 20
"""Beside an errno: nobody knows whether it is denied."""

Question: TypeAlias = "tuple[Kernel, State, int, int, Hook, Request | tuple[object, ...]]"
"""What an :class:`Asked` is made of."""


class Asked(NamedTuple):
    """A question that was put to a kernel, and when."""

    kernel: "Kernel"
    before: State
    sequence: int
    pid: int
    hook: Hook
    said: Request | tuple[object, ...]
    """What was asked, or the words that said it."""

    @property
    def call(self) -> str:
        """The hook."""
        return self.hook.name

    @property
    def time(self) -> None:
        """Kernels with a clock remember nothing."""
        return

    @property
    def composition(self) -> Composition:
        """How its namespaces decide."""
        return self.kernel.composition

    @property
    def sources(self) -> "Sources":
        """The texts of its policies."""
        return self.kernel.sources

    def decided(self) -> Decision:
        """The decision."""
        hook, kernel, before = self.hook, self.kernel, self.before
        request = self.said
        if not isinstance(request, Request):
            thing, facts = (request[0], request[1:]) if hook.object is not None else (None, request)
            request = asked(hook, before.tasks[self.pid], thing, facts, before)
        made, _ = decide(before, one(before, request), walk=kernel.walk, composition=kernel.deciding)
        return decision_of(
            made,
            before=before,
            sources=self.sources,
            sequence=self.sequence,
            time=None,
            pid=self.pid,
            call=self.call,
            composition=self.composition,
        )


class Done(NamedTuple):
    """A system call that went ahead, and when."""

    kernel: "Kernel"
    before: State
    sequence: int
    pid: int
    operation: Operation

    @property
    def call(self) -> str:
        """The operation."""
        return type(self.operation).__name__

    @property
    def time(self) -> None:
        """As for :class:`Asked`."""
        return

    @property
    def composition(self) -> Composition:
        """How its namespaces decide."""
        return self.kernel.composition

    @property
    def sources(self) -> "Sources":
        """The texts of its policies."""
        return self.kernel.sources

    def decided(self) -> Decision:
        """The decision."""
        kernel, before = self.kernel, self.before
        steps = kernel.begun(before, self.pid, self.operation)
        made, _ = decide(before, steps, walk=kernel.walk, composition=kernel.deciding)
        return decision_of(
            made,
            before=before,
            sources=self.sources,
            sequence=self.sequence,
            time=None,
            pid=self.pid,
            call=self.call,
            composition=self.composition,
        )


def done(result: int, call: Done) -> Decision:
    """The decision on a system call that was granted."""
    decision: Decision = _new(Decision)
    _set_verdict(decision, _GRANT)
    _set_errno(decision, None)
    _set_result(decision, result)
    _set_later(decision, call)
    return decision


def recalled(known: int, question: Question) -> Decision:
    """The decision on a question whose answer, an errno, is known already, and with it :data:`UNSURE`."""
    decision: Decision = _new(Decision)
    if known:
        _set_verdict(decision, Verdict.DENY if known < UNSURE else Verdict.INDETERMINATE)
        _set_errno(decision, _ERRNOS[known])
    else:
        _set_verdict(decision, _GRANT)
        _set_errno(decision, None)
    _set_later(decision, question)
    return decision


_GRANT: Final = Verdict.GRANT
_ERRNOS: Final = {int(Errno.EACCES) | UNSURE: Errno.EACCES, **{int(each): each for each in Errno}}

# A frozen decision is filled in slot by slot, which takes a third of the time that its constructor does.
_new: Final = object.__new__
_set_verdict: Final = EngineDecision.__dict__["verdict"].__set__
_set_errno: Final = EngineDecision.__dict__["errno"].__set__
_set_result: Final = EngineDecision.__dict__["result"].__set__
_set_later: Final = Decision.__dict__["later"].__set__
