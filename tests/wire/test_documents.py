"""Summaries, findings, explanations, trees and results as JSON: what their schemas say, and readable again."""

import json
from pathlib import Path

import pytest

from nslsm.audit.summary import Ledger
from nslsm.diagnostics.diagnostic import Code, Severity
from nslsm.diagnostics.span import Span
from nslsm.engine.explain import explain
from nslsm.library import Library, Selection, Written
from nslsm.resources import policies_root
from nslsm.simulation.cases import Failure, Result, run
from nslsm.simulation.coverage import Coverage
from nslsm.wire.base import Document, canonical, read
from nslsm.wire.coverage import to_coverage
from nslsm.wire.explanation import to_explanation
from nslsm.wire.finding import to_findings
from nslsm.wire.results import to_results
from nslsm.wire.summary import to_summary
from nslsm.wire.tree import to_tree
from tests.audit import samples
from tests.report.test_summary import a_run
from tests.wire.test_schema import PUBLISHED, faults

NURSE = samples.task()


def findings() -> Document:
    code = Code("odd-line", Severity.WARNING)
    place = Span("t\udce9", 3, 1, 3, 4, 10, 13)
    return to_findings(
        [code.at(place, "odd", label="here", help="x", notes=("n",), related=((place, "there"),)), code.at(None, "x")]
    )


def explanation() -> Document:
    before = samples.state(NURSE)
    decision, _ = samples.decided(before, samples.executed(NURSE, "/usr/bin/\udce9"))
    return to_explanation(explain(decision, before), samples.occasion(NURSE), samples.tree())


def results() -> Document:
    text = samples.TEXT + 'test "t" { task a in host { uid = 7 }  a exec "/usr/bin/ehr" -> allow }'
    checked = Selection(("ward",), Library((policies_root(),), {"ward": Written(Path("/nowhere"), text)})).check()
    assert checked.package is not None, checked.diagnostics
    (case,) = checked.package.tests
    decision, _ = samples.decided(samples.state(NURSE), samples.opened(NURSE))
    failure = Failure(step=case.steps[-1], problem="no", decision=decision, state=samples.state(NURSE))
    return to_results([Result(case=case, steps=2), Result(case=case, failures=(failure,), steps=2)])


def coverage() -> Document:
    """Of a policy that has everything which can be covered."""
    text = samples.TEXT.replace(
        "let clinicians", 'let odd = object.path == "/x" or subject.uid == 0\nlet clinicians'
    ).replace("allow exec when object.path", "allow exec when odd\n        allow exec when object.path")
    text += 'test "t" { task a in host { uid = 7 }  a exec "/usr/bin/ehr" -> allow }'
    checked = Selection(("ward",), Library((policies_root(),), {"ward": Written(Path("/nowhere"), text)})).check()
    package = checked.require()
    watching = Coverage([package])
    assert all(result.passed for result in run(package.tests, coverage=watching))
    return to_coverage(watching.covered())


DOCUMENTS = {
    "summary": lambda: to_summary(a_run(), seconds=0.5),
    "findings": findings,
    "explanation": explanation,
    "tree": lambda: to_tree(samples.package().namespaces["ward.host"]),
    "results": results,
    "coverage": coverage,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_what_its_schema_says_and_reads_back(name: str) -> None:
    document = DOCUMENTS[name]()
    schema = json.loads((PUBLISHED / f"{name}-1.json").read_text(encoding="utf-8"))
    line = canonical(document)

    assert list(faults(json.loads(line), schema, schema)) == []
    assert read(type(document), line) == document


def test_how_fast_a_run_went_is_the_only_part_of_a_summary_that_may_differ() -> None:
    slow, fast = to_summary(a_run(), seconds=9.0), to_summary(a_run(), seconds=1.0)

    assert slow != fast
    assert canonical(to_summary(a_run())) == canonical(slow.model_copy(update={"pace": None}))


def test_an_empty_run_divides_by_nothing() -> None:
    record = to_summary(Ledger("", "short").summary(), seconds=0.0)

    assert record.pace is not None
    assert record.pace.events_per_second == 0.0


def test_an_explanation_says_what_would_turn_the_verdict() -> None:
    record = json.loads(canonical(explanation()))

    (turn,) = record["to_deny"]["flips"][0]["turns"]
    assert (turn["condition"], turn["now"], turn["to"]) == ('object.sha256 in {"aa", "bb"}', {"unknown": True}, False)
    assert record["to_deny"]["flips"][0]["outcomes"][0]["rule"] == "ward.genuine#known"
    assert [obstacle["rule"] for obstacle in record["obstacles"]] == ["ward.genuine"]


def test_a_tree_says_what_is_bound_where_and_what_holds_from_above() -> None:
    record = json.loads(canonical(to_tree(samples.package().namespaces["ward.host"])))

    ward = record["namespaces"][0]["children"][0]
    kiosk = ward["children"][0]
    assert record["policy"] == samples.digest()
    assert [(bound["name"], bound["mode"]) for bound in ward["bindings"]] == [
        ("charts", "enforce"),
        ("egress", "complain"),
    ]
    assert ward["bindings"][0]["arguments"] == {"store": "/srv/phi/**"}
    assert kiosk["inherited"] == ["host.ward:charts", "host.ward:egress", "host:genuine"]
    assert (ward["sealed"], kiosk["lock"], "lock" in ward) == (True, [], False)


def test_a_failure_has_everybodys_answer() -> None:
    record = json.loads(canonical(results()))
    (failure,) = record["results"][1]["failures"]
    (asked,) = failure["requests"]

    assert (failure["problem"], failure["verdict"], failure["errno"]) == ("no", "deny", "EACCES")
    assert [(each["namespace"], each["binding"], each.get("stance")) for each in asked["vector"]] == [
        ("host.ward", "charts", "deny"),
        ("host.ward", "egress", None),
        ("host", "genuine", None),
    ]
    assert asked["vector"][0]["decides"] is True
    assert asked["vector"][0]["rule"] == "ward.charts#confine-1"


def test_coverage_says_of_each_condition_what_is_missing_and_where() -> None:
    record = json.loads(canonical(coverage()))
    (module,) = record["modules"]
    groups = {group["name"]: group for group in module["groups"]}
    allows = {rule["id"]: rule for rule in groups["ward.genuine"]["of_rules"]}

    assert [each["text"] for each in groups["lets"]["of_lets"]] == ['object.path == "/x"', "subject.uid == 0"]
    assert allows["known.allow-2"]["state"] == "none"
    (condition, _) = allows["known.allow-2"]["conditions"]
    assert (condition["text"], condition["missing"], condition["places"][0]["namespace"]) == ("odd", [True], "host")
    assert [(each["namespace"], each.get("binding")) for each in record["namespaces"]] == [
        ("host", "genuine"),
        ("host.ward", None),
        ("host.ward", "charts"),
        ("host.ward", "egress"),
    ]
