"""What is built is whole: made into a source archive, from that into a wheel, installed, and run far from the checkout."""

import os
import sys
import zipfile
from collections.abc import Callable
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, copy_to, files, run, succeed, tool
from tests.house.pages import essence


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with ``built``, the wheel, and ``fresh``, an environment that has it; made by the first process that asks.

    The wheel is built from the source archive, that from a clean checkout. The virtual environment has the wheel, what it
    depends on, and nothing else.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (folder / "ready").exists():
            checkout = copy_to(folder / "checkout")
            succeed([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "built", checkout])
            succeed([sys.executable, "-m", "venv", folder / "fresh"])
            succeed([folder / "fresh" / "bin" / "pip", "install", "--quiet", wheel_in(folder)], folder)
            (folder / "ready").touch()
    return folder


def wheel_in(folder: Path) -> Path:
    (found,) = (folder / "built").glob("*.whl")
    return found


@pytest.fixture
def wheel(made: Path) -> Path:
    return wheel_in(made)


@pytest.fixture
def installed(made: Path) -> Path:
    """The folder of the environment's programs."""
    return made / "fresh" / "bin"


@pytest.fixture
def ask(installed: Path, tmp_path: Path) -> Callable[[str], str]:
    """Runs a statement in the fresh environment's Python, in an empty folder."""
    return lambda statement: succeed([installed / "python", "-c", statement], tmp_path).strip()


def test_a_wheel_holds_every_module_and_everything_at_the_top_that_is_needed(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    needed = {
        *(path.relative_to(ROOT) for path in (ROOT / "nslsm").rglob("*") if path.is_file() and path.suffix != ".pyc"),
        *(
            Path("nslsm/_data") / path.relative_to(ROOT)
            for top in ("grammar", "policies")
            for path in (ROOT / top).rglob("*.*")
        ),
        *(Path("nslsm/_data/cases") / path.name for path in (ROOT / "tests" / "cases").glob("*.md")),
    }

    missing = {str(path) for path in needed if path.suffix} - names

    assert missing == set()


def test_a_wheel_holds_no_tests(wheel: Path) -> None:
    assert [name for name in zipfile.ZipFile(wheel).namelist() if not name.startswith(("nslsm/", "nslsm-"))] == []


def test_the_installed_package_is_the_wheels(ask: Callable[[str], str], installed: Path) -> None:
    assert ask("import nslsm; print(nslsm.__file__)").startswith(str(installed.parent))


def test_nothing_that_only_developers_need_is_installed(ask: Callable[[str], str]) -> None:
    statement = (
        "import importlib.util as u; print([n for n in ('pytest', 'hypothesis', 'ruff', 'mypy') if u.find_spec(n)])"
    )

    assert ask(statement) == "[]"


def test_every_module_can_be_imported_with_what_is_declared(ask: Callable[[str], str]) -> None:
    """No dependency is only there because a developer has it."""
    statement = """
import pkgutil, importlib, nslsm
names = [m.name for m in pkgutil.walk_packages(nslsm.__path__, "nslsm.") if not m.name.startswith("nslsm.testing")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
    assert int(ask(statement)) > 100


@pytest.mark.parametrize(
    ("function", "top"),
    [
        ("policies_root", "policies"),
        ("examples_root", "examples"),
        ("cases_root", "tests/cases"),
        ("schemas_root", "docs/schema"),
    ],
)
def test_resources_are_found_where_the_wheel_put_them(function: str, top: str, ask: Callable[[str], str]) -> None:
    there = ask(f"import nslsm.resources as r; print(*(path.name for path in r.{function}().iterdir()), sep='\\n')")

    assert set(there.splitlines()) == {
        path.relative_to(ROOT / top).parts[0] for path in files() if (ROOT / top) in path.parents
    }


def test_the_grammar_is_the_checkouts(ask: Callable[[str], str]) -> None:
    assert ask("from nslsm.resources import grammar_text; print(grammar_text())") == (
        (ROOT / "grammar" / "policy.lark").read_text().strip()
    )


def test_the_main_job_runs_outside_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    printed = succeed([installed / "nslsm", "demo"], tmp_path)

    assert essence(printed) == essence(run([tool("nslsm"), "demo"]).stdout)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "base.yama"],
        ["test", "healthcare", "-v"],
        ["hooks", "file_open"],
        ["explain-error", "unknown-hook"],
        ["--help"],
        ["--version"],
    ],
)
def test_a_verb_says_the_same_outside_of_the_checkout(arguments: list[str], installed: Path, tmp_path: Path) -> None:
    assert succeed([installed / "nslsm", *arguments], tmp_path) == succeed([tool("nslsm"), *arguments])


def test_a_policy_of_ones_own_is_checked_outside_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    policy = tmp_path / "mine.nslsm"
    policy.write_text('import std.operations (write)\n\ncontrol mine { deny wriet when object.path under "/etc" }\n')

    ended = run([installed / "nslsm", "check", policy.name], tmp_path)

    assert ended.returncode == 1
    assert "wriet" in ended.stdout + ended.stderr
