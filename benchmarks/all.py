"""All that is measured, in one run: the table of goals, the peers beside it, curves.

``python benchmarks/all.py`` prints; ``--json FILE`` writes all figures; ``--draw FOLDER`` draws the curves (``nslsm[bench]``);
``--write`` puts tables, a curve, date and machine into ``README.md`` and ``benchmarks/README.md``; ``--only SCRIPT`` (again and
again) measures a part; ``--quick`` measures less, for a look; ``--from FILE`` takes figures that were written before.

Each script is a process of its own. One that fails, or lacks what it needs, is said in its rows; nothing is left out.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from goals import GOALS, Figures, Goal

HERE = Path(__file__).parent
SCRIPTS = ("starting", "asking", "triples", "checking", "replaying", "reading", "simulating", "exploring", "peers")
QUICK: Mapping[str, tuple[str, ...]] = {
    "asking": ("--quick",),
    "replaying": ("--rows", "5"),
    "reading": ("--lines", "60000"),
    "simulating": ("--no-tree",),
    "peers": ("--quick",),
}
"""What a script is given to measure less."""
LASTS = 3_600
"""Seconds that a script may take."""
BEGIN, END = "<!-- measured -->", "<!-- end of what was measured -->"
"""Between these, a page has what this command writes."""


def run(script: str, options: tuple[str, ...]) -> Figures | str:
    """What a script measured; why it did not."""
    path = HERE / f"{script}.py"
    if not path.exists():
        return "there is no such script"
    command = [sys.executable, str(path), "--json", *options]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=LASTS, check=False, cwd=HERE.parent)
    except subprocess.TimeoutExpired:
        return f"it took more than {LASTS} seconds"
    lines = ended.stdout.strip().splitlines()
    if ended.returncode or not lines:
        told = (ended.stderr.strip() or "it printed nothing").splitlines()
        return told[-1][:200]
    figures: Figures = json.loads(lines[-1])
    return figures


def machine() -> dict[str, str]:
    """What it was measured on, and when."""
    models = [line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return {
        "date": time.strftime("%d %B %Y").lstrip("0"),
        "processor": models[0] if models else platform.machine(),
        "cores": str(os.cpu_count()),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()}",
    }


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def measured_of(goal: Goal, figures: Mapping[str, Any]) -> float | str:
    """A row's figure, or why there is none."""
    of_script = figures.get(goal.script, "not measured in this run")
    if isinstance(of_script, str):
        return of_script
    try:
        return goal.figure(of_script)
    except (KeyError, ZeroDivisionError):
        return "not measured in this run"


def said(figure: float) -> str:
    """A figure with as many digits as are worth reading.

    >>> said(3.5712), said(240.3), said(0.0123), said(12_345)
    ('3.57', '240', '0.0123', '12,345')
    """
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def rows(figures: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The table: what, goal, at least, measured."""
    for goal in GOALS:
        found = measured_of(goal, figures)
        bound = "at most" if goal.fewer_is_better else "at least"
        told = found
        if not isinstance(found, str):
            short = not goal.is_met(found, goal.least)
            told = f"{said(found)} {goal.unit}"
            told = f"**{told}**" if short else told
        yield goal.title, f"{said(goal.goal)} {goal.unit}", f"{bound} {said(goal.least)}", str(told)


def peers(figures: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The peers: whose, decisions a second, other verdicts, what it cannot say."""
    of_peers = figures.get("peers", "not measured in this run")
    if isinstance(of_peers, str):
        yield "peers", of_peers, "", ""
        return
    for name, peer in of_peers.items():
        if "missing" in peer:
            yield name, str(peer["missing"]), "", ""
        else:
            yield name, said(peer["a second"]), str(int(peer["other verdicts"])), str(peer.get("cannot", ""))


def table(head: tuple[str, ...], body: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def report(figures: Mapping[str, Any], where: Mapping[str, str]) -> str:
    """Both tables, with what they were measured on."""
    on = f"{where['date']}; {where['processor']}, {where['cores']} cores; {where['python']}; {where['system']}"
    return "\n".join(
        (
            f"Measured on {on}. Bold: short of what it is to be at least.",
            "",
            table(("", "goal", "must be", "measured"), rows(figures)),
            "",
            table(
                ("one workload, the same verdicts", "decisions a second", "other verdicts", "what it cannot say"),
                peers(figures),
            ),
        )
    )


def put(page: Path, text: str) -> None:
    """What a page has between the marks, replaced. ValueError where it has none."""
    old = page.read_text()
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no `{BEGIN}` … `{END}`")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--from", type=Path, metavar="FILE", dest="known")
    parser.add_argument("--draw", type=Path, metavar="FOLDER")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", action="append", choices=SCRIPTS, metavar="SCRIPT")
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Measure, print, write, draw."""
    asked = options()
    known = {} if asked.known is None else json.loads(asked.known.read_text())
    figures: dict[str, Any] = dict(known.get("figures", {}))
    scripts = SCRIPTS if asked.only is None and asked.known is None else tuple(asked.only or ())
    for script in scripts:
        print(f"{script} …", file=sys.stderr, flush=True)
        figures[script] = run(script, QUICK.get(script, ()) if asked.quick else ())
    where = machine() if scripts else known["machine"]
    text = report(figures, where)
    print(text)
    if asked.json is not None:
        told = [dict(zip(("what", "goal", "must be", "measured"), row, strict=True)) for row in rows(figures)]
        asked.json.write_text(json.dumps({"machine": where, "figures": figures, "table": told}, indent=1) + "\n")
    if asked.draw is not None:
        from drawing import draw  # noqa: PLC0415 - needs what `nslsm[bench]` installs

        for drawn in draw(figures, asked.draw, where):
            print(drawn, file=sys.stderr)
    if asked.write:
        put(HERE / "README.md", text)
        put(HERE.parent / "README.md", text)


if __name__ == "__main__":
    main()
