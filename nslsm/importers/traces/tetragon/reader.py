"""Tetragon's events, a line of JSON each, to events and findings."""

import json
from typing import Final

from nslsm.diagnostics import Code
from nslsm.hooks.linux import Signal
from nslsm.importers.traces.findings import (
    CUT_LINE,
    LINE_TOO_LONG,
    MALFORMED_LINE,
    MAX_LINE,
    NOT_UTF8,
    UNEXPECTED_SHAPE,
    found,
)
from nslsm.importers.traces.reader import Item
from nslsm.importers.traces.returned import returned
from nslsm.importers.traces.shape import Json, ShapeError, item, items, number, text, time
from nslsm.importers.traces.tally import Tally
from nslsm.importers.traces.tetragon.calls import NO_NUMBER, arguments, call_of, inet
from nslsm.importers.traces.tetragon.family import Family
from nslsm.importers.traces.tetragon.functions import hook_of, request
from nslsm.importers.traces.tetragon.processes import Process, described, executed, process
from nslsm.kernel.call import ABSENT, Exited, Fd, Killed, Remark, SystemCall, Value
from nslsm.kernel.event import Recorded
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.told import Told

JUDGED: Final = ("process_exec", "process_exit", "process_kprobe", "process_lsm", "process_tracepoint")
"""Kinds of events that tell what a task asked of its kernel, or that it began or ended."""

CONNECTIONS: Final = ("process_connect", "process_listen")
"""Those that tell it of sockets; only some builds of Tetragon export them."""

REMARKED: Final = (
    "process_close",
    "process_accept",
    "process_uprobe",
    "process_usdt",
    "process_loader",
    "process_dns",
    "process_throttle",
    "rate_limit_info",
    "test",
)
"""Those that tell of nothing that a kernel is asked: they are read, and nothing is judged."""


_RETURNED: Final = ("int_arg", "long_arg", "size_arg")


