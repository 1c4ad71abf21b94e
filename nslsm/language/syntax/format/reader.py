"""The words of a text, read once from its start to its end, each with the comments before it.

Whoever reads says which word comes next, so that nothing is lost, and no comment changes its place among the words. What is
not written again (a comma before a closing bracket, needless brackets) leaves its comments to the word behind.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast
from nslsm.language.syntax.automaton import Text, tokens
from nslsm.language.syntax.format.document import (
    END,
    HARD,
    LINE,
    Beside,
    Break,
    Comment,
    Document,
    IfBroken,
    Space,
    fill,
    group,
    joined,
    nest,
    row,
    words,
)
from nslsm.language.syntax.format.needless import needless

OPENING: Final = frozenset("({")
CLOSING: Final = frozenset(")}")
BEFORE: Final = frozenset("(-")
"""What begins something even where it is left out."""


class Note(NamedTuple):
    """A comment of the text."""

    text: str
    own: bool
    """Whether it has a line of its own."""
    blank: bool
    """Whether an empty line comes before it."""


class Reader:
    """Reads the words of a text. ``place`` is the next one's number."""

    def __init__(self, text: str, source: str, module: ast.Module) -> None:
        self.place = 0
        self.words: list[str] = []
        self.spans: list[Span] = []
        self.blank: list[bool] = []
        """By word, whether an empty line comes before it."""
        self.notes: dict[int, list[Note]] = {}
        """The comments before a word that has some."""
        comments: list[ast.Comment] = []
        self._read(list(tokens(Text(source, text), comments)), comments, module)
        self._starts = [span.start for span in self.spans]

    def _read(
        self, found: Sequence[tuple[str, str, Span]], comments: Sequence[ast.Comment], module: ast.Module
    ) -> None:
        """Read the words, and let the comments before those that are left out go on to the next.

        Those before a comma, too, go behind it, as does one that is all there is between brackets and ends their line.
        """
        commas = {
            number for number, (_, word, _) in enumerate(found[:-1]) if word == "," and found[number + 1][1] in CLOSING
        }
        kept = [token for number, token in enumerate(found) if number not in commas]
        left_out = needless(module, [word for _, word, _ in kept], [span.start for _, _, span in kept])
        done, last = 0, 0
        waiting: list[Note] = []
        number = -1
        blank: bool | None = None
        for place, (_, word, span) in enumerate(found):
            while done < len(comments) and comments[done].span.start < span.start:
                line = comments[done].span.line
                own = line > last or bool(waiting)
                waiting.append(Note(comments[done].text, own, blank=line - last > 1))
                done, last = done + 1, line
            blank = span.line - last > 1 if blank is None else blank
            last = span.end_line
            number += place not in commas
            if place in commas or number in left_out:
                blank = blank if word in BEFORE else None
                continue
            is_empty = word in CLOSING and self.words[-1] in OPENING and len(waiting) == 1 and not waiting[0].own
            if waiting and word != "," and not is_empty:
                self.notes[len(self.words)] = waiting
                waiting = []
            self.words.append(word)
            self.spans.append(span)
            self.blank.append(blank)
            blank = None

    # Words

    @property
    def next(self) -> str:
        """The next word; the empty string at the end."""
        return self.words[self.place]

    def is_bracketed(self, node: ast.Node, words: int = 0) -> bool:
        """Whether brackets are around a node that begins here, or so many words further on."""
        return self._starts[self.place + words] < node.span.start

    def take(self, expected: str = "") -> Document:
        """The next word as it is, with its comments."""
        word = self.words[self.place]
        assert expected in ("", word), f"`{expected}` was to come, and not `{word}`"
        return self.take_as(word)

    def take_as(self, text: str) -> Document:
        """The next word in another spelling."""
        notes = self.notes.pop(self.place, None)
        self.place += 1
        return words(text) if notes is None else joined([*_comments(notes), words(text)])

    # Comments

    def comments(self) -> list[Document]:
        """The comments before the next word, so that they stay outside of what begins with it."""
        return _comments(self.notes.pop(self.place, ()))

    def between(self, gap: Break | Space) -> Document:
        """A blank or a place where a line may end, with the comments there: one that ends the line stands before it."""
        notes = self.notes.pop(self.place, None)
        if notes is None:
            return gap
        own = [note for note in notes if note.own]
        return joined([*_comments(notes[: len(notes) - len(own)]), gap, *_comments(own)])

    def between_elements(self) -> Document:
        """A place where a line may end, and the empty line there, if there is one."""
        notes = self.notes.get(self.place, ())
        own = [note for note in notes if note.own]
        blank = own[0].blank if own else self.blank[self.place]
        return self.between(Break(1, blank=blank))

    def dangling(self) -> list[Document]:
        """The comments before a closing bracket, each on a line of the size of what is in the brackets."""
        parts: list[Document] = []
        for note in self.notes.pop(self.place, ()):
            parts += [HARD, Comment(note.text, own=True)] if note.own else [Comment(note.text, own=False)]
        return parts

    def remark(self) -> str:
        """The comment that ends the line of the word before, taken out; the empty string where there is none."""
        notes = self.notes.get(self.place)
        if notes is None or notes[0].own:
            return ""
        if len(notes) > 1:
            self.notes[self.place] = notes[1:]
        else:
            del self.notes[self.place]
        return notes[0].text

    def is_one_line(self, first: int) -> bool:
        """Whether the words from ``first`` up to the next were on one line."""
        return self.spans[first].line == self.spans[self.place - 1].end_line

    def remarked(self, first: int, part: Document) -> Document:
        """A part of a list, whose first word was ``first``, with the comment that ends its line.

        What was alone on one line keeps its comment at its first line, if it is to have several: a comment that speaks to
        nslsm speaks of what begins on its line.
        """
        is_alone = self.spans[first - 1].end_line < self.spans[first].line and self.is_one_line(first)
        if self.place not in self.notes or not is_alone:
            return part
        remark = self.remark()
        return row(Beside(remark), part, END) if remark else part

    def place_behind(self, node: ast.Node) -> int:
        """The number of the word behind a node."""
        return bisect_left(self._starts, node.span.end)

    # Lists

    def opened(self, bracket: str, edge: Break, *, filled: bool = False) -> "List":
        """A list in brackets, of which the opening one is taken; blanks inside of them are the edge's."""
        return List(self, self.take(bracket), edge, filled=filled)


