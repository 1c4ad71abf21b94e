"""What is printed fits a terminal, and is plain off it."""

from io import StringIO

import pytest

from nslsm.cli.console import PROSE_WIDTH, console, show_diagnostic, style_for
from nslsm.diagnostics import Code, Sources, Span
from nslsm.diagnostics.render import Part

WORDS = "word " * 100
FOUND = Code("unknown-hook").at(Span("a.nslsm", 1, 6, 1, 15, 5, 14), "no hook is called `file_opne`")
SOURCES = Sources({"a.nslsm": "deny file_opne"})


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")


def test_off_a_terminal_prose_is_fitted_into_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(WORDS)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= PROSE_WIDTH


def test_columns_are_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")

    console().print(WORDS)

    assert max(map(len, capsys.readouterr().out.splitlines())) <= 30


@pytest.mark.parametrize("nonsense", ["0", "-3", "wide"])
def test_columns_that_are_none_are_overlooked(nonsense: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", nonsense)

    assert console().width == PROSE_WIDTH


def test_off_a_terminal_a_line_may_stay_whole(capsys: pytest.CaptureFixture[str]) -> None:
    console(unbroken=True).print(WORDS)

    assert capsys.readouterr().out == WORDS + "\n"


def test_a_strangers_words_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("[bold]a[/bold] :smile: 42")

    assert capsys.readouterr().out == "[bold]a[/bold] :smile: 42\n"


def test_diagnostics_go_to_standard_error_as_they_are_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_diagnostic(FOUND, SOURCES)

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[0] == "error[unknown-hook]: no hook is called `file_opne`"


def test_diagnostics_have_colours_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_terminal(monkeypatch)

    show_diagnostic(FOUND, SOURCES)

    assert capsys.readouterr().err.startswith("\x1b[1;31merror[unknown-hook]\x1b[0m")


def test_no_color_means_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    on_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")

    show_diagnostic(FOUND, SOURCES)

    assert "\x1b" not in capsys.readouterr().err


def test_a_console_that_nobody_reads_says_so() -> None:
    class Closed(StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    target = console()
    target.file = Closed()

    with pytest.raises(BrokenPipeError):
        target.print("anything")


def test_a_dumb_terminal_gets_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")

    assert style_for(console())(Part.ERROR, "text") == "text"
