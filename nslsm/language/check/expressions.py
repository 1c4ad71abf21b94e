"""Expressions: names resolved, types known, constants worked out.

An expression that is wrong is reported once and has no result (None); whatever it is part of has none either, and says
nothing more. What a bare word means depends on what is expected: where a flag, an enumeration's member, a capability or a
signal is expected, a member of that name wins over everything else that has the name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from nslsm.diagnostics.span import Span
from nslsm.hooks.types import ADDRESS, BOOL, INT, NETWORK, PATH, STRING, Flags, Kind, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.calls import call
from nslsm.language.check.comparisons import comparison
from nslsm.language.check.findings import Findings
from nslsm.language.check.literals import literal, set_literal
from nslsm.language.check.modules import Declared, ModuleScope
from nslsm.language.check.names import Lets, is_let, is_typed, member, reference, too_deep
from nslsm.language.check.operators import Settling, is_settled, parts_of
from nslsm.language.check.site import Site
from nslsm.language.check.types import article, element_of, flag_of
from nslsm.language.syntax import ast

TRUE: Final = ir.Constant(value=True, type=BOOL)
FALSE: Final = ir.Constant(value=False, type=BOOL)


class ControlNames(Protocol):
    """The names that a control declares, for its own expressions."""

    @property
    def parameters(self) -> dict[str, ir.Parameter]:
        """Its parameters."""

    @property
    def tables(self) -> dict[str, ir.TableOf]:
        """The types of those that are tables."""

    @property
    def lets(self) -> dict[str, ast.Let]:
        """Its lets."""

    @property
    def attributes(self) -> dict[str, Type]:
        """The types of its attributes, by key: ``task.label``."""

    @property
    def broken(self) -> set[str]:
        """Names that were declared, but so that nothing more can be said of them."""


class TableSource(Protocol):
    """Where tables are looked up."""

    def signature(self, declared: Declared) -> "Signature | None":
        """The types of a table's keys and value; None where its declaration is wrong, which is reported."""


class Signature(Protocol):
    """What a look-up needs to know of a table."""

    @property
    def keys(self) -> tuple[Type, ...]:
        """The types of its keys."""

    @property
    def value(self) -> Type:
        """The type of its answer."""


