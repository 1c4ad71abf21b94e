"""The wire format of how faithful the simulated kernel is: scores by program and task, differences, arguments."""

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

from nslsm.simulation.fidelity import Arguments, Compared, Difference, Evidence, Kind, Score, Scores, Share, mean
from nslsm.wire.base import Document, Model

PLACES: Final = 4
"""Decimals of a mean."""


class ScoreRecord(Model):
    """How alike the true hooks and the predicted ones are, from 0 to 1."""

    f1: float
    """Of the numbers of hooks, each name by itself."""
    order: float
    """How much of both is in the same order."""


class TaskScoreRecord(ScoreRecord):
    """The score of one task; the first is 0, the others follow in the order in which they were made."""

    task: int
    true: int
    predicted: int


class ScoresRecord(ScoreRecord):
    """The score of a program."""

    true: int
    predicted: int
    tasks: tuple[TaskScoreRecord, ...]


class ShareRecord(Model):
    """How many of how many are right."""

    right: int
    of: int


class FieldRecord(ShareRecord):
    """One field of one hook."""

    hook: str
    field: str


class ArgumentsRecord(Model):
    """What matched decision hooks were called with."""

    hooks: ShareRecord
    """Hooks of which each field is right."""
    fields: ShareRecord
    by_field: tuple[FieldRecord, ...]


class CallRecord(Model):
    """A system call in which both part."""

    task: int
    call: int
    """Which of its task's calls, from 0."""
    line: int | None = None
    true: tuple[str, ...]
    predicted: tuple[str, ...]


class DifferenceRecord(Model):
    """One kind of difference."""

    syscall: str
    kind: Literal["lack", "extra", "moved"]
    """The kernel called it and we did not raise it; the other way round; elsewhere in the call."""
    hook: str
    times: int
    first: CallRecord


class ProgramRecord(Model):
    """One program."""

    name: str
    every: ScoresRecord
    decision: ScoresRecord
    arguments: ArgumentsRecord
    left_out: int
    """Hooks called in interrupts."""
    findings: int
    differences: tuple[DifferenceRecord, ...]
    more_differences: int


class MeanRecord(Model):
    """The means over all programs; the arguments of all of them together."""

    every: ScoreRecord
    decision: ScoreRecord
    arguments: ArgumentsRecord


class RowRecord(Model):
    """A row of the mapping, and which programs exercise it."""

    operation: str
    hook: str
    when: str
    """On which condition the hook is raised; empty: always."""
    follows: tuple[str, ...]
    """The functions of Linux that call it."""
    routine: bool
    programs: tuple[str, ...]
    times: int


class StrayRecord(Model):
    """A hook that a kernel's function called which no row of the operation names."""

    operation: str
    hook: str
    caller: str
    named: tuple[str, ...]
    programs: tuple[str, ...]


class EvidenceRecord(Model):
    """What the programs show of the mapping."""

    rows: tuple[RowRecord, ...]
    strays: tuple[StrayRecord, ...]
    """Where rows name functions, and where they name none."""


class FidelityRecord(Document):
    """How faithful the simulated kernel is."""

    name: ClassVar[str] = "fidelity"

    record: Literal["fidelity"] = "fidelity"
    version: Literal[1] = 1
    profile: str
    programs: tuple[ProgramRecord, ...]
    mean: MeanRecord
    evidence: EvidenceRecord | None = None
    """Where it was asked for."""


def to_program(name: str, found: Compared, findings: int, *, limit: int | None = None) -> ProgramRecord:
    """The record of one program; ``limit``: with so many differences."""
    shown = found.differences if limit is None else found.differences[:limit]
    return ProgramRecord(
        name=name,
        every=_scores(found.every),
        decision=_scores(found.decision),
        arguments=_arguments(found.arguments),
        left_out=found.unattributed,
        findings=findings,
        differences=tuple(_difference(each) for each in shown),
        more_differences=len(found.differences) - len(shown),
    )


def to_fidelity(
    profile: str,
    programs: Sequence[ProgramRecord],
    compared: Sequence[Compared],
    evidence: Evidence | None = None,
) -> FidelityRecord:
    """The record of all of them."""
    together = Arguments()
    for each in compared:
        together.add(each.arguments)
    return FidelityRecord(
        profile=profile,
        programs=tuple(programs),
        mean=MeanRecord(
            every=_score(mean(each.every.total for each in compared)),
            decision=_score(mean(each.decision.total for each in compared)),
            arguments=_arguments(together),
        ),
        evidence=None if evidence is None else _evidence(evidence),
    )


def _evidence(found: Evidence) -> EvidenceRecord:
    return EvidenceRecord(
        rows=tuple(
            RowRecord(
                operation=row.entry.operation.__name__,
                hook=row.raised.hook,
                when=row.raised.when,
                follows=row.raised.follows,
                routine=row.raised.routine,
                programs=row.programs,
                times=row.times,
            )
            for row in found.rows
        ),
        strays=tuple(StrayRecord(**each._asdict()) for each in (*found.strays, *found.unnamed)),
    )


def _score(score: Score) -> ScoreRecord:
    return ScoreRecord(f1=round(score.f1, PLACES), order=round(score.order, PLACES))


def _scores(scores: Scores) -> ScoresRecord:
    return ScoresRecord(
        f1=scores.total.f1,
        order=scores.total.order,
        true=scores.true,
        predicted=scores.predicted,
        tasks=tuple(
            TaskScoreRecord(
                f1=each.score.f1, order=each.score.order, task=each.task, true=each.true, predicted=each.predicted
            )
            for each in scores.tasks
        ),
    )


def _share(share: Share) -> ShareRecord:
    return ShareRecord(right=share.right, of=share.all)


def _arguments(found: Arguments) -> ArgumentsRecord:
    return ArgumentsRecord(
        hooks=_share(found.hooks),
        fields=_share(found.fields),
        by_field=tuple(
            FieldRecord(right=share.right, of=share.all, hook=hook, field=field)
            for (hook, field), share in sorted(found.by_field.items())
        ),
    )


_KINDS: Final[dict[Kind, Literal["lack", "extra", "moved"]]] = {
    Kind.LACK: "lack",
    Kind.EXTRA: "extra",
    Kind.MOVED: "moved",
}


def _difference(each: Difference) -> DifferenceRecord:
    first = each.first
    return DifferenceRecord(
        syscall=each.call,
        kind=_KINDS[each.kind],
        hook=each.hook,
        times=each.times,
        first=CallRecord(task=first.task, call=first.nth, line=first.line, true=first.true, predicted=first.ours),
    )
