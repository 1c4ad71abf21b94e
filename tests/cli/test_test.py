"""``nslsm test`` and ``nslsm tree`` as a person and as a program meet them."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from nslsm.cli.test import Request, keep_running
from tests.cli.test_replay import POLICY, run

FAILING = """\
module web
control c { deny secrets: file_open when object.path under "/etc" because "no" }
namespace host { bind c }
test "what holds" {
    task t in host { uid = 1000 }
    t open "/etc/passwd" -> deny EACCES by c#secrets in host
}
test "what does not hold" {
    task t in host { uid = 1000 }
    t open "/etc/passwd" -> allow
    t open "/srv/x" -> deny by c
    expect t.c.nothing == 1
}
"""

PASSING = """\
module web
control c { deny secrets: file_open when object.path under "/etc" because "no" }
namespace host { bind c }
test "what holds" {
    task t in host { uid = 1000 }
    t open "/etc/passwd" -> deny EACCES by c#secrets in host
}
"""


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    path = tmp_path / "web.nslsm"
    path.write_text(FAILING.replace("    expect t.c.nothing == 1\n", ""))
    return path


def test_all_shipped_policies_pass_their_tests(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "test", "base", "healthcare", POLICY)

    assert (status, err) == (0, "")
    assert "failed" not in out


def test_a_failing_test_shows_what_was_expected_and_what_came(
    failing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "test", failing)

    assert status == 1
    assert "what does not hold" in out
    said = " ".join(out.split())
    assert "expected allow got deny EACCES by c#secrets in host" in said
    assert "host c denies EACCES #secrets <- decides" in said
    assert "expected deny by c got allow" in said
    assert "1 passed, 1 failed" in out


def test_results_for_programs(failing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "test", failing, "--format", "json")

    assert status == 1
    assert [test["passed"] for test in json.loads(out)["results"]] == [True, False]


def test_tests_are_chosen_by_words_of_their_titles(failing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "test", failing, "-k", "WHAT HOLDS")[0] == 0
    assert run(capsys, "test", failing, "-k", "not")[0] == 1
    assert run(capsys, "test", failing, "-k", "nonesuch")[0] == 2


def test_a_policy_that_does_not_check_is_not_tested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "web.nslsm").write_text(FAILING)

    status, _, err = run(capsys, "test", tmp_path / "web.nslsm")

    assert status == 2
    assert "error[" in err


def test_what_the_tests_have_seen_is_told_where_that_is_asked_for(
    failing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = run(capsys, "test", failing)[1]
    _, out, _ = run(capsys, "test", failing, "--coverage")

    assert "coverage" not in plain
    assert out.startswith(plain)
    assert "total 1/1 100 % 3/3 100 %" in " ".join(out.split())


def test_too_little_coverage_is_a_no(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "web.nslsm"
    policy.write_text(PASSING)

    assert run(capsys, "test", policy, "--fail-under", "66.6")[0] == 0
    status, out, err = run(capsys, "test", policy, "--fail-under", "67")

    assert status == 1
    assert "coverage" not in out
    assert "100 % of the rules and 66.6 % of the branches of conditions, where 67 % were asked for" in err
    assert run(capsys, "test", policy, "--fail-under", "101")[0] == 2


def test_coverage_and_results_are_written_to_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "web.nslsm"
    policy.write_text(PASSING)
    page, record, junit = tmp_path / "c.html", tmp_path / "c.json", tmp_path / "j.xml"

    status, out, _ = run(capsys, "test", policy, "--coverage-html", page, "--coverage-json", record, "--junit", junit)

    assert (status, "coverage" in out) == (0, False)
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads(record.read_text())["branches"] == {"covered": 2, "total": 3}
    (case,) = ET.parse(junit).getroot().iter("testcase")
    assert (case.get("name"), case.get("file"), case.get("line")) == ("what holds", str(policy), "4")


def test_with_json_coverage_is_a_second_record(failing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "test", failing, "--format", "json", "--coverage")

    assert [json.loads(line)["record"] for line in out.splitlines()] == ["results", "coverage"]


def test_a_failure_in_junit_is_told_at_length(failing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "test", failing, "--junit", "-")
    (failure,) = ET.fromstring(out[out.index("<testsuites") :]).iter("failure")

    assert status == 1
    assert "host  c  denies EACCES  #secrets  <- decides" in str(failure.text)


def test_a_file_that_cannot_be_written_is_said_so(failing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "test", failing, "--junit", failing / "x.xml")

    assert status == 2
    assert "error[cannot-use-file]" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b'test "x" {',
        b'module web\nimport nowhere\ntest "x" { }',
        b"\x00" * 100,
        b'module web\ntable t(p: path) = from "../../etc/passwd"\ntest "x" { task t in host }',
        b'module web\nnamespace host { }\ntest "x" { task t in host  t open "' + b"/a" * 10_000 + b'" -> allow }',
    ],
    ids=["empty", "bytes", "half", "import", "nul", "table", "long"],
)
def test_bad_input_is_told_and_never_a_crash(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "web.nslsm"
    policy.write_bytes(data)

    status, _, err = run(capsys, "test", policy, "--coverage")

    assert status in (0, 1, 2)
    assert "Traceback" not in err
    assert "error[fault]" not in err
    if status == 2:
        assert "error[" in err


# Watching


class Waits:
    """What happens while nobody watches: one thing after another, and then Ctrl-C."""

    def __init__(self, *things: Callable[[], object]) -> None:
        self.things = list(things)

    def __call__(self) -> None:
        if not self.things:
            raise KeyboardInterrupt
        self.things.pop(0)()


def watched(policy: Path, *things: Callable[[], object], **options: object) -> None:
    with pytest.raises(KeyboardInterrupt):
        keep_running(Request(policies=(str(policy),), profile="6.12", **options), Waits(*things))


def test_a_change_runs_the_tests_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "web.nslsm"
    policy.write_text(PASSING)

    watched(policy, lambda: None, lambda: policy.write_text(FAILING.replace("    expect t.c.nothing == 1\n", "")))

    out = capsys.readouterr().out
    assert out.index("1 test: 1 passed") < out.index("2 tests: 1 passed, 1 failed")
    assert out.count("watching 1 file; Ctrl-C ends it") == 2


def test_a_mistake_is_shown_and_the_watch_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "web.nslsm"
    policy.write_text("module web\ncontrol {")

    watched(policy, lambda: policy.write_text(PASSING), policy.unlink, lambda: policy.write_text(PASSING + " "))

    out, err = capsys.readouterr()
    assert "error[" in err
    assert "Traceback" not in err
    assert out.count("1 test: 1 passed") == 2
    assert out.count("watching") == 4


def test_what_is_imported_is_watched_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.nslsm").write_text('let place = "/etc"\n')
    policy = tmp_path / "web.nslsm"
    policy.write_text(
        PASSING.replace("module web", "module web\nimport other").replace('"/etc" because', "other.place because")
    )

    watched(policy, lambda: (tmp_path / "other.nslsm").write_text('let place = "/nowhere"\n'))

    out = capsys.readouterr().out
    assert out.index("1 test: 1 passed") < out.index("1 test: 0 passed, 1 failed")
    assert "watching 2 files" in out


def test_a_file_that_cannot_be_written_does_not_end_the_watch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "web.nslsm"
    policy.write_text(PASSING)

    watched(policy, lambda: None, junit=tmp_path / "no" / "where.xml")

    assert "where.xml" in capsys.readouterr().err


def test_an_interrupted_watch_ends_as_every_interrupted_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "web.nslsm"
    policy.write_text(PASSING)

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nslsm.cli.test.sleep", interrupted)

    status, out, err = run(capsys, "test", policy, "--watch")

    assert (status, err) == (130, "")
    assert "watching" in out


def test_what_cannot_change_is_not_watched(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "test", "-", "--watch")[0] == 2
    assert run(capsys, "test", "base.yama", "--watch", "--format", "json")[0] == 2


def test_the_tree_shows_what_each_namespace_binds_and_inherits(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "tree", "healthcare")

    assert status == 0
    for said in ("clinic  sealed", "yama(scope = 2)", "in complain", "enter on exec when", "from host: platform"):
        assert said in out


def test_a_policy_without_namespaces_has_no_tree(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "tree", "std.operations")

    assert status == 2
    assert "declares no top-level namespaces" in err
