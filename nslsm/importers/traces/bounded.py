"""Lines of a file of which none is held that is longer than the limit."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, TypeAlias

from nslsm.importers.traces.findings import MAX_LINE

Progress: TypeAlias = Callable[[int], None]
"""Is told now and then how many bytes have been read so far."""

PROGRESS_STEP: Final = 1 << 18
"""After how many bytes progress is told again."""


class Meter:
    """Counts bytes, and tells ``progress`` the sum now and then."""

    __slots__ = ("_progress", "_told", "total")

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._told = 0
        self.total = 0

    def add(self, octets: int) -> None:
        """So many more bytes have been read."""
        self.total += octets
        if self.total - self._told >= PROGRESS_STEP:
            self.tell()

    def tell(self) -> None:
        """Tell how many it is by now, unless that has been told."""
        if self._progress is not None and self._told < self.total:
            self._progress(self.total)
        self._told = self.total


class BoundedLines:
    """The lines of ``file`` with their ends; of one longer than ``MAX_LINE``, its beginning, ``MAX_LINE + 1`` bytes."""

    __slots__ = ("_beginning", "_file", "_meter")

    def __init__(self, file: BinaryIO, progress: Progress | None = None) -> None:
        self._file = file
        self._meter = Meter(progress)
        self._beginning = b""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self._beginning
        self._beginning = b""
        if not line.endswith(b"\n"):
            line += self._file.readline(MAX_LINE + 1 - len(line))
        if not line:
            self._meter.tell()
            raise StopIteration
        self._meter.add(len(line))
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while (rest := self._file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                self._meter.add(len(rest))
            self._meter.add(len(rest))
        return line

    def beginning(self, octets: int) -> bytes:
        """The beginning of the next line, at most so many bytes, without moving on."""
        if not self._beginning:
            self._beginning = self._file.readline(octets)
        return self._beginning
