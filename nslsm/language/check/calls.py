"""Calls: look-ups in tables, facts with arguments, and the built-in functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from nslsm.diagnostics.span import Span
from nslsm.hooks.types import BOOL, GLOB, INT, PATH, STRING, SetOf, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.findings import nearest
from nslsm.language.check.modules import Declared, Folder
from nslsm.language.check.things import THINGS, dotted, is_thing, method
from nslsm.language.check.types import article, element_of
from nslsm.language.syntax import ast

if TYPE_CHECKING:
    from nslsm.language.check.expressions import Expressions

BUILTINS: Final[Mapping[str, tuple[tuple[Type | None, ...], Type]]] = {
    "basename": ((PATH,), STRING),
    "dirname": ((PATH,), PATH),
    "size": ((None,), INT),
    "context_user": ((STRING,), STRING),
    "context_role": ((STRING,), STRING),
    "context_type": ((STRING,), STRING),
    "context_low": ((STRING,), STRING),
    "context_high": ((STRING,), STRING),
    "context_of": ((STRING,) * 5, STRING),
    "level_sensitivity": ((STRING,), STRING),
    "level_categories": ((STRING,), SetOf(STRING)),
    "level_of": ((STRING, SetOf(STRING)), STRING),
}
"""What each built-in function takes (None: any set) and gives."""


def call(here: "Expressions", node: ast.Call) -> ir.Expr | None:
    """``f(…)``, whatever ``f`` is."""
    function = node.function
    match function:
        case ast.Reference(name=name) if name in BUILTINS:
            return _builtin(here, name, node)
        case ast.Reference() | ast.Member():
            parts = dotted(function)
            given = None if parts is None or len(parts) > 1 else _given(here, parts[0])
            if given is not None:
                return _looked_up(here, given, node)
            if parts is not None and here.control is not None and parts[0] in here.control.broken:
                return None
            table = None if parts is None else _table(here, parts)
            if table is not None:
                return lookup(here, table, node)
            if isinstance(function, ast.Member):
                return _method(here, function, node)
            _no_function(here, function, function.name)
            return None
    here.findings.add(codes.NOT_CALLABLE, node.span, "only tables and facts can be called")
    return None


def _table(here: "Expressions", parts: tuple[str, ...]) -> Declared | None:
    if parts[0] in THINGS or here.site.fact(parts[0]) is not None:
        return None
    found = here.module.find(parts)
    return found if isinstance(found, Declared) and isinstance(found.node, ast.Table) else None


def _given(here: "Expressions", name: str) -> "_Asked | None":
    """The parameter of that name, if it is a table."""
    if here.control is None or name in THINGS or here.site.fact(name) is not None:
        return None
    type_ = here.control.tables.get(name)
    if type_ is None:
        return None
    places = tuple(str(place) for place in range(1, len(type_.keys) + 1))
    return _Asked(name, ir.of_parameter(name), places, type_.keys, type_.value)


def _no_function(here: "Expressions", node: ast.Expr, name: str) -> None:
    found = here.module.find((name,))
    if found is not None and not isinstance(found, Declared | Folder):
        return
    if isinstance(found, Declared):
        message = f"`{name}` is a {found.kind}: only tables and facts can be called"
        here.findings.add(codes.NOT_CALLABLE, node.span, message)
    elif name in THINGS or here.vagueness(node) < 3:
        here.findings.add(codes.NOT_CALLABLE, node.span, f"`{name}` takes no arguments")
    else:
        known = [*BUILTINS, *here.module.names_like(ast.Table)]
        here.findings.add(
            codes.UNKNOWN_NAME, node.span, f"no table or function is called `{name}` here", help=nearest(name, known)
        )


def _method(here: "Expressions", function: ast.Member, node: ast.Call) -> ir.Expr | None:
    parts = dotted(function)
    if parts is not None and parts[0] in here.module.names() and here.module.find(parts) is None:
        found = here.module.find(parts[:1])
        if found is None or isinstance(found, Folder):
            message = f"no table is called `{'.'.join(parts)}`"
            near = nearest(".".join(parts), here.module.names_like(ast.Table))
            here.findings.add(codes.UNKNOWN_NAME, function.span, message, help=near)
            return None
    base = here.check(function.base)
    if base is None:
        return None
    if not is_thing(base):
        here.findings.add(codes.NOT_A_THING, function.base.span, f"this is {article(base.type)}: it has no facts")
        return None
    found_method = method(here, base, function.name)
    if found_method is None:
        return None
    name, parameters = found_method.name, found_method.parameters
    given = len(node.arguments)
    if not len(parameters) - found_method.optional <= given <= len(parameters):
        _wrong_number(here, node.span, name, len(parameters) - found_method.optional, len(parameters), given)
        return None
    wanted = parameters[:given]
    checked = [
        here.typed(argument, type_, f"an argument of `{name}`")
        for argument, type_ in zip(node.arguments, wanted, strict=True)
    ]
    arguments = tuple(argument for argument in checked if argument is not None)
    if len(arguments) < given:
        return None
    return ir.MethodOf(base, name, arguments, found_method.result)


def _builtin(here: "Expressions", name: str, node: ast.Call) -> ir.Expr | None:
    wanted, result = BUILTINS[name]
    if len(node.arguments) != len(wanted):
        _wrong_number(here, node.span, name, len(wanted), len(wanted), len(node.arguments))
        return None
    pairs = zip(node.arguments, wanted, strict=True)
    arguments = [argument for each, type_ in pairs if (argument := _taken(here, name, each, type_)) is not None]
    return ir.Builtin(name, tuple(arguments), result) if len(arguments) == len(wanted) else None


def _taken(here: "Expressions", name: str, node: ast.Expr, wanted: Type | None) -> ir.Expr | None:
    """An argument of a built-in function; None where it is none that this takes, which is reported."""
    argument = here.check(node, wanted)
    if argument is None:
        return None
    if wanted is None and element_of(argument.type) is None:
        here.findings.add(codes.NOT_A_SET, node.span, f"`{name}` is of a set, and this is {article(argument.type)}")
        return None
    if wanted is not None and not here.agrees(argument, wanted, node.span, f"what `{name}` takes"):
        return None
    return argument


def lookup(here: "Expressions", declared: Declared, node: ast.Call) -> ir.Expr | None:
    """A row of a table; a set where a single key is wanted looks up each of its elements."""
    declaration = declared.node
    assert isinstance(declaration, ast.Table)
    signature = here.tables.signature(declared)
    if signature is None:
        return None
    names = tuple(key.name.text for key in declaration.keys)
    return _looked_up(here, _Asked(declared.name, declared.qualified, names, signature.keys, signature.value), node)


class _Asked(NamedTuple):
    """A table that is asked: what it is called here and in the program, its keys, and what it answers."""

    name: str
    table: str
    names: tuple[str, ...]
    keys: tuple[Type, ...]
    value: Type


def _looked_up(here: "Expressions", asked: _Asked, node: ast.Call) -> ir.Expr | None:
    arguments = node.arguments
    count = len(asked.keys)
    if len(arguments) != count:
        _wrong_number(here, node.span, asked.name, count, count, len(arguments))
        return None
    keys: list[ir.Expr] = []
    lifted: list[bool] = []
    for argument, name, key in zip(arguments, asked.names, asked.keys, strict=True):
        type_ = PATH if key == GLOB else key
        checked = here.check(argument, SetOf(type_) if isinstance(argument, ast.SetLiteral) else type_)
        if checked is None:
            continue
        if element_of(checked.type) == type_:
            lifted.append(True)
        elif here.agrees(checked, type_, argument.span, f"key `{name}` of table `{asked.name}`"):
            lifted.append(False)
        else:
            continue
        keys.append(checked)
    if len(keys) < len(arguments):
        return None
    value = asked.value
    if any(lifted) and value != BOOL and not isinstance(value, SetOf):
        message = f"a set of keys unites the answers, and table `{asked.name}` answers {article(value)}"
        here.findings.add(
            codes.TYPE_MISMATCH, node.span, message, help="only a table of sets, or without a value, can be asked so"
        )
        return None
    return ir.Lookup(asked.table, tuple(keys), tuple(lifted), value)


def _wrong_number(here: "Expressions", span: Span, name: str, least: int, most: int, given: int) -> None:
    wanted = str(most) if least == most else f"{least} or {most}"
    noun = "argument" if wanted == "1" else "arguments"
    here.findings.add(codes.WRONG_ARGUMENTS, span, f"`{name}` takes {wanted} {noun}, and {given} are given")
