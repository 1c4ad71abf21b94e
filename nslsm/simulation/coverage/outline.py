"""What there is to be seen of a control: its rules, what each names, and each condition of which two answers are possible.

An outline is made of the control as its author wrote it. It fits every instance of it: filling in arguments changes no shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from nslsm.diagnostics.span import Span
from nslsm.engine.explain.wording import worded
from nslsm.hooks.types import BOOL
from nslsm.language.check import ir
from nslsm.language.check.operators import parts_of
from nslsm.language.syntax import ast
from nslsm.simulation.coverage.writing import Written, condition_node, part_nodes

RuleKind: TypeAlias = Literal["deny", "confine", "allow", "on", "audit", "enter"]
"""What can take effect."""


class Role(Enum):
    """What a condition is in its rule."""

    WHOLE = "condition"
    """All of the rule's ``when`` or ``where``."""
    PART = "operand"
    """An operand of ``and``, ``or``, ``if``."""
    ACTION = "action"
    """Whether the request is what the rule names: an operation, a hook, a family of hooks."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A condition in its place."""

    role: Role
    text: str
    span: Span
    own_place: bool
    """Whether ``span`` is where it stands; else it is where the condition stands that it is a part of."""
    rule: str
    """The rule or the ``allow`` that it belongs to; empty for a part of a ``let``, which belongs to all that read it."""
    two_sided: bool = True
    """Whether it can be false at all: a hook without a guard is what it is."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An expression as far as it holds conditions: ``parts`` are in the order of ``parts_of``."""

    spot: int | None
    parts: tuple["Shape | None", ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a rule is about: ``read``, ``file_open``, ``inode_*``, with the actions that this stands for."""

    spot: int
    actions: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutline:
    """A rule, an ``allow`` or an ``enter on``."""

    id: str
    kind: RuleKind
    span: Span
    names: tuple[Named, ...]
    condition: Shape | None
    values: tuple[Shape | None, ...] = ()
    """Of what it sets attributes to."""
    allows: tuple["RuleOutline", ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """All rules of a control, or all ``enter on`` of a namespace, and the spots in them."""

    rules: tuple[RuleOutline, ...]
    spots: tuple[Spot, ...]

    def every_rule(self) -> Iterator[RuleOutline]:
        """The rules, each followed by its allows."""
        for rule in self.rules:
            yield rule
            yield from rule.allows


def outline_of(control: ir.Control, written: Written) -> Outline:
    """The outline of a control."""
    drawing = _Drawing(written, control.span)
    rules = tuple(drawing.rule(rule) for rule in control.rules)
    return Outline(rules, tuple(drawing.spots))


def outline_of_enters(namespace: ir.Namespace, written: Written) -> Outline:
    """The outline of a namespace's ``enter on`` declarations, called ``enter-1``, ``enter-2``, …"""
    drawing = _Drawing(written, None)
    nodes = written.enters(namespace.span)
    rules = []
    for number, enter in enumerate(namespace.enters, 1):
        node = nodes[number - 1] if len(nodes) == len(namespace.enters) else None
        span = namespace.span if node is None else node.span
        rules.append(drawing.plain(f"enter-{number}", "enter", span, node, enter.actions, enter.when))
    return Outline(tuple(rules), tuple(drawing.spots))


@dataclass(slots=True)
class _Drawing:
    """An outline in the making; a place in the text is one spot, however many expressions stand for it."""

    written: Written
    control: Span | None
    spots: list[Spot] = field(default_factory=list)
    _known: dict[tuple[str, Role, int, int, str], int] = field(default_factory=dict)

    def rule(self, rule: ir.Rule) -> RuleOutline:
        node = self.written.rule(rule.span)
        match rule:
            case ir.Deny():
                return self.plain(rule.id, "deny", rule.span, node, rule.actions, rule.when)
            case ir.Audit():
                return self.plain(rule.id, "audit", rule.span, node, rule.actions, rule.when)
            case ir.Effect():
                values = self._values(rule, node)
                return self.plain(rule.id, "on", rule.span, node, rule.actions, rule.when, values=values)
            case ir.Confine():
                allows = tuple(self._allow(allow, rule) for allow in rule.allows)
                return self.plain(rule.id, "confine", rule.span, node, rule.actions, rule.where, allows=allows)

    def plain(
        self,
        identifier: str,
        kind: RuleKind,
        span: Span,
        node: ast.Node | None,
        actions: tuple[ir.Action, ...],
        when: ir.Expr | None,
        *,
        values: tuple[Shape | None, ...] = (),
        allows: tuple[RuleOutline, ...] = (),
    ) -> RuleOutline:
        assert node is None or isinstance(node, ast.Deny | ast.Confine | ast.Allow | ast.On | ast.Audit | ast.Enter)
        condition = None
        if when is not None:
            condition = self._shape(when, condition_node(node), span, identifier, Role.WHOLE)
        names = tuple(
            self._names(identifier, span, () if node is None else node.hooks, actions, inside=kind == "allow")
        )
        return RuleOutline(
            id=identifier, kind=kind, span=span, names=names, condition=condition, values=values, allows=allows
        )

    def _allow(self, allow: ir.Allow, region: ir.Confine) -> RuleOutline:
        actions = tuple(action for action in region.actions if action.name in allow.actions)
        return self.plain(allow.id, "allow", allow.span, self.written.rule(allow.span), actions, allow.when)

    def _values(self, rule: ir.Effect, node: ast.Node | None) -> tuple[Shape | None, ...]:
        nodes: tuple[ast.Expr | None, ...] = (None,) * len(rule.assignments)
        if isinstance(node, ast.On) and len(node.assignments) == len(nodes):
            nodes = tuple(each.value for each in node.assignments)
        pairs = zip(rule.assignments, nodes, strict=True)
        return tuple(self._shape(assign.value, value, rule.span, rule.id, None) for assign, value in pairs)

    def _names(
        self,
        rule: str,
        span: Span,
        refs: tuple[ast.HookRef, ...],
        actions: tuple[ir.Action, ...],
        *,
        inside: bool,
    ) -> Iterator[Named]:
        """What a rule names, as it is written. Inside of a region there is no request that would be something else."""
        rest = {action.name: action for action in actions}
        for ref in refs:
            meant = [action for action in actions if action.name in rest and _is_meant(ref, action.name)]
            if meant:
                yield self._named(rule, str(ref.name), ref.span, meant, own_place=True, inside=inside)
                for action in meant:
                    del rest[action.name]
        for action in rest.values():
            name = action.name.rpartition(".")[2]
            yield self._named(rule, name, span, [action], own_place=False, inside=inside)

    def _named(
        self, rule: str, text: str, span: Span, actions: list[ir.Action], *, own_place: bool, inside: bool
    ) -> Named:
        guarded = any(target.guard is not None for action in actions for target in action.targets)
        spot = self._spot(Spot(Role.ACTION, text, span, own_place, rule, guarded and not inside))
        return Named(spot, frozenset(action.name for action in actions))

    def _shape(
        self, expression: ir.Expr, node: ast.Expr | None, around: Span, rule: str, role: Role | None
    ) -> Shape | None:
        """The conditions in an expression; ``role`` is its own, None where it is no condition, or counts elsewhere."""
        span = around if node is None else node.span
        spot = None
        if role is not None and expression.type == BOOL and not isinstance(expression, ir.Constant):
            text = worded(expression) if node is None else self.written.words(span)
            spot = self._spot(Spot(role, text, span, node is not None, rule))
        nodes = part_nodes(expression, node, self.written, self.control)
        shapes: list[Shape | None] = []
        for part, written in zip(parts_of(expression), nodes, strict=True):
            if isinstance(expression, ir.Named):
                shapes.append(None if written is None else self._shape(part, written, written.span, "", None))
                continue
            inner = Role.PART if _is_operand(expression) else None
            shapes.append(self._shape(part, written, span, rule, inner))
        return None if spot is None and not any(shapes) else Shape(spot, tuple(shapes))

    def _spot(self, spot: Spot) -> int:
        key = (spot.rule, spot.role, spot.span.start, spot.span.end, spot.text)
        if key not in self._known:
            self._known[key] = len(self.spots)
            self.spots.append(spot)
        return self._known[key]


def _is_meant(ref: ast.HookRef, action: str) -> bool:
    """Whether a rule that names ``ref`` has the action from it."""
    name = str(ref.name)
    if name.endswith("*"):
        return action.startswith(name.removesuffix("*"))
    return action.rpartition(".")[2] == ref.name.parts[-1]


def _is_operand(expression: ir.Expr) -> bool:
    """Whether a part counts: what ``and``, ``or`` and ``if`` are made of does; a ``not`` and what it negates are one."""
    return isinstance(expression, ir.And | ir.Or | ir.Conditional)
