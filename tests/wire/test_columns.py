"""Decisions as columns: one row for each event, nothing in them that the decisions do not say."""

import sys
from pathlib import Path

import pytest

import nslsm
from nslsm.api.recordings import Replay
from nslsm.diagnostics import Diagnostic
from nslsm.resources import examples_root
from nslsm.wire.columns import SCHEMA, Missing

pa = pytest.importorskip("pyarrow")

BUILD = examples_root() / "01-a-build-under-watch"


def build() -> Replay:
    return nslsm.replay(BUILD / "build.strace", nslsm.load_policy(BUILD / "build.nslsm").tree())


def test_each_event_is_a_row_that_says_what_its_decision_says() -> None:
    judged = [each for each in build() if not isinstance(each, Diagnostic)]

    rows = build().to_arrow().to_pylist()

    assert len(rows) == len(judged)
    for row, each in zip(rows, judged, strict=True):
        decision = each.decision
        assert row["sequence"] == each.occasion.sequence
        assert row["verdict"] == str(decision.verdict)
        assert row["errno"] == (None if decision.errno is None else decision.errno.name)
        assert row["hooks"] == [judgement.request.hook.name for judgement in decision.judgements]
        by_control = decision.blame is not None and decision.blame.opinion is not None
        assert (row["blamed"] is not None) == by_control


def test_a_table_is_counted_as_the_summary_counts() -> None:
    verdicts = build().to_arrow().column("verdict").to_pylist()

    summary = build().summary()

    assert verdicts.count("deny") == summary.denied
    assert len(verdicts) == summary.events


def test_names_are_encoded_once_and_the_schema_has_a_version() -> None:
    schema = build().to_arrow().schema

    assert schema.metadata == {b"nslsm.decisions": SCHEMA.encode()}
    assert all(pa.types.is_dictionary(schema.field(name).type) for name in ("namespace", "call", "verdict", "rule"))


def test_without_pyarrow_a_replay_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(Missing, match=r"nslsm\[arrow\]"):
        build().to_arrow()


def test_a_name_that_is_no_utf_8_is_written_out(tmp_path: Path) -> None:
    trace = tmp_path / "t.strace"
    trace.write_bytes(b'7 execve("/bin/a\\377", ["a"], 0x7f /* 1 var */) = 0\n7 getpid() = 7\n')

    comms = nslsm.replay(trace, nslsm.load_policy(BUILD / "build.nslsm").tree()).to_arrow().column("comm").to_pylist()

    assert comms[-1] == "a\\udcff"
