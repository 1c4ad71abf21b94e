"""Damaged logs, replayed: whatever is left of them is judged, and nothing breaks."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.api.policies import PolicyTree, load_policy
from nslsm.diagnostics import Diagnostic
from nslsm.importers.traces.auditd import AuditReader
from nslsm.importers.traces.decode import decoded
from nslsm.importers.traces.reader import Item, Reader
from nslsm.importers.traces.tetragon import TetragonReader
from nslsm.kernel.placement import placing
from nslsm.kernel.recording import Recording
from nslsm.resources import examples_root
from nslsm.simulation.replay import Bench, Judged, replay

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(scope="module")
def tree() -> PolicyTree:
    return load_policy(examples_root() / "01-a-build-under-watch" / "build.nslsm").tree()


def judged(octets: bytes, reader: Reader, tree: PolicyTree) -> int:
    """How many calls of a log are judged."""
    items: list[Item] = []
    lines = octets.splitlines(keepends=True)
    for number, raw in enumerate(lines, 1):
        items += reader.line(raw, number)
    items += reader.finish(len(lines))
    recording = Recording.of(tree.namespaces, home=tree.namespaces.root, profile="6.12")
    recording.placing = placing("container", tree.namespaces.root)
    found = list(replay(decoded(items), Bench(recording, tree.digest)))
    assert all(isinstance(each, Judged | Diagnostic) for each in found)
    return sum(isinstance(each, Judged) for each in found)


@pytest.mark.parametrize(("sample", "reader"), [("audit.log", AuditReader), ("tetragon.jsonl", TetragonReader)])
def test_whole_samples_are_judged(sample: str, reader: type[AuditReader | TetragonReader], tree: PolicyTree) -> None:
    assert judged((SAMPLES / sample).read_bytes(), reader("x"), tree) >= 5


@pytest.mark.parametrize(("sample", "reader"), [("audit.log", AuditReader), ("tetragon.jsonl", TetragonReader)])
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_samples_are_judged_as_far_as_they_can_be_read(
    sample: str, reader: type[AuditReader | TetragonReader], tree: PolicyTree, data: st.DataObject
) -> None:
    lines = (SAMPLES / sample).read_bytes().splitlines(keepends=True)
    octets = bytearray(b"".join(data.draw(st.permutations(lines)) if data.draw(st.booleans()) else lines))
    digits = [place for place, octet in enumerate(octets) if 48 <= octet < 58]
    for _ in range(data.draw(st.integers(0, 40))):
        place = data.draw(st.sampled_from(digits))
        octets[place] = data.draw(st.sampled_from(b"0123456789abcdef"))
    for _ in range(data.draw(st.integers(0, 5))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))

    judged(bytes(octets), reader("x"), tree)
