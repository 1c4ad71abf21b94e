"""How fast the simulated kernel carries out system calls: fork, exec, open, connect, exit; and in a tree of a million tasks.

``python benchmarks/simulating.py`` prints tables; ``--json`` prints one line of JSON; ``--tasks N --namespaces N`` makes the
tree smaller, ``--no-tree`` leaves it out. Rates are of processor time, through the public face: a :class:`nslsm.Kernel` and the
methods of its tasks, which return decisions.
"""

import argparse
import gc
import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns, process_time

import nslsm

DEPTHS = (1, 4, 16)
RULES = 25
"""Of each level, about what the calls do and about what they do not."""
TURNS = 2_000
"""Sequences that are measured."""
CALLS = 5
"""System calls of a sequence: fork, exec, open, exit, and wait for it."""
TASKS, NAMESPACES = 1_000_000, 10_000
"""Of the large tree."""
PARENTS = 100
"""Namespaces of the large tree that have others in them."""

RULE: tuple[Callable[[str, int], str], ...] = (
    lambda level, n: f'deny read when object.path under "/srv/{level}/d{n}" and subject.uid == {n % 7}',
    lambda level, n: f'deny exec when object.path under "/data/{level}/d{n}"',
    lambda level, n: f'deny file_open when object.path == "/etc/{level}/secret{n}"',
    lambda level, n: f'deny write when object.path matches "/var/{level}/d{n}/*.log" and subject.tainted',
    lambda _, n: f"deny connect when port == {n % 65_536 + 1_000}",
)


def policy(levels: int) -> str:
    """Namespaces, each in the one before, with :data:`RULES` rules each, an attribute, an effect and an observer."""
    text = ["import std.operations (read, write, exec, connect)"]
    for number in range(levels):
        level = f"l{number}"
        lines = [RULE[n % len(RULE)](level, n) for n in range(RULES)]
        lines += [f'on read when object.path under "/srv/{level}/phi" set subject.tainted = true']
        lines += [f'audit file_open when object.path under "/etc/{level}/audited"']
        body = "\n".join(f"    {line}" for line in lines)
        text.append(f"control c{number} {{\n    attr task.tainted: bool = false join or\n{body}\n}}")
    opened = " ".join(f"namespace n{number} {{ bind c{number}" for number in range(levels))
    return "\n".join((*text, opened + " }" * levels)) + "\n"


LARGE = """
import std.operations (read)

control guarding {{
    attr task.tainted: bool = false join or

    deny secrets: read when object.path under "/srv/secret" and subject.tainted
    on read when object.path under "/srv/phi" set subject.tainted = true
}}

namespace host {{
    limit bindings = {bindings}
    bind guarding
{children}
}}
"""
"""The large tree's namespaces: a hundred in the root, all others in these, each with a control."""


