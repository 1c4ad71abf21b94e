"""``nslsm convert`` and replays of what it wrote: the same answers, and clear errors."""

import json
from pathlib import Path

import pytest

from nslsm.cli.main import main
from nslsm.resources import examples_root

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
