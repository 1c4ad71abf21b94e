"""What a table answers: for its keys, for sets of them, for paths beneath a directory, and for paths that patterns match.

Large tables are asked with sets whose product has thousands of keys, so rows are kept by each key in turn, and only those that
there are get looked at. The first question of its kind arranges them; what is kept takes no part in what a table is.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final, TypeAlias, cast

from nslsm.hooks.types import GLOB, SetOf
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.language.program.operators import as_set, as_string
from nslsm.protocol.things import Value

Branch: TypeAlias = "dict[Value, Branch | Value]"
"""Rows by one key after the other; the last leads to answers."""

PLAIN: Final = (False,)
"""What is kept of patterns stands beside what is kept for sets of keys, whose places say which are sets."""


def look_up(table: ir.Table, keys: list[Value], lifted: tuple[bool, ...]) -> Value:
    """The table's answer; a set as a lifted key unites the answers for its elements."""
    if not any(lifted):
        return _row(table, tuple(keys))
    if any(table.trees) or GLOB in table.keys:
        choices = (as_set(key) if many else (key,) for key, many in zip(keys, lifted, strict=True))
        return _union(table, (_row(table, chosen) for chosen in product(*choices)))
    sets = [as_set(key) for key, many in zip(keys, lifted, strict=True) if many]
    branch = _branches(table, lifted).get(_single(keys, lifted), {})
    found = list(_found(branch, sets))
    asked = 1
    for each in sets:
        asked *= len(each)
    return _union(table, found if len(found) == asked else [*found, table.otherwise])


class Pair:
    """A table that is asked with two sets, where keys without a row add nothing: :func:`look_up`, sooner.

    The rows of a first set are merged once, since few first sets are asked with many second ones: the attributes of a
    domain's type with those of what it uses.
    """

    MERGED: Final = 1024
    """So many first sets are remembered with what their rows come to."""

    def __init__(self, table: ir.Table, lifted: tuple[bool, ...]) -> None:
        self._table = table
        self._lifted = lifted
        self._sets = isinstance(table.value, SetOf)
        self._merged: dict[object, dict[Value, Value]] = {}

    @classmethod
    def fits(cls, table: ir.Table, lifted: tuple[bool, ...]) -> bool:
        """Whether the table can be asked so."""
        return sum(lifted) == len(("first", "second")) and not table.otherwise

    def of(self, first: frozenset[Value], second: frozenset[Value], *single: Value) -> Value:
        """The answers for all pairs of a first and a second key, united; ``single`` are the other keys."""
        rows = self._merged.get((first, single))
        if rows is None:
            rows = self._remember(first, single)
        if self._sets:
            return _NOTHING.union(*[rows[each] for each in second if each in rows])  # type: ignore[arg-type]
        return any(rows[each] for each in second if each in rows)

    def _remember(self, first: frozenset[Value], single: tuple[Value, ...]) -> dict[Value, Value]:
        gathered: dict[Value, list[Value]] = {}
        branch = _branches(self._table, self._lifted).get(single, {})
        for key in first & branch.keys():
            for second, answer in cast("dict[Value, Value]", branch[key]).items():
                gathered.setdefault(second, []).append(answer)
        if len(self._merged) >= self.MERGED:
            self._merged.clear()
        merged = {second: _union(self._table, answers) for second, answers in gathered.items()}
        self._merged[first, single] = merged
        return merged


_NOTHING: Final = frozenset[Value]()


def _single(keys: Iterable[Value], lifted: tuple[bool, ...]) -> tuple[Value, ...]:
    return tuple(key for key, many in zip(keys, lifted, strict=True) if not many)


def _branches(table: ir.Table, lifted: tuple[bool, ...]) -> "dict[object, Branch]":
    """Rows by those keys that are asked for one at a time, together, then by each of the others."""
    known = table.arranged.get(lifted)
    if known is None:
        kept: dict[object, Branch] = {}
        for keys, answer in table.rows.items():
            branch = kept.setdefault(_single(keys, lifted), {})
            *rest, last = (key for key, many in zip(keys, lifted, strict=True) if many)
            for key in rest:
                branch = cast("Branch", branch.setdefault(key, {}))
            branch[last] = answer
        known = table.arranged[lifted] = kept
    return cast("dict[object, Branch]", known)


