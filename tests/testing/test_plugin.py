"""The plugin for pytest: policies' tests beside Python's, and nothing where there are none."""

import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, run

POLICY = """\
module web
control gate { deny secrets: file_open when object.path under "/etc" because "no" }
namespace host { bind gate }
test "what holds" {
    task t in host { uid = 1000 }
    t open "/etc/passwd" -> deny EACCES by gate#secrets in host
}
test "what does not" {
    task t in host { uid = 1000 }
    t open "/etc/passwd" -> allow
}
test "what a row \\u{1b}says" for path in { "/srv", "/usr" } { task t in host  t open path -> allow }
"""
BESIDE = "def test_python():\n    pass\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web.nslsm").write_text(POLICY)
    (tmp_path / "test_beside.py").write_text(BESIDE)
    (tmp_path / "conftest.py").write_text("")
    return tmp_path


def under_pytest(folder: Path, *arguments: str) -> tuple[int, str]:
    """What pytest says in ``folder``: with this plugin and no other, installed or not."""
    command = [sys.executable, "-m", "pytest", "-p", "nslsm.testing.plugin", "-p", "no:cacheprovider", *arguments]
    more = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT), "COLUMNS": "120", "NSLSM_CACHE": "off"}
    ended = run(command, folder, more=more)
    return ended.returncode, ended.stdout + ended.stderr


def test_tests_of_policies_are_items_beside_those_of_python(folder: Path) -> None:
    status, said = under_pytest(folder, "-v")

    assert status == 1
    for line in (
        "web.nslsm::what holds PASSED",
        "web.nslsm::what does not FAILED",
        'web.nslsm::what a row \\x1bsays [path = "/srv"] PASSED',
        'web.nslsm::what a row \\x1bsays [path = "/usr"] PASSED',
        "test_beside.py::test_python PASSED",
        "1 failed, 4 passed",
    ):
        assert line in said


def test_a_failure_is_shown_as_the_policy_reads_and_not_as_a_traceback(folder: Path) -> None:
    _, said = under_pytest(folder)

    assert "--> web.nslsm:10:5" in said
    assert "= expected allow" in said
    assert "got      deny EACCES by gate#secrets in host" in said
    assert "host  gate  denies EACCES  #secrets  <- decides" in said
    assert "Traceback" not in said
    assert "plugin.py" not in said
    assert "FAILED web.nslsm::what does not - expected allow, got deny EACCES by gate#secrets in host" in said


def test_one_test_can_be_asked_for(folder: Path) -> None:
    status, said = under_pytest(folder, "web.nslsm::what holds")

    assert status == 0
    assert "1 passed" in said


def test_where_a_test_stands_is_reported(folder: Path) -> None:
    (folder / "conftest.py").write_text(
        "def pytest_runtest_logreport(report):\n    if report.when == 'call':\n        print('at', report.location)\n"
    )

    _, said = under_pytest(folder, "-s", "web.nslsm")

    assert "at ('web.nslsm', 3, 'what holds')" in said


def test_a_policy_that_does_not_check_is_an_error_with_its_diagnostic(folder: Path) -> None:
    (folder / "web.nslsm").write_text(POLICY.replace("file_open when", "file_opne when"))

    status, said = under_pytest(folder)

    assert status == 2
    assert "ERROR collecting web.nslsm" in said
    assert "error[unknown-hook]: " in said
    assert "`file_opne`" in said
    assert "--> web.nslsm:2:30" in said
    assert "Traceback" not in said


def test_a_policy_that_is_no_text_is_an_error_of_its_own(folder: Path) -> None:
    (folder / "web.nslsm").write_bytes(b'test "x" {\n\xff\xfe\x00}\ntest "y" {')

    status, said = under_pytest(folder)

    assert status == 2
    assert "error[" in said
    assert "Traceback" not in said


def test_a_policy_without_tests_is_left_alone_even_if_it_is_broken(folder: Path) -> None:
    (folder / "web.nslsm").write_text("module web\ncontrol { nothing at all")

    status, said = under_pytest(folder)

    assert status == 0
    assert "1 passed" in said


def test_the_plugin_can_be_left_out(folder: Path) -> None:
    status, said = under_pytest(folder, "-p", "no:nslsm.testing.plugin")

    assert status == 0
    assert "1 passed" in said


def test_the_kernel_can_be_chosen(folder: Path) -> None:
    assert under_pytest(folder, "-o", "nslsm_profile=7.2", "web.nslsm::what holds")[0] == 0

    status, said = under_pytest(folder, "-o", "nslsm_profile=3.0", "web.nslsm")
    assert status != 0
    assert "nslsm_profile is '3.0'; there are 6.1, 6.12, 7.2" in said


def test_the_language_is_not_loaded_before_a_policy_is_met(folder: Path) -> None:
    (folder / "web.nslsm").unlink()
    (folder / "conftest.py").write_text(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('loaded:', sorted(name for name in sys.modules if name.startswith('nslsm.')))\n"
    )

    _, said = under_pytest(folder, "-s")

    (loaded,) = [line for line in said.splitlines() if line.startswith("loaded:")]
    assert "nslsm.testing.plugin" in loaded
    assert not any(part in loaded for part in ("language", "library", "kernel", "hooks", "diagnostics"))


def test_pytest_finds_it_where_the_project_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["entry-points"]["pytest11"] == {"nslsm": "nslsm.testing.plugin"}
