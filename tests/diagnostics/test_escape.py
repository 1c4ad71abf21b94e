"""A stranger's text on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.diagnostics.escape import escape


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x9b31m", r"\u{9b}31m"),
        ("admin\u202egnp.exe", r"admin\u{202e}gnp.exe"),
        ("\u2066x\u2069", r"\u{2066}x\u{2069}"),
        ("zero\u200bwidth\ufeff", r"zero\u{200b}width\u{feff}"),
        ("line\u2028separator", r"line\u{2028}separator"),
        ("\udcff\ud800", r"\u{dcff}\u{d800}"),
        ("\x00\x7f", r"\x00\x7f"),
        ("\U000e0041", r"\u{e0041}"),
    ],
)
def test_what_does_not_print_is_written_out(hostile: str, shown: str) -> None:
    assert escape(hostile) == shown


def test_what_prints_stays_as_it_is() -> None:
    text = '/srv/Übung/档案 …\\x41 "quoted"'

    assert escape(text) == text


@given(st.text())
def test_an_escaped_text_is_one_printable_line(text: str) -> None:
    assert escape(text).isprintable()
