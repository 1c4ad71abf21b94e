"""What rows have come to, remembered by everything that it hung on: who asked, what was asked, and what was found on the way.

A row is judged on attributes that note what is asked of them (:mod:`nslsm.columns.tracked`). Which thing is asked about next
hangs only on what was found so far. So what was found, in this order, leads to what the row came to, and to what it set; a row
that finds the same comes to the same. Things are known by their place in the row (*the subject*, *the second thing*), so that
rows about different things have one memory.
"""

from dataclasses import replace
from math import isnan
from typing import Final, NamedTuple, TypeAlias

from nslsm.columns.outcomes import OPEN, Outcomes
from nslsm.columns.program import classed
from nslsm.columns.reach import Reach
from nslsm.columns.read import Numbers as Piece
from nslsm.columns.read import Recorded
from nslsm.columns.replay import Library
from nslsm.columns.stage import Event, Stage
from nslsm.columns.tracked import FILES, Kept, Numbers, Tracked
from nslsm.engine.flattened import flattened
from nslsm.engine.path_classes import PathClasses
from nslsm.protocol.things import Identity, NamespaceId
from nslsm.simulation.replay import Judged

KEPT: Final = 1 << 16
"""So many ends of ways are remembered at a time, and so many different attributes of a thing."""
NOTHING: Final = 0
"""The number of what a thing has that has no attributes."""
SOMETHING: Final = -1
"""What is found by who asks which files have attributes, where any has: then a row is judged again each time."""

Reference: TypeAlias = int | Identity
"""A thing by its place in the row, 0 being the subject, or as it is."""
Variable: TypeAlias = Identity | NamespaceId
"""What a row may leave to those after it: the attributes of a thing, the namespace of a place."""


class End(NamedTuple):
    """What a row comes to."""

    outcome: int
    """OPEN where that tells of what exactly was asked, so that each program has an end of its own."""
    writes: tuple[tuple[Reference, Kept | None], ...]
    home: NamespaceId
    """Where the acting task is afterwards."""
    asked: tuple[Reference, ...]


class Fork:
    """A thing whose attributes are asked about, and how it goes on by their number."""

    __slots__ = ("thing", "ways")

    def __init__(self, thing: Reference) -> None:
        self.thing = thing
        self.ways: dict[int, Fork | End] = {}


class Row(NamedTuple):
    """A kind of rows: what of them is the same in all."""

    key: tuple[object, ...]
    program: int
    places: tuple[int, ...]
    new_place: int | None
    things: tuple[Identity, ...]
    """By their place in the row."""
    references: dict[Identity, int]

    def thing(self, reference: Reference) -> Identity:
        """The thing that is meant."""
        return self.things[reference] if isinstance(reference, int) else reference


class Acted(NamedTuple):
    """What a row came to, and what that hung on; ``lasting`` where it hangs on more than can be said."""

    outcome: int
    hung_on: tuple[Variable, ...]
    changed: bool
    again: bool
    """It is to be judged again each time."""


