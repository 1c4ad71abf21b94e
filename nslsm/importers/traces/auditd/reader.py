"""Lines of an audit log to events and findings."""

import re
from typing import Final

from nslsm.diagnostics import Code
from nslsm.importers.traces.auditd.calls import call_events, end_event, name_of, shown
from nslsm.importers.traces.auditd.records import Record, is_separator, lost, record
from nslsm.importers.traces.auditd.verdicts import made_domain, subject, verdict
from nslsm.importers.traces.auditd.window import Gathered, Window
from nslsm.importers.traces.findings import (
    CUT_LINE,
    EVENTS_LOST,
    LATE_RECORD,
    LINE_TOO_LONG,
    MALFORMED_LINE,
    MALFORMED_VALUE,
    MAX_LINE,
    NOT_UTF8,
    OTHER_MACHINE,
    UNKNOWN_NUMBER,
    found,
)
from nslsm.importers.traces.reader import Item
from nslsm.importers.traces.tally import Tally
from nslsm.kernel.call import Remark, SystemCall
from nslsm.kernel.occurrence import Occurrence

_COMPLETE: Final = re.compile(
    r"""["')\x1d]$|\ (?:cap_frootid|nametype|res|key|perm_mask)=\S+$""", re.ASCII | re.VERBOSE
)
"""How a last line ends that is surely whole though it has no end."""

_ASKED: Final = ("AVC", "APPARMOR_DENIED", "APPARMOR_ALLOWED", "APPARMOR_AUDIT", "LANDLOCK_ACCESS")
"""Records of what another module was asked."""

_VERDICTS: Final = (*_ASKED, "USER_AVC", "SELINUX_ERR", "LANDLOCK_DOMAIN")

MAX_DOMAINS: Final = 65_536
"""How many of Landlock's domains are remembered."""


class AuditReader:
    """Reads one log: feed it lines in order, then :meth:`finish` it. Memory is bounded, whatever comes."""

    __slots__ = ("_domains", "_findings", "_items", "_lines", "_node", "_understood", "_window", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        """What findings call the log."""
        self._window = Window()
        self._node: str | None = None
        self._domains: dict[str, int] = {}
        self._items: list[Item] = []
        self._lines = self._understood = self._findings = 0

    @property
    def tally(self) -> Tally:
        """How much has been read and understood so far."""
        return Tally(self._lines, max(0, self._understood), self._findings)

    def line(self, raw: bytes, number: int, task: int | None = None) -> list[Item]:  # noqa: ARG002
        """Events that are complete with line ``number``, and findings about it."""
        items: list[Item] = []
        self._items = items
        self._lines += 1
        self._understood += 1
        self._line(raw, number)
        return items

    def finish(self, number: int) -> list[Item]:  # noqa: ARG002
        """The events that were held back for further records."""
        items: list[Item] = []
        self._items = items
        for event in self._window.rest():
            self._event(event)
        return items

    def _line(self, raw: bytes, number: int) -> None:
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
        if not whole and _COMPLETE.search(text) is None:
            self._found(CUT_LINE, number, "the last line has no end; it may be half written", text)
            return
        gone = lost(text)
        if gone is not None:
            message = f"the kernel says that it has lost {gone} records so far: what they told of is missing here"
            self._found(EVENTS_LOST, number, message, text)
            return
        read = record(text, number)
        if read is None:
            if is_separator(text):
                self._items.append(Remark(0, text[:MAX_REMARK], number))
            else:
                self._found(MALFORMED_LINE, number, "not a line of an audit log", text)
            return
        self._take(read, text)

    def _take(self, read: Record, text: str) -> None:
        if self._node is None:
            self._node = read.node
        if read.node != self._node:
            message = f"a record of machine `{read.node[:80]}` in a log that begins with `{self._node[:80]}`'s"
            self._found(OTHER_MACHINE, read.line, message, text)
            return
        complete = self._window.put(read)
        if complete is None:
            message = f"a record of event {read.serial} comes after the event was taken to be complete"
            self._found(LATE_RECORD, read.line, message, text)
            return
        for event in complete:
            self._event(event)

    def _event(self, event: Gathered) -> None:
        """What the records of one event come to."""
        parts: dict[str, list[Record]] = {}
        for each in event.records:
            parts.setdefault(each.kind, []).append(each)
        for each in parts.get("LANDLOCK_DOMAIN", ()):
            self._domain(each)
        for call in parts.get("SYSCALL", ()) or parts.get("URINGOP", ()):
            self._call(call, parts)
            return
        if self._told(parts):
            return
        first = event.records[0]
        for each in parts.get("ANOM_ABEND", ()):
            end = end_event(each)
            if end is not None:
                self._items.append(end)
                return
        self._remark(first, first.number("pid") or 0)

    def _told(self, parts: dict[str, list[Record]]) -> bool:
        """What other modules recorded where no record tells of the system call: events of the hooks that they were asked at."""
        told = False
        for kind in _ASKED:
            for each in parts.get(kind, ()):
                found = verdict(each, self._domains)
                if found is None:
                    self._remark(each, each.number("pid") or 0)
                else:
                    self._items.append(subject(each, found.task))
                    hook, time = found.operation.requests[0].hook, each.time / 1000 if each.time else None
                    made = Occurrence(found.task, hook, found.operation, "", found.recorded, time, each.line)
                    self._items.append(made)
                told = True
        return told

    def _domain(self, record: Record) -> None:
        """Landlock's domains, by the process that made them; the eldest are forgotten."""
        made = made_domain(record)
        if made is not None:
            self._domains[made[0]] = made[1]
            self._items.append(subject(record, made[1]))
            while len(self._domains) > MAX_DOMAINS:
                del self._domains[next(iter(self._domains))]

    def _call(self, call: Record, parts: dict[str, list[Record]]) -> None:
        task = call.number("pid")
        if task is None or task <= 0:
            self._found(MALFORMED_VALUE, call.line, "a system call's record does not say whose it is, `pid`", call.text)
            return
        for kind in _VERDICTS:
            for each in parts.get(kind, ()):
                self._remark(each, task)
        if call.kind == "URINGOP":
            time = call.time / 1000
            self._items.append(SystemCall(task, "io_uring_enter", (), call.number("exit"), call.line, time))
            return
        name = name_of(call)
        if name is None:
            machine, number = call.fields.get("arch", "?"), call.fields.get("syscall", "?")
            message = f"system call {number[:20]} of machine {machine[:20]} is not known by its number"
            self._found(UNKNOWN_NUMBER, call.line, message, call.text)
            return
        self._items.extend(call_events(call, task, name, parts))

    def _remark(self, each: Record, task: int) -> None:
        self._items.append(Remark(task, shown(each)[:MAX_REMARK], each.line, each.time / 1000 if each.time else None))

    def _found(self, code: Code, number: int, message: str, text: str) -> None:
        self._findings += 1
        self._understood -= 1
        self._items.append(found(code, self.source, number, message, text))


MAX_REMARK: Final = 4_096
"""How much of a record a remark has, in characters."""
