"""How fast a hook is asked: through the bound asker and `check`, warm and cold, against depth and against rules.

``python benchmarks/asking.py`` prints tables; ``--json`` prints one line of JSON; ``--quick`` asks less. ``walked`` is the same
without plans, generated functions and memory: each question walks the lineage (``Kernel(…, compiled=False)``, and the reference
evaluator). ``indirect`` and ``flattened`` remember nothing: requests put to a list of controls, each a generated function,
and to one function of all of them (static calls).
"""

import json
import statistics
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter_ns, process_time

import nslsm
from nslsm.api.questions import asked
from nslsm.engine import flattened
from nslsm.engine.plan import plan_of
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.language.program.compile import compiled as functions
from nslsm.protocol.request import Request

LEVELS, RULES = 4, 25
"""Of the workload that most rows are about: as many namespaces, each in the one before, with so many rules each."""
PATHS, TASKS, QUESTIONS = 5_000, 8, 200_000
WALKED = 2_000
"""Questions that are asked the slow way."""
DEPTHS = (1, 2, 4, 8, 16, 32, 64)
SIZES = (10, 100, 1_000, 10_000)

RULE: tuple[Callable[[str, int], str], ...] = (
    lambda level, n: f'deny read when object.path under "/srv/{level}/d{n}" and subject.uid == {n % 7}',
    lambda level, n: (
        f'deny write when object.path matches "/data/{level}/d{n}/**" and subject.exe != "/usr/bin/p{n % 8}"'
    ),
    lambda level, n: f'deny file_open when object.path == "/etc/{level}/secret{n}"',
    lambda level, n: f'deny write when object.path matches "/var/{level}/d{n}/*.log" and subject.tainted',
    lambda _, n: f"deny connect when port == {n % 65_536}",
)
PLACES = (
    *("/srv/{0}/d{1}/{2}", "/data/{0}/d{1}/{2}", "/etc/{0}/secret{1}", "/var/{0}/d{1}/{2}.log"),
    *("/usr/lib/{2}", "/home/{1}/{2}", "/usr/share/{2}", "/etc/{0}/audited/{2}", "/opt/{2}"),
)


def policy(levels: int, rules: int) -> str:
    """Namespaces, each in the one before, with so many rules each, an attribute, an effect and an observer."""
    controls = ["import std.operations (read, write, connect)"]
    for number in range(levels):
        level = f"l{number}"
        lines = [RULE[n % len(RULE)](level, n) for n in range(rules)]
        lines += [f'on read when object.path under "/srv/{level}/phi" set subject.tainted = true']
        lines += [f'audit file_open when object.path under "/etc/{level}/audited"']
        body = "\n".join(f"    {line}" for line in lines)
        controls.append(f"control c{number} {{\n    attr task.tainted: bool = false join or\n{body}\n}}")
    opened = " ".join(f"namespace n{number} {{ bind c{number}" for number in range(levels))
    return "\n".join((*controls, opened + " }" * levels)) + "\n"


