"""The wire format of an explanation: a decision, whose answers stand in its way, and what would turn it."""

from typing import ClassVar, Literal

from nslsm.audit.occasion import Occasion
from nslsm.engine.explain import Explanation, Flip, Flips, Obstacle
from nslsm.language.program.interpret import Missing
from nslsm.protocol.namespace import NamespaceTree
from nslsm.wire import encode
from nslsm.wire.base import Document, Model
from nslsm.wire.decision import DecisionRecord
from nslsm.wire.forms import Text, UnknownForm, ValueForm
from nslsm.wire.record import to_record


class ReadingRecord(Model):
    """A fact that a condition reads, with its value."""

    fact: str
    value: ValueForm


class TurnRecord(Model):
    """A condition, what it is, and what it would have to be."""

    condition: str
    namespace: str
    binding: str
    hook: str
    now: bool | UnknownForm
    to: bool
    readings: tuple[ReadingRecord, ...]


class OutcomeRecord(Model):
    """What a binding would answer then."""

    namespace: str
    binding: str
    stance: Literal["allow", "deny", "abstain", "unknown"]
    rule: str | None = None


class FlipRecord(Model):
    """One smallest set of changes that would turn the verdict."""

    turns: tuple[TurnRecord, ...]
    outcomes: tuple[OutcomeRecord, ...]


class FlipsRecord(Model):
    """All of them; ``more`` were not kept; ``cut``: the search gave up before it had looked at all."""

    flips: tuple[FlipRecord, ...]
    more: int
    cut: bool


class ObstacleRecord(Model):
    """An enforcing answer that is no yes, and what would change it alone."""

    namespace: str
    binding: str
    rule: str
    hook: str
    stuck: Text | None = None
    """Why no fact of the request would."""
    flips: FlipsRecord


class ExplanationRecord(Document):
    """Why a decision came out as it did."""

    name: ClassVar[str] = "explanation"

    record: Literal["explanation"] = "explanation"
    version: Literal[1] = 1
    decision: DecisionRecord
    kernel: Text | None = None
    """Why the kernel itself refused."""
    obstacles: tuple[ObstacleRecord, ...]
    to_grant: FlipsRecord | None = None
    to_deny: FlipsRecord | None = None


def to_explanation(explanation: Explanation, occasion: Occasion, *trees: NamespaceTree) -> ExplanationRecord:
    """The record of an explanation; ``trees`` as for :func:`nslsm.wire.record.to_record`."""
    return ExplanationRecord(
        decision=to_record(explanation.decision, occasion, *trees),
        kernel=encode.text(explanation.kernel) if explanation.kernel else None,
        obstacles=tuple(_obstacle(obstacle) for obstacle in explanation.obstacles),
        to_grant=None if explanation.to_grant is None else _flips(explanation.to_grant),
        to_deny=None if explanation.to_deny is None else _flips(explanation.to_deny),
    )


def _obstacle(obstacle: Obstacle) -> ObstacleRecord:
    return ObstacleRecord(
        namespace=obstacle.opinion.namespace.path,
        binding=obstacle.opinion.binding.name,
        rule=obstacle.opinion.rule,
        hook=obstacle.request.hook.name,
        stuck=encode.text(obstacle.stuck) if obstacle.stuck else None,
        flips=_flips(obstacle.flips),
    )


def _flips(flips: Flips) -> FlipsRecord:
    return FlipsRecord(flips=tuple(_flip(flip) for flip in flips.flips), more=flips.more, cut=flips.cut)


def _flip(flip: Flip) -> FlipRecord:
    turns = (
        TurnRecord(
            condition=turn.atom.text,
            namespace=turn.atom.opinion.namespace.path,
            binding=turn.atom.opinion.binding.name,
            hook=turn.atom.request.hook.name,
            now=UnknownForm(unknown=True) if isinstance(turn.atom.truth, Missing) else turn.atom.truth,
            to=turn.to,
            readings=tuple(
                ReadingRecord(
                    fact=reading.text,
                    value=UnknownForm(unknown=True)
                    if isinstance(reading.value, Missing)
                    else encode.value(reading.value),
                )
                for reading in turn.atom.readings
            ),
        )
        for turn in flip.turns
    )
    outcomes = (
        OutcomeRecord(
            namespace=outcome.opinion.namespace.path,
            binding=outcome.opinion.binding.name,
            stance=outcome.stance.value,
            rule=outcome.rule or None,
        )
        for outcome in flip.outcomes
    )
    return FlipRecord(turns=tuple(turns), outcomes=tuple(outcomes))
