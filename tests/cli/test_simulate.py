"""``nslsm simulate`` as a person and as a program meet it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from nslsm.cli.main import main
from nslsm.cli.simulate import command
from nslsm.resources import examples_root
from tests.simulation.scenarios.scenes import HEAD, written

ESCAPES = examples_root() / "06-container-escapes"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(
        command, [str(each) for each in arguments], env={"COLUMNS": "100"}, catch_exceptions=False
    )


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return written(tmp_path, HEAD + "parameters: {file: [a, lab/1]}\nsteps: ['nurse open \"/srv/${file}\" -> allow']\n")


def test_what_was_expected_decides_the_status(scenario: Path) -> None:
    all_runs, first = run(scenario), run(scenario, "--set", "file=a")

    assert (all_runs.exit_code, first.exit_code) == (1, 0)
    assert "expected allow\n" in all_runs.stdout
    assert "2 runs, 2 steps: 1 of 2 expectations met" in all_runs.stdout
    assert "1 run, 1 step: 1 of 1 expectation met" in first.stdout


def test_a_value_that_the_scenario_does_not_list_is_tried_all_the_same(scenario: Path) -> None:
    result = run(scenario, "--set", "file=b")

    assert result.exit_code == 0
    assert "file = b" in result.stdout


@pytest.mark.parametrize("name", ["steps.jsonl", "steps.parquet"])
def test_every_step_is_written_as_a_row(scenario: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / name

    assert run(scenario, "-o", output).exit_code == 1

    if name.endswith("parquet"):
        assert parquet.read_table(output)["verdict"].to_pylist() == ["grant", "deny"]
        return
    manifest, *rows = map(json.loads, output.read_text().splitlines())
    assert manifest["record"] == "simulation"
    assert [row["verdict"] for row in rows] == ["grant", "deny"]


def test_rows_go_to_standard_output_for_a_program(scenario: Path) -> None:
    lines = run(scenario, "--format", "json").stdout.splitlines()

    assert [json.loads(line).get("verdict") for line in lines] == [None, "grant", "deny"]


def test_the_same_scenario_gives_the_same_rows(tmp_path: Path) -> None:
    file = written(
        tmp_path, HEAD + "steps: [{random: 30, steps: ['nurse open \"/srv/${f}\"'], vary: {f: [a, b, lab/1]}}]\n"
    )
    one, again, other = (run(file, "--format", "json", "--seed", seed).stdout for seed in (5, 5, 6))

    assert one == again
    assert one.splitlines()[1:] != other.splitlines()[1:]


def test_escapes_are_stopped_where_the_example_says_and_the_honest_one_is_not() -> None:
    result = run(ESCAPES)
    matrix = json.loads(run(ESCAPES, "--matrix", "--format", "json").stdout)

    assert result.exit_code == 0
    by_title = {row["title"]: row for row in matrix["rows"]}
    assert len(by_title) == 12
    assert all(row["tags"] for row in matrix["rows"])
    assert [title for title, row in by_title.items() if "first" not in row and "where" not in row["parameters"]] == [
        "a mistake in the kernel itself"
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.yaml"], "cannot be read"),
        (["{}", "--set", "file"], "NAME=VALUE"),
        (["{}", "--matrix", "-o", "x"], "--format json"),
        (["{}", "{}", "-o", "x"], "one scenario"),
        (["{}", "--seed", "99999999999999999999", "-o", "x.parquet"], "64 bits"),
    ],
)
def test_wrong_use_is_told_and_nothing_is_run(
    scenario: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["simulate", *(each.format(scenario) for each in arguments)])

    printed = capsys.readouterr()
    assert status == 2
    assert words in printed.err
    assert not printed.out
