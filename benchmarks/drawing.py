"""The curves: decisions a second against depth, against rules, against the length of a recording."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure

CURVES: Final = {
    "warm": "asker, warm",
    "first pass": "asker, first pass",
    "flattened": "one function for the lineage (flattened)",
    "indirect": "a list of functions (indirect)",
    "walked": "reference evaluator, walked",
}
"""The lines of a drawing, by the ends of figures' names."""

DRAWINGS: Final = (
    ("depth", re.compile(r"depth (\d+), (.+)"), "levels of namespaces, 25 rules each", "asking"),
    ("rules", re.compile(r"(\d+) rules, (.+)"), "rules", "asking"),
    ("length", re.compile(r"(\d+) events, (.+)"), "events of a recording", "replaying"),
)
"""What is drawn: a name, which figures, what the axis is, which script measures them."""


def series(figures: Mapping[str, Any], pattern: re.Pattern[str]) -> dict[str, list[tuple[int, float]]]:
    """The points of each line, in order.

    >>> series({"depth 4, warm": 2.0, "depth 1, warm": 3.0, "denied": 0.1}, DRAWINGS[0][1])
    {'warm': [(1, 3.0), (4, 2.0)]}
    """
    found: dict[str, list[tuple[int, float]]] = {}
    for name, value in figures.items():
        matched = pattern.fullmatch(name)
        if matched is not None and isinstance(value, float | int):
            found.setdefault(matched[2], []).append((int(matched[1]), float(value)))
    return {name: sorted(points) for name, points in found.items()}


def lengths(figures: Mapping[str, Any]) -> dict[str, float]:
    """What replays took, by the length of the recording, as figures with names of their own."""
    found = {}
    for workload in figures.get("workloads", ()):
        for size in workload["sizes"]:
            for kind in ("arrow", "parquet"):
                found[f"{size['rows']} events, {workload['name']}, {kind}"] = size[kind]["rate"]
    return found


def draw(figures: Mapping[str, Any], folder: Path, where: Mapping[str, str]) -> Iterator[Path]:
    """Draw what was measured into SVG files of ``folder``; what was not measured is not drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pattern, axis, script in DRAWINGS:
        of_script = figures.get(script)
        lines = {} if not isinstance(of_script, Mapping) else series({**of_script, **lengths(of_script)}, pattern)
        if lines:
            path = folder / f"{name}.svg"
            _one(lines, axis, where).savefig(path, metadata={"Date": None})
            yield path


def _one(lines: Mapping[str, list[tuple[int, float]]], axis: str, where: Mapping[str, str]) -> Figure:
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.subplots()
    for name, points in lines.items():
        axes.plot(
            [x for x, _ in points], [y for _, y in points], marker="o", markersize=3.5, label=CURVES.get(name, name)
        )
    axes.set_xscale("log", base=2 if max(x for points in lines.values() for x, _ in points) <= 64 else 10)
    axes.set_yscale("log")
    ticks = sorted({x for points in lines.values() for x, _ in points})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(axis)
    axes.set_ylabel("decisions a second")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small", frameon=False)
    axes.set_title(f"{where['date']}, {where['processor']}, {where['python']}", fontsize="x-small", loc="right")
    return figure
