"""Builds what expressions, names and types are made of, and keeps an eye on how deep they go."""

# Each method makes what its production in grammar/policy.lark says; all of them take the place of the whole.
# ruff: noqa: D102, ARG002

from typing import Final, TypeVar, get_args

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast, codes, literals
from nslsm.language.syntax.limits import NESTING
from nslsm.language.syntax.token import Token

_EXPRESSIONS: Final = get_args(ast.Expr)
_N = TypeVar("_N", bound=ast.Node)
_T = TypeVar("_T")


class Expressions:
    """The productions of expressions, names, types and literals.

    A literal that is wrong does not stop the parser: its diagnostic goes to ``problems`` and a harmless value stands in,
    so that what is wrong elsewhere is found too. Nobody gets to see such a tree.
    """

    def __init__(self) -> None:
        self.problems: list[Diagnostic] = []
        self.suspicious = False
        """Whether some statement has so many compound expressions that they could be nested too deep."""
        self._compounds = 0

    def _compound(self, node: _N) -> _N:
        """Counts an expression with parts; no statement is deeper than it has of them."""
        self._compounds += 1
        return node

    def _statement(self, node: _N) -> _N:
        """Ends a statement's count."""
        if self._compounds > NESTING:
            self.suspicious = True
        self._compounds = 0
        return node

    def _read(self, found: _N | Diagnostic, instead: _N) -> _N:
        if isinstance(found, Diagnostic):
            self.problems.append(found)
            return instead
        return found

    def _several(self, span: Span, *parts: _T) -> tuple[_T, ...]:
        return parts

    imported = parameters = arguments = annotations = keys = rows = cells = hooks = facts = operands = tried = (
        outcomes
    ) = _several

    # Names and types

    def name(self, span: Span, token: Token) -> ast.Name:
        return ast.Name(span=span, text=token.text)

    joining = name

    def dotted(self, span: Span, *tokens: Token) -> ast.Dotted:
        return ast.Dotted(span=span, parts=tuple([token.text for token in tokens]))

    def plain_type(self, span: Span, token: Token) -> ast.TypeName:
        return ast.TypeName(span=span, name=token.text)

    def set_type(self, span: Span, element: ast.TypeName) -> ast.TypeName:
        return ast.TypeName(span=span, name="set", element=element)

    def enum_type(self, span: Span, *members: ast.Name) -> ast.TypeName:
        return ast.TypeName(span=span, name="enum", members=members)

    def table_type(self, span: Span, keys: tuple[ast.Parameter, ...], value: ast.TypeName | None) -> ast.TypeName:
        return ast.TypeName(span=span, name="table", element=value, keys=keys)

    def parameter(self, span: Span, name: ast.Name, kind: ast.TypeName, default: ast.Expr | None) -> ast.Parameter:
        return self._statement(ast.Parameter(span=span, name=name, type=kind, default=default))

    def argument(self, span: Span, name: ast.Name, value: ast.Expr) -> ast.Argument:
        return self._statement(ast.Argument(span=span, name=name, value=value))

    # Literals

    def documentation(self, span: Span, token: Token) -> ast.String:
        return literals.read_doc(token.text, span)

    def string(self, span: Span, token: Token) -> ast.String:
        return self._read(literals.read_string(token.text, span), ast.String(span=span, value=""))

    def integer(self, span: Span, token: Token) -> ast.Integer:
        return self._read(literals.read_integer(token.text, span), ast.Integer(span=span, value=0))

    def negative(self, span: Span, token: Token) -> ast.Integer:
        found = literals.read_integer(token.text, span, negative=True)
        return self._read(found, ast.Integer(span=span, value=0))

    def boolean(self, span: Span, token: Token) -> ast.Boolean:
        return ast.Boolean(span=span, value=token.kind == "true")

    def address(self, span: Span, token: Token) -> ast.AddressLiteral:
        return self._read(literals.read_address(token.text, span), literals.some_address(span))

    def network(self, span: Span, token: Token) -> ast.NetworkLiteral:
        return self._read(literals.read_network(token.text, span), literals.some_network(span))

    def endpoint(self, span: Span, token: Token) -> ast.Endpoint:
        return self._read(literals.read_endpoint(token.text, span), literals.some_endpoint(span))

    def errno(self, span: Span, token: Token) -> ast.ErrnoLiteral:
        return self._read(literals.read_errno(token.text, span), ast.ErrnoLiteral(span=span, name="EACCES"))

    # Expressions

    def reference(self, span: Span, token: Token) -> ast.Reference:
        return ast.Reference(span=span, name=token.text)

    def set_literal(self, span: Span, *elements: ast.Expr) -> ast.SetLiteral:
        return self._compound(ast.SetLiteral(span=span, elements=elements))

    def member(self, span: Span, base: ast.Expr, name: ast.Name) -> ast.Member:
        return self._compound(ast.Member(span=span, base=base, name=name))

    def call(self, span: Span, function: ast.Expr, *arguments: ast.Expr) -> ast.Call:
        return self._compound(ast.Call(span=span, function=function, arguments=arguments))

    def plus(self, span: Span, left: ast.Expr, right: ast.Expr) -> ast.Arithmetic:
        return self._compound(ast.Arithmetic(span=span, operator="+", left=left, right=right))

    def minus(self, span: Span, left: ast.Expr, right: ast.Expr) -> ast.Arithmetic:
        return self._compound(ast.Arithmetic(span=span, operator="-", left=left, right=right))

    def intersection(self, span: Span, left: ast.Expr, right: ast.Expr) -> ast.Arithmetic:
        return self._compound(ast.Arithmetic(span=span, operator="&", left=left, right=right))

    def operator(self, span: Span, *tokens: Token) -> str:
        return tokens[0].kind if len(tokens) == 1 else f"{tokens[0].kind} {tokens[1].kind}"

    def compare(self, span: Span, left: ast.Expr, operator: str, right: ast.Expr) -> ast.Compare:
        return self._compound(ast.Compare(span=span, operator=operator, left=left, right=right))

    def negation(self, span: Span, operand: ast.Expr) -> ast.Not:
        return self._compound(ast.Not(span=span, operand=operand))

    def conjunction(self, span: Span, *operands: ast.Expr) -> ast.And:
        return self._compound(ast.And(span=span, operands=operands))

    def disjunction(self, span: Span, *operands: ast.Expr) -> ast.Or:
        return self._compound(ast.Or(span=span, operands=operands))

    def conditional(self, span: Span, then: ast.Expr, condition: ast.Expr, otherwise: ast.Expr) -> ast.Conditional:
        return self._compound(ast.Conditional(span=span, condition=condition, then=then, otherwise=otherwise))


def too_deep(module: ast.Module) -> list[Diagnostic]:
    """The expressions that go deeper than allowed, each once. Iterative, for they may be very deep."""
    found: list[Diagnostic] = []
    pending: list[tuple[ast.Node, int, ast.Node]] = [(module, 0, module)]
    while pending:
        node, depth, outermost = pending.pop()
        if depth > NESTING:
            if all(outermost.span != diagnostic.span for diagnostic in found):
                found.append(over_nesting(outermost.span))
            continue
        for child in node.children():
            if isinstance(node, _EXPRESSIONS):
                pending.append((child, depth + 1, outermost))
            else:
                pending.append((child, 0, child))
    return found


def over_nesting(span: Span) -> Diagnostic:
    """What to say where something is nested too deep."""
    return codes.OVER_LIMIT.at(
        span,
        f"this is nested deeper than {NESTING} levels",
        label="over the limit `NESTING`",
        help="name parts of it with `let`, or keep what it lists in a set or a table",
    )
