"""A page: lines of text fitted to a terminal's width, with hanging indents, everything on it escaped.

Whatever is put on a page is escaped (Model, Trust): nobody's file name moves the cursor. There is no markup in strings.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Final, TypeAlias

from rich.console import Console, ConsoleOptions
from rich.text import Text

from nslsm.diagnostics.escape import escape

Part: TypeAlias = "str | tuple[str, str] | Text"
"""A piece of a line: text, text with a style, or what has been put together already."""

LEAST_WIDTH: Final = 30
"""Columns below which nothing is fitted any more: it runs over instead."""

PLAIN_WIDTH: Final = 100
"""Columns of a page that no terminal shows."""


class Page:
    """Lines in the making, for one width."""

    def __init__(self, console: Console, width: int) -> None:
        self.width = max(width, LEAST_WIDTH)
        self._console = console
        self._lines: list[Text] = []

    def line(self, *parts: Part, indent: int = 0, hang: int = 2, rail: str = "") -> None:
        """One line; what does not fit goes on below, ``hang`` columns further in. ``rail`` runs down before them all."""
        whole = assembled(*parts)
        margin = assembled((rail, "dim"), " " * indent)
        if not whole.plain:
            self._lines.append(assembled((rail, "dim")))
            return
        room = self.width - margin.cell_len
        hang = min(hang, room // 2)
        first = self._wrapped(whole, room)
        self._lines.append(margin + first[0])
        if len(first) > 1:
            rest = _stripped(whole[len(first[0].plain) :])
            self._lines.extend(margin + Text(" " * hang) + line for line in self._wrapped(rest, room - hang))

    def exact(self, *parts: Part) -> None:
        """One line as it is, however long."""
        self._lines.append(assembled(*parts))

    def gap(self) -> None:
        """An empty line, unless there is one, or nothing before it."""
        if self._lines and self._lines[-1].plain:
            self._lines.append(Text())

    def lines(self) -> Iterator[Text]:
        """What is on the page, without empty lines at its end."""
        last = max((number for number, line in enumerate(self._lines) if line.plain.strip()), default=-1)
        for line in self._lines[: last + 1]:
            line.rstrip()
            line.no_wrap, line.overflow = True, "ignore"
            yield line

    def _wrapped(self, text: Text, width: int) -> list[Text]:
        return list(text.wrap(self._console, max(width, LEAST_WIDTH // 2), overflow="fold"))


def assembled(*parts: Part) -> Text:
    """The parts as one line, escaped."""
    line = Text()
    for part in parts:
        if isinstance(part, Text):
            line.append_text(part)
        else:
            content, style = (part, "") if isinstance(part, str) else part
            line.append(escape(content), style or None)
    return line


def _stripped(text: Text) -> Text:
    return text[len(text.plain) - len(text.plain.lstrip()) :]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Something to print: a page that is written when its width is known."""

    write: Callable[[Page], None]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        page = Page(console, options.max_width)
        self.write(page)
        yield from page.lines()


def as_text(content: Fitted, width: int = PLAIN_WIDTH) -> str:
    """The page as plain text, without colours and without a last newline."""
    console = Console(file=StringIO(), width=width, no_color=True, force_terminal=False, highlight=False)
    page = Page(console, width)
    content.write(page)
    return "\n".join(line.plain for line in page.lines())