class Workload:
    """A kernel, its tasks in the deepest namespace, and questions: paths by Zipf's law, some of them denied."""

    def __init__(self, folder: Path, levels: int, rules: int, count: int, *, compiled: bool = True) -> None:
        path = folder / f"w{levels}x{rules}.nslsm"
        path.write_text(policy(levels, rules))
        self.kernel = nslsm.Kernel(nslsm.load_policy(path).tree(), compiled=compiled)
        home = ".".join(f"n{number}" for number in range(levels))
        tasks = [self.kernel.spawn(home, exe=f"/usr/bin/p{number}", uid=number) for number in range(TASKS)]
        chance = Random(1)  # noqa: S311 - a workload, the same each time
        paths = [
            chance.choice(PLACES).format(f"l{chance.randrange(levels)}", chance.randrange(rules), number)
            for number in range(PATHS)
        ]
        weights = [1 / rank for rank in range(1, PATHS + 1)]
        self.questions = list(
            zip(
                chance.choices(tasks, k=count),
                chance.choices(paths, weights, k=count),
                chance.choices((0, 0, 0, 1, 2), k=count),
                strict=True,
            )
        )
        self.ask = self.kernel.hook("file_open")

    def seconds(self) -> float:
        """The processor time of all questions, asked by the bound asker."""
        ask = self.ask
        began = process_time()
        for task, path, flags in self.questions:
            ask(task, path, flags)
        return process_time() - began

    def rate(self) -> float:
        """Questions a second."""
        return len(self.questions) / self.seconds()

    def fresh(self) -> float:
        """Questions a second where every path is a text that nobody has seen."""
        self.questions = [(task, f"{path} "[:-1], flags) for task, path, flags in self.questions]
        return self.rate()

    def checks(self) -> float:
        """Questions a second through ``check``, which gives a decision."""
        check, questions = self.kernel.check, self.questions[:WALKED]
        began = process_time()
        for task, path, flags in questions:
            check("file_open", task, path, flags=flags)
        return len(questions) / (process_time() - began)

    def single(self) -> tuple[float, float]:
        """What half of all questions take at most, and 99 of a hundred, in nanoseconds; the clock's own time taken off."""
        ask, clock, took = self.ask, perf_counter_ns, []
        for task, path, flags in self.questions:
            began = clock()
            ask(task, path, flags)
            took.append(clock() - began)
        idle = statistics.median(-(clock() - clock()) for _ in range(10_000))
        cuts = statistics.quantiles(took, n=100)
        return cuts[49] - idle, cuts[98] - idle

    def requests(self) -> list[Request]:
        """The first questions as what the controls are asked."""
        hook, state = CATALOGUE["file_open"], self.kernel.state
        return [asked(hook, task.value, path, (flags,), state) for task, path, flags in self.questions[:WALKED]]

    def unremembered(self) -> tuple[float, float]:
        """Requests a second that nobody remembers: controls asked one by one, and as one function."""
        state, requests = self.kernel.state, self.requests()
        plan = plan_of(state.namespaces, requests[0].subject.home, requests[0].hook)
        whole = plan.function(requests[0].hook)
        one_by_one = _rate(lambda request: flattened.indirect(request, state, plan), requests)
        if whole is None:
            return one_by_one, one_by_one
        return one_by_one, _rate(lambda request: whole.answer(request, state), requests)

    def denied(self) -> float:
        """The share of questions that are denied."""
        return statistics.fmean(self.ask(*question) != 0 for question in self.questions)


def _rate(answer: Callable[[Request], object], requests: list[Request]) -> float:
    for request in requests:
        answer(request)
    began = process_time()
    for request in requests:
        answer(request)
    return len(requests) / (process_time() - began)


def walked(folder: Path, levels: int, rules: int) -> float:
    """Questions a second the slow way: the lineage is walked, and the reference evaluator is asked."""
    patience, functions.PATIENCE = functions.PATIENCE, sys.maxsize  # type: ignore[misc]
    try:
        return Workload(folder, levels, rules, WALKED, compiled=False).rate()
    finally:
        functions.PATIENCE = patience  # type: ignore[misc]


def measured(folder: Path, *, quick: bool = False) -> dict[str, float]:
    """All figures."""
    depths, sizes = (DEPTHS[::3], SIZES[:2]) if quick else (DEPTHS, SIZES)
    work = Workload(folder, LEVELS, RULES, QUESTIONS)
    figures = {"asker, first pass": work.rate(), "asker, warm": max(work.rate() for _ in range(3))}
    figures["asker, each path a fresh text"] = work.fresh()
    work.seconds()
    figures["asker, p50 (ns)"], figures["asker, p99 (ns)"] = work.single()
    work.checks()
    figures["check, a decision"] = work.checks()
    figures["walked"] = walked(folder, LEVELS, RULES)
    figures["denied"] = work.denied()
    for depth in depths:
        figures |= _pair(f"depth {depth}", folder, depth, RULES)
    for size in sizes:
        figures |= _pair(f"{size} rules", folder, 1, size)
    return figures


def _pair(name: str, folder: Path, levels: int, rules: int) -> dict[str, float]:
    work = Workload(folder, levels, rules, QUESTIONS // 4)
    first, warm = work.rate(), work.rate()
    indirect, one = work.unremembered()
    return {
        f"{name}, first pass": first,
        f"{name}, warm": warm,
        f"{name}, indirect": indirect,
        f"{name}, flattened": one,
        f"{name}, walked": walked(folder, levels, rules),
    }


def _table(figures: dict[str, float]) -> Iterable[str]:
    for name, value in figures.items():
        if name == "denied":
            yield f"{name:32} {value:>14.1%}"
        else:
            yield f"{name:32} {value:>14,.0f}{'' if name.endswith('(ns)') else ' /s'}"


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as folder:
        figures = measured(Path(folder), quick="--quick" in sys.argv[1:])
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
        return
    for line in _table(figures):
        print(line)


if __name__ == "__main__":
    main()
