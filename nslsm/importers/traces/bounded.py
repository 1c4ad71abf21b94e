"""Lines of a file of which none is held that is longer than the limit."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO, Final, TypeAlias

from nslsm.importers.traces.findings import MAX_LINE

Progress: TypeAlias = Callable[[int], None]
"""Is told now and then how many bytes have been read so far."""

PROGRESS_STEP: Final = 1 << 18
"""After how many bytes progress is told again."""

BLOCK: Final = 1 << 16
"""How many bytes are asked for at a time, where lines are read in batches."""


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

    def batches(self) -> Iterator[list[bytes]]:
        """The lines that are left, as many at a time as have been read; of a pipe, what is there."""
        read = getattr(self._file, "read1", self._file.read)
        rest, self._beginning = self._beginning, b""
        self._meter.add(len(rest))
        while block := read(BLOCK):
            self._meter.add(len(block))
            rest += block
            end = rest.rfind(b"\n") + 1
            if end:
                lines = BytesIO(rest[:end]).readlines()
                rest = rest[end:]
                yield lines if end <= MAX_LINE else [_cut(line) for line in lines]
            else:
                rest = rest[: MAX_LINE + 2]  # so much tells that it is too long
        if rest:
            yield [_cut(rest)]
        self._meter.tell()

    def beginning(self, octets: int) -> bytes:
        """The beginning of the next line, at most so many bytes, without moving on."""
        if not self._beginning:
            self._beginning = self._file.readline(octets)
        return self._beginning


def _cut(line: bytes) -> bytes:
    return line if len(line) <= MAX_LINE + line.endswith(b"\n") else line[: MAX_LINE + 1]
