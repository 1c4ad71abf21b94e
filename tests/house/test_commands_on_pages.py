"""Every command that a page shows runs, and prints what the page says that it prints."""

from pathlib import Path

import pytest

from tests.house.checkout import ROOT, copy_to, documents
from tests.house.pages import FENCE, KINDS, WORDS, Shown, commands, fences, fits, hidden_commands
from tests.house.scripts import TUTORIAL, Ran, place_of, play, script, stories

SET_UP = "python3 -m venv .venv && .venv/bin/pip install "
"""How the README's lines begin that set the project up: what they do is tested by itself."""

FINDINGS = ROOT / "tests"
"""Pages about findings: what their fences hold is the business of the checker's tests."""
PAGES = [page for page in documents() if FINDINGS not in page.parents]
RUNS = ("console", "sh", "python", "pycon")
RUNNING = [page for page in PAGES if any(fence.kind in RUNS for fence in script(page))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("story", stories(RUNNING), ids=lambda story: name_of(story[0]))
def test_a_page_shows_what_its_commands_print(story: list[Path], tmp_path: Path) -> None:
    ran = play(story, copy_to(tmp_path / "checkout"), leave_out=SET_UP)
    faults = [each.fault for each in ran if each.fault]

    assert ran
    assert not faults, faults[0]


def test_pages_show_commands() -> None:
    assert {ROOT / "README.md", *TUTORIAL.glob("*.md")} <= set(RUNNING)
    assert sorted(TUTORIAL.glob("*.md")) in stories(RUNNING)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_fence_says_what_it_holds_in_words_that_are_known(page: Path) -> None:
    found = list(fences(page.read_text()))

    assert {fence.kind for fence in found} <= KINDS
    assert {word for fence in found for word in fence.words} <= WORDS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_reader_is_told_which_file_a_block_is(page: Path) -> None:
    text = page.read_text()
    prose = FENCE.sub("", text)

    assert [fence.name for fence in fences(text) if fence.name and f"`{fence.name}`" not in prose] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_command_stands_where_it_is_not_run(page: Path) -> None:
    assert hidden_commands(page.read_text()) == []


def test_the_words_of_fences_are_explained() -> None:
    told = (ROOT / "docs" / "README.md").read_text()

    assert [word for word in sorted({*KINDS, *WORDS, "needs"}) if f"`{word}`" not in told] == []


def test_a_page_that_shows_something_else_is_found() -> None:
    assert fits("one\n…\nfour", "one\ntwo\nthree\nfour\n")
    assert fits("took … s", "took 3.1 s\n")
    assert fits("took 3.1 s, 200 events per second", "took 12 ms, 6 events per second\n")
    assert fits("one\n…\n", "one\n")

    assert not fits("one\nfour", "one\ntwo\nfour\n")
    assert not fits("took … s\n", "took 3.1 s\nand more\n")
    assert not fits("one\n…\nfour", "one\ntwo\nthree\n")
    assert not fits("8 denied", "9 denied")


def test_a_command_that_fails_or_crashes_is_found() -> None:
    assert not Ran(Shown("true", ""), "", 0).fault
    assert not Ran(Shown("nslsm check x", "1 error\n"), "1 error\n", 1).fault

    assert Ran(Shown("false", ""), "", 1).fault
    assert Ran(Shown("crash", "…\n"), "Traceback (most recent call last):\n  …\n", 1).fault
    assert Ran(Shown("gone", "…\n"), "command not found\n", 127).fault


def test_a_page_is_played_in_its_order_in_one_shell(tmp_path: Path) -> None:
    page = ROOT / "docs" / "page.md"
    text = (
        "```csv sub/a.csv\none\n```\n```csv sub/a.csv append\ntwo\n```\n```console\n$ cd sub\n$ cat a.csv\none\n\ntwo\n"
        "$ printf '%s' \\\n  x\nx\n```\n```sh unrun\nfalse\n```\n```sh needs no-such-program\nfalse\n```\n```sh\nfalse\n```\n"
    )
    path = tmp_path / "page.md"
    path.write_text(text)
    (tmp_path / "checkout").mkdir()

    shown = [each.command for fence in script(path) if not fence.name for each in commands(fence)]
    assert shown == ["cd sub", "cat a.csv", "printf '%s' \\\n  x", "false"]
    assert place_of(page) == ROOT

    ran = play([path], tmp_path / "checkout")

    assert [bool(each.fault) for each in ran] == [False, False, False, True]


def test_a_dialogue_with_python_goes_on_from_block_to_block(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    (tmp_path / "checkout").mkdir()
    page = "```pycon\n>>> one = 1\n```\n```csv a.csv\nx\n```\n```pycon\n>>> one + 1, open('a.csv').read()\n(2, 'x...')\n```\n"

    path.write_text(page)
    assert [each.fault for each in play([path], tmp_path / "checkout")] == [""]
    path.write_text(page.replace("(2,", "(3,"))
    assert "Expected" in play([path], tmp_path / "checkout")[0].fault


def test_commands_out_of_reach_are_seen() -> None:
    text = "```text\n$ ls\n```\n\n    nslsm check .\n\n```sh\nnslsm check .\n```\n- a list\n    that goes on\n"

    assert hidden_commands(text) == ["$ ls", "nslsm check ."]
