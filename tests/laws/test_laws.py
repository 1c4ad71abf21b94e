"""L1 to L4, L6 and L8 of the model hold in random situations, and the situations are not trivial."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nslsm.engine.decision import Verdict
from nslsm.resources import examples_root
from nslsm.testing.events import Situation, situations
from tests.laws.laws import (
    LAWS,
    decided,
    deterministic,
    faults_deny,
    knowing_more_only_settles,
    monotone_in_bindings,
    monotone_in_levels,
    nothing_on_denial,
    order_of_bindings,
    order_of_namespaces,
    order_of_rules,
    subject_of,
    walks_agree,
)

LAW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@LAW
@given(situations(), st.data())
def test_L1_one_more_binding_never_lowers_the_verdict(situation: Situation, data: st.DataObject) -> None:
    monotone_in_bindings(situation, data.draw)


@LAW
@given(situations(), st.data())
def test_L1_one_more_level_never_lowers_the_verdict(situation: Situation, data: st.DataObject) -> None:
    monotone_in_levels(situation, data.draw)


@LAW
@given(situations(), st.data())
def test_L2_the_order_of_rules_never_changes_a_verdict(situation: Situation, data: st.DataObject) -> None:
    order_of_rules(situation, data.draw)


@LAW
@given(situations(), st.data())
def test_L2_the_order_of_bindings_never_changes_a_verdict(situation: Situation, data: st.DataObject) -> None:
    order_of_bindings(situation, data.draw)


@LAW
@given(situations(), st.data())
def test_L2_the_order_of_namespaces_never_changes_a_verdict(situation: Situation, data: st.DataObject) -> None:
    order_of_namespaces(situation, data.draw)


@LAW
@given(situations(), st.data())
def test_L3_short_and_full_walks_agree(situation: Situation, data: st.DataObject) -> None:
    walks_agree(situation, data.draw)


@LAW
@given(situations(), st.data())
def test_L4_a_denied_event_changes_nothing(situation: Situation, data: st.DataObject) -> None:
    nothing_on_denial(situation, data.draw)


@LAW
@given(situations(), st.data())
def test_L6_a_control_that_breaks_never_ends_in_a_grant(situation: Situation, data: st.DataObject) -> None:
    faults_deny(situation, data.draw)


@LAW
@given(situations(), st.data())
def test_L6_what_is_unknown_never_ends_in_a_grant_that_knowledge_takes_back(
    situation: Situation, data: st.DataObject
) -> None:
    knowing_more_only_settles(situation, data.draw)


@LAW
@given(situations(), st.data())
def test_L8_the_same_event_has_the_same_decision(situation: Situation, data: st.DataObject) -> None:
    deterministic(situation, data.draw)


@pytest.mark.sweep
@pytest.mark.parametrize("law", LAWS)
def test_a_law_holds_in_many_more_situations(law: str) -> None:
    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(situations(), st.data())
    def holds(situation: Situation, data: st.DataObject) -> None:
        LAWS[law](situation, data.draw)

    holds()


def test_L8_records_do_not_depend_on_the_process(tmp_path: Path) -> None:
    """The order of hash tables differs from one process to the next, and shows nowhere (Model M6.2)."""
    trace = examples_root() / "02-the-hospital" / "visit.strace"
    written = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        subprocess.run(
            [sys.executable, "-m", "nslsm", "replay", trace, "--policy", "healthcare", "-o", out, "--format", "json"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )
        written.append(out.read_bytes())

    assert written[0]
    assert written[0] == written[1]


def test_the_situations_are_not_trivial(record_property: Callable[[str, object], None]) -> None:
    """Laws over trivial states prove nothing: denied, indeterminate, deep and effective ones are common, and counted."""
    seen: Counter[str] = Counter()

    @settings(max_examples=400, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(situations())
    def count(situation: Situation) -> None:
        decision, _ = decided(situation)
        verdicts = [judgement.verdict for judgement in decision.judgements]
        seen["requests"] += len(verdicts)
        seen["denied"] += sum(verdict is Verdict.DENY for verdict in verdicts)
        seen["indeterminate"] += sum(verdict is Verdict.INDETERMINATE for verdict in verdicts)
        depth = situation.state.namespaces[subject_of(situation).home].depth
        seen["at depth 3 or more"] += len(verdicts) if depth >= 3 else 0
        seen["with effects"] += len(verdicts) if decision.changes else 0

    count()
    total = seen.pop("requests")
    shares = ", ".join(f"{name} {n / total:.0%}" for name, n in seen.items())
    record_property("told", f"{total} random requests: {shares}")

    assert seen["denied"] >= total * 0.10
    assert seen["indeterminate"] >= total * 0.10
    assert seen["at depth 3 or more"] >= total * 0.25
    assert seen["with effects"] >= total * 0.10
