"""Excerpts: a line of the text with the place marked under it, however wide, long or hostile the line is."""

from typing import Final
from unicodedata import category, east_asian_width

from nslsm.diagnostics.escape import escape_character

TAB_WIDTH: Final = 4
"""Columns to which a tab is widened in an excerpt."""

EXCERPT_WIDTH: Final = 100
"""Columns of an excerpt; a longer line is cut around the place."""

_CUT: Final = "…"


def underline(line: str, start: int, end: int, mark: str) -> tuple[str, str]:
    """``line`` made printable, and under it ``mark`` from character ``start`` up to ``end`` (0-based, at least one).

    >>> underline("deny file_opne", 5, 14, "^")
    ('deny file_opne', '     ^^^^^^^^^')
    """
    start = max(0, min(start, len(line)))
    end = max(start, min(end, len(line)))
    first, last = _window(len(line), start, end)
    cells = _cells(line, first, last)
    low, high = _shown(cells, start - first, end - first)
    shown = "".join(cells[low:high])
    before = _width("".join(cells[low : start - first]))
    marked = _width("".join(cells[start - first : min(high, end - first)]))
    if first + low > 0:
        shown = _CUT + shown
        before += _width(_CUT)
    if first + high < len(line):
        shown += _CUT
    return shown.rstrip(" "), " " * before + mark * max(1, marked)


def _window(length: int, start: int, end: int) -> tuple[int, int]:
    """Which characters can be shown at all, so that a line of megabytes costs no more than a short one."""
    return max(0, start - EXCERPT_WIDTH), min(length, min(end, start + EXCERPT_WIDTH) + EXCERPT_WIDTH)


def _cells(line: str, first: int, last: int) -> list[str]:
    """What each character of ``line[first:last]`` is shown as."""
    cells: list[str] = []
    column = 0
    for character in line[first:last]:
        if character == "\t":
            cell = " " * (TAB_WIDTH - column % TAB_WIDTH)
        elif character.isprintable():
            cell = character
        else:
            cell = escape_character(character)
        cells.append(cell)
        column += _width(cell)
    return cells


def _shown(cells: list[str], start: int, end: int) -> tuple[int, int]:
    """Which cells fit into the width: all, or those around the place, its start in any case."""
    widths = [_width(cell) for cell in cells]
    if sum(widths) <= EXCERPT_WIDTH:
        return 0, len(cells)
    low = high = start
    room = EXCERPT_WIDTH
    while high < end and room >= widths[high]:
        room -= widths[high]
        high += 1
    before, after = low, len(cells) - high
    while room > 0 and (before or after):
        if before and (low == 0 or widths[low - 1] > room):
            before = 0
        if after and (high == len(cells) or widths[high] > room):
            after = 0
        if before:
            low, before = low - 1, before - 1
            room -= widths[low]
        if after and room >= widths[high]:
            room -= widths[high]
            high, after = high + 1, after - 1
    return low, high


def _width(text: str) -> int:
    """Columns that ``text`` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if category(character) in ("Mn", "Me") else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )
