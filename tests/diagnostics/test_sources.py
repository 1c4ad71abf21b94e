"""Finding the lines that a span touches."""

from hypothesis import given
from hypothesis import strategies as st

from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span

TEXT = "first\nsecond\r\n\nfourth"


def at(line: int, column: int, *, start: int, end_line: int = 0) -> Span:
    return Span("a", line, column, end_line or line, column, start, start)


def test_a_line_is_found_from_the_offset_of_its_span() -> None:
    assert Sources({"a": TEXT}).lines(at(2, 3, start=8)) == ("second", "second")


def test_a_line_is_found_by_its_number_where_the_offset_is_not_known() -> None:
    assert Sources({"a": TEXT}).lines(Span("a", 4, 2)) == ("fourth", "fourth")


def test_a_span_over_several_lines_has_a_first_and_a_last() -> None:
    assert Sources({"a": TEXT}).lines(Span("a", 1, 2, 4, 3, 1, len(TEXT) - 4)) == ("first", "fourth")


def test_the_end_of_a_text_has_a_line_even_behind_the_last_newline() -> None:
    assert Sources({"a": "x\n"}).lines(at(2, 1, start=2)) == ("", "")


def test_a_text_that_is_not_here_has_no_lines() -> None:
    assert Sources({"a": TEXT}).lines(Span("b", 1, 1)) is None


def test_a_line_that_the_text_does_not_have_is_not_made_up() -> None:
    assert Sources({"a": TEXT}).lines(Span("a", 9, 1, 9, 2, 100, 101)) is None


def test_merged_sources_have_the_texts_of_both() -> None:
    merged = Sources({"a": "1", "b": "2"}).merged(Sources({"b": "3", "c": "4"}))

    assert merged.names() == ("a", "b", "c")
    assert merged.texts["b"] == "3"


@given(st.lists(st.text(st.sampled_from("ab\t é"), max_size=5), min_size=1, max_size=8), st.data())
def test_offsets_and_line_numbers_find_the_same_line(lines: list[str], data: st.DataObject) -> None:
    number = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(1, len(lines[number - 1]) + 1))
    start = sum(len(line) + 1 for line in lines[: number - 1]) + column - 1
    sources = Sources({"a": "\n".join(lines)})

    found = sources.lines(at(number, column, start=start))

    assert found == sources.lines(Span("a", number, column, number, column))
    assert found == (lines[number - 1], lines[number - 1])
