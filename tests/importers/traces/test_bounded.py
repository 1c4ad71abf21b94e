"""Lines are cut before they are held."""

import io

from nslsm.importers.traces.bounded import PROGRESS_STEP, BoundedLines
from nslsm.importers.traces.findings import MAX_LINE


class Counting(io.BytesIO):
    """A file that knows how much was asked of it at once."""

    most = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, -1 if size is None else size)
        return super().readline(size)


def test_lines_up_to_the_limit_come_whole() -> None:
    longest = b"a" * MAX_LINE + b"\n"

    assert list(BoundedLines(io.BytesIO(longest + b"b\nc"))) == [longest, b"b\n", b"c"]


def test_of_a_longer_line_comes_the_beginning_and_then_the_next() -> None:
    file = Counting(b"a" * (5 * MAX_LINE) + b"\nb\n")

    first, second = BoundedLines(file)

    assert len(first) == MAX_LINE + 1
    assert second == b"b\n"
    assert file.most <= MAX_LINE + 1


def test_the_beginning_can_be_looked_at() -> None:
    lines = BoundedLines(io.BytesIO(b"abcdef\ngh\n"))

    assert lines.beginning(3) == b"abc"
    assert list(lines) == [b"abcdef\n", b"gh\n"]


def test_progress_tells_all_bytes_in_the_end() -> None:
    told: list[int] = []
    text = b"a" * 99 + b"\n"
    count = 2 * PROGRESS_STEP // len(text)

    list(BoundedLines(io.BytesIO(text * count + b"b" * (2 * MAX_LINE)), told.append))

    assert told == sorted(told)
    assert len(told) >= 3
    assert told[-1] == len(text) * count + 2 * MAX_LINE
