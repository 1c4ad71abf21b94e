"""Proofs that two conditions never hold together: small, and never wrong.

A condition is a conjunction of literals, or several such where it says ``or``. Two conjunctions exclude each other where one
term (``object.path``, ``port``, ``subject.label``) cannot be what both ask of it: two different constants, sets without a
common element, ranges that do not meet, a flag that is there and not there, a proposition and its negation. An unknown
term makes both conditions unknown, so the proof holds in Kleene's logic too.

Terms are compared as they are for one request: ``object`` at ``path_rename at new`` is the term ``new``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from nslsm.hooks.types import Enumeration, SetOf
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob, disjoint
from nslsm.language.check.operators import compare, elements, is_under, matches, texts, under
from nslsm.language.check.terms import Terms
from nslsm.protocol.things import Value

MAX_CONJUNCTIONS: Final = 64
"""How many conjunctions a condition may come to; beyond that nothing is proved of it."""

MAX_ALLOWED: Final = 500
"""How many values of a term are looked at one by one."""

_NEGATED: Final = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in"}
_MIRRORED: Final = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

Test: TypeAlias = Callable[[Value], bool | None]


@dataclass(slots=True)
class Demand:
    """What a conjunction asks of one term."""

    allowed: frozenset[Value] | None = None
    """The values that it can have, where that is a finite set."""
    low: int | None = None
    high: int | None = None
    tests: list[Test] = field(default_factory=list)
    """What a single value has to pass."""
    holds: frozenset[Value] = frozenset()
    """Elements that the term, a set, has."""
    lacks: frozenset[Value] = frozenset()
    """Elements that it has not."""
    globs: tuple[tuple[Glob, ...], ...] = ()
    roots: tuple[tuple[str, ...], ...] = ()

    def excludes(self, other: "Demand") -> bool:
        """Whether no value is what both ask for."""
        if self.allowed is not None or other.allowed is not None:
            return not any(self.admits(value) and other.admits(value) for value in self.candidates(other))
        if self.holds & other.lacks or other.holds & self.lacks:
            return True
        low = max((bound for bound in (self.low, other.low) if bound is not None), default=None)
        high = min((bound for bound in (self.high, other.high) if bound is not None), default=None)
        if low is not None and high is not None and low > high:
            return True
        for one in self.globs:
            if any(all(disjoint(a, b) for a in one for b in two) for two in other.globs):
                return True
        return any(
            all(not is_under(a, b) and not is_under(b, a) for a in one for b in two)
            for one in self.roots
            for two in other.roots
        )

    def candidates(self, other: "Demand") -> frozenset[Value]:
        """A finite set that holds every value that both could allow."""
        if self.allowed is None:
            return other.allowed or frozenset()
        return self.allowed if other.allowed is None else self.allowed & other.allowed

    def admits(self, value: Value) -> bool:
        """Whether the value is not ruled out."""
        if self.allowed is not None and value not in self.allowed:
            return False
        if isinstance(value, frozenset) and not (self.holds <= value and self.lacks.isdisjoint(value)):
            return False
        if isinstance(value, int) and not isinstance(value, bool):
            if self.low is not None and value < self.low:
                return False
            if self.high is not None and value > self.high:
                return False
        return not any(test(value) is False for test in self.tests)


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

    def conjunctions(self, parts: tuple[ir.Expr | None, ...], at: str | None) -> list[Conjunction] | None:
        """All of ``parts`` together, with ``object`` aimed ``at``; None where there are too many cases."""
        found: list[list[_Literal]] | None = [[]]
        for part in parts:
            if part is not None and found is not None:
                found = _product(found, self._cases(part, negated=False))
        return None if found is None else [self._demands(literals, at) for literals in found]

    def _cases(self, node: ir.Expr, *, negated: bool) -> list[list["_Literal"]] | None:
        """The condition in disjunctive normal form."""
        while isinstance(node, ir.Named | ir.Not):
            negated = negated is not isinstance(node, ir.Not)
            node = node.operand if isinstance(node, ir.Not) else node.value
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

    def _demands(self, literals: list["_Literal"], at: str | None) -> Conjunction:
        found: Conjunction = {}
        for literal in literals:
            for term, demand in self._demand(literal):
                number = self.terms.number(term, at)
                found[number] = _both(found[number], demand) if number in found else demand
        return found

    def _demand(self, literal: "_Literal") -> Iterator[tuple[ir.Expr, Demand]]:
        node, negated = literal.node, literal.negated
        yield _positive(node, negated=negated)
        match node:
            case ir.Compare(operator="has all" | "has any" | "has"):
                yield from _of_set(node, negated=negated)
            case ir.Compare():
                yield from _of_comparison(node, negated=negated)
            case ir.Matches(path=path, patterns=ir.Constant(value=patterns), globs=globs):
                test: Test = lambda value: None if (found := matches(value, patterns)) is None else found is not negated  # noqa: E731
                yield path, Demand(tests=[test], globs=(globs,) if globs is not None and not negated else ())
            case ir.Under(path=path, directories=ir.Constant(value=directories)):
                roots = () if negated else (texts(directories),)
                yield path, Demand(tests=[lambda value: under(value, directories) is not negated], roots=roots)


@dataclass(frozen=True, slots=True)
class _Literal:
    node: ir.Expr
    negated: bool


def _product(left: list[list[_Literal]], right: list[list[_Literal]] | None) -> list[list[_Literal]] | None:
    if right is None or len(left) * len(right) > MAX_CONJUNCTIONS:
        return None
    return [[*one, *other] for one in left for other in right]


def _both(one: Demand, other: Demand) -> Demand:
    """What two literals of one conjunction ask of one term."""
    if one.allowed is None or other.allowed is None:
        allowed = other.allowed if one.allowed is None else one.allowed
    else:
        allowed = one.allowed & other.allowed
    lows = [bound for bound in (one.low, other.low) if bound is not None]
    highs = [bound for bound in (one.high, other.high) if bound is not None]
    return Demand(
        allowed,
        max(lows, default=None),
        min(highs, default=None),
        [*one.tests, *other.tests],
        one.holds | other.holds,
        one.lacks | other.lacks,
        (*one.globs, *other.globs),
        (*one.roots, *other.roots),
    )


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
    few = isinstance(constant, frozenset) and len(constant) <= MAX_ALLOWED
    if operator == "in" and few and not _of_networks(node):
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


def _of_networks(node: ir.Compare) -> bool:
    """Whether ``in`` asks for an address in networks, whose elements are no addresses."""
    right = node.right.type
    return isinstance(right, SetOf) and right.element != node.left.type


def _of_set(node: ir.Compare, *, negated: bool) -> Iterator[tuple[ir.Expr, Demand]]:
    """``s has c``, ``s has all C``, and what their negations say of elements."""
    constant = _constant(node.right)
    if constant is None:
        return
    members = frozenset({constant}) if node.operator == "has" else elements(constant)
    test: Test = lambda value: compare(node.operator, value, constant) is not negated  # noqa: E731
    if not negated and (node.operator != "has any" or len(members) == 1):
        yield node.left, Demand(holds=members, tests=[test])
    elif negated and (node.operator != "has all" or len(members) == 1):
        yield node.left, Demand(lacks=members, tests=[test])
    else:
        yield node.left, Demand(tests=[test])
