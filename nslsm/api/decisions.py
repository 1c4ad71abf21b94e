"""What a kernel answers: a decision that can explain itself, and the exceptions that carry one."""

import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

from nslsm.diagnostics.sources import Sources
from nslsm.engine.compositions import CONJUNCTION, Composition
from nslsm.engine.decision import Decision as EngineDecision
from nslsm.hooks.linux import Errno
from nslsm.kernel.state import State
from nslsm.protocol.namespace import Namespace

if TYPE_CHECKING:
    from nslsm.api.recalled import Done, Question
    from nslsm.engine.explain import Explanation


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Decision(EngineDecision):
    """What came of one system call, or of one hook that was asked directly. True where it was granted.

    ``errno`` is what the caller gets, None where granted; ``blame`` says which rule of which namespace denied; ``result`` is
    the descriptor, child or number that the call returned; ``judgements`` has all answers to all questions (Model M2.6).
    """

    sequence: int
    """Its number in its kernel, from 1."""
    time: float | None
    """What the kernel's clock said; None where it has none."""
    pid: int
    """The task that called."""
    call: str
    """The system call's operation, or the hook that was asked directly."""
    before: State = field(repr=False, compare=False)
    """The state that it was made on."""
    sources: Sources = field(default_factory=Sources, repr=False, compare=False)
    """The texts of the policies."""
    composition: Composition = field(default=CONJUNCTION, repr=False, compare=False)
    """How the namespaces decided together."""

    later: "Question | Done | None" = field(default=None, repr=False, compare=False)
    """What was asked, where no more has been looked at yet than whether it was granted."""

    def __getattr__(self, name: str) -> object:
        """What has not been made yet is made when it is looked at (:mod:`nslsm.api.recalled`)."""
        if name not in _PARTS:
            raise AttributeError(f"a decision has no {name!r}")
        from nslsm.api.recalled import Asked, Done  # noqa: PLC0415 - it makes decisions

        later = object.__getattribute__(self, "later")
        question = later if isinstance(later, Done) else Asked(*later)
        if hasattr(question, name):
            return getattr(question, name)
        made = question.decided()
        for part in _PARTS:
            object.__setattr__(self, part, object.__getattribute__(made, part))
        return getattr(self, name)

    @property
    def namespace(self) -> Namespace:
        """The namespace that the task was in when it called."""
        return self.before.namespaces[self.before.tasks[self.pid].home]

    def __repr__(self) -> str:
        """One line: ``<decision 8, socket_connect: deny EHOSTUNREACH by … in …>``."""
        words = [str(self.verdict)]
        words += [] if self.errno is None else [self.errno.name]
        words += [f"by {self.blame}"] if self.blame is not None else []
        words += [f"for want of {', '.join(self.unknown)}"] if self.unknown else []
        return f"<decision {self.sequence}, {self.call}: {' '.join(words)}>"

    def explanation(self) -> "Explanation":
        """Each level's opinion with its rule, and the smallest changes that would turn the verdict, as a value."""
        from nslsm.engine.explain import explain  # noqa: PLC0415 - only who asks why pays for it

        return explain(self, self.before, self.composition)

    def explain(self) -> str:
        """The same as text: the rules where they stand, with their lines."""
        from nslsm.report.explanation import render_explanation  # noqa: PLC0415 - only who asks why pays for it
        from nslsm.report.page import as_text  # noqa: PLC0415

        return as_text(render_explanation(self.explanation(), self.sources))


_PARTS: Final = frozenset(part.name for part in fields(Decision))


def decision_of(
    made: EngineDecision,
    *,
    before: State,
    sources: Sources,
    sequence: int,
    time: float | None,
    pid: int,
    call: str,
    composition: Composition = CONJUNCTION,
) -> Decision:
    """An engine's decision with what it takes to explain it, and when it was made."""
    parts = {part.name: getattr(made, part.name) for part in fields(EngineDecision)}
    return Decision(
        **parts,
        before=before,
        sources=sources,
        sequence=sequence,
        time=time,
        pid=pid,
        call=call,
        composition=composition,
    )


class Denied(PermissionError):
    """A call was not granted where it had to be; ``decision`` says by whom and why. Its errno is the decision's."""

    def __init__(self, decision: EngineDecision) -> None:
        errno = decision.errno or Errno.EACCES
        super().__init__(int(errno), _reason(decision))
        self.decision = decision


def failure(decision: EngineDecision) -> OSError:
    """What a strict kernel raises: :class:`Denied` for a control's denial, as the operating system would for its own."""
    if decision.blame is not None and decision.blame.by_kernel and decision.errno is not None:
        return OSError(int(decision.errno), _reason(decision))
    return Denied(decision)


def _reason(decision: EngineDecision) -> str:
    if decision.blame is None:
        return f"{decision.verdict}: nobody knows {', '.join(decision.unknown)}" if decision.unknown else "not granted"
    told = os.strerror(int(decision.errno)) if decision.errno is not None else str(decision.verdict)
    by = f"by {decision.blame}" if decision.blame.opinion is not None else "by the kernel"
    return f"{told}, {by}" + (f": {decision.blame.reason}" if decision.blame.reason else "")
