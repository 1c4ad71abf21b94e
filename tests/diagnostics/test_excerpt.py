"""A line with a place marked under it."""

from hypothesis import given
from hypothesis import strategies as st

from nslsm.diagnostics.excerpt import EXCERPT_WIDTH, underline


def test_marks_stand_under_the_place() -> None:
    assert underline("deny read when x", 5, 9, "^") == ("deny read when x", "     ^^^^")


def test_an_empty_place_gets_one_mark() -> None:
    assert underline("deny", 4, 4, "^") == ("deny", "    ^")
    assert underline("", 0, 0, "^") == ("", "^")


def test_an_empty_place_inside_a_line_is_marked_where_it_is() -> None:
    assert underline("deny read", 5, 5, "^") == ("deny read", "     ^")


def test_a_tab_is_widened_to_the_next_stop_and_the_marks_with_it() -> None:
    assert underline("\tdeny\tx", 1, 5, "^") == ("    deny    x", "    ^^^^")
    assert underline("a\tb", 2, 3, "^") == ("a   b", "    ^")


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    assert underline('"档案" x', 5, 6, "^") == ('"档案" x', "       ^")
    assert underline("e\u0301 x", 3, 4, "^") == ("e\u0301 x", "  ^")


def test_what_does_not_print_is_written_out_and_marked_in_full() -> None:
    assert underline("a\x1bb", 1, 2, "^") == (r"a\x1bb", " ^^^^")


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "a" * 5000 + "HERE" + "b" * 5000

    text, marks = underline(line, 5000, 5004, "^")

    assert text.startswith("…a")
    assert text.endswith("b…")
    assert len(text) == EXCERPT_WIDTH + 2
    assert text[marks.index("^") : marks.rindex("^") + 1] == "HERE"


def test_a_place_longer_than_the_page_is_shown_from_its_start() -> None:
    text, marks = underline("x" * 1000, 0, 1000, "^")

    assert text == "x" * EXCERPT_WIDTH + "…"
    assert marks == "^" * EXCERPT_WIDTH


def test_the_end_of_a_long_line_can_be_marked() -> None:
    text, marks = underline("x" * 1000, 1000, 1000, "^")

    assert text == "…" + "x" * EXCERPT_WIDTH
    assert marks == " " * (EXCERPT_WIDTH + 1) + "^"


@given(st.text(max_size=300), st.integers(0, 320), st.integers(0, 320))
def test_whatever_the_line_the_excerpt_prints_and_fits_and_marks_something(line: str, start: int, end: int) -> None:
    text, marks = underline(line.replace("\n", ""), start, end, "^")

    assert text.isprintable()
    assert len(text) <= EXCERPT_WIDTH + 2
    assert set(marks) <= {" ", "^"}
    assert "^" in marks