class Memory:
    """What rows have come to, and what they have left."""

    def __init__(self, stage: Stage, reach: Reach, library: Library, outcomes: Outcomes) -> None:
        self.stage, self.reach, self.library, self.outcomes = stage, reach, library, outcomes
        self.cells: dict[Identity, Kept] = {}
        self.files = 0
        """How many files have attributes."""
        self.touched: list[Variable] = []
        """What has been changed, since somebody looked."""
        stage.composition = flattened(stage.composition)
        self._numbers = Numbers(KEPT)
        self._ways: dict[tuple[object, ...], Fork | End] = {}
        self._ends = 0
        self._paths = None if reach.tests is None else PathClasses(reach.tests)
        self._programs: dict[int, str] = {}
        self._settled: dict[tuple[object, ...], int] = {}

    def class_of(self, program: int) -> object:
        """What was asked, as far as a policy can tell: paths by the tests that they pass."""
        if self._paths is None:
            return program
        known = self._programs.get(program)
        if known is None:
            if len(self._programs) >= KEPT:
                self._programs.clear()
            known = self._programs[program] = classed(self.library.texts[program], self._paths)
        return known

    def judged_once(self, kind: tuple[object, ...], recorded: Recorded, piece: Piece, place: int, sequence: int) -> int:
        """What a row of a settled policy comes to; ``kind`` is what it hangs on beside what was asked."""
        key = (kind, self.class_of(int(piece.of["program"][place])))
        outcome = self._settled.get(key, OPEN)
        if outcome == OPEN:
            outcome = self.judged(recorded, piece, place, sequence)
            if not self.outcomes.is_named(outcome):
                if len(self._settled) >= KEPT:
                    self._settled.clear()
                self._settled[key] = outcome
        return outcome

    def judged(self, recorded: Recorded, piece: Piece, place: int, sequence: int) -> int:
        """What a row comes to, judged as it stands."""
        judged = self.stage.judge(self._event(recorded, piece, place, sequence))
        known = len(self.outcomes)
        number = self.outcomes.number(judged)
        if number == known:
            self._dated(number, recorded, piece, place)
        return number

    def _event(self, recorded: Recorded, piece: Piece, place: int, sequence: int) -> Event:
        """A row, but for what no answer hangs on: when it was, and what it returned."""
        of = piece.of
        things = of["things"][place] if "things" in of else recorded.column(piece.batch, "things")[piece.offset + place]
        return Event(
            sequence=sequence,
            line=0,
            time=None,
            result=0,
            subject=self.library.subject(int(of["subject"][place])),
            program=self.library.program(int(of["program"][place])),
            things=self.library.things(int(things)),
            meanwhile=None,
        )

    def in_full(self, recorded: Recorded, piece: Piece, place: int, sequence: int) -> Judged:
        """A row of a settled policy, judged with all that it says."""
        event = self._event(recorded, piece, place, sequence)
        line, time = self._when(recorded, piece, place)
        result = int(recorded.column(piece.batch, "result")[piece.offset + place])
        return self.stage.judge(event._replace(line=line, time=time, result=result))

    def _when(self, recorded: Recorded, piece: Piece, place: int) -> tuple[int, float | None]:
        at = piece.offset + place
        time = float(recorded.column(piece.batch, "time")[at])
        return int(recorded.column(piece.batch, "line")[at]), None if isnan(time) else time

    def _dated(self, number: int, recorded: Recorded, piece: Piece, place: int) -> None:
        """Say of a denial that was never seen before on which line it was, and when."""
        share = self.outcomes.shares[number]
        assert share is not None
        if share.denial is not None:
            line, time = self._when(recorded, piece, place)
            self.outcomes.shares[number] = share._replace(denial=replace(share.denial, line=line, time=time))

    # In the order of the rows

    def kind(self, subject: int, program: int, things: int) -> Row:
        """What is the same in all rows of a kind; the entries are those of one of them."""
        task, found = self.library.subject(subject), self.library.things(things)
        facts: tuple[object, ...] = self.reach.of_subject(task)
        if self.reach.identities:
            facts = (*facts, task.pid, task.tgid, task.ppid, found.identities)
        elif self.library.program(program).is_related:
            facts = (*facts, task.tgid)
        identities: tuple[Identity, ...] = (task.identity, *found.identities) if self.reach.lasting else ()
        references = {identity: place for place, identity in enumerate(identities)}
        if len(references) < len(identities):
            facts, references = (*facts, identities), {}
        new = found.new_place
        key = (self.class_of(program), facts, new is not None, tuple(place == new for place in found.places))
        return Row(key, program, (task.home, *found.places), new, identities, references)

    def act(self, row: Row, recorded: Recorded, piece: Piece, place: int, sequence: int) -> Acted:
        """What the next row comes to, on what those before it have left; what it leaves is left."""
        homes = self.stage.homes
        key = (row.key, tuple([homes.get(each) for each in row.places]))
        end = self._end(row, key)
        if end is not None and end.outcome == OPEN:
            end = self._end(row, (*key, row.program))
        if end is not None:
            return self._again(row, end)
        return self._first(row, key, recorded, piece, place, sequence)

    def _end(self, row: Row, key: tuple[object, ...]) -> End | None:
        """Where the way leads that a row goes; None where nobody has gone it."""
        way = self._ways.get(key)
        while isinstance(way, Fork):
            way = way.ways.get(self._found(row.thing(way.thing)))
        return way

    def _found(self, thing: Identity) -> int:
        """The number of what a thing has."""
        if thing == FILES:
            return SOMETHING if self.files else NOTHING
        kept = self.cells.get(thing)
        return NOTHING if kept is None else kept.number

    def _again(self, row: Row, end: End) -> Acted:
        for reference, kept in end.writes:
            self._put(row.thing(reference), kept)
        if row.new_place is not None:
            self._house(row.new_place, end.home)
        return self._acted(row, end.outcome, tuple([row.thing(each) for each in end.asked]), again=False)

    def _first(
        self, row: Row, key: tuple[object, ...], recorded: Recorded, piece: Piece, place: int, sequence: int
    ) -> Acted:
        stage, new = self.stage, row.new_place
        housed = None if new is None else stage.homes.get(new)
        tracked = Tracked(self.cells)
        if self.reach.lasting:
            stage.cells = tracked.as_cells()
        outcome = self.judged(recorded, piece, place, sequence)
        asked = tuple(tracked.notes.asked)
        again = FILES in tracked.notes.asked and self.files > 0
        found = [self._found(thing) for thing in asked]
        writes = self._written()
        home = NOTHING
        if new is not None:
            home = stage.homes[new]
            if housed != home:
                self.touched.append(new)
        if not again:
            references = tuple(row.references.get(thing, thing) for thing in asked)
            left = tuple((row.references.get(thing, thing), kept) for thing, kept in writes)
            end = End(outcome, left, home, references)
            if self.outcomes.is_named(outcome):
                self._remember((*key, row.program), references, found, end)
                end = end._replace(outcome=OPEN)
            self._remember(key, references, found, end)
        for thing, kept in writes:
            self._put(thing, kept)
        return self._acted(row, outcome, asked, again=again)

    def _acted(self, row: Row, outcome: int, asked: tuple[Identity, ...], *, again: bool) -> Acted:
        places = row.places if row.new_place is None else (*row.places, row.new_place)
        return Acted(outcome, (*asked, *places), changed=bool(self.touched), again=again)

    def pass_by(self, number: int) -> Acted:
        """What happened between two rows, from the entry of that number."""
        meanwhile, stage = self.library.meanwhile(number), self.stage
        before = {place: stage.homes.get(place) for place, _, _ in meanwhile.placed}
        tracked = Tracked(self.cells)
        if self.reach.lasting:
            stage.cells = tracked.as_cells()
        stage.pass_by(meanwhile)
        again = FILES in tracked.notes.asked and self.files > 0
        for thing, kept in self._written():
            self._put(thing, kept)
        self.touched += (place for place, home in before.items() if stage.homes[place] != home)
        others = (each for place, _, other in meanwhile.placed for each in (place, other))
        return Acted(0, (*tracked.notes.asked, *others), changed=bool(self.touched), again=again)

    def _written(self) -> list[tuple[Identity, Kept | None]]:
        """What the stage has been left with."""
        after = self.stage.cells
        if not isinstance(after, Tracked):
            return []
        return [(thing, None if cells is None else self._numbers.kept(cells)) for thing, cells in after.changed.items()]

    def _put(self, thing: Identity, kept: Kept | None) -> None:
        known = self.cells.get(thing)
        if (None if known is None else known.number) == (None if kept is None else kept.number):
            return
        if kept is None:
            del self.cells[thing]
        else:
            self.cells[thing] = kept
        self.touched.append(thing)
        if thing.kind == "file" and (known is None or kept is None):
            was = self.files
            self.files += 1 if known is None else -1
            if bool(was) != bool(self.files):
                self.touched.append(FILES)

    def _house(self, place: int, home: NamespaceId) -> None:
        if self.stage.homes.get(place) != home:
            self.stage.homes[place] = home
            self.touched.append(place)

    def _remember(self, key: tuple[object, ...], asked: tuple[Reference, ...], found: list[int], end: End) -> None:
        """Lead to an end by what was found. Where another way asks differently, the older one is forgotten."""
        if self._ends >= KEPT:
            self._ways.clear()
            self._ends = 0
        self._ends += 1
        known = dict(zip(asked, found, strict=True))
        holder: dict[int, Fork | End] | None = None
        last = 0
        way = self._ways.get(key)
        while isinstance(way, Fork) and way.thing in known:
            holder, last = way.ways, known.pop(way.thing)
            way = holder.get(last)
        if way is not None:
            holder, known = None, dict(zip(asked, found, strict=True))
        new: Fork | End = end
        for thing, number in reversed(known.items()):
            fork = Fork(thing)
            fork.ways[number] = new
            new = fork
        if holder is None:
            self._ways[key] = new
        else:
            holder[last] = new
