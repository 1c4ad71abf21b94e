"""The automaton behind a glob: one position for each byte that a pattern can consume, sets of positions as integers.

Glushkov's construction: no position is ever copied, so an automaton is as large as its pattern. A matcher steps through the
text once. It remembers the steps that it has taken (a deterministic automaton, made as needed and bounded); where there are
too many of those, it computes each step, so that time stays linear in the text whatever the pattern.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

ANY: Final = (1 << 256) - 1
"""The class of all bytes: bit b stands for byte b."""

NOT_SLASH: Final = ANY & ~(1 << ord("/"))
"""The class of all bytes but ``/``."""

MAX_REMEMBERED: Final = 2048
"""How many steps one matcher remembers before it forgets them all."""

_CHUNK: Final = 8
_CLASS_OF: Final = tuple(1 << byte for byte in range(256))
_BYTE_OF: Final = {class_: byte for byte, class_ in enumerate(_CLASS_OF)}


class Piece(NamedTuple):
    """A part of a pattern: where it can begin and end, as sets of positions, and whether it can be empty."""

    first: int
    last: int
    empty: bool


class Automaton:
    """Positions with the bytes that they take and the positions that can follow. Position 0 is the start."""

    __slots__ = ("_accepting", "classes", "follows")

    def __init__(self) -> None:
        self.classes: list[int] = [0]
        self.follows: list[int] = [0]
        self._accepting = 0

    @property
    def accepting(self) -> int:
        """The positions in which a text may end."""
        return self._accepting

    def empty(self) -> Piece:
        """The pattern that takes nothing."""
        return Piece(0, 0, empty=True)

    def one(self, bytes_: int) -> Piece:
        """One byte of a class."""
        self.classes.append(bytes_)
        self.follows.append(0)
        position = 1 << (len(self.classes) - 1)
        return Piece(position, position, empty=False)

    def literal(self, data: bytes) -> Piece:
        """These bytes, one behind the other."""
        start = len(self.classes)
        self.classes.extend([_CLASS_OF[byte] for byte in data])
        self.follows.extend([1 << position for position in range(start + 1, start + len(data))])
        self.follows.append(0)
        return Piece(1 << start, 1 << (start + len(data) - 1), empty=False)

    def many(self, bytes_: int) -> Piece:
        """Any number of bytes of a class."""
        piece = self.one(bytes_)
        self.follows[-1] = piece.first
        return Piece(piece.first, piece.last, empty=True)

    def follow(self, left: Piece, right: Piece) -> Piece:
        """``left``, then ``right``."""
        for position in members(left.last):
            self.follows[position] |= right.first
        return Piece(
            left.first | right.first if left.empty else left.first,
            left.last | right.last if right.empty else right.last,
            left.empty and right.empty,
        )

    def either(self, pieces: Iterable[Piece]) -> Piece:
        """Any one of the pieces."""
        first = last = 0
        empty = False
        for piece in pieces:
            first, last, empty = first | piece.first, last | piece.last, empty or piece.empty
        return Piece(first, last, empty)

    def finish(self, whole: Piece) -> None:
        """The pattern is complete."""
        self.follows[0] = whole.first
        self._accepting = whole.last | whole.empty

    def literal_prefix(self, known: bytes = b"") -> tuple[bytes, bool]:
        """The bytes with which every match begins, and whether they are all that matches.

        ``known`` are some of them, by what the pattern begins with.
        """
        found = bytearray(known)
        position = len(known)
        follows, classes, accepting = self.follows, self.classes, self._accepting
        while not accepting >> position & 1:
            following = follows[position]
            if not following or following & following - 1:
                break
            position = following.bit_length() - 1
            byte = _BYTE_OF.get(classes[position])
            if byte is None:
                break
            found.append(byte)
        # A character of several bytes may be cut where alternatives part: keep whole characters only.
        while found and not _is_whole(found):
            found.pop()
        return bytes(found), len(found) == len(classes) - 1 and accepting.bit_count() == 1


def _is_whole(data: bytearray) -> bool:
    """Whether the data do not end within a character of several bytes."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return True
        if byte >= 0xC0:
            return back == (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4)
    return True


class Matcher:
    """Runs an automaton over texts."""

    __slots__ = ("_accepting", "_classes", "_followers", "_remembered", "_rows", "_takers")

    def __init__(self, automaton: Automaton) -> None:
        self._accepting = automaton.accepting
        self._rows = automaton.follows
        self._followers: list[dict[int, int]] = [{} for _ in range(0, len(automaton.classes), _CHUNK)]
        self._remembered: dict[tuple[int, int], int] = {}
        self._classes, self._takers = byte_classes(automaton.classes)

    def matches(self, text: bytes) -> bool:
        """Whether the automaton takes the whole of ``text``."""
        remembered = self._remembered
        state = 1
        for symbol in text.translate(self._classes):
            following = remembered.get((state, symbol))
            if following is None:
                following = self._step(state, symbol)
            if not following:
                return False
            state = following
        return bool(state & self._accepting)

    def _step(self, state: int, symbol: int) -> int:
        """The positions after ``state`` takes a byte of the class ``symbol``: time in the pattern's size only."""
        reached = 0
        rest = state
        for chunk, known in enumerate(self._followers):
            bits = rest & ((1 << _CHUNK) - 1)
            if bits:
                if bits not in known:
                    known[bits] = self._union(chunk * _CHUNK, bits)
                reached |= known[bits]
            rest >>= _CHUNK
            if not rest:
                break
        reached &= self._takers[symbol]
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[state, symbol] = reached
        return reached

    def _union(self, base: int, bits: int) -> int:
        union = 0
        for offset in members(bits):
            union |= self._rows[base + offset]
        return union


def byte_classes(classes: list[int]) -> tuple[bytes, list[int]]:
    """A table from byte to class of bytes that no position tells apart, and for each class the positions that take it."""
    positions: dict[int, int] = {ANY: 0, NOT_SLASH: 0}
    for position, class_ in enumerate(classes):
        positions[class_] = positions.get(class_, 0) | 1 << position
    everywhere = positions.pop(ANY)
    takers = [everywhere | positions.pop(NOT_SLASH)] * 256
    takers[ord("/")] = everywhere
    for class_, takes in positions.items():
        for byte in members(class_):
            takers[byte] |= takes
    numbers: dict[int, int] = {}
    table = bytes(numbers.setdefault(takes, len(numbers)) for takes in takers)
    return table, list(numbers)


def members(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, lowest first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
