"""Who embeds nslsm needs one page, fifty lines, and the names of one package."""

import ast
import sys
from pathlib import Path

import pytest

import nslsm
from tests.house.checkout import ROOT
from tests.house.pages import Fence, fences

GUIDE = ROOT / "docs" / "guide" / "embedding.md"
PROGRAMS = sorted(ROOT.glob("examples/*/*.py"))
ORCHESTRATORS = [path for path in PROGRAMS if path.name in ("scheduler.py", "agents.py")]
LINES = 50


def blocks(*kinds: str) -> list[Fence]:
    return [fence for fence in fences(GUIDE.read_text()) if fence.kind in kinds]


def source(fence: Fence) -> str:
    """What is typed, without the answers."""
    if fence.kind == "python":
        return fence.text
    return "\n".join(line[4:] for line in fence.text.splitlines() if line.startswith((">>> ", "... ")))


def strangers(text: str) -> set[str]:
    """What a program takes from packages other than Python's, the package itself, and names that are not its face."""
    taken = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                taken |= {each.name for each in names}
            case ast.ImportFrom(module=str(module)):
                taken.add(module)
            case ast.Attribute(value=ast.Name("nslsm"), attr=name) if name not in dir(nslsm):
                taken.add(f"nslsm.{name}")
    return {each for each in taken if each != "nslsm" and each.partition(".")[0] not in sys.stdlib_module_names}


def test_the_guide_begins_with_an_orchestrator_of_fifty_lines() -> None:
    first = blocks("python", "pycon")[0]

    assert first.name == "orchestrator.py"
    assert 20 < len(first.text.splitlines()) <= LINES


@pytest.mark.parametrize("name", [each for each in dir(nslsm) if each[0].isupper()])
def test_each_name_of_the_face_is_there_and_says_what_it_is(name: str) -> None:
    found = getattr(nslsm, name)

    assert found is not None
    assert not isinstance(found, type) or found.__doc__


def test_the_guide_takes_nothing_but_the_face() -> None:
    assert strangers("\n".join(source(fence) for fence in blocks("python", "pycon"))) == set()


@pytest.mark.parametrize("program", ORCHESTRATORS, ids=lambda path: path.name)
def test_the_orchestrators_take_nothing_but_the_face(program: Path) -> None:
    assert strangers(program.read_text()) == set()


def test_what_is_taken_from_elsewhere_is_seen() -> None:
    text = "import nslsm, numpy\nfrom nslsm.api import kernel\nnslsm.Kernel()\nnslsm.Engine()\nimport asyncio"

    assert strangers(text) == {"numpy", "nslsm.api", "nslsm.Engine"}


TOLD = (
    "load_policy", "Kernel", "fork", "lsm_unshare", "execve", "open", "explain", "check", "hook", "on_decision", "decisions",
    "snapshot", "restore", "exchange", "replay", "spawn", "file", "complaining", "load_control",
)  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_the_guide_shows_it_at_work(name: str) -> None:
    typed = "\n".join(source(fence) for fence in blocks("python", "pycon"))

    assert f".{name}(" in typed
