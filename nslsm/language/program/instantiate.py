"""A control with its parameters filled in: constants in their places, globs compiled."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.protocol.things import Value

T = TypeVar("T")


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
        rules=_filled(control.rules, constants, {}),
        tables=(*control.tables, *given),
    )


def _filled(node: T, arguments: Mapping[str, ir.Constant], done: dict[int, object]) -> T:
    """The node with parameters replaced; what is shared stays shared, what has none stays the same object."""
    if id(node) in done:
        return cast("T", done[id(node)])
    result: object = node
    if isinstance(node, ir.Parameter):
        result = arguments[node.name]
    elif isinstance(node, tuple):
        parts = [_filled(part, arguments, done) for part in node]
        if any(new is not old for new, old in zip(parts, node, strict=True)):
            result = tuple(parts)
    elif is_dataclass(node) and not isinstance(node, type) and type(node).__module__ == ir.__name__:
        changes = {}
        for part in fields(node):
            old = getattr(node, part.name)
            new = _filled(old, arguments, done) if isinstance(old, tuple) or is_dataclass(old) else old
            if new is not old:
                changes[part.name] = new
        if isinstance(node, ir.Matches):
            result = _compiled(
                node,
                cast("ir.Expr", changes.get("path", node.path)),
                cast("ir.Expr", changes.get("patterns", node.patterns)),
            )
        elif changes:
            result = replace(node, **changes)
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
