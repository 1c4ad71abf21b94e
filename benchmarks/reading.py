"""How fast traces of strace are read: to events, to a table of calls by one process and by two, and to recordings in columns.

``python benchmarks/reading.py`` prints a table; ``--json`` prints one line of JSON. ``--trace FILE`` reads that instead of a
trace made up here, of several tasks on several cores: ``--lines N`` of them; ``--quick`` is fewer. Rates are lines of text a
second. What one process does is measured in its processor time, what two do by the clock, beside one by the clock.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from nslsm.api.calls import convert_calls, open_told
from nslsm.api.columns import convert
from nslsm.importers.traces import open_trace
from nslsm.importers.traces.strace import StraceReader
from nslsm.importers.traces.strace.reader import CarefulReader

LINES, QUICK = 400_000, 60_000
FEW = 30_000
"""Lines that are run through the kernel of recordings."""
TASKS, PATHS = 12, 20_000
INTERRUPTED = 0.35
"""How many calls are in two parts, because another task's line came between."""

FAILED = "-1 ENOENT (No such file or directory)"


def trace(count: int) -> Iterator[str]:
    """Lines as ``strace -f -ttt -y`` writes them of a build: paths by Zipf's law, descriptors, structures, strings, signals."""
    chance = Random(1)  # noqa: S311 - a workload, the same each time
    paths = [f"/usr/{chance.choice(('lib', 'share', 'include'))}/d{n % 400}/file{n}.h" for n in range(PATHS)]
    weights = [1 / rank for rank in range(1, PATHS + 1)]
    drawn = iter(chance.choices(paths, weights, k=count))
    tasks = list(range(4000, 4000 + TASKS))
    under_way: dict[int, tuple[str, str, str]] = {}
    time, next_task = 1795401467.0, 5000
    yield f'{tasks[0]} {time:.6f} execve("/usr/bin/make", ["make", "-j4"], 0x7ffe4a1049d8 /* 40 vars */) = 0'
    for task in tasks[1:]:
        yield f"{tasks[0]} {time:.6f} clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f5e1ac) = {task}"
    for number in range(count - TASKS):
        time += chance.random() / 5_000
        task = chance.choice(tasks)
        head = f"{task} {time:.6f}"
        if task in under_way:
            name, rest, result = under_way.pop(task)
            yield f"{head} <... {name} resumed>{rest}) = {result}"
        elif number % 2_000 == 0:
            yield f"{head} --- SIGCHLD {{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid={next_task}, si_uid=0, si_status=0}} ---"
        elif number % 2_000 == 1:
            tasks.remove(task)
            yield f"{head} +++ exited with 0 +++"
            next_task += 1
            tasks.append(next_task)
            yield f"{tasks[0]} {time:.6f} clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f5e1ac) = {next_task}"
        else:
            name, first, rest, result = _call(chance, next(drawn), number)
            if chance.random() < INTERRUPTED:
                under_way[task] = name, rest, result
                yield f"{head} {name}({first} <unfinished ...>"
            else:
                yield f"{head} {name}({first}{rest}) = {result}"


