"""A program compared as a whole, spelled, and held against the mapping."""

import json
from pathlib import Path

import pytest

from nslsm.api.fidelity import Fidelity, corpus, evidence_of, fidelity
from nslsm.diagnostics import DiagnosticError
from nslsm.importers.traces import TraceError
from nslsm.report.fidelity import render_evidence, render_fidelity
from nslsm.report.page import as_text
from nslsm.simulation.fidelity import rows
from nslsm.simulation.fidelity.evidence import rows_of

DATA = Path(__file__).parents[2] / "data" / "fidelity"

TRACE = """\
7 openat(AT_FDCWD</srv>, "/srv/notes", O_RDONLY) = 3</srv/notes>
7 read(3</srv/notes>, "", 64) = 0
7 close(3</srv/notes>) = 0
"""


@pytest.fixture(scope="module")
def sample() -> Fidelity:
    return fidelity(DATA / "strace.txt", DATA)


def recorded(folder: Path, trace: str, *hooks: dict[str, object]) -> Fidelity:
    (folder / "strace.txt").write_text(trace)
    (folder / "hooks.jsonl").write_text("".join(json.dumps(each) + "\n" for each in hooks))
    return fidelity(folder / "strace.txt", folder / "hooks.jsonl")


def seen(hook: str, sc: int, **more: object) -> dict[str, object]:
    return {"hook": hook, "task": 0, "pid": 1000, "sc": sc, "syscall": "?", **more}


def test_hooks_in_interrupts_are_left_out(tmp_path: Path) -> None:
    hooks = [seen("file_open", 0), seen("file_permission", 1), seen("file_lock", 1, ctx="softirq")]

    found = recorded(tmp_path, TRACE, *hooks).compared

    assert (found.decision.total.f1, found.unattributed) == (1.0, 1)


def test_differences_are_found_in_the_call_that_they_are_in(tmp_path: Path) -> None:
    found = recorded(tmp_path, TRACE, seen("file_open", 0), seen("file_permission", 1), seen("file_lock", 2)).compared

    lacking = [(each.call, each.hook, each.first.line) for each in found.differences if each.kind.value == "lack"]
    assert lacking == [("close", "file_lock", 3)]


def test_arguments_are_compared_where_both_have_the_hook(tmp_path: Path) -> None:
    hooks = [seen("file_open", 0, path="/srv/notes", ret=0), seen("file_permission", 1, path="/srv/notes", mask=2)]

    found = recorded(tmp_path, TRACE, *hooks).compared.arguments

    assert (found.hooks.right, found.hooks.all, [each.field for each in found.wrong]) == (1, 2, ["mask"])


def test_tasks_that_the_recording_numbers_otherwise_are_the_same(sample: Fidelity) -> None:
    assert {row.pid for row in sample.true} == {507, 508}
    assert ("task_kill", "target") in sample.compared.arguments.by_field
    assert sample.compared.arguments.by_field["task_kill", "target"].share == 1.0


def test_hooks_of_other_kernels_are_findings_once_each(tmp_path: Path) -> None:
    hooks = [seen("file_post_open", 0), seen("file_post_open", 1), seen("file_opened", 2), seen("file_open", 0)]

    found = recorded(tmp_path, TRACE, *hooks).findings

    assert [each.code.name for each in found] == ["trace-absent-hook", "trace-unknown-hook"]


def test_a_corpus_needs_a_program(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="no folder with both"):
        list(corpus(tmp_path))


def test_a_trace_without_system_calls_predicts_nothing() -> None:
    with pytest.raises(TraceError, match="no system call"):
        fidelity(DATA / "hooks.jsonl", DATA)


def test_paths_of_hooks_on_inodes_begin_where_their_file_system_does(tmp_path: Path) -> None:
    trace = """\
7 mount("t", "/mnt", "tmpfs", 0, NULL) = 0
7 mkdir("/mnt/new", 0700) = 0
7 readlink("/proc/7/exe", "/bin/x", 64) = 6
"""
    found = recorded(tmp_path, trace, seen("path_mkdir", 1))

    spelled = {str(row["hook"]): (row.get("path"), row.get("abs")) for row in rows(found.prediction)}
    assert spelled["path_mkdir"] == ("/mnt/new", True)
    assert spelled["inode_mkdir"] == ("/new", False)
    assert spelled["inode_readlink"] == ("/7/exe", False)


# Evidence


def test_evidence_counts_programs_by_row(sample: Fidelity) -> None:
    found = evidence_of([sample, Fidelity("other", sample.compared, sample.prediction, sample.true)])

    by_row = {(row.entry.operation.__name__, row.raised.hook): row for row in found.rows}
    assert by_row["MakeDirectory", "path_mkdir"].programs == ("other", "strace.txt")
    assert by_row["MakeDirectory", "inode_mkdir"].programs == ()


def test_a_caller_that_no_row_names_is_told(tmp_path: Path) -> None:
    found = evidence_of([recorded(tmp_path, TRACE, seen("file_open", 0, caller="a_new_function.part.0"))])

    [stray] = found.strays
    assert (stray.operation, stray.hook, stray.caller) == ("Open", "file_open", "a_new_function")
    assert "do_dentry_open" in stray.named
    assert "a_new_function, not by do_dentry_open, in strace.txt alone" in as_text(render_evidence(found, 1))


def test_searches_are_in_no_row(tmp_path: Path) -> None:
    found = evidence_of([recorded(tmp_path, TRACE, seen("inode_permission", 0, caller="link_path_walk"))])

    assert found.strays == ()


def test_a_row_is_exercised_by_its_own_callers(sample: Fidelity) -> None:
    entry = next(row.entry for row in evidence_of([sample]).rows if row.entry.operation.__name__ == "Open")
    about = [place for place, raised in enumerate(entry.raises) if raised.hook == "inode_permission"]

    assert [entry.raises[place].follows for place in rows_of(entry, "inode_permission", "may_open")] == [("may_open",)]
    assert len(about) > 1


# What is shown


def test_an_agreement_is_said(tmp_path: Path) -> None:
    found = recorded(tmp_path, "7 getpid() = 7\n", seen("cred_free", 0, ctx="softirq"))

    assert "both agree in every call" in as_text(render_fidelity(found.compared))


def test_the_same_call_is_shown_once(sample: Fidelity) -> None:
    shown = as_text(render_fidelity(sample.compared)).splitlines()

    begins = [line for line in shown if line.startswith("      kernel ")]
    assert len(begins) == len({(each.first.task, each.first.nth) for each in sample.compared.differences})


def test_names_from_recordings_do_not_move_the_cursor(tmp_path: Path) -> None:
    hooks = [seen("file_open", 0, path="/srv/\x1b[2J", ret=0)]

    assert "\x1b" not in as_text(render_fidelity(recorded(tmp_path, TRACE, *hooks).compared))
