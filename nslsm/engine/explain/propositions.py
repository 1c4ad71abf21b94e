"""What must hold for a control to deny a request, or not to: its rules as formulas over atomic conditions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from nslsm.controls.policy import PolicyControl
from nslsm.diagnostics.span import Span
from nslsm.engine.decision import Opinion
from nslsm.engine.explain.formula import Formula, Key, Literal, all_of, any_of, settled
from nslsm.engine.explain.wording import worded
from nslsm.hooks.types import BOOL, Type, Unknown
from nslsm.language.check import ir
from nslsm.language.check.operators import parts_of
from nslsm.language.program.interpret import Missing, Result, Scene, Truth, truth_of, value_of
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, NamespaceFacts, Socket, Task
from nslsm.protocol.things import Thing as OtherThing
from nslsm.protocol.view import UNSET, View


class Source(NamedTuple):
    """Where an attribute has its value from."""

    attribute: ir.Attribute
    origin: str
    """``default``, ``foreign`` (Model M4.1), or ``set``: by an effect of an earlier event."""
    setters: tuple[ir.Effect, ...]
    """The rules that set it."""


class Reading(NamedTuple):
    """A fact that a condition reads, and its value for the request; :class:`Missing` where nobody knows."""

    text: str
    value: Result
    type: Type
    source: Source | None = None
    """For an attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """A condition without parts, as one binding asks it of one request."""

    key: Key
    """Equal for two conditions that cannot have different truths."""
    expression: ir.Expr
    text: str
    truth: Truth
    readings: tuple[Reading, ...]
    about: frozenset[str]
    """What it reads: ``subject``, ``object``, ``namespace``, the hook's facts by name."""
    opinion: Opinion
    request: Request
    span: Span
    """The rule or the ``allow`` that asks."""
    aim: str | None = None
    """The fact that ``object`` stands for, where that is not the request's object."""
    guard: bool = False
    """Whether it is part of what an operation means, not of the rule."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A binding that was asked about a request, and the program that answered."""

    opinion: Opinion
    control: PolicyControl
    scene: Scene
    written: Mapping[str, ir.Expr | None]
    """The conditions of the rules and allows as their author wrote them, parameters by name; by the rule's id."""

    @classmethod
    def of(cls, opinion: Opinion, control: PolicyControl, request: Request, view: View) -> "Asked":
        """The question that ``opinion`` answers."""
        return cls(opinion, control, Scene(control.program, request, view), dict(_written(control.declared)))

    @property
    def program(self) -> ir.Control:
        """The rules, parameters filled in."""
        return self.control.program

    def as_written(self, rule: ir.Deny | ir.Confine | ir.Allow) -> ir.Expr | None:
        """The rule's condition with its parameters by name; as it is, where the author's is not at hand."""
        return self.written.get(rule.id, condition_of(rule))

    def denies(self) -> tuple[ir.Deny, ...]:
        """The ``deny`` rules that count for this question."""
        inbound = self.opinion.inbound
        return tuple(rule for rule in self.program.rules if isinstance(rule, ir.Deny) and rule.inbound is inbound)

    def regions(self) -> tuple[ir.Confine, ...]:
        """The regions that count for this question: none for a subject from outside (Model M4.2)."""
        rules = () if self.opinion.inbound else self.program.rules
        return tuple(rule for rule in rules if isinstance(rule, ir.Confine))

    def aims(self, actions: tuple[ir.Action, ...]) -> Iterator[tuple[ir.Action, ir.Target, Scene]]:
        """The ways in which the request is one of ``actions``."""
        for action in actions:
            for target in action.targets:
                if target.hook == self.scene.request.hook.name:
                    yield action, target, self.scene.aimed(target.at)


def condition_of(rule: ir.Deny | ir.Confine | ir.Allow) -> ir.Expr | None:
    """What a rule asks beside its actions."""
    return rule.where if isinstance(rule, ir.Confine) else rule.when


def _written(control: ir.Control) -> Iterator[tuple[str, ir.Expr | None]]:
    for rule in control.rules:
        if isinstance(rule, ir.Deny | ir.Confine):
            yield rule.id, condition_of(rule)
        if isinstance(rule, ir.Confine):
            yield from ((allow.id, condition_of(allow)) for allow in rule.allows)


def alike(filled: ir.Expr, written: ir.Expr) -> ir.Expr:
    """``written``, where it is the same expression but for parameters; else the filled one itself."""
    return written if type(filled) is type(written) and len(parts_of(filled)) == len(parts_of(written)) else filled


