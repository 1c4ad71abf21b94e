"""A run, counted: by verdict, namespace and rule, with the first denials, in memory that does not follow the run's length."""

from dataclasses import replace

from nslsm.audit.summary import FIRST_DENIALS, Ledger, Summary
from nslsm.diagnostics.diagnostic import Code
from nslsm.engine.decision import Move
from nslsm.hooks.linux import Errno
from nslsm.protocol.request import Request
from nslsm.protocol.things import Task
from tests.audit.samples import capable, connected, decided, digest, executed, occasion, opened, state, task, tree
from tests.laws.laws import BrokenControl

NURSE, ROOT = task(), task("host", uid=0, pid=9)
STATE = state(NURSE, ROOT)


def ledger_of(*events: tuple[Task, tuple[Request, ...]], happened: bool = False) -> Summary:
    ledger = Ledger(digest(), "full")
    for number, (who, requests) in enumerate(events, 1):
        decision, _ = decided(STATE, *requests, happened=happened)
        ledger.add(decision, occasion(who, number))
    return ledger.summary()


def test_events_are_counted_by_verdict_and_by_where_they_happen() -> None:
    summary = ledger_of(
        (NURSE, (opened(NURSE),)),
        (NURSE, (opened(NURSE, "/etc/passwd"),)),
        (NURSE, (executed(NURSE, "/usr/bin/x"),)),
        (ROOT, (opened(ROOT, "/etc/passwd"), capable(ROOT))),
        (ROOT, ()),
    )

    assert (summary.events, summary.with_hooks, summary.without_hooks, summary.requests) == (5, 4, 1, 5)
    assert (summary.granted, summary.denied, summary.indeterminate) == (3, 1, 1)
    assert [tuple(row) for row in summary.namespaces] == [("host.ward", 3, 1, 1, 1), ("host", 2, 2, 0, 0)]
    assert summary.unknown == (("object.sha256", 1),)


def test_rules_are_counted_by_what_they_did_the_busiest_first() -> None:
    summary = ledger_of(*[(NURSE, (opened(NURSE),))] * 2, (NURSE, (connected(NURSE),)), (NURSE, (executed(NURSE),)))

    assert [(row.rule, row.namespace, row.denied, row.would_deny, row.observed) for row in summary.rules] == [
        ("ward.charts#confine-1", "host.ward", 2, 0, 0),
        ("ward.egress#outside", "host.ward", 0, 1, 0),
        ("ward.charts#started", "host.ward", 0, 0, 1),
    ]
    assert summary.rules[0].severity == "high"
    assert (summary.would_deny, summary.observed) == (1, 1)


def test_denials_that_are_alike_are_told_once_with_their_number() -> None:
    summary = ledger_of(*[(NURSE, (opened(NURSE),))] * 3, (NURSE, (opened(NURSE, "/srv/phi/8"),)))

    assert [(denial.sequence, denial.object, denial.times) for denial in summary.denials] == [
        (1, "/srv/phi/7.hl7", 3),
        (4, "/srv/phi/8", 1),
    ]
    assert summary.denials[0].reason == "only a clinician's program opens PHI"


def test_only_the_first_denials_are_kept_however_many_there_are() -> None:
    summary = ledger_of(*((NURSE, (opened(NURSE, f"/srv/phi/{number}"),)) for number in range(30)))

    assert summary.denied == 30
    assert [denial.object for denial in summary.denials] == [f"/srv/phi/{number}" for number in range(FIRST_DENIALS)]


def test_the_kernels_own_refusals_are_counted_as_its_own() -> None:
    ledger = Ledger(digest(), "full")
    decision, _ = decided(STATE, capable(NURSE), refusal=(Errno.EPERM, "no"))
    ledger.add(decision, occasion(NURSE))

    (row,) = ledger.summary().rules

    assert (row.rule, row.namespace, row.denied) == ("kernel", "", 1)


def test_controls_that_broke_are_counted() -> None:
    home = tree()[NURSE.home]
    broken = replace(home.bindings[0], name="broken", control=BrokenControl("raises"))
    worse = replace(STATE, namespaces=tree().with_namespace(replace(home, bindings=(broken,))))
    ledger = Ledger(digest(), "full")
    ledger.add(decided(worse, opened(NURSE))[0], occasion(NURSE))

    summary = ledger.summary()

    assert (summary.denied, summary.faults) == (1, 1)
    assert summary.rules[0].rule == "broken#fault"


def test_findings_are_counted_by_code_with_the_first_of_each() -> None:
    ledger = Ledger(digest(), "full")
    for message in ("one", "two", "three"):
        ledger.find(Code("cut-line").at(None, message))
    ledger.find(Code("other").at(None, "four"))

    findings = ledger.summary(lines=9, understood=5).findings

    assert [(each.code, each.times, each.first.message) for each in findings] == [
        ("cut-line", 3, "one"),
        ("other", 1, "four"),
    ]


def test_what_failed_when_it_was_recorded_is_counted_apart_from_the_verdict() -> None:
    ledger = Ledger(digest(), "full")
    decision, _ = decided(STATE, opened(ROOT, "/nowhere"), happened=True, refusal=(Errno.ENOENT, "recorded"))
    ledger.add(decision, occasion(ROOT))

    assert (ledger.summary().failed, ledger.summary().granted) == (1, 1)


def test_moves_are_counted() -> None:
    ledger = Ledger(digest(), "full")
    decision, _ = decided(STATE, opened(ROOT, "/etc/passwd"))
    moved = replace(decision, moves=(Move(tree()[0], tree()[1]), Move(tree()[0], None)))
    ledger.add(moved, occasion(ROOT))

    assert ledger.summary().moves == 1
