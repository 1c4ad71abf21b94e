"""Security contexts as texts: held against a second, plainer reading of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.hooks.contexts import NO_CONTEXT, NO_LEVEL, context, level, written, written_level
from tests.laws.second_evaluator.built_in import built_in

names = st.sampled_from(["c0", "c1", "c2", "c3", "c9", "c10", "c11", "c12", "c01", "c007", "red", "c", ""])
sensitivities = st.sampled_from(["s0", "s1", "high"])
parts = st.text("abc019:.,-_", max_size=12)
levels = st.builds(written_level, sensitivities, st.frozensets(names.filter(bool)))
contexts = st.builds(
    ":".join, st.lists(st.sampled_from(["user_u", "r", "t", "s0", "c1.c4", "s0-s0", "c1,c3-s0", ""]), max_size=7)
)


@given(contexts | parts)
def test_a_context_is_taken_apart_as_the_plain_reading_does(text: str) -> None:
    found = context(text)

    for name in ("user", "role", "type", "low", "high"):
        assert getattr(found, name) == built_in(f"context_{name}", [text]), name


@given(levels | parts)
def test_a_level_is_taken_apart_as_the_plain_reading_does(text: str) -> None:
    assert level(text).sensitivity == built_in("level_sensitivity", [text])
    assert level(text).categories == built_in("level_categories", [text])


@given(sensitivities, st.frozensets(names.filter(bool)))
def test_a_level_is_written_as_the_plain_way_does_and_read_again(sensitivity: str, categories: frozenset[str]) -> None:
    text = written_level(sensitivity, categories)

    assert text == built_in("level_of", [sensitivity, categories])
    assert level(text) == (sensitivity, categories)


@given(st.lists(st.sampled_from(["u", "r", "t"]), min_size=3, max_size=3), levels, levels)
def test_a_context_that_is_written_is_read_again(names: list[str], low: str, high: str) -> None:
    user, role, type_ = names

    text = written(user, role, type_, low, high)

    assert text == built_in("context_of", [user, role, type_, low, high])
    assert context(text) == (user, role, type_, low, high)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "etc_t",
        "u:r",
        "u::t:s0",
        ":r:t:s0",
        "u:r:t:",
        "u:r:t:s0:",
        "u:r:t:s0:c3.c1",
        "u:r:t:s0:c1.d3",
        "u:r:t:s0-",
        "u:r:t:s0:c0.c99999",
    ],
)
def test_what_is_no_context_has_no_parts(text: str) -> None:
    assert context(text) is NO_CONTEXT


@pytest.mark.parametrize("text", ["", ":c1", "s0:", "s0:c1,", "s0:c2.c1", "s0:c0.c5000"])
def test_what_is_no_level_has_neither_sensitivity_nor_categories(text: str) -> None:
    assert level(text) is NO_LEVEL
