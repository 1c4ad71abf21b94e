"""Whose line it is, in traces that number tasks only while there are several.

``strace -f`` without ``-o`` writes ``[pid 12]`` in front of lines while it follows several tasks, and nothing while
it follows one: the first, or whichever is left.
"""

from typing import Final

from nslsm.importers.traces.findings import MAX_PENDING

ROOT: Final = 0
"""What the first task is called, whose number the trace may never tell."""


class Numbering:
    """Tells tasks apart by what the trace has said about them so far."""

    __slots__ = ("_alive", "_first_lives", "_first_seen", "number")

    def __init__(self) -> None:
        self.number: int | None = None
        """The first task's number, once a line has told it."""
        self._alive: dict[int, None] = {}
        self._first_seen = False
        self._first_lives = True

    def born(self, number: int) -> None:
        """A task with this number was attached to, or is what a call that makes tasks returned."""
        if number != self.number:
            self._add(number)

    def ended(self, task: int) -> None:
        """A task is gone."""
        if task == ROOT:
            self._first_lives = False
        self._alive.pop(task, None)

    def bare(self) -> int:
        """The task of a line that has no number."""
        if len(self._alive) == 1 and not (self._first_seen and self._first_lives):
            return next(iter(self._alive))
        self._first_seen = True
        return ROOT

    def numbered(self, number: int, *, elsewhere: bool) -> int:
        """The task of a line that has a number in brackets.

        ``elsewhere``: it begins a call while the first task is in the middle of one, so it is another task's.
        """
        if number in self._alive:
            return number
        if self.number is None and self._first_seen and not elsewhere:
            self.number = number
        if number == self.number:
            return ROOT
        self._add(number)
        return number

    def known(self, number: int) -> int:
        """The task that a remark calls ``number``."""
        return ROOT if number == self.number else number

    @property
    def is_alone(self) -> bool:
        """Whether no task beside the first is known to live."""
        return not self._alive

    def _add(self, number: int) -> None:
        self._alive[number] = None
        if len(self._alive) > MAX_PENDING:
            del self._alive[next(iter(self._alive))]
