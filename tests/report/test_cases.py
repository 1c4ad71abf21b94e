"""How the results of tests read."""

from dataclasses import replace
from pathlib import Path

import pytest

from nslsm.diagnostics.sources import Sources
from nslsm.language.check.cases import Case
from nslsm.library import Library, Selection, Written
from nslsm.report.cases import render_failures, render_results
from nslsm.report.page import as_text
from nslsm.resources import policies_root
from nslsm.simulation.cases import Failure, Result, run_case
from tests.audit.samples import TEXT

TESTS = """
test "a visitor opens no chart" {
    file "/srv/phi/7" { owner = 0, mode = 0o666 }
    task visitor in host.ward { uid = 7 }

    visitor open "/srv/phi/7" -> allow
}

test "programs run" {
    task visitor in host { uid = 7 }

    visitor exec "/usr/bin/ehr" -> allow
}

test "everything else" {
    task visitor in host.ward { uid = 7 }

    visitor connect 8.8.8.8:443 -> would-deny by genuine
    visitor exec "/usr/bin/other" -> allow
    expect visitor.charts.clinician == true
    visitor read "/srv/x" -> allow
}
"""


def cases() -> tuple[tuple[Case, ...], Sources]:
    checked = Selection(
        ("ward",), Library((policies_root(),), {"ward": Written(Path("/nowhere"), TEXT + TESTS)})
    ).check()
    assert checked.package is not None, checked.diagnostics
    return checked.package.tests, checked.package.sources


def test_what_failed_is_shown_where_it_stands_with_what_everybody_said() -> None:
    (first, second, _), sources = cases()
    number = (TEXT + TESTS).split("\n").index('    visitor open "/srv/phi/7" -> allow') + 1

    results = [run_case(first), run_case(second)]

    assert (
        as_text(render_results(results, sources, verbose=True), 80)
        == f"""\
ward  1 of 2 tests passed

  FAILED a visitor opens no chart
      --> <standard input>:{number}:5
    {number} | visitor open "/srv/phi/7" -> allow
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = expected allow
         got      deny EACCES by charts#confine-1 in host.ward
                  only a clinician's program opens PHI
         file_open /srv/phi/7  denied EACCES
           host.ward  charts   denies EACCES  #confine-1  <- decides
                      egress                              no rule about it
           host       genuine                             no rule about it
         also asked: inode_permission; no control has a rule about it
  passed programs run

2 tests: 1 passed, 1 failed"""
    )


def test_each_kind_of_failure_says_what_was_expected_and_what_came() -> None:
    (_, _, third), sources = cases()

    page = as_text(render_failures(run_case(third), sources))

    for said in (
        "= expected would-deny by genuine\n         got      would-deny by egress#outside in host.ward",
        "would deny EACCES  #outside  complain: it does not count",
        "got      unknown object.sha256",
        "genuine  does not know    hangs on object.sha256",
        "= expected visitor.charts.clinician == true\n         got      false",
        "= `visitor` has not opened `/srv/x`",
    ):
        assert said in page


@pytest.mark.parametrize("width", [50, 72, 100])
def test_a_failure_fits_where_there_is_room_for_its_policy(width: int) -> None:
    known, sources = cases()

    page = as_text(render_results([run_case(case) for case in known], sources), width)

    assert all(len(line) <= width for line in page.splitlines())


def test_where_all_passed_a_line_is_enough() -> None:
    known, sources = cases()

    page = as_text(render_results([Result(case=case, steps=2) for case in known], sources))

    assert page == "ward  3 of 3 tests passed\n\n3 tests: 3 passed"


def test_a_title_cannot_steer_the_terminal() -> None:
    (first, _, _), sources = cases()
    hostile = replace(first, title="\x1b[2J\n")
    failure = Failure(step=first.steps[-1], problem="\x1b[2J")

    page = as_text(render_results([Result(case=hostile, failures=(failure,))], sources, verbose=True))

    assert all(line.isprintable() for line in page.splitlines())
