"""Every example does what its page says, and prints what lies beside it in ``expected/``."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nslsm.cli.main import main
from nslsm.resources import examples_root

EXAMPLES = sorted(folder for folder in examples_root().iterdir() if folder.is_dir())
RATE = re.compile(r"^[\d.,]+ m?s, [\d,]+ events per second$", re.MULTILINE)
COMMAND = re.compile(r"^\$ (nslsm .*)$", re.MULTILINE)


def commands(folder: Path) -> list[list[str]]:
    """What the example's page tells a reader to type."""
    found = (match[1].split()[1:] for match in COMMAND.finditer((folder / "README.md").read_text()))
    return [words for words in found if words[0] != "record"]


def shown(arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> str:
    """What a command prints in the example's folder, without what depends on the machine's speed."""
    patch.chdir(folder)
    patch.setenv("COLUMNS", "100")
    patch.delenv("NO_COLOR", raising=False)
    assert main(arguments) == 0
    return RATE.sub("(time and rate)", capsys.readouterr().out)


CASES = [(folder, words) for folder in EXAMPLES for words in commands(folder)]


@pytest.mark.parametrize(("folder", "words"), CASES, ids=[f"{f.name} {w[0]}" for f, w in CASES])
def test_an_example_prints_what_is_expected_of_it(
    folder: Path, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = (folder / "expected" / f"{words[0]}.txt").read_text()

    assert shown(words, folder, capsys, monkeypatch) == expected


def test_the_build_is_denied_something_in_each_of_its_three_namespaces() -> None:
    expected = (examples_root() / "01-a-build-under-watch" / "expected" / "replay.txt").read_text()

    for rule in ("compiles#inputs in host.build.compiler", "at_home#changes in host.build", "no_calls_home"):
        assert rule in expected


def test_a_record_reads_back_into_the_decision_it_came_from() -> None:
    ended = subprocess.run(
        [sys.executable, examples_root() / "03-records" / "read_back.py"], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "denials were read back as the decisions that they were" in ended.stdout


def test_every_folder_has_a_page_that_the_list_names() -> None:
    listed = (examples_root() / "README.md").read_text()

    assert EXAMPLES
    for folder in EXAMPLES:
        assert f"({folder.name}/README.md)" in listed
