"""How fast recordings in columns are replayed: against their length, by what a policy keeps, beside row by row.

``python benchmarks/replaying.py`` prints a table; ``--json`` prints one line of JSON; ``--rows 8`` goes up to 10^8 rows (5 GB
of temporary files). The long recordings are a converted one, its rows again and again, with lines and times of their own. Each
number is of a process of its own, on one core: *counted* is what arrays in memory take once each kind of rows has been judged;
*Arrow* and *Parquet* are from the name of a file to the summary, *building* is what of that goes into reading the policy's
reach and judging each kind of rows. Nothing is left out: *converting* and *row by row* are told beside it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from nslsm.api.columns import convert
from nslsm.api.policies import load_policy
from nslsm.columns.count import Count, by_rows, counted, is_settled
from nslsm.columns.partial import merged
from nslsm.columns.reach import reach_of
from nslsm.columns.read import Recorded
from nslsm.columns.schema import END, numpy, pyarrow, schema
from nslsm.columns.stage import Stage
from nslsm.columns.write import BATCH, GROUP
from nslsm.resources import examples_root

BUILD = examples_root() / "01-a-build-under-watch"
LEVELS, RULES = 4, 25
TASKS, CALLS, PATHS = 8, 20_000, 1_000
BY_ROWS = 20_000
"""Rows that are judged row by row."""
GOALS = {"stateless": 200, "monotone": 80}
MUSTS = {"stateless": 50, "monotone": 20}


def rule(level: int, number: int) -> str:
    """One of four sorts of rules."""
    return (
        f'deny read when object.path under "/srv/{level}/{number}" and subject.uid == {number % 7}',
        f'deny write when object.path matches "/data/{level}/{number}/**" and subject.exe != "/bin/p{number}"',
        f'deny file_open when object.path == "/home/dev/secret{number}"',
        f"deny connect when port == {number}",
    )[number % 4]


def policy(*, lasting: bool) -> str:
    """Four namespaces, each in the one before, a hundred rules; ``lasting``: a task that has read something is tainted."""
    text = ["import std.operations (read, write, connect)"]
    for level in range(LEVELS):
        rules = [rule(level, number) for number in range(RULES - lasting)]
        if lasting:
            rules[0] = 'deny write when subject.tainted and object.path matches "/home/dev/hello/**"'
            rules.append('on read when object.path matches "/usr/**" set subject.tainted = true')
        attribute = "attr task.tainted: bool = false join or" if lasting else ""
        body = "\n".join(("    " + attribute, *(f"    {rule}" for rule in rules)))
        text.append(f"control c{level} {{\n{body}\n}}")
    opened = " ".join(f"namespace n{level} {{ bind c{level}" for level in range(LEVELS))
    return "\n".join((*text, opened + " }" * LEVELS)) + "\n"


def long_lived() -> Iterator[str]:
    """A trace of tasks that stay: they open, write, connect, and never end. Paths by Zipf's law."""
    chance = Random(9)  # noqa: S311 - the same workload each time
    paths = [
        f"/{top}/{number}" for number in range(PATHS // 4) for top in ("usr/lib", "home/dev/hello", "srv/1/3", "var")
    ]
    weights = [1 / (place + 1) for place in range(len(paths))]
    chance.shuffle(paths)
    yield '100 1.0 execve("/usr/bin/x", ["x"], 0x7ffe /* 4 vars */) = 0'
    for task in range(101, 100 + TASKS):
        yield f"100 1.{task} clone(child_stack=NULL, flags=SIGCHLD) = {task}"
    for number in range(CALLS // 2):
        task = chance.randrange(100, 100 + TASKS)
        (path,) = chance.choices(paths, weights)
        mode = chance.choice(("O_RDONLY", "O_RDONLY", "O_WRONLY"))
        yield f'{task} {number + 2}.0 openat(AT_FDCWD, "{path}", {mode}) = 3<{path}>'
        yield f"{task} {number + 2}.1 close(3<{path}>) = 0"


def repeated(columns: Path, path: Path, rows: int, skip: int) -> None:
    """A file of so many rows: those of ``columns``, from ``skip`` on again and again."""
    arrow, arrays = pyarrow(), numpy()
    file = arrow.ipc.open_file(str(columns))
    metadata = file.get_batch_with_custom_metadata(file.num_record_batches - 1).custom_metadata
    (once,) = file.read_all().unify_dictionaries().combine_chunks().to_batches()
    told = json.dumps(json.loads(metadata[END]) | {"events": rows}).encode()
    parquet = path.suffix == ".parquet"
    names = [each.name for each in schema() if arrow.types.is_dictionary(each.type)]
    writer = (
        arrow.parquet.ParquetWriter(
            path, schema(), use_dictionary=names, dictionary_pagesize_limit=1 << 30, compression="zstd"
        )
        if parquet
        else arrow.ipc.new_file(str(path), schema())
    )
    size = GROUP if parquet else BATCH
    with writer:
        for first in range(0, rows, size):
            numbers = arrays.arange(first, min(rows, first + size))
            again = skip + (numbers - skip) % (once.num_rows - skip)
            part = once.take(arrow.array(arrays.where(numbers < skip, numbers, again)))
            part = part.set_column(0, "line", arrow.array(numbers + 1))
            part = part.set_column(1, "time", arrow.array(numbers / 1e5)).cast(schema())
            end = {"custom_metadata": {END: told}} if not parquet and first + size >= rows else {}
            writer.write_batch(part, **end)
        if parquet:
            writer.add_key_value_metadata({END: told})


def measured(kind: str, columns: Path, text: Path) -> dict[str, Any]:
    """One number, in a process of its own."""
    command = [sys.executable, __file__, "--one", kind, str(columns), str(text)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def one(kind: str, columns: Path, text: Path) -> dict[str, Any]:
    """What :func:`measured` is told, with the memory that was resident at most."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    tree = load_policy(text).tree().namespaces
    found: dict[str, Any] = {}
    began = perf_counter()
    recorded = Recorded(columns)

    def stage() -> Stage:
        return Stage(tree, "", tree.root)

    if kind == "rows":
        part = by_rows(recorded, stage)
        found["seconds"] = perf_counter() - began
    elif kind == "whole":
        part = counted(recorded, stage)
        summary = merged([part], policy="", walk="full")
        found |= {"seconds": perf_counter() - began, "denied": summary.denied, "granted": summary.granted}
    else:
        reach = reach_of(tree)
        settled = is_settled(stage(), reach)
        count = Count(recorded, stage(), reach, settled=settled)
        part = count.counted(0, 1 if settled else None)
        found["building"] = perf_counter() - began
        pieces = list(recorded.numbers(count.columns))
        took = []
        for _ in range(3):
            began = perf_counter()
            count.count(pieces)
            took.append(perf_counter() - began)
        return found | {"seconds": min(took), "rows": recorded.rows}
    return found | {"rows": recorded.rows, "rss": resident()}


def resident() -> float:
    """The most memory that this process has had resident, in MB (proc(5), VmHWM)."""
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def workload(folder: Path, name: str, trace: Path, text: Path, skip: int, sizes: list[int]) -> dict[str, Any]:
    """All that is measured about one recording under one policy."""
    began = perf_counter()
    columns = folder / f"{name}.arrow"
    events = convert(trace, columns).events
    converting = perf_counter() - began
    short = folder / f"{name}-short.arrow"
    repeated(columns, short, BY_ROWS, skip)
    rows = measured("rows", short, text)
    found: dict[str, Any] = {
        "name": name,
        "converting": events / converting,
        "row by row": rows["rows"] / rows["seconds"],
        "sizes": [],
    }
    for size in sizes:
        of_size: dict[str, Any] = {"rows": size}
        for suffix in (".arrow", ".parquet"):
            path = folder / f"{name}-{size}{suffix}"
            repeated(columns, path, size, skip)
            whole = measured("whole", path, text)
            of_size[suffix[1:]] = {"rate": size / whole["seconds"], "rss": whole["rss"], "denied": whole["denied"]}
            if suffix == ".arrow" and size <= 10**7:
                arrays = measured("counted", path, text)
                of_size["counted"] = size / arrays["seconds"]
                of_size["building"] = arrays["building"]
            path.unlink()
        found["sizes"].append(of_size)
    return found


def measure(most: int) -> Iterator[dict[str, Any]]:
    """Each workload."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        stay = folder / "stay.strace"
        stay.write_text("\n".join(long_lived()) + "\n")
        for lasting in (False, True):
            (folder / f"p{lasting:d}.nslsm").write_text(policy(lasting=lasting))
        sizes = [10**exponent for exponent in range(5, most + 1)]
        build = BUILD / "build.strace"
        yield workload(folder, "stateless", build, folder / "p0.nslsm", 0, sizes)
        yield workload(folder, "monotone", stay, folder / "p1.nslsm", TASKS, sizes)
        yield workload(folder, "tasks that come and go", build, BUILD / "build.nslsm", 0, sizes)


def main() -> None:
    """Measure, and print."""
    if "--one" in sys.argv:
        kind, columns, text = sys.argv[2:5]
        print(json.dumps(one(kind, Path(columns), Path(text))))
        return
    most = int(sys.argv[sys.argv.index("--rows") + 1]) if "--rows" in sys.argv else 7
    found = []
    for each in measure(most):
        found.append(each)
        if "--json" not in sys.argv:
            show(each)
    if "--json" in sys.argv:
        print(json.dumps({"machine": os.uname().machine, "cores": os.cpu_count(), "workloads": found}))


def show(found: dict[str, Any]) -> None:
    """A workload as a table. Rates are millions of rows a second, on one core."""
    name = found["name"]
    goal = f", must {MUSTS[name]}, goal {GOALS[name]}" if name in GOALS else ""
    print(
        f"{name}: converting {found['converting']:,.0f} a second, row by row {found['row by row']:,.0f} a second{goal}"
    )
    print(f"  {'rows':>12} {'counted':>9} {'building':>9} {'Arrow':>8} {'MB':>5} {'Parquet':>8} {'MB':>5} {'times':>8}")
    for size in found["sizes"]:
        counted_, building = size.get("counted"), size.get("building")
        numbers = [
            f"{size['rows']:12,}",
            f"{'' if counted_ is None else f'{counted_ / 1e6:.1f}':>9}",
            f"{'' if building is None else f'{building:.2f} s':>9}",
            *(f"{size[kind]['rate'] / 1e6:8.1f} {size[kind]['rss']:5.0f}" for kind in ("arrow", "parquet")),
            f"{size['arrow']['rate'] / found['row by row']:8,.0f}",
        ]
        print("  " + " ".join(numbers))


if __name__ == "__main__":
    main()
