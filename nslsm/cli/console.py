"""What a verb prints on: coloured and fitted on a terminal, plain and unbroken off it; ``NO_COLOR`` is honoured by Rich."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style as RichStyle

from nslsm.diagnostics import Diagnostic, Sources, render_human
from nslsm.diagnostics.render import Part, Style

PROSE_WIDTH: Final = 100
"""Columns to fit paragraphs into where there is no terminal and ``COLUMNS`` says nothing."""

UNBROKEN_WIDTH: Final = 10_000
"""Columns off a terminal where one thing is to stay on one line, for grep and its like."""

_PARTS: Final = {
    Part.ERROR: RichStyle.parse("bold red"),
    Part.WARNING: RichStyle.parse("bold yellow"),
    Part.NOTE: RichStyle.parse("bold cyan"),
    Part.MESSAGE: RichStyle.parse("bold"),
    Part.GUTTER: RichStyle.parse("blue"),
    Part.MARK: RichStyle.parse("bold red"),
    Part.RELATED: RichStyle.parse("blue"),
}


class Terminal(Console):
    """A console that says so when nobody reads any longer, as every other way of writing does."""

    def on_broken_pipe(self) -> None:
        """Raise the error that is being handled; Rich itself would end the process with status 1, which means no."""
        raise BrokenPipeError


def console(*, stderr: bool = False, unbroken: bool = False) -> Terminal:
    """Standard output (results) or standard error (diagnostics, progress), for text that has been escaped.

    Nothing in a string is taken for markup or an emoji, and nothing is highlighted by guessing. Off a terminal, prose is
    fitted into ``COLUMNS`` or :data:`PROSE_WIDTH`; with ``unbroken``, each line stays one line, however long.
    """
    made = Terminal(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.width = UNBROKEN_WIDTH if unbroken else _columns()
    return made


def _columns() -> int:
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() and int(said) > 0 else PROSE_WIDTH


def style_for(target: Console) -> Style:
    """How the parts of a diagnostic are dressed there: in colours where it has some, else not at all."""
    if target.color_system is None or target.no_color:
        return lambda _, text: text
    return lambda part, text: _PARTS[part].render(text, color_system=ColorSystem.STANDARD)


def show_diagnostic(diagnostic: Diagnostic, sources: Sources | None = None, *, stderr: bool = True) -> None:
    """One diagnostic for a person: with excerpt and carets, never broken by the terminal's width."""
    target = console(stderr=stderr)
    target.file.write(render_human(diagnostic, sources, style_for(target)) + "\n")


@contextmanager
def progress(trace: str) -> Iterator[Callable[[int], None] | None]:
    """A bar on a terminal while a trace is judged: what is to be told how many bytes of it were read; None elsewhere."""
    target = console(stderr=True)
    size = Path(trace).stat().st_size if Path(trace).is_file() else None
    if not target.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    bar = Progress(
        TextColumn("judging"), BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=target, transient=True
    )
    with bar:
        task = bar.add_task("judging", total=size)
        yield lambda done: bar.update(task, completed=done)