class Expressions:
    """Checks the expressions of one place: a module, a control or none, and what the site lets them read."""

    def __init__(
        self,
        findings: Findings,
        lets: Lets,
        tables: TableSource,
        module: ModuleScope,
        control: ControlNames | None,
        site: Site,
    ) -> None:
        self.findings = findings
        self.lets = lets
        self.tables = tables
        self.module = module
        self.control = control
        self.site = site

    # Entrances

    def condition(self, node: ast.Expr | None) -> tuple[ir.Expr | None, bool]:
        """A condition and whether it is sound; None for one that is not written, or always holds."""
        if node is None:
            return None, True
        checked = self.truth(node)
        return (None if checked == TRUE else checked), checked is not None

    def truth(self, node: ast.Expr) -> ir.Expr | None:
        """An expression that must be true or false."""
        checked = self.check(node, BOOL)
        if checked is None or checked.type == BOOL:
            return checked
        message = f"a condition is true or false, and this is {article(checked.type)}"
        self.findings.add(codes.NOT_A_CONDITION, node.span, message)
        return None

    def typed(self, node: ast.Expr, type_: Type, what: str) -> ir.Expr | None:
        """An expression that must be of a type; ``what`` it is for, in a sentence: ``attribute `label` ``."""
        checked = self.check(node, type_)
        return checked if self.agrees(checked, type_, node.span, what) else None

    def constant(self, node: ast.Expr, type_: Type, what: str) -> ir.Constant | None:
        """An expression that must be of a type, and constant."""
        checked = self.typed(node, type_, what)
        if checked is None or isinstance(checked, ir.Constant):
            return checked
        self.findings.add(codes.NOT_CONSTANT, node.span, f"{what} must be constant")
        return None

    def agrees(self, checked: ir.Expr | None, type_: Type, span: Span, what: str) -> bool:
        """Whether an expression came out, and of the type; the second is reported."""
        if checked is None:
            return False
        if checked.type == type_:
            return True
        message = f"{what} must be {article(type_)}, and this is {article(checked.type)}"
        self.mismatch(span, message, type_, checked.type)
        return False

    def mismatch(self, span: Span, message: str, wanted: Type, got: Type) -> None:
        """Report types that do not agree, with a way out where there is one."""
        way_out = None
        if {wanted, got} == {PATH, STRING}:
            way_out = "paths and strings are different types; a text in quotes is either, whichever is expected"
        elif {wanted, got} == {ADDRESS, NETWORK}:
            way_out = "ask whether an address is `in` a network; a network of one address ends in `/32`"
        elif isinstance(wanted, Flags) and got == flag_of(wanted):
            way_out = "write the flag in braces: flags are a set"
        elif element_of(got) == wanted:
            way_out = "this is a set: ask with `in` or `has`"
        self.findings.add(codes.TYPE_MISMATCH, span, message, help=way_out)

    def elsewhere(self, module: ModuleScope) -> "Expressions":
        """The same site as another module sees it: without the control's own names."""
        if module is self.module and self.control is None:
            return self
        return Expressions(self.findings, self.lets, self.tables, module, None, self.site)

    @contextmanager
    def trying(self) -> Iterator[Findings]:
        """What is found meanwhile is kept apart, for the caller to use or to drop."""
        kept, self.findings = self.findings, Findings()
        try:
            yield self.findings
        finally:
            self.findings = kept

    def is_settled(self, checked: ir.Expr) -> bool:
        """Whether an expression is constant once parameters are filled in."""
        return is_settled(checked, self.lets.settled)

    # The expressions

    def check(self, node: ast.Expr, hint: Type | None = None) -> ir.Expr | None:
        """The expression, checked; ``hint`` is the type that is expected, which the result need not have."""
        try:
            if self.lets.enter():
                checked = self.lets.meanings[id(node)] = self._check(node, hint)
                return checked
            too_deep(self, node.span)
            return None
        finally:
            self.lets.leave()

    def _check(self, node: ast.Expr, hint: Type | None) -> ir.Expr | None:
        match node:
            case ast.Reference():
                return reference(self, node, hint)
            case ast.Member():
                return member(self, node, hint)
            case ast.Compare():
                return folded(comparison(self, node))
            case ast.And() | ast.Or():
                return self._run(node)
            case ast.Not():
                operand = self.truth(node.operand)
                return None if operand is None else folded(ir.Not(operand, BOOL))
            case ast.Call():
                return folded(call(self, node))
            case ast.SetLiteral():
                return set_literal(self, node, hint)
            case ast.Conditional():
                return self._conditional(node, hint)
            case ast.Arithmetic():
                return self._arithmetic(node, hint)
            case _:
                return literal(self, node, hint)

    def pair(self, one: ast.Expr, other: ast.Expr, hint: Type | None = None) -> tuple[ir.Expr | None, ir.Expr | None]:
        """Two expressions that should be of one type: the one whose type shows without the other goes first."""
        swapped = self.vagueness(other) < self.vagueness(one)
        first, second = (other, one) if swapped else (one, other)
        lead = self.check(first, hint)
        if lead is not None:
            follower = self.check(second, lead.type)
        elif hint is not None or not self.vagueness(second):
            follower = self.check(second, hint)
        else:
            follower = None
        return (follower, lead) if swapped else (lead, follower)

    def vagueness(self, node: ast.Expr) -> int:
        """How much the type of an expression hangs on what is expected: 0 not at all."""
        while isinstance(node, ast.SetLiteral) and node.elements:
            node = node.elements[0]
            if self.vagueness(node) < 3:
                return 2
        match node:
            case ast.String() | ast.SetLiteral():
                return 2
            case ast.Reference(name=name):
                return 0 if is_typed(self, name) else 1 if is_let(self, name) else 3
            case ast.Conditional():
                return min(self.vagueness(node.then), self.vagueness(node.otherwise))
            case ast.Arithmetic():
                return min(self.vagueness(node.left), self.vagueness(node.right))
            case _:
                return 0

    def _run(self, node: ast.And | ast.Or) -> ir.Expr | None:
        """A run of ``and`` or ``or``, simplified as far as Kleene's logic allows: only a constant decides it."""
        operands = list(map(self.truth, node.operands))  # no frame of its own: nesting is deep
        sound = [operand for operand in operands if operand is not None]
        if len(sound) < len(operands):
            return None
        neutral, decisive = (TRUE, FALSE) if isinstance(node, ast.And) else (FALSE, TRUE)
        if decisive in sound:
            return decisive
        rest = tuple(operand for operand in sound if operand != neutral)
        if len(rest) < 2:
            return rest[0] if rest else neutral
        return ir.And(rest, BOOL) if isinstance(node, ast.And) else ir.Or(rest, BOOL)

    def _conditional(self, node: ast.Conditional, hint: Type | None) -> ir.Expr | None:
        condition = self.truth(node.condition)
        then, otherwise = self.pair(node.then, node.otherwise, hint)
        if condition is None or then is None or otherwise is None:
            return None
        if then.type != otherwise.type:
            message = f"one way this is {article(then.type)}, the other way {article(otherwise.type)}"
            self.mismatch(node.span, message, then.type, otherwise.type)
            return None
        if isinstance(then.type, Kind):
            message = "a condition chooses between values, not between things"
            self.findings.add(codes.NOT_A_VALUE, node.span, message)
            return None
        if isinstance(condition, ir.Constant):
            return then if condition.value else otherwise
        return ir.Conditional(condition, then, otherwise, then.type)

    def _arithmetic(self, node: ast.Arithmetic, hint: Type | None) -> ir.Expr | None:
        wanted = hint if hint is not None and element_of(hint) is not None else None
        left, right = self.pair(node.left, node.right, wanted)
        if left is None or right is None:
            return None
        for operand, checked in ((node.left, left), (node.right, right)):
            if element_of(checked.type) is None and checked.type != INT:
                message = f"`{node.operator}` works on integers and sets, and this is {article(checked.type)}"
                self.findings.add(codes.TYPE_MISMATCH, operand.span, message)
                return None
        if left.type != right.type:
            message = f"`{node.operator}` between {article(left.type)} and {article(right.type)}"
            self.mismatch(node.span, message, left.type, right.type)
            return None
        return folded(ir.Arithmetic(node.operator, left, right, left.type))


def folded(checked: ir.Expr | None) -> ir.Expr | None:
    """The constant that an operator makes of constants; any other expression as it is."""
    if checked is None:
        return None
    parts = parts_of(checked)
    if not parts or not all(isinstance(part, ir.Constant) for part in parts):
        return checked
    result = Settling().value(checked)
    return checked if result is None else ir.Constant(result, checked.type)
