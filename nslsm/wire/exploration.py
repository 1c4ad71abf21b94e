"""The wire format of searches for a break of a claim."""

from typing import ClassVar, Literal

from nslsm.simulation.exploration import Exploration
from nslsm.simulation.exploration.telling import told
from nslsm.wire.base import Document, Model


class SequenceStepRecord(Model):
    """One step of a sequence, in the notation of tests, and what came of it."""

    step: str
    outcome: str
    """``allow``, ``deny EACCES``, an errno of the kernel's own, or ``unknown`` and a fact."""


class SequenceRecord(Model):
    """A sequence of steps, the last of which breaks the claim; no shorter one does."""

    given: tuple[str, ...]
    """What there is at the beginning: ``file`` and ``task`` steps."""
    steps: tuple[SequenceStepRecord, ...]
    hook: str
    """The hook at which the access was granted."""
    namespace: str
    """The namespace in which it was never to be."""


class ExplorationRecord(Document):
    """What came of one search."""

    name: ClassVar[str] = "exploration"

    record: Literal["exploration"] = "exploration"
    version: Literal[1] = 1
    claim: str
    answer: Literal["holds", "broken", "not-decided", "not-shown", "nothing-tried"]
    """Within the bound: ``not-shown`` where not everything was tried, ``not-decided`` where it hangs on unknown facts."""
    depth: int
    searched: int
    """The number of steps up to which everything was tried."""
    exhaustive: bool
    """Everything up to ``depth`` was tried."""
    closed: bool
    """Nothing new can be reached: the answer is good for any number of steps."""
    words: tuple[str, ...]
    tasks: tuple[str, ...]
    paths: tuple[str, ...]
    merged: bool
    states: int
    transitions: int
    performed: int
    """The transitions that were carried out; what came of the others was known."""
    accesses: int
    """Accesses of the claim's operations in its namespaces that were tried."""
    undecided: tuple[str, ...]
    """Unknown facts on which it hangs whether the claim is broken."""
    unsure: tuple[str, ...]
    """Unknown facts on which verdicts hung; such steps count as refused."""
    broken: SequenceRecord | None = None


def to_exploration(found: Exploration) -> ExplorationRecord:
    """The record of a search."""
    return ExplorationRecord(
        claim=found.claim.name,
        answer=_answer(found),
        depth=found.depth,
        searched=found.searched,
        exhaustive=found.exhaustive,
        closed=found.closed,
        words=found.vocabulary.words,
        tasks=found.vocabulary.tasks,
        paths=found.vocabulary.paths,
        merged=found.merging,
        states=found.states,
        transitions=found.transitions,
        performed=found.performed,
        accesses=found.accesses,
        undecided=tuple(sorted(found.undecided)),
        unsure=tuple(sorted(found.unsure)),
        broken=_sequence(found),
    )


def _answer(found: Exploration) -> Literal["holds", "broken", "not-decided", "not-shown", "nothing-tried"]:
    if found.broken is not None:
        return "broken"
    if found.undecided:
        return "not-decided"
    if not found.exhaustive:
        return "not-shown"
    return "holds" if found.accesses else "nothing-tried"


def _sequence(found: Exploration) -> SequenceRecord | None:
    sequence = told(found)
    if sequence is None or found.broken is None:
        return None
    access = found.broken.access
    steps = zip(sequence.steps, sequence.outcomes, strict=True)
    return SequenceRecord(
        given=sequence.given,
        steps=tuple(SequenceStepRecord(step=step, outcome=outcome) for step, outcome in steps),
        hook=access.judgement.request.hook.name,
        namespace=access.never.namespace,
    )
