"""Fixes carried out: the text with the edits of its findings made, those that would touch each other once only."""

from collections.abc import Iterable
from typing import NamedTuple

from nslsm.diagnostics.diagnostic import Diagnostic, Edit


class Fixed(NamedTuple):
    """A text after fixes, and the findings whose fixes were made."""

    text: str
    made: tuple[Diagnostic, ...]


def fixed(text: str, source: str, diagnostics: Iterable[Diagnostic]) -> Fixed:
    """``text``, which spans call ``source``, with the fixes of ``diagnostics`` made.

    A fix is made as a whole or not at all. One that touches what an earlier one has changed waits for the next run.

    >>> from nslsm.diagnostics.diagnostic import Code, Fix
    >>> from nslsm.diagnostics.span import Span
    >>> place = Span("a", 1, 3, 1, 5, 2, 4)
    >>> found = Code("foreign-syntax").at(place, "say `and`", fix=Fix("say `and`", (Edit(place, "and"),)))
    >>> fixed("x && y", "a", [found]).text
    'x and y'
    """
    taken: list[tuple[int, int, str]] = []
    made = []
    for diagnostic in diagnostics:
        fix = diagnostic.fix
        if fix is None or any(edit.span.source != source for edit in fix.edits):
            continue
        edits = [extent(text, edit) for edit in fix.edits]
        if any(start < end_ and start_ < end for start, end, _ in edits for start_, end_, _ in taken):
            continue
        if any(start == start_ and end == end_ for start, end, _ in edits for start_, end_, _ in taken):
            continue
        taken += edits
        made.append(diagnostic)
    for start, end, new in sorted(taken, reverse=True):
        text = text[:start] + new + text[end:]
    return Fixed(text, tuple(made))


def extent(text: str, edit: Edit) -> tuple[int, int, str]:
    """The characters to replace and what by: whole lines, where that was asked for and nothing else stands on them.

    Where only something before it stands there, the blanks between go too.
    """
    start, end = edit.span.start, edit.span.end
    if edit.lines:
        line_start = text.rfind("\n", 0, start) + 1
        line_end = text.find("\n", end)
        line_end = len(text) if line_end < 0 else line_end + 1
        if not text[line_start:start].strip() and not text[end:line_end].strip():
            return line_start, line_end, edit.text
        if not text[end:line_end].strip():
            start = len(text[:start].rstrip(" \t"))
    return start, end, edit.text
