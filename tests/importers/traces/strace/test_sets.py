"""One file per task, merged by time."""

import threading
from pathlib import Path

import pytest

from nslsm.importers.traces import TraceError, open_trace
from nslsm.importers.traces.strace.sets import members, merged
from nslsm.kernel.call import Exited, Superseded, SystemCall

SET = Path(__file__).parent.parent / "samples" / "set" / "set"


def test_a_real_set_reads_as_one_trace_in_the_order_of_time() -> None:
    with open_trace(SET) as trace:
        items = list(trace)

    calls = [item for item in items if isinstance(item, SystemCall)]
    [superseded] = [item for item in items if isinstance(item, Superseded)]
    executed = calls[[call.name for call in calls].index("execve", 1)]
    assert trace.tally.share == 1.0
    assert {call.task for call in calls} == {superseded.task, superseded.by}
    assert (executed.task, executed.result) == (superseded.task, 0)
    assert items.index(superseded) < items.index(executed)
    assert isinstance(items[-1], Exited)


def test_lines_of_several_tasks_are_merged_by_time(tmp_path: Path) -> None:
    (tmp_path / "t.7").write_text("1000000001.0 close(1) = 0\n1000000004.0 close(4) = 0\n")
    (tmp_path / "t.8").write_text("1000000002.0 close(2) = 0\n > stack\n1000000003.0 close(3) = 0\n")
    (tmp_path / "t.txt").write_text("not one of them\n")

    lines = list(merged(members(tmp_path / "t")))

    assert [(line.task, line.number) for line in lines] == [(7, 1), (8, 1), (8, 2), (8, 3), (7, 2)]


def test_findings_name_the_file_they_are_in(tmp_path: Path) -> None:
    (tmp_path / "t.7").write_text("1000000001.0 close(1) = 0\n")
    (tmp_path / "t.8").write_text("1000000002.0 close(2) = 0\nnonsense\n")

    with open_trace(tmp_path / "t") as trace:
        [*_, finding] = trace

    assert finding.span.place == f"{tmp_path / 't.8'}:2:1"  # type: ignore[union-attr]


def test_files_without_times_cannot_be_merged(tmp_path: Path) -> None:
    (tmp_path / "t.7").write_text("close(1) = 0\n")
    (tmp_path / "t.8").write_text("close(2) = 0\n")

    with pytest.raises(TraceError) as refused:
        open_trace(tmp_path / "t")

    assert refused.value.diagnostic.code.name == "trace-without-times"


def test_many_files_are_not_open_at_once(tmp_path: Path) -> None:
    for task in range(1, 40):
        (tmp_path / f"t.{task}").write_text(f"10000000{task:02}.0 close(1) = 0\n10000000{task:02}.5 close(2) = 0\n")

    most = 0
    for _ in merged(members(tmp_path / "t")):
        most = max(most, sum("t." in str(path.readlink()) for path in _descriptors()))

    assert 0 < most < 5


def _descriptors() -> list[Path]:
    folder = Path(f"/proc/self/task/{threading.get_native_id()}/fd")
    return [path for path in folder.iterdir() if path.is_symlink()]
