"""The search for smallest sets of changes finds all of them, and none that is larger."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.engine.explain.formula import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Formula,
    Literal,
    all_of,
    any_of,
    holds,
    settled,
    size_of,
    smallest,
)

ATOMS = "abcde"
literals = st.builds(Literal, st.sampled_from(ATOMS), st.booleans())
formulas: st.SearchStrategy[Formula] = st.recursive(
    literals,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=10,
)
truths = st.fixed_dictionaries({atom: st.sampled_from((True, False, None)) for atom in ATOMS})


def meaning(formula: Formula, known: dict[str, bool | None]) -> bool:
    match formula:
        case Literal(atom, wanted):
            return known[str(atom)] is wanted
        case AllOf(parts):
            return all(meaning(part, known) for part in parts)
        case AnyOf(parts):
            return any(meaning(part, known) for part in parts)


def by_force(goal: Formula, known: dict[str, bool | None]) -> set[frozenset[Literal]]:
    """Every smallest set of changes, by trying all of them."""
    turns = [Literal(atom, to) for atom in ATOMS for to in (True, False) if known[atom] is not to]
    for size in range(len(ATOMS) + 1):
        found = {
            frozenset(chosen)
            for chosen in combinations(turns, size)
            if len({turn.atom for turn in chosen}) == size
            and meaning(goal, known | {str(turn.atom): turn.wanted for turn in chosen})
        }
        if found:
            return found
    return set()


@settings(max_examples=200)
@given(formulas, truths)
def test_the_search_finds_every_smallest_set_and_nothing_else(goal: Formula, known: dict[str, bool | None]) -> None:
    found = smallest(goal, known)

    assert not found.cut
    assert set(found.sets) == by_force(goal, known)


@settings(max_examples=200)
@given(formulas, truths, st.lists(literals, max_size=3, unique_by=lambda literal: literal.atom))
def test_a_goal_holds_where_it_does_with_the_changes_made(
    goal: Formula, known: dict[str, bool | None], changes: list[Literal]
) -> None:
    after = known | {str(change.atom): change.wanted for change in changes}

    assert holds(goal, known, frozenset(changes)) is meaning(goal, after)


@given(st.lists(formulas, max_size=3), truths)
def test_what_says_nothing_is_left_out_without_changing_the_meaning(
    parts: list[Formula], known: dict[str, bool | None]
) -> None:
    assert meaning(all_of(parts), known) is meaning(AllOf(tuple(parts)), known)
    assert meaning(any_of(parts), known) is meaning(AnyOf(tuple(parts)), known)


def test_always_is_not_never() -> None:
    assert settled(truth=True) == ALWAYS != NEVER == settled(truth=False)
    assert all_of((ALWAYS, NEVER)) == NEVER
    assert any_of((ALWAYS, NEVER)) == ALWAYS


def test_a_search_that_would_take_too_long_says_that_it_was_cut() -> None:
    goal = AllOf(tuple(AnyOf((Literal(f"{n}x", True), Literal(f"{n}y", True))) for n in range(40)))
    known = {f"{n}{side}": False for n in range(40) for side in "xy"}

    found = smallest(goal, known, width=10 * size_of(goal))

    assert found.cut
    assert found.sets == ()


def test_impossible_sets_are_left_out() -> None:
    goal = AnyOf((Literal("a", True), AllOf((Literal("b", True), Literal("c", True)))))
    known = dict.fromkeys("abc", False)

    found = smallest(goal, known, lambda changes: Literal("a", True) not in changes)

    assert found.sets == (frozenset({Literal("b", True), Literal("c", True)}),)
