"""Records gathered into events: those of several tasks interleave, and come a little out of order."""

from heapq import heappop, heappush
from typing import Final, NamedTuple, TypeAlias

from nslsm.importers.traces.auditd.records import Record

WINDOW: Final = 256
"""How many events are held back for further records; with one more, the one that is first in time is complete."""

RESTART: Final = 10_000
"""A record so many milliseconds older than what was last complete is of another boot, or another log: all begins anew."""

MAX_TEXT: Final = 16 << 20
"""How much text of them is held back, in characters; an execve's arguments are 4 MiB at most, in hexadecimal."""

_COST: Final = 512
"""What a record costs beside its text, in characters."""

Key: TypeAlias = tuple[int, int]


class Gathered(NamedTuple):
    """An event: all its records, in the order of the log."""

    records: tuple[Record, ...]


class Window:
    """Events that are not complete yet: at most :data:`WINDOW`, and no more text than :data:`MAX_TEXT`."""

    __slots__ = ("_events", "_keys", "_last", "_loose", "_stamp", "_text")

    def __init__(self) -> None:
        self._events: dict[Key, list[Record]] = {}
        self._keys: list[Key] = []
        self._last: Key = (0, -1)
        self._text = 0
        self._loose: list[Record] = []
        self._stamp = ""

    def put(self, record: Record) -> list[Gathered] | None:
        """Take a record in: the events that are complete by now, or None where it is of one that was already."""
        if record.loose:
            return self._put_loose(record)
        complete: list[Gathered] = []
        key = (record.time, record.serial)
        if key[0] < self._last[0] - RESTART:
            complete = self.rest()
        known = self._events.get(key)
        if known is None:
            if key <= self._last:
                return None
            self._events[key] = [record]
            heappush(self._keys, key)
        else:
            known.append(record)
        self._text += len(record.text) + _COST
        while len(self._keys) > WINDOW or (self._text > MAX_TEXT and self._keys):
            complete.append(self._first())
        return complete

    def rest(self) -> list[Gathered]:
        """All that is left; after that the window is as new."""
        complete = self._end_loose()
        while self._keys:
            complete.append(self._first())
        self._last = (0, -1)
        return complete

    def _first(self) -> Gathered:
        key = heappop(self._keys)
        self._last = key
        records = self._events.pop(key)
        self._text -= sum(len(record.text) + _COST for record in records)
        return Gathered(tuple(records))

    def _put_loose(self, record: Record) -> list[Gathered]:
        """A journal's line names no event: those of one process and time are of one, until that is surely over."""
        complete: list[Gathered] = []
        again = record.kind == "SYSCALL" and any(each.kind == "SYSCALL" for each in self._loose)
        if record.loose != self._stamp or again or len(self._loose) >= WINDOW:
            complete = self._end_loose()
        self._stamp = record.loose
        self._loose.append(record)
        if record.kind in ("PROCTITLE", "EOE"):
            complete += self._end_loose()
        return complete

    def _end_loose(self) -> list[Gathered]:
        records, self._loose = tuple(self._loose), []
        return [Gathered(records)] if records else []
