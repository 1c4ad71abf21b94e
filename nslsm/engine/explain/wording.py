"""Expressions and values as their author would write them: what an explanation quotes.

The text is for people; it need not be the author's own, letter by letter: sets are sorted, numbers are decimal, and a
``let`` goes by its name. Nothing here is escaped for a terminal except inside quotes.
"""

from collections.abc import Iterable
from enum import IntEnum
from ipaddress import IPv6Address, IPv6Network
from typing import Final

from nslsm.diagnostics.escape import escape
from nslsm.hooks.types import NO_ADDRESS, Enumeration, Flags, SetOf, Type, Unknown
from nslsm.language.check import ir
from nslsm.protocol.things import Credentials, File, NamespaceFacts, Socket, Task, Value
from nslsm.protocol.things import Thing as OtherThing

SHOWN_MEMBERS: Final = 6
"""How many members of a set are written before the rest is counted."""

_CONDITIONAL, _OR, _AND, _NOT, _COMPARISON, _SUM, _ATOM = range(7)


def worded(expression: ir.Expr) -> str:
    """The expression in the language's own notation, with no more parentheses than it needs.

    >>> from nslsm.hooks.types import BOOL, INT
    >>> low = ir.Compare("<", ir.Argument("port", INT), ir.Constant(1024, INT), BOOL)
    >>> worded(ir.Not(ir.Or((low, ir.Argument("bound", BOOL)), BOOL), BOOL))
    'not (port < 1024 or bound)'
    """
    return _worded(expression, _CONDITIONAL)


def _worded(expression: ir.Expr, least: int) -> str:
    text, binding = _text(expression)
    return text if binding >= least else f"({text})"


def _text(expression: ir.Expr) -> tuple[str, int]:
    """The text, and how tightly it holds together."""
    match expression:
        case ir.Constant():
            return worded_value(expression.value, expression.type), _ATOM
        case ir.Parameter() | ir.Thing() | ir.Argument() | ir.Named():
            return expression.name, _ATOM
        case ir.FactOf():
            return f"{worded(expression.thing)}.{expression.name}", _ATOM
        case ir.AttributeOf():
            return f"{worded(expression.thing)}.{expression.attribute.partition('.')[2]}", _ATOM
        case ir.MethodOf():
            return f"{worded(expression.thing)}.{expression.name}({_listed(expression.arguments)})", _ATOM
        case ir.Lookup():
            return f"{expression.table.rpartition('.')[2]}({_listed(expression.keys)})", _ATOM
        case ir.Builtin():
            return f"{expression.name}({_listed(expression.arguments)})", _ATOM
        case ir.SetOfParts():
            return f"{{{_listed(expression.elements)}}}", _ATOM
        case _:
            return _operator(expression)


def _operator(
    expression: ir.Not | ir.And | ir.Or | ir.Compare | ir.Matches | ir.Under | ir.Arithmetic | ir.Conditional,
) -> tuple[str, int]:
    match expression:
        case ir.Not():
            return _negation(expression), _NOT
        case ir.And():
            return " and ".join(_worded(operand, _NOT) for operand in expression.operands), _AND
        case ir.Or():
            return " or ".join(_worded(operand, _AND) for operand in expression.operands), _OR
        case ir.Compare():
            return _infix(expression.operator, expression.left, expression.right), _COMPARISON
        case ir.Matches():
            return _infix("matches", expression.path, expression.patterns), _COMPARISON
        case ir.Under():
            return _infix("under", expression.path, expression.directories), _COMPARISON
        case ir.Arithmetic():
            left, right = _worded(expression.left, _SUM), _worded(expression.right, _ATOM)
            return f"{left} {expression.operator} {right}", _SUM
        case ir.Conditional():
            then, condition = _worded(expression.then, _OR), _worded(expression.condition, _OR)
            return f"{then} if {condition} else {worded(expression.otherwise)}", _CONDITIONAL


def _negation(expression: ir.Not) -> str:
    """``not (a has b)``: a comparison is put in parentheses, as people read it more easily."""
    text, binding = _text(expression.operand)
    return f"not {text}" if binding in (_ATOM, _NOT) else f"not ({text})"


def _infix(operator: str, left: ir.Expr, right: ir.Expr) -> str:
    return f"{_worded(left, _SUM)} {operator} {_worded(right, _SUM)}"


def _listed(expressions: Iterable[ir.Expr]) -> str:
    return ", ".join(worded(expression) for expression in expressions)


def worded_head(actions: tuple[ir.Action, ...], when: ir.Expr | None) -> str:
    """What a rule is about, as its author wrote it: ``read, write when object.phi``; operations by their short names."""
    names = ", ".join(action.name.rpartition(".")[2] for action in actions)
    return names if when is None else f"{names} when {worded(when)}"


def worded_value(value: Value | Unknown, type_: Type | None = None) -> str:
    """A value in the language's notation; a thing by what it is called.

    >>> worded_value("/srv/phi"), worded_value(frozenset({2, 1})), worded_value("unix", Enumeration("f", ("unix",)))
    ('"/srv/phi"', '{1, 2}', 'unix')
    """
    match value:
        case Unknown():
            return "unknown"
        case bool():
            return "true" if value else "false"
        case IntEnum():
            return value.name
        case int():
            return str(value)
        case str():
            bare = isinstance(type_, Enumeration | Flags)
            return escape(value) if bare else quoted(value)
        case frozenset():
            return _set(value, type_)
        case IPv6Address() | IPv6Network():
            return f"[{value}]"
        case Task():
            return f"task {value.pid}"
        case File():
            return "a file" if isinstance(value.path, Unknown) else quoted(value.path)
        case Socket():
            return "a socket"
        case NamespaceFacts():
            return f"namespace {escape(value.path)}"
        case OtherThing():
            return f"a {value.kind}"
        case Credentials():
            return "credentials"
    return "no address" if value is NO_ADDRESS else str(value)


def _set(value: frozenset[Value], type_: Type | None) -> str:
    element = type_.element if isinstance(type_, SetOf) else type_ if isinstance(type_, Flags) else None
    members = sorted(value, key=lambda member: (type(member).__name__, _order(member)))
    texts = [worded_value(member, element) for member in members[:SHOWN_MEMBERS]]
    if len(members) > SHOWN_MEMBERS:
        texts.append(f"… {len(members) - SHOWN_MEMBERS} more")
    return f"{{{', '.join(texts)}}}"


def _order(member: Value) -> tuple[int, str]:
    return (member, "") if isinstance(member, int) else (0, str(member))


def quoted(text: str) -> str:
    """Text in double quotes, everything in it that does not print written out."""
    return f'"{escape(text.replace(chr(92), chr(92) * 2)).replace(chr(34), chr(92) + chr(34))}"'
