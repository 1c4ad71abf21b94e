"""A recording of hooks to events: the hooks that one system call raised become one event, whose requests are told.

Which tasks there are, whose children they are and what they run is taken from the same rows. What a row does not tell stays
unknown. Rows of different tasks may come in any order; what one task is in the middle of is all that is kept.
"""

from dataclasses import dataclass, field
from typing import Final

from nslsm.diagnostics import Code
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, HookClass
from nslsm.importers.traces.findings import MAX_EXCERPT, MAX_PENDING, UNEXPECTED_SHAPE, UNKNOWN_HOOK, found
from nslsm.importers.traces.hooked import is_hook
from nslsm.importers.traces.lsm.requests import path_of, request
from nslsm.importers.traces.lsm.rows import RowError, joined, row
from nslsm.importers.traces.reader import Item
from nslsm.importers.traces.returned import returned
from nslsm.importers.traces.tally import Tally
from nslsm.kernel.call import Described, Exited, Remark
from nslsm.kernel.event import Recorded
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.seen import codes
from nslsm.kernel.seen.codes import integer
from nslsm.kernel.seen.hook import SeenHook
from nslsm.kernel.told import Told, ToldRequest

MAX_IN_EVENT: Final = 10_000
"""How many hooks one event has; what a system call calls beyond is an event of its own."""

MAX_UNKNOWN: Final = 1_000
"""About so many hooks that nobody knows there is a finding each."""

_ENDS: Final = frozenset({"exit", "exit_group"})
_EXECUTED: Final = frozenset({"bprm_committed_creds", "bprm_committing_creds"})


@dataclass(slots=True)
class _Event:
    """The hooks of one system call of one task, so far."""

    call: str
    nth: int
    late: bool
    line: int
    requests: list[ToldRequest] = field(default_factory=list)
    rows: list[SeenHook] = field(default_factory=list)
    """Those that tell who the task is, or that it failed: the first, and the last."""
    whole: str | None = None
    executed: SeenHook | None = None
    errno: Errno | None = None


