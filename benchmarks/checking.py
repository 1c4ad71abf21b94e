"""How long checking takes against the size of a policy: cold, kept, and for large tables. Each in a process of its own.

``python benchmarks/checking.py`` prints a table; ``--json`` prints one line of JSON.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

SIZES = (100, 1_250, 2_500, 5_000, 10_000)
ROWS = 100_000

RULES: tuple[Callable[[int], str], ...] = (
    lambda n: f'deny file_open when object.path under "/srv/{n}" and subject.uid == {n % 97} because "rule {n}"',
    lambda n: f'deny read, write when object.path matches "/data/{n}/**" and not (subject.exe == "/usr/bin/p{n}")',
    lambda n: f"deny connect when port == {n % 65536} and address in 10.{n % 256}.0.0/16 with EHOSTUNREACH",
    lambda n: (
        f'confine inode_unlink where object.path under "/var/{n}" {{ allow inode_unlink when subject.uid == {n} }}'
    ),
    lambda n: f"audit task_kill when signal == SIGTERM and object.pid == {n}",
)


def policy(rules: int) -> str:
    """A policy of so many rules, of five sorts."""
    lines = [f"    {RULES[number % len(RULES)](number)}" for number in range(rules)]
    body = "\n".join(lines)
    return f"import std.operations (read, write, connect)\n\ncontrol c {{\n{body}\n}}\n\nnamespace host {{ bind c }}\n"


def table(folder: Path) -> Path:
    """A policy with a table of hashes by path, in a file beside it."""
    rows = "".join(f"/usr/lib/p{number},{number:064x}\n" for number in range(ROWS))
    (folder / "hashes.csv").write_text(f"path,sha256\n{rows}")
    path = folder / "hashed.nslsm"
    path.write_text(
        'table known(path: path) -> string = from "hashes.csv" else ""\n'
        "control c { deny file_open when object.sha256 != known(object.path) }\nnamespace host { bind c }\n"
    )
    return path


def seconds(*arguments: str, cache: str = "off") -> float:
    """The processor time of one command, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "NSLSM_CACHE": cache}
    command = [sys.executable, "-m", "nslsm", *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(folder: Path) -> dict[str, float]:
    """All figures, in seconds."""
    figures = {"start": seconds("--help")}
    for size in SIZES:
        path = folder / f"rules{size}.nslsm"
        path.write_text(policy(size))
        cache = str(folder / f"kept{size}")
        figures[f"check, {size} rules, cold"] = seconds("check", str(path), cache=cache)
        figures[f"check, {size} rules, kept"] = seconds("check", str(path), cache=cache)
        figures[f"fmt --check, {size} rules"] = _formatted(path)
    figures[f"check, a table of {ROWS} rows"] = seconds("check", str(table(folder)))
    return figures


def _formatted(path: Path) -> float:
    seconds("fmt", str(path))
    return seconds("fmt", "--check", str(path))


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as folder:
        figures = measured(Path(folder))
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<34} {value:6.2f} s")


if __name__ == "__main__":
    main()
