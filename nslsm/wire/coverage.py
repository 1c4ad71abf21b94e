"""The wire format of coverage: what tests have seen of rules and conditions. What counts is in ``docs/guide/testing.md``."""

from typing import ClassVar, Literal

from nslsm.simulation.coverage import Condition, Covered, Group, Module, Rule, Score, Seen, Share, Sight
from nslsm.wire import encode
from nslsm.wire.base import Document, Model
from nslsm.wire.finding import SpanRecord, span_record
from nslsm.wire.forms import Text


class ScoreRecord(Model):
    """How many of how many."""

    covered: int
    total: int


class PlaceRecord(Model):
    """What was seen in one binding of one namespace."""

    module: str
    """The module that declares the top-level namespace."""
    namespace: str
    """Its path, from the root down."""
    binding: str | None = None
    """Absent for the namespace's own ``enter on``."""
    live: bool
    """Whether it counts: false where the binding's arguments settle the matter."""
    true: int
    false: int
    unknown: int


class ConditionRecord(Model):
    """A condition, an operand of one, or what a rule names, with how often it was true, false and unknown."""

    role: Literal["condition", "operand", "action"]
    text: Text
    span: SpanRecord
    """Where it stands, or, where it has no place of its own, the condition that it is a part of."""
    missing: tuple[bool, ...]
    """The answers that must be seen and were not."""
    branches: ScoreRecord
    """How many of the answers that must be seen were."""
    true: int
    false: int
    unknown: int
    places: tuple[PlaceRecord, ...]


class RuleRecord(Model):
    """A rule, an ``allow`` or an ``enter on``; ``true`` is how often it took effect."""

    id: str
    kind: Literal["deny", "confine", "allow", "on", "audit", "enter"]
    span: SpanRecord
    state: Literal["full", "part", "none", "out"]
    """``out``: out of play by the arguments, wherever it is bound; it is not counted."""
    true: int
    false: int
    unknown: int
    places: tuple[PlaceRecord, ...]
    conditions: tuple[ConditionRecord, ...]


class GroupRecord(Model):
    """A control, the ``enter on`` of a namespace, or the lets of a module."""

    name: str
    kind: Literal["control", "namespace", "lets"]
    span: SpanRecord
    bound: bool
    """Whether a namespace that a test uses has it."""
    rules: ScoreRecord
    branches: ScoreRecord
    of_rules: tuple[RuleRecord, ...]
    of_lets: tuple[ConditionRecord, ...]


class ModuleRecord(Model):
    """One module."""

    module: str
    source: Text
    rules: ScoreRecord
    branches: ScoreRecord
    groups: tuple[GroupRecord, ...]


class ShareRecord(Model):
    """What one binding of one namespace has seen of its own rules."""

    module: str
    namespace: str
    binding: str | None = None
    rules: ScoreRecord
    branches: ScoreRecord


class CoverageRecord(Document):
    """What tests have seen of the modules that they were run for."""

    name: ClassVar[str] = "coverage"

    record: Literal["coverage"] = "coverage"
    version: Literal[1] = 1
    rules: ScoreRecord
    branches: ScoreRecord
    modules: tuple[ModuleRecord, ...]
    namespaces: tuple[ShareRecord, ...]


def to_coverage(covered: Covered) -> CoverageRecord:
    """The record of what was seen."""
    return CoverageRecord(
        rules=_score(covered.score),
        branches=_score(covered.branches),
        modules=tuple(_module(module) for module in covered.modules),
        namespaces=tuple(_share(share) for share in covered.shares()),
    )


def _score(score: Score) -> ScoreRecord:
    return ScoreRecord(covered=score.covered, total=score.total)


def _module(module: Module) -> ModuleRecord:
    return ModuleRecord(
        module=module.name,
        source=encode.text(module.source),
        rules=_score(module.score),
        branches=_score(module.branches),
        groups=tuple(_group(group) for group in module.groups),
    )


def _group(group: Group) -> GroupRecord:
    return GroupRecord(
        name=group.name,
        kind=group.kind,
        span=span_record(group.span),
        bound=group.bound,
        rules=_score(group.score),
        branches=_score(group.branches),
        of_rules=tuple(_rule(rule) for rule in group.rules),
        of_lets=tuple(_condition(condition) for condition in group.lets),
    )


def _rule(rule: Rule) -> RuleRecord:
    return RuleRecord(
        id=rule.id,
        kind=rule.kind,
        span=span_record(rule.span),
        state=rule.state,
        places=_places(rule.sights),
        conditions=tuple(_condition(condition) for condition in rule.conditions),
        **_counts(rule.seen),
    )


def _condition(condition: Condition) -> ConditionRecord:
    return ConditionRecord(
        role=condition.role.value,
        text=encode.text(condition.text),
        span=span_record(condition.span),
        missing=condition.missing,
        branches=_score(condition.branches),
        places=_places(condition.sights),
        **_counts(condition.seen),
    )


def _places(sights: tuple[Sight, ...]) -> tuple[PlaceRecord, ...]:
    return tuple(
        PlaceRecord(
            module=sight.place.module,
            namespace=sight.place.namespace,
            binding=sight.place.binding or None,
            live=sight.live,
            **_counts(sight.seen),
        )
        for sight in sorted(sights, key=lambda sight: sight.place)
    )


def _counts(seen: Seen) -> dict[str, int]:
    return {"true": seen.true, "false": seen.false, "unknown": seen.unknown}


def _share(share: Share) -> ShareRecord:
    return ShareRecord(
        module=share.place.module,
        namespace=share.place.namespace,
        binding=share.place.binding or None,
        rules=_score(share.rules),
        branches=_score(share.branches),
    )
