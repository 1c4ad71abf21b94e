"""Short ways to write the trees that texts are expected to give. Spans take no part in comparison."""

from ipaddress import ip_address, ip_network

from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast
from nslsm.language.syntax.parse import parse

S = Span()


def name(text: str) -> ast.Name:
    return ast.Name(span=S, text=text)


def dotted(text: str) -> ast.Dotted:
    return ast.Dotted(span=S, parts=tuple(text.split(".")))


def ref(path: str) -> ast.Expr:
    """``a`` or ``a.b.c``: a reference and its members."""
    first, *rest = path.split(".")
    value: ast.Expr = ast.Reference(span=S, name=first)
    for part in rest:
        value = ast.Member(span=S, base=value, name=name(part))
    return value


def path(said: str) -> ast.Member:
    """``a.b.c``, at least one dot."""
    found = ref(said)
    assert isinstance(found, ast.Member)
    return found


def number(value: int) -> ast.Integer:
    return ast.Integer(span=S, value=value)


def text(value: str) -> ast.String:
    return ast.String(span=S, value=value)


def boolean(value: bool) -> ast.Boolean:
    return ast.Boolean(span=S, value=value)


def address(value: str) -> ast.AddressLiteral:
    return ast.AddressLiteral(span=S, value=ip_address(value))


def network(value: str) -> ast.NetworkLiteral:
    return ast.NetworkLiteral(span=S, value=ip_network(value))


def errno(value: str) -> ast.ErrnoLiteral:
    return ast.ErrnoLiteral(span=S, name=value)


def members(*elements: ast.Expr) -> ast.SetLiteral:
    return ast.SetLiteral(span=S, elements=elements)


def call(function: ast.Expr, *arguments: ast.Expr) -> ast.Call:
    return ast.Call(span=S, function=function, arguments=arguments)


def compare(left: ast.Expr, operator: str, right: ast.Expr) -> ast.Compare:
    return ast.Compare(span=S, operator=operator, left=left, right=right)


def arithmetic(left: ast.Expr, operator: str, right: ast.Expr) -> ast.Arithmetic:
    return ast.Arithmetic(span=S, operator=operator, left=left, right=right)


def both(*operands: ast.Expr) -> ast.And:
    return ast.And(span=S, operands=operands)


def either(*operands: ast.Expr) -> ast.Or:
    return ast.Or(span=S, operands=operands)


def no(operand: ast.Expr) -> ast.Not:
    return ast.Not(span=S, operand=operand)


def choice(then: ast.Expr, condition: ast.Expr, otherwise: ast.Expr) -> ast.Conditional:
    return ast.Conditional(span=S, condition=condition, then=then, otherwise=otherwise)


def kind(said: str, *, element: ast.TypeName | None = None, members: tuple[str, ...] = ()) -> ast.TypeName:
    return ast.TypeName(span=S, name=said, element=element, members=tuple(map(name, members)))


def hook(said: str) -> ast.HookRef:
    return ast.HookRef(span=S, name=dotted(said))


def hooks(*said: str) -> tuple[ast.HookRef, ...]:
    return tuple(map(hook, said))


def argument(said: str, value: ast.Expr) -> ast.Argument:
    return ast.Argument(span=S, name=name(said), value=value)


def use(target: str, *arguments: ast.Argument, alias: str | None = None, mode: str | None = None) -> ast.Use:
    return ast.Use(
        span=S,
        target=dotted(target),
        arguments=arguments,
        alias=None if alias is None else name(alias),
        mode=None if mode is None else name(mode),
    )


def deny(
    *said: str,
    named: str | None = None,
    inbound: bool = False,
    when: ast.Expr | None = None,
    error: str | None = None,
    because: str | None = None,
) -> ast.Deny:
    return ast.Deny(
        span=S,
        name=None if named is None else name(named),
        inbound=inbound,
        hooks=hooks(*said),
        when=when,
        errno=None if error is None else errno(error),
        because=None if because is None else text(because),
    )


def outcome(
    verdict: str,
    *,
    error: str | None = None,
    by: str | None = None,
    rule: str | None = None,
    within: str | None = None,
    unknown: ast.Expr | None = None,
) -> ast.Outcome:
    return ast.Outcome(
        span=S,
        verdict=verdict,
        errno=None if error is None else errno(error),
        by=None if by is None else dotted(by),
        rule=None if rule is None else name(rule),
        within=None if within is None else dotted(within),
        unknown=unknown,
    )


def item(source: str) -> ast.Item:
    """The one declaration of a text."""
    (only,) = parse(source, "test").items
    return only


def expression(source: str) -> ast.Expr:
    """The tree of an expression."""
    found = item(f"let x = {source}")
    assert isinstance(found, ast.Let)
    return found.value


def control(source: str) -> ast.Control:
    """A control with the members ``source``."""
    found = item(f"control c {{ {source} }}")
    assert isinstance(found, ast.Control)
    return found


def member(source: str) -> ast.Attribute | ast.Let | ast.Rule:
    """The one member of a control."""
    (only,) = control(source).members
    return only


def namespace_member(source: str) -> ast.Node:
    """The one member of a namespace."""
    found = item(f"namespace n {{ {source} }}")
    assert isinstance(found, ast.Namespace)
    (only,) = found.members
    return only


def step(source: str) -> ast.Step:
    """The one step of a test."""
    found = item(f'test "t" {{ {source} }}')
    assert isinstance(found, ast.Test)
    (only,) = found.steps
    return only
