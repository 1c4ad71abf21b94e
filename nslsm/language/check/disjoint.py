"""Proofs that two conditions never hold together: small, and never wrong.

A condition is a conjunction of literals, or several such where it says ``or``. Two conjunctions exclude each other where one
term (``object.path``, ``port``, ``subject.label``) cannot be what both ask of it: two different constants, sets without a
common element, ranges that do not meet, a flag that is there and not there, a proposition and its negation. An unknown
term makes both conditions unknown, so the proof holds in Kleene's logic too.

Terms are compared as they are for one request: ``object`` at ``path_rename at new`` is the term ``new``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from typing import Final, TypeAlias

from nslsm.hooks.types import Enumeration, Network, SetOf
from nslsm.language.check import ir
from nslsm.language.check.demand import MAX_ALLOWED, Demand, Test, both
from nslsm.language.check.operators import compare, elements, texts, under
from nslsm.language.check.terms import Terms
from nslsm.protocol.things import Value

MAX_CONJUNCTIONS: Final = 64
"""How many conjunctions a condition may come to; beyond that nothing is proved of it."""

MANY_LITERALS: Final = 64
"""From how many literals on a case is looked through for those that it has twice."""

_NEGATED: Final = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in"}
_MIRRORED: Final = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

Note: TypeAlias = Callable[[int, ir.Expr], None]
Conjunction: TypeAlias = dict[int, Demand]
"""What is asked of each term, by the term's number."""


def exclude(one: list[Conjunction] | None, other: list[Conjunction] | None) -> bool:
    """Whether two conditions never hold together; None stands for one of which nothing is known."""
    if one is None or other is None:
        return False
    return all(_exclude(left, right) for left in one for right in other)


def _exclude(one: Conjunction, other: Conjunction) -> bool:
    if len(other) < len(one):
        one, other = other, one
    return any(term in other and demand.excludes(other[term]) for term, demand in one.items())


class Conditions:
    """Reads conditions as conjunctions of demands on numbered terms."""

    def __init__(self) -> None:
        self.terms = Terms()
        self._read: dict[tuple[int, bool, str | None], tuple[ir.Expr, list[tuple[int, Demand]]]] = {}
        self._normal: dict[tuple[int, bool], tuple[ir.Expr, list[list[_Literal]] | None]] = {}

    def conjunctions(
        self, parts: tuple[ir.Expr | None, ...], at: str | None, note: Note | None = None
    ) -> list[Conjunction] | None:
        """All of ``parts`` together, with ``object`` aimed ``at``; None where there are too many cases.

        ``note`` is told each term with its number.
        """
        found: list[list[_Literal]] | None = [[]]
        for part in parts:
            if part is not None and found is not None:
                found = _product(found, self._cases(part, negated=False))
        return None if found is None else [self._demands(literals, at, note) for literals in found]

    def _cases(self, node: ir.Expr, *, negated: bool) -> list[list["_Literal"]] | None:
        """The condition in disjunctive normal form; each node once, however many names lead to it."""
        while isinstance(node, ir.Named | ir.Not):
            negated = negated is not isinstance(node, ir.Not)
            node = node.operand if isinstance(node, ir.Not) else node.value
        key = (id(node), negated)
        if key not in self._normal:
            # The node is kept beside its cases, so that its identity stays its own.
            self._normal[key] = (node, self._cases_of(node, negated=negated))
        return self._normal[key][1]

    def _cases_of(self, node: ir.Expr, *, negated: bool) -> list[list["_Literal"]] | None:
        if isinstance(node, ir.And | ir.Or):
            parts = [self._cases(operand, negated=negated) for operand in node.operands]
            if isinstance(node, ir.And) is not negated:
                found: list[list[_Literal]] | None = [[]]
                for part in parts:
                    found = None if found is None else _product(found, part)
                return found
            flat = [case for part in parts if part is not None for case in part]
            return None if None in parts or len(flat) > MAX_CONJUNCTIONS else flat
        if isinstance(node, ir.Constant):
            return [[]] if node.value is not negated else []
        return [[_Literal(node, negated)]]

    def _demands(self, literals: list["_Literal"], at: str | None, note: Note | None) -> Conjunction:
        found: Conjunction = {}
        for literal in literals:
            for number, demand in self._numbered(literal, at, note):
                found[number] = both(found[number], demand) if number in found else demand
        return found

    def _numbered(self, literal: "_Literal", at: str | None, note: Note | None) -> list[tuple[int, Demand]]:
        """What a literal asks, by the numbers of the terms; each literal is read once."""
        key = (id(literal.node), literal.negated, at)
        if key not in self._read:
            # The node is kept beside what was read, so that its identity stays its own.
            found = [(term, self.terms.number(term, at), demand) for term, demand in self._demand(literal)]
            self._read[key] = (literal.node, [(number, demand) for _, number, demand in found])
            if note is not None:
                for term, number, _ in found:
                    note(number, term)
        return self._read[key][1]

    def _demand(self, literal: "_Literal") -> Iterator[tuple[ir.Expr, Demand]]:
        yield _positive(literal.node, negated=literal.negated)
        yield from asked(literal.node, negated=literal.negated)


