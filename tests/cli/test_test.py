"""``nslsm test`` and ``nslsm tree`` as a person and as a program meet them."""

import json
from pathlib import Path

import pytest

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


def test_the_tree_shows_what_each_namespace_binds_and_inherits(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "tree", "healthcare")

    assert status == 0
    for said in ("clinic  sealed", "yama(scope = 2)", "in complain", "enter on exec when", "from host: platform"):
        assert said in out


def test_a_policy_without_namespaces_has_no_tree(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "tree", "std.operations")

    assert status == 2
    assert "declares no top-level namespaces" in err
