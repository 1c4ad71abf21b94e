"""Rows of a trace to its events and findings, as :class:`StraceReader` has them."""

from nslsm.importers.traces.reader import Item
from nslsm.importers.traces.strace import rows
from nslsm.importers.traces.strace import values as bounds
from nslsm.importers.traces.strace.atoms import MalformedError
from nslsm.importers.traces.strace.fates import end_event, signal_event
from nslsm.importers.traces.strace.results import ResultReader
from nslsm.importers.traces.strace.values import ValueReader
from nslsm.kernel.call import Began, Numbered, Remark, Superseded, SystemCall, Value
from nslsm.kernel.origin import read_origin


class RowItems:
    """Reads rows; remembers the arguments and results that it has read, within bounds."""

    __slots__ = ("_remembered", "_results", "_values")

    def __init__(self) -> None:
        self._values = ValueReader()
        self._results = ResultReader()
        self._remembered: dict[str, tuple[Value, ...]] = {}

    def item(self, row: rows.Row) -> Item:
        """What a row is; ValueError where nobody has written it."""
        kind, line, end_line, time, task, call, arguments, outcome, duration, text, finding = row
        try:
            if kind == rows.CALL and call is not None and arguments is not None and outcome is not None:
                value, fd, errno, error, detail = self._results.result(outcome)
                values = self._arguments(arguments)
                return SystemCall(task, call, values, value, line, time, errno, error, fd, detail, duration, end_line)
            if kind in (rows.UNFINISHED, rows.BEGAN) and call is not None and arguments is not None:
                shown = self._values.shown(arguments, 0)
                if kind == rows.BEGAN:
                    return Began(task, call, shown, line, time)
                return SystemCall(task, call, shown, None, line, time, end_line=end_line, unfinished=True)
            if kind == rows.FINDING and finding is not None:
                return finding
            if text is not None:
                return self._other(kind, line, time, task, text)
        except MalformedError as error:
            raise ValueError(f"an entry is not what strace writes: {error.expected} is missing") from error
        raise ValueError(f"a row of kind {kind!r:.40} lacks something")

    def _other(self, kind: str, line: int, time: float | None, task: int, text: str) -> Item:
        match kind:
            case rows.SIGNAL:
                return signal_event(self._values, text, task, line, time)
            case rows.ENDED:
                return end_event(text, task, line, time)
            case rows.SUPERSEDED:
                return Superseded(task, int(text), line, time)
            case rows.NUMBERED:
                return Numbered(task, int(text), line, time)
            case rows.REMARK:
                return Remark(task, text, line)
            case rows.ORIGIN:
                return read_origin(text, line)
        raise ValueError(f"no row is of kind {kind!r:.40}")

    def _arguments(self, written: str) -> tuple[Value, ...]:
        try:
            return self._remembered[written]
        except KeyError:
            found = self._values.again(written)
        if found is None:
            raise MalformedError(0, "the end of a list of arguments")
        if len(self._remembered) >= bounds.MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[written] = found
        return found
