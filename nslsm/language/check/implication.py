"""What can be proved of conditions: that one never holds, that one holds wherever another does.

A condition is read as conjunctions of demands (:mod:`nslsm.language.check.disjoint`), and what is certain of a fact beyond
its type (:class:`nslsm.hooks.types.Bounds`) is one more demand. Where a proof needs an unknown fact to be one thing or
another, it is about what the condition would come to if it were known: no rule that is said never to fire ever fires, but
its condition may be unknown (Model M2.9).
"""

from collections.abc import Iterator
from functools import cache
from typing import Final, TypeAlias

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.types import BOOL, Bounds, Kind
from nslsm.language.check import ir
from nslsm.language.check.demand import Demand, both
from nslsm.language.check.disjoint import MAX_CONJUNCTIONS, Conditions, Conjunction
from nslsm.language.check.glob import encoded
from nslsm.language.check.glob_inclusion import Inclusions
from nslsm.protocol.things import Value

MAX_STEPS: Final = 50_000
"""How many pairs of cases the proofs about one control look at; beyond that nothing more is proved."""

GLOB_STEPS: Final = 50
"""How many steps it counts for that a glob is looked at."""

Parts: TypeAlias = tuple[ir.Expr | None, ...]


class Reasoner:
    """Proofs about the conditions of one control: each condition is read once."""

    def __init__(self) -> None:
        self._conditions = Conditions()
        self._read: dict[tuple[tuple[int, ...], str | None], tuple[tuple[ir.Expr, ...], list[Conjunction] | None]] = {}
        self._contraries: dict[tuple[tuple[int, ...], str | None], tuple[Parts, list[Conjunction] | None]] = {}
        self._naturals: dict[int, Demand | None] = {}
        self._terms: dict[int, ir.Expr] = {}
        self._partly: set[int] = set()
        self._steps = 0
        self._inclusions = Inclusions()

    @property
    def exhausted(self) -> bool:
        """Whether so much was looked at that nothing more is proved."""
        return self._steps > MAX_STEPS or self._inclusions.exhausted

    def cases(self, parts: Parts, at: str | None) -> list[Conjunction] | None:
        """The cases in which all of ``parts`` hold, as far as they are possible; None where they are too many to tell."""
        written = tuple(part for part in parts if part is not None)
        key = (tuple(map(id, written)), at)
        if key not in self._read:
            self._read[key] = (written, self._possible(written, at))
        return self._read[key][1]

    def _possible(self, written: tuple[ir.Expr, ...], at: str | None) -> list[Conjunction] | None:
        if len(written) == 1:
            found = self._conditions.conjunctions(written, at, self._note)
            if found is None:
                return None
            possible = [case for case in found if self._is_possible(case)]
            if len(possible) < len(found):
                self._partly.add(id(written[0]))
            return possible
        cases: list[Conjunction] = [{}]
        for part in written:
            more = self.cases((part,), at)
            if more is None or len(cases) * len(more) > MAX_CONJUNCTIONS:
                return None
            cases = [case for one in cases for other in more if (case := self._both(one, other)) is not None]
        return cases

    def _both(self, one: Conjunction, other: Conjunction) -> Conjunction | None:
        """Two cases together; None where that is no possible case."""
        if len(other) > len(one):
            one, other = other, one
        found = dict(one)
        for number, demand in other.items():
            if number not in found:
                found[number] = demand
                continue
            found[number] = both(found[number], demand)
            if not self._is_possible_demand(number, found[number]):
                return None
        return found

    def never(self, parts: Parts, at: str | None) -> bool:
        """Whether ``parts`` certainly never hold together, with ``object`` aimed ``at``."""
        return self.cases(parts, at) == []

    def contradicts_itself(self, node: ir.Expr) -> bool:
        """Whether some case of a condition certainly never holds, one that asks twice about some term."""
        if not self._repeats(node):
            return False
        self.cases((node,), None)
        return id(node) in self._partly

    def implies(self, parts: Parts, at: str | None, others: Parts, other_at: str | None) -> bool:
        """Whether ``others`` certainly hold wherever ``parts`` do: nothing is in the one and in the contrary of the other."""
        one = self.cases(parts, at)
        contrary = self._contrary(others, other_at)
        if one is None or contrary is None or self.exhausted:
            return False
        self._steps += len(one) * len(contrary) * (GLOB_STEPS if any(map(_has_globs, contrary)) else 1)
        return all(_exclude(left, right, self._inclusions) for left in one for right in contrary)

    def term(self, number: int) -> ir.Expr:
        """The term of that number, as it was read first."""
        return self._terms[number]

    def number(self, node: ir.Expr, at: str | None = None) -> int:
        """The number of an expression: equal for two that are the same question about one request."""
        return self._conditions.terms.number(node, at)

    def _contrary(self, parts: Parts, at: str | None) -> list[Conjunction] | None:
        key = (tuple(map(id, parts)), at)
        if key not in self._contraries:
            written = tuple(part for part in parts if part is not None)
            found: list[Conjunction] | None = []
            if written:
                contrary = ir.Not(ir.And(written, BOOL), BOOL)
                found = self._conditions.conjunctions((contrary,), at, self._note)
            self._contraries[key] = (parts, found)
        return self._contraries[key][1]

    def _note(self, number: int, term: ir.Expr) -> None:
        if number not in self._naturals:
            self._naturals[number] = natural(term)
            self._terms[number] = term

    def _is_possible(self, case: Conjunction) -> bool:
        return all(self._is_possible_demand(number, demand) for number, demand in case.items())

    def _is_possible_demand(self, number: int, demand: Demand) -> bool:
        certain = self._naturals.get(number)
        return not demand.is_vain and (certain is None or not demand.excludes(certain))

    def _repeats(self, node: ir.Expr) -> bool:
        """Whether a condition asks twice about one term: only such a one can contradict itself."""
        seen: set[int] = set()
        pending = [node]
        while pending:
            each = pending.pop()
            match each:
                case ir.Named(value=value):
                    pending.append(value)
                case ir.Not(operand=operand):
                    pending.append(operand)
                case ir.And(operands=operands) | ir.Or(operands=operands):
                    pending.extend(operands)
                case ir.Constant():
                    return True
                case _:
                    number = self.number(_about(each))
                    if number in seen:
                        return True
                    seen.add(number)
        return False


