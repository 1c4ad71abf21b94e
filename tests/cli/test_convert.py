"""``nslsm convert`` and replays of what it wrote: the same answers, and clear errors."""

import json
from pathlib import Path

import pytest

from nslsm.cli.main import main
from nslsm.columns import calls_parts
from nslsm.resources import examples_root
from tests.columns.test_calls_parts import lost

pytest.importorskip("pyarrow")

BUILD = examples_root() / "01-a-build-under-watch"
TRACE, POLICY = str(BUILD / "build.strace"), str(BUILD / "build.nslsm")


@pytest.fixture(scope="module", params=[".arrow", ".parquet"])
def columns(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("columns") / f"build{request.param}"
    assert main(["convert", TRACE, "-o", str(path)]) == 0
    return path


def summary(trace: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert main(["replay", trace, "--policy", POLICY, "--format", "json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    del found["pace"]
    return found


def test_the_summary_is_the_same_as_from_the_trace(columns: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert summary(str(columns), capsys) == summary(TRACE, capsys)


def test_records_and_audit_events_are_the_same_byte_for_byte(columns: Path, tmp_path: Path) -> None:
    for name, trace in (("text", TRACE), ("columns", str(columns))):
        outputs = [
            "-o",
            str(tmp_path / f"{name}.jsonl"),
            "--audit",
            "all",
            "--audit-to",
            str(tmp_path / f"{name}.audit"),
        ]
        assert main(["replay", trace, "--policy", POLICY, *outputs]) == 0

    for kind in ("jsonl", "audit"):
        assert (tmp_path / f"columns.{kind}").read_bytes() == (tmp_path / f"text.{kind}").read_bytes()


@pytest.mark.parametrize("damage", ["cut", "foreign", "empty"])
def test_a_damaged_file_is_one_clear_error(
    columns: Path, damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = columns.read_bytes()
    path = tmp_path / columns.name
    path.write_bytes({"cut": whole[: len(whole) // 2], "foreign": b"PAR1 is what it says", "empty": b""}[damage])

    status = main(["replay", str(path), "--policy", POLICY])

    told = capsys.readouterr().err
    assert status == 2
    assert "columns-unreadable" in told
    assert "Traceback" not in told


def test_columns_for_another_kernel_are_refused(columns: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(columns), "--policy", POLICY, "--profile", "6.1"]) == 2
    assert "holds what the kernel 6.12 asks" in capsys.readouterr().err


def test_only_files_of_columns_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", TRACE, "-o", str(tmp_path / "x.csv")]) == 2
    assert "ends in neither .arrow nor .parquet" in capsys.readouterr().err


@pytest.fixture(scope="module", params=[".arrow", ".parquet"])
def calls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calls") / f"build{request.param}"
    assert main(["convert", TRACE, "-o", str(path), "--calls"]) == 0
    return path


def test_a_table_of_calls_is_replayed_as_the_trace_is(
    calls: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    assert summary(str(calls), capsys) == summary(TRACE, capsys)
    for name, trace in (("text", TRACE), ("calls", str(calls))):
        assert main(["replay", trace, "--policy", POLICY, "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "calls").read_bytes() == (tmp_path / "text").read_bytes()


def test_a_table_of_calls_is_compared_and_run_under_other_kernels(
    calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for trace in (TRACE, str(calls)):
        assert (
            main(["replay", trace, "--policy", POLICY, "--against", POLICY, "--profile", "6.1", "--format", "json"])
            == 0
        )
        told.append(capsys.readouterr().out)

    assert told[0] == told[1]


def test_a_table_of_calls_becomes_the_columns_that_the_trace_becomes(calls: Path, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")

    for name, trace in (("text", TRACE), ("calls", str(calls))):
        assert main(["convert", trace, "-o", str(tmp_path / f"{name}.arrow")]) == 0

    one, other = (pyarrow.ipc.open_file(tmp_path / f"{name}.arrow").read_all() for name in ("text", "calls"))
    assert one.to_pylist() == other.to_pylist()


def test_findings_of_a_table_of_calls_are_the_traces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "t.strace"
    trace.write_text("7 1.5 close(3) = 0\nnonsense\n7 1.5 close(4 <unfinished ...>\n")

    assert main(["convert", str(trace), "-o", str(tmp_path / "t.arrow"), "--calls"]) == 0
    assert "2 findings" in capsys.readouterr().err
    told = []
    for each in ("t.strace", "t.arrow"):
        assert main(["replay", str(tmp_path / each), "--policy", POLICY, "--strict"]) == 1
        told.append([line for line in capsys.readouterr().err.splitlines() if "trace-" in line])

    assert told[0] == told[1]
    assert len(told[0]) == 2


def test_calls_of_another_version_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    path = tmp_path / "t.arrow"
    layout = pyarrow.schema([("kind", pyarrow.string())], metadata={"nslsm.calls": "2"})
    pyarrow.ipc.new_file(str(path), layout).close()

    for words in (["replay", str(path), "--policy", POLICY], ["convert", str(path), "-o", str(tmp_path / "r.arrow")]):
        assert main(words) == 2
        told = capsys.readouterr().err
        assert "columns-unreadable" in told
        assert "version 2 of the format" in told


def test_calls_of_an_audit_log_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = Path(__file__).parent.parent / "importers/traces/samples/audit.log"

    assert main(["convert", str(log), "-o", str(tmp_path / "t.arrow"), "--calls"]) == 2
    assert "made of traces of strace" in capsys.readouterr().err


def test_several_processes_write_the_same_calls(
    calls: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", TRACE, "-o", str(tmp_path / calls.name), "--calls", "--jobs", "2"]) == 0
    capsys.readouterr()

    assert summary(str(tmp_path / calls.name), capsys) == summary(str(calls), capsys)
    assert main(["convert", TRACE, "-o", str(tmp_path / calls.name), "--jobs", "2"]) == 2


def test_a_lost_process_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calls_parts, "read_part", lost)

    status = main(["convert", TRACE, "-o", str(tmp_path / "t.arrow"), "--calls", "--jobs", "2"])

    told = capsys.readouterr().err
    assert status == 2
    assert "has ended before its time" in told
    assert "Traceback" not in told
    assert not list(tmp_path.iterdir())
