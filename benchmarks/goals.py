"""What is aimed at, and which measured figure each goal is about: the rows of the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Figures: TypeAlias = Mapping[str, Any]
"""What a script prints with ``--json``: figures by name, in groups or not."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A row: what is measured, by which script, and what it is to come to at least, and at best."""

    title: str
    script: str
    figure: Callable[[Figures], float]
    least: float
    goal: float
    unit: str
    fewer_is_better: bool = False

    def is_met(self, figure: float, wanted: float) -> bool:
        """Whether a figure is as good as what was wanted."""
        return figure <= wanted if self.fewer_is_better else figure >= wanted


def at(*names: str, times: float = 1.0) -> Callable[[Figures], float]:
    """The figure that stands under these names, one in the other. KeyError where there is none."""

    def found(figures: Figures) -> float:
        value: Any = figures
        for name in names:
            value = value[name]
        return float(value) * times

    return found


def ratio(one: Callable[[Figures], float], other: Callable[[Figures], float]) -> Callable[[Figures], float]:
    """How many times as large one figure is as another."""
    return lambda figures: one(figures) / other(figures)


def less(one: str, other: str, times: float = 1.0) -> Callable[[Figures], float]:
    """What one figure is over another."""
    return lambda figures: (at(one)(figures) - at(other)(figures)) * times


def replayed(kind: str, *names: str, rows: int = 10**7, times: float = 1.0) -> Callable[[Figures], float]:
    """A figure of a recording of so many rows, of one kind of policy. KeyError where it was not measured."""

    def found(figures: Figures) -> float:
        for workload in figures["workloads"]:
            for size in workload["sizes"]:
                if (workload["name"], size["rows"]) == (kind, rows):
                    return at(*names, times=times)(size)
        raise KeyError(kind)

    return found


MILLION: Final = 1e-6
RATE: Final = "M/s"

GOALS: Final = (
    Goal(
        "asker, warm: an errno; attributes, effects, observers", "asking", at("asker, warm", times=MILLION), 2, 5, RATE
    ),
    Goal("asker, every path a fresh text", "asking", at("asker, each path a fresh text", times=MILLION), 1.5, 3, RATE),
    Goal("asker, first pass", "asking", at("asker, first pass", times=MILLION), 1, 2.5, RATE),
    Goal("asker, half of all questions", "asking", at("asker, p50 (ns)"), 400, 200, "ns", fewer_is_better=True),
    Goal("asker, 99 of 100 questions", "asking", at("asker, p99 (ns)"), 2_000, 500, "ns", fewer_is_better=True),
    Goal("`check`: a decision", "asking", at("check, a decision", times=MILLION), 0.5, 1, RATE),
    Goal(
        "1 → 64 levels, slower by",
        "asking",
        ratio(at("depth 1, warm"), at("depth 64, warm")),
        3,
        1.5,
        "times",
        fewer_is_better=True,
    ),
    Goal(
        "100 → 10,000 rules, slower by",
        *("asking", ratio(at("100 rules, warm"), at("10000 rules, warm")), 4, 2, "times"),
        fewer_is_better=True,
    ),
    Goal(
        "replay a core, encoded columns, stateless",
        "replaying",
        replayed("stateless", "counted", times=MILLION),
        50,
        200,
        RATE,
    ),
    Goal(
        "replay a core, attributes that only rise",
        "replaying",
        replayed("monotone", "counted", times=MILLION),
        20,
        80,
        RATE,
    ),
    Goal(
        "replay a core, Parquet to report, all included",
        *("replaying", replayed("stateless", "parquet", "rate", times=MILLION), 8, 15, RATE),
    ),
    Goal(
        "replay of ten million rows: memory",
        *("replaying", replayed("stateless", "arrow", "rss"), 400, 250, "MB"),
        fewer_is_better=True,
    ),
    Goal(
        "strace to a table of calls, a core",
        "reading",
        at("text to a table of calls (Arrow)", times=1e-3),
        100,
        300,
        "k lines/s",
    ),
    Goal(
        "strace to a table of calls, two processes, by the clock",
        *("reading", at("by the clock: text to a table, 2 processes", times=1e-3), 200, 600, "k lines/s"),
    ),
    Goal(
        "a triple never asked of Debian's SELinux policy",
        *("triples", at("triple never asked, check, µs"), 10, 10, "µs"),
        fewer_is_better=True,
    ),
    Goal(
        "check 100 rules, cold",
        "checking",
        less("check, 100 rules, cold", "start", 1e3),
        50,
        20,
        "ms",
        fewer_is_better=True,
    ),
    Goal(
        "check 100 rules again",
        "checking",
        less("check, 100 rules, kept", "start", 1e3),
        10,
        5,
        "ms",
        fewer_is_better=True,
    ),
    Goal(
        "check 10,000 rules, cold",
        "checking",
        less("check, 10000 rules, cold", "start"),
        5,
        3,
        "s",
        fewer_is_better=True,
    ),
    Goal(
        "check 10,000 rules again",
        "checking",
        less("check, 10000 rules, kept", "start"),
        1,
        0.5,
        "s",
        fewer_is_better=True,
    ),
    Goal(
        "`nslsm --version`, over the interpreter",
        *("starting", at("nslsm --version, over the interpreter (ms)"), 100, 60, "ms"),
        fewer_is_better=True,
    ),
    Goal(
        "`import nslsm`", "starting", at("import nslsm, over the interpreter (ms)"), 50, 20, "ms", fewer_is_better=True
    ),
    Goal(
        "fork, exec, open, exit: sequences",
        "simulating",
        at("4 levels", "sequences a second", times=1e-3),
        50,
        200,
        "k/s",
    ),
    Goal("system calls of these", "simulating", at("4 levels", "calls a second", times=1e-3), 50, 200, "k/s"),
    Goal(
        "a million tasks in 10,000 namespaces",
        "simulating",
        at("1,000,000 tasks", "memory, MB"),
        4_000,
        4_000,
        "MB",
        True,
    ),
    Goal(
        "a question there, beside one among 1,000 tasks: slower by",
        "simulating",
        ratio(at("1,000,000 tasks", "asked, us"), at("1,000 tasks", "asked, us")),
        1.5,
        1,
        "times",
        fewer_is_better=True,
    ),
)
