"""A recording in columns, judged row by row: whatever a policy does, the engine does it (Model M6.3)."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import isnan
from typing import Final, TypeVar

from nslsm.columns.program import Damaged, Meanwhile, Program, Things, meanwhile, program, subject, things
from nslsm.columns.read import Batch, Entries, Recorded
from nslsm.columns.schema import NOT_HELD, UNREADABLE, ColumnsError
from nslsm.columns.stage import Event, NotHeld, Stage
from nslsm.protocol.things import Task
from nslsm.simulation.replay import Judged

_T = TypeVar("_T")

KEPT: Final = 1 << 16
"""How many entries of a kind are kept read."""


class Library:
    """The entries of a recording, read when they are first asked for."""

    def __init__(self, recorded: Recorded) -> None:
        entries = recorded.entries
        self.texts = entries["program"].texts
        """The programs, unread."""
        self.program: Callable[[int], Program] = _shelf(entries["program"], program)
        self.subject: Callable[[int], Task] = _shelf(entries["subject"], subject)
        self.things: Callable[[int], Things] = _shelf(entries["things"], things)
        self.meanwhile: Callable[[int], Meanwhile] = _shelf(entries["meanwhile"], meanwhile)

    def event(self, batch: Batch, place: int, sequence: int) -> Event:
        """A row's event."""
        time = float(batch.time[place])
        between = int(batch.meanwhile[place])
        return Event(
            sequence=sequence,
            line=int(batch.line[place]),
            time=None if isnan(time) else time,
            result=int(batch.result[place]),
            subject=self.subject(int(batch.subject[place])),
            program=self.program(int(batch.program[place])),
            things=self.things(int(batch.things[place])),
            meanwhile=None if between < 0 else self.meanwhile(between),
        )


def _shelf(entries: Entries, read: Callable[[str], _T]) -> Callable[[int], _T]:
    @lru_cache(maxsize=KEPT)
    def entry(number: int) -> _T:
        if number < 0:
            raise Damaged("a row has no entry where it needs one")
        return read(entries.texts[number])

    return entry


def judged(recorded: Recorded, stage: Stage, first: int = 0, last: int | None = None) -> Iterator[Judged]:
    """Each event of a recording, judged in order; :class:`ColumnsError` where the file is damaged or does not hold enough.

    ``first``, ``last``: only those in some batches (:meth:`Recorded.batches`).
    """
    library = Library(recorded)
    sequence = recorded.rows_before(first)
    with clearly(recorded):
        for batch in recorded.batches(first, last):
            for place in range(len(batch.line)):
                sequence += 1
                yield stage.judge(library.event(batch, place, sequence))


class clearly:  # noqa: N801 - read as a word: with clearly(…)
    """What a damaged entry breaks is told as one clear error."""

    def __init__(self, recorded: Recorded) -> None:
        self._path = recorded.path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, NotHeld):
            raise ColumnsError([NOT_HELD.at(None, f"`{self._path}`: {error}")]) from error
        if isinstance(error, ValueError | KeyError | TypeError | IndexError | AttributeError | RecursionError):
            message = f"`{self._path}` is no recording in columns: {error}"
            help_ = "write one with `nslsm convert TRACE -o FILE`"
            raise ColumnsError([UNREADABLE.at(None, message, help=help_)]) from error
