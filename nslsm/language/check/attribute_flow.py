"""What the attributes of a control are good for: which decisions hang on them, directly or through others, and in which sense.

A rule reads an attribute in its condition; an effect may carry it on into another attribute, which other rules read. So an
attribute is of use where a chain of effects leads from it to a rule that judges or observes. For a decision there is also a
direction: a label that a ``deny`` asks for does harm when it is *lost*, one that an ``allow`` asks for when it is *gained*.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cached_property
from typing import Final, TypeAlias

from nslsm.hooks.types import BOOL
from nslsm.language.check import ir
from nslsm.language.check.operators import parts_of
from nslsm.language.check.walk import nodes


class Sense(Enum):
    """How a condition depends on a truth: it needs it, or it needs its contrary."""

    FOR = 1
    AGAINST = -1


BOTH: Final = frozenset(Sense)
_NONE: Final[frozenset[Sense]] = frozenset()
_NOTHING: Final[Mapping[str, frozenset[Sense]]] = {}

Senses: TypeAlias = frozenset[Sense]
Readings: TypeAlias = Mapping[str, Senses]
"""The attributes that an expression reads, by key, with the senses in which its truth depends on them."""


def turned(senses: Senses) -> Senses:
    """The senses seen from the contrary."""
    return frozenset(Sense(-sense.value) for sense in senses)


class AttributeFlow:
    """The uses of one control's attributes."""

    def __init__(self, control: ir.Control) -> None:
        self._control = control
        self._known: dict[int, Readings] = {}
        self._types = {attribute.key: attribute.type for attribute in control.attributes}

    @cached_property
    def effects(self) -> Mapping[str, list[tuple[ir.Effect, ir.Assign]]]:
        """What sets each attribute."""
        found: dict[str, list[tuple[ir.Effect, ir.Assign]]] = defaultdict(list)
        for rule in self._control.rules:
            if isinstance(rule, ir.Effect):
                for assign in rule.assignments:
                    found[assign.attribute].append((rule, assign))
        return found

    def denials(self, rules: Iterable[ir.Rule]) -> Mapping[str, Senses]:
        """The attributes on which denials by ``rules`` hang, and in which sense.

        ``FOR``: something is denied because the attribute is true, so losing it opens what was shut. ``AGAINST``: something
        is denied because it is false, so gaining it does.
        """
        direct: dict[str, Senses] = {}
        for rule in rules:
            if isinstance(rule, ir.Deny):
                _add(direct, self.readings(rule.when))
            elif isinstance(rule, ir.Confine):
                _add(direct, self.readings(rule.where))
                for allow in rule.allows:
                    _add(direct, _turned(self.readings(allow.when)))
        return self._carried(direct)

    @cached_property
    def used(self) -> frozenset[str]:
        """The attributes that a rule which judges or observes reads, or hangs on through effects."""
        direct = dict(self.denials(self._control.rules))
        for rule in self._control.rules:
            if isinstance(rule, ir.Audit):
                _add(direct, dict.fromkeys(self.readings(rule.when), BOTH))
        return frozenset(self._carried(direct))

    @cached_property
    def read(self) -> frozenset[str]:
        """The attributes that any rule reads, whatever for."""
        found = nodes((self._control.rules, self._control.attributes))
        return frozenset(node.attribute for node in found if isinstance(node, ir.AttributeOf))

    def carried_into(self, key: str) -> frozenset[str]:
        """The attributes that effects set under a condition, or to a value, which reads this one."""
        return self._targets.get(key, frozenset())

    def readings(self, expression: ir.Expr | None) -> Readings:
        """The attributes that an expression reads, and in which sense its truth depends on them."""
        if expression is None:
            return _NOTHING
        known = self._known.get(id(expression))
        if known is None:
            known = self._known[id(expression)] = self._readings(expression)
        return known

    def _readings(self, expression: ir.Expr) -> Readings:
        match expression:
            case ir.Constant() | ir.Parameter() | ir.Thing() | ir.Argument() | ir.FactOf():
                return _NOTHING
            case ir.AttributeOf(attribute=key, type=type_):
                return {key: frozenset({Sense.FOR}) if type_ == BOOL else BOTH}
            case ir.Named():
                return self.readings(expression.value)
            case ir.Not():
                return _turned(self._readings(expression.operand))
            case ir.And() | ir.Or():
                return _united(map(self._readings, expression.operands))
            case ir.Compare(operator="==" | "!=", left=left, right=ir.Constant(value=bool() as value)):
                found = self._readings(left)
                return found if value is (expression.operator == "==") else _turned(found)
            case ir.Conditional():
                condition = _either_way(self._readings(expression.condition))
                return _united((condition, self._readings(expression.then), self._readings(expression.otherwise)))
        return _either_way(_united(map(self._readings, _parts(expression))))

    @cached_property
    def _targets(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for key, effects in self.effects.items():
            for effect, assign in effects:
                for read in (*self.readings(effect.when), *self.readings(assign.value)):
                    found[read].add(key)
        return {key: frozenset(targets) for key, targets in found.items()}

    def _carried(self, direct: Mapping[str, Senses]) -> Mapping[str, Senses]:
        """What decisions hang on, given what they read: effects hand it on to what they read themselves."""
        found: dict[str, Senses] = {}
        pending = [(key, senses) for key, senses in direct.items()]
        while pending:
            key, senses = pending.pop()
            before = found.get(key, _NONE)
            new = senses - before
            if not new and key in found:
                continue
            found[key] = before | senses
            for effect, assign in self.effects.get(key, ()):
                sources = dict(self.readings(assign.value))
                _add(sources, self._of_condition(effect, assign))
                for read, its in sources.items():
                    pending.append((read, _through(its, new, straight=self._types[key] == BOOL)))
        return found

    def _of_condition(self, effect: ir.Effect, assign: ir.Assign) -> Readings:
        """How the attribute that is set depends on the effect's condition; ``= false`` turns it round."""
        value = assign.value.value if isinstance(assign.value, ir.Constant) else None
        readings = self.readings(effect.when)
        if value is True:
            return readings
        if value is False:
            return _turned(readings)
        return _either_way(readings)


def _united(several: Iterable[Readings]) -> Readings:
    """What several expressions read; without a copy where at most one of them reads anything."""
    found: Readings = _NOTHING
    owned: dict[str, Senses] | None = None
    for each in several:
        if not each:
            continue
        if not found:
            found = each
            continue
        if owned is None:
            found = owned = dict(found)
        _add(owned, each)
    return found


def _turned(readings: Readings) -> Readings:
    return {key: turned(senses) for key, senses in readings.items()} if readings else readings


def _either_way(readings: Readings) -> Readings:
    return dict.fromkeys(readings, BOTH) if readings else readings


def _parts(expression: ir.Expr) -> tuple[ir.Expr, ...]:
    if isinstance(expression, ir.Lookup):
        return expression.keys
    return expression.arguments if isinstance(expression, ir.MethodOf) else parts_of(expression)


def _through(inner: Senses, outer: Senses, *, straight: bool) -> Senses:
    """The senses in which a decision depends on what is read, that depends in ``outer`` senses on what it makes."""
    if not straight:
        return BOTH
    return frozenset(Sense(one.value * other.value) for one in inner for other in outer)


def _add(found: dict[str, Senses], more: Readings) -> None:
    for key, senses in more.items():
        found[key] = found.get(key, _NONE) | senses