@dataclass(slots=True)
class Propositions:
    """The formulas about one event, and the atomic conditions that they share."""

    atoms: dict[Key, Atom] = field(default_factory=dict)

    def truths(self) -> dict[Key, bool | None]:
        """The truth that each condition has now; None where unknown."""
        return {key: None if isinstance(atom.truth, Missing) else atom.truth for key, atom in self.atoms.items()}

    def permits(self, asked: Asked) -> Formula:
        """That the control definitely does not deny: it allows or abstains."""
        free = (self.applies(asked, rule, wanted=False) for rule in asked.denies())
        let = (self.passes(asked, rule) for rule in asked.regions())
        return all_of((*free, *let))

    def denies(self, asked: Asked) -> Formula:
        """That the control definitely denies."""
        return any_of(
            (
                *(self.applies(asked, rule, wanted=True) for rule in asked.denies()),
                *(self.stops(asked, rule) for rule in asked.regions()),
            )
        )

    def applies(self, asked: Asked, rule: ir.Deny, *, wanted: bool) -> Formula:
        """That a ``deny`` rule definitely matches, or definitely does not."""
        ways = (self._both(asked, target, rule, aimed, wanted=wanted) for _, target, aimed in asked.aims(rule.actions))
        return any_of(ways) if wanted else all_of(ways)

    def passes(self, asked: Asked, region: ir.Confine) -> Formula:
        """That each action that the request is, is outside the region or let through."""
        return all_of(
            any_of(
                (
                    self._both(asked, target, region, aimed, wanted=False),
                    *(self._let(asked, allow, aimed, wanted=True) for allow in allows_for(region, action)),
                )
            )
            for action, target, aimed in asked.aims(region.actions)
        )

    def stops(self, asked: Asked, region: ir.Confine) -> Formula:
        """That some action that the request is, is inside the region and not let through."""
        return any_of(
            all_of(
                (
                    self._both(asked, target, region, aimed, wanted=True),
                    *(self._let(asked, allow, aimed, wanted=False) for allow in allows_for(region, action)),
                )
            )
            for action, target, aimed in asked.aims(region.actions)
        )

    def contains(self, asked: Asked, region: ir.Confine) -> Formula:
        """That some action that the request is, is definitely inside the region."""
        return any_of(
            self._both(asked, target, region, aimed, wanted=True) for _, target, aimed in asked.aims(region.actions)
        )

    def _let(self, asked: Asked, allow: ir.Allow, aimed: Scene, *, wanted: bool) -> Formula:
        return self.condition(asked, (allow.when, asked.as_written(allow)), aimed, allow.span, wanted=wanted)

    def _both(
        self, asked: Asked, target: ir.Target, rule: ir.Deny | ir.Confine, aimed: Scene, *, wanted: bool
    ) -> Formula:
        parts = (
            self.condition(asked, (target.guard, target.guard), aimed, rule.span, wanted=wanted, guard=True),
            self.condition(asked, (condition_of(rule), asked.as_written(rule)), aimed, rule.span, wanted=wanted),
        )
        return all_of(parts) if wanted else any_of(parts)

    def condition(
        self,
        asked: Asked,
        both: tuple[ir.Expr | None, ir.Expr | None],
        scene: Scene,
        span: Span,
        *,
        wanted: bool,
        guard: bool = False,
    ) -> Formula:
        """That a condition definitely has the truth that is wanted; one that is not written is true.

        ``both``: with its parameters filled in, and as its author wrote it.
        """
        condition, written = both
        if condition is None:
            return settled(truth=wanted)
        text = alike(condition, condition if written is None else written)
        pairs = list(zip(parts_of(condition), parts_of(text), strict=True))

        def part(place: int, *, wanted: bool) -> Formula:
            return self.condition(asked, pairs[place], scene, span, wanted=wanted, guard=guard)

        match condition:
            case ir.Named():
                return part(0, wanted=wanted)
            case ir.Not():
                return part(0, wanted=not wanted)
            case ir.And() | ir.Or():
                parts = (part(place, wanted=wanted) for place in range(len(pairs)))
                return all_of(parts) if isinstance(condition, ir.And) is wanted else any_of(parts)
            case ir.Conditional():
                ways = ((True, 1), (False, 2))
                return any_of(all_of((part(0, wanted=turn), part(way, wanted=wanted))) for turn, way in ways)
        if not reads(condition):
            return settled(truth=truth_of(condition, scene) is wanted)
        key = key_of(asked, condition, scene)
        known = self.atoms.get(key)
        if known is None or (known.guard and not guard):
            self.atoms[key] = Atom(
                key=key,
                expression=condition,
                text=worded(text),
                truth=truth_of(condition, scene),
                readings=readings(condition, text, scene),
                about=reads(condition),
                opinion=asked.opinion,
                request=scene.request,
                span=span,
                aim=scene.object_at,
                guard=guard,
            )
        return Literal(key, wanted)


