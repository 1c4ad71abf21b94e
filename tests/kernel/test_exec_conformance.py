"""execve(2)'s arithmetic of credentials, held against what a kernel answered; skipped where its answers are not at hand."""

import json
import os
from pathlib import Path

import pytest

from nslsm.hooks.kinds import SECUREBITS
from nslsm.kernel.exec_credentials import exec_credentials
from nslsm.kernel.file_capabilities import FileCapabilities, capabilities_in
from nslsm.kernel.refusal import Refused
from nslsm.protocol.things import Capabilities, Credentials, File, Identity

FOLDER = os.environ.get("NSLSM_CONFORMANCE", "")
VECTORS = Path(FOLDER, "capabilities", "exec.jsonl")

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not FOLDER or not VECTORS.exists(), reason="NSLSM_CONFORMANCE names no folder with answers of a kernel"
    ),
]


def _set(text: str) -> Capabilities:
    return capabilities_in(int(text, 16))


def _before(vector: dict) -> Credentials:
    before, bits = vector["before"], vector["securebits"]
    uid, euid, suid = before["uid"]
    return Credentials(
        uid=uid,
        euid=euid,
        suid=suid,
        fsuid=euid,
        permitted=_set(before["P"]),
        effective=_set(before["E"]),
        inheritable=_set(before["I"]),
        ambient=_set(before["A"]),
        bounding=_set(before["B"]),
        securebits=frozenset(name for place, name in enumerate(SECUREBITS.members) if bits >> place & 1),
    )


def _answer(vector: dict) -> dict:
    program = vector["file"]
    mode = 0o4755 if program["setuid_root"] else 0o755
    file = File("/program", Identity("file", 1), type="regular", owner=0, group=0, mode=mode)
    caps = program["caps"]
    carried = caps and FileCapabilities(_set(caps["P"]), _set(caps["I"]), caps["effective"])
    try:
        after = exec_credentials(_before(vector), file, carried)
    except Refused as refused:
        return {"errno": int(refused.errno)}
    mask = lambda held: f"{sum(1 << capability for capability in held):x}"  # noqa: E731
    return {
        "uid": [after.uid, after.euid, after.suid],
        "P": mask(after.permitted),
        "E": mask(after.effective),
        "I": mask(after.inheritable),
        "A": mask(after.ambient),
        "B": mask(after.bounding),
    }


def test_credentials_after_execve_are_those_that_a_kernel_gave() -> None:
    vectors = [json.loads(line) for line in VECTORS.read_text().splitlines()]

    differences = [vector for vector in vectors if _answer(vector) != vector["after"]]

    assert len(vectors) > 1000
    assert differences == []
