"""Lines of strace to events and findings: the short way for those that are as most are, the long way for all others."""

from collections.abc import Iterable
from typing import Final

from nslsm.importers.traces.findings import MAX_LINE, MAX_PARTS
from nslsm.importers.traces.reader import Item
from nslsm.importers.traces.strace.arguments import ArgumentLists
from nslsm.importers.traces.strace.atoms import MalformedError
from nslsm.importers.traces.strace.lines import BIRTHS, PLAIN, UNFINISHED
from nslsm.importers.traces.strace.pending import PendingCall
from nslsm.importers.traces.strace.reader import CarefulReader
from nslsm.importers.traces.strace.results import without_duration

_LENGTH: Final = len(UNFINISHED)


class StraceReader(CarefulReader):
    """Reads one trace, as :class:`CarefulReader` does, to the same events and findings.

    A line is plain that has a call as a whole, the beginning of one, or the rest of one that has begun, whose arguments and
    result can be told apart at the last `` = `` and are understood each by itself. Whatever is not plain takes the long way,
    and nothing has happened before that is known.
    """

    __slots__ = ("_lists",)

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._lists = ArgumentLists(self._values)

    def lines(self, raws: Iterable[bytes], first: int) -> list[Item]:
        """Events and findings of some lines of a file, the first of which is line ``first``."""
        items: list[Item] = []
        self._items = items
        plainly, carefully = self._plainly, super()._line
        understood = number = 0
        for number, raw in enumerate(raws, 1):
            findings = self._findings
            if not plainly(raw, first + number - 1, None):
                carefully(raw, first + number - 1, None)
            if self._findings == findings:
                understood += 1
        self._lines += number
        self._understood += understood
        return items

    def _line(self, raw: bytes, number: int, task: int | None) -> None:
        if not self._plainly(raw, number, task):
            super()._line(raw, number, task)

    def _plainly(self, raw: bytes, number: int, given: int | None) -> bool:  # noqa: C901 - in parts it takes half as long again
        """Whether the line is plain; then it has been read."""
        if self._fragment is not None or raw[-1:] != b"\n" or len(raw) > MAX_LINE:
            return False
        try:
            text = raw[:-1].decode()
        except UnicodeDecodeError:
            return False
        match = PLAIN.match(text)
        if match is None:
            return False
        pid, clock, epoch, name, resumed = match.groups()
        if pid is not None:
            given = int(pid)
        task = given if given is not None else self._numbering.bare()
        begun = self._pending.calls.get(task)
        rest = text[match.end() :]
        if name is None:  # the end of a call that has begun
            if begun is None or begun[0] != resumed or rest[:2] == " <" or "<unfinished" in rest:
                return False
            if len(begun[1]) + len(rest) > MAX_LINE or begun.parts >= MAX_PARTS:
                return False
            _, before, line, time, _, _ = begun
            written, equals, tail = rest.rpartition(" = ")
            written = before[len(resumed) + 1 :] + written.lstrip(" ")
            name = resumed
        else:
            if begun is not None:
                return False
            time = float(epoch) if epoch is not None else None if clock is None else self._clock.time(clock, None, None)
            if rest[-4:] == "...>":
                if name in BIRTHS or rest[-_LENGTH:] != UNFINISHED:
                    return False
                self._task = task
                self._keep(task, PendingCall(name, f"{name}({rest[:-_LENGTH]}", number, time, number), number)
                return True
            line = number
            written, equals, tail = rest.rpartition(" = ")
        if not equals or (tail == "?" and "<unfinished" in written):
            return False
        arguments = self._lists.read(written)
        if arguments is None:
            return False
        duration = None
        result = self._results.remembered(tail)
        if result is None:
            if tail[-1:] == ">":
                tail, duration = without_duration(tail)
            try:
                result = self._results.result(tail)
            except MalformedError:
                return False
        if begun is not None:
            self._pending.pop(task)
        self._task = task
        self._ended(task, name, arguments, result, tail, line, time, duration, number)
        return True
