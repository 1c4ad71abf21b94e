"""All the texts of a glob: what is proved of them is so for each that can be tried."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.language.check.glob import Glob
from nslsm.language.check.glob_language import ABSOLUTE, NAMES, PATHS, TEXTS, takes_all, takes_none, within
from nslsm.language.check.types import path_fault

TRIED = ["".join(each) for length in range(6) for each in product("/ab.", repeat=length)]
globs = st.lists(
    st.sampled_from(["/", "a", "b", "*", "**", "?", ".", "[ab]", "[^a]", "{a,/b}", "{,b}", "{*,/}"]),
    min_size=1,
    max_size=5,
).map(lambda parts: Glob("".join(parts)))


def test_a_path_is_of_a_shape_exactly_where_nothing_is_wrong_with_it() -> None:
    for text in (*TRIED, "pipe:[7]", "a_b:", ":x", "a b:c", "/a\0b", "/ä/b"):
        assert any(shape.has(text) for shape in PATHS) == (path_fault(text) is None), text
        assert NAMES.has(text) == ("/" not in text)
        assert TEXTS.has(text)


@settings(max_examples=150, deadline=None)
@given(globs, st.lists(globs, min_size=1, max_size=3))
def test_a_glob_within_others_takes_nothing_that_they_do_not(one: Glob, others: list[Glob]) -> None:
    if within(one, others):
        for text in TRIED:
            assert not one.matches(text) or any(other.matches(text) for other in others), text


@settings(max_examples=150, deadline=None)
@given(globs)
def test_what_is_said_to_take_no_path_takes_none_and_what_takes_all_takes_each(glob: Glob) -> None:
    taken = [text for text in TRIED if glob.matches(text)]

    if takes_none(glob, PATHS):
        assert [text for text in taken if path_fault(text) is None] == []
    if takes_all([glob], ABSOLUTE):
        assert set(taken) >= {text for text in TRIED if ABSOLUTE.has(text)}


@settings(max_examples=60, deadline=None)
@given(globs)
def test_every_glob_is_within_itself_and_what_takes_everything(glob: Glob) -> None:
    assert within(glob, [glob])
    assert within(glob, [Glob("**")])
