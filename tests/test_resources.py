"""Shipped files are found, and their absence is said clearly."""

import shutil
import sys
from pathlib import Path

import pytest

from nslsm import resources
from tests.house.checkout import PACKAGE, run


@pytest.mark.parametrize(
    ("root", "inside"),
    [
        (resources.policies_root, "std/operations.nslsm"),
        (resources.examples_root, "01-a-build-under-watch/build.nslsm"),
        (resources.cases_root, "unknown-hook.md"),
        (resources.schemas_root, "decision-1.json"),
    ],
)
def test_a_folder_of_shipped_files_has_what_it_is_for(root: type, inside: str) -> None:
    assert (root() / inside).is_file()


def test_the_grammar_is_text() -> None:
    assert "namespace" in resources.grammar_text()


def test_files_inside_the_package_come_before_those_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel's own files count, whatever happens to lie beside it in site-packages."""
    package = tmp_path / "nslsm"
    for folder in (package / "_data" / "policies", tmp_path / "policies"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)

    assert resources.policies_root() == package / "_data" / "policies"


def test_an_installation_without_its_files_ends_with_one_message(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "nslsm", ignore=shutil.ignore_patterns("__pycache__"))

    ended = run([sys.executable, "-m", "nslsm", "check", "base.yama"], tmp_path)

    assert ended.returncode == 2
    assert ended.stderr == "error[incomplete-installation]: nslsm is installed without its policies: install it again\n"
