"""What a kernel does with attributes, written down without there being any: passed on at fork, moved, dropped (Model M3.3).

The kernel's handlers know nothing of policies, and yet they carry attributes along: a child has its maker's, a renamed file
keeps its own, what ends takes them with it. They do it on the map in the state. While a recording is encoded, a journal
stands in that map's place and notes each step; :func:`played` does the same to the attributes of any policy later.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple, TypeAlias, cast

from nslsm.kernel.state import Cells, CellsOfThing, moved_cells
from nslsm.protocol.things import Identity

Note: TypeAlias = tuple[Any, ...]
"""One step: its letter, and the identities that it is about."""


class Token(NamedTuple):
    """What a thing has of attributes, or two things together, ``over`` on top: known when the notes are played."""

    read: int
    over: int | None = None

    def update(self, other: "Token") -> "Token":
        """These attributes with another's on top."""
        return Token(self.read, other.read)


_reads = count()


class Journal:
    """Stands for the map of attributes; each change makes another journal with one note more."""

    __slots__ = ("notes",)

    def __init__(self, notes: tuple[Note, ...] = ()) -> None:
        self.notes = notes

    def __len__(self) -> int:
        """There may be some."""
        return 1

    def __iter__(self) -> Iterator[Identity]:
        """Those beneath a directory that is renamed are looked for: which they are is known later."""
        self.notes = (*self.notes, ("beneath",))
        return iter(())

    def __contains__(self, thing: Identity) -> bool:
        self.notes = (*self.notes, ("has", thing))
        return True

    def __getitem__(self, thing: Identity) -> Token:
        """Reading is noted here, for the map stays who it is."""
        token = Token(next(_reads))
        self.notes = (*self.notes, ("read", thing, token.read))
        return token

    def get(self, thing: Identity) -> Token:
        """What a thing has."""
        return self[thing]

    def discard(self, thing: Identity) -> "Journal":
        """Without what a thing has."""
        return Journal((*self.notes, ("drop", thing)))

    def insert(self, thing: Identity, token: Token) -> "Journal":
        """With another's on a thing."""
        return Journal((*self.notes, ("put", thing, token.read, token.over)))

    def steps(self) -> tuple[Note, ...]:
        """The notes as they are to be played, what was only asked left out; reads by their place among the reads.

        AssertionError where the kernel asked whether something has attributes, and did not move them: what it would have done
        otherwise is not noted.
        """
        return tuple(_settled(list(self.notes)))


def _settled(notes: list[Note]) -> Iterator[Note]:
    places: dict[int, int] = {}
    while notes:
        match notes.pop(0):
            case ("beneath",):
                moves = _moves(notes)
                for _, _, read in moves:
                    places[read] = len(places)
                yield "move", tuple((old, new) for old, new, _ in moves)
            case ("has", mine):
                theirs = _joining(mine, notes)
                if theirs is not None:
                    del notes[:4]
                    yield "join", mine, theirs
                elif not notes or notes[0][:2] != ("read", mine):
                    raise AssertionError(f"asked whether {mine} has attributes, and did not take them")
            case ("read", thing, read):
                places[read] = len(places)
                yield "read", thing
            case ("put", thing, read, over):
                yield "put", thing, places[read], None if over is None else places[over]
            case note:
                yield note


def _joining(mine: Identity, following: list[Note]) -> Identity | None:
    """``_joined``: a process turns out to be a thread; its attributes are that process's, unless it has some. Which process?"""
    match following[:4]:
        case [("has", theirs), ("has", again), ("read", taken, _), ("drop", gone)] if theirs != mine:
            if again == taken == gone == mine:
                return cast("Identity", theirs)
    return None


def _moves(notes: list[Note]) -> list[tuple[Identity, Identity | None, int]]:
    """The notes of one move of several things, taken out: from, to, and which read it was."""
    taken: dict[int, Identity] = {}
    while notes and notes[0][0] in ("has", "read"):
        note = notes.pop(0)
        if note[0] == "read":
            taken[note[2]] = note[1]
    for _ in taken:
        assert notes.pop(0)[0] == "drop"
    put: dict[int, Identity] = {}
    while notes and notes[0][0] == "put" and notes[0][2] in taken:
        note = notes.pop(0)
        put[note[2]] = note[1]
    return [(old, put.get(read), read) for read, old in taken.items()]


def played(cells: Cells, steps: Sequence[Sequence[Any]], identity: Callable[[Any], Identity]) -> Cells:
    """The attributes after what a kernel did with them; ``identity`` of what stands in the steps."""
    reads: dict[int, CellsOfThing | None] = {}
    for step in steps:
        match step:
            case ("read", thing):
                reads[len(reads)] = cells.get(identity(thing))
            case ("drop", thing):
                cells = cells.discard(identity(thing))
            case ("put", thing, read, None):
                known = reads[read]
                cells = cells if known is None else cells.insert(identity(thing), known)
            case ("put", thing, read, over):
                known, own = reads[read], reads[over]
                if known is not None:
                    cells = cells.insert(identity(thing), known if own is None else known.update(own))
            case ("join", mine, theirs):
                cells = _joined(cells, identity(mine), identity(theirs))
            case ("move", moves):
                for old, _ in moves:
                    reads[len(reads)] = cells.get(identity(old))
                renamed = {identity(old): None if new is None else identity(new) for old, new in moves}
                cells = moved_cells(cells, renamed, trees=True)
            case _:
                raise ValueError(f"{step!r:.60} is no step")
    return cells


def _joined(cells: Cells, mine: Identity, theirs: Identity) -> Cells:
    return moved_cells(cells, {mine: None if theirs in cells else theirs}) if mine in cells else cells
