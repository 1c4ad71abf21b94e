"""SARIF: valid by the standard's schema, complete, and pointing where the findings point."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from nslsm.diagnostics import Code, Edit, Fix, Severity, Sources, Span
from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.wire.sarif import to_sarif
from tests.language.check.memory import checked

SCHEMA = Path(__file__).parents[1] / "data" / "sarif-2.1.0.json"
"""The structure of OASIS' schema (SARIF 2.1.0 with errata 01), without its prose."""


@pytest.fixture(scope="module")
def validator() -> Draft4Validator:
    return Draft4Validator(json.loads(SCHEMA.read_text()))


def sample() -> tuple[list[Diagnostic], Sources]:
    text = "héllo && b\nlast\n"
    place = Span("a b/ü.nslsm", 1, 7, 1, 9, 6, 8)
    other = Span("/srv/x.nslsm", 3, 1, 3, 2, 9, 10)
    found = [
        Code("foreign-syntax").at(
            place,
            "`&&` is \x1b[31m odd",
            help="say `and`",
            notes=("a note",),
            related=((other, "see\nhere"),),
            fix=Fix("say `and`", (Edit(place, "and"), Edit(Span("a b/ü.nslsm", 2, 1, 2, 5, 11, 15), "", lines=True))),
        ),
        Code("never-heard-of", Severity.WARNING).at(None, "about nothing in particular"),
        Code("table-empty", Severity.NOTE).at(Span("a b/ü.nslsm"), "a point"),
    ]
    return found, Sources({"a b/ü.nslsm": text})


def test_a_log_is_valid_by_the_standards_schema(validator: Draft4Validator) -> None:
    log = to_sarif(*sample())

    assert [error.message for error in validator.iter_errors(log)] == []
    assert list(validator.iter_errors({"version": "2.1.0"})), "the schema refuses what is none"


def test_a_log_of_a_real_check_is_valid(validator: Draft4Validator) -> None:
    found = checked("let a = 1 # nslsm: allow(unused-let) x\ncontrol c { deny file_opne }\ncontrol c { }")

    log: Any = to_sarif(found.diagnostics, found.sources)

    assert len(log["runs"][0]["results"]) == len(found.diagnostics) > 1
    assert [error.message for error in validator.iter_errors(log)] == []


def test_an_empty_log_is_valid(validator: Draft4Validator) -> None:
    assert not list(validator.iter_errors(to_sarif([], Sources())))


def run_of_sample() -> Any:
    log: Any = to_sarif(*sample())
    return log["runs"][0]


def test_results_point_to_their_place_and_to_their_rule() -> None:
    run = run_of_sample()
    result = run["results"][0]

    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "foreign-syntax"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/%C3%BC.nslsm"},
        "region": {"startLine": 1, "startColumn": 7, "endLine": 1, "endColumn": 9, "charOffset": 6, "charLength": 2},
    }
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///srv/x.nslsm"


def test_nothing_in_a_message_steers_a_terminal() -> None:
    result = run_of_sample()["results"][0]

    assert result["message"]["text"] == "`&&` is \\x1b[31m odd\nnote: a note\nhelp: say `and`"


def test_rules_carry_their_pages() -> None:
    rules = {rule["id"]: rule for rule in run_of_sample()["tool"]["driver"]["rules"]}

    assert rules["foreign-syntax"]["help"]["markdown"].startswith("# foreign-syntax\n")
    assert "help" not in rules["never-heard-of"]


def test_fixes_say_which_characters_go_and_what_comes() -> None:
    fix = run_of_sample()["results"][0]["fixes"][0]

    assert fix["artifactChanges"][0]["replacements"] == [
        {"deletedRegion": {"charOffset": 6, "charLength": 2}, "insertedContent": {"text": "and"}},
        {"deletedRegion": {"charOffset": 11, "charLength": 5}},
    ]
