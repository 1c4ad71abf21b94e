"""``shadowed-rule``: a rule that changes nothing, since another says the same wherever it holds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.hooks.linux import Errno
from nslsm.language.check import firing, ir
from nslsm.language.check.covering import Covering
from nslsm.language.check.implication import Parts, Reasoner
from nslsm.language.check.whole import Rule, Whole

SHADOWED_RULE: Final = Code("shadowed-rule", Severity.WARNING)

MAX_REPORTED: Final = 20
"""How many rules of one control are reported."""


def shadowed_rule(whole: Whole) -> Iterator[Diagnostic]:
    """Of rules of which one holds wherever another does, the narrower one can go; of two that say the same, the second."""
    for name, control in whole.controls.items():
        yield from islice(_Search(whole.reasoner(name), control).findings(), MAX_REPORTED)


class _Way(NamedTuple):
    """One way in which a rule can hold: at a hook, where ``parts`` do with ``object`` aimed ``at``."""

    hook: str
    parts: Parts
    at: str | None


Hider: TypeAlias = ir.Deny | ir.Allow | ir.Effect


class _Group:
    """Rules that can hide each other."""

    def __init__(self, reasoner: Reasoner, ways: list[tuple[Hider, list[_Way]]]) -> None:
        self._reasoner = reasoner
        self.rules = [rule for rule, _ in ways]
        self.ways = [each for _, each in ways]
        self._covering: dict[str, Covering[int]] = {}

    def covering(self, ways: list[_Way], but: int | None = None) -> Iterator[int]:
        """The places of the rules that hold wherever one of ``ways`` does, in order."""
        first = next((way for way in ways if self._is_possible(way)), None)
        if first is None:
            return
        for place in sorted(self._near(first.hook).near(first.parts, first.at)):
            if place != but and self._covers(self.ways[place], ways):
                yield place

    def covers(self, place: int, other: int) -> bool:
        """Whether the rule at ``place`` holds wherever the one at ``other`` does."""
        return self._covers(self.ways[place], self.ways[other])

    def _near(self, hook: str) -> Covering[int]:
        if hook not in self._covering:
            self._covering[hook] = Covering(self._reasoner)
            for place, ways in enumerate(self.ways):
                for way in ways:
                    if way.hook == hook and self._is_possible(way):
                        self._covering[hook].keep(place, way.parts, way.at)
        return self._covering[hook]

    def _covers(self, wide: list[_Way], narrow: list[_Way]) -> bool:
        return all(
            any(other.hook == way.hook and self._implies(way, other) for other in wide)
            for way in narrow
            if self._is_possible(way)
        )

    def _implies(self, way: _Way, other: _Way) -> bool:
        return self._reasoner.implies(way.parts, way.at, other.parts, other.at)

    def _is_possible(self, way: _Way) -> bool:
        return not self._reasoner.never(way.parts, way.at)


class _Search:
    """Looks for shadows in one control."""

    def __init__(self, reasoner: Reasoner, control: ir.Control) -> None:
        self._reasoner = reasoner
        self._control = control

    def findings(self) -> Iterator[Diagnostic]:
        """Shadowed rules, each once."""
        rules = self._control.rules
        inbound, denies = (
            self._group([rule for rule in rules if isinstance(rule, ir.Deny) and rule.inbound is outside])
            for outside in (True, False)
        )
        yield from self._shadows(inbound)
        yield from self._shadows(denies)
        for region in rules:
            if isinstance(region, ir.Confine):
                yield from self._of_region(region, denies)
        yield from self._of_effects()

    def _of_region(self, region: ir.Confine, denies: _Group) -> Iterator[Diagnostic]:
        """Allows that another allow of the region makes needless, or a ``deny`` of the control vain."""
        actions = {action.name: action.targets for action in region.actions}
        ways: list[tuple[Hider, list[_Way]]] = []
        vain: list[tuple[ir.Allow, list[_Way]]] = []
        for allow in region.allows:
            targets = [target for name in allow.actions for target in actions[name]]
            found = [_Way(each.hook, (*firing.inside(region, each), allow.when), each.at) for each in targets]
            if all(self._reasoner.never(way.parts, way.at) for way in found):
                continue
            vain.append((allow, found))
            # An action is let through by its own allows, and unless they hold by themselves, that hangs on the region too.
            aims = dict.fromkeys((name, each.at) for name in allow.actions for each in actions[name])
            ways.append((allow, [_Way(f"{name} {at}", (allow.when,), at) for name, at in aims]))
        hidden = set()
        for finding in self._shadows(_Group(self._reasoner, ways)):
            hidden.add(finding.span)
            yield finding
        for allow, found in vain:
            deny = None if allow.span in hidden else next(denies.covering(found), None)
            if deny is not None and not self._reasoner.exhausted:
                yield _vain(allow, denies.rules[deny])

    def _of_effects(self) -> Iterator[Diagnostic]:
        """Effects that set what another sets to the same wherever they hold."""
        groups: dict[object, list[ir.Effect]] = defaultdict(list)
        for rule in self._control.rules:
            # Where an operation aims `object` elsewhere, the same words set another thing.
            if isinstance(rule, ir.Effect) and all(target.at is None for target in firing.targets(rule.actions)):
                says = tuple(
                    (self._reasoner.number(each.thing), each.attribute, self._reasoner.number(each.value))
                    for each in rule.assignments
                )
                groups[rule.denied, says].append(rule)
        for rules in groups.values():
            if len(rules) > 1:
                yield from self._shadows(self._group(rules))

    def _group(self, rules: Sequence[ir.Deny | ir.Effect]) -> _Group:
        return _Group(
            self._reasoner,
            [
                (
                    rule,
                    [
                        _Way(target.hook, (target.guard, rule.when), target.at)
                        for target in firing.targets(rule.actions)
                    ],
                )
                for rule in rules
            ],
        )

    def _shadows(self, group: _Group) -> Iterator[Diagnostic]:
        until = _alike_until(group.rules)
        for place, rule in enumerate(group.rules):
            if self._reasoner.exhausted:
                return
            for other in group.covering(group.ways[place], but=place):
                same = group.covers(place, other)
                if self._reasoner.exhausted:
                    return
                # Of two that say the same, the first stays; and it is the first that is blamed, so it may say more.
                if other < place or (not same and other < until[place]):
                    yield _hidden(rule, group.rules[other], same=same)
                    break


def _alike_until(rules: Sequence[Hider]) -> list[int]:
    """For each rule, up to where those behind it answer alike: which of them is blamed then makes no difference."""
    found = [len(rules)] * len(rules)
    for place in range(len(rules) - 2, -1, -1):
        found[place] = found[place + 1] if _answer(rules[place]) == _answer(rules[place + 1]) else place + 1
    return found


def _answer(rule: Hider) -> tuple[Errno | None, str] | None:
    return (rule.errno, rule.because) if isinstance(rule, ir.Deny) else None


def _hidden(rule: Hider, other: Hider, *, same: bool) -> Diagnostic:
    says = {ir.Deny: "denies", ir.Allow: "allows", ir.Effect: "sets"}[type(rule)]
    what = "says the same" if same else f"{says} all that this one does"
    return SHADOWED_RULE.at(
        rule.span,
        f"rule `{rule.id}` changes nothing: `{other.id}` {what}",
        help="take it out, or let the other hold in fewer cases",
        related=((other.span, "this holds wherever it does"),),
    )


def _vain(rule: Hider, deny: Hider) -> Diagnostic:
    return SHADOWED_RULE.at(
        rule.span,
        f"rule `{rule.id}` lets nothing through: `{deny.id}` denies all that it allows",
        help="a denial is never taken back: let the `deny` hold in fewer cases, or take this out",
        related=((deny.span, "this denies it"),),
    )


RULE: Final = Rule(SHADOWED_RULE, shadowed_rule)
