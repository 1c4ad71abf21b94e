"""Lines of strace to events and findings, the long way; what each task is in the middle of is all that is kept."""

import re
from collections.abc import Iterable, Iterator

from nslsm.diagnostics import Code
from nslsm.importers.traces.findings import (
    CUT_LINE,
    LINE_TOO_LONG,
    MALFORMED_LINE,
    MALFORMED_VALUE,
    MAX_LINE,
    MAX_PARTS,
    MAX_PENDING,
    NEVER_RESUMED,
    NOT_UTF8,
    ORPHAN_RESUMED,
    TOO_MANY_PENDING,
    UNFINISHED_AT_END,
    found,
)
from nslsm.importers.traces.reader import Item
from nslsm.importers.traces.strace.arguments import ArgumentList
from nslsm.importers.traces.strace.atoms import MalformedError
from nslsm.importers.traces.strace.clock import Clock
from nslsm.importers.traces.strace.fates import end_event, signal_event
from nslsm.importers.traces.strace.lines import (
    BIRTHS,
    CONTINUED,
    DETACHED,
    EXECS,
    GIVEN_UP,
    LINE,
    REMARK,
    RENUMBERED,
    UNFINISHED,
    interruption,
)
from nslsm.importers.traces.strace.numbering import ROOT, Numbering
from nslsm.importers.traces.strace.pending import PendingCall, PendingCalls
from nslsm.importers.traces.strace.results import Result, ResultReader, without_duration
from nslsm.importers.traces.strace.values import ValueReader
from nslsm.importers.traces.tally import Tally
from nslsm.kernel.call import (
    Began,
    Numbered,
    Remark,
    Superseded,
    SystemCall,
    Unparsed,
    Value,
)
from nslsm.kernel.origin import PREFIX, read_origin

_EQUALS = re.compile(r" *+= ")


