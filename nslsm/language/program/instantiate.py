"""A control with its parameters filled in: constants in their places, globs compiled."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar, cast

from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.language.check.walk import nodes, parts_of
from nslsm.protocol.things import Value

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")

MOST_KEPT: Final = 64
"""Filled rules that are kept."""


def instantiate(control: ir.Control, arguments: Mapping[str, ir.ArgumentValue]) -> ir.Control:
    """``control`` with ``arguments`` in the place of its parameters; it has none afterwards.

    Raises KeyError where a parameter without an argument is read: the checker reports that before.
    """
    constants = {name: value for name, value in arguments.items() if isinstance(value, ir.Constant)}
    given = [
        replace(table, name=ir.of_parameter(name)) for name, table in arguments.items() if isinstance(table, ir.Table)
    ]
    return replace(
        control,
        parameters=(),
        attributes=_filled(control.attributes, constants, {}),
        rules=_RULES.filled(control, constants),
        tables=(*control.tables, *given),
    )


class _Rules:
    """Rules that were filled in lately: a large policy is bound many times, and mostly with what its rules do not speak of."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], tuple[ir.Control, tuple[ir.Rule, ...]]] = OrderedDict()
        self._spoken_of: dict[int, tuple[ir.Control, tuple[str, ...]]] = {}

    def filled(self, control: ir.Control, arguments: Mapping[str, ir.Constant]) -> tuple[ir.Rule, ...]:
        """The rules of a control with arguments in the place of its parameters."""
        given = tuple((name, arguments[name]) for name in self._names(control) if name in arguments)
        key = (id(control), *((name, type(value.value), value.value, value.type) for name, value in given))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (control, _filled(control.rules, dict(given), {}))
            if len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)
        return known[1]

    def _names(self, control: ir.Control) -> tuple[str, ...]:
        """The parameters that rules speak of."""
        known = self._spoken_of.get(id(control))
        if known is None:
            if len(self._spoken_of) > MOST_KEPT:
                self._spoken_of.clear()
            found = {node.name for node in nodes(control.rules) if isinstance(node, ir.Parameter)}
            known = self._spoken_of[id(control)] = (control, tuple(sorted(found)))
        return known[1]


_RULES: Final = _Rules()


def _filled(node: T, arguments: Mapping[str, ir.Constant], done: dict[int, object]) -> T:
    """The node with parameters replaced; what is shared stays shared, what has none stays the same object."""
    names = None if isinstance(node, tuple) else parts_of(type(node))
    if names is None and not isinstance(node, tuple):
        return node
    if id(node) in done:
        return cast("T", done[id(node)])
    result: object = node
    if isinstance(node, ir.Parameter):
        result = arguments[node.name]
    elif isinstance(node, tuple):
        parts = [_filled(part, arguments, done) for part in node]
        if any(new is not old for new, old in zip(parts, node, strict=True)):
            result = tuple(parts)
    else:
        changes: dict[str, object] = {}
        for name in names or ():
            old = getattr(node, name)
            new = _filled(old, arguments, done)
            if new is not old:
                changes[name] = new
        if isinstance(node, ir.Matches):
            result = _compiled(
                node,
                cast("ir.Expr", changes.get("path", node.path)),
                cast("ir.Expr", changes.get("patterns", node.patterns)),
            )
        elif changes:
            result = replace(cast("DataclassInstance", node), **changes)
    done[id(node)] = result
    return cast("T", result)


def _compiled(node: ir.Matches, path: ir.Expr, patterns: ir.Expr) -> ir.Matches:
    constant = constant_of(patterns)
    globs = node.globs
    if constant is not None and (globs is None or patterns is not node.patterns):
        texts = constant if isinstance(constant, frozenset) else frozenset({constant})
        globs = tuple(Glob(text) for text in sorted(cast("frozenset[str]", texts)))
    if path is node.path and patterns is node.patterns and globs is node.globs:
        return node
    return replace(node, path=path, patterns=patterns, globs=globs)


def constant_of(expression: ir.Expr) -> Value | None:
    """The value of an expression that is a constant, by whatever name; None for any other."""
    while isinstance(expression, ir.Named):
        expression = expression.value
    return expression.value if isinstance(expression, ir.Constant) else None
