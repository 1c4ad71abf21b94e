"""``nslsm fmt`` as a person and as a program meet it."""

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nslsm.cli import fmt
from nslsm.cli.fmt import command

CROOKED = "let a=1 # one\ncontrol c{deny file_open when a==1}\n"
STRAIGHT = "let a = 1  # one\n\ncontrol c {\n    deny file_open when a == 1\n}\n"
BROKEN = "control c { deny file_open whn x }\n"


def run(*arguments: object, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], input=text)


@pytest.fixture
def crooked(tmp_path: Path) -> Path:
    path = tmp_path / "a.nslsm"
    path.write_text(CROOKED)
    return path


def test_a_file_is_rewritten_and_named(crooked: Path) -> None:
    result = run(crooked)

    assert (result.exit_code, result.output) == (0, f"formatted {crooked}\n")
    assert crooked.read_text() == STRAIGHT


def test_what_is_in_the_layout_is_left_alone_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.nslsm"
    path.write_text(STRAIGHT)
    os.utime(path, ns=(1, 1))

    result = run(path, path.parent)

    assert (result.exit_code, result.output) == (0, "")
    assert path.stat().st_mtime_ns == 1


def test_folders_stand_for_all_policies_below_links_and_hidden_folders_apart(tmp_path: Path) -> None:
    outside = tmp_path / "outside.nslsm"
    folder = tmp_path / "folder"
    paths = [outside, *(folder / name for name in ("a.nslsm", "deep/er/b.nslsm", ".hidden/c.nslsm", "d.txt"))]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CROOKED)
    (folder / "link.nslsm").symlink_to(outside)
    (folder / "out").symlink_to(tmp_path)

    result = run(folder)

    assert result.output.splitlines() == [f"formatted {folder}/a.nslsm", f"formatted {folder}/deep/er/b.nslsm"]
    assert [path.read_text() == STRAIGHT for path in paths] == [False, True, True, False, False]


def test_check_names_what_would_change_and_writes_nothing(crooked: Path) -> None:
    result = run("--check", crooked)

    assert (result.exit_code, result.output) == (1, f"would format {crooked}\n")
    assert crooked.read_text() == CROOKED
    run(crooked)
    assert (run("--check", crooked).exit_code, run("--check", crooked).output) == (0, "")


def test_diff_shows_what_would_change_and_writes_nothing(crooked: Path) -> None:
    result = run("--diff", crooked)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"--- {crooked}",
        f"+++ {crooked} (formatted)",
        "@@ -1,2 +1,5 @@",
        "-let a=1 # one",
        "-control c{deny file_open when a==1}",
        "+let a = 1  # one",
        "+",
        "+control c {",
        "+    deny file_open when a == 1",
        "+}",
    ]
    assert crooked.read_text() == CROOKED
    assert run("--diff", "--check", crooked).stdout == result.stdout


@pytest.mark.parametrize("data", [STRAIGHT.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + STRAIGHT.encode()])
def test_line_ends_and_byte_order_marks_are_changes_too(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.nslsm"
    path.write_bytes(data)

    assert run("--check", path).exit_code == 1
    assert "line ends or a byte order mark" in run("--diff", path).stdout
    assert run(path).exit_code == 0
    assert path.read_bytes() == STRAIGHT.encode()


def test_a_missing_end_of_the_last_line_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.nslsm"
    path.write_text(STRAIGHT.rstrip())

    assert run("--diff", path).stdout.endswith("-}\n\\ No newline at end of file\n+}\n")


def test_standard_input_comes_out_laid_out_and_nothing_else() -> None:
    assert run("-", text=CROOKED).stdout == STRAIGHT
    assert run("-", text=STRAIGHT).stdout == STRAIGHT
    assert run("-", text=b"").stdout == ""
    checked = run("--check", "-", text=CROOKED)
    assert (checked.exit_code, checked.stdout) == (1, "would format <standard input>\n")


def test_errors_are_shown_with_their_lines_and_the_other_files_are_done(crooked: Path) -> None:
    broken = crooked.parent / "b.nslsm"
    broken.write_text(BROKEN)

    result = run(broken, crooked.parent / "none.nslsm", crooked)

    assert result.exit_code == 2
    assert result.stdout == f"formatted {crooked}\n"
    assert f"--> {broken}:1:28" in result.stderr
    assert "there is no file" in result.stderr
    assert broken.read_text() == BROKEN
    assert crooked.read_text() == STRAIGHT
    assert run("--check", broken).exit_code == 2


def test_errors_in_standard_input_leave_standard_output_empty() -> None:
    result = run("-", text=BROKEN)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "<standard input>:1:28" in result.stderr


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.nslsm", b"\xff", "not-utf8"),
        ("a.nslsm", b"let a = 1\0", "nul-byte"),
        ("a.nslsm", b"let a = " + b"(" * 300, "over-limit"),
        ("a.txt", b"let a = 1", "no-such-policy"),
    ],
)
def test_what_is_no_policy_is_one_message_and_status_2(name: str, data: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)

    result = run(path)

    assert result.exit_code == 2
    assert f"error[{code}]" in result.stderr
    assert path.read_bytes() == data


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.nslsm")

    result = run(tmp_path / "a.nslsm")

    assert result.exit_code == 2
    assert "is no regular file" in result.stderr


def test_mode_and_link_stay(crooked: Path) -> None:
    crooked.chmod(0o640)
    link = crooked.parent / "link.nslsm"
    link.symlink_to(crooked)

    result = run(link, crooked)

    assert result.output == f"formatted {link}\n"
    assert link.is_symlink()
    assert crooked.read_text() == STRAIGHT
    assert stat.S_IMODE(crooked.stat().st_mode) == 0o640
    assert sorted(path.name for path in crooked.parent.iterdir()) == ["a.nslsm", "link.nslsm"]


def test_a_file_that_cannot_be_written_is_reported_and_whole(crooked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = crooked.parent / "b.nslsm"
    other.write_text(CROOKED)

    def refuse(path: Path, text: str) -> None:
        if path == crooked:
            raise PermissionError(13, "Permission denied", str(path))
        path.write_text(text)

    monkeypatch.setattr(fmt, "rewrite", refuse)
    result = run(crooked, other)

    assert result.exit_code == 2
    assert f"error[cannot-use-file]: `{crooked}` cannot be written: permission denied" in result.stderr
    assert crooked.read_text() == CROOKED
    assert other.read_text() == STRAIGHT


def test_a_layout_that_says_something_else_is_never_written(crooked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nslsm.language.syntax.format.format_module", lambda text, _: text.replace("1", "2"))

    result = run(crooked)

    assert isinstance(result.exception, AssertionError)
    assert crooked.read_text() == CROOKED


def test_a_strangers_words_do_not_reach_the_terminal_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m.nslsm"
    path.write_text(CROOKED)

    assert "\x1b" not in run("--diff", path).output
    assert "\x1b" not in run("--check", path).output
    assert "\x1b" not in run(path).output


def test_nothing_to_lay_out_is_a_usage_error() -> None:
    assert run().exit_code == 2


def test_help_has_an_example() -> None:
    assert "nslsm fmt --check ." in run("--help").output
