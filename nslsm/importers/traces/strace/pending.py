"""Calls that have begun and not ended, by task, within bounds."""

from typing import NamedTuple

from nslsm.importers.traces.findings import MAX_PENDING, MAX_PENDING_TEXT


class PendingCall(NamedTuple):
    """A call that has begun: its name, the text so far (from the name on), where and when it began."""

    name: str
    text: str
    line: int
    time: float | None
    last: int
    """The line that has told the end of ``text``."""


class PendingCalls:
    """What each task is in the middle of; the text of all of it is bounded, and the number of tasks."""

    __slots__ = ("_calls", "_text")

    def __init__(self) -> None:
        self._calls: dict[int, PendingCall] = {}
        self._text = 0

    def __contains__(self, task: int) -> bool:
        return task in self._calls

    def get(self, task: int) -> PendingCall | None:
        """What ``task`` is in the middle of."""
        return self._calls.get(task)

    def put(self, task: int, call: PendingCall) -> None:
        """``task`` is in the middle of ``call``. See :meth:`excess`."""
        self.pop(task)
        self._calls[task] = call
        self._text += len(call.text)

    def pop(self, task: int) -> PendingCall | None:
        """``task`` is in the middle of nothing any more; what it was in the middle of."""
        call = self._calls.pop(task, None)
        if call is not None:
            self._text -= len(call.text)
        return call

    def excess(self) -> int | None:
        """The task whose call, the oldest, is to be given up, since there are too many; None where there are not."""
        if len(self._calls) > MAX_PENDING or self._text > MAX_PENDING_TEXT:
            return next(iter(self._calls))
        return None

    def tasks(self) -> tuple[int, ...]:
        """The tasks that are in the middle of a call, those whose calls began first in front."""
        return tuple(self._calls)

    def only(self, names: frozenset[str]) -> int | None:
        """The task that is in one of the calls ``names``; None where there are none or several."""
        tasks = [task for task, call in self._calls.items() if call.name in names]
        return tasks[0] if len(tasks) == 1 else None
