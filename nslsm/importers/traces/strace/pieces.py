"""Pieces of one trace, read apart: each before anybody knows what came before it, and joined in order.

What a line means may hang on lines before it: on calls that are under way, on who is the only task left, on midnight. A piece
is read as if nothing had come before. Calls that end in it and began before it are left open, and end where the pieces are
joined; where anything else might hang on what came before, the piece is in doubt, and whoever joins it reads its lines again.
"""

import re
from typing import Final, NamedTuple

from nslsm.importers.traces.findings import MAX_LINE, MAX_PARTS, MAX_PENDING, MAX_PENDING_TEXT
from nslsm.importers.traces.strace.arguments import ArgumentList
from nslsm.importers.traces.strace.atoms import MalformedError
from nslsm.importers.traces.strace.clock import DAY, Clock
from nslsm.importers.traces.strace.lines import EXECS
from nslsm.importers.traces.strace.numbering import Numbering
from nslsm.importers.traces.strace.pending import PendingCall
from nslsm.importers.traces.strace.results import Result, without_duration
from nslsm.importers.traces.strace.rows import CALL, Row, RowReader
from nslsm.importers.traces.tally import Tally

NOBODY: Final = -1
"""Whose line it is, before the first line of a piece that says so."""


class OpenEnd(NamedTuple):
    """The line on which a call ends that began before the piece."""

    place: int
    """In front of which row of the piece it is."""
    task: int
    name: str
    rest: str
    line: int


class Piece(NamedTuple):
    """What a piece has come to, beside its rows. Lines are counted from 1 in the piece."""

    doubt: bool
    """Something hangs on what came before: this is not to be used."""
    tally: Tally
    ends: tuple[OpenEnd, ...]
    touched: frozenset[int]
    """The tasks that did something in it after which they are in no call that began before."""
    steps: tuple[tuple[str, int], ...]
    """What it has told of tasks that are born and have ended, in order; ``end`` for each of ``ends``."""
    pending: tuple[tuple[int, PendingCall], ...]
    most: tuple[int, int]
    """How many calls were under way in it at once, at most, and how much text of theirs."""
    fragment: tuple[str, int] | None
    task: int
    bare: bool
    """There are lines without a task's number."""
    clock: tuple[float, float] | None
    """The first and last time of a day in it, where it has such times."""


class _Numbering(Numbering):
    """Notes what is said of tasks; what cannot be said without knowing them is in doubt."""

    __slots__ = ("bares", "doubt", "steps")

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[tuple[str, int]] = []
        self.bares = self.doubt = False

    def born(self, number: int) -> None:
        self.steps.append(("born", number))

    def ended(self, task: int) -> None:
        self.steps.append(("ended", task))

    def bare(self) -> int:
        self.bares = True
        return super().bare()

    def numbered(self, number: int, *, elsewhere: bool) -> int:
        self.doubt = True
        return super().numbered(number, elsewhere=elsewhere)

    def known(self, number: int) -> int:
        self.doubt = True
        return super().known(number)


class _Clock(Clock):
    """Notes the first time of a day; differences of times are in doubt, and what comes after midnight."""

    __slots__ = ("_differs", "first")

    def __init__(self) -> None:
        super().__init__()
        self.first: float | None = None
        self._differs = False

    def time(self, clock: str | None, epoch: str | None, delta: str | None) -> float | None:
        time = super().time(clock, epoch, delta)
        self._differs |= delta is not None
        if clock is not None and self.first is None:
            self.first = time
        return time

    @property
    def doubt(self) -> bool:
        """Whether times hang on those before."""
        return self._differs or self.days > 0

    def told(self) -> tuple[float, float] | None:
        """The first and last time of a day."""
        return None if self.first is None else (self.first, self.last)


