"""Attributes that note what is asked of them: so that it is known what an answer hung on, and when it is to be had again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, cast

from rpds import HashTrieMap

from nslsm.hooks.types import Unknown
from nslsm.kernel.state import Cells, CellsOfThing
from nslsm.protocol.things import Identity, Value

FILES: Final = Identity("file", "*", -1)
"""Stands for the question which files have attributes at all."""


class Kept(NamedTuple):
    """What a thing has of attributes, with a number: things that have the same number have the same."""

    number: int
    cells: CellsOfThing


class Notes:
    """What was asked about, in the order in which it first was."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        self.asked: dict[Identity, None] = {}


class Tracked:
    """Stands for the map of attributes in a state, on top of what ``kept`` has. Like that map it is never changed."""

    __slots__ = ("changed", "kept", "notes")

    def __init__(
        self,
        kept: Mapping[Identity, Kept],
        notes: Notes | None = None,
        changed: HashTrieMap[Identity, CellsOfThing | None] | None = None,
    ) -> None:
        self.kept = kept
        self.notes = Notes() if notes is None else notes
        self.changed: HashTrieMap[Identity, CellsOfThing | None] = HashTrieMap() if changed is None else changed

    def as_cells(self) -> Cells:
        """Itself, as what it stands for."""
        return cast("Cells", self)

    def __len__(self) -> int:
        """There may be some: nobody is to hang anything on it."""
        return 1

    def __iter__(self) -> Iterator[Identity]:
        """Those that have attributes; files beneath a directory are looked for in this way, and nothing else is."""
        self.notes.asked.setdefault(FILES)
        for thing in self.kept:
            if self._now(thing) is not None:
                yield thing
        for thing in self.changed:
            if thing not in self.kept and self.changed[thing] is not None:
                yield thing

    def __contains__(self, thing: Identity) -> bool:
        return self.get(thing) is not None

    def __getitem__(self, thing: Identity) -> CellsOfThing:
        found = self.get(thing)
        if found is None:
            raise KeyError(thing)
        return found

    def get(self, thing: Identity, default: CellsOfThing | None = None) -> CellsOfThing | None:
        """What a thing has."""
        self.notes.asked.setdefault(thing)
        found = self._now(thing)
        return default if found is None else found

    def insert(self, thing: Identity, of_thing: CellsOfThing) -> Tracked:
        """With other attributes for a thing."""
        self.notes.asked.setdefault(thing)
        return Tracked(self.kept, self.notes, self.changed.insert(thing, of_thing))

    def discard(self, thing: Identity) -> Tracked:
        """Without what a thing has."""
        self.notes.asked.setdefault(thing)
        return Tracked(self.kept, self.notes, self.changed.insert(thing, None))

    def _now(self, thing: Identity) -> CellsOfThing | None:
        if thing in self.changed:
            return self.changed[thing]
        found = self.kept.get(thing)
        return None if found is None else found.cells


class Numbers:
    """Numbers for what things have: the same one for the same attributes, as long as they are remembered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[object, Kept] = {}
        self._next = 1

    def kept(self, cells: CellsOfThing) -> Kept:
        """What a thing has, numbered; 0 is nobody's number."""
        key = frozenset((name, type(value), _told(value)) for name, value in cells.items())
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= self._most:
                self._known.clear()
            found = self._known[key] = Kept(self._next, cells)
            self._next += 1
        return found


def _told(value: Value | Unknown) -> object:
    """A value so that two are equal where nobody can tell them apart: True is not 1."""
    return frozenset((type(each), each) for each in value) if isinstance(value, frozenset) else value
