"""Codes and the findings they make."""

import pytest

from nslsm.diagnostics.diagnostic import Code, Related, Severity
from nslsm.diagnostics.error import SHOWN_DIAGNOSTICS, DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span

UNKNOWN = Code("unknown-hook")
PLACE = Span("a.nslsm", 1, 6, 1, 15, 5, 14)


def test_a_finding_has_the_severity_of_its_code() -> None:
    assert Code("unused", Severity.WARNING).at(None, "never read").severity is Severity.WARNING
    assert UNKNOWN.at(None, "no such hook").severity is Severity.ERROR


def test_a_finding_keeps_everything_that_is_said_with_it() -> None:
    found = UNKNOWN.at(
        PLACE, "no hook", label="here", help="try another", notes=("one", "two"), related=((PLACE, "declared here"),)
    )

    assert (found.span, found.message, found.label, found.help) == (PLACE, "no hook", "here", "try another")
    assert found.notes == ("one", "two")
    assert found.related == (Related(PLACE, "declared here"),)


def test_findings_with_the_same_content_are_equal_and_hash_alike() -> None:
    assert len({UNKNOWN.at(PLACE, "no hook"), UNKNOWN.at(PLACE, "no hook"), UNKNOWN.at(None, "no hook")}) == 2


def test_the_text_of_an_error_shows_its_diagnostics_with_their_excerpts() -> None:
    error = DiagnosticError([UNKNOWN.at(PLACE, "no hook")], Sources({"a.nslsm": "deny file_opne"}))

    assert str(error).splitlines() == [
        "error[unknown-hook]: no hook",
        "  --> a.nslsm:1:6",
        " 1 | deny file_opne",
        "   |      ^^^^^^^^^",
    ]


def test_the_text_of_an_error_with_very_many_diagnostics_says_how_many_it_left_out() -> None:
    error = DiagnosticError([UNKNOWN.at(None, f"hook {number}") for number in range(SHOWN_DIAGNOSTICS + 3)])

    assert len(error.diagnostics) == SHOWN_DIAGNOSTICS + 3
    assert str(error).endswith(f"error[unknown-hook]: hook {SHOWN_DIAGNOSTICS - 1}\n\n… and 3 more")


def test_an_error_without_a_diagnostic_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least one"):
        DiagnosticError([])