def large_policy(namespaces: int) -> tuple[str, list[str]]:
    """The large tree's text, and the paths of its namespaces."""
    below = max(1, (namespaces - 1) // PARENTS - 1)
    children, paths = [], ["host"]
    for parent in range(PARENTS):
        inside = " ".join(f"namespace t{each} {{ bind guarding }}" for each in range(below))
        children.append(f"    namespace p{parent} {{ bind guarding {inside} }}")
        paths += [f"host.p{parent}", *(f"host.p{parent}.t{each}" for each in range(below))]
    return LARGE.format(bindings=2 * namespaces, children="\n".join(children)), paths


def loaded(folder: Path, name: str, text: str) -> nslsm.Kernel:
    """A kernel with that policy, and with the files that the sequences are about."""
    path = folder / f"{name}.nslsm"
    path.write_text(text)
    kernel = nslsm.Kernel(nslsm.load_policy(path).tree())
    for file in ("/usr/bin/program", "/etc/hosts"):
        kernel.file(file, mode=0o755)
    return kernel


def turn(parent: nslsm.Task) -> None:
    """fork, exec, open, exit: one process's life. It is awaited, as a shell does."""
    child = parent.fork()
    assert child.execve("/usr/bin/program")
    assert child.open("/etc/hosts")
    child.exit()
    parent.wait(child.pid)


def timed(action: Callable[[], object], count: int) -> float:
    """How many times a second."""
    for _ in range(min(count, 200)):
        action()
    began = process_time()
    for _ in range(count):
        action()
    return count / (process_time() - began)


def calls(folder: Path, levels: int) -> dict[str, float]:
    """Rates of sequences and of single calls with so many namespaces in one another."""
    kernel = loaded(folder, f"calls{levels}", policy(levels))
    task = kernel.spawn(".".join(f"n{number}" for number in range(levels)), uid=7)
    sequences = timed(lambda: turn(task), TURNS)
    figures = {"sequences a second": sequences, "calls a second": sequences * CALLS}
    single = {
        "fork and exit": lambda: _forked(task),
        "exec": lambda: task.execve("/usr/bin/program"),
        "open and close": lambda: task.close(task.open("/etc/hosts").result),
        "socket, connect, close": lambda: _connected(task),
    }
    return figures | {f"{name}, a second": timed(action, TURNS) for name, action in single.items()}


def _forked(task: nslsm.Task) -> None:
    child = task.fork()
    child.exit()
    task.wait(child.pid)


def _connected(task: nslsm.Task) -> None:
    made = task.socket()
    assert task.connect("192.0.2.1", 443, fd=made.result)
    task.close(made.result)


def resident() -> int:
    """Bytes of memory that this process has now, proc_pid_statm(5)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def half(action: Callable[[], object], count: int = 1_000) -> float:
    """What half of all take at most, in microseconds."""
    took = []
    for _ in range(count):
        began = perf_counter_ns()
        action()
        took.append(perf_counter_ns() - began)
    return sorted(took)[count // 2] / 1_000


def tree(folder: Path, tasks: int, namespaces: int) -> dict[str, float]:
    """A tree of so many tasks in so many namespaces: what it takes, and what calls and questions take in it."""
    before = resident()
    text, paths = large_policy(namespaces)
    began = process_time()
    kernel = loaded(folder, f"tree{tasks}", text)
    checked = process_time()
    first = [kernel.spawn(path, uid=1_000 + number % 500) for number, path in enumerate(paths)]
    made = len(first)
    while made < tasks:
        for parent in first:
            parent.fork()
            made += 1
            if made == tasks:
                break
    built = process_time()
    gc.collect()
    task = first[len(first) // 2]
    ask = kernel.hook("file_open")
    seed = iter(range(10_000_000))
    return {
        "tasks": len(kernel.state.tasks),
        "namespaces": len(kernel.state.namespaces.members),
        "policy, seconds": checked - began,
        "tasks, seconds": built - checked,
        "memory, MB": (resident() - before) / 1e6,
        "asked, us": half(lambda: ask(task, "/etc/hosts", 0)),
        "asked anew, us": half(lambda: ask(task, f"/srv/{next(seed)}", 0)),
        "checked, us": half(lambda: kernel.check("file_open", task, "/etc/hosts", flags={"read"})),
        "opened and closed, us": half(lambda: task.close(task.open("/etc/hosts").result)),
        "sequence, us": half(lambda: turn(task)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-tree", action="store_true")
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--namespaces", type=int, default=NAMESPACES)
    options = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    with TemporaryDirectory() as folder:
        for levels in DEPTHS:
            figures[f"{levels} levels"] = calls(Path(folder), levels)
        if not options.no_tree:
            for tasks, namespaces in ((1_000, 201), (options.tasks, options.namespaces)):
                figures[f"{tasks:,} tasks"] = tree(Path(folder), tasks, namespaces)
    if options.json:
        print(json.dumps(figures))
        return
    for title, rows in figures.items():
        print(title)
        for name, value in rows.items():
            print(f"    {name:<32} {value:12,.1f}")


if __name__ == "__main__":
    main()
