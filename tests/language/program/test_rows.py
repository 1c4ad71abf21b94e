"""What tables answer: held against a reading that looks at every row."""

from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nslsm.hooks.types import BOOL, GLOB, INT, PATH, STRING, SetOf
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.language.program.rows import Pair, Patterns, look_up
from nslsm.protocol.things import Value
from tests.laws.second_evaluator.expressions import _looked_up
from tests.laws.second_evaluator.scene import Scene

STRINGS = SetOf(STRING)
PATTERNS = (
    "/a",
    "/a/**",
    "/a/*",
    "/a/b",
    "/a/b*",
    "/a/{b,c}",
    "/**",
    "/{a,b}/c",
    "/a/?",
    "/a/[bc]",
    "/a/b/**",
    "{/a,/b}/c",
)
PATHS = ("/", "/a", "/a/", "/a/b", "/a/c", "/a/b/c", "/a/bb", "/b/c", "/c")


@st.composite
def asked(draw: st.DrawFn) -> tuple[ir.Table, list[Value], tuple[bool, ...]]:
    kinds = draw(st.lists(st.sampled_from(["one", "tree", "glob"]), min_size=1, max_size=3))
    valued = draw(st.booleans())
    keys = [{"one": INT, "tree": PATH, "glob": GLOB}[kind] for kind in kinds]
    cells = [
        st.sampled_from({"one": (1, 2, 3), "tree": PATHS[:2] + PATHS[3:], "glob": PATTERNS}[kind]) for kind in kinds
    ]
    questions = [st.sampled_from((0, 1, 2, 3)) if kind == "one" else st.sampled_from(PATHS) for kind in kinds]
    answers: st.SearchStrategy[Value] = (
        st.frozensets(st.sampled_from("rwx"), max_size=2) if valued else st.just(value=True)
    )
    table = ir.Table(
        name="t",
        keys=tuple(keys),
        trees=tuple(kind == "tree" for kind in kinds),
        value=STRINGS if valued else BOOL,
        rows=draw(st.dictionaries(st.tuples(*cells), answers, max_size=8)),
        otherwise=draw(answers) if valued else False,
    )
    lifted = tuple(draw(st.booleans()) for _ in kinds)
    given_: list[Value] = [
        draw(st.frozensets(question, max_size=4) if many else question)
        for question, many in zip(questions, lifted, strict=True)
    ]
    return table, given_, lifted


@given(asked())
def test_the_answer_is_that_of_looking_at_every_row(question: tuple[ir.Table, list[Value], tuple[bool, ...]]) -> None:
    table, keys, lifted = question
    expression = ir.Lookup("t", tuple(ir.Constant(key, STRING) for key in keys), lifted, table.value)

    found = look_up(table, keys, lifted)

    assert found == _looked_up(expression, keys, cast("Scene", SimpleNamespace(tables=(table,))))


@pytest.mark.parametrize(
    ("path", "patterns"),
    [
        ("/a/b", ["/a/b", "/a/b*", "/a/[bc]", "/a/{b,c}", "/a/**", "/a/?", "/a/*", "/**"]),
        ("/b/c", ["/{a,b}/c", "/**", "{/a,/b}/c"]),
        ("/c", ["/**"]),
        ("/", []),
    ],
)
def test_of_patterns_the_most_specific_comes_first(path: str, patterns: list[str]) -> None:
    found = [each.text for each in Patterns(PATTERNS).matching(path)]

    assert sorted(found) == sorted(patterns)
    assert found[0:1] == patterns[0:1]


@given(st.frozensets(st.sampled_from(PATTERNS)), st.sampled_from(PATHS))
@example(frozenset({"/a/b"}), "/a/b")
def test_exactly_the_patterns_that_match_are_found(patterns: frozenset[str], path: str) -> None:
    found = [each.text for each in Patterns(patterns).matching(path)]

    assert sorted(found) == sorted(each for each in patterns if Glob(each).matches(path))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[ir.Table, tuple[bool, ...], list[list[Value]]]:
    """A table, which of its keys are asked for as sets, and questions."""
    lifted = tuple(draw(st.permutations((True, True, *draw(st.lists(st.just(value=False), max_size=1))))))
    valued = draw(st.booleans())
    answers: st.SearchStrategy[Value] = st.frozensets(st.sampled_from("rwx")) if valued else st.booleans()
    number = st.integers(0, 4)
    table = ir.Table(
        name="t",
        keys=(INT,) * len(lifted),
        trees=(False,) * len(lifted),
        value=STRINGS if valued else BOOL,
        rows=draw(st.dictionaries(st.tuples(*(number for _ in lifted)), answers, max_size=12)),
        otherwise=frozenset() if valued else False,
    )
    question = st.tuples(*(st.frozensets(number) if many else number for many in lifted))
    return table, lifted, [list(each) for each in draw(st.lists(question, min_size=1, max_size=6))]


@given(pairs())
def test_a_table_that_is_asked_with_pairs_of_sets_answers_as_any(
    case: tuple[ir.Table, tuple[bool, ...], list[list[Value]]],
) -> None:
    table, lifted, questions = case

    pair = Pair(table, lifted)

    assert Pair.fits(table, lifted)
    for keys in questions:
        sets = [cast("frozenset[Value]", key) for key, many in zip(keys, lifted, strict=True) if many]
        single = [key for key, many in zip(keys, lifted, strict=True) if not many]
        assert pair.of(sets[0], sets[1], *single) == look_up(table, keys, lifted)


def test_a_table_whose_missing_rows_say_something_is_not_asked_with_pairs() -> None:
    rows: dict[tuple[Value, ...], Value] = {(1, 2): False}
    table = ir.Table(name="t", keys=(INT, INT), trees=(False, False), value=BOOL, rows=rows, otherwise=True)

    assert not Pair.fits(table, (True, True))
