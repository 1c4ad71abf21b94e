"""Documents hold together: links lead somewhere, every page is in an index, the README's commands set up the project."""

from pathlib import Path

import pytest

from tests.house.checkout import ROOT, copy_to, documents, files, run, succeed, tool
from tests.house.pages import anchors, command_lines, essence, links
from tests.house.test_commands_on_pages import SET_UP

README = ROOT / "README.md"
FILES = set(files())
INDEXES = {"adr": "docs/adr/README.md"}
"""The pages that list those of a folder; all others are listed in ``docs/README.md``."""
UNFINISHED = ("TO BE FILLED", "TO-BE-FILLED", "TODO", "FIXME")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def for_one(what: str) -> str:
    """The README's one line that sets up and does this."""
    lines = [line for line in command_lines(README) if line.startswith(SET_UP) and what in line]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("page", documents(), ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page

        assert there in FILES or any(there in file.parents for file in FILES), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", [page for page in documents() if page.parent in {ROOT, ROOT / "docs"}], ids=name_of)
def test_nothing_is_left_to_be_written(page: Path) -> None:
    assert not [word for word in UNFINISHED if word in page.read_text()]


FOLDERS = sorted(folder.name for folder in (ROOT / "docs").iterdir() if any(folder.glob("*.md")))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_page_is_in_an_index(folder: str) -> None:
    index = ROOT / INDEXES.get(folder, "docs/README.md")
    linked = {(index.parent / target.partition("#")[0]).resolve() for target in links(index)}

    lost = [page.name for page in (ROOT / "docs" / folder).glob("*.md") if page != index and page not in linked]

    assert lost == []


def test_the_readmes_demo_runs_in_a_clean_checkout(tmp_path: Path) -> None:
    line = for_one("nslsm demo")

    printed = succeed(["bash", "-c", line], copy_to(tmp_path))

    assert essence(printed) == essence(run([tool("nslsm"), "demo"]).stdout)


def test_ci_runs_the_readmes_tests() -> None:
    ci = (ROOT / ".ci" / "run").read_text().splitlines()

    assert for_one("pytest") in ci


def test_two_runs_differ_in_nothing_but_time_and_place() -> None:
    assert essence("0.9 s, 6,490 events per second\nsee\n /a/examples/x") == essence(
        "1 s, 7 events per second see /b/examples/x"
    )

    assert essence("8 denied in 1 s") != essence("9 denied in 1 s")


def test_a_link_in_a_page_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A *first* line, then\n[a](b.md#c) `[no](x)` [web](https://example.org)\n```sh\n[no](y)\n# no\n```\n[d](#e)\n"
        "# A first line then\n[g]: f.md\n"
    )

    assert links(page) == ["b.md#c", "#e", "f.md"]
    assert anchors(page) == {"a-first-line-then", "a-first-line-then-1"}


WIDTH = 128


@pytest.mark.parametrize("folder", ["reference", "tutorial"])
def test_lines_are_short_enough_to_be_read_as_they_are_written(folder: str) -> None:
    pages = sorted((ROOT / "docs" / folder).glob("*.md"))

    assert [
        f"{page.name}:{number}"
        for page in pages
        for number, line in enumerate(page.read_text().splitlines(), 1)
        if len(line) > WIDTH
    ] == []
