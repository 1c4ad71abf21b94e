"""``nslsm fidelity`` as a person and as a program meet it."""

import json
import shutil
from pathlib import Path

import pytest

from nslsm.cli.main import main
from nslsm.wire.base import read
from nslsm.wire.fidelity import FidelityRecord
from tests.wire.test_schema import PUBLISHED, faults

DATA = Path(__file__).parents[1] / "data" / "fidelity"
ONE = (str(DATA / "strace.txt"), str(DATA / "hooks.jsonl"))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for name in ("first", "second"):
        shutil.copytree(DATA, tmp_path / "corpus" / name)
    return tmp_path / "corpus"


def fidelity(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["fidelity", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_people_see_the_scores_and_where_both_part(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = fidelity(capsys, *ONE)

    assert (status, err) == (0, "")
    assert "27 that the kernel called" in out
    assert "1 hook called in interrupts left out" in out
    assert "  read: we lack vm_enough_memory, once, first at line 3 (task 0, call 2)" in out
    assert "  mkdir: we have too many inode_mkdir, once, first at line 11 (task 1, call 1)" in out
    assert "  file_permission.path: 1 of 6, first at line 3: /srv/other is /srv/notes here" in out


def test_a_limit_says_how_many_kinds_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = fidelity(capsys, *ONE, "--limit", "1")

    assert out.count("first at line") == 2
    assert "more kinds" in out


def test_a_corpus_is_a_table_with_means(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = fidelity(capsys, str(corpus))

    rows = out.splitlines()
    assert status == 0
    assert [row.split()[0] for row in rows] == ["2", "first", "second", "mean"]
    assert rows[1].split()[1:] == rows[3].split()[1:]


def test_programs_read_a_record_with_a_schema(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = fidelity(capsys, str(corpus), "--format", "json", "--limit", "2")

    record = read(FidelityRecord, out)
    assert [program.name for program in record.programs] == ["first", "second"]
    assert len(record.programs[0].differences) == 2
    assert record.programs[0].decision.true == 27
    assert record.mean.arguments.hooks.of == 2 * record.programs[0].arguments.hooks.of
    schema = json.loads((PUBLISHED / "fidelity-1.json").read_text())
    assert faults(json.loads(out), schema, schema) == []


def test_what_we_predict_is_written_in_the_format_of_the_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = tmp_path / "ours.jsonl"
    fidelity(capsys, *ONE, "--predicted", str(ours))

    _, out, _ = fidelity(capsys, ONE[0], str(ours), "--format", "json")

    [program] = read(FidelityRecord, out).programs
    assert program.every.f1 == program.every.order == 1.0
    assert program.differences == ()
    assert program.arguments.hooks.right == program.arguments.hooks.of > 20


def test_what_we_predict_of_a_corpus_has_its_shape(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fidelity(capsys, str(corpus), "--predicted", str(tmp_path / "ours"))

    assert sorted(path.name for path in (tmp_path / "ours").iterdir()) == ["first", "second"]
    rows = [json.loads(line) for line in (tmp_path / "ours" / "first" / "hooks.jsonl").read_text().splitlines()]
    assert {"i", "pid", "task", "hook", "syscall", "sc", "ret"} <= rows[0].keys()
    assert [row["i"] for row in rows] == list(range(len(rows)))
    assert {row["pid"] - row["task"] for row in rows} == {1000}


def test_evidence_lists_each_row_with_the_programs_that_show_it(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = fidelity(capsys, str(corpus), "--evidence")

    assert status == 0
    assert "are exercised by 2 programs" in out
    assert "   2  file_open @ do_dentry_open: unless O_PATH" in out


def test_programs_read_the_evidence_too(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = fidelity(capsys, str(corpus), "--evidence", "--format", "json")

    evidence = read(FidelityRecord, out).evidence
    assert evidence is not None
    assert {row.programs for row in evidence.rows} == {(), ("first", "second")}
    schema = json.loads((PUBLISHED / "fidelity-1.json").read_text())
    assert faults(json.loads(out), schema, schema) == []


@pytest.mark.parametrize(
    "arguments",
    [
        (ONE[0],),
        (str(DATA), "--args", "x"),
        (*ONE, "--evidence"),
        ("nowhere", "nowhere"),
        (str(DATA), "--profile", "5.4"),
        (ONE[0], ONE[0]),
        (ONE[1], ONE[1]),
    ],
)
def test_what_cannot_be_compared_is_one_message(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = fidelity(capsys, *arguments)

    assert (status, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_an_empty_recording_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "hooks.jsonl"
    empty.write_text("")

    status, _, err = fidelity(capsys, ONE[0], str(empty))

    assert status == 2
    assert "is empty" in err


def test_a_damaged_line_is_a_finding_and_the_rest_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hooks = tmp_path / "hooks.jsonl"
    hooks.write_text((DATA / "hooks.jsonl").read_text() + '{"hook": "file_')

    status, out, err = fidelity(capsys, ONE[0], str(hooks))

    assert status == 0
    assert "trace-cut-line" in err
    assert "27 that the kernel called" in out