class LsmReader:
    """Reads one recording: feed it lines in order, then :meth:`finish` it. Memory is bounded, whatever comes.

    ``arguments`` is the name of the second file, whose lines come before those that they belong to (:mod:`.pairing`).
    """

    __slots__ = (
        "_arguments",
        "_being_made",
        "_events",
        "_findings",
        "_items",
        "_known",
        "_lines",
        "_told",
        "_understood",
        "_unknown",
        "source",
    )

    def __init__(self, source: str, arguments: str | None = None) -> None:
        self.source = source
        """What findings call the recording, or the file of it that is being read."""
        self._arguments = arguments
        self._told: SeenHook | None = None
        self._events: dict[int, _Event] = {}
        self._known: dict[int, Described] = {}
        self._being_made: list[tuple[int, bool]] = []  # by whom, and whether as a thread
        self._unknown: set[str] = set()
        self._items: list[Item] = []
        self._lines = self._understood = self._findings = 0

    @property
    def tally(self) -> Tally:
        """How much has been read and understood so far."""
        return Tally(self._lines, self._understood, self._findings)

    def line(self, raw: bytes, number: int, task: int | None = None) -> list[Item]:  # noqa: ARG002 - rows say whose they are
        """What line ``number`` makes certain: events that end with it, or a finding about it."""
        items: list[Item] = []
        self._items = items
        self._lines += 1
        findings = self._findings
        if not raw.strip():
            items.append(Remark(0, "", number))
        else:
            self._line(raw, number)
        if self._findings == findings:
            self._understood += 1
        return items

    def finish(self, number: int) -> list[Item]:
        """The events that tasks were in when the recording ended at line ``number``."""
        items: list[Item] = []
        self._items = items
        self._unmatched(number)
        for task in tuple(self._events):
            self._end(task)
        return items

    def _line(self, raw: bytes, number: int) -> None:
        try:
            seen = row(raw, self.source, number)
        except RowError as error:
            self._findings += 1
            self._items.append(error.finding)
            return
        if self.source == self._arguments:
            if seen.row is not None:
                self._unmatched(number)
                self._told = seen
                return
        elif self._told is not None and seen.row == self._told.row:
            if seen.hook != self._told.hook:
                self._unmatched(number)
            seen = joined(seen, self._told)
            self._told = None
        self._take(seen)

    def _unmatched(self, number: int) -> None:
        """Arguments were told of a row that did not come."""
        told, self._told = self._told, None
        if told is not None:
            message = (
                f"arguments of `{told.hook}` are told to be those of row {told.row}, which is another hook's, or none"
            )
            self._found(UNEXPECTED_SHAPE, self._arguments or self.source, told.line or number, message)

    def _take(self, seen: SeenHook) -> None:
        if seen.interrupting:
            self._items.append(Remark(seen.pid, f"{seen.hook} in {seen.interrupting}"[:MAX_EXCERPT], seen.line))
            return
        if not is_hook(seen.hook):
            if seen.hook not in self._unknown and len(self._unknown) < MAX_UNKNOWN:
                self._unknown.add(seen.hook)
                message = f"no kernel that is known here has a hook called `{seen.hook}`: its rows are not judged"
                self._found(UNKNOWN_HOOK, self.source, seen.line, message)
            else:
                self._items.append(Remark(seen.pid, seen.hook[:MAX_EXCERPT], seen.line))
            return
        event = self._event(seen)
        event.whole = path_of(seen) or event.whole
        event.requests.append(request(seen, event.whole))
        self._answered(event, seen)
        if seen.told is not None:
            event.rows = [*event.rows[:1], seen]
        if seen.hook in _EXECUTED:
            event.executed = seen
        if seen.hook == "task_alloc" and len(self._being_made) < MAX_PENDING:
            self._being_made.append((seen.pid, _is_thread(seen)))
        if seen.nth < 0:
            self._end(seen.pid)

    def _event(self, seen: SeenHook) -> _Event:
        """The event that a row belongs to; the one before is over."""
        known = self._events.get(seen.pid)
        same = known is not None and (known.call, known.nth, known.late) == (seen.call, seen.nth, seen.late)
        if known is not None and same and len(known.requests) < MAX_IN_EVENT:
            return known
        if known is not None:
            self._end(seen.pid)
        event = _Event(seen.call or seen.hook, seen.nth, seen.late, seen.line)
        event.call = seen.call or seen.hook
        self._appears(seen)
        self._events[seen.pid] = event
        if len(self._events) > MAX_PENDING:
            self._end(next(iter(self._events)))
        return event

    def _appears(self, seen: SeenHook) -> None:
        """A task's first row: it is a child of whoever is making one, where that is one task."""
        if seen.pid in self._known:
            return
        told = seen.told or {}
        parent, process = integer(told.get("ppid")), integer(told.get("tgid"))
        makers = {pid for pid, _ in self._being_made} - {seen.pid}
        if process is None and len(makers) == 1:
            maker, thread = next(each for each in self._being_made if each[0] in makers)
            process, parent = (maker, None) if thread else (seen.pid, parent or maker)
        thread = process is not None and process != seen.pid
        made = (process if thread else parent, thread)
        if made in self._being_made:
            self._being_made.remove(made)
        event = Described(
            task=seen.pid,
            line=seen.line,
            parent=None if thread else parent or None,
            process=process if thread else None,
        )
        self._know(seen.pid, event)
        self._items.append(event)
        self._describe(seen)

    def _know(self, pid: int, event: Described) -> None:
        self._known[pid] = event
        if len(self._known) > MAX_PENDING:
            del self._known[next(iter(self._known))]

    def _describe(self, seen: SeenHook, exe: str | None = None) -> None:
        """Who a task is, as a row tells it, where it does."""
        told = seen.told or {}
        comm, uid = told.get("comm"), integer(told.get("uid"))
        known = self._known.get(seen.pid)
        event = Described(
            task=seen.pid,
            line=seen.line,
            comm=comm if isinstance(comm, str) and len(comm) < MAX_EXCERPT else None,
            exe=exe,
            ids=() if uid is None or not 0 <= uid < 0xFFFF_FFFF else (("uid", uid),),
        )
        if event.comm is None and not event.ids and exe is None:
            return
        if known is None or (known.comm, known.ids) != (event.comm, event.ids) or exe is not None:
            self._know(seen.pid, event)
            self._items.append(event)

    def _answered(self, event: _Event, seen: SeenHook) -> None:
        """A hook that refused ended its call, where that is for it to say."""
        hook = CATALOGUE[seen.hook]
        answer = returned(integer((seen.told or {}).get("ret")))
        event.errno = None
        if hook.hook_class is HookClass.ACCESS and hook.consequence is Consequence.FATAL:
            event.errno = answer.errno

    def _end(self, pid: int) -> None:
        """A task's system call is over: what it asked is judged, and then what it became is taken in."""
        event = self._events.pop(pid)
        if event.rows:
            self._describe(event.rows[0])
        came = Recorded(None, event.errno)
        self._items.append(Occurrence(pid, event.call, Told(tuple(event.requests)), "", came, None, event.line))
        if event.executed is not None and event.errno is None:
            self._describe(event.rows[-1] if event.rows else event.executed, path_of(event.executed))
        if event.call in _ENDS and not event.late:
            self._known.pop(pid, None)
            self._items.append(Exited(pid, 0, event.line))

    def _found(self, code: Code, source: str, line: int, message: str) -> None:
        self._findings += 1
        self._items.append(found(code, source, line, message))


def _is_thread(seen: SeenHook) -> bool:
    """Whether a task that is being made is to be a thread of its maker's process."""
    flags = codes.CLONED.read((seen.told or {}).get("clone_flags"))
    return isinstance(flags, frozenset) and "thread" in flags
