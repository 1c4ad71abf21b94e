"""One file per task, as ``strace -ff -o T`` writes them (``T.1234``), merged by time into the trace that they are of."""

import heapq
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nslsm.importers.traces.bounded import BoundedLines, Meter, Progress
from nslsm.importers.traces.strace.clock import Clock
from nslsm.importers.traces.strace.lines import LINE

_TASK = re.compile(r"\.([1-9][0-9]{0,6})")


class TaskLine(NamedTuple):
    """A line of one task's file."""

    task: int
    source: str
    number: int
    raw: bytes


class Member(NamedTuple):
    """One file of a set: whose it is, and when it begins (None: its lines have no times, or only differences)."""

    task: int
    path: Path
    begins: float | None


def members(prefix: Path) -> tuple[Member, ...]:
    """The files of the set ``prefix``, those that begin first in front; none where there is no such set."""
    found = []
    if prefix.name and prefix.parent.is_dir():
        for path in prefix.parent.iterdir():
            match = _TASK.fullmatch(path.name.removeprefix(prefix.name))
            if path.name.startswith(prefix.name) and match is not None and path.is_file():
                found.append(Member(int(match[1]), path, _begins(path)))
    return tuple(sorted(found, key=lambda member: (member.begins or 0.0, member.task)))


def merged(files: tuple[Member, ...], progress: Progress | None = None) -> Iterator[TaskLine]:
    """The lines of all ``files`` by time; those of one file stay in order. A file is open while its lines last."""
    waiting = list(reversed(files))
    heads: list[tuple[float, int, TaskLine, Iterator[tuple[float, TaskLine]]]] = []
    meter = Meter(progress)
    while waiting or heads:
        while waiting and (not heads or (waiting[-1].begins or 0.0) <= heads[0][0]):
            member = waiting.pop()
            _push(heads, member.task, _timed(member))
        if heads:
            _, task, line, rest = heapq.heappop(heads)
            yield line
            meter.add(len(line.raw))
            _push(heads, task, rest)
    meter.tell()


def _push(
    heads: list[tuple[float, int, TaskLine, Iterator[tuple[float, TaskLine]]]],
    task: int,
    lines: Iterator[tuple[float, TaskLine]],
) -> None:
    for time, line in lines:
        heapq.heappush(heads, (time, task, line, lines))
        return


def _timed(member: Member) -> Iterator[tuple[float, TaskLine]]:
    """The lines of one file, each with its time, or the time of the line before."""
    clock = Clock()
    time = member.begins or 0.0
    with member.path.open("rb") as file:
        for number, raw in enumerate(BoundedLines(file), 1):
            time = _time(clock, raw) or time
            yield time, TaskLine(member.task, str(member.path), number, raw)


def _begins(path: Path) -> float | None:
    with path.open("rb") as file:
        first = next(BoundedLines(file), b"")
    return _time(Clock(), first)


def _time(clock: Clock, raw: bytes) -> float | None:
    match = LINE.match(raw[:200].decode("utf-8", "replace"))
    match = match or LINE.match(raw[:200].decode("utf-8", "replace").rstrip() + " ---")
    return None if match is None else clock.time(match["clock"], match["epoch"], None)
