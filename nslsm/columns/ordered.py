"""Rows in their order, where they leave something to those after them: what a kind of rows comes to holds until that changes.

A kind is *open* while nobody knows what its next row comes to. That row is judged, or remembered; if it changed nothing, its
kind is closed, and so many more rows as there may be come to the same, until something changes that it hung on. So rows are
looked at one by one only where something happens.
"""

from bisect import bisect_left
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

from nslsm.columns.memory import Acted, Memory, Row, Variable
from nslsm.columns.outcomes import OPEN
from nslsm.columns.read import Numbers, Recorded
from nslsm.columns.schema import numpy

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Ordered:
    """Counts rows in their order. Kinds of rows have numbers from 0; what happens between rows, numbers below."""

    def __init__(self, memory: Memory, found: "Array") -> None:
        """``found``: for each kind, what it comes to; OPEN where that is not known."""
        self.memory, self.found = memory, found
        self._rows: dict[int, Row] = {}
        self._still = numpy().zeros(0, bool)
        """For each entry of what happened between rows, whether it changes nothing as things are; True at the end."""
        self._waiting: dict[Variable, set[int]] = {}
        """Closed kinds, by what they hang on."""

    def is_between(self, piece: Numbers) -> bool:
        """Whether something happens between the rows that may change anything."""
        between = piece.of["meanwhile"]
        if not len(between):
            return False
        last = int(between.max())
        if last < 0:
            return False
        if last + 2 > len(self._still):
            arrays = numpy()
            room = arrays.zeros(2 * (last + 2) - len(self._still), bool)
            self._still = arrays.concatenate((self._still[:-1], room))
            self._still[-1] = True
        return not self._still.take(between).all()

    def count(self, recorded: Recorded, piece: Numbers, before: int, numbers: "Array") -> "Array":
        """How many rows come to what; the number of each kind of them is in ``numbers``, so many rows are before them."""
        self.is_between(piece)
        return _Agenda(self, recorded, piece, before, numbers).counted()

    def row(self, kind: int, piece: Numbers, place: int) -> Row:
        """What is known of a kind of rows."""
        known = self._rows.get(kind)
        if known is None:
            subject, program, things = (int(piece.of[name][place]) for name in ("subject", "program", "things"))
            known = self._rows[kind] = self.memory.kind(subject, program, things)
        return known

    def close(self, kind: int, acted: Acted) -> None:
        """From now on it comes to that, until something changes that it hung on."""
        if kind >= 0:
            self.found[kind] = acted.outcome
        else:
            self._still[~kind] = True
        for each in acted.hung_on:
            self._waiting.setdefault(each, set()).add(kind)

    def opened(self) -> set[int]:
        """The kinds that hung on what has been changed: they are open again."""
        kinds: set[int] = set()
        for each in self.memory.touched:
            kinds |= self._waiting.pop(each, set())
        self.memory.touched.clear()
        return kinds

    def reopen(self, kind: int) -> int:
        """Open it; what it came to."""
        if kind >= 0:
            was = int(self.found[kind])
            self.found[kind] = OPEN
            return was
        was = int(self._still[~kind])
        self._still[~kind] = False
        return was

    def is_still(self, entry: int) -> bool:
        """Whether what happened between two rows changes nothing as things are."""
        return bool(self._still[entry])


class _Agenda:
    """One piece of a recording: when something is to be looked at. Times are twice the place of a row, and one more;
    what happened before a row is at twice its place.
    """

    def __init__(self, ordered: Ordered, recorded: Recorded, piece: Numbers, before: int, numbers: "Array") -> None:
        arrays = numpy()
        self._ordered, self._memory = ordered, ordered.memory
        self._recorded, self._piece, self._before = recorded, piece, before
        there = arrays.bincount(numbers)
        kinds = arrays.flatnonzero(there)
        dense = arrays.zeros(len(there), arrays.uint16)
        dense[kinds] = arrays.arange(len(kinds), dtype=arrays.uint16)
        order = dense.take(numbers).argsort(kind="stable")
        ends = there[kinds].cumsum()
        self._places = memoryview(order)
        self._kinds: list[int] = kinds.tolist()
        self._ends: list[int] = ends.tolist()
        self._since: list[int] = [0, *self._ends[:-1]]
        """Up to where the rows of a kind have been counted, in :attr:`_places`."""
        self._at = {kind: number for number, kind in enumerate(self._kinds)}
        self._times: dict[int, int] = {}
        between = piece.of["meanwhile"]
        self._between: dict[int, list[int]] = {}
        for place in arrays.flatnonzero(between >= 0).tolist():
            self._between.setdefault(int(between[place]), []).append(place)
        closed = ordered.found[kinds] != OPEN
        firsts = order[self._since] if len(kinds) else []
        self._heap = [
            (2 * int(first) + 1, kind)
            for kind, first, known in zip(self._kinds, firsts, closed.tolist(), strict=True)
            if not known
        ]
        self._heap += [
            (2 * places[0], ~entry) for entry, places in self._between.items() if not ordered.is_still(entry)
        ]
        heapify(self._heap)

    def counted(self) -> "Array":
        """How many rows come to what."""
        heap, ordered, memory = self._heap, self._ordered, self._memory
        times = self._times
        while heap:
            time, kind = heappop(heap)
            place = time >> 1
            if kind >= 0:
                row = ordered.row(kind, self._piece, place)
                acted = memory.act(row, self._recorded, self._piece, place, self._before + place + 1)
                times[acted.outcome] = times.get(acted.outcome, 0) + 1
                self._since[self._at[kind]] += 1
            else:
                acted = memory.pass_by(~kind)
            if acted.changed:
                for each in ordered.opened():
                    self._reopen(each, time)
            if acted.changed or acted.again:
                self._next(kind, time)
            else:
                ordered.close(kind, acted)
        arrays = numpy()
        known = ordered.found[self._kinds]
        left = arrays.array(self._ends) - arrays.array(self._since)
        found = arrays.bincount(known, weights=left, minlength=len(memory.outcomes)).astype(arrays.int64)
        for outcome, number in times.items():
            found[outcome] += number
        return found  # type: ignore[no-any-return]

    def _next(self, kind: int, time: int) -> None:
        """Look at the next of its kind."""
        if kind >= 0:
            at = self._at[kind]
            if self._since[at] < self._ends[at]:
                heappush(self._heap, (2 * self._places[self._since[at]] + 1, kind))
            return
        places = self._between[~kind]
        following = bisect_left(places, (time >> 1) + 1)
        if following < len(places):
            heappush(self._heap, (2 * places[following], kind))

    def _reopen(self, kind: int, now: int) -> None:
        """A kind is open from now on, if it was not; its rows so far come to what it was closed with."""
        was = self._ordered.reopen(kind)
        if not was:
            return
        if kind >= 0:
            at = self._at.get(kind)
            if at is None:
                return
            since, end = self._since[at], self._ends[at]
            until = bisect_left(self._places, (now + 1) >> 1, since, end)
            self._times[was] = self._times.get(was, 0) + until - since
            self._since[at] = until
            if until < end:
                heappush(self._heap, (2 * self._places[until] + 1, kind))
        elif ~kind in self._between:
            self._next(kind, now)
