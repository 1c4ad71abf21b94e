"""``nslsm new``: what it writes is checked, laid out, and passes its own tests."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nslsm.cli.new import command
from nslsm.language.syntax.format import format_module
from nslsm.library import check_targets
from nslsm.simulation.cases import run as run_tests


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@pytest.mark.parametrize("name", ["charts", "clinic.ward_3.charts", "name", "file"])
def test_the_file_has_no_finding_and_its_tests_pass(name: str, here: Path) -> None:
    result = run("control", name)
    path = here / Path(*name.split(".")).with_suffix(".nslsm")

    (checked,) = check_targets([str(path)])

    assert result.exit_code == 0
    assert not checked.diagnostics
    assert format_module(path.read_text(), "") == path.read_text()
    assert len(checked.require().tests) == 3
    assert all(each.passed for each in run_tests(checked.require().tests))


def test_the_tests_of_the_file_fail_where_its_rule_is_gone(here: Path) -> None:
    run("control", "charts")
    text = (here / "charts.nslsm").read_text()
    start, end = text.index("    deny write"), text.index("}\n\nnamespace")
    (here / "charts.nslsm").write_text(
        f"{text[:start]}    audit write when object.path matches protected and subject.exe != writer\n{text[end:]}"
    )

    (checked,) = check_targets(["charts.nslsm"])

    assert [each.passed for each in run_tests(checked.require().tests)] == [True, False, False]


def test_what_is_there_already_is_left_alone(here: Path) -> None:
    (here / "charts.nslsm").write_text("mine")

    result = run("control", "charts")

    assert result.exit_code == 2
    assert "there already" in result.stderr
    assert (here / "charts.nslsm").read_text() == "mine"


@pytest.mark.parametrize("name", ["Charts", "a-b", "../up", "a..b", "/etc/x", "deny-1", "and", "true"])
def test_a_name_that_no_module_could_have_is_refused(name: str, here: Path) -> None:
    result = run("control", name)

    assert result.exit_code == 2
    assert not list(here.iterdir())
