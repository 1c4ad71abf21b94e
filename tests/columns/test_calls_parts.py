"""Several processes write the table that one would write, wherever the trace is cut; and nothing where one of them is lost."""

import os
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest

from nslsm.api.calls import convert_calls, open_told
from nslsm.columns import calls_parts
from nslsm.columns.calls_parts import WorkerLostError, ranges, read_part
from nslsm.importers.traces import bounded, findings
from tests.importers.traces.strace import traces
from tests.importers.traces.strace.test_pieces import pairs

pytest.importorskip("pyarrow")


class Here:
    """Does in this process what a pool does in others."""

    def __init__(self, *_given: object, **_named: object) -> None:
        self.parts: list[Any] = []

    def submit(self, what: Any, *given: Any) -> "Here":
        found = Here()
        found.parts = [what(*given)]
        return found

    def result(self) -> Any:
        return self.parts[0]

    def shutdown(self, **_named: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        pass


def told(path: Path) -> list[str]:
    with open_told(path) as trace:
        return [*map(repr, trace), repr(trace.tally), trace.source]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_parts, "PIECE", 400)
    monkeypatch.setattr(bounded, "BLOCK", 150)


@pytest.mark.usefixtures("small")
def test_random_traces_in_small_pieces_come_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_parts, "ProcessPoolExecutor", Here)
    trace = tmp_path / "t.strace"
    for seed in range(60):
        trace.write_bytes(b"7 close(3) = 0\n" + (pairs(seed) if seed % 2 else traces.text(seed)))
        progress: list[int] = []

        for name, jobs in (("one", 1), ("two", 2)):
            convert_calls(trace, tmp_path / f"{name}.arrow", jobs=jobs, progress=progress.append)

        assert told(tmp_path / "two.arrow") == told(tmp_path / "one.arrow") == told(trace)
        assert progress[-1] == trace.stat().st_size


@pytest.mark.usefixtures("small")
def test_processes_of_their_own_write_the_same(tmp_path: Path) -> None:
    trace = tmp_path / "t.strace"
    trace.write_bytes(b"".join(pairs(seed, 200) for seed in range(4)) + traces.text(7))

    for suffix in (".arrow", ".parquet"):
        made = convert_calls(trace, tmp_path / f"t{suffix}", jobs=2)

        assert told(tmp_path / f"t{suffix}") == told(trace)
        assert made.rows == len(told(trace)) - 2


def test_pieces_are_of_whole_lines_and_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t"
    for seed in range(300):
        chance = Random(seed)
        monkeypatch.setattr(calls_parts, "PIECE", chance.randrange(1, 40))
        lengths = [chance.choice((0, 1, 2, 9, 30, 80, 5000)) for _ in range(chance.randrange(1, 12))]
        text = b"\n".join(b"x" * length for length in lengths) + b"\n" * chance.randrange(2)
        path.write_bytes(text)

        found = ranges(path, len(text))

        assert b"".join(text[start:end] for start, end in found) == text
        assert [start for start, _ in found[1:]] == [end for _, end in found[:-1]]
        assert all(text[start - 1 : start] == b"\n" for start, _ in found[1:])


@pytest.mark.usefixtures("small")
def test_overlong_lines_are_cut_in_pieces_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_parts, "ProcessPoolExecutor", Here)
    trace = tmp_path / "t.strace"
    trace.write_bytes(
        b"7 close(3) = 0\n" * 40 + b"7 " + b"a" * (2 * findings.MAX_LINE) + b"\n" + b"7 close(3) = 0\n" * 40
    )

    convert_calls(trace, tmp_path / "t.arrow", jobs=2)

    assert told(tmp_path / "t.arrow") == told(trace)


def lost(*_given: object) -> None:
    os._exit(9)


def fails(*_given: object) -> None:
    raise PermissionError(13, "no more")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("instead", "error"), [(lost, WorkerLostError), (fails, PermissionError)])
def test_nothing_is_left_where_a_worker_is_lost(
    instead: Any, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_parts, "read_part", instead)
    trace = tmp_path / "t.strace"
    trace.write_bytes(pairs(1, 100))

    with pytest.raises(error):
        convert_calls(trace, tmp_path / "t.arrow", jobs=2)

    assert [path.name for path in tmp_path.iterdir()] == ["t.strace"]


def test_a_piece_in_doubt_hands_over_no_rows(tmp_path: Path) -> None:
    trace = tmp_path / "t.strace"
    trace.write_bytes(b"[pid 7] close(3) = 0\n7 close(3) = 0\n")

    part = read_part(trace, "t", 0, trace.stat().st_size)

    assert part.piece.doubt
    assert part.rows.num_rows == 0