def _found(branch: Branch, sets: list[frozenset[Value]]) -> Iterator[Value]:
    """The answers of the rows of which each key is in its set."""
    wanted, *rest = sets
    keys = wanted & branch.keys() if len(wanted) <= len(branch) else branch.keys() & wanted
    for key in keys:
        if rest:
            yield from _found(cast("Branch", branch[key]), rest)
        else:
            yield cast("Value", branch[key])


def _row(table: ir.Table, keys: tuple[Value, ...]) -> Value:
    if GLOB in table.keys:
        return _matched(table, keys)
    if not any(table.trees):
        return table.rows.get(keys, table.otherwise)
    choices = (tuple(ancestry(as_string(key))) if tree else (key,) for key, tree in zip(keys, table.trees, strict=True))
    found = [table.rows[chosen] for chosen in product(*choices) if chosen in table.rows]
    return _union(table, found) if found else table.otherwise


def _union(table: ir.Table, answers: Iterable[Value]) -> Value:
    if isinstance(table.value, SetOf):
        return frozenset[Value]().union(*(as_set(answer) for answer in answers))
    return any(answers)


def ancestry(path: str) -> Iterator[str]:
    """The path and every directory above it, down to the root.

    >>> list(ancestry("/srv/phi/7"))
    ['/srv/phi/7', '/srv/phi', '/srv', '/']
    """
    yield path
    while path not in ("", "/"):
        path = path.rstrip("/").rpartition("/")[0] or "/"
        yield path


# Patterns


def specificity(pattern: Glob) -> tuple[bool, int, int, str]:
    """By which a pattern goes before another that matches too: a whole path, a longer beginning, a longer pattern.

    >>> specificity(Glob("/etc/passwd")) > specificity(Glob("/etc/pass*")) > specificity(Glob("/etc/**"))
    True
    """
    return pattern.exact is not None, len(pattern.prefix), len(pattern.text), pattern.text


def _matched(table: ir.Table, keys: tuple[Value, ...]) -> Value:
    """The answer of the row with the most specific patterns, of those whose patterns match; trees beside them are whole paths.

    Where several keys are patterns, the first decides first.
    """
    choices: list[list[Value]] = []
    for place, (type_, tree, key) in enumerate(zip(table.keys, table.trees, keys, strict=True)):
        if type_ == GLOB:
            choices.append([each.text for each in _patterns(table, place).matching(as_string(key))])
        else:
            choices.append(list(ancestry(as_string(key))) if tree else [key])
    return next((table.rows[each] for each in product(*choices) if each in table.rows), table.otherwise)


class Patterns:
    """The patterns of one key of a table, found by what paths begin with."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._exact: dict[str, list[Glob]] = {}
        self._open: dict[str, list[Glob]] = {}
        for text in texts:
            pattern = Glob(text)
            kept = self._open if pattern.exact is None else self._exact
            kept.setdefault(pattern.prefix, []).append(pattern)
        self._lengths = sorted({len(prefix) for prefix in self._open}, reverse=True)
        for patterns in (*self._exact.values(), *self._open.values()):
            patterns.sort(key=specificity, reverse=True)

    def match(self, path: str) -> bool:
        """Whether any of the patterns matches a path."""
        return any(True for _ in self.matching(path))

    def matching(self, path: str) -> Iterator[Glob]:
        """The patterns that match a path, the most specific first."""
        yield from self._exact.get(path, ())
        for length in self._lengths:
            if length <= len(path):
                yield from (each for each in self._open.get(path[:length], ()) if each.matches(path))


def _patterns(table: ir.Table, place: int) -> Patterns:
    kept = table.arranged.get((*PLAIN, place))
    if kept is None:
        kept = table.arranged[(*PLAIN, place)] = Patterns({as_string(keys[place]) for keys in table.rows})
    return cast("Patterns", kept)
