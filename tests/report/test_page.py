"""Pages: fitted to any width, with hanging indents, escaped."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nslsm.report.page import LEAST_WIDTH, Fitted, Page, as_text


def written(*parts: str, width: int = 40, indent: int = 0, hang: int = 2, rail: str = "") -> list[str]:
    def write(page: Page) -> None:
        page.line(*parts, indent=indent, hang=hang, rail=rail)

    return as_text(Fitted(write), width).splitlines()


def test_what_does_not_fit_hangs_below() -> None:
    assert written("one two three four five six seven eight nine", indent=2, hang=4) == [
        "  one two three four five six seven",
        "      eight nine",
    ]


def test_a_rail_runs_down_beside_all_lines() -> None:
    assert written("one two three four five six seven eight nine", rail="|   ", hang=2) == [
        "|   one two three four five six seven",
        "|     eight nine",
    ]


def test_gaps_are_single_and_never_first_or_last() -> None:
    def write(page: Page) -> None:
        page.gap()
        page.line("a")
        page.gap()
        page.gap()
        page.line("b")
        page.gap()

    assert as_text(Fitted(write)) == "a\n\nb"


@given(st.text(max_size=80), st.integers(LEAST_WIDTH, 90), st.integers(0, 6), st.integers(0, 6))
def test_any_text_fits_and_prints(text: str, width: int, indent: int, hang: int) -> None:
    for line in written(text, width=width, indent=indent, hang=hang):
        assert cell_len(line) <= width
        assert line.isprintable()


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=200), st.integers(LEAST_WIDTH, 60))
def test_nothing_of_a_long_word_is_lost(word: str, width: int) -> None:
    assert "".join(line.strip() for line in written(word, width=width)) == word