def key_of(asked: Asked, condition: ir.Expr, scene: Scene) -> Key:
    """What a condition is known by: the same words about the same values, and about the same cells."""
    values = tuple((name, _value(name, scene)) for name in sorted(reads(condition)))
    owner = (asked.opinion.namespace.id, asked.opinion.binding.name) if is_private(condition) else None
    return (condition, values, owner)


def allows_for(region: ir.Confine, action: ir.Action) -> tuple[ir.Allow, ...]:
    """The region's allows that speak of the action."""
    return tuple(allow for allow in region.allows if action.name in allow.actions)


def reads(expression: ir.Expr) -> frozenset[str]:
    """What of a request the expression reads: things and the hook's facts, by name; nothing for a constant."""
    match expression:
        case ir.Thing() | ir.Argument():
            return frozenset({expression.name})
        case ir.FactOf() | ir.AttributeOf():
            return reads(expression.thing)
        case ir.MethodOf():
            return reads(expression.thing).union(*(reads(argument) for argument in expression.arguments))
        case ir.Lookup():
            return frozenset[str]().union(*(reads(key) for key in expression.keys))
    return frozenset[str]().union(*(reads(part) for part in parts_of(expression)))


def is_private(expression: ir.Expr) -> bool:
    """Whether two bindings may read different values: attributes, ``foreign`` and ``namespace``."""
    match expression:
        case ir.AttributeOf() | ir.Lookup():
            return True
        case ir.Thing():
            return expression.name == "namespace"
        case ir.FactOf():
            return expression.name == "foreign" or is_private(expression.thing)
        case ir.MethodOf():
            return is_private(expression.thing) or any(is_private(each) for each in expression.arguments)
    return any(is_private(part) for part in parts_of(expression))


def _value(name: str, scene: Scene) -> object:
    match name:
        case "subject":
            return scene.request.subject
        case "namespace":
            return scene.view.namespace
        case "object" if scene.object_at is None:
            return scene.request.object
        case "object":
            return scene.request.argument(scene.object_at or "")
    return scene.request.argument(name)


def readings(condition: ir.Expr, written: ir.Expr, scene: Scene) -> tuple[Reading, ...]:
    """The facts that a condition reads, outermost first, then the parameters that its author named."""
    facts = _readings(condition, scene)
    return tuple(dict.fromkeys((*facts, *_parameters(condition, alike(condition, written)))))


def _parameters(filled: ir.Expr, written: ir.Expr) -> Iterator[Reading]:
    """The parameters in ``written``, with the constants that stand in their places."""
    if isinstance(written, ir.Parameter) and isinstance(filled, ir.Constant):
        yield Reading(written.name, filled.value, filled.type)
    elif type(filled) is type(written):
        for one, other in zip(parts_of(filled), parts_of(written), strict=False):
            yield from _parameters(one, other)


def _readings(expression: ir.Expr, scene: Scene) -> Iterator[Reading]:
    """The facts that the expression reads, outermost first."""
    match expression:
        case ir.Argument() | ir.FactOf():
            yield _reading(expression, scene)
        case ir.AttributeOf():
            yield _reading(expression, scene, _source(expression, scene))
        case ir.MethodOf():
            yield _reading(expression, scene)
        case ir.Named() if reads(expression) and expression.type != BOOL:
            yield _reading(expression, scene)
        case ir.Lookup():
            yield _reading(expression, scene)
            for key in expression.keys:
                yield from _readings(key, scene)
        case _:
            for part in parts_of(expression):
                yield from _readings(part, scene)


def _reading(expression: ir.Expr, scene: Scene, source: Source | None = None) -> Reading:
    return Reading(worded(expression), value_of(expression, scene), expression.type, source)


def _source(expression: ir.AttributeOf, scene: Scene) -> Source | None:
    """Where the attribute has its value from; None where nobody knows which thing it is on."""
    program = scene.control
    declared = next((each for each in program.attributes if each.key == expression.attribute), None)
    thing = value_of(expression.thing, scene)
    if declared is None or not isinstance(thing, Task | File | Socket | OtherThing | NamespaceFacts):
        return None
    setters = tuple(
        rule
        for rule in program.rules
        if isinstance(rule, ir.Effect) and any(each.attribute == declared.key for each in rule.assignments)
    )
    if scene.view.foreign(thing):
        return Source(declared, "foreign", ())
    if isinstance(thing.identity, Unknown):
        return None
    return Source(declared, "default" if scene.view.cell(declared.key, thing.identity) is UNSET else "set", setters)
