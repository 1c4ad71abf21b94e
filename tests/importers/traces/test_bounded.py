"""Lines are cut before they are held."""

import io
from random import Random

import pytest

from nslsm.importers.traces import bounded
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


@pytest.mark.parametrize("block", [1, 2, 7, 40])
def test_batches_are_the_same_lines(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "BLOCK", block)
    monkeypatch.setattr(bounded, "MAX_LINE", 20)
    chance = Random(block)
    for _ in range(300):
        lengths = [chance.choice((0, 1, 5, 18, 19, 20, 21, 22, 50)) for _ in range(chance.randrange(6))]
        text = b"\n".join(b"ab\r" * (each // 3) + b"c" * (each % 3) for each in lengths)
        told: list[int] = []
        one, other = BoundedLines(io.BytesIO(text)), BoundedLines(io.BytesIO(text), told.append)
        assert one.beginning(4) == other.beginning(4)

        assert [line for batch in other.batches() for line in batch] == list(one)
        assert told == ([len(text)] if text else [])


def test_an_overlong_line_in_batches_is_not_held() -> None:
    file = io.BytesIO(b"a" * (40 * MAX_LINE) + b"\nb\n")

    [first, second] = [line for batch in BoundedLines(file).batches() for line in batch]

    assert (len(first), second) == (MAX_LINE + 1, b"b\n")