def _about(literal: ir.Expr) -> ir.Expr:
    """The term that a literal asks about; itself where it asks about no single one."""
    match literal:
        case ir.Compare(left=left, right=right):
            if constant(right) is not None:
                return left
            return literal if constant(left) is None else right
        case ir.Matches(path=path) | ir.Under(path=path):
            return path
        case _:
            return literal


def constant(node: ir.Expr) -> Value | None:
    """The value of a constant, by whatever name."""
    while isinstance(node, ir.Named):
        node = node.value
    return node.value if isinstance(node, ir.Constant) else None


def _has_globs(case: Conjunction) -> bool:
    return any(demand.misses for demand in case.values())


def _exclude(one: Conjunction, other: Conjunction, inclusions: Inclusions) -> bool:
    return any(term in one and demand.excludes(one[term], inclusions) for term, demand in other.items())


# What is certain of a term whatever the request


def natural(term: ir.Expr) -> Demand | None:
    """What is certain of a term beyond its type; None where nothing is."""
    while isinstance(term, ir.Named):
        term = term.value
    if isinstance(term, ir.Builtin) and term.name == "size":
        return _demand(Bounds(least=0))
    bounds = bounds_of(term)
    return None if bounds is None else _demand(bounds)


@cache
def _demand(bounds: Bounds) -> Demand:
    tests = [lambda value: _fits(value, bounds)] if bounds.longest is not None or bounds.letters else []
    return Demand(low=bounds.least, high=bounds.most, tests=list(tests))


def bounds_of(term: ir.Expr) -> Bounds | None:
    """The bounds of the fact that ``term`` reads, if it reads one and it has any."""
    while isinstance(term, ir.Named):
        term = term.value
    match term:
        case ir.Argument(name=name, type=type_):
            return _hull(name, str(type_))
        case ir.FactOf(thing=thing, name=name):
            return _of_kind(thing.type, name) if isinstance(thing.type, Kind) else None
        case _:
            return None


@cache
def _of_kind(kind: Kind, name: str) -> Bounds | None:
    fact = kind.fact(name)
    # A kind that is joined of several has the facts that they share, and of their bounds nothing is known.
    return None if fact is None or " or " in kind.name else fact.bounds


@cache
def _hull(name: str, type_: str) -> Bounds | None:
    """What is certain of a hook's fact of that name, whichever hook it is."""
    found = list(_bounds(name, type_))
    if not found or None in found:
        return None
    known = [bounds for bounds in found if bounds is not None]
    least = [bounds.least for bounds in known if bounds.least is not None]
    most = [bounds.most for bounds in known if bounds.most is not None]
    return Bounds(
        least=min(least) if len(least) == len(known) else None, most=max(most) if len(most) == len(known) else None
    )


def _bounds(name: str, type_: str) -> Iterator[Bounds | None]:
    for hook in CATALOGUE.hooks:
        fact = hook.fact(name)
        if fact is not None and str(fact.type) == type_:
            yield fact.bounds


def _fits(value: Value, bounds: Bounds) -> bool:
    text = str(value)
    if bounds.longest is not None and len(encoded(text)) > bounds.longest:
        return False
    return not bounds.letters or set(text) <= set(bounds.letters)
