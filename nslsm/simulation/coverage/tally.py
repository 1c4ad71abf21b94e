"""What has been seen of one control in one place: how often each rule and each condition was true, false, unknown.

The conditions are put to the reference evaluator once more, on the request and the state that the control was asked about:
there is no second meaning of a condition here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from nslsm.language.check import ir
from nslsm.language.check.operators import Settling, parts_of
from nslsm.language.program.interpret import Missing, Scene, Truth, both, either, negated, truth_of
from nslsm.simulation.coverage.outline import Named, Outline, RuleOutline, Shape


@dataclass(slots=True)
class Seen:
    """How often something was true, false, and unknown."""

    true: int = 0
    false: int = 0
    unknown: int = 0

    def add(self, truth: Truth) -> None:
        """Count one answer."""
        if isinstance(truth, Missing):
            self.unknown += 1
        elif truth:
            self.true += 1
        else:
            self.false += 1

    def __add__(self, other: "Seen") -> "Seen":
        return Seen(self.true + other.true, self.false + other.false, self.unknown + other.unknown)

    @property
    def asked(self) -> int:
        """How often there was an answer at all."""
        return self.true + self.false + self.unknown


@dataclass(frozen=True, slots=True)
class Live:
    """What can come out either way in one instance of a control: the rest is settled by its arguments."""

    rules: frozenset[str]
    spots: frozenset[int]


Rules = tuple[ir.Rule | ir.Enter, ...]
"""What an outline is of: the rules of a control, or the ``enter on`` of a namespace."""


def live(outline: Outline, rules: Rules) -> Live:
    """What the arguments leave open. A rule whose condition they make false is out of play, with all that is in it."""
    settling = Settling()
    names: set[str] = set()
    spots: set[int] = set()
    for drawn, rule in zip(outline.rules, rules, strict=True):
        if not _enters(drawn, condition_of(rule), settling, names, spots):
            continue
        if isinstance(rule, ir.Confine):
            for drawn_allow, allow in zip(drawn.allows, rule.allows, strict=True):
                _enters(drawn_allow, allow.when, settling, names, spots)
        if isinstance(rule, ir.Effect):
            for shape, assign in zip(drawn.values, rule.assignments, strict=True):
                _open(shape, assign.value, settling, spots)
    return Live(frozenset(names), frozenset(spots))


def _enters(
    drawn: RuleOutline, condition: ir.Expr | None, settling: Settling, names: set[str], spots: set[int]
) -> bool:
    """Whether the rule is in play; if so, it is noted with what is open in its condition."""
    if condition is not None and settling.value(condition) is False:
        return False
    names.add(drawn.id)
    spots.update(named.spot for named in drawn.names)
    if condition is not None:
        _open(drawn.condition, condition, settling, spots)
    return True


def _open(shape: Shape | None, expression: ir.Expr, settling: Settling, spots: set[int]) -> None:
    if shape is None or settling.value(expression) is not None:
        return
    if shape.spot is not None:
        spots.add(shape.spot)
    chosen = settling.value(expression.condition) if isinstance(expression, ir.Conditional) else None
    for place, (inner, part) in enumerate(zip(shape.parts, parts_of(expression), strict=True)):
        if place == 0 or chosen is None or (place == 1) is chosen:
            _open(inner, part, settling, spots)


def condition_of(rule: ir.Rule | ir.Enter) -> ir.Expr | None:
    """What a rule asks beside its actions."""
    return rule.where if isinstance(rule, ir.Confine) else rule.when


@dataclass
class Tally:
    """What has been seen of one control, or one namespace's ``enter on``, in one place."""

    outline: Outline
    rules: Rules
    """The outlined ones, arguments filled in."""
    live: Live
    seen_rules: dict[str, Seen] = field(default_factory=dict)
    seen_spots: dict[int, Seen] = field(default_factory=dict)

    def judged(self, scene: Scene, *, inbound: bool) -> None:
        """The control was asked where it stands."""
        for drawn, rule in self._drawn():
            if isinstance(rule, ir.Deny) and rule.inbound is inbound:
                self._rule(drawn, rule, scene)
            elif isinstance(rule, ir.Confine) and not inbound:
                self._region(drawn, rule, scene)

    def observed(self, scene: Scene, *, inbound: bool) -> None:
        """The control was told of a request, for its ``audit`` rules."""
        for drawn, rule in self._drawn():
            if isinstance(rule, ir.Audit) and rule.inbound is inbound:
                self._rule(drawn, rule, scene)

    def followed(self, scene: Scene, *, denied: bool) -> None:
        """The control was asked what an event sets, which was granted, or ``denied``."""
        for drawn, rule in self._drawn():
            if isinstance(rule, ir.Effect) and rule.denied is denied:
                for aimed in self._rule(drawn, rule, scene):
                    for shape, assign in zip(drawn.values, rule.assignments, strict=True):
                        self._see(shape, assign.value, aimed)

    def placed(self, scene: Scene) -> None:
        """A namespace was asked whether it takes a process in."""
        for drawn, rule in self._drawn():
            self._rule(drawn, rule, scene)

    def _drawn(self) -> Iterator[tuple[RuleOutline, ir.Rule | ir.Enter]]:
        return zip(self.outline.rules, self.rules, strict=True)

    def _rule(self, drawn: RuleOutline, rule: ir.Rule | ir.Enter, scene: Scene) -> list[Scene]:
        """Count one rule for one request; the aims at which it holds, or may."""
        truths: list[Truth] = []
        holding = []
        for aimed, guard, truth, _ in self._asked(drawn, rule, scene):
            truths.append(both((guard, truth)))
            if truths[-1] is not False:
                holding.append(aimed)
        if truths:
            self._count(drawn.id, either(truths))
        return holding

    def _region(self, drawn: RuleOutline, region: ir.Confine, scene: Scene) -> None:
        """Count one region for one request, and its allows where the request is inside."""
        denials: list[Truth] = []
        let_through: dict[str, list[Truth]] = {}
        looked_at: set[tuple[str, str | None]] = set()
        for aimed, guard, where, actions in self._asked(drawn, region, scene):
            inside = both((guard, where))
            if not actions:
                denials.append(False)
            for name in actions:
                truths: list[Truth] = []
                for drawn_allow, allow in zip(drawn.allows, region.allows, strict=True):
                    if name not in allow.actions:
                        continue
                    truth = truth_of(allow.when, aimed)
                    truths.append(truth)
                    if inside is not True:
                        continue
                    let_through.setdefault(drawn_allow.id, []).append(truth)
                    self._name(drawn_allow.names, {name: True})
                    if (allow.id, aimed.object_at) not in looked_at and allow.when is not None:
                        self._see(drawn_allow.condition, allow.when, aimed)
                    looked_at.add((allow.id, aimed.object_at))
                denials.append(both((inside, negated(either(truths)))))
        if denials:
            self._count(drawn.id, either(denials))
        for identifier, truths in let_through.items():
            self._count(identifier, either(truths))

    def _asked(
        self, drawn: RuleOutline, rule: ir.Rule | ir.Enter, scene: Scene
    ) -> Iterator[tuple[Scene, Truth, Truth, tuple[str, ...]]]:
        """The ways in which the request may be what the rule is about: the aim, whether it is, whether the condition holds.

        Ways that aim at the same thing count once, with the actions that they are of.
        """
        ways: dict[tuple[str | None, bool], tuple[Scene, list[Truth], list[str]]] = {}
        named: dict[str, Truth] = {}
        for action in rule.actions:
            guards: list[Truth] = []
            for target in action.targets:
                if target.hook == scene.request.hook.name:
                    aimed = scene.aimed(target.at)
                    guard = truth_of(target.guard, aimed)
                    guards.append(guard)
                    if guard is not False:
                        way = ways.setdefault((target.at, guard is True), (aimed, [], []))
                        way[1].append(guard)
                        way[2].append(action.name)
            if guards:
                named[action.name] = either(guards)
        self._name(drawn.names, named)
        if named and not ways:
            yield scene, False, False, ()
        condition = condition_of(rule)
        for (_, sure), (aimed, guards, actions) in ways.items():
            if sure and condition is not None:
                self._see(drawn.condition, condition, aimed)
            yield aimed, either(guards), truth_of(condition, aimed), tuple(dict.fromkeys(actions))

    def _name(self, names: tuple[Named, ...], truths: dict[str, Truth]) -> None:
        for named in names:
            own = [truth for name, truth in truths.items() if name in named.actions]
            if own:
                self._seen(named.spot).add(either(own))

    def _see(self, shape: Shape | None, expression: ir.Expr, scene: Scene) -> None:
        """Count the answers of a condition and of those that it is made of; of ``if``, only the side that was taken."""
        if shape is None:
            return
        if shape.spot is not None:
            self._seen(shape.spot).add(truth_of(expression, scene))
        taken = truth_of(expression.condition, scene) if isinstance(expression, ir.Conditional) else None
        for place, (inner, part) in enumerate(zip(shape.parts, parts_of(expression), strict=True)):
            if place == 0 or taken is None or (not isinstance(taken, Missing) and (place == 1) is taken):
                self._see(inner, part, scene)

    def _seen(self, spot: int) -> Seen:
        return self.seen_spots.setdefault(spot, Seen())

    def _count(self, rule: str, truth: Truth) -> None:
        self.seen_rules.setdefault(rule, Seen()).add(truth)
