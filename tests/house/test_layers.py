"""The contracts about layers are alive: each finds an import that was planted against it."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.house.checkout import PACKAGE, ROOT, run, tool

CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

PLANTED = {
    "layers": ("hooks/model.py", "import nslsm.engine.decide"),
    "language": ("language/syntax/parse.py", "import nslsm.language.check.check"),
    "lark": ("language/check/check.py", "import lark"),
    "structlog": ("engine/decide.py", "import structlog"),
    "pydantic": ("kernel/state.py", "import pydantic"),
    "rich": ("diagnostics/render.py", "import rich"),
    "click": ("language/load.py", "import click"),
    "test-tools": ("engine/decide.py", "import hypothesis"),
    "rules": ("language/check/rules/unused_let.py", "import nslsm.language.check.rules.join_missing"),
    "traces": ("importers/traces/strace/lines.py", "import nslsm.importers.traces.trace"),
    "verbs": ("cli/check.py", "import nslsm.cli.hooks"),
}


def kept(folder: Path) -> dict[str, bool]:
    """Each contract's name, and whether import-linter says that the package in ``folder`` keeps it."""
    said = " ".join(run([tool("lint-imports"), "--no-logo", "--no-cache"], folder).stdout.split())
    verdicts = {name: re.search(rf"{re.escape(name)} (KEPT|BROKEN)", said) for name in CONTRACTS.values()}
    return {name: found is not None and found[1] == "KEPT" for name, found in verdicts.items()}


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    folder = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(PACKAGE, folder / "nslsm", ignore=shutil.ignore_patterns("__pycache__"))
    for module, line in PLANTED.values():
        path = folder / "nslsm" / module
        path.write_text(f"{path.read_text()}\n{line}\n")
    return kept(folder)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_finds_what_is_planted_against_it(contract: str, planted: dict[str, bool]) -> None:
    assert contract in PLANTED

    assert not planted[CONTRACTS[contract]]


def test_the_towers_do_not_know_each_other(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(PACKAGE, tmp_path / "nslsm", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "nslsm" / "kernel" / "state.py"
    path.write_text(f"{path.read_text()}\nimport nslsm.language.program.judge\n")

    assert not kept(tmp_path)[CONTRACTS["layers"]]


def test_a_package_that_has_no_layer_is_refused(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(PACKAGE, tmp_path / "nslsm", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "nslsm" / "stray.py").write_text('"""Nobody placed this."""\n')

    assert not kept(tmp_path)[CONTRACTS["layers"]]
