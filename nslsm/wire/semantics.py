"""The wire format of a recording under several compositions."""

from typing import ClassVar, Final, Literal, TypeAlias

from nslsm.engine.decision import Verdict
from nslsm.simulation.semantics import Aspect, Cause, Reason, Semantics, Tally, Telling
from nslsm.wire import encode
from nslsm.wire.base import Document, Model
from nslsm.wire.decision import VerdictName
from nslsm.wire.forms import Text
from nslsm.wire.record import name_of_verdict

ReasonName: TypeAlias = Literal["complaints-count", "object-side", "elsewhere", "attributes"]

REASONS: Final[dict[Reason, ReasonName]] = {
    Reason.COMPLAINTS_COUNT: "complaints-count",
    Reason.OBJECT_SIDE: "object-side",
    Reason.ELSEWHERE: "elsewhere",
    Reason.ATTRIBUTES: "attributes",
}


class ErrnoCountRecord(Model):
    """An errno, and how many events came to it."""

    errno: str
    events: int


class DifferingRecord(Model):
    """Events that are not as under the first composition, by what is not."""

    verdict: int
    errno: int
    blame: int
    asked: int
    """Other namespaces' controls were asked."""
    observed: int
    """Other observing rules saw it."""


class CompositionRecord(Model):
    """What came of the recording under one composition."""

    name: str
    granted: int
    denied: int
    indeterminate: int
    errnos: tuple[ErrnoCountRecord, ...]
    asked: int
    """Questions put to controls."""
    observed: int
    """Observing rules that matched where they got to see."""
    differing: DifferingRecord


class AskedRecord(Model):
    """A namespace whose controls were asked about a hook."""

    hook: str
    namespace: str


class ObserverRecord(Model):
    """An observing rule that saw the event."""

    rule: str
    namespace: str


class OutcomeRecord(Model):
    """What came of an event under one composition."""

    composition: str
    verdict: VerdictName
    errno: str | None = None
    rule: str | None = None
    """Who is blamed: ``module.control#rule``, or ``kernel``."""
    namespace: str | None = None
    """Where that rule is bound."""
    unknown: tuple[str, ...]
    """The unknown facts that the verdict hangs on, sorted."""
    asked: tuple[AskedRecord, ...]
    observed: tuple[ObserverRecord, ...]
    reason: ReasonName | None = None
    """Why the verdict is another than under the first composition, where it is: a denial counts although its binding only
    complains; the object's side has no say; the process is in another namespace, or attributes differ, since an earlier
    verdict."""


class EventRecord(Model):
    """The first event of a cause."""

    sequence: int
    line: int | None = None
    comm: Text
    call: str
    object: Text


class CauseRecord(Model):
    """All events of which the same came under each composition."""

    events: int
    differs: tuple[Literal["verdict", "errno", "blame", "asked", "observed"], ...]
    """In what any composition differs from the first."""
    first: EventRecord
    outcomes: tuple[OutcomeRecord, ...]
    """One for each composition, in their order."""


class SemanticsRecord(Document):
    """A recording under several compositions; the first is the model's, and what the others are held against."""

    name: ClassVar[str] = "semantics"

    record: Literal["semantics"] = "semantics"
    version: Literal[1] = 1
    policy: str
    """The policy's digest."""
    events: int
    differing: int
    """Events that are not the same under all."""
    compositions: tuple[CompositionRecord, ...]
    causes: tuple[CauseRecord, ...]
    """The weightiest first: other verdicts, other errnos, other blame, others asked, others who saw it."""
    more_causes: int
    """Causes that are left out here."""
    untold: int
    """Events of further causes, which were not told apart."""


def to_semantics(found: Semantics, *, limit: int | None = None) -> SemanticsRecord:
    """The record of a run; ``limit``: with so many causes."""
    causes = found.causes()
    shown = causes if limit is None else causes[:limit]
    return SemanticsRecord(
        policy=found.policy,
        events=found.events,
        differing=found.differing,
        compositions=tuple(_composition(tally) for tally in found.tallies),
        causes=tuple(_cause(cause, found.compositions) for cause in shown),
        more_causes=len(causes) - len(shown),
        untold=found.untold,
    )


def _composition(tally: Tally) -> CompositionRecord:
    return CompositionRecord(
        name=tally.composition,
        granted=tally.verdicts[Verdict.GRANT],
        denied=tally.verdicts[Verdict.DENY],
        indeterminate=tally.verdicts[Verdict.INDETERMINATE],
        errnos=tuple(ErrnoCountRecord(errno=errno, events=times) for errno, times in sorted(tally.errnos.items())),
        asked=tally.asked,
        observed=tally.observed,
        differing=DifferingRecord(**{aspect.value: tally.differing[aspect] for aspect in Aspect}),
    )


def _cause(cause: Cause, names: tuple[str, ...]) -> CauseRecord:
    example = cause.example
    return CauseRecord(
        events=cause.events,
        differs=tuple(aspect.value for aspect in cause.aspects),
        first=EventRecord(
            sequence=example.sequence,
            line=example.line,
            comm=encode.text(example.comm),
            call=example.call,
            object=encode.text(example.object),
        ),
        outcomes=tuple(
            _outcome(name, telling, reason) for name, (telling, reason) in zip(names, cause.outcomes, strict=True)
        ),
    )


def _outcome(name: str, telling: Telling, reason: Reason | None) -> OutcomeRecord:
    return OutcomeRecord(
        composition=name,
        verdict=name_of_verdict(telling.verdict),
        errno=telling.errno or None,
        rule=telling.rule or None,
        namespace=telling.namespace or None,
        unknown=telling.unknown,
        asked=tuple(AskedRecord(hook=each.hook, namespace=each.namespace) for each in sorted(telling.asked)),
        observed=tuple(ObserverRecord(rule=each.rule, namespace=each.namespace) for each in sorted(telling.observed)),
        reason=None if reason is None else REASONS[reason],
    )
