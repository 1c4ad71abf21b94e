"""Who may trace whom: Yama's four scopes on top of the kernel's own rules, as a real kernel answered an attach."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import nslsm
from tests.conformance.shuffling import shuffled
from tests.conformance.vectors import OWN, Answer, Record, Vector, compared, hold, vectors

FILE = "yama/ptrace.jsonl"
YAMA = nslsm.load_policy("base.yama")


def ask(
    vector: Vector, policy: nslsm.LoadedPolicy = YAMA, users: Mapping[int, int] | None = None, before: int = 0
) -> Iterator[Answer]:
    """The attach that a line tells of; ``users`` renames user ids, ``before`` tasks are there first, so that pids differ."""
    names = users or {}
    tracer_uid = names.get(vector["tracer_uid"], vector["tracer_uid"])
    tracee_uid = names.get(vector["tracee_uid"], vector["tracee_uid"])
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", policy["yama"](scope=vector["ptrace_scope"]))
    for _ in range(before):
        kernel.init.fork()
    parent = kernel.init.fork()
    tracer = parent.fork(uid=tracer_uid)
    above = {"child": lambda: tracer, "grandchild": tracer.fork, "sibling": lambda: parent}[vector["tracee_is"]]()
    tracee = above.fork(uid=tracee_uid)
    match vector["pr_set_ptracer"]:
        case "any":
            assert tracee.prctl("set_ptracer", -1)
        case "tracer":
            assert tracee.prctl("set_ptracer", tracer.pid)
    decision = tracer.ptrace(tracee)
    question = (
        f"scope {vector['ptrace_scope']}, user {tracer_uid} attaches to its {vector['tracee_is']} of user {tracee_uid}, "
        f"which declared {vector['pr_set_ptracer']}"
    )
    yield Answer(question, vector["errno"], None if decision.errno is None else decision.errno.name, decision)


def test_our_own_vectors(record_property: Record) -> None:
    hold(FILE, OWN, ask, record_property, at_least=14, label=f"own {FILE}")


@pytest.mark.conformance
def test_an_attach_ends_as_a_kernel_ended_it(conformance: Path, record_property: Record) -> None:
    hold(FILE, conformance, ask, record_property, at_least=100)


@pytest.mark.conformance
def test_user_ids_and_pids_may_be_any(conformance: Path) -> None:
    chance = random.Random(6)
    users = dict(zip((1000, 1001), chance.sample(range(1, 60_000), 2), strict=True))

    found = compared(
        FILE, vectors(conformance / FILE), lambda vector: ask(vector, users=users, before=chance.randint(0, 9))
    )

    assert not found.differences, str(found)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rules_changes_no_answer(tmp_path: Path, seed: int) -> None:
    policy = shuffled("base.yama", tmp_path, random.Random(seed))

    found = compared(FILE, vectors(OWN / FILE), lambda vector: ask(vector, policy))

    assert not found.differences, str(found)