def _call(chance: Random, path: str, number: int) -> tuple[str, str, str, str]:
    """A call: its name, the arguments that are shown when it begins, the others, its result."""
    fd = 3 + len(path) % 5  # mostly a file is opened under the same number
    match chance.randrange(12):
        case 0 | 1 | 2:
            result = FAILED if chance.random() < 0.4 else f"{fd}<{path}>"
            return "openat", f'AT_FDCWD</home/user/st>, "{path}", O_RDONLY|O_CLOEXEC', "", result
        case 3 | 4:
            status = f"{{st_mode=S_IFREG|0644, st_size={number % 9_000}, ...}}"
            return "newfstatat", f'AT_FDCWD</home/user/st>, "{path}", ', f"{status}, 0", "0"
        case 5:
            return "fstat", f"{fd}<{path}>, ", f"{{st_mode=S_IFREG|0644, st_size={number % 900}, ...}}", "0"
        case 6:
            text = f"#include <x{number % 7_000}.h>\\n\\303\\244\\0\\7"
            return "read", f"{fd}<{path}>, ", f'"{text}"..., 4096', str(number % 4_096)
        case 7:
            return "write", f'1</dev/null<char 1:3>>, "line {number % 5_000}\\n", 12', "", "12"
        case 8:
            where = f"NULL, {4096 * (number % 90)}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0"
            return "mmap", where, "", f"{0x7F0000000000 + 4096 * (number % 50_000):#x}"
        case 9:
            return "rt_sigaction", "SIGINT, ", "{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, NULL, 8", "0"
        case 10:
            return "fcntl", f"{fd}<{path}>, F_GETFL", "", "0x8000 (flags O_RDONLY|O_LARGEFILE)"
        case _:
            return "close", f"{fd}<{path}>", "", "0"


def measure(path: Path, few: Path, folder: Path) -> dict[str, float]:
    """Lines a second, by what is done."""
    lines, some = _count(path), _count(few)
    arrow, parquet = folder / "calls.arrow", folder / "calls.parquet"
    rates = {
        "text to events, the long way": _rate(lines, process_time, lambda: _read(path, CarefulReader)),
        "text to events": _rate(lines, process_time, lambda: _read(path, StraceReader)),
        "text to a table of calls (Arrow)": _rate(lines, process_time, lambda: convert_calls(path, arrow, jobs=1)),
        "text to a table of calls (Parquet)": _rate(lines, process_time, lambda: convert_calls(path, parquet, jobs=1)),
        "by the clock: text to a table, 1 process": _rate(
            lines, perf_counter, lambda: convert_calls(path, arrow, jobs=1)
        ),
        "by the clock: text to a table, 2 processes": _rate(
            lines, perf_counter, lambda: convert_calls(path, arrow, jobs=2)
        ),
        "table of calls to events": _rate(lines, process_time, lambda: sum(1 for _ in open_told(arrow))),
        "text to requests": _rate(some, process_time, lambda: convert(few, folder / "few.arrow")),
    }
    convert_calls(few, folder / "few-calls.arrow")
    again = folder / "few-calls.arrow"
    rates["table of calls to requests"] = _rate(some, process_time, lambda: convert(again, folder / "few.arrow"))
    return rates


def _count(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _read(path: Path, reader: type[CarefulReader]) -> int:
    """Events of a trace, as either way reads them."""
    if reader is StraceReader:
        with open_trace(path) as opened:
            return sum(1 for _ in opened)
    with path.open("rb") as file:
        return sum(1 for _ in reader("trace").read(file))


def _rate(lines: int, clock: Callable[[], float], work: Callable[[], object]) -> float:
    began = clock()
    work()
    return lines / (clock() - began)


def main() -> None:
    """Measure, and print."""
    options = ArgumentParser(description="How fast traces of strace are read.")
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--lines", type=int)
    options.add_argument("--trace", type=Path)
    given = options.parse_args()
    with TemporaryDirectory() as made:
        folder = Path(made)
        path = given.trace or folder / "made.strace"
        if given.trace is None:
            with path.open("w") as file:
                file.writelines(f"{line}\n" for line in trace(given.lines or (QUICK if given.quick else LINES)))
        few = folder / "few.strace"
        with path.open("rb") as whole, few.open("wb") as part:
            part.writelines(islice(whole, FEW if not given.quick else FEW // 3))
        convert_calls(few, folder / "first.arrow")  # libraries are loaded
        rates = measure(path, few, folder)
    if given.json:
        sys.stdout.write(json.dumps({what: round(rate) for what, rate in rates.items()}) + "\n")
        return
    for what, rate in rates.items():
        sys.stdout.write(f"{what:<45}{rate:>12,.0f} lines/s\n")


if __name__ == "__main__":
    main()
