"""What execve(2) makes of credentials, as a real kernel answered: set-user-id, file capabilities, securebits, ambient."""

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import pytest

import nslsm
from nslsm.hooks.kinds import SECUREBITS
from tests.conformance.vectors import OWN, Answer, Record, Vector, compared, hold, sample

FILE = "capabilities/exec.jsonl"
CAPABILITY = nslsm.load_policy("base.capability")


def ask(vector: Vector, program: str = "/program", users: Mapping[int, int] | None = None) -> Iterator[Answer]:
    """The execve that a line tells of, by a task in a namespace that binds ``capability``; ``users`` renames user ids."""
    names = users or {}
    kernel = nslsm.Kernel(CAPABILITY["host"])
    before, bits = vector["before"], vector["securebits"]
    ids = [names.get(uid, uid) for uid in before["uid"]]
    sets = {"permitted": "P", "effective": "E", "inheritable": "I", "ambient": "A", "bounding": "B"}
    task = kernel.spawn(
        **dict(zip(("uid", "euid", "suid"), ids, strict=True)),
        fsuid=ids[1],
        securebits={name for place, name in enumerate(SECUREBITS.members) if bits >> place & 1},
        **{name: capabilities(before[letter]) for name, letter in sets.items()},
    )
    file = vector["file"]
    caps = file["caps"]
    carried = {} if caps is None else {"security.capability": attribute(**caps)}
    kernel.file(program, owner=0, mode=0o4755 if file["setuid_root"] else 0o755, xattrs=carried)
    decision = task.execve(program)
    if decision.granted:
        held = task.credentials
        ours: object = {
            "uid": [held.uid, held.euid, held.suid],
            **{letter: mask(getattr(held, name)) for name, letter in sets.items()},
        }
    else:
        ours = {"errno": decision.errno}
    after = dict(vector["after"])
    if "uid" in after:
        after["uid"] = [names.get(uid, uid) for uid in after["uid"]]
    yield Answer(f"{before}, securebits {bits}, executes {file}", after, ours, decision)


def capabilities(digits: str) -> set[nslsm.Capability]:
    """The set that a hexadecimal mask says."""
    return {capability for capability in nslsm.Capability if int(digits, 16) >> capability & 1}


def mask(held: object) -> str:
    """The hexadecimal mask of a set."""
    assert isinstance(held, frozenset)
    return f"{sum(1 << capability for capability in held):x}"


def attribute(P: str, I: str, effective: bool) -> str:  # noqa: E741, N803 - the letters of the file
    """``security.capability`` of revision 2, capabilities(7), as getfattr(1) shows it."""
    permitted, inheritable = int(P, 16), int(I, 16)
    low = 0xFFFFFFFF
    words = (permitted & low, inheritable & low, permitted >> 32, inheritable >> 32)
    return "0x" + struct.pack("<5I", 0x02000000 | effective, *words).hex()


def test_our_own_vectors(record_property: Record) -> None:
    hold(FILE, OWN, ask, record_property, at_least=14, label=f"own {FILE}")


@pytest.mark.conformance
def test_credentials_after_execve_are_those_that_a_kernel_gave(conformance: Path, record_property: Record) -> None:
    hold(FILE, conformance, ask, record_property, at_least=1000)


@pytest.mark.conformance
def test_programs_and_users_may_have_any_names(conformance: Path) -> None:
    chance = Random(6)
    users = {uid: uid + chance.randint(1, 60_000) for uid in range(1, 70_000, 1)}

    found = compared(FILE, sample(conformance / FILE, 20), lambda vector: ask(vector, "/srv/bin/other name", users))

    assert found.vectors > 50
    assert not found.differences, str(found)
