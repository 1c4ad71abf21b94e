"""Marks under lines: in place, labelled, at any width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from nslsm.report.excerpt import Mark, place_of, show
from nslsm.report.page import Page

TEXT = "control c {\n    deny x when alpha and beta and gamma\n}\n"


def shown(text: str, *marks: Mark, width: int = 80) -> list[str]:
    page = Page(Console(width=width), width)
    show(page, text, marks, [(0, len(text))])
    return [line.plain for line in page.lines()]


def mark(word: str, label: str, text: str = TEXT) -> Mark:
    start = text.index(word)
    return Mark(start, start + len(word), label)


def test_the_last_label_stands_beside_its_mark_the_others_below() -> None:
    assert shown(TEXT, mark("alpha", "true"), mark("beta", "false"), mark("gamma", "unknown")) == [
        "1 | control c {",
        "2 |     deny x when alpha and beta and gamma",
        "  |                 ^^^^^     ^^^^     ^^^^^ unknown",
        "  |                 true      false",
        "3 | }",
    ]


def test_labels_that_would_touch_go_on_rows_of_their_own() -> None:
    assert shown(TEXT, mark("alpha", "true: alpha is 1"), mark("beta", "false: beta is 2"), mark("gamma", "x"))[
        2:5
    ] == [
        "  |                 ^^^^^     ^^^^     ^^^^^ x",
        "  |                 true: alpha is 1",
        "  |                           false: beta is 2",
    ]


def test_a_line_that_does_not_fit_goes_on_below_with_its_marks() -> None:
    assert shown(TEXT, mark("gamma", "false"), mark("alpha", "true"), width=34)[1:] == [
        "2 |     deny x when alpha and",
        "  |                 ^^^^^ true",
        "  |     beta and gamma",
        "  |              ^^^^^ false",
        "3 | }",
    ]


def test_what_does_not_print_is_written_out_and_marks_stay_in_place() -> None:
    text = "a\x1b\tb"

    assert shown(text, Mark(3, 4, "here")) == ["1 | a\\x1b    b", "  |          ^ here"]


def test_wide_characters_are_two_columns() -> None:
    assert shown("字 b", Mark(2, 3, "here")) == ["1 | 字 b", "  |    ^ here"]


def test_long_rules_give_way_to_their_marks() -> None:
    text = "\n".join(f"line {number}" for number in range(100))
    lines = shown(text, mark("line 77", "here", text))

    assert "78 | line 77" in lines
    assert "..." in " ".join(lines)
    assert len(lines) < 20


@pytest.mark.parametrize(
    ("words", "text", "place"),
    [
        ("a == 1", "when a == 1", (5, 11)),
        ("a == 1", "when a   ==\n  1", (5, 15)),
        ("a == 1", "when a == 10", None),
        ("b", "ab b", (3, 4)),
        ("x.y", "z.x.y x.y", (6, 9)),
        ('p matches "/a b"', 'p matches "/a  b"', None),
        ("{1, 2}", "in {1,2}", (3, 8)),
        ("", "x", None),
    ],
)
def test_words_are_found_however_they_are_spaced(words: str, text: str, place: tuple[int, int] | None) -> None:
    assert place_of(words, text, 0, len(text)) == place


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60), st.text(max_size=10), st.integers(20, 60))
def test_any_text_with_any_mark_is_shown_without_harm(text: str, start: int, end: int, label: str, width: int) -> None:
    for line in shown(text, Mark(start, end, label), width=width):
        assert line.isprintable()
