"""Lines of a policy with marks and labels under them, fitted to any width: why a rule answered, where it stands."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rich.cells import cell_len, chop_cells
from rich.text import Text

from nslsm.diagnostics.escape import escape, escape_character
from nslsm.report.page import Page

TAB: Final = "    "
MOST_LINES: Final = 12
"""How many lines of one rule are shown at most; those without marks give way first."""

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|[^\w\s]')


class Mark(NamedTuple):
    """Something to say about the characters from ``start`` up to ``end`` of a text."""

    start: int
    end: int
    label: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    start: int
    text: str


def place_of(words: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    r"""Where ``words`` stand in ``text[start:end]``, however they are spaced; None where they do not.

    >>> place_of("port < 10", "port  <\n 10 and port < 100", 0, 99)
    (0, 11)
    """
    tokens = [re.escape(token) for token in _TOKEN.findall(words)]
    if not tokens:
        return None
    before = r"(?<![\w.])" if words[0].isalnum() else ""
    after = r"(?!\w)" if words[-1].isalnum() else ""
    found = re.compile(before + r"\s*".join(tokens) + after).search(text, start, end)
    return None if found is None else found.span()


def show(page: Page, text: str, marks: Sequence[Mark], lines: Iterable[tuple[int, int]], *, indent: int = 0) -> int:
    """The lines of ``text`` that ``lines`` (ranges of characters) and ``marks`` touch; the width of their gutter."""
    shown = _chosen(text, marks, list(lines))
    digits = len(str(shown[-1].number)) if shown else 1
    gutter = " " * (indent + digits + 1)
    margin = min((len(line.text) - len(line.text.lstrip()) for line in shown if line.text.strip()), default=0)
    previous: int | None = None
    for line in shown:
        if previous is not None and line.number > previous + 1:
            page.exact((f"{gutter[:-1]}...", "blue"))
        previous = line.number
        of_line = [
            mark for mark in marks if line.start <= mark.start <= line.start + len(line.text) and mark.end > mark.start
        ]
        _show_line(page, line, of_line, gutter, margin)
    return len(gutter)


def _chosen(text: str, marks: Sequence[Mark], wanted: list[tuple[int, int]]) -> list[_Line]:
    ranges = [*wanted, *((mark.start, mark.start + 1) for mark in marks)]
    lines = list(_lines(text, min(start for start, _ in ranges), max(end for _, end in ranges))) if ranges else []
    marked = {line.number for line in lines for mark in marks if _touches(line, mark.start, mark.start + 1)}
    chosen = marked | {line.number for line in lines for start, end in wanted if _touches(line, start, end)}
    if len(chosen) > MOST_LINES:
        first = min(chosen)
        spare = sorted(chosen - marked - {first})
        chosen = marked | {first} | set(spare[: max(0, MOST_LINES - len(marked) - 1)])
    return [line for line in lines if line.number in chosen and line.text.strip()]


def _lines(text: str, low: int, high: int) -> Iterator[_Line]:
    """The lines from the one that character ``low`` is on to the one that ``high`` is on."""
    start = text.rfind("\n", 0, low) + 1
    number = text.count("\n", 0, start) + 1
    while start <= min(high, len(text)):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield _Line(number, start, text[start:end].removesuffix("\r"))
        start, number = end + 1, number + 1


def _touches(line: _Line, start: int, end: int) -> bool:
    return start < line.start + len(line.text) + 1 and end > line.start


def _show_line(page: Page, line: _Line, marks: list[Mark], gutter: str, margin: int) -> None:
    """One line, broken where it does not fit, with what is said about each piece under it."""
    room = max(20, page.width - len(gutter) - 3)
    cells = [TAB if character == "\t" else _cell(character) for character in line.text]
    first = True
    for low, high, inset in _pieces(cells, margin, room):
        bar = f"{line.number:>{len(gutter) - 1}} | " if first else f"{gutter}| "
        page.exact((bar, "blue"), " " * inset, "".join(cells[low:high]))
        first = False
        here = [mark for mark in marks if low <= mark.start - line.start < high]
        _show_marks(page, here, cells, (line.start, low, high, inset), gutter, room)


def _cell(character: str) -> str:
    return character if character.isprintable() else escape_character(character)


def _pieces(cells: list[str], margin: int, room: int) -> Iterator[tuple[int, int, int]]:
    """Ranges of cells that fit, broken at spaces, each with the columns that it is set in."""
    low, end, inset = margin, len(cells), 0
    while low < end:
        width, high, space = 0, low, None
        while high < end and width + cell_len(cells[high]) <= room - inset:
            width += cell_len(cells[high])
            high += 1
            if high < end and cells[high] == " ":
                space = high
        if high < end and space is not None:
            high = space
        high = max(high, low + 1)
        yield low, high, inset
        low = high
        while low < end and cells[low] == " ":
            low += 1
        inset = 4


def _show_marks(
    page: Page,
    marks: list[Mark],
    cells: list[str],
    place: tuple[int, int, int, int],
    gutter: str,
    room: int,
) -> None:
    if not marks:
        return
    start, low, high, inset = place

    def column(at: int) -> int:
        return inset + cell_len("".join(cells[low : min(at, high)]))

    spots = sorted((column(mark.start - start), column(mark.end - start), mark) for mark in marks)
    carets = Text()
    for begin, end, mark in spots:
        if begin >= carets.cell_len:
            carets.append(" " * (begin - carets.cell_len)).append("^" * max(1, end - begin), mark.style or None)
    labels = [(begin, mark) for begin, _, mark in spots if mark.label]
    if labels and carets.cell_len + 1 + cell_len(labels[-1][1].label) <= room:
        _, last = labels.pop()
        carets.append(" ").append(escape(last.label), last.style or None)
    page.exact((f"{gutter}| ", "blue"), carets)
    for row in _rows(labels, room):
        page.exact((f"{gutter}| ", "blue"), row)


def _rows(labels: list[tuple[int, Mark]], room: int) -> list[Text]:
    """The labels under their marks, on as few rows as they fit on without touching one another."""
    rows: list[Text] = []
    for begin, label, mark in _folded(labels, room):
        at = max(0, min(begin, room - cell_len(label)))
        row = next((row for row in rows if row.cell_len == 0 or row.cell_len + 2 <= at), None)
        if row is None:
            row = Text()
            rows.append(row)
        row.append(" " * (at - row.cell_len)).append(label, mark.style or None)
    return rows


def _folded(labels: list[tuple[int, Mark]], room: int) -> Iterator[tuple[int, str, Mark]]:
    """The labels, escaped; one that fits on no row in pieces that do."""
    for begin, mark in labels:
        label = escape(mark.label)
        while cell_len(label) > room:
            head = chop_cells(label, room)[0]
            yield 0, head, mark
            begin, label = 0, label[len(head) :]
        yield begin, label, mark
