"""How long a triple that was never asked takes under Debian's SELinux policy: target and class are known, not together.

``python benchmarks/triples.py`` prints microseconds of the processor's time; ``--json`` prints one line of JSON. It needs the
conformance data, where the policy lies: ``NSLSM_CONFORMANCE``.
"""

import gc
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time

import nslsm
from nslsm.language.program.compile import compiled as functions

CONTEXTS, TRIPLES, WARMED = 600, 12_000, 3_000
"""How many targets there are; how many triples are asked in all, how many of them first, so that each target is known."""


def questions(folder: Path) -> tuple[str, list[tuple[str, str, str]]]:
    """A source, and triples with it: target, class, permission; no target and class come together twice."""
    rows = [json.loads(row) for row in (folder / "selinux/access.jsonl").read_text().splitlines()]
    chance = Random(3)  # noqa: S311 - a workload, the same each time
    chance.shuffle(rows)
    permissions: dict[str, list[str]] = {}
    for row in rows:
        known = permissions.setdefault(row["tclass"], [])
        known += [each for each in row["allowed"] if each not in known]
    classes = sorted(each for each in permissions if permissions[each])
    targets = sorted({row["tcontext"] for row in rows})[:CONTEXTS]
    pairs = [(target, each) for target in targets for each in classes]
    chance.shuffle(pairs)
    return rows[0]["scontext"], [(target, each, chance.choice(permissions[each])) for target, each in pairs[:TRIPLES]]


def measured(folder: Path) -> dict[str, float]:
    """Microseconds: through ``check``, through the bound asker, and as the reference evaluator takes."""
    source, asked = questions(folder)
    with TemporaryDirectory() as where:
        archive = folder / "selinux/refpolicy_trixie_cil.tar.xz"
        loaded = nslsm.load_policy(nslsm.import_selinux(archive, name="debian").write(Path(where)))
        return _of(loaded, source, asked)


def _of(loaded: nslsm.LoadedPolicy, source: str, asked: list[tuple[str, str, str]]) -> dict[str, float]:
    figures = {}
    for compiled in (True, False):
        kernel = nslsm.Kernel(compiled=compiled)
        assert kernel.init.lsm_bind("root", loaded["debian"](start=source))
        task = kernel.spawn(uid=0)
        ask = kernel.hook("user_access")

        def check(
            target: str, class_: str, permission: str, kernel: nslsm.Kernel = kernel, task: nslsm.Task = task
        ) -> object:
            return kernel.check("user_access", task, target, class_=class_, permission=permission)

        if not compiled:
            functions.PATIENCE = sys.maxsize  # type: ignore[misc]
            figures["walked, µs"] = timed(check, asked[:200])
            continue
        figures["contexts new, check, µs"] = timed(check, asked[:WARMED])
        half = (WARMED + TRIPLES) // 2
        figures["triple never asked, check, µs"] = timed(check, asked[WARMED:half])
        figures["triple never asked, asker, µs"] = timed(
            lambda target, class_, permission, ask=ask, task=task: ask(task, target, class_, permission), asked[half:]
        )
    return figures


def timed(ask: Callable[[str, str, str], object], asked: list[tuple[str, str, str]]) -> float:
    """Microseconds a question."""
    gc.collect()
    gc.freeze()
    began = process_time()
    for target, class_, permission in asked:
        ask(target, class_, permission)
    return 1e6 * (process_time() - began) / len(asked)


def main() -> None:
    """Measure and print."""
    where = os.environ.get("NSLSM_CONFORMANCE")
    if where is None:
        raise SystemExit("NSLSM_CONFORMANCE says where the conformance data is; Debian's policy lies there")
    figures = measured(Path(where))
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<40} {value:10.1f}")


if __name__ == "__main__":
    main()
