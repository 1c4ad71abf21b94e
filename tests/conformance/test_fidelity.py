"""The hooks that our kernel raises, held against those that a real one called: program by program, and the means."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from nslsm.api.fidelity import TRACE, Fidelity, evidence_of, fidelity
from nslsm.simulation.fidelity import Arguments, Evidence, mean

pytestmark = pytest.mark.conformance

LEAST: Final = {"decision F1": 0.994, "decision order": 0.992, "all F1": 0.977, "all order": 0.975, "arguments": 0.957}
"""What the means have reached, a little less: a change of the kernel that loses more is a mistake."""

LEAST_DECISION: Final = 0.9
"""What no single program may fall below, decision hooks and their order."""


@pytest.fixture(scope="session")
def programs(conformance: Path) -> tuple[Path, ...]:
    found = tuple(sorted(each.parent for each in conformance.glob(f"truth/corpus/*/{TRACE}")))
    if not found:
        pytest.skip("the folder has no recordings of hooks")
    return found


@cache
def compared(program: Path) -> Fidelity:
    return fidelity(program / TRACE, program / "hooks.jsonl", name=program.name)


@pytest.fixture(scope="session")
def all_of_them(programs: tuple[Path, ...]) -> tuple[Fidelity, ...]:
    return tuple(compared(program) for program in programs)


@pytest.fixture(scope="session")
def shown(all_of_them: tuple[Fidelity, ...]) -> Evidence:
    return evidence_of(all_of_them)


def test_no_program_is_far_off(all_of_them: tuple[Fidelity, ...]) -> None:
    far_off = {
        each.name: each.compared.decision.total
        for each in all_of_them
        if min(each.compared.decision.total) < LEAST_DECISION
    }

    assert far_off == {}


def test_tasks_are_the_same(all_of_them: tuple[Fidelity, ...]) -> None:
    """Each task of a trace is one of the recording, and has the same system calls, one by one."""
    for each in all_of_them:
        names = {(row.task, row.nth): row.call for row in each.true if not row.late}
        assert names.keys() <= each.prediction.calls.keys(), each.name
        other = {
            key: (name, each.prediction.calls[key].call)
            for key, name in names.items()
            if ALIASES.get(name, name) != ALIASES.get(each.prediction.calls[key].call, each.prediction.calls[key].call)
        }
        assert other == {}, each.name


ALIASES: Final = {"newfstatat": "fstatat", "pread64": "pread", "sendfile64": "sendfile", "umount2": "umount"}
"""System calls that strace and the kernel call by other names."""


def test_the_means_are_what_they_were(
    all_of_them: tuple[Fidelity, ...], record_property: Callable[[str, object], None]
) -> None:
    together = Arguments()
    for each in all_of_them:
        together.add(each.compared.arguments)
        score, every = each.compared.decision.total, each.compared.every.total
        record_property(
            "told",
            f"fidelity {each.name:<16} decisions {score.f1:.4f} {score.order:.4f}, all {every.f1:.4f} {every.order:.4f}, "
            f"arguments {each.compared.arguments.hooks.share:.4f}",
        )
    decision = mean(each.compared.decision.total for each in all_of_them)
    every = mean(each.compared.every.total for each in all_of_them)
    reached = {
        "decision F1": decision.f1,
        "decision order": decision.order,
        "all F1": every.f1,
        "all order": every.order,
        "arguments": together.hooks.share,
    }
    record_property("told", "fidelity mean: " + ", ".join(f"{name} {value:.4f}" for name, value in reached.items()))

    assert {name: value for name, value in reached.items() if value < LEAST[name]} == {}


def test_rows_of_the_mapping_name_the_functions_that_call_their_hooks(
    shown: Evidence, record_property: Callable[[str, object], None]
) -> None:
    """Where rows name functions, a real kernel's caller is among them."""
    unnamed = ", ".join(f"{each.operation} {each.hook} ({each.caller})" for each in shown.unnamed)
    record_property("told", f"fidelity: {len(shown.unnamed)} hooks whose rows name no function, by callers: {unnamed}")

    strays = {(each.operation, each.hook, each.caller) for each in shown.strays}

    assert strays <= STRAYS


STRAYS: Final = frozenset(
    {
        ("Link", "inode_permission", "may_linkat"),
        ("Mount", "d_instantiate", "d_instantiate"),
    }
)
"""Callers that rows do not name yet."""


def test_the_mapping_is_exercised(shown: Evidence, record_property: Callable[[str, object], None]) -> None:
    exercised = [row for row in shown.rows if row.programs]
    single = [row for row in exercised if len(row.programs) == 1]
    record_property(
        "told",
        f"fidelity: {len(exercised)} of {len(shown.rows)} rows of the mapping are exercised, {len(single)} by one program",
    )

    assert len(exercised) >= 250
