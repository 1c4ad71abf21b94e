"""Documents to lines: what fits on a line stands on one."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from nslsm.language.syntax.format.document import (
    STEP,
    Beside,
    Break,
    Comment,
    Document,
    Fill,
    Group,
    IfBroken,
    Nest,
    Row,
    Space,
    Verbatim,
    Words,
)

WIDTH: Final = 110
"""Columns of a line, comments at its end apart."""


@dataclass(slots=True)
class Line:
    """A line of the result. Between its cells is one blank, or more where they are aligned."""

    indent: int
    cells: list[str]
    comment: str = ""
    blank: bool = False
    """Whether an empty line comes before it."""
    kind: str = ""
    """What may be aligned with it: neighbours of the same kind."""


class _Filling(NamedTuple):
    """A fill of which the parts before ``place`` are done."""

    fill: Fill
    place: int


_Simple: TypeAlias = Words | Space | Break | Comment | Beside | IfBroken | Verbatim

_Waiting: TypeAlias = list[tuple[int, Document | _Filling]]
"""What is still to come, the next last, each with its indentation. Its own breaks are ends of lines."""


def lay_out(document: Document, indent: int, lines: list[Line]) -> None:
    """Add the lines of ``document`` to ``lines``. Iterative: its depth does not matter."""
    page = _Page(lines, indent)
    waiting: _Waiting = [(indent, document)]
    while waiting:
        indent, part = waiting.pop()
        match part:
            case Row():
                waiting.extend([(indent, each) for each in reversed(part.parts)])
            case Group():
                if page.ended:
                    page.end_line(indent + STEP)
                if not part.forced and _fits(part.width, page.room, waiting):
                    page.put_on_line(part)
                else:
                    waiting.append((indent, part.part))
            case Nest():
                waiting.append((indent + part.by, part.part))
            case Fill():
                _fill(_Filling(part, 0), indent, page, waiting)
            case _Filling():
                _fill(part, indent, page, waiting)
            case _:
                page.put(part, indent)
    page.end_line(indent)


def _fill(filling: _Filling, indent: int, page: "_Page", waiting: _Waiting) -> None:
    """The next part of a fill, behind a blank or on the next line."""
    parts, place = filling.fill.parts, filling.place
    part = parts[place]
    is_last = place + 1 == len(parts)
    if not is_last:
        waiting.append((indent, _Filling(filling.fill, place + 2)))
    if place == 0:
        waiting.append((indent, part))
        return
    between = parts[place - 1]
    forced = part.forced or between.forced or parts[place - 2].forced
    if not forced and _fits(between.width + part.width, page.room, waiting if is_last else []):
        page.put_on_line(between)
        page.put_on_line(part)
    else:
        waiting += [(indent, part), (indent, between)]


def _fits(width: int, room: int, rest: _Waiting) -> bool:
    """Whether something of that width fits, with all behind it up to where the line may end next."""
    room -= width
    place = len(rest)
    inner: list[Document] = []
    while room >= 0:
        if inner:
            part = inner.pop()
        elif place:
            place -= 1
            following = rest[place][1]
            if isinstance(following, _Filling):
                return True
            part = following
        else:
            return True
        if isinstance(part, Words | Space):
            room -= part.width
        elif isinstance(part, Break | Comment):
            return True
        elif isinstance(part, Row | Fill):
            inner.extend(reversed(part.parts))
        elif isinstance(part, Group | Nest):
            inner.append(part.part)
        elif isinstance(part, Verbatim):
            room -= part.width
            if part.forced:
                return room >= 0
    return False


@dataclass(slots=True)
class _Page:
    """The line that is being written, and those before it."""

    lines: list[Line]
    indent: int
    cells: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """The words of the cell that is being written."""
    column: int = 0
    """How far the line goes, blanks at its end included."""
    gap: bool = False
    """Whether a blank comes before the next words."""
    blank: bool = False
    remark: str = ""
    beside: str = ""
    ended: bool = False
    """Whether a comment ends the line."""

    @property
    def room(self) -> int:
        """How much more fits on the line."""
        return WIDTH - self.indent - self.column

    @property
    def fresh(self) -> bool:
        """Whether the line is empty."""
        return not self.words and not self.cells

    def put(self, part: _Simple, indent: int) -> None:
        """Add what has no parts. A break is the end of the line."""
        match part:
            case Words():
                self.write(part.text, indent)
            case Space():
                self.space(cell=part.cell)
            case Break():
                self.end_line(indent, blank=part.blank)
            case Comment():
                self.comment(part, indent)
            case Beside():
                self.beside = part.text
            case IfBroken():
                self.write(part.text, indent)
            case Verbatim():
                self.verbatim(part.lines, indent)

    def put_on_line(self, part: Document) -> None:
        """Add what stays on the line with all its parts."""
        waiting = [part]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Words):
                if self.gap:
                    self.words.append(" ")
                    self.gap = False
                self.words.append(part.text)
                self.column += part.width
            elif isinstance(part, Row | Fill):
                waiting += part.parts[::-1]
            elif isinstance(part, Group | Nest):
                waiting.append(part.part)
            elif isinstance(part, Space | Break):
                if part.width:
                    self.space(cell=part.cell)
            elif isinstance(part, Beside):
                self.beside = part.text

    def write(self, text: str, indent: int) -> None:
        """Add words. Behind a comment, where no break was planned, they go on in the next line, further in."""
        if self.ended:
            self.end_line(indent + STEP)
        if self.gap:
            self.words.append(" ")
            self.gap = False
        self.words.append(text)
        self.column += len(text)

    def space(self, *, cell: bool = False) -> None:
        """A blank before whatever comes next, if this line goes on."""
        if self.fresh or self.gap:
            return
        self.column += 1
        if cell:
            self.cells.append("".join(self.words))
            self.words = []
        else:
            self.gap = True

    def end_line(self, indent: int, *, blank: bool = False) -> None:
        """Go on in another line; one that is empty so far is just indented anew."""
        if not self.fresh:
            if self.words:
                self.cells.append("".join(self.words))
            if not self.remark:
                self.remark, self.beside = self.beside, ""
            self.lines.append(Line(self.indent, self.cells, self.remark, self.blank))
            self.cells, self.words, self.column, self.blank = [], [], 0, False
        self.gap = self.ended = False
        self.remark = ""
        self.blank = self.blank or blank
        self.indent = indent

    def comment(self, comment: Comment, indent: int) -> None:
        """Write a comment, at the end of the line or on a line of its own."""
        if comment.own:
            if not self.fresh:
                self.end_line(indent + STEP)
            self.lines.append(Line(self.indent, [comment.text], blank=self.blank))
            self.blank = False
        else:
            self.remark = comment.text
            self.ended = True

    def verbatim(self, lines: tuple[str, ...], indent: int) -> None:
        """Write lines that are given, empty ones among them."""
        self.write(lines[0], indent)
        for line in lines[1:]:
            self.end_line(indent)
            if line:
                self.write(line, indent)
            else:
                self.lines.append(Line(0, []))
