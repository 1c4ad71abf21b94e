"""The verb: what it says, and the status it ends with."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from nslsm.cli.record import command
from tests.live.test_record import needs_strace


@needs_strace
def test_the_commands_status_is_passed_on(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["-o", str(tmp_path / "t"), "--", "sh", "-c", "exit 5"])

    assert result.exit_code == 5
    assert result.stdout == ""
    assert "`sh`, which ended with exit status 5" in result.stderr
    assert (tmp_path / "t").is_file()


@needs_strace
def test_a_signals_number_is_added_to_128(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["-o", str(tmp_path / "t"), "sh", "-c", "kill -KILL $$"])

    assert result.exit_code == 128 + 9
    assert "was ended by SIGKILL" in result.stderr


@needs_strace
def test_options_behind_the_command_are_the_commands(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["-o", str(tmp_path / "t"), "sh", "-c", "exit $#", "-o", "a", "--help"])

    assert result.exit_code == 2
    assert "which ended with exit status 2" in result.stderr


@needs_strace
def test_how_much_of_strings_is_written_can_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("secret" * 9)

    CliRunner().invoke(command, ["-o", str(tmp_path / "t"), "-s", "0", "cat", str(tmp_path / "a")])

    text = (tmp_path / "t").read_text()
    assert str(tmp_path / "a") in text
    assert "secret" not in text


def test_where_nothing_can_be_recorded_the_status_is_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    result = CliRunner().invoke(command, ["-o", str(tmp_path / "t"), "true"])

    assert result.exit_code == 2
    assert "error[strace-missing]" in result.stderr
    assert "apt install strace" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["-o", "t"], ["true"], ["-o", "t", "-s", "x", "true"]])
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(command, arguments).exit_code == 2


def test_help_has_an_example() -> None:
    assert "nslsm record -o build.strace -- make" in CliRunner().invoke(command, ["--help"]).output