class PieceReader(RowReader):
    """Reads one piece of a trace to rows, and to what joins it to the pieces before."""

    __slots__ = ("_doubt", "_ends", "_most", "_scanned", "_touched")

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._numbering: _Numbering = _Numbering()
        self._clock: _Clock = _Clock()
        self._task = NOBODY
        self._ends: list[OpenEnd] = []
        self._touched: set[int] = set()
        self._scanned = 0
        self._most = (0, 0)
        self._doubt = False

    def piece(self) -> Piece:
        """What it has come to by now."""
        self._scan()
        clock, numbering = self._clock, self._numbering
        unclear = numbering.bares and bool(numbering.steps)
        return Piece(
            doubt=self._doubt or numbering.doubt or clock.doubt or unclear,
            tally=self.tally,
            ends=tuple(self._ends),
            touched=frozenset(self._touched),
            steps=tuple(numbering.steps),
            pending=tuple(self._pending.calls.items()),
            most=self._most,
            fragment=self._fragment,
            task=self._task,
            bare=numbering.bares,
            clock=clock.told(),
        )

    def _event(self, match: re.Match[str], text: str, number: int, given: int | None, *, whole: bool) -> None:
        super()._event(match, text, number, given, whole=whole)
        if match["signal"] is None:
            self._touched.add(self._task)

    def _resumed(self, task: int, name: str, rest: str, text: str, number: int) -> None:
        begun = self._pending.get(task)
        if name in EXECS and (begun is None or begun.name != name):
            self._doubt = True  # a thread may come back from it under another number
        if begun is not None:
            super()._resumed(task, name, rest, text, number)
            return
        self._scan()
        if task in self._touched:
            super()._resumed(task, name, rest, text, number)
            return
        self._ends.append(OpenEnd(len(self.rows), task, name, rest, number))
        self._numbering.steps.append(("end", len(self._ends) - 1))

    def _other(self, text: str, number: int, *, whole: bool) -> None:
        self._doubt |= self._task == NOBODY
        super()._other(text, number, whole=whole)

    def _keep(self, task: int, begun: PendingCall, number: int) -> None:
        super()._keep(task, begun, number)
        self._touched.add(task)
        self._most = max(self._most[0], len(self._pending.calls)), max(self._most[1], self._pending.text)

    def _scan(self) -> None:
        """Take the tasks of calls that were read the short way for touched."""
        self._touched.update(row[4] for row in self.rows[self._scanned :] if row[0] == CALL)
        self._scanned = len(self.rows)


class Joiner(RowReader):
    """Reads a trace to rows, and takes in pieces of it that others have read."""

    __slots__ = ()

    def joined(self, piece: Piece) -> list[tuple[int, Row]] | None:
        """Take in a piece that begins behind what has been read so far; rows to be put into its own, and in front of which.

        None where it cannot be used: then nothing has happened, and its lines are to be read.
        """
        ended = [self._end_of(end) for end in piece.ends]
        if not self._fits(piece) or None in ended:
            return None
        offset, rows = self._lines, []
        for word, number in piece.steps:
            if word == "end":
                rows.append((piece.ends[number].place, self._row_of(piece.ends[number], ended[number], offset)))
            elif word == "born":
                self._numbering.born(number)
            else:
                self._numbering.ended(number)
        for task, begun in piece.pending:
            self._pending.put(task, begun._replace(line=begun.line + offset, last=begun.last + offset))
        if piece.bare:
            self._numbering.bare()
        if piece.clock is not None:
            self._clock.last = piece.clock[1]
        if piece.fragment is not None:
            self._fragment = piece.fragment[0], piece.fragment[1] + offset
        if piece.task != NOBODY:
            self._task = piece.task
        self._lines += piece.tally.lines
        self._understood += piece.tally.understood
        self._findings += piece.tally.findings
        return rows

    @property
    def read_lines(self) -> int:
        """How many lines have been read so far."""
        return self._lines

    def _fits(self, piece: Piece) -> bool:
        """Whether nothing in a piece hangs on what came before it, but the ends that it has left open."""
        calls, text = self._pending.calls, self._pending.text
        within = len(calls) + piece.most[0] <= MAX_PENDING and text + piece.most[1] <= MAX_PENDING_TEXT
        ending = {end.task for end in piece.ends}
        clear = not any(task in piece.touched and task not in ending for task in calls)
        alone = not piece.bare or self._numbering.is_alone
        clock = self._clock
        timely = piece.clock is None or (clock.days == 0 and piece.clock[0] >= clock.last - DAY / 2)
        return not piece.doubt and self._fragment is None and within and clear and alone and timely

    def _end_of(self, end: OpenEnd) -> "_End | None":
        """How a call ends that is under way; None where it is not plain that it does."""
        begun = self._pending.get(end.task)
        rest = end.rest
        if begun is None or begun.name != end.name or rest.startswith(" <") or "<unfinished" in rest:
            return None
        if len(begun.text) + len(rest) > MAX_LINE or begun.parts >= MAX_PARTS:
            return None
        written, equals, tail = rest.rpartition(" = ")
        arguments = self._lists.read(begun.text[len(begun.name) + 1 :] + written.lstrip(" ")) if equals else None
        if arguments is None:
            return None
        duration = None
        if tail.endswith(">"):
            tail, duration = without_duration(tail)
        try:
            result = self._results.result(tail)
        except MalformedError:
            return None
        return _End(begun, arguments, result, tail, duration)

    def _row_of(self, end: OpenEnd, found: "_End | None", offset: int) -> Row:
        assert found is not None
        begun, arguments, result, tail, duration = found
        self._pending.pop(end.task)
        line = end.line + offset
        self._ended(end.task, end.name, arguments, result, tail, begun.line, begun.time, duration, line)
        return self.rows.pop()


class _End(NamedTuple):
    """How a call that began before a piece ends in it."""

    begun: PendingCall
    arguments: ArgumentList
    result: Result
    tail: str
    duration: float | None
