"""``nslsm hooks`` as a person and as a program meet it."""

import json
from io import StringIO

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from nslsm.cli.hooks import command, show, show_table
from nslsm.hooks import CATALOGUE, PROFILES, VERSION


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def on_terminal(width: int) -> Console:
    return Console(file=StringIO(), width=width, highlight=False)


def lines(console: Console) -> list[str]:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_without_arguments_every_hook_has_its_line() -> None:
    result = run()

    assert result.exit_code == 0
    firsts = [line.split()[0] for line in result.output.splitlines() if line.startswith("  ")]
    assert firsts == list(CATALOGUE)


def test_the_table_says_class_object_kernels_and_what_happens() -> None:
    line = next(line for line in run("--family", "file").output.splitlines() if "file_post_open" in line)

    assert line.split(maxsplit=5) == [
        "file_post_open",
        "access",
        "file",
        "since",
        "6.12",
        CATALOGUE["file_post_open"].doc,
    ]


def test_off_a_terminal_there_are_no_colours_and_no_broken_lines() -> None:
    output = run("file_open").output

    assert "\x1b" not in output
    assert CATALOGUE["file_open"].doc in output.splitlines()
    assert all(line == line.rstrip() for line in output.splitlines())


def test_one_hook_is_shown_with_everything_known_about_it() -> None:
    hook = CATALOGUE["path_rename"]

    output = run("path_rename").output

    for text in (hook.prototype, hook.doc, hook.object_is, hook.config, "fatal", "EACCES", "6.1, 6.12, 7.2"):
        assert text in output
    for fact in hook.facts:
        assert fact.name in output
        assert fact.doc in output
    assert "noreplace, exchange, whiteout" in output
    assert "object.sha256" in output


def test_earlier_prototypes_are_shown_with_the_last_kernel_that_had_them() -> None:
    assert "until 6.12: int task_alloc(struct task_struct *task, unsigned long clone_flags)" in run("task_alloc").output


def test_a_hook_that_cannot_deny_says_why_and_offers_no_errno() -> None:
    output = run("task_prctl").output

    assert CATALOGUE["task_prctl"].why_other in output
    assert "-ENOSYS" in output
    assert "unless the rule says another" not in output


def test_an_unknown_hook_is_unusable_input_and_the_nearest_is_offered() -> None:
    result = run("file_opne")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "error[unknown-hook]: no hook is called `file_opne`" in result.stderr
    assert "did you mean `file_open`?" in result.stderr


def test_a_hostile_name_is_written_out_on_the_terminal() -> None:
    result = run("file\x1b[31m_open")

    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    assert "\\x1b" in result.stderr


def test_an_unknown_family_is_unusable_input() -> None:
    result = run("--family", "sockte")

    assert result.exit_code == 2
    assert "did you mean `socket`?" in result.stderr


def test_an_unknown_kernel_is_unusable_input() -> None:
    assert run("--profile", "5.10").exit_code == 2


def test_one_hook_takes_no_filter() -> None:
    result = run("file_open", "--family", "file")

    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_a_search_finds_by_name_and_by_sentence() -> None:
    output = run("--search", "rename").output

    assert "path_rename" in output
    assert "path_reparent" in output
    assert "file_open" not in output


def test_filters_add_up() -> None:
    names = [
        hook["name"] for hook in json.loads(run("inode_*_acl", "--search", "set", "--format", "json").output)["hooks"]
    ]

    assert names == ["inode_set_acl", "inode_post_set_acl"]
    assert run("inode_*_acl", "--profile", "6.1").exit_code == 1


def test_nothing_found_is_the_answer_no() -> None:
    result = run("--search", "teleport")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr != ""


def test_json_holds_the_whole_catalogue() -> None:
    value = json.loads(run("--format", "json").output)

    assert value["catalogue"] == VERSION
    assert [hook["name"] for hook in value["hooks"]] == list(CATALOGUE)
    kinds = {kind["name"] for kind in value["kinds"]}
    assert {hook["object"] for hook in value["hooks"]} - {None} <= kinds


def test_json_of_one_hook_says_what_a_rule_may_use() -> None:
    (hook,) = json.loads(run("task_kill", "--format", "json").output)["hooks"]

    assert (hook["object"], hook["consequence"], hook["default_errno"]) == ("task", "fatal", "EPERM")
    assert [(fact["name"], fact["type"]) for fact in hook["facts"]] == [("signal", "signal")]


def test_json_has_no_consequence_where_nothing_can_be_denied() -> None:
    (hook,) = json.loads(run("task_free", "--format", "json").output)["hooks"]

    assert (hook["consequence"], hook["default_errno"]) == (None, None)


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    console = on_terminal(width)

    show_table(CATALOGUE.hooks, console)
    for hook in (
        *CATALOGUE.hooks[::9],
        CATALOGUE["task_prctl"],
        CATALOGUE["sb_mount"],
        CATALOGUE["dentry_init_security"],
    ):
        show(hook, console)

    assert max(map(len, lines(console))) <= width


@pytest.mark.parametrize("profile", PROFILES)
def test_a_kernels_table_has_its_hooks_only(profile: str) -> None:
    value = json.loads(run("--profile", profile, "--format", "json").output)

    assert [hook["name"] for hook in value["hooks"]] == [hook.name for hook in CATALOGUE.in_profile(profile)]
