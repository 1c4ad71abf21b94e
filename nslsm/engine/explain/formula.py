"""The boolean abstraction of a verdict, and the smallest sets of changes that make it come out otherwise.

A goal ("this binding does not deny") is a formula of conjunctions and disjunctions over *literals*: an atomic condition and
the truth that it should have. A literal holds where the condition is known to have that truth; a condition that is unknown
satisfies neither its literal nor the opposite one. That makes goals monotone, and "holds" exact: a condition of the language
is definitely true by Kleene's logic (Model M2.9) just where its formula holds.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

WIDEST_SEARCH: Final = 2_000_000
"""How many literals a search looks at before it gives up: some seconds."""

Key: TypeAlias = Hashable
"""What an atomic condition is known by: equal keys are one condition."""


class Literal(NamedTuple):
    """That an atomic condition has a truth."""

    atom: Key
    wanted: bool


@dataclass(frozen=True, slots=True)
class AllOf:
    """That all of the parts hold; of none: true."""

    parts: "tuple[Formula, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """That one of the parts holds; of none: false."""

    parts: "tuple[Formula, ...]"


Formula: TypeAlias = Literal | AllOf | AnyOf
"""A goal; :data:`ALWAYS` and :data:`NEVER` are settled."""

ALWAYS: Final = AllOf(())
NEVER: Final = AnyOf(())

Changes: TypeAlias = frozenset[Literal]
"""Atomic conditions with the truth that they are changed to; no condition twice."""


class Found(NamedTuple):
    """The smallest sets of changes that make a goal hold: all of them, or ``cut`` where the search gave up first."""

    sets: tuple[Changes, ...]
    cut: bool = False


def all_of(parts: Iterable[Formula]) -> Formula:
    """The conjunction, without parts that say nothing."""
    kept = tuple(part for part in parts if part != ALWAYS)
    return NEVER if NEVER in kept else kept[0] if len(kept) == 1 else AllOf(kept)


def any_of(parts: Iterable[Formula]) -> Formula:
    """The disjunction, without parts that say nothing."""
    kept = tuple(part for part in parts if part != NEVER)
    return ALWAYS if ALWAYS in kept else kept[0] if len(kept) == 1 else AnyOf(kept)


def settled(*, truth: bool) -> Formula:
    """The goal that holds always, or never."""
    return ALWAYS if truth else NEVER


def holds(goal: Formula, truths: Mapping[Key, bool | None], changes: Changes = frozenset()) -> bool:
    """Whether the goal holds where the conditions have these truths (None: unknown), ``changes`` made.

    >>> holds(AnyOf((Literal("a", False), Literal("b", True))), {"a": True, "b": None}, frozenset({Literal("b", True)}))
    True
    """
    return _failing(goal, truths, dict(changes)) is None


def size_of(goal: Formula) -> int:
    """How many literals the goal has."""
    return 1 if isinstance(goal, Literal) else sum(size_of(part) for part in goal.parts)


def smallest(
    goal: Formula,
    truths: Mapping[Key, bool | None],
    possible: Callable[[Changes], bool] = lambda _: True,
    width: int = WIDEST_SEARCH,
) -> Found:
    """Every set of fewest changes that makes the goal hold; the empty set where it holds already, none where nothing can.

    A set that is not ``possible`` is left out, and so is every set that contains it.

    Each step takes one part of the goal that fails and tries every change within it that could mend it: any set that
    reaches the goal must make one of them. So all sets of one size are tried before any larger one, and none is missed.

    >>> [sorted(found) for found in smallest(AnyOf((Literal("a", False), Literal("b", True))), {"a": True, "b": False}).sets]
    [[Literal(atom='a', wanted=False)], [Literal(atom='b', wanted=True)]]
    """
    level: dict[Changes, None] = {frozenset(): None}
    looked, size = 0, size_of(goal)
    while level:
        reached: list[Changes] = []
        wider: dict[Changes, None] = {}
        for changes in level:
            looked += size
            if looked > max(width, size):
                return Found(tuple(reached), cut=True)
            failing = _failing(goal, truths, dict(changes))
            if failing is None:
                reached.append(changes)
            elif not reached:
                wider.update((more, None) for more in _wider(changes, failing) if possible(more))
        if reached:
            return Found(tuple(reached))
        level = wider
    return Found(())


def _wider(changes: Changes, failing: list[Literal]) -> Iterator[Changes]:
    return (changes | {literal} for literal in failing)


def _failing(goal: Formula, truths: Mapping[Key, bool | None], changed: dict[Key, bool]) -> list[Literal] | None:
    """None where the goal holds; else the changes of which every set that makes it hold has at least one.

    A condition that is changed already stays as it is. The list is empty where nothing can make the goal hold.
    """
    match goal:
        case Literal(atom, wanted):
            if atom in changed:
                return None if changed[atom] is wanted else []
            return None if truths[atom] is wanted else [goal]
        case AllOf(parts):
            return min(_not_none(_failing(part, truths, changed) for part in parts), key=len, default=None)
        case AnyOf(parts):
            found: dict[Literal, None] = {}
            for part in parts:
                failing = _failing(part, truths, changed)
                if failing is None:
                    return None
                found.update(dict.fromkeys(failing))
            return list(found)


def _not_none(lists: Iterable[list[Literal] | None]) -> Iterator[list[Literal]]:
    return (each for each in lists if each is not None)
