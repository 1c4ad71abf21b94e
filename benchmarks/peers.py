"""The same questions put to other policy engines: decisions a second, verdicts that are other than ours, what each cannot say.

``python benchmarks/peers.py`` prints a table; ``--json`` prints one line of JSON; ``--quick`` asks less. ``pip install -e
'.[bench]'`` brings the peers; one that is not there is named. The workload is that of ``hundred_rules.py``, some 5 % denied;
verdicts are held against the reference evaluator's.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, Final

from engines import PEERS, Denied
from hundred_rules import HOOKS, LEVELS, NAMES, QUESTIONS, RULES, TASKS, Question, questions

import nslsm
from nslsm.language.program.compile import compiled as functions

SECONDS: Final = 3.0
"""So long a slow peer is asked."""

WORDS: Final[Mapping[str, str]] = {
    "under": 'object.path under "{}"',
    "equal": 'object.path == "{}"',
    "log": 'object.path matches "{}/*.log"',
    "uid": "subject.uid == {}",
    "not exe": 'subject.exe != "{}"',
}


def kernel(folder: Path, *, compiled: bool = True) -> tuple[nslsm.Kernel, list[nslsm.Task]]:
    """A kernel with these rules, and its tasks in the innermost namespace."""
    controls = []
    for level in range(LEVELS):
        lines = [
            f"    deny {rule.hook} when {' and '.join(WORDS[test.kind].format(test.value) for test in rule.tests)}"
            for rule in RULES
            if rule.level == level
        ]
        lines += [f'    on file_open when object.path under "/srv/l{level}/phi" set subject.tainted = true']
        lines += [f'    audit file_open when object.path under "/etc/l{level}/audited"']
        body = "\n".join(lines)
        controls.append(f"control c{level} {{\n    attr task.tainted: bool = false join or\n{body}\n}}")
    opened = " ".join(f"namespace {name} {{ bind c{level}" for level, name in enumerate(NAMES))
    path = folder / "peers.nslsm"
    path.write_text("\n".join((*controls, opened + " }" * LEVELS)) + "\n")
    made = nslsm.Kernel(nslsm.load_policy(path).tree(), compiled=compiled)
    return made, [made.spawn(".".join(NAMES), exe=f"/usr/bin/p{uid}", uid=uid) for uid in range(TASKS)]


def ours(folder: Path) -> "Iterator[tuple[str, Callable[[Question], bool], str]]":
    """Ways to ask us."""
    made, tasks = kernel(folder)
    askers = {hook: made.hook(hook) for hook in HOOKS}
    yield "nslsm, bound asker (an errno)", lambda each: askers[each.hook](tasks[each.task], each.path) != 0, ""
    yield "nslsm, `check` (a decision)", lambda each: not made.check(each.hook, tasks[each.task], each.path), ""


@contextmanager
def by_reference() -> Iterator[None]:
    """Functions are not generated, so that the reference evaluator answers."""
    patience, functions.PATIENCE = functions.PATIENCE, sys.maxsize  # type: ignore[misc]
    try:
        yield
    finally:
        functions.PATIENCE = patience  # type: ignore[misc]


def rate(denied: Denied, asked: list[Question], wanted: list[bool]) -> dict[str, Any]:
    """Decisions a second, and how many are other than the reference's; a slow one is asked less."""
    for question in asked[:20]:
        denied(question)
    found: list[bool] = []
    ended = perf_counter() + SECONDS
    began = process_time()
    for question in asked:
        found.append(denied(question))
        if perf_counter() > ended:
            break
    took = process_time() - began
    other = sum(one != two for one, two in zip(found, wanted, strict=False))
    return {"a second": len(found) / took, "asked": len(found), "other verdicts": other}


def measured(count: int) -> dict[str, dict[str, Any]]:
    """Ours, then the peers."""
    asked = questions()[:count]
    figures: dict[str, dict[str, Any]] = {}
    with TemporaryDirectory() as folder:
        plain, tasks = kernel(Path(folder), compiled=False)
        began = process_time()
        with by_reference():
            wanted = [not plain.check(each.hook, tasks[each.task], each.path) for each in asked]
        walked = len(asked) / (process_time() - began)
        figures["nslsm, reference evaluator, lineage walked"] = {
            "a second": walked,
            "asked": len(asked),
            "other verdicts": 0,
            "cannot": "",
        }
        for name, denied, cannot in ours(Path(folder)):
            rate(denied, asked, wanted)
            figures[name] = {**rate(denied, asked, wanted), "cannot": cannot}
    for name, make, cannot in PEERS:
        began = perf_counter()
        try:
            denied = make()
            built = perf_counter() - began
            figures[name] = {**rate(denied, asked, wanted), "build, s": built, "cannot": cannot}
        except ImportError as missing:
            figures[name] = {"missing": f"not installed: {missing.name}"}
        except Exception as broken:  # noqa: BLE001 - whatever a peer raises is told in its row
            figures[name] = {"missing": f"{type(broken).__name__}: {broken}"[:120].replace("\n", " ")}
    figures["share denied"] = {"missing": f"{sum(wanted) / len(wanted):.1%} of {len(wanted):,} questions were denied"}
    return figures


def main() -> None:
    """Measure and print."""
    figures = measured(QUESTIONS // 10 if "--quick" in sys.argv[1:] else QUESTIONS)
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
        return
    for name, row in figures.items():
        if "missing" in row:
            print(f"{name:<44} {row['missing']}")
        else:
            print(f"{name:<44} {row['a second']:>12,.0f} /s  {row['other verdicts']} other verdicts of {row['asked']}")


if __name__ == "__main__":
    main()
