"""What a piece of text may look like: words, the places where a line may end, and what belongs together.

After Wadler's "A prettier printer": a group stands on one line where it fits, else every line break of its own is one. Each
part knows its width on one line, and whether something in it (a comment, mostly) forces it onto several; so a layout takes
time in proportion to the text. Comments have no width: they neither break nor lengthen what they stand beside.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

STEP: Final = 4
"""Columns of one level of indentation."""


class Words(NamedTuple):
    """Text that stays together."""

    text: str
    width: int
    forced: bool = False


class Space(NamedTuple):
    """A blank where no line ends. With ``cell``, what follows may be aligned with the lines above and below."""

    cell: bool = False
    width: int = 1
    forced: bool = False


class Break(NamedTuple):
    """A place where a line may end; ``width`` blanks where it does not. With ``blank``, an empty line follows where it does."""

    width: int
    cell: bool = False
    blank: bool = False
    forced: bool = False


class Comment(NamedTuple):
    """A comment, behind which a line ends; ``own``: before which one ends too. Without text, just the end of the line."""

    text: str
    own: bool
    width: int = 0
    forced: bool = True


class Beside(NamedTuple):
    """A comment at the end of whatever line this comes to stand on."""

    text: str
    width: int = 0
    forced: bool = False


class Verbatim(NamedTuple):
    """Lines that stay as they are, but for their common indentation."""

    lines: tuple[str, ...]
    width: int
    forced: bool


class IfBroken(NamedTuple):
    """Text that stands only where the group around it is on several lines."""

    text: str
    width: int = 0
    forced: bool = False


class Row(NamedTuple):
    """Parts, one after the other."""

    parts: "tuple[Document, ...]"
    width: int
    forced: bool


class Nest(NamedTuple):
    """A part whose lines, after the first, are indented further."""

    by: int
    part: "Document"
    width: int
    forced: bool


class Group(NamedTuple):
    """A part that stands on one line if it can."""

    part: "Document"
    width: int
    forced: bool


class Fill(NamedTuple):
    """Parts with breaks between them (at odd places), as many on each line as fit."""

    parts: "tuple[Document, ...]"
    width: int
    forced: bool


Document: TypeAlias = Words | Space | Break | Comment | Beside | Verbatim | IfBroken | Row | Nest | Group | Fill

SPACE: Final = Space()
CELL: Final = Space(cell=True)
LINE: Final = Break(1)
CELL_LINE: Final = Break(1, cell=True)
SOFT: Final = Break(0)
HARD: Final = Break(1, forced=True)
END: Final = Comment("", own=False)


def words(text: str) -> Words:
    """Text that stays together."""
    return Words(text, len(text))


def row(*parts: Document) -> Document:
    """Parts, one after the other."""
    return joined(parts)


def joined(parts: Sequence[Document]) -> Document:
    """Parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Row(tuple(parts), _width(parts), _forced(parts))


def nest(*parts: Document, by: int = STEP) -> Document:
    """Parts whose lines, after the first, are indented further."""
    part = joined(parts)
    return Nest(by, part, part.width, part.forced)


def group(*parts: Document) -> Document:
    """Parts that stand on one line if they can."""
    part = joined(parts)
    return Group(part, part.width, part.forced)


def fill(parts: Sequence[Document]) -> Document:
    """Parts with breaks between them, as many on each line as fit."""
    return Fill(tuple(parts), _width(parts), _forced(parts))


def verbatim(lines: Sequence[str]) -> Document:
    """Lines that stay as they are."""
    return Verbatim(tuple(lines), len(lines[0]), forced=len(lines) > 1)


def _width(parts: Iterable[Document]) -> int:
    total = 0
    for part in parts:
        total += part.width
    return total


def _forced(parts: Iterable[Document]) -> bool:
    for part in parts:  # noqa: SIM110 - a generator costs as much as the loop
        if part.forced:
            return True
    return False
