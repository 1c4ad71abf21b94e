"""JSON as values that know where they stand. A name that stands twice in an object is an error, as is all that is no JSON."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from nslsm.diagnostics import Code, DiagnosticError, Sources, Span
from nslsm.importers.oci.codes import LIMIT, SYNTAX, UNREADABLE, VALUE

MAX_BYTES: Final = 16 * 1024 * 1024
"""How large a file may be."""
MAX_DEPTH: Final = 64
"""How deep objects and lists may nest."""
MAX_INTEGER: Final = 2**64 - 1

Content: TypeAlias = "str | int | float | bool | tuple[Node, ...] | Mapping[str, Node] | None"
_T = TypeVar("_T")

_BLANK: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:(\.[0-9]+)|([eE][+-]?[0-9]+)){0,2}")
_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}
_NAMES: Final = {
    str: "a text", bool: "true or false", int: "a whole number", tuple: "a list", dict: "an object",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value with its place, and the way to it: ``process.user.uid``."""

    document: "Document"
    content: Content
    start: int
    end: int
    path: str

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.document.span(self.start, self.end)

    def error(self, message: str, code: Code = VALUE) -> DiagnosticError:
        """An error at the value."""
        return DiagnosticError([code.at(self.span, f"`{self.path}`: {message}")], self.document.sources)

    def _as(self, kind: type[_T]) -> _T:
        if not isinstance(self.content, kind) or (kind is int and isinstance(self.content, bool)):
            raise self.error(f"this is to be {_NAMES[kind]}")
        return self.content

    def text(self) -> str:
        """The text that it is."""
        return self._as(str)

    def flag(self) -> bool:
        """Whether it is true."""
        return self._as(bool)

    def number(self, least: int = 0, most: int = MAX_INTEGER) -> int:
        """The whole number that it is, between two others."""
        found = self._as(int)
        if not least <= found <= most:
            raise self.error(f"this is not between {least} and {most}")
        return found

    def items(self) -> tuple["Node", ...]:
        """The values of a list."""
        return self._as(tuple)

    def texts(self) -> tuple[str, ...]:
        """The texts of a list."""
        return tuple(each.text() for each in self.items())

    def members(self) -> Mapping[str, "Node"]:
        """The values of an object, by name."""
        return self._as(dict)

    def get(self, name: str) -> "Node | None":
        """A member of an object; None where it lacks it, or has null there."""
        found = self.members().get(name)
        return None if found is None or found.content is None else found

    def find(self, *names: str) -> "Node | None":
        """A member of a member, and so on."""
        node: Node | None = self
        for name in names:
            node = None if node is None else node.get(name)
        return node

    def each(self, *names: str) -> Iterator["Node"]:
        """The values of the list that is found there; none where there is no such list."""
        node = self.find(*names)
        yield from () if node is None else node.items()


@dataclass(slots=True)
class Document:
    """A text that is being read."""

    name: str
    text: str = field(repr=False)
    _at: int = 0
    _starts: list[int] = field(default_factory=list, repr=False)

    @property
    def sources(self) -> Sources:
        """The text, for excerpts."""
        return Sources({self.name: self.text})

    def span(self, start: int, end: int) -> Span:
        """The place of some characters."""
        if not self._starts:
            self._starts.extend([0, *(found.end() for found in re.finditer("\n", self.text))])
        line, last = bisect_right(self._starts, start), bisect_right(self._starts, end)
        return Span(
            self.name, line, start - self._starts[line - 1] + 1, last, end - self._starts[last - 1] + 1, start, end
        )

    def _wrong(self, message: str, start: int, code: Code = SYNTAX) -> DiagnosticError:
        return DiagnosticError([code.at(self.span(start, min(start + 1, len(self.text))), message)], self.sources)

    def read(self) -> Node:
        """The one value that the text is."""
        found = self._value("", 0)
        self._blank()
        if self._at < len(self.text):
            raise self._wrong("something follows behind the end", self._at)
        return found

    def _blank(self) -> str:
        found = _BLANK.match(self.text, self._at)
        assert found is not None
        self._at = found.end()
        return self.text[self._at : self._at + 1]

    def _value(self, path: str, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._wrong(f"values nest deeper than {MAX_DEPTH} levels", self._at, LIMIT)
        first, start = self._blank(), self._at
        content: Content
        if first == "{":
            content = self._object(path, depth)
        elif first == "[":
            content = self._list(path, depth)
        elif first == '"':
            content = self._string()
        else:
            content = self._plain()
        return Node(self, content, start, self._at, path or "the document")

    def _object(self, path: str, depth: int) -> Mapping[str, Node]:
        made: dict[str, Node] = {}
        self._at += 1
        first = self._blank()
        while first != "}":
            if first != '"':
                raise self._wrong("here a name in quotes is to stand", self._at)
            start = self._at
            name = self._string()
            if name in made:
                raise self._wrong(f"`{name}` stands twice in one object", start)
            if self._blank() != ":":
                raise self._wrong("here a colon is to stand", self._at)
            self._at += 1
            made[name] = self._value(f"{path}.{name}" if path else name, depth + 1)
            first = self._next("}")
        self._at += 1
        return made

    def _list(self, path: str, depth: int) -> tuple[Node, ...]:
        made: list[Node] = []
        self._at += 1
        first = self._blank()
        while first != "]":
            made.append(self._value(f"{path}[{len(made)}]", depth + 1))
            first = self._next("]")
        self._at += 1
        return tuple(made)

    def _next(self, closing: str) -> str:
        """What follows behind a value in an object or a list: the end, or behind a comma the beginning of another."""
        first = self._blank()
        if first == closing:
            return first
        if first != ",":
            raise self._wrong(f"here a comma or `{closing}` is to stand", self._at)
        self._at += 1
        first = self._blank()
        if first == closing:
            raise self._wrong("nothing follows behind the comma", self._at)
        return first

    def _string(self) -> str:
        made: str
        try:
            made, self._at = scanstring(self.text, self._at + 1, True)
        except JSONDecodeError as error:
            raise self._wrong(f"this text is malformed: {error.msg.lower()}", error.pos) from None
        return made

    def _plain(self) -> int | float | bool | None:
        for word, value in _WORDS.items():
            if self.text.startswith(word, self._at):
                self._at += len(word)
                return value
        found = _NUMBER.match(self.text, self._at)
        if found is None:
            raise self._wrong("here a value is to stand", self._at)
        if found.end() - found.start() > 40:
            raise self._wrong("this number is too long", self._at, LIMIT)
        self._at = found.end()
        return float(found[0]) if found[1] or found[2] else int(found[0])


def read(path: Path) -> Node:
    """The document in a file; :class:`~nslsm.diagnostics.DiagnosticError` where it cannot be used."""
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DiagnosticError([UNREADABLE.at(None, f"`{name}` cannot be read: {reason}")]) from None
    if len(data) > MAX_BYTES:
        raise DiagnosticError([LIMIT.at(None, f"`{name}` is larger than {MAX_BYTES // 2**20} MiB")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise DiagnosticError([UNREADABLE.at(None, f"`{name}` is no UTF-8 text")]) from None
    return Document(name, text).read()
