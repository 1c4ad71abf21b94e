"""Expressions to text, with the brackets that they need and no others; strings with their escapes."""

from enum import IntEnum
from typing import Final

from nslsm.language.syntax import ast

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BYTES: Final = range(0xDC80, 0xDD00)
"""The characters that stand for bytes that are not UTF-8, :pep:`383`."""

_INTEGERS: Final = {8: "0o{:o}", 10: "{}", 16: "{:#x}"}


def quote(text: str) -> str:
    r"""A string as the language writes it; what does not print is escaped.

    >>> print(quote('say "hi"\n'))
    "say \"hi\"\n"
    """
    return f'"{"".join(_character(character) for character in text)}"'


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\x{number - 0xDC00:02x}" if number in _BYTES else f"\\u{{{number:x}}}"


class _Level(IntEnum):
    """How tightly an expression binds; a part that binds looser than its place asks for stands in brackets."""

    CONDITIONAL = 0
    OR = 1
    AND = 2
    NOT = 3
    COMPARE = 4
    SUM = 5
    POSTFIX = 6
    ATOM = 7


def unparse_expression(expression: ast.Expr, *, tight: bool = False) -> str:
    """The text of an expression; ``tight``: in brackets unless it is a literal, a name, a member or a call.

    >>> from nslsm.language.syntax.parse import parse
    >>> unparse_expression(parse("let x = (a or b) and not (c == d)", "a").items[0].value)
    '(a or b) and not c == d'
    """
    return _said(expression, _Level.POSTFIX if tight else _Level.CONDITIONAL)


def _said(expression: ast.Expr, place: _Level) -> str:
    """The text, in brackets where it binds looser than its place asks for. One call for each level, for depth is limited."""
    own = _Level.ATOM
    match expression:
        case ast.Conditional():
            own = _Level.CONDITIONAL
            then, condition = _said(expression.then, _Level.OR), _said(expression.condition, _Level.OR)
            text = f"{then} if {condition} else {_said(expression.otherwise, _Level.CONDITIONAL)}"
        case ast.Or():
            own = _Level.OR
            text = ""
            for operand in expression.operands:
                text += f"{' or ' if text else ''}{_said(operand, _Level.AND)}"
        case ast.And():
            own = _Level.AND
            text = ""
            for operand in expression.operands:
                text += f"{' and ' if text else ''}{_said(operand, _Level.NOT)}"
        case ast.Not():
            own = _Level.NOT
            text = f"not {_said(expression.operand, _Level.NOT)}"
        case ast.Compare():
            own = _Level.COMPARE
            left, right = _said(expression.left, _Level.SUM), _said(expression.right, _Level.SUM)
            text = f"{left} {expression.operator} {right}"
        case ast.Arithmetic():
            own = _Level.SUM
            left, right = _said(expression.left, _Level.SUM), _said(expression.right, _Level.POSTFIX)
            text = f"{left} {expression.operator} {right}"
        case ast.Member():
            own = _Level.POSTFIX
            text = f"{_said(expression.base, _Level.POSTFIX)}.{expression.name.text}"
        case ast.Call():
            own = _Level.POSTFIX
            text = ""
            for argument in expression.arguments:
                text += f"{', ' if text else ''}{_said(argument, _Level.CONDITIONAL)}"
            text = f"{_said(expression.function, _Level.POSTFIX)}({text})"
        case ast.SetLiteral():
            text = ""
            for element in expression.elements:
                text += f"{', ' if text else ''}{_said(element, _Level.CONDITIONAL)}"
            text = f"{{{text}}}"
        case _:
            text = _literal(expression)
    return text if own >= place else f"({text})"


def _literal(literal: ast.Expr) -> str:
    match literal:
        case ast.Boolean():
            return "true" if literal.value else "false"
        case ast.Integer():
            return ("-" if literal.value < 0 else "") + _INTEGERS[literal.base].format(abs(literal.value))
        case ast.String():
            return quote(literal.value)
        case ast.AddressLiteral() | ast.NetworkLiteral():
            return f"[{literal.value}]" if literal.value.version == 6 else str(literal.value)
        case ast.ErrnoLiteral() | ast.Reference():
            return literal.name
        case _:
            raise TypeError(f"{type(literal).__name__} is no literal")
