"""Lines of strace to events and findings: the short way for those that are as most are, the long way for all others."""

from nslsm.importers.traces.findings import MAX_LINE, MAX_PARTS
from nslsm.importers.traces.strace.arguments import ArgumentList, ArgumentLists
from nslsm.importers.traces.strace.atoms import MalformedError
from nslsm.importers.traces.strace.lines import BIRTHS, PLAIN, UNFINISHED
from nslsm.importers.traces.strace.pending import PendingCall
from nslsm.importers.traces.strace.reader import CarefulReader
from nslsm.importers.traces.strace.results import without_duration


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

    def _line(self, raw: bytes, number: int, task: int | None) -> None:
        if self._fragment is not None or len(raw) > MAX_LINE or not self._plainly(raw, number, task):
            super()._line(raw, number, task)

    def _plainly(self, raw: bytes, number: int, given: int | None) -> bool:
        """Whether the line is plain; then it has been read."""
        if raw[-1:] != b"\n":
            return False
        try:
            text = raw.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            return False
        match = PLAIN.match(text)
        if match is None:
            return False
        pid, clock, epoch, name, resumed = match.groups()
        if pid is not None:
            given = int(pid)
        task = given if given is not None else self._numbering.bare()
        begun = self._pending.get(task)
        position = match.end()
        if name is None:
            if begun is None or begun.name != resumed or not self._goes_on(begun, task, text[position:], number):
                return False
        else:
            if begun is not None:
                return False
            time = self._clock.time(clock, epoch, None)
            if not text.endswith("...>"):
                if not self._is_whole(name, text[position:], task, number, time, number):
                    return False
            elif name in BIRTHS or not text.endswith(UNFINISHED):
                return False
            else:
                begun = PendingCall(name, text[position - len(name) - 1 : -len(UNFINISHED)], number, time, number)
                self._keep(task, begun, number)
        self._task = task
        return True

    def _goes_on(self, begun: PendingCall, task: int, rest: str, number: int) -> bool:
        """Whether ``rest`` is plainly the end of a call that has begun; then it has been read."""
        if rest.endswith("...>") or rest.startswith(" <") or "<unfinished" in rest:
            return False
        if len(begun.text) + len(rest) > MAX_LINE or begun.parts >= MAX_PARTS:
            return False
        whole = begun.text[len(begun.name) + 1 :] + rest.lstrip(" ")
        if not self._is_whole(begun.name, whole, task, begun.line, begun.time, number):
            return False
        self._pending.pop(task)
        return True

    def _is_whole(self, name: str, text: str, task: int, line: int, time: float | None, number: int) -> bool:
        """Whether ``text`` is plainly the arguments of a call, and its result; then it has ended."""
        written, equals, tail = text.rpartition(" = ")
        if not equals or (tail == "?" and "<unfinished" in written):
            return False
        arguments: ArgumentList | None = self._lists.read(written)
        if arguments is None:
            return False
        duration = None
        result = self._results.remembered(tail)
        if result is None:
            if tail.endswith(">"):
                tail, duration = without_duration(tail)
            try:
                result = self._results.result(tail)
            except MalformedError:
                return False
        self._ended(task, name, arguments, result, tail, line, time, duration, number)
        return True
