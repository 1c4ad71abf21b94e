"""Which processes have been told of so far: exec ids to tasks, machine by machine, within bounds."""

from typing import Final

from nslsm.importers.traces.tetragon.processes import MAX_PID

MAX_KNOWN: Final = 65_536
"""How many processes are remembered; of one that was forgotten, the next event tells again."""

_MACHINE: Final = MAX_PID << 1
"""How far apart the numbers of two machines' tasks are."""


class Family:
    """Numbers tasks, and remembers which program each is running, and which have ended."""

    __slots__ = ("_ended", "_machines", "_running")

    def __init__(self) -> None:
        self._machines: dict[str, int] = {}
        self._running: dict[int, str] = {}
        self._ended: dict[str, None] = {}

    def task(self, machine: str, pid: int) -> int:
        """The number of a task: its own on the first machine of the file, moved out of the way on others."""
        place = self._machines.get(machine)
        if place is None:
            place = len(self._machines)
            if place < MAX_KNOWN:
                self._machines[machine] = place
        return pid + place * _MACHINE

    def running(self, task: int) -> str | None:
        """The exec id of what a task is running, as far as was told."""
        return self._running.get(task)

    def runs(self, task: int, exec_id: str) -> None:
        """A task runs the program that ``exec_id`` names."""
        self._running.pop(task, None)
        self._running[task] = exec_id
        while len(self._running) > MAX_KNOWN:
            del self._running[next(iter(self._running))]

    def ends(self, task: int, exec_id: str) -> None:
        """A task has ended."""
        self._running.pop(task, None)
        self._ended[exec_id] = None
        while len(self._ended) > MAX_KNOWN:
            del self._ended[next(iter(self._ended))]

    def ended(self, exec_id: str) -> bool:
        """Whether an end of that process was told of already: its events come out of order."""
        return exec_id != "" and exec_id in self._ended