class CarefulReader:
    """Reads one trace: feed it lines in order, then :meth:`finish` it. Memory is bounded, whatever comes.

    Each line is taken apart the long way, whatever it is. :class:`nslsm.importers.traces.strace.short.StraceReader` knows a
    shorter one for most, and says the same.
    """

    __slots__ = (
        "_clock",
        "_findings",
        "_fragment",
        "_items",
        "_lines",
        "_numbering",
        "_pending",
        "_results",
        "_task",
        "_understood",
        "_values",
        "source",
    )

    def __init__(self, source: str) -> None:
        self.source = source
        """What findings call the trace, or the file of it that is being read."""
        self._values = ValueReader()
        self._results = ResultReader()
        self._clock = Clock()
        self._numbering = Numbering()
        self._pending = PendingCalls()
        self._fragment: tuple[str, int] | None = None
        self._task = ROOT
        self._items: list[Item] = []
        self._lines = self._understood = self._findings = 0

    @property
    def tally(self) -> Tally:
        """How much has been read and understood so far."""
        return Tally(self._lines, self._understood, self._findings)

    def read(self, lines: Iterable[bytes]) -> Iterator[Item]:
        """Events and findings of all ``lines`` of one file, and of its end. Each line keeps its newline."""
        number = 0
        for number, raw in enumerate(lines, 1):
            yield from self.line(raw, number)
        yield from self.finish(number)

    def lines(self, raws: Iterable[bytes], first: int) -> list[Item]:
        """Events and findings of some lines of a file, the first of which is line ``first``."""
        items: list[Item] = []
        self._items = items
        for number, raw in enumerate(raws, first):
            findings = self._findings
            self._lines += 1
            self._line(raw, number, None)
            if self._findings == findings:
                self._understood += 1
        return items

    def line(self, raw: bytes, number: int, task: int | None = None) -> list[Item]:
        """Events and findings of line ``number``, which is ``task``'s where nothing in it says whose it is."""
        items: list[Item] = []
        self._items = items
        self._lines += 1
        findings = self._findings
        self._line(raw, number, task)
        if self._findings == findings:
            self._understood += 1
        return items

    def finish(self, number: int) -> list[Item]:
        """What is left when the trace has ended at line ``number``: calls that never did."""
        items: list[Item] = []
        self._items = items
        if self._fragment is not None:
            self._broken(*self._fragment)
            self._fragment = None
        for task in self._pending.tasks():
            self._given_up(task, UNFINISHED_AT_END, "the trace ends before this call does", number)
        return items

    def _line(self, raw: bytes, number: int, task: int | None) -> None:
        whole = raw.endswith(b"\n")
        if len(raw) > MAX_LINE + whole:
            text = raw[:200].decode("utf-8", "replace")
            self._found(LINE_TOO_LONG, number, f"a line is over {MAX_LINE} bytes (MAX_LINE)", text)
            return
        try:
            text = raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            text = raw.decode("utf-8", "backslashreplace").rstrip("\n")
            message = f"a line holds bytes that are not UTF-8, the first at {error.start + 1}"
            self._found(NOT_UTF8, number, message, text)
            return
        if not whole and not text.endswith((")", ">", "+++", "---", "?")):
            self._found(CUT_LINE, number, "the last line has no end; it may be half written", text)
            return
        match = LINE.match(text)
        if self._fragment is not None:
            if match is None and CONTINUED.match(text) is not None:
                text = self._fragment[0] + text
                self._fragment = None
                match = LINE.match(text)
            elif match is not None:
                self._broken(*self._fragment)
                self._fragment = None
        if match is None:
            self._other(text, number, whole=whole)
            return
        self._event(match, text, number, task, whole=whole)

    def _event(self, match: re.Match[str], text: str, number: int, given: int | None, *, whole: bool) -> None:
        bracketed, pid, clock, epoch, delta, call, resumed, signal, end = match.groups()
        time = self._clock.time(clock, epoch, delta)
        if pid is not None:
            task = int(pid)
        elif bracketed is not None:
            unknown = self._numbering.number is None
            task = self._numbering.numbered(int(bracketed), elsewhere=call is not None and ROOT in self._pending)
            if unknown and task == ROOT:
                self._tell(Numbered(task, int(bracketed), number, time))
        else:
            task = given if given is not None else self._numbering.bare()
        self._task = task
        try:
            if call is not None and not text.endswith("...>") and task not in self._pending:
                self._complete(call, text, match.end(), number, time, task, number)
            elif call is not None:
                self._call(PendingCall(call, text[match.start("call") :], number, time, number), task, number)
            elif resumed is not None:
                self._resumed(task, resumed, text[match.end() :], text, number)
            elif signal is not None:
                self._tell(signal_event(self._values, signal, task, number, time), signal)
            else:
                self._end(task, end, number, time)
        except MalformedError as error:
            if resumed is not None:
                self._understood -= 1  # neither is the line on which the call began
            if not whole:
                self._found(CUT_LINE, number, "the last line is half written", text)
            elif (interrupted := interruption(text)) is not None:
                self._fragment = text[:interrupted], number
                self._remark(text[interrupted:], number)
            else:
                self._broken(text, number, error)

    def _call(self, begun: PendingCall, task: int, number: int) -> None:
        """A line with the beginning of a call, or with all of it."""
        if task in self._pending:
            message = "this call never ends: its task goes on with another"
            self._given_up(task, NEVER_RESUMED, message, number)
        if not begun.text.endswith("...>"):
            self._whole(begun, task, number)
        elif begun.text.endswith(UNFINISHED):
            kept = begun._replace(text=begun.text[: -len(UNFINISHED)])
            self._keep(task, kept, number)
            if begun.name in BIRTHS and begun.parts == 1:
                self._began(task, kept)
        elif begun.text.endswith(DETACHED):
            self._unfinished(task, begun._replace(text=begun.text[: -len(DETACHED)]), number)
        elif (renumbered := RENUMBERED.search(begun.text)) is not None:
            kept = begun._replace(text=begun.text[: renumbered.start()])
            self._keep(int(renumbered[1]), kept, number)
        else:
            self._whole(begun, task, number)

    def _whole(self, begun: PendingCall, task: int, number: int) -> None:
        self._complete(begun.name, begun.text, len(begun.name) + 1, begun.line, begun.time, task, number)

    def _resumed(self, task: int, name: str, rest: str, text: str, number: int) -> None:
        """A line in which a call goes on that began on an earlier one."""
        begun = self._pending.get(task)
        if name in EXECS and (begun is None or begun.name != name):
            by = self._pending.executing()
            if by is not None:
                self._moved(by, task, number)
                self._tell(Superseded(task, by, number))
                begun = self._pending.get(task)
        if begun is None or (begun.name != name and "?" not in name + begun.name):
            message = f"`{name}` goes on, but its beginning is not in the trace"
            self._found(ORPHAN_RESUMED, number, message, text)
            return
        self._continued(begun, rest, task, number)

    def _continued(self, begun: PendingCall, rest: str, task: int, number: int) -> None:
        self._pending.pop(task)
        given_up = GIVEN_UP.match(rest)
        if given_up is not None:
            rest = rest[given_up.end() :]
            begun = begun._replace(text=begun.text.rstrip(" ,"))
        elif not rest.startswith(" <"):
            rest = rest.lstrip(" ")
        whole = begun._replace(text=begun.text + rest, last=number, parts=begun.parts + 1)
        if len(whole.text) > MAX_LINE or whole.parts > MAX_PARTS:
            message = f"a call is over {MAX_LINE} characters (MAX_LINE), or on over {MAX_PARTS} lines (MAX_PARTS)"
            self._found(LINE_TOO_LONG, number, message, whole.text)
            return
        self._call(whole, task, number)

    def _complete(
        self, name: str, text: str, position: int, line: int, time: float | None, task: int, number: int
    ) -> None:
        """The call ``name``, whose arguments begin at ``position`` of ``text``: all of it is there."""
        if text.endswith("= ?") and (given_up := GIVEN_UP.search(text)) is not None:
            text = text[: given_up.start()] + text[given_up.end() :]
        arguments, end = self._values.arguments(text, position)
        equals = _EQUALS.match(text, end)
        if equals is None:
            raise MalformedError(end, "` = ` and a result")
        tail = text[equals.end() :]
        duration = None
        if tail.endswith(">"):
            tail, duration = without_duration(tail)
        result = self._results.result(tail)
        self._ended(task, name, self._list(arguments, text, position, end), result, tail, line, time, duration, number)
        for value in arguments:
            if type(value) is Unparsed:
                self._found(MALFORMED_VALUE, number, f"an argument of `{name}` is not understood", value.text)
                return

    def _list(self, values: tuple[Value, ...], text: str, position: int, end: int) -> ArgumentList:
        """The arguments that were read from ``position`` of ``text`` to behind the parenthesis at ``end``."""
        return ArgumentList(values, text[position : end - 1])

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
        """A call has ended on line ``number``, with the result that ``tail`` spells."""
        del tail
        value, fd, errno, error, detail = result
        self._items.append(
            SystemCall(task, name, arguments.values, value, line, time, errno, error, fd, detail, duration, number)
        )
        if name in BIRTHS and value is not None and value > 0:
            self._numbering.born(value)

    def _began(self, task: int, begun: PendingCall) -> None:
        """A call that makes a task has begun."""
        shown = self._values.shown(begun.text, len(begun.name) + 1)
        self._items.append(Began(task, begun.name, shown, begun.line, begun.time))

    def _tell(self, item: Item, text: str = "") -> None:
        """Something else than a call; ``text`` is how it is written, where ``item`` does not say."""
        del text
        self._items.append(item)

    def _end(self, task: int, text: str, number: int, time: float | None) -> None:
        event = end_event(text, task, number, time)
        if isinstance(event, Superseded):
            by = self._numbering.known(event.by)
            self._moved(by, task, number)
            self._tell(Superseded(task, by, number, time))
            return
        self._abandoned(task, number)
        self._numbering.ended(task)
        self._tell(event, text)

    def _moved(self, by: int, task: int, number: int) -> None:
        """Thread ``by`` goes on as ``task``; what it is in the middle of, too."""
        begun = self._pending.pop(by)
        if begun is not None:
            self._abandoned(task, number)
            self._keep(task, begun, number)
        self._numbering.ended(by)

    def _other(self, text: str, number: int, *, whole: bool) -> None:
        """A line that is about no task: a remark, the first line of a recording, or none of strace's."""
        if REMARK.match(text) is not None:
            self._remark(text, number)
            return
        begun = self._pending.get(self._task)
        if begun is not None and begun.last == number - 1:
            try:
                self._continued(begun, text, self._task, number)
            except MalformedError:
                self._pending.put(self._task, begun)
            else:
                return
        if text.startswith(PREFIX):
            try:
                self._tell(read_origin(text, number), text)
            except ValueError as error:
                self._found(MALFORMED_LINE, number, f"{error}", text)
            return
        interrupted = interruption(text)
        if interrupted is not None and self._fragment is None:
            self._fragment = text[:interrupted], number
            self._remark(text[interrupted:], number)
        elif not whole:
            self._found(CUT_LINE, number, "the last line is half written", text)
        else:
            self._broken(text, number)

    def _remark(self, text: str, number: int) -> None:
        match = REMARK.match(text)
        if match is not None and match["attached"] is not None:
            self._numbering.born(int(match["process"]))
        self._tell(Remark(self._task, text, number))

    def _keep(self, task: int, begun: PendingCall, number: int) -> None:
        """Remember that ``task`` is in a call, within bounds."""
        self._pending.put(task, begun)
        while (oldest := self._pending.excess()) is not None:
            message = f"more calls are under way than are kept ({MAX_PENDING}, MAX_PENDING)"
            self._given_up(oldest, TOO_MANY_PENDING, message, number)

    def _given_up(self, task: int, code: Code, message: str, number: int) -> None:
        """The call that ``task`` is in, which ends nowhere, and a finding about it."""
        begun = self._pending.pop(task)
        if begun is not None:
            self._unfinished(task, begun, number)
            self._found(code, begun.line, message, begun.text)

    def _abandoned(self, task: int, number: int) -> None:
        """The call that ``task`` was in when it ended: nothing is wrong with that."""
        begun = self._pending.pop(task)
        if begun is not None:
            self._unfinished(task, begun, number)

    def _unfinished(self, task: int, begun: PendingCall, number: int) -> None:
        shown = self._values.shown(begun.text, len(begun.name) + 1)
        self._items.append(
            SystemCall(task, begun.name, shown, None, begun.line, begun.time, end_line=number, unfinished=True)
        )

    def _broken(self, text: str, number: int, error: MalformedError | None = None) -> None:
        message = "not a line of strace" if error is None else f"where strace writes {error.expected}, there is none"
        self._found(MALFORMED_LINE, number, message, text)

    def _found(self, code: Code, number: int, message: str, text: str) -> None:
        self._findings += 1
        self._tell(found(code, self.source, number, message, text))
