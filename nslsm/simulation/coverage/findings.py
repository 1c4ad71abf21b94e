"""What tests have and have not seen of policies, as values: by module, by control, by rule, by condition, by namespace."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from nslsm.diagnostics.span import Span
from nslsm.simulation.coverage.outline import Role, RuleKind
from nslsm.simulation.coverage.tally import Seen

GroupKind: TypeAlias = Literal["control", "namespace", "lets"]
"""What has rules, or conditions."""

State: TypeAlias = Literal["full", "part", "none", "out"]
"""How much was seen of a rule."""


class Score(NamedTuple):
    """How many of how many."""

    covered: int
    total: int

    def plus(self, other: "Score") -> "Score":
        """Both together."""
        return Score(self.covered + other.covered, self.total + other.total)

    @property
    def percent(self) -> float:
        """The share, 100 where there is nothing to cover.

        >>> Score(1, 3).percent, Score(0, 0).percent
        (33.3, 100.0)
        """
        return int(1000 * self.covered / self.total) / 10 if self.total else 100.0


def together(scores: Iterable[Score]) -> Score:
    """All of them."""
    found = Score(0, 0)
    for score in scores:
        found = found.plus(score)
    return found


class Place(NamedTuple):
    """One binding of one namespace; ``binding`` is empty for the namespace's own ``enter on``."""

    module: str
    """The module that declares the top-level namespace."""
    namespace: str
    """Its path, from the root down."""
    binding: str

    def __str__(self) -> str:
        return f"{self.namespace} {self.binding}".rstrip()


class Sight(NamedTuple):
    """What was seen in one place; ``live`` is false where the binding's arguments settle the matter."""

    place: Place
    seen: Seen
    live: bool


@dataclass(frozen=True)
class Condition:
    """A condition, or what a rule names, with what was seen of it everywhere."""

    role: Role
    text: str
    span: Span
    own_place: bool
    two_sided: bool
    sights: tuple[Sight, ...]
    live: bool
    """Whether it can come out either way anywhere; what cannot is not counted."""

    @cached_property
    def seen(self) -> Seen:
        """How it came out, all places together: those in which it could come out either way, if there are any."""
        return _all([sight for sight in self.sights if sight.live] or self.sights)

    @property
    def outcomes(self) -> tuple[bool, ...]:
        """The answers that must be seen."""
        return () if not self.live else (True, False) if self.two_sided else (True,)

    @property
    def missing(self) -> tuple[bool, ...]:
        """Those that were not."""
        return missing_of(self, self.seen)

    @property
    def branches(self) -> Score:
        """How many of the answers were seen."""
        return Score(len(self.outcomes) - len(self.missing), len(self.outcomes))


def missing_of(condition: Condition, seen: Seen) -> tuple[bool, ...]:
    """The answers of a condition that were not ``seen``."""
    return tuple(each for each in condition.outcomes if not (seen.true if each else seen.false))


@dataclass(frozen=True)
class Rule:
    """A rule, an ``allow`` or an ``enter on``, with what was seen of it everywhere.

    ``seen.true`` is how often it took effect: a ``deny`` or a region denied, an ``allow`` let something through, an ``on``
    fired, an ``audit`` observed, an ``enter on`` matched.
    """

    id: str
    kind: RuleKind
    span: Span
    sights: tuple[Sight, ...]
    conditions: tuple[Condition, ...]
    live: bool

    @cached_property
    def seen(self) -> Seen:
        """What became of it, all places together."""
        return _all(self.sights)

    @property
    def covered(self) -> bool:
        """Whether it ever took effect."""
        return self.seen.true > 0

    @property
    def score(self) -> Score:
        """It alone, as a count."""
        return Score(int(self.covered), 1) if self.live else Score(0, 0)

    @property
    def branches(self) -> Score:
        """Those of its conditions."""
        return together(condition.branches for condition in self.conditions)

    @property
    def state(self) -> State:
        """``full``, ``part``, ``none``, or ``out``: no binding's arguments put it into play."""
        if not self.live:
            return "out"
        if not self.covered:
            return "none"
        return "part" if self.branches.covered < self.branches.total else "full"


@dataclass(frozen=True)
class Group:
    """A control, the ``enter on`` of a namespace, or the lets of a module."""

    name: str
    kind: GroupKind
    span: Span
    rules: tuple[Rule, ...]
    lets: tuple[Condition, ...]
    """What stands in lets: counted once, wherever they are read."""
    bound: bool
    """Whether any namespace that a test uses has it."""

    @property
    def score(self) -> Score:
        """Its rules."""
        return together(rule.score for rule in self.rules)

    @property
    def branches(self) -> Score:
        """The answers of its conditions."""
        return together([*(rule.branches for rule in self.rules), *(each.branches for each in self.lets)])


@dataclass(frozen=True)
class Module:
    """All that stands in one module."""

    name: str
    source: str
    groups: tuple[Group, ...]

    @property
    def score(self) -> Score:
        """Its rules."""
        return together(group.score for group in self.groups)

    @property
    def branches(self) -> Score:
        """The answers of its conditions."""
        return together(group.branches for group in self.groups)


class Share(NamedTuple):
    """What one binding of one namespace has seen of its own rules."""

    place: Place
    rules: Score
    branches: Score


@dataclass(frozen=True)
class Covered:
    """What tests have seen of the modules that they were run for."""

    modules: tuple[Module, ...]

    @property
    def score(self) -> Score:
        """All rules."""
        return together(module.score for module in self.modules)

    @property
    def branches(self) -> Score:
        """All answers of all conditions."""
        return together(module.branches for module in self.modules)

    def reaches(self, percent: float) -> bool:
        """Whether both the rules and the answers of conditions are covered to at least so many per cent."""
        return all(100 * score.covered >= percent * score.total for score in (self.score, self.branches))

    def rules(self) -> Iterator[tuple[Module, Group, Rule]]:
        """Every rule, where it is."""
        for module in self.modules:
            for group in module.groups:
                yield from ((module, group, rule) for rule in group.rules)

    def shares(self) -> tuple[Share, ...]:
        """Each binding of each namespace by itself, in the order of the namespaces' paths."""
        found: dict[Place, Share] = {}
        for _, _, rule in self.rules():
            for sight in rule.sights:
                share = found.setdefault(sight.place, Share(sight.place, Score(0, 0), Score(0, 0)))
                rules = share.rules.plus(Score(int(sight.seen.true > 0), 1)) if sight.live else share.rules
                found[sight.place] = share._replace(rules=rules)
            for condition in rule.conditions:
                _add_branches(found, condition)
        for module in self.modules:
            for group in module.groups:
                for condition in group.lets:
                    _add_branches(found, condition)
        return tuple(found[place] for place in sorted(found))


def _add_branches(found: dict[Place, Share], condition: Condition) -> None:
    for sight in condition.sights:
        if sight.live and sight.place in found:
            total = len(condition.outcomes)
            seen = Score(total - len(missing_of(condition, sight.seen)), total)
            share = found[sight.place]
            found[sight.place] = share._replace(branches=share.branches.plus(seen))


def _all(sights: Iterable[Sight]) -> Seen:
    seen = Seen()
    for sight in sights:
        seen += sight.seen
    return seen
