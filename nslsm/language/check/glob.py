r"""Globs as AppArmor has them, matched in linear time whatever the pattern.

==========  ==========================================================================================
``*``       any characters but ``/``; right behind a ``/`` and at the end of a name, at least one
``**``      any characters, ``/`` too; right behind a ``/`` and at the end, at least one, the first no ``/``
``?``       one byte that is no ``/``
``[a-z]``   one byte of the class
``[^a-z]``  one byte not of the class (``/`` may be)
``{a,b}``   one of the alternatives, which may be empty and may hold globs in turn
``\``        the next character stands for itself
==========  ==========================================================================================

So ``/a/*`` and ``/a/**`` do not match ``/a/``, but ``/a/*.conf`` matches ``/a/.conf`` (apparmor.d(5), and the answers of
AppArmor's own compiler). Paths are bytes to the kernel, so ``?`` takes one byte of a letter that has several.
"""

import re
from collections.abc import Iterator
from typing import Final

from nslsm.language.check.glob_automaton import ANY, NOT_SLASH, Automaton, Matcher, Piece

MAX_GLOB: Final = 4096
"""Characters that a glob may have: PATH_MAX, beyond which no path could match it."""

MAX_GLOB_NESTING: Final = 50
"""How deep groups may stand in groups."""

_PLAIN: Final = re.compile(r"[^*?\[{},\\\u0080-\U0010ffff]+")
"""Characters that stand for themselves, each for one byte."""


class GlobError(ValueError):
    """A glob that cannot be read. ``offset`` is the character of the pattern where it goes wrong."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Glob:
    """A compiled glob; equal to another of the same text.

    >>> Glob("/etc/*.conf").matches("/etc/nslsm.conf"), Glob("/etc/*.conf").matches("/etc/a/b.conf")
    (True, False)
    >>> Glob("/srv/{phi,lab}/**").prefix, Glob("/etc/passwd").exact
    ('/srv/', '/etc/passwd')
    """

    __slots__ = ("_automaton", "_matcher", "exact", "prefix", "text")

    text: str
    prefix: str
    """What every match begins with: the pattern up to its first wildcard, escapes resolved."""
    exact: str | None
    """The one path that matches, where the pattern has no wildcard."""

    def __init__(self, text: str) -> None:
        """Raises :class:`GlobError`, which says what is wrong and where."""
        automaton = _Reader(text).read()
        self.text = text
        literal, is_all = automaton.literal_prefix(plain[0].encode() if (plain := _PLAIN.match(text)) else b"")
        self.prefix = _decode(literal)
        self.exact = self.prefix if is_all else None
        self._automaton = automaton
        self._matcher: Matcher | None = None

    @property
    def automaton(self) -> Automaton:
        """What the pattern was read into."""
        return self._automaton

    def matches(self, path: str) -> bool:
        """Whether the whole of ``path`` matches. Time is linear in its length, and bounded in the pattern's."""
        if self.exact is not None:
            return path == self.exact
        if not path.startswith(self.prefix):
            return False
        if self._matcher is None:
            self._matcher = Matcher(self._automaton)
        return self._matcher.matches(encoded(path))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Glob) and other.text == self.text

    def __hash__(self) -> int:
        return hash((Glob, self.text))

    def __repr__(self) -> str:
        return f"Glob({self.text!r})"

    def __reduce__(self) -> tuple[type["Glob"], tuple[str]]:
        return Glob, (self.text,)


def disjoint(one: Glob, other: Glob) -> bool:
    """Whether certainly no path matches both: True is a proof, False is not.

    >>> disjoint(Glob("/a/**"), Glob("/b/**")), disjoint(Glob("/a/*"), Glob("/**"))
    (True, False)
    """
    if one.exact is not None:
        return not other.matches(one.exact)
    if other.exact is not None:
        return not one.matches(other.exact)
    return not (one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix))


