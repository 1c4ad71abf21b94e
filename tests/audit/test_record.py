"""Decisions as audit events: what is told, and that it is the same whichever walk was made."""

from hypothesis import HealthCheck, given, settings

from nslsm.audit.record import Which, events_of
from nslsm.engine.decide import decide
from nslsm.engine.evaluate import Walk
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.testing.events import Situation, situations
from tests.audit.samples import (
    capable,
    connected,
    decided,
    digest,
    executed,
    file,
    occasion,
    opened,
    request,
    state,
    task,
)


def test_a_denial_is_told_with_rule_reason_references_and_policy() -> None:
    person = task()
    decision, _ = decided(state(person), opened(person))

    (event,) = events_of(decision, occasion(person))

    assert event == {
        "event": "denied",
        "level": "warning",
        "sequence": 7,
        "line": 14,
        "time": 1.75,
        "call": "openat",
        "pid": 42,
        "comm": "sh",
        "exe": "/bin/sh",
        "uid": 1003,
        "task_namespace": "host.ward",
        "hook": "file_open",
        "object": "/srv/phi/7.hl7",
        "errno": "EACCES",
        "namespace": "host.ward",
        "binding": "charts",
        "control": "ward.charts",
        "rule": "ward.charts#confine-1",
        "reason": "only a clinician's program opens PHI",
        "refs": ["hipaa 164.312(a)(1)"],
        "severity": "high",
        "policy": digest(),
    }


def test_grants_are_told_only_where_all_is_asked_for() -> None:
    person = task()
    decision, _ = decided(state(person), opened(person, "/etc/passwd"))

    assert list(events_of(decision, occasion(person))) == []
    assert [event["event"] for event in events_of(decision, occasion(person), Which.ALL)] == ["granted"]


def test_a_denial_that_did_not_count_is_told_although_the_event_was_granted() -> None:
    person = task()
    decision, _ = decided(state(person), connected(person))

    (event,) = events_of(decision, occasion(person))

    assert decision.granted
    assert (event["event"], event["rule"], event["object"]) == ("would-deny", "ward.egress#outside", "192.0.2.9:80")


def test_what_hangs_on_unknown_facts_and_what_rules_observe_is_told() -> None:
    person = task()
    decision, _ = decided(state(person), executed(person, "/usr/bin/other"))

    indeterminate, observed = events_of(decision, occasion(person))

    assert (indeterminate["event"], indeterminate["unknown"]) == ("indeterminate", ["object.sha256"])
    assert (observed["event"], observed["rule"], observed["certain"]) == ("observed", "ward.charts#started", True)


def test_the_kernels_own_refusal_is_told_with_its_reason() -> None:
    person = task()
    decision, _ = decided(state(person), capable(person), refusal=(Errno.EACCES, "/etc/shadow is not readable"))

    (event,) = events_of(decision, occasion(person))

    assert (event["control"], event["reason"], event["object"]) == (
        "kernel",
        "/etc/shadow is not readable",
        "CAP_DAC_OVERRIDE",
    )
    assert "rule" not in event


def test_a_task_of_which_little_is_known_is_told_without_what_is_not() -> None:
    person = task(uid=UNKNOWN, exe=UNKNOWN)
    decision, _ = decided(state(person), opened(person))

    (event,) = events_of(decision, occasion(person))

    assert "uid" not in event
    assert "exe" not in event


def test_a_rename_is_told_with_both_names() -> None:
    person = task()
    renamed = request("path_rename", person, file("/tmp/a"), old=file("/tmp/a"), new=file("/srv/phi/b"))
    decision, _ = decided(state(person), renamed)

    (event,) = events_of(decision, occasion(person))

    assert event["object"] == "/tmp/a -> /srv/phi/b"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations())
def test_L3_both_walks_have_the_same_audit_events(situation: Situation) -> None:
    when = occasion(task())
    short, full = (decide(situation.state, situation.steps(), walk=walk)[0] for walk in (Walk.SHORT, Walk.FULL))

    assert list(events_of(short, when, Which.ALL)) == list(events_of(full, when, Which.ALL))
