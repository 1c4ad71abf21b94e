"""A trace that is read in pieces, wherever they begin, comes to what it comes to as a whole."""

from collections import Counter
from random import Random

import pytest

from nslsm.diagnostics import Diagnostic
from nslsm.importers.traces.strace import pieces as module
from nslsm.importers.traces.strace.pieces import Joiner, PieceReader
from nslsm.importers.traces.strace.rows import Row, RowReader
from tests.columns.recordings import recording
from tests.importers.traces.strace import traces
from tests.importers.traces.strace.test_short import RECORDED

_USED: Counter[bool] = Counter()


def shifted(row: Row, lines: int) -> Row:
    row = Row(*row)._replace(line=row[1] + lines, end_line=row[2] + lines)
    if isinstance(row.finding, Diagnostic) and row.finding.span is not None:
        span = row.finding.span
        moved = span._replace(line=span.line + lines, end_line=span.end_line + lines)
        row = row._replace(finding=row.finding.code.at(moved, row.finding.message))
    return row


def in_pieces(raws: list[bytes], ends: list[int]) -> tuple[list[Row], object]:
    joiner = Joiner("t")
    rows: list[Row] = []
    for start, end in zip([0, *ends], [*ends, len(raws)], strict=True):
        reader = PieceReader("t")
        reader.lines(raws[start:end], 1)
        joined = joiner.joined(reader.piece())
        _USED[joined is not None] += 1
        if joined is None:
            joiner.lines(raws[start:end], start + 1)
            rows += joiner.taken()
            continue
        mine = [shifted(row, start) for row in reader.rows]
        for place, row in reversed(joined):
            mine.insert(place, row)
        rows += mine
    joiner.finish(len(raws))
    return [Row(*row) for row in rows + joiner.taken()], joiner.tally


def same(raws: list[bytes], ends: list[int]) -> None:
    whole = RowReader("t")
    whole.lines(raws, 1)
    whole.finish(len(raws))

    found, tally = in_pieces(raws, ends)

    assert list(map(repr, found)) == [repr(Row(*row)) for row in whole.rows]
    assert tally == whole.tally


def random_ends(chance: Random, lines: int) -> list[int]:
    return sorted(chance.randrange(lines + 1) for _ in range(chance.randrange(8)))


def pairs(seed: int, lines: int = 60) -> bytes:
    """Calls of a few tasks, most of them in two parts, as a machine with several cores writes them."""
    chance = Random(seed)
    under_way: dict[int, str] = {}
    told = []
    for number in range(lines):
        task = chance.choice((10, 11, 12, 13))
        begins = f"{task} {chance.choice((1795401467, 1795401468))}.{number:06} "
        if task in under_way and chance.random() < 0.9:
            name = under_way.pop(task)
            told.append(f"{begins}<... {name} resumed>{chance.choice((')', '4)', ' 4)'))} = {chance.choice((3, 14))}\n")
        elif chance.random() < 0.1:
            told.append(f"{task} {chance.choice(traces.OTHERS[:5])}\n")
        elif chance.random() < 0.7:
            under_way[task] = chance.choice(("read", "close", "clone", "execve", "vfork"))
            told.append(f"{begins}{under_way[task]}({chance.choice(('', '3, '))} <unfinished ...>\n")
        else:
            told.append(f"{begins}close(3) = 0\n")
    return "".join(told).encode()


def test_random_traces_come_to_the_same_in_random_pieces() -> None:
    _USED.clear()
    for seed in range(400):
        chance = Random(seed)
        kind = seed % 4
        text = recording(seed, 50).encode() if kind == 0 else pairs(seed) if kind < 3 else traces.text(seed)
        raws = text.splitlines(keepends=True)

        same(raws, random_ends(chance, len(raws)))

    assert min(_USED[True], _USED[False]) > 300


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(1_000, 21_000, 100))
def test_more_of_them_do(seed: int) -> None:
    for each in range(seed, seed + 100):
        raws = (pairs(each) if each % 2 else traces.text(each)).splitlines(keepends=True)
        same(raws, random_ends(Random(each), len(raws)))


@pytest.mark.parametrize("size", [1, 2, 7])
def test_small_pieces_come_to_the_same(size: int) -> None:
    for seed in range(60):
        raws = (pairs(seed) if seed % 2 else traces.text(seed)).splitlines(keepends=True)

        same(raws, list(range(size, len(raws), size)))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_recordings_come_to_the_same(path: str) -> None:
    raws = open(path, "rb").read().splitlines(keepends=True)  # noqa: SIM115, PTH123

    for seed in range(3):
        same(raws, random_ends(Random(seed), len(raws)))
    same(raws, list(range(100, len(raws), 100)))


def test_pieces_of_a_recording_of_several_tasks_are_used() -> None:
    _USED.clear()
    raws = b"".join(pairs(seed, 300) for seed in range(5)).splitlines(keepends=True)
    raws = [line for line in raws if b"execve" not in line]

    same(raws, list(range(200, len(raws), 200)))

    assert _USED[True] >= 3


def test_bounds_hold_over_all_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 3)
    monkeypatch.setattr("nslsm.importers.traces.strace.pending.MAX_PENDING", 3)
    for seed in range(40):
        raws = pairs(seed).splitlines(keepends=True)

        same(raws, random_ends(Random(seed), len(raws)))