def encoded(text: str) -> bytes:
    """A path as the kernel has it: bytes."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


class _Reader:
    """Reads a pattern from left to right into an automaton."""

    def __init__(self, text: str) -> None:
        if not text:
            raise GlobError("an empty glob matches nothing", 0)
        if len(text) > MAX_GLOB:
            raise GlobError(f"the glob has {len(text)} characters, more than the limit of {MAX_GLOB}", MAX_GLOB)
        self._text = text
        self._at = 0
        self._automaton = Automaton()

    def read(self) -> Automaton:
        whole = self._sequence(0)
        if self._at < len(self._text):
            raise GlobError("this `}` closes no group; write `\\}` for the character", self._at)
        self._automaton.finish(whole)
        return self._automaton

    def _sequence(self, depth: int) -> Piece:
        """Everything up to the end, or up to the ``,`` or ``}`` that ends an alternative."""
        piece = self._automaton.empty()
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "}" or (character == "," and depth > 0):
                break
            for part in self._part(character, depth):
                piece = self._automaton.follow(piece, part)
        return piece

    def _part(self, character: str, depth: int) -> Iterator[Piece]:
        match character:
            case "*":
                yield from self._stars()
            case "?":
                self._at += 1
                yield self._automaton.one(NOT_SLASH)
            case "[":
                yield self._automaton.one(self._class())
            case "{":
                yield self._group(depth + 1)
            case _:
                yield self._automaton.literal(encoded(self._literal()))

    def _literal(self) -> str:
        """The next character, or all up to the next that could mean something."""
        plain = _PLAIN.match(self._text, self._at)
        if plain is None:
            return self._character()
        self._at = plain.end()
        return plain[0]

    def _character(self) -> str:
        """One character that stands for itself, with or without a backslash."""
        character = self._text[self._at]
        if character == "\\":
            if self._at + 1 == len(self._text):
                raise GlobError("the backslash at the end escapes nothing", self._at)
            self._at += 1
            character = self._text[self._at]
        self._at += 1
        return character

    def _stars(self) -> Iterator[Piece]:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] == "*":
            self._at += 1
        whole_name = start > 0 and self._text[start - 1] == "/"
        if whole_name and self._text[self._at : self._at + 1] in ("", "/"):
            yield self._automaton.one(NOT_SLASH)
        yield self._automaton.many(ANY if self._at - start > 1 else NOT_SLASH)

    def _class(self) -> int:
        """``[…]``, as the set of bytes that it takes."""
        start = self._at
        self._at += 1
        negated = self._text[self._at : self._at + 1] == "^"
        self._at += negated
        if self._text[self._at : self._at + 1] == "!":
            raise GlobError("a class is negated by `^`; write `\\!` for the character", self._at)
        allowed = 0
        while self._text[self._at : self._at + 1] != "]":
            allowed |= self._range(start)
        self._at += 1
        if not allowed:
            raise GlobError("the class is empty", start)
        return ANY & ~allowed if negated else allowed

    def _range(self, start: int) -> int:
        """One character of a class, or a range."""
        at = self._at
        first = self._class_member(start)
        if self._text[self._at : self._at + 1] != "-" or self._text[self._at + 1 : self._at + 2] in ("]", ""):
            return 1 << first
        self._at += 1
        last = self._class_member(start)
        if last < first:
            raise GlobError(f"the range `{self._text[at : self._at]}` runs backwards", at)
        return (1 << (last + 1)) - (1 << first)

    def _class_member(self, start: int) -> int:
        if self._at >= len(self._text):
            raise GlobError("this `[` is never closed; write `\\[` for the character", start)
        at = self._at
        character = self._character()
        if not character.isascii():
            raise GlobError("a class holds ASCII characters only; write a group such as `{ä,ö}`", at)
        return ord(character)

    def _group(self, depth: int) -> Piece:
        start = self._at
        if depth > MAX_GLOB_NESTING:
            raise GlobError(f"groups are nested deeper than the limit of {MAX_GLOB_NESTING}", start)
        alternatives = []
        while True:
            self._at += 1
            alternatives.append(self._sequence(depth))
            if self._at >= len(self._text):
                raise GlobError("this `{` is never closed; write `\\{` for the character", start)
            if self._text[self._at] == "}":
                break
        self._at += 1
        if len(alternatives) < 2:
            raise GlobError("a group needs two alternatives or more, with `,` between them", start)
        return self._automaton.either(alternatives)
