"""A recording in columns, counted under a policy without judging every row: rows that must come to the same are judged once.

What a row comes to hangs on who asked and what was asked, which its entries say, and on what the rows before it have left:
which namespaces places are, which attributes things have. So rows with the same entries, as far as the policy reads them
(:mod:`nslsm.columns.reach`), have one number, and under that what they come to; whole pieces of a recording are looked up at
once. What nobody knows yet, :class:`nslsm.columns.stage.Stage` judges (ADR 0023).
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from nslsm.columns.memory import Memory
from nslsm.columns.numbering import Numbering
from nslsm.columns.ordered import Ordered
from nslsm.columns.outcomes import OPEN, Outcomes
from nslsm.columns.partial import Partial
from nslsm.columns.places import ROOT_PLACE
from nslsm.columns.program import Damaged
from nslsm.columns.reach import Reach, reach_of
from nslsm.columns.read import Numbers, Recorded
from nslsm.columns.replay import Library, clearly, judged
from nslsm.columns.schema import numpy
from nslsm.columns.stage import Stage
from nslsm.protocol.things import NamespaceId
from nslsm.simulation.replay import Judged

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KEPT: Final = 1 << 17
"""Rows of so many kinds are remembered at a time."""
_MOST: Final = 63
"""Bits that are there to tell kinds of rows apart."""
_TABLE: Final = 20
"""So many bits are looked up in a table as they are; with more, kinds are numbered first."""
_TABLE_IN_ORDER: Final = 14


class Unsettled(Exception):
    """What rows come to hangs on rows before them, after all: the recording is to be counted as a whole, in its order."""


class Overfull(Exception):
    """There are more different entries than can be numbered: the recording is to be judged row by row."""


def is_settled(stage: Stage, reach: Reach | None = None) -> bool:
    """Whether what a row comes to hangs on no row before it, as far as the policy can tell: nothing is set, nobody moves."""
    found = reach_of(stage.tree) if reach is None else reach
    return not found.lasting and not found.moving and stage.placing is None


def is_apart(stage: Stage, reach: Reach) -> bool:
    """Whether a settled policy asks for nothing but who a row is by and what was asked: all places are one namespace."""
    return stage.start == stage.tree.root and not reach.identities


def counted(
    recorded: Recorded,
    stage: Callable[[], Stage],
    first: int = 0,
    last: int | None = None,
    *,
    notable: Callable[[Judged], None] | None = None,
) -> Partial:
    """What the rows in some batches of a recording come to; ``stage`` is the policy before the first row of the recording.

    Batches from ``first`` up to, not including, ``last``: all of them, unless :func:`is_settled`. :class:`Unsettled` where a
    part cannot be counted apart after all, ColumnsError where the file is damaged or does not hold enough.
    ``notable`` hears in full of each row that is not granted, or that somebody had something to say about. Where that hangs
    on the rows before it, each row is judged for that.
    """
    begun = stage()
    whole = (first, last) == (0, None)
    reach = reach_of(begun.tree)
    settled = is_settled(begun, reach)
    if not settled and not whole:
        raise Unsettled
    if notable is not None and not (settled and is_apart(begun, reach)):
        return by_rows(recorded, stage, first, last, notable)
    try:
        return Count(recorded, begun, reach, settled=settled).counted(first, last, notable)
    except Unsettled:
        if not whole:
            raise
    except Overfull:
        return by_rows(recorded, stage, first, last, notable)
    try:
        return Count(recorded, stage(), reach, settled=False).counted()
    except Overfull:
        return by_rows(recorded, stage)


def by_rows(
    recorded: Recorded,
    stage: Callable[[], Stage],
    first: int = 0,
    last: int | None = None,
    notable: Callable[[Judged], None] | None = None,
) -> Partial:
    """The same, every row judged: what the other ways are held against, and the way for what has too many kinds of rows."""
    outcomes = Outcomes()
    before = recorded.rows_before(first)
    sequence = before
    for each in judged(recorded, stage(), first, last):
        sequence += 1
        number = outcomes.number(each)
        outcomes.times[number] += 1
        if notable is not None and outcomes.is_notable(number):
            notable(each)
    return Partial(before + 1, sequence - before, outcomes.counted())


class _Homes(dict[int, NamespaceId]):
    """The namespaces of places where nobody ever moves: all but one are where the recorded program starts."""

    def __init__(self, root: NamespaceId, start: NamespaceId) -> None:
        super().__init__({ROOT_PLACE: root})
        self._start = start

    def __missing__(self, place: int) -> NamespaceId:
        return self._start


class Classes:
    """For each entry of a column, the number of its class: an array that grows with the entries."""

    def __init__(self, texts: list[str], key: Callable[[int], object]) -> None:
        self._texts, self._key = texts, key
        self._array = numpy().zeros(0, numpy().int64)
        self._shifted = self._array, 0
        self._known: dict[object, int] = {}

    def grow(self) -> int:
        """Class new entries; how many classes there are."""
        if len(self._texts) > len(self._array):
            new = range(len(self._array), len(self._texts))
            found = [self._known.setdefault(self._key(number), len(self._known)) for number in new]
            arrays = numpy()
            self._array = arrays.concatenate((self._array, arrays.array(found, arrays.int64)))
            self._shifted = self._array, 0
        return len(self._known)

    def one(self, number: int) -> int:
        """The class of one entry."""
        return int(self._array[number])

    def of(self, numbers: "Array", shift: int = 0) -> "Array":
        """The classes of entries, so many bits up."""
        if shift != self._shifted[1]:
            self._shifted = self._array << shift, shift
        classes: Array = self._shifted[0].take(numbers)
        return classes


class Count:
    """A recording being counted."""

    def __init__(self, recorded: Recorded, stage: Stage, reach: Reach, *, settled: bool) -> None:
        """``settled``: rows need not be looked at in their order."""
        self.recorded, self.stage, self.reach, self.settled = recorded, stage, reach, settled
        self.library = Library(recorded)
        self.outcomes = Outcomes()
        arrays = numpy()
        self._times = arrays.zeros(1, arrays.int64)
        self._bits = (0, 0, 0)
        apart = settled and is_apart(stage, reach)
        if settled:
            stage.homes = _Homes(stage.tree.root, stage.start)
        self.columns = ("subject", "program") if apart else ("subject", "program", "things")
        if not settled or stage.start != stage.tree.root:
            self.columns = (*self.columns, "meanwhile")
        texts = recorded.entries
        self._subjects = Classes(texts["subject"].texts, self._of_subject)
        self._things = Classes(texts["things"].texts, self._of_things)
        self._between = Classes(texts["meanwhile"].texts, self._of_meanwhile)
        self.memory = Memory(stage, reach, self.library, self.outcomes)
        self._forget()

    def _forget(self) -> None:
        """Begin to number kinds of rows anew."""
        arrays = numpy()
        is_small = sum(self._bits) <= (_TABLE if self.settled else _TABLE_IN_ORDER)
        self.numbering = None if is_small else Numbering()
        self.found = arrays.zeros(1 << (sum(self._bits) if is_small else 10), arrays.intp)
        self.ordered = None if self.settled else Ordered(self.memory, self.found)

    def counted(
        self, first: int = 0, last: int | None = None, notable: Callable[[Judged], None] | None = None
    ) -> Partial:
        """What the rows come to. ``notable`` is for settled policies."""
        before = sequence = self.recorded.rows_before(first)
        with clearly(self.recorded):
            for piece in self.recorded.numbers(self.columns, first, last):
                numbers = self._count(piece, sequence)
                if notable is not None:
                    self._tell(piece, sequence, numbers, notable)
                sequence += len(piece)
        for number, times in enumerate(self._times.tolist()):
            self.outcomes.times[number] += times
        return Partial(before + 1, sequence - before, self.outcomes.counted())

    def count(self, pieces: Iterable[Numbers], before: int = 0) -> None:
        """Count rows that are there already, so many being before them."""
        for piece in pieces:
            self._count(piece, before)
            before += len(piece)

    def outcomes_of(self, piece: Numbers, before: int) -> "Array":
        """What each of some rows of a settled policy comes to."""
        numbers = self._count(piece, before)
        found: Array = self.found.take(numbers)
        return found

    def _tell(self, piece: Numbers, before: int, numbers: "Array", notable: Callable[[Judged], None]) -> None:
        arrays = numpy()
        of_interest = arrays.array([self.outcomes.is_notable(number) for number in range(len(self.outcomes))])
        for place in arrays.flatnonzero(of_interest.take(self.found.take(numbers))).tolist():
            notable(self.memory.in_full(self.recorded, piece, place, before + place + 1))

    def _count(self, piece: Numbers, before: int) -> "Array":
        """Count some rows; the numbers of their kinds."""
        arrays = numpy()
        numbers = self._numbers(piece)
        found = self.found.take(numbers)
        times = arrays.bincount(found, minlength=len(self.outcomes))
        if self.ordered is None:
            if times[OPEN]:
                self._judge(piece, before, numbers, found)
                times = arrays.bincount(self.found.take(numbers), minlength=len(self.outcomes))
        elif times[OPEN] or self.ordered.is_between(piece):
            times = self.ordered.count(self.recorded, piece, before, numbers)
        if len(times) > len(self._times):
            self._times = arrays.concatenate((self._times, arrays.zeros(len(times) - len(self._times), arrays.int64)))
        self._times[: len(times)] += times
        return numbers

    def _numbers(self, piece: Numbers) -> "Array":
        """The number of each row's kind."""
        for each in self.columns:
            if each != "meanwhile" and len(piece) and piece.of[each].min() < 0:
                raise Damaged("a row has no entry where it needs one")
        one, two, three = ((count + count // 2).bit_length() for count in self._grow())
        bits = one, two, three
        if any(new > old for new, old in zip(bits, self._bits, strict=True)):
            if sum(bits) > _MOST:
                raise Overfull
            self._bits = bits
            self._forget()
        _, programs, things = self._bits
        keys = self._subjects.of(piece.of["subject"], programs + things)
        if things:
            keys |= self._things.of(piece.of["things"])
            keys += piece.of["program"].astype(keys.dtype) << things
        else:
            keys += piece.of["program"]
        if self.numbering is None:
            return keys
        if len(self.numbering) > KEPT:
            self._forget()
        numbers = self.numbering.of(keys)
        if len(self.numbering) > len(self.found):
            arrays = numpy()
            self.found = arrays.concatenate((self.found, arrays.zeros(2 * len(self.numbering), arrays.intp)))
            if self.ordered is not None:
                self.ordered.found = self.found
        return numbers

    def _grow(self) -> tuple[int, int, int]:
        """How many classes of subjects, programs and classes of things there are by now."""
        programs = len(self.recorded.entries["program"].texts)
        if self.settled:
            self._between.grow()
        return self._subjects.grow(), programs, self._things.grow() if "things" in self.columns else 0

    def _judge(self, piece: Numbers, before: int, numbers: "Array", found: "Array") -> None:
        """Judge the first row of each kind that is not known yet."""
        arrays = numpy()
        places = arrays.flatnonzero(found == OPEN)
        _, firsts = arrays.unique(numbers[places], return_index=True)
        for place in places[arrays.sort(firsts)].tolist():
            kind = self._apart_from_program(piece, place)
            self.found[numbers[place]] = self.memory.judged_once(kind, self.recorded, piece, place, before + place + 1)

    def _apart_from_program(self, piece: Numbers, place: int) -> tuple[object, ...]:
        """What a row hangs on beside what was asked."""
        things = self._things.one(int(piece.of["things"][place])) if "things" in self.columns else 0
        return self._subjects.one(int(piece.of["subject"][place])), things

    def _of_subject(self, number: int) -> object:
        task = self.library.subject(number)
        facts = self.reach.of_subject(task)
        if self.settled:
            if task.home == ROOT_PLACE and self.stage.start != self.stage.tree.root:
                raise Unsettled
            return (facts, task.pid, task.tgid, task.ppid) if self.reach.identities else facts
        who = (task.pid, task.tgid, task.ppid) if self.reach.identities else task.tgid if self.reach.lasting else None
        return task.home, facts, who

    def _of_meanwhile(self, number: int) -> object:
        """Nothing that tells rows apart; but a place beside the one where the program starts is more than is settled."""
        if any(other == ROOT_PLACE for _, _, other in self.library.meanwhile(number).placed):
            raise Unsettled
        return 0

    def _of_things(self, number: int) -> object:
        if self.reach.identities or self.reach.lasting:
            return number
        things = self.library.things(number)
        if self.settled:
            return tuple(place == ROOT_PLACE for place in things.places)
        return things.places, things.new_place