class TetragonReader:
    """Reads one export: feed it lines in order, then :meth:`finish` it. Memory is bounded, whatever comes."""

    __slots__ = ("_family", "_findings", "_items", "_line_number", "_lines", "_understood", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        """What findings call the export."""
        self._family = Family()
        self._items: list[Item] = []
        self._lines = self._understood = self._findings = 0
        self._line_number = 0

    @property
    def tally(self) -> Tally:
        """How much has been read and understood so far."""
        return Tally(self._lines, self._understood, self._findings)

    def line(self, raw: bytes, number: int, task: int | None = None) -> list[Item]:  # noqa: ARG002
        """Events of line ``number``, or a finding about it."""
        items: list[Item] = []
        self._items = items
        self._lines += 1
        self._line_number = number
        findings = self._findings
        self._line(raw)
        if self._findings == findings:
            self._understood += 1
        return items

    def finish(self, number: int) -> list[Item]:  # noqa: ARG002
        """Nothing: each line is an event of its own."""
        return []

    def _line(self, raw: bytes) -> None:
        whole = raw.endswith(b"\n")
        if len(raw) > MAX_LINE + whole:
            self._found(
                LINE_TOO_LONG, f"a line is over {MAX_LINE} bytes (MAX_LINE)", raw[:200].decode("utf-8", "replace")
            )
            return
        try:
            written = raw.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            message = f"a line holds bytes that are not UTF-8, the first at {error.start + 1}"
            self._found(NOT_UTF8, message, raw.decode("utf-8", "backslashreplace").rstrip("\n"))
            return
        if not written:
            self._items.append(Remark(0, "", self._line_number))
            return
        try:
            read = json.loads(written)
        except (ValueError, RecursionError) as error:
            if whole:
                reason = error.msg if isinstance(error, json.JSONDecodeError) else "numbers or nesting without end"
                self._found(MALFORMED_LINE, f"not JSON, {reason}", written)
            else:
                self._found(CUT_LINE, "the last line is half written", written)
            return
        try:
            self._event(read)
        except ShapeError as error:
            self._items.clear()
            self._found(UNEXPECTED_SHAPE, f"not an event as Tetragon exports it: {error}", written)

    def _event(self, read: object) -> None:
        """One event; some tools keep it in a member ``event``, or ``result``."""
        event = _object(read)
        for wrapping in ("event", "result"):
            if isinstance(event.get(wrapping), dict):
                event = _object(event[wrapping])
        machine = text(event, "node_name") or ""
        at = time(event, "time")
        for kind in (*JUDGED, *CONNECTIONS):
            if kind in event:
                self._of_process(kind, item(event, kind) or {}, machine, at)
                return
        for kind in event:
            if kind in REMARKED or kind.startswith("process_"):
                self._items.append(Remark(0, kind, self._line_number, at))
                return
        raise ShapeError("no member names its kind, as `process_exec` does")

    def _of_process(self, kind: str, told: Json, machine: str, at: float | None) -> None:
        found_process = item(told, "process")
        if found_process is None:
            raise ShapeError(f"`{kind}` has no `process`")
        of = process(found_process)
        above = item(told, "parent")
        parent = None if not above or above.get("pid") is None else process(above)
        task = self._family.task(machine, of.pid)
        late = self._family.ended(of.exec_id)
        if kind == "process_exit":
            self._exit(of, task, told, at)
            return
        parent_task = self._parent(parent, of, machine, at)
        if kind == "process_exec":
            self._exec(of, task, parent_task, at)
        else:
            self._known(of, task, parent_task, at)
            self._asked(kind, told, task, at)
        if late:
            self._family.ends(task, of.exec_id)
            self._items.append(Exited(task, 0, self._line_number, at))

    def _parent(self, parent: Process | None, of: Process, machine: str, at: float | None) -> int | None:
        """The task number of the parent, which is told of where nothing was told of it so far.

        A process that executes a second program is its own parent in Tetragon's words.
        """
        if parent is None or parent.pid in (of.pid, 0):
            return None
        task = self._family.task(machine, parent.pid)
        if self._family.running(task) is None and not self._family.ended(parent.exec_id):
            self._family.runs(task, parent.exec_id)
            self._items.append(described(parent, task, None, self._line_number, at, whole=True))
        return task

    def _known(self, of: Process, task: int, parent: int | None, at: float | None) -> None:
        """A process that does something is told of, if it was not before."""
        if self._family.running(task) != of.exec_id:
            self._family.runs(task, of.exec_id)
            self._items.append(described(of, task, parent, self._line_number, at, whole=True))

    def _exec(self, of: Process, task: int, parent: int | None, at: float | None) -> None:
        """A program begins, in a new process or not; or ran before Tetragon did (``procFS``)."""
        line = self._line_number
        if of.flags & {"procFS", "procfs"}:
            self._known(of, task, parent, at)
            self._items.append(Remark(task, "it ran already", line, at))
            return
        if "clone" in of.flags and self._family.running(task) not in (None, of.exec_id):
            self._items.append(Exited(task, 0, line, at))  # its number was given again, so it must have ended
        self._family.runs(task, of.exec_id)
        self._items.append(described(of, task, parent, line, at, whole=False))
        self._items.append(executed(of, task, line, at))
        self._items.append(described(of, task, parent, line, at, whole=True))

    def _exit(self, of: Process, task: int, told: Json, at: float | None) -> None:
        self._family.ends(task, of.exec_id)
        signal = Signal.__members__.get(text(told, "signal") or "")
        if signal is not None:
            self._items.append(Killed(task, signal, signal.name, core=False, line=self._line_number, time=at))
        else:
            status = number(told, "status") or 0
            self._items.append(Exited(task, status & 0xFF, self._line_number, at))

    def _asked(self, kind: str, told: Json, task: int, at: float | None) -> None:
        """What a process asked of the kernel."""
        if kind == "process_connect":
            host, port = text(told, "destination_ip"), number(told, "destination_port")
            address: Value = ABSENT if host is None else inet(host, port)
            self._called(task, "connect", (_socket(told), address), 0, at)
        elif kind == "process_listen":
            self._called(task, "listen", (_socket(told), ABSENT), 0, at)
        elif kind == "process_tracepoint":
            self._tracepoint(told, task, at)
        else:
            self._function(kind, told, task, at)

    def _tracepoint(self, told: Json, task: int, at: float | None) -> None:
        subsystem, event = text(told, "subsys") or "", text(told, "event") or ""
        if subsystem == "syscalls" and event.startswith("sys_enter_"):
            name = event.removeprefix("sys_enter_")
            self._called(task, name, arguments(name, items(told, "args")), None, at)
            return
        self._items.append(Remark(task, f"{subsystem}:{event}"[:MAX_REMARK], self._line_number, at))

    def _function(self, kind: str, told: Json, task: int, at: float | None) -> None:
        """A function of the kernel that was traced: a system call's, a hook's, or one that shows that a hook was granted."""
        function, line = text(told, "function_name") or "", self._line_number
        answer = item(told, "return") or {}
        result = next((number(answer, each) for each in _RETURNED if each in answer), None)
        name = None if kind == "process_lsm" else call_of(function)
        if name is not None:
            self._called(task, name, arguments(name, items(told, "args")), result, at)
            return
        hook = hook_of(function)
        if hook is None:
            self._items.append(Remark(task, function[:MAX_REMARK], line, at))
            return
        came = returned(result)
        operation = Told((request(hook, function, items(told, "args")),))
        self._items.append(Occurrence(task, function, operation, "", Recorded(came.result, came.errno), at, line))

    def _called(self, task: int, name: str, values: tuple[Value, ...], result: int | None, at: float | None) -> None:
        line = self._line_number
        came = returned(result)
        self._items.append(SystemCall(task, name, values, came.result, line, at, came.errno, came.error, end_line=line))

    def _found(self, code: Code, message: str, written: str) -> None:
        self._findings += 1
        self._items.append(found(code, self.source, self._line_number, message, written))


MAX_REMARK: Final = 200
"""How much of a name a remark has, in characters."""


def _object(value: object) -> Json:
    if isinstance(value, dict):
        return value
    raise ShapeError("it is no object")


def _socket(told: Json) -> Fd:
    """The socket of a connection that an event tells of by its addresses."""
    host = text(told, "destination_ip") or text(told, "ip") or ""
    protocol = text(told, "protocol") or "TCP"
    if protocol not in ("TCP", "UDP"):
        return Fd(NO_NUMBER)
    return Fd(NO_NUMBER, f"{protocol}{'v6' if ':' in host else ''}:[0]")