class List:
    """A list in the making: on one line, else with one element on each, or as many as fit where it is ``filled``."""

    def __init__(self, reader: Reader, bracket: Document, edge: Break, *, filled: bool) -> None:
        self._reader = reader
        self._bracket = bracket
        self._edge = edge
        self._filled = filled
        self._parts: list[Document] = []
        self._first: Document = edge if reader.next in CLOSING else reader.between(edge)
        self._start = reader.place

    def add(self, element: Document) -> None:
        """Add the element that was just read, and take the comma behind it."""
        reader = self._reader
        if reader.next == ",":
            element = row(element, reader.take(","))
        elif not self._filled:
            element = row(element, IfBroken(","))
        self._parts.append(element if self._filled else reader.remarked(self._start, element))
        if reader.next not in CLOSING:
            self._parts.append(reader.between(LINE) if self._filled else reader.between_elements())
        self._start = reader.place

    def closed(self, bracket: str) -> Document:
        """The whole list, its closing bracket taken."""
        last = self._reader.dangling()
        if not self._parts and not last:
            return row(self._bracket, self._reader.take(bracket))
        if not self._parts:
            return row(self._bracket, nest(*last), self._edge._replace(forced=True), self._reader.take(bracket))
        parts = [fill(self._parts)] if self._filled else self._parts
        inside = nest(self._first, *parts, *last)
        return group(self._bracket, inside, self._edge, self._reader.take(bracket))


def _comments(notes: Sequence[Note]) -> list[Document]:
    return [Comment(note.text, note.own) for note in notes]
