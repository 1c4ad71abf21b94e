"""The one command that measures: it has all goals, says what is missing, draws what there is; the pages have their places."""

import json
import subprocess
import sys
from importlib import import_module
from math import isfinite
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("all")


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    pytest.importorskip("matplotlib")
    return import_module("drawing")


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("peers")


def test_one_command_prints_every_goal_and_writes_what_it_measured(tmp_path: Path) -> None:
    where = tmp_path / "figures.json"
    ended = subprocess.run(
        [sys.executable, str(BENCHMARKS / "all.py"), "--only", "starting", "--json", str(where)],
        capture_output=True,
        text=True,
        check=True,
    )
    written = json.loads(where.read_text())

    assert {"date", "processor", "cores", "python"} <= set(written["machine"])
    assert all(isfinite(figure) for figure in written["figures"]["starting"].values())
    measured = {row["what"]: row["measured"] for row in written["table"]}
    assert measured["`import nslsm`"].strip("*").endswith(" ms")
    assert measured["`check`: a decision"] == "not measured in this run"
    assert all(f"| {what} |" in ended.stdout for what in measured)


def test_a_script_that_fails_is_said_in_its_rows_and_nothing_is_left_out(command: Any, tmp_path: Path) -> None:
    (tmp_path / "starting.py").write_text("raise SystemExit('no clock')")
    command.HERE, here = tmp_path, command.HERE
    try:
        figures = {"starting": command.run("starting", ()), "asking": command.run("asking", ())}
    finally:
        command.HERE = here

    found = {row[0]: row[3] for row in command.rows(figures)}
    assert found["`import nslsm`"] == "no clock"
    assert found["`check`: a decision"] == "there is no such script"
    assert len(found) == len(command.GOALS)


def test_a_figure_that_falls_short_is_told_apart(command: Any) -> None:
    def row(rate: float) -> str:
        figures = {"asking": {"check, a decision": rate}}
        return next(str(each[3]) for each in command.rows(figures) if each[0] == "`check`: a decision")

    assert row(400_000) == "**0.4 M/s**"
    assert row(600_000) == "0.6 M/s"


def test_what_was_measured_replaces_what_stood_between_the_marks(command: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{command.BEGIN}\nold\n{command.END}\nafter\n")

    command.put(page, "new")

    assert page.read_text() == f"before\n{command.BEGIN}\n\nnew\n\n{command.END}\nafter\n"
    page.write_text("no marks")
    with pytest.raises(ValueError, match="has no"):
        command.put(page, "new")


@pytest.mark.parametrize("page", ["README.md", "benchmarks/README.md"])
def test_pages_have_a_place_for_what_was_measured(page: str, command: Any) -> None:
    text = (ROOT / page).read_text()

    assert text.count(command.BEGIN) == text.count(command.END) == 1
    assert text.index(command.BEGIN) < text.index(command.END)


def test_curves_are_drawn_of_what_was_measured_and_of_nothing_else(drawing: Any, tmp_path: Path) -> None:
    figures = {
        "asking": {"depth 1, warm": 3e6, "depth 64, warm": 2e6, "denied": 0.05},
        "replaying": "not measured in this run",
    }

    drawn = list(drawing.draw(figures, tmp_path, {"date": "today", "processor": "one", "python": "3"}))

    assert [path.name for path in drawn] == ["depth.svg"]
    assert "<svg" in drawn[0].read_text()


def test_the_peers_workload_has_one_answer_of_ours_however_it_is_asked(peers: Any, tmp_path: Path) -> None:
    asked = peers.questions()[:400]
    plain, tasks = peers.kernel(tmp_path, compiled=False)
    wanted = [not plain.check(each.hook, tasks[each.task], each.path) for each in asked]

    for name, denied, _ in peers.ours(tmp_path):
        assert [denied(each) for each in asked] == wanted, name
    assert 0.02 < sum(wanted) / len(wanted) < 0.15


@pytest.mark.sweep
def test_peers_that_are_installed_say_what_we_say(peers: Any) -> None:
    figures = peers.measured(300)

    others = {name: row["other verdicts"] for name, row in figures.items() if "missing" not in row}
    assert set(others.values()) == {0}, others
