"""Lines of strace to rows: calls split into texts that can be read later, and what else a trace tells, as it is written.

What :class:`nslsm.importers.traces.strace.again.RowItems` makes of the rows is what :class:`StraceReader` makes of the lines.
"""

from typing import Final, NamedTuple, cast

from nslsm.diagnostics import Diagnostic
from nslsm.importers.traces.reader import Item
from nslsm.importers.traces.strace.arguments import ArgumentList, ArgumentLists
from nslsm.importers.traces.strace.lines import BIRTHS
from nslsm.importers.traces.strace.pending import PendingCall
from nslsm.importers.traces.strace.results import Result
from nslsm.importers.traces.strace.short import StraceReader
from nslsm.importers.traces.strace.wording import LIST
from nslsm.kernel.call import (
    Exited,
    Killed,
    Numbered,
    Remark,
    SignalDelivered,
    Stopped,
    Superseded,
    Value,
)
from nslsm.kernel.origin import Origin

CALL: Final = "call"
UNFINISHED: Final = "unfinished"
BEGAN: Final = "began"
SIGNAL: Final = "signal"
ENDED: Final = "ended"
SUPERSEDED: Final = "superseded"
NUMBERED: Final = "numbered"
REMARK: Final = "remark"
ORIGIN: Final = "origin"
FINDING: Final = "finding"

KINDS: Final = (CALL, UNFINISHED, BEGAN, SIGNAL, ENDED, SUPERSEDED, NUMBERED, REMARK, ORIGIN, FINDING)
"""What a row can be."""


class Row(NamedTuple):
    """A call, or something else that a trace tells."""

    kind: str
    line: int
    end_line: int
    """The line on which a call ended."""
    time: float | None = None
    task: int = 0
    call: str | None = None
    arguments: str | None = None
    """What stands between the parentheses; of a call that is under way, what is shown of that."""
    outcome: str | None = None
    """What stands behind ``=``, without a duration."""
    duration: float | None = None
    text: str | None = None
    """What something else than a call says."""
    finding: Diagnostic | None = None


class RowReader(StraceReader):
    """Reads one trace to rows, which somebody takes out now and then; it returns no items."""

    __slots__ = ("rows",)

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.rows: list[Row] = []
        """Those of the lines that have been read since they were taken out."""
        self._lists = _ListTexts(self._values)

    def taken(self) -> list[Row]:
        """The rows that nobody has taken yet."""
        rows, self.rows = self.rows, []
        return rows

    def _ended(
        self,
        task: int,
        name: str,
        arguments: ArgumentList,
        result: Result,
        tail: str,
        line: int,
        time: float | None,
        duration: float | None,
        number: int,
    ) -> None:
        row = (CALL, line, number, time, task, name, arguments.text, tail, duration, None, None)
        self.rows.append(cast("Row", row))  # a tuple is made in a fifth of the time
        if name in BIRTHS and result.value is not None and result.value > 0:
            self._numbering.born(result.value)

    def _list(self, values: tuple[Value, ...], text: str, position: int, end: int) -> ArgumentList:
        written = text[position : end - 1]
        if self._values.again(written) != values:
            written = text[position:]  # something might end behind the list: all that follows belongs to it
        return ArgumentList(values, written)

    def _unfinished(self, task: int, begun: PendingCall, number: int) -> None:
        self._shown(UNFINISHED, task, begun, number)

    def _began(self, task: int, begun: PendingCall) -> None:
        self._shown(BEGAN, task, begun, begun.line)

    def _shown(self, kind: str, task: int, begun: PendingCall, number: int) -> None:
        shown = begun.text[len(begun.name) + 1 :]
        self.rows.append(Row(kind, begun.line, number, begun.time, task, begun.name, shown))

    def _tell(self, item: Item, text: str = "") -> None:
        match item:
            case Diagnostic():
                line = 0 if item.span is None else item.span.line
                row = Row(FINDING, line, line, finding=item)
            case SignalDelivered(task=task, line=line, time=time) | Stopped(task=task, line=line, time=time):
                row = Row(SIGNAL, line, line, time, task, text=text)
            case Exited(task=task, line=line, time=time) | Killed(task=task, line=line, time=time):
                row = Row(ENDED, line, line, time, task, text=text)
            case Superseded(task=task, by=by, line=line, time=time):
                row = Row(SUPERSEDED, line, line, time, task, text=str(by))
            case Numbered(task=task, number=number, line=line, time=time):
                row = Row(NUMBERED, line, line, time, task, text=str(number))
            case Remark(task=task, text=said, line=line):
                row = Row(REMARK, line, line, task=task, text=said)
            case Origin(line=line):
                row = Row(ORIGIN, line, line, text=text)
            case _:
                raise TypeError(f"strace tells no {type(item).__name__}")
        self.rows.append(row)


class _ListTexts(ArgumentLists):
    """Lists of arguments, most of which are known to be understood without being read: they have a text alone."""

    __slots__ = ()

    def _found(self, text: str) -> ArgumentList | None:
        return ArgumentList((), text[:-1]) if LIST.fullmatch(text) is not None else super()._found(text)
