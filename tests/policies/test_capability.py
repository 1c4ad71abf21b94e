"""What no step of a policy's test can say about ``base.capability``: the sets that capset(2) would make."""

from dataclasses import replace

import pytest

import nslsm

POLICY = nslsm.load_policy("base.capability")
KILL, CHOWN, SETPCAP = nslsm.Capability.CAP_KILL, nslsm.Capability.CAP_CHOWN, nslsm.Capability.CAP_SETPCAP
HELD = {"permitted": {KILL}, "effective": {KILL}, "inheritable": set(), "bounding": {KILL, CHOWN, SETPCAP}}


@pytest.mark.parametrize(
    ("has", "wants", "rule"),
    [
        ({}, {"permitted": {KILL}, "effective": set()}, None),
        ({}, {"permitted": set(), "effective": set()}, None),
        ({}, {"permitted": {KILL, CHOWN}}, "permit"),
        ({}, {"permitted": set()}, "enable"),
        ({}, {"inheritable": {KILL}}, None),
        ({}, {"inheritable": {CHOWN}}, "inherit_unheld"),
        ({"permitted": {SETPCAP}, "effective": {SETPCAP}}, {"inheritable": {CHOWN}}, None),
        ({"bounding": set()}, {"inheritable": {KILL}}, "inherit_unbound"),
        (
            {"permitted": {SETPCAP}, "effective": {SETPCAP}, "bounding": {KILL}},
            {"inheritable": {CHOWN}},
            "inherit_unbound",
        ),
    ],
)
def test_capset_gives_nothing_that_was_not_there(
    has: dict[str, set[nslsm.Capability]], wants: dict[str, set[nslsm.Capability]], rule: str | None
) -> None:
    kernel = nslsm.Kernel(POLICY["host"])
    task = kernel.spawn(uid=1000, **{**HELD, **has})
    old = task.credentials
    new = replace(old, **{name: frozenset(held) for name, held in wants.items()})

    decision = kernel.check("capset", task, old=old, new=new)

    assert (None if decision.blame is None else str(decision.blame).partition("#")[2].split()[0]) == rule
    assert decision.errno == (None if rule is None else nslsm.Errno.EPERM)
