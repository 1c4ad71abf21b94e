"""However a verb ends, there is one status and at most one message."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from nslsm.cli.outcome import status_of
from nslsm.diagnostics import Code, DiagnosticError
from nslsm.resources import MissingData
from tests.house.checkout import run


def raising(error: BaseException) -> Callable[[], int]:
    def verb() -> int:
        raise error

    return verb


@pytest.mark.parametrize("status", [0, 1, 2])
def test_a_verb_that_ends_by_itself_has_its_own_status(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(lambda: status) == status

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (DiagnosticError([Code("empty-trace").at(None, "nothing is in it")]), "error[empty-trace]: nothing is in it\n"),
        (MissingData("no grammar"), "error[incomplete-installation]: no grammar\n"),
        (FileNotFoundError(2, "No such file", "a\x1b[1m"), "error[cannot-use-file]: `a\\x1b[1m`: no such file\n"),
        (PermissionError(13, "Permission denied"), "error[cannot-use-file]: permission denied\n"),
        (OSError(), "error[cannot-use-file]: oserror\n"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_message(
    error: Exception, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(raising(error)) == 2

    assert capsys.readouterr() == ("", message)


def test_an_interruption_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(raising(KeyboardInterrupt())) == 130

    assert capsys.readouterr() == ("", "")


def test_a_crash_is_never_the_answer_no_and_admits_whose_fault_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(raising(ZeroDivisionError("a\x1b[31m"))) == 70

    error = capsys.readouterr().err
    assert "ZeroDivisionError" in error
    assert "a mistake in nslsm" in error
    assert "\x1b" not in error


@pytest.mark.parametrize("verb", ["hooks", "hooks --format json"])
def test_a_reader_who_has_seen_enough_is_no_trouble(verb: str) -> None:
    command = f"{sys.executable} -m nslsm {verb} | head -c 1 > /dev/null; echo ${{PIPESTATUS[0]}}"

    ended = run(["bash", "-c", command])

    assert ended.stdout == "141\n"
    assert ended.stderr == ""


def test_a_full_disk_is_said() -> None:
    ended = run(["bash", "-c", f"{sys.executable} -m nslsm hooks > /dev/full"])

    assert ended.returncode == 2
    assert ended.stderr.startswith("error[cannot-use-file]: no space left on device")
    assert "Traceback" not in ended.stderr


def test_a_name_that_is_no_text_can_be_printed() -> None:
    program = "from nslsm.cli.outcome import status_of; status_of(lambda: print('\\udcff') or 0)"

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout == "\\udcff\n"
