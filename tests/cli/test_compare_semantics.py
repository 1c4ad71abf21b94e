"""``nslsm compare-semantics`` as a person and as a program meet it."""

import json
from pathlib import Path

import pytest

from nslsm.cli.main import main
from nslsm.engine.compositions import NAMES
from nslsm.wire.base import canonical, read
from nslsm.wire.semantics import SemanticsRecord, to_semantics
from tests.simulation.semantics.runs import CALLS, POLICY, READS, run
from tests.wire.test_schema import PUBLISHED, faults


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    trace, policy = tmp_path / "reads.strace", tmp_path / "levels.nslsm"
    trace.write_text(READS)
    policy.write_text(POLICY)
    return trace, policy


def compare(capsys: pytest.CaptureFixture[str], trace: Path, policy: Path, *more: str) -> tuple[int, str, str]:
    status = main(["compare-semantics", str(trace), "--policy", str(policy), "--in", "leaf", *more])
    out, err = capsys.readouterr()
    return status, out, err


def test_people_see_what_came_out_and_where_they_part(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = compare(capsys, *files, "--limit", "1")

    assert status == 0
    assert out == SHOWN


SHOWN = """\
4 events under 6 compositions

                granted  denied  indeterminate  asked  observed
conjunction           2       2              0     37         9  EACCES 2
lsm-core              2       2              0     27         5  EPERM 2
selinux-ns            2       2              0     33         7  EACCES 2
apparmor-stack        2       2              0     37         9  EACCES 2
landlock              2       2              0     37         2  EACCES 2
ima                   2       2              0     37         9  EACCES 2

not as under conjunction  verdict  errno  who is blamed  who is asked  who sees it
lsm-core                        0      2              2             2            2
selinux-ns                      0      0              0             2            2
apparmor-stack                  0      0              0             0            0
landlock                        0      0              0             0            3
ima                             0      0              0             0            0

3 events differ, for 2 causes

2 events, the first #2 sh openat /srv/a: errno, who is blamed, who is asked, who sees it
  conjunction, selinux-ns, apparmor-stack, landlock, ima: denied EACCES by levels.inner#listed in
      host.mid
  lsm-core: denied EPERM by levels.outer#others in host
  lsm-core: nobody asked about file_open in host.mid, host.mid.leaf
  lsm-core: not seen by levels.watch#opened in host.mid, host.mid.leaf
  selinux-ns: nobody asked about file_open in host
  selinux-ns: not seen by levels.watch#opened in host
  landlock: not seen by levels.watch#opened in host, host.mid.leaf

and 1 more cause
"""


def test_a_reason_stands_below_another_verdict(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    files[0].write_text(CALLS)

    _, out, _ = compare(capsys, *files, "--only", "landlock")

    assert "  conjunction: granted\n" in out
    assert "  landlock: denied EACCES by levels.trial#told in host.mid\n" in out
    assert "      a denial counts although its binding only complains\n" in out


def test_programs_read_one_document(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = compare(capsys, *files, "--format", "json", "--limit", "1")

    record = read(SemanticsRecord, out)
    assert (record.events, record.differing, record.more_causes, record.untold) == (4, 3, 1, 0)
    assert tuple(each.name for each in record.compositions) == NAMES
    core = record.causes[0].outcomes[1]
    assert (core.composition, core.verdict, core.errno, core.namespace) == ("lsm-core", "deny", "EPERM", "host")


def test_the_document_is_what_its_schema_says(tmp_path: Path) -> None:
    schema = json.loads((PUBLISHED / "semantics-1.json").read_text(encoding="utf-8"))
    for trace in (READS, CALLS):
        record = json.loads(canonical(to_semantics(run(tmp_path, trace))))

        assert list(faults(record, schema, schema)) == []


def test_differences_are_an_answer_unless_there_must_be_none(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(capsys, *files)[0] == 0
    assert compare(capsys, *files, "--fail-on-difference")[0] == 1
    assert compare(capsys, *files, "--fail-on-difference", "--only", "apparmor-stack")[0] == 0


def test_where_nothing_differs_that_is_said(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = compare(capsys, *files, "--only", "apparmor-stack")

    assert out.endswith("every event comes out as under conjunction, and is seen by the same\n")


@pytest.mark.parametrize(
    ("only", "said"), [("landlok", "did you mean 'landlock'?"), (",", "names no composition"), ("x,ima", "'x'")]
)
def test_a_composition_that_there_is_not_is_a_mistake_in_usage(
    only: str, said: str, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = compare(capsys, *files, "--only", only)

    assert (status, out) == (2, "")
    assert said in err


def test_a_namespace_that_there_is_not_is_unusable_input(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["compare-semantics", str(files[0]), "--policy", str(files[1]), "--in", "nowhere"])

    assert status == 2
    assert "nowhere" in capsys.readouterr().err


def test_findings_about_the_trace_go_to_standard_error(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    files[0].write_text(READS + "7 1.4 no_such_call(1) = 0\n" * 12)

    status, out, err = compare(capsys, *files)

    assert status == 0
    assert "trace-unknown-call" in err
    assert "and 2 more findings about the trace" in err
    assert "no_such_call" not in out