def asked(node: ir.Expr, *, negated: bool) -> Iterator[tuple[ir.Expr, Demand]]:
    """What a comparison asks of the term that it is about, if that is one; with ``negated``, what its contrary asks."""
    match node:
        case ir.Compare(operator="has all" | "has any" | "has"):
            yield from _of_set(node, negated=negated)
        case ir.Compare():
            yield from _of_comparison(node, negated=negated)
        case ir.Matches(path=path, globs=globs) if globs is not None:
            test: Test = lambda value: any(glob.matches(str(value)) for glob in globs) is not negated  # noqa: E731
            yield path, Demand(tests=[test], misses=globs) if negated else Demand(tests=[test], globs=(globs,))
        case ir.Under(path=path, directories=ir.Constant(value=directories)):
            roots = texts(directories)
            inside: Test = lambda value: under(value, directories) is not negated  # noqa: E731
            yield path, Demand(tests=[inside], outside=roots) if negated else Demand(tests=[inside], roots=(roots,))


@dataclass(frozen=True, slots=True)
class _Literal:
    node: ir.Expr
    negated: bool


def _product(left: list[list[_Literal]], right: list[list[_Literal]] | None) -> list[list[_Literal]] | None:
    if right is None or len(left) * len(right) > MAX_CONJUNCTIONS:
        return None
    return [_together(one, other) for one in left for other in right]


def _together(one: list[_Literal], other: list[_Literal]) -> list[_Literal]:
    """The literals of two cases, each once."""
    if len(one) + len(other) < MANY_LITERALS:
        return [*one, *other]
    return list({(id(literal.node), literal.negated): literal for literal in (*one, *other)}.values())


def _positive(node: ir.Expr, *, negated: bool) -> tuple[ir.Expr, Demand]:
    """The literal as a proposition and its truth, so that ``a != b`` is the contrary of ``a == b``."""
    if isinstance(node, ir.Compare) and node.operator in ("!=", "not in", ">", ">="):
        node, negated = replace(node, operator=_NEGATED[node.operator]), not negated
    return node, Demand(allowed=frozenset({not negated}))


def _constant(node: ir.Expr) -> Value | None:
    while isinstance(node, ir.Named):
        node = node.value
    return node.value if isinstance(node, ir.Constant) else None


def _of_comparison(node: ir.Compare, *, negated: bool) -> Iterator[tuple[ir.Expr, Demand]]:
    """``x == c``, ``c < x``, ``x in {…}`` and their negations."""
    operator = _NEGATED[node.operator] if negated else node.operator
    term, constant = node.left, _constant(node.right)
    if constant is None and node.operator in _MIRRORED:
        term, constant = node.right, _constant(node.left)
        operator = _MIRRORED[operator]
    if constant is None:
        return
    yield term, _value_demand(node, operator, constant)


def _value_demand(node: ir.Compare, operator: str, constant: Value) -> Demand:
    test: Test = lambda value: compare(operator, value, constant, node.members)  # noqa: E731
    if operator == "==":
        return Demand(allowed=frozenset({constant}))
    nets = _networks(node, constant)
    if nets is not None and operator in ("in", "not in"):
        return Demand(tests=[test], nets=(nets,)) if operator == "in" else Demand(tests=[test], beyond=nets)
    if operator == "in" and len(elements(constant)) <= MAX_ALLOWED:
        return Demand(allowed=elements(constant))
    if operator in ("<", "<=", ">", ">="):
        if node.members:
            allowed = frozenset[Value](each for each in node.members if compare(operator, each, constant, node.members))
            return Demand(allowed=allowed)
        assert isinstance(constant, int)
        if operator in ("<", "<="):
            return Demand(high=constant - (operator == "<"))
        return Demand(low=constant + (operator == ">"))
    type_ = node.left.type
    if isinstance(type_, Enumeration):
        return Demand(
            allowed=frozenset[Value](each for each in type_.members if compare(operator, each, constant, type_.members))
        )
    return Demand(tests=[test])


def _networks(node: ir.Compare, constant: Value) -> tuple[Network, ...] | None:
    """The networks where ``in`` asks for an address in some; None where it asks for an element of a set."""
    if isinstance(constant, IPv4Network | IPv6Network):
        return (constant,)
    right = node.right.type
    if not isinstance(right, SetOf) or right.element == node.left.type:
        return None
    return tuple(each for each in elements(constant) if isinstance(each, IPv4Network | IPv6Network))


def _of_set(node: ir.Compare, *, negated: bool) -> Iterator[tuple[ir.Expr, Demand]]:
    """``s has c``, ``s has all C``, and what their negations say of elements."""
    constant = _constant(node.right)
    if constant is None:
        return
    members = frozenset({constant}) if node.operator == "has" else elements(constant)
    if not members and negated is (node.operator == "has all"):
        yield node.left, Demand(allowed=frozenset())
    test: Test = lambda value: compare(node.operator, value, constant) is not negated  # noqa: E731
    if not negated and (node.operator != "has any" or len(members) == 1):
        yield node.left, Demand(holds=members, tests=[test])
    elif negated and (node.operator != "has all" or len(members) == 1):
        yield node.left, Demand(lacks=members, tests=[test])
    else:
        yield node.left, Demand(tests=[test])
