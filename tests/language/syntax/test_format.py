"""The formatter: what it may not change, over random texts; and that what it makes is its own answer."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.language.syntax import ast
from nslsm.language.syntax.automaton import Text, tokens
from nslsm.language.syntax.format import format_module
from nslsm.language.syntax.format.layout import WIDTH
from nslsm.language.syntax.limits import NESTING
from nslsm.language.syntax.parse import SyntaxFailure, parse
from nslsm.language.syntax.unparse import unparse
from nslsm.library import check_targets
from tests.language.syntax import trees
from tests.language.syntax.scattered import scattered
from tests.language.syntax.test_hostile import MANY, nested
from tests.language.syntax.test_round_trip import SHIPPED, damaged


def formatted(text: str) -> str:
    """The layout of a text, held to what every layout must be."""
    made = format_module(text, "made")
    before, after = parse(text, "made"), parse(made, "made")

    assert after == before
    assert bases(after) == bases(before)
    assert [comment.text for comment in after.comments] == [comment.text for comment in before.comments]
    assert format_module(made, "made") == made
    assert made == "" or (made.endswith("\n") and not made.endswith("\n\n") and not made.startswith("\n"))
    assert "\n\n\n" not in made or '"""' in made
    assert all(line == line.rstrip() for line in made.split("\n"))
    assert "\r" not in made
    return made


def bases(module: ast.Module) -> list[int]:
    return [node.base for node in module.walk() if isinstance(node, ast.Integer)]


@given(st.data(), trees.modules)
def test_a_layout_says_the_same_has_all_comments_and_is_its_own_layout(data: st.DataObject, module: ast.Module) -> None:
    formatted(data.draw(scattered(unparse(module))))


@given(st.data(), st.sampled_from(SHIPPED))
def test_so_has_that_of_a_real_policy(data: st.DataObject, text: str) -> None:
    formatted(data.draw(scattered(text, comments=12, gaps=60)))


@given(damaged())
def test_a_damaged_policy_has_a_layout_or_a_diagnostic(text: str) -> None:
    try:
        parse(text, "damaged")
    except SyntaxFailure:
        with pytest.raises(SyntaxFailure):
            format_module(text, "damaged")
    else:
        formatted(text)
