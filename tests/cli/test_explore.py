"""``nslsm explore`` as a person and as a program meet it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nslsm.cli import explore as verb
from nslsm.cli import simulate, test
from nslsm.cli.explore import command
from nslsm.cli.main import main
from nslsm.simulation import exploration

LEAK = """
import std.operations (read, write)
control tenancy {
    attr file.tenant: string = "none"
    attr file.secret: bool = false
    on write when subject.namespace == "host.a" set object.tenant = "a"
    on write when subject.namespace == "host.b" set object.tenant = "b" set object.secret = true
    deny read when object.tenant == "b" and subject.namespace == "host.a"
}
namespace host { bind tenancy namespace a { } namespace b { } }
claim no_leak {
    given { file "/spool/x" { mode = 0o666 } task worker in a task clerk in b }
    try open, fork
    never read in a when object.secret
}
"""
SHUT = 'claim shut { given { task clerk in b } try open "/x" never file_unlink in a }'.replace(
    "file_unlink", "inode_unlink"
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(
        command, [str(each) for each in arguments], env={"COLUMNS": "100"}, catch_exceptions=False
    )


@pytest.fixture
def leak(tmp_path: Path) -> Path:
    path = tmp_path / "leak.nslsm"
    path.write_text(LEAK)
    return path


def test_a_break_is_shown_as_a_test_and_the_answer_is_no(leak: Path) -> None:
    result = run(leak, "--depth", 3)

    assert result.exit_code == 1
    assert "BROKEN after 3 steps, no fewer: `file_open` of /spool/x is granted in host.a" in result.stdout
    assert '    clerk  open "/spool/x" write -> allow\n' in result.stdout


def test_what_holds_is_said_with_its_bound_and_the_answer_is_yes(leak: Path) -> None:
    result = run(leak, "--depth", 2)

    assert result.exit_code == 0
    assert "holds for all sequences of up to 2 steps" in result.stdout
    assert "tried: open, fork, as" in result.stdout
    assert "exhaustive within that: " in result.stdout


def test_a_search_that_ran_full_is_no_yes(leak: Path) -> None:
    result = run(leak, "--depth", 3, "--max-states", 5)

    assert result.exit_code == 1
    assert "NOT SHOWN" in result.stdout
    assert "not exhaustive: stopped at the limit of 5 states" in result.stdout


def test_a_claim_whose_operation_never_came_up_is_no_yes(leak: Path) -> None:
    leak.write_text(f"{LEAK}\n{SHUT}")

    result = run(leak, "--claim", "shut", "--depth", 2)

    assert result.exit_code == 1
    assert "NOTHING TRIED" in result.stdout


def test_the_test_that_is_written_passes_beside_the_policy(leak: Path) -> None:
    found = leak.parent / "found.nslsm"
    found.write_text(run(leak, "--format", "nslsm").stdout)

    result = CliRunner().invoke(test.command, [str(found)])

    assert result.exit_code == 0
    assert "1 passed" in result.stdout


def test_the_scenario_that_is_written_replays(leak: Path) -> None:
    found = leak.parent / "found.yaml"
    found.write_text(run(leak, "--format", "yaml").stdout)

    result = CliRunner().invoke(simulate.command, [str(found)])

    assert result.exit_code == 0, result.output
    assert "3 of 3 expectations met" in result.stdout


def test_without_a_break_there_is_no_file_and_the_answer_goes_where_diagnostics_do(leak: Path) -> None:
    result = run(leak, "--depth", 2, "--format", "nslsm")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "holds" in result.stderr


def test_programs_get_a_record_for_each_claim(leak: Path) -> None:
    leak.write_text(f"{LEAK}\n{SHUT}")

    first, second = map(json.loads, run(leak, "--depth", 3, "--format", "json").stdout.splitlines())

    assert (first["claim"], first["answer"], len(first["broken"]["steps"])) == ("leak.no_leak", "broken", 3)
    assert (second["answer"], second["exhaustive"], second["accesses"]) == ("nothing-tried", True, 0)


def test_other_words_can_be_tried(leak: Path) -> None:
    result = run(leak, "--try", "open, exec", "--try", "fork", "--depth", 1, "--format", "json")

    assert json.loads(result.stdout)["words"] == ["open", "exec", "fork"]


def test_without_merging_the_answer_is_the_same(leak: Path) -> None:
    merged, apart = (json.loads(run(leak, "--format", "json", *more).stdout) for more in ([], ["--no-merge"]))

    assert merged["broken"]["steps"] == apart["broken"]["steps"]
    assert (merged["merged"], apart["merged"]) == (True, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--claim", "no_lek"],
            "error[unknown-claim]: no claim is called `no_lek`\n   = help: did you mean `no_leak`?",
        ),
        (["--try", "opn"], "error[unknown-word]: no call that a task can try is called `opn`"),
        (["--depth", "0"], "0 is not in the range"),
    ],
)
def test_wrong_use_is_a_message_and_status_two(
    leak: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["explore", str(leak), *arguments])

    assert status == 2
    assert said in capsys.readouterr().err


def test_a_mistake_in_a_claim_is_shown_in_its_place(leak: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leak.write_text(LEAK.replace("object.secret\n}", "object.secrets\n}"))

    status = main(["explore", str(leak)])

    assert status == 2
    assert "error[unknown-fact]: a file has no fact or attribute `secrets`" in capsys.readouterr().err


def test_a_policy_without_a_claim_is_no_answer(leak: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leak.write_text("namespace host { }")

    assert main(["explore", str(leak)]) == 2
    assert "error[no-claims]" in capsys.readouterr().err


def test_the_bounds_that_help_tells_are_those_of_the_search() -> None:
    assert (verb.DEPTH, verb.MAX_STATES) == (exploration.DEPTH, exploration.MAX_STATES)
