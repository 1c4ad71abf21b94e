"""Which of many rules may hold wherever another does: a way to find candidates without comparing each with each.

A rule that holds wherever another does asks for no more than that one. So for each thing that it asks for, ``port == 22`` or
``object.path under "/srv"``, the other asks for the same or for less of it: port 22, a path in ``/srv/phi``. Rules are kept by
the thing that the fewest others ask for, and looked for by everything that the other asks for.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar

from nslsm.language.check import ir
from nslsm.language.check.demand import Demand
from nslsm.language.check.disjoint import Conjunction
from nslsm.language.check.implication import Parts, Reasoner, constant

T = TypeVar("T", bound=Hashable)
Key: TypeAlias = Hashable

_FEW: Final = 16
_ANY: Final = ("any",)


@dataclass(slots=True)
class _Kept(Generic[T]):
    """A rule with the groups of keys of each of its cases; one group of each case is enough to find it."""

    rule: T
    cases: list[list[tuple[Key, ...]]]


@dataclass(slots=True)
class Covering(Generic[T]):
    """Rules of one hook, or of one action of a region, to be looked up by what a narrower one asks for."""

    reasoner: Reasoner
    _kept: list[_Kept[T]] = field(default_factory=list)
    _found: dict[Key, list[T]] | None = None
    _lengths: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def keep(self, rule: T, parts: Parts, at: str | None) -> None:
        """Keep a rule that holds where ``parts`` do; one with too many cases is left out."""
        cases = self.reasoner.cases(parts, at)
        if cases is not None and 0 < len(cases) <= _FEW:
            self._kept.append(_Kept(rule, [list(self._groups(case)) or [(_ANY,)] for case in cases]))
            self._found = None

    def near(self, parts: Parts, at: str | None) -> list[T]:
        """The rules that may hold wherever ``parts`` do, each once, in no order."""
        cases = self.reasoner.cases(parts, at)
        if not cases:
            return []
        found = self._sorted()
        return list(dict.fromkeys(rule for key in self._keys(cases[0]) for rule in found.get(key, ())))

    def _sorted(self) -> dict[Key, list[T]]:
        """Every rule under its rarest keys."""
        if self._found is None:
            counts = Counter(
                key for kept in self._kept for groups in kept.cases for group in groups for key in group
            )  # fmt: skip
            self._found = defaultdict(list)
            for kept in self._kept:
                for groups in kept.cases:
                    for key in min(groups, key=lambda group: max(counts[key] for key in group)):
                        self._found[key].append(kept.rule)
        return self._found

    def _groups(self, case: Conjunction) -> Iterator[tuple[Key, ...]]:
        """For each thing that a case asks for, the keys by which it can be found."""
        for number, demand in case.items():
            if demand.allowed is not None:
                if len(demand.allowed) <= _FEW and not (_is_truth(demand) and self._has_parts(number)):
                    yield tuple((number, value) for value in demand.allowed)
                elif not self._has_parts(number):
                    yield (("term", number),)
                continue
            for globs in demand.globs:
                yield tuple(self._prefix(number, glob.prefix) for glob in globs)
            for roots in demand.roots:
                yield tuple(self._prefix(number, root) for root in roots)
            if demand.holds:
                yield from (((number, "has", each),) for each in demand.holds)
            elif not demand.globs and not demand.roots:
                yield (("term", number),)

    def _prefix(self, number: int, text: str) -> Key:
        self._lengths[number].add(len(text))
        return (number, "under", text)

    def _has_parts(self, number: int) -> bool:
        """Whether a proposition asks something of a term of its own: then it need not be the same proposition."""
        term = self.reasoner.term(number)
        while isinstance(term, ir.Named):
            term = term.value
        if isinstance(term, ir.Compare):
            return constant(term.left) is not None or constant(term.right) is not None
        return isinstance(term, ir.Matches | ir.Under)

    def _keys(self, case: Conjunction) -> Iterator[Key]:
        """Everything by which something that is asked less of can be found."""
        yield _ANY
        for number, demand in case.items():
            yield ("term", number)
            if demand.allowed:
                value = next(iter(demand.allowed))
                yield (number, value)
                if isinstance(value, str):
                    yield from self._prefixes(number, (value,))
                if isinstance(value, frozenset):
                    yield from ((number, "has", each) for each in value)
            for globs in demand.globs:
                yield from self._prefixes(number, [glob.prefix for glob in globs[:1]])
            for roots in demand.roots:
                yield from self._prefixes(number, roots[:1])
            yield from ((number, "has", each) for each in demand.holds)

    def _prefixes(self, number: int, texts: Sequence[str]) -> Iterator[Key]:
        for text in texts:
            for length in self._lengths.get(number, ()):
                if length <= len(text):
                    yield (number, "under", text[:length])


def _is_truth(demand: Demand) -> bool:
    return demand.allowed is not None and demand.allowed <= {True, False}
