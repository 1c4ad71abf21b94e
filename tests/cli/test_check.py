"""``nslsm check`` as a person and as a program meet it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nslsm.cli.check import command
from nslsm.resources import policies_root


def run(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], input=text)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "web.nslsm"
    path.write_text("control c { deny file_opne }\n")
    return path


def test_what_is_right_is_said_in_a_line_on_standard_error() -> None:
    result = run("base", policies_root() / "std")

    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr.startswith("nothing wrong: ")


def test_what_is_wrong_is_shown_with_its_line_and_a_way_out(policy: Path) -> None:
    result = run(policy)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "error[unknown-hook]: no hook or operation is called `file_opne`",
        f"  --> {policy}:1:18",
        " 1 | control c { deny file_opne }",
        "   |                  ^^^^^^^^^",
        "   = help: did you mean `file_open`?",
        "",
    ]
    assert result.stderr == "1 error\n"


def test_the_short_form_is_a_line_for_each_finding(policy: Path) -> None:
    result = run("--format", "short", policy)

    assert result.output == f"{policy}:1:18: error[unknown-hook]: no hook or operation is called `file_opne`\n"


def test_json_is_one_document_for_all_packages(policy: Path, tmp_path: Path) -> None:
    other = tmp_path / "2-x"
    other.mkdir()
    (other / "b.nslsm").write_text("control c { confine file_open { } }\n")

    result = run("--format", "json", policy, other)

    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [(each["code"], each["severity"]) for each in found["findings"]] == [
        ("unknown-hook", "error"),
        ("empty-confine", "warning"),
    ]


def test_warnings_are_no_failure_unless_they_are_meant_to_be(tmp_path: Path) -> None:
    (tmp_path / "a.nslsm").write_text("control c { confine file_open { } }\n")

    assert run(tmp_path).exit_code == 0
    assert "1 warning: 1 control in 1 module" in run(tmp_path).stderr
    assert run("--strict", tmp_path).exit_code == 1


def test_standard_input_is_checked() -> None:
    result = run("-", text="control c { deny file_opne }")

    assert result.exit_code == 1
    assert "<standard input>:1:18" in result.stdout


@pytest.mark.parametrize(
    ("files", "target", "code"),
    [
        ({}, "missing.nslsm", "no-such-policy"),
        ({}, "nosuchmodule", "unknown-module"),
        ({}, ".", "no-such-policy"),
        ({"a.nslsm": b""}, "a.nslsm", "empty-module"),
        ({"a.nslsm": b"\x7fELF\x02\x01\xff"}, "a.nslsm", "not-utf8"),
        ({"a.nslsm": b"control c\0"}, "a.nslsm", "nul-byte"),
        ({"a.nslsm": b"import b", "b.nslsm": b"import a"}, "a.nslsm", "import-cycle"),
        ({"a.nslsm": b"control c { deny file_open when " + b"(" * 300}, "a.nslsm", "over-limit"),
    ],
)
def test_what_cannot_be_used_at_all_is_one_message_and_status_2(
    files: dict[str, bytes], target: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)

    result = run("--format", "short", target)

    assert result.exit_code == 2
    assert f"error[{code}]" in result.output
    assert len(result.output.splitlines()) == 1


def test_nothing_to_check_is_a_usage_error() -> None:
    assert run().exit_code == 2


def test_help_has_an_example() -> None:
    assert "nslsm check policies" in run("--help").output


def test_a_stranger_s_words_do_not_reach_the_terminal_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.nslsm").write_text(
        'let x = "\\x1b[31m"\ncontrol c { deny file_open when object.path == "\\x1b]0;owned" }\n'
    )

    result = run(tmp_path)

    assert result.exit_code == 1
    assert "\x1b" not in result.output


def test_sarif_is_one_log_for_all_packages(policy: Path) -> None:
    result = run("--format", "sarif", policy)

    assert result.exit_code == 1
    log = json.loads(result.stdout)
    assert [each["ruleId"] for each in log["runs"][0]["results"]] == ["unknown-hook"]


def test_certain_fixes_are_offered_and_made_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.nslsm"
    path.write_text(
        'control c {\n    deny file_open when object.path = "/a"&&subject.uid <> 0\n    DENY file_open;\n}\n'
    )
    path.chmod(0o640)

    offered = run(path)
    made = run("--fix", path)

    assert "(1 can be fixed with --fix)" in offered.stderr
    assert made.exit_code == 0
    assert made.stderr.startswith("5 fixes made; ")
    assert path.read_text() == (
        'control c {\n    deny file_open when object.path == "/a" and subject.uid != 0\n    deny file_open\n}\n'
    )
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["a.nslsm"]


def test_only_the_files_that_were_named_are_fixed(tmp_path: Path) -> None:
    (tmp_path / "a.nslsm").write_text("import b (n)\ncontrol c { deny socket_connect when port == n }\n")
    imported = "let n = 1 # nslsm: allow(unused-let) spare\n"
    (tmp_path / "b.nslsm").write_text(imported)

    run("--fix", tmp_path / "a.nslsm")

    assert (tmp_path / "b.nslsm").read_text() == imported


def test_standard_input_cannot_be_fixed() -> None:
    result = run("--fix", "-", text="let a = 1")

    assert result.exit_code == 2
    assert "standard input" in result.stderr
