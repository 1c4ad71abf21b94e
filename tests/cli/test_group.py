"""The verbs are all there, explain themselves, and are found by people who cannot type."""

import click
import pytest

from nslsm.cli.group import NAMES, VERBS, group, run


@pytest.mark.parametrize("name", NAMES)
def test_a_listed_verb_exists_and_shows_an_example(name: str) -> None:
    command = group.get_command(click.Context(group), name)

    assert command is not None
    assert command.name == name
    assert f"nslsm {name}" in command.get_help(click.Context(command, info_name=f"nslsm {name}")).split("\n\n", 1)[1]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_describes_itself_as_the_list_does(verb: tuple[str, str]) -> None:
    command = group.get_command(click.Context(group), verb[0])

    assert command is not None
    assert command.short_help in {None, verb[1]}


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_verb_in_its_order(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([option]) == 0

    listed = [
        line.split()[0] for line in capsys.readouterr().out.partition("Verbs:")[2].splitlines() if line[:3].strip()
    ]
    assert listed[: len(NAMES)] == list(NAMES)


def test_a_verb_that_does_not_exist_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["chekc"]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no verb is called `chekc`; did you mean `check`?" in captured.err


def test_a_verb_that_is_near_nothing_is_answered_with_the_way_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["zzz"]) == 2

    assert "`nslsm --help` lists them" in capsys.readouterr().err


def test_without_a_verb_the_list_is_shown_and_nothing_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2

    assert "Verbs:" in capsys.readouterr().err


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--nonsense"]) == 2

    assert "--nonsense" in capsys.readouterr().err


def test_a_verb_ends_with_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["hooks", "--search", "there is no such thing anywhere"]) == 1

    assert capsys.readouterr().out == ""


def test_a_shell_is_told_how_to_complete_verbs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_NSLSM_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "nslsm ch")
    monkeypatch.setenv("COMP_CWORD", "1")

    with pytest.raises(SystemExit):
        run([])

    assert capsys.readouterr().out == "plain,check\n"
