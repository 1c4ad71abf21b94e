"""What compositions made of a whole recording, counted as it comes: in memory that follows the policy, not the recording."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from nslsm.audit.naming import object_of
from nslsm.audit.record import decisive_request
from nslsm.engine.decision import Verdict
from nslsm.hooks.types import Unknown
from nslsm.simulation.replay import Judged
from nslsm.simulation.semantics.comparing import Compared, Reason
from nslsm.simulation.semantics.telling import Aspect, Telling

MOST_CAUSES: Final = 10_000
"""How many causes are told apart; events with further ones are counted together (Model, Trust)."""


@dataclass(slots=True)
class Tally:
    """One composition's row: what came of the events, and how much was asked and seen on the way."""

    composition: str
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    errnos: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    """Questions put to controls."""
    observed: int = 0
    """Observing rules that matched where they got to see."""
    differing: Counter[Aspect] = field(default_factory=Counter)
    """Events that differ from the first composition's, by what differs."""

    def add(self, judged: Judged, telling: Telling, base: Telling) -> None:
        """Count one event."""
        decision = judged.decision
        self.verdicts[decision.verdict] += 1
        if decision.verdict is not Verdict.GRANT:
            self.errnos[telling.errno] += 1
        self.asked += sum(len(judgement.opinions) for judgement in decision.judgements)
        self.observed += len(decision.observed)
        self.differing.update(telling.differs(base))


class Example(NamedTuple):
    """The first event of a cause. Nothing in it is escaped."""

    sequence: int
    line: int | None
    comm: str
    call: str
    object: str


Outcome: TypeAlias = tuple[Telling, Reason | None]
"""What came of an event under one composition, and why, where its verdict is another than the first's."""

Outcomes: TypeAlias = tuple[Outcome, ...]
"""One for each composition, in their order."""


@dataclass(slots=True)
class Cause:
    """All events of which the same came under each composition."""

    outcomes: Outcomes
    aspects: tuple[Aspect, ...]
    """In what any composition differs from the first; the weightiest first."""
    example: Example
    events: int = 0

    @property
    def weight(self) -> tuple[int, int, int]:
        """Verdicts before errnos, those before blame, those before who was asked and who saw it; then the frequent ones."""
        return list(Aspect).index(self.aspects[0]), -self.events, self.example.sequence


@dataclass(slots=True)
class Semantics:
    """A run under several compositions."""

    compositions: tuple[str, ...]
    policy: str = ""
    """The policy's digest."""
    events: int = 0
    differing: int = 0
    """Events that are not the same under all."""
    untold: int = 0
    """Those of them whose causes were too many to be told apart."""
    tallies: tuple[Tally, ...] = ()
    _causes: dict[Outcomes, Cause] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tallies = tuple(Tally(name) for name in self.compositions)

    def add(self, event: Compared) -> None:
        """Count one event."""
        self.events += 1
        base = event.tellings[0]
        for tally, judged, telling in zip(self.tallies, event.judged, event.tellings, strict=True):
            tally.add(judged, telling, base)
        if not event.differs:
            return
        self.differing += 1
        outcomes = tuple((telling, event.reason(place)) for place, telling in enumerate(event.tellings))
        if outcomes not in self._causes:
            if len(self._causes) >= MOST_CAUSES:
                self.untold += 1
                return
            self._causes[outcomes] = Cause(outcomes, _aspects(event.tellings), _example(event))
        self._causes[outcomes].events += 1

    def causes(self) -> list[Cause]:
        """The weightiest first."""
        return sorted(self._causes.values(), key=lambda cause: cause.weight)


def _aspects(tellings: Sequence[Telling]) -> tuple[Aspect, ...]:
    found = {aspect for telling in tellings[1:] for aspect in telling.differs(tellings[0])}
    return tuple(aspect for aspect in Aspect if aspect in found)


def _example(event: Compared) -> Example:
    judged = max(event.judged, key=lambda each: each.decision.verdict)
    occasion, request = judged.occasion, decisive_request(judged.decision)
    comm = occasion.task.comm
    return Example(
        occasion.sequence,
        occasion.line,
        "" if isinstance(comm, Unknown) else comm,
        occasion.call,
        "" if request is None else object_of(request),
    )
