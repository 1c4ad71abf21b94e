"""The checkout under test: its files, and programs run in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "nslsm"

LEFT_OUT = {".git", ".venv", ".hypothesis", "__pycache__", "build", "dist"}
"""Folders that are no part of the project, for where git cannot tell: in an unpacked source archive."""


def files() -> list[Path]:
    """Every file that belongs to the project: those that git knows or would not ignore."""
    if not (ROOT / ".git").exists():
        found = [path for path in ROOT.rglob("*") if LEFT_OUT.isdisjoint(path.relative_to(ROOT).parts)]
    else:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        found = [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]
    return sorted(path for path in found if path.is_file())


def modules(folder: Path = PACKAGE) -> list[Path]:
    """Every Python module below ``folder``."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def documents() -> list[Path]:
    """Every page of documentation, hidden folders aside."""
    return [path for path in files() if path.suffix == ".md"]


def copy_to(folder: Path) -> Path:
    """The project as a clean checkout would have it, with what is not committed yet."""
    for path in files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)
    return folder


def run(
    command: Sequence[str | Path], cwd: Path = ROOT, *, more: Mapping[str, str] | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end. Nothing of this test run's Python reaches it through the environment."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON", "VIRTUAL_ENV"))
    }
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**kept, "NO_COLOR": "1", **(more or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def succeed(command: Sequence[str | Path], cwd: Path = ROOT, *, more: Mapping[str, str] | None = None) -> str:
    """Run a program that must succeed; its standard output. Where it fails, what it printed is the test's message."""
    ended = run(command, cwd, more=more)
    said = f"{' '.join(map(str, command))} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}"
    assert ended.returncode == 0, said
    return ended.stdout


def tool(name: str) -> Path:
    """A program of the environment that the tests run in."""
    return Path(sys.executable).parent / name
