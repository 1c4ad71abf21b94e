"""What the documents say is so: links lead somewhere, commands run, and print what is shown."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, copy_to, documents, files, run, succeed, tool
from tests.house.pages import LEFT_OUT, Shown, anchors, blocks, command_lines, essence, fits, links, sessions

README = ROOT / "README.md"
SET_UP = "python3 -m venv .venv && .venv/bin/pip install "
UNFINISHED = ("TO BE FILLED", "TO-BE-FILLED", "TODO", "FIXME")

SESSIONS = [(page, shown) for page in documents() for shown in sessions(page)]
COLUMNS = "100"
PROGRAMS = f"PATH={tool('nslsm').parent}:$PATH"


def name_of(value: object) -> str:
    if isinstance(value, Path):
        return str(value.relative_to(ROOT))
    return value.command if isinstance(value, Shown) else str(value)


def for_one(what: str) -> str:
    """The README's one line that sets up and does this."""
    lines = [line for line in command_lines(README) if line.startswith(SET_UP) and what in line]
    assert len(lines) == 1
    return lines[0]


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean checkout, in which commands may leave what they leave."""
    return copy_to(tmp_path_factory.mktemp("copied"))


def traceable() -> bool:
    """Whether strace is here and may trace."""
    strace = shutil.which("strace")
    return strace is not None and subprocess.run([strace, "-o", "/dev/null", "true"], check=False).returncode == 0


@pytest.mark.parametrize("page", documents(), ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page

        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", [page for page in documents() if page.parent in {ROOT, ROOT / "docs"}], ids=name_of)
def test_nothing_is_left_to_be_written(page: Path) -> None:
    assert not [word for word in UNFINISHED if word in page.read_text()]


@pytest.mark.parametrize("folder", ["adr", "guide"])
def test_every_page_is_in_an_index(folder: str) -> None:
    index = ROOT / "docs" / ("adr/README.md" if folder == "adr" else "README.md")
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


def test_the_readmes_other_commands_run(copied: Path) -> None:
    others = [line for line in command_lines(README) if not line.startswith(SET_UP)]
    if any(line.startswith("nslsm record") for line in others) and not traceable():
        pytest.skip("strace is not here, or may not trace")

    succeed(["bash", "-ec", "\n".join([PROGRAMS, *others])], copied)


@pytest.mark.parametrize(("page", "shown"), SESSIONS, ids=name_of)
def test_a_command_prints_what_is_shown(page: Path, shown: Shown, copied: Path) -> None:
    """In the folder of its page. A command that is shown without its output must succeed."""
    command = f"{PROGRAMS}\nexec 2>&1\n{shown.command}"

    ended = run(["bash", "-c", command], copied / page.parent.relative_to(ROOT), more={"COLUMNS": COLUMNS})

    assert fits(shown.output, ended.stdout) if shown.output.strip() else ended.returncode == 0, ended.stdout


def test_the_policy_that_the_readme_shows_is_one_that_is_shipped() -> None:
    excerpts = list(blocks(README, "nslsm"))
    shipped = [path.read_text() for path in files() if path.suffix == ".nslsm"]

    assert excerpts
    for excerpt in excerpts:
        assert any(fits(f"{LEFT_OUT}\n{excerpt.rstrip()}\n{LEFT_OUT}", policy) for policy in shipped)


def test_a_page_that_shows_something_else_is_found() -> None:
    assert fits("one\n…\nfour", "one\ntwo\nthree\nfour\n")
    assert fits("took … s", "took 3.1 s\n")
    assert fits("one\n…\n", "one\n")

    assert not fits("one\nfour", "one\ntwo\nfour\n")
    assert not fits("took … s\n", "took 3.1 s\nand more\n")
    assert not fits("one\n…\nfour", "one\ntwo\nthree\n")


def test_two_runs_differ_in_nothing_but_time_and_place() -> None:
    assert essence("0.9 s, 6,490 events per second\nsee\n /a/examples/x") == essence(
        "1 s, 7 events per second see /b/examples/x"
    )

    assert essence("8 denied in 1 s") != essence("9 denied in 1 s")


def test_a_link_in_a_page_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A *first* line, then\n[a](b.md#c) `[no](x)` [web](https://example.org)\n```sh\n[no](y)\n```\n[d](#e)\n"
    )

    assert links(page) == ["b.md#c", "#e"]
    assert anchors(page) == {"a-first-line-then"}
