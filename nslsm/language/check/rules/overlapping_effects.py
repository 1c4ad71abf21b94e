"""``overlapping-effects``: two effects may set one attribute at once, so that the order of rules would decide."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic
from nslsm.hooks.kinds import TASK
from nslsm.hooks.types import BOOL
from nslsm.language.check import ir
from nslsm.language.check.disjoint import Conditions, Conjunction, exclude
from nslsm.language.check.whole import Rule, Whole
from nslsm.protocol.things import Value

OVERLAPPING_EFFECTS: Final = Code("overlapping-effects")

MAX_PAIRS: Final = 200_000
"""How many pairs of effects of one control are looked at, each of the cases that a condition comes to counted."""

MAX_REPORTED: Final = 20
"""How many pairs of one control are reported."""

_FEW: Final = 16
_DEEP: Final = 6
_NEVER: Final = frozenset({False})


def overlapping_effects(whole: Whole) -> Iterator[Diagnostic]:
    """The order of rules never changes a decision (Model L2): effects on one attribute must exclude each other."""
    for control in whole.controls.values():
        yield from _Search(control).overlaps()


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """One way in which an effect sets an attribute: at one hook, aimed at one thing."""

    effect: ir.Effect
    target: ir.Target
    assign: ir.Assign
    when: list[Conjunction] | None


class _Search:
    """Looks for overlaps in one control."""

    def __init__(self, control: ir.Control) -> None:
        self._conditions = Conditions()
        self._whens: dict[tuple[int, str | None], list[Conjunction] | None] = {}
        self._control = control
        self._pairs = 0
        subject = ir.Thing("subject", TASK)
        same = ir.MethodOf(subject, "same_process_as", (ir.Thing("object", TASK),), BOOL)
        self._same_process = self._conditions.terms.number(same, None)

    def overlaps(self) -> Iterator[Diagnostic]:
        """The pairs that could not be proved to exclude each other, each pair of rules once."""
        groups: dict[tuple[bool, str, str], list[_Entry]] = defaultdict(list)
        for effect in self._control.rules:
            if isinstance(effect, ir.Effect):
                for entry in self._entries(effect):
                    groups[effect.denied, entry.target.hook, entry.assign.attribute].append(entry)
        reported: set[tuple[str, str]] = set()
        for (_, hook, attribute), entries in groups.items():
            for one, other in self._candidates(entries):
                self._pairs += len(one.when or "1") * len(other.when or "1")
                names = (one.effect.id, other.effect.id)
                if self._pairs > MAX_PAIRS:
                    yield self._too_many(attribute)
                    return
                if names not in reported and not self._is_safe(one, other):
                    reported.add(names)
                    yield _overlap(one, other, hook, attribute)
                    if len(reported) >= MAX_REPORTED:
                        return

    def _entries(self, effect: ir.Effect) -> Iterator[_Entry]:
        for action in effect.actions:
            for target in action.targets:
                key = (id(effect), target.at)
                if key not in self._whens:
                    self._whens[key] = self._conditions.conjunctions((effect.when,), target.at)
                for assign in effect.assignments:
                    yield _Entry(effect, target, assign, self._whens[key])

    def _candidates(self, entries: Sequence[_Entry], depth: int = 0) -> Iterator[tuple[_Entry, _Entry]]:
        """Pairs that may overlap: those whose conditions name different constants for one term are left out at once."""
        term = _telling(entries) if len(entries) > _FEW and depth < _DEEP else None
        if term is None:
            yield from combinations(entries, 2)
            return
        buckets: dict[Value, list[_Entry]] = defaultdict(list)
        rest = []
        told = []
        for entry in entries:
            values = _values(entry, term)
            if values is None:
                rest.append(entry)
            else:
                told.append(entry)
                for value in values:
                    buckets[value].append(entry)
        for bucket in buckets.values():
            yield from self._candidates(bucket, depth + 1)
        yield from product(rest, told)
        yield from self._candidates(rest, depth + 1)

    def _is_safe(self, one: _Entry, other: _Entry) -> bool:
        """Whether it does not matter which of the two comes first."""
        terms = self._conditions.terms
        values = (terms.number(one.assign.value, one.target.at), terms.number(other.assign.value, other.target.at))
        if values[0] == values[1] or exclude(one.when, other.when):
            return True
        things = (terms.number(one.assign.thing, one.target.at), terms.number(other.assign.thing, other.target.at))
        if things[0] != things[1] and self._apart(one, other):
            return True
        if one.target.guard is None and other.target.guard is None:
            return False
        left, right = (
            self._conditions.conjunctions((entry.target.guard, entry.effect.when), entry.target.at)
            for entry in (one, other)
        )
        return exclude(left, right)

    def _apart(self, one: _Entry, other: _Entry) -> bool:
        """Whether a condition says that subject and object, which the two set, are different processes."""
        if {one.target.at, other.target.at} != {None}:
            return False
        return any(
            entry.when is not None
            and all(self._same_process in case and case[self._same_process].allowed == _NEVER for case in entry.when)
            for entry in (one, other)
        )

    def _too_many(self, attribute: str) -> Diagnostic:
        message = f"so many effects set `{attribute}` that it cannot be proved that they exclude each other"
        help_ = "keep the values in a table, and set the attribute in one rule"
        return OVERLAPPING_EFFECTS.at(self._control.span, message, help=help_)


def _values(entry: _Entry, term: int) -> frozenset[Value] | None:
    """The few values of ``term`` for which the entry's condition can hold."""
    if entry.when is None:
        return None
    found: frozenset[Value] = frozenset()
    for case in entry.when:
        demand = case.get(term)
        if demand is None or demand.allowed is None or len(demand.allowed) > _FEW:
            return None
        found |= demand.allowed
    return found


def _telling(entries: Sequence[_Entry]) -> int | None:
    """The term for which most conditions name few values, and not all the same."""
    counts: dict[int, int] = defaultdict(int)
    seen: dict[int, set[frozenset[Value]]] = defaultdict(set)
    for entry in entries:
        for term in (entry.when or [{}])[0]:
            values = _values(entry, term)
            if values is not None:
                counts[term] += 1
                seen[term].add(values)
    telling = [term for term in counts if len(seen[term]) > 1]
    return max(telling, key=lambda term: (len(seen[term]), counts[term]), default=None)


def _overlap(one: _Entry, other: _Entry, hook: str, attribute: str) -> Diagnostic:
    if one.effect is other.effect:
        message = f"rule `{one.effect.id}` can set `{attribute}` to two values at one `{hook}`"
        help_ = "the hook is about two things here: name the one that counts, or a narrower operation"
        return OVERLAPPING_EFFECTS.at(one.effect.span, message, help=help_)
    return OVERLAPPING_EFFECTS.at(
        other.effect.span,
        f"rules `{one.effect.id}` and `{other.effect.id}` can both set `{attribute}` at `{hook}`",
        help="let their conditions exclude each other, or set the attribute in one rule",
        notes=("the order of rules decides nothing, so two effects on one attribute must never hold together",),
        related=((one.effect.span, "the other is here"),),
    )


RULE: Final = Rule(OVERLAPPING_EFFECTS, overlapping_effects)
