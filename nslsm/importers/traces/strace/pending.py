"""Calls that have begun and not ended, by task, within bounds."""

from typing import NamedTuple

from nslsm.importers.traces.findings import MAX_PENDING, MAX_PENDING_TEXT
from nslsm.importers.traces.strace.lines import EXECS


class PendingCall(NamedTuple):
    """A call that has begun: its name, the text so far (from the name on), where and when it began."""

    name: str
    text: str
    line: int
    time: float | None
    last: int
    """The line that has told the end of ``text``."""
    parts: int = 1
    """On how many lines it is so far."""


class PendingCalls:
    """What each task is in the middle of; the text of all of it is bounded, and the number of tasks."""

    __slots__ = ("_execs", "calls", "text")

    def __init__(self) -> None:
        self.calls: dict[int, PendingCall] = {}
        """To look at."""
        self._execs: dict[int, None] = {}
        self.text = 0
        """How much there is of it, in characters."""

    def __contains__(self, task: int) -> bool:
        return task in self.calls

    def get(self, task: int) -> PendingCall | None:
        """What ``task`` is in the middle of."""
        return self.calls.get(task)

    def put(self, task: int, call: PendingCall) -> None:
        """``task`` is in the middle of ``call``. See :meth:`excess`."""
        self.pop(task)
        self.calls[task] = call
        if call.name in EXECS:
            self._execs[task] = None
        self.text += len(call.text)

    def pop(self, task: int) -> PendingCall | None:
        """``task`` is in the middle of nothing any more; what it was in the middle of."""
        call = self.calls.pop(task, None)
        if call is not None:
            self.text -= len(call.text)
            self._execs.pop(task, None)
        return call

    def excess(self) -> int | None:
        """The task whose call, the oldest, is to be given up, since there are too many; None where there are not."""
        if len(self.calls) > MAX_PENDING or self.text > MAX_PENDING_TEXT:
            return next(iter(self.calls))
        return None

    def tasks(self) -> tuple[int, ...]:
        """The tasks that are in the middle of a call, those whose calls began first in front."""
        return tuple(self.calls)

    def executing(self) -> int | None:
        """The task that is executing a program; None where there are none or several."""
        return next(iter(self._execs)) if len(self._execs) == 1 else None
