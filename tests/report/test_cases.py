"""How the results of tests read."""

from dataclasses import replace
from pathlib import Path

from nslsm.diagnostics.sources import Sources
from nslsm.language.check.cases import Case
from nslsm.library import Library, Selection
from nslsm.report.cases import render_results
from nslsm.report.page import as_text
from nslsm.resources import policies_root
from nslsm.simulation.cases import Failure, Result
from tests.audit.samples import TEXT, decided, opened, state, task

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
"""


def cases() -> tuple[tuple[Case, ...], Sources]:
    checked = Selection(("ward",), Library((policies_root(),), {"ward": (Path("/nowhere"), TEXT + TESTS)})).check()
    assert checked.package is not None, checked.diagnostics
    return checked.package.tests, checked.package.sources


def test_what_failed_is_shown_where_it_stands_with_what_came_out() -> None:
    (first, second), sources = cases()
    person = task()
    decision, _ = decided(state(person), opened(person))
    failure = Failure(step=first.steps[-1], reasons=("expected a grant",), decision=decision)
    results = (Result(case=first, failures=(failure,), steps=3), Result(case=second, steps=2))
    number = (TEXT + TESTS).split("\n").index('    visitor open "/srv/phi/7" -> allow') + 1

    assert (
        as_text(render_results(results, sources, verbose=True), 80)
        == f"""\
ward  1 of 2 tests passed
  FAILED a visitor opens no chart
      --> <standard input>:{number}:5
    {number} | visitor open "/srv/phi/7" -> allow
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = expected a grant
       = it was denied EACCES by ward.charts#confine-1 in host.ward: only a
         clinician's program opens PHI
  passed programs run

2 tests: 1 passed, 1 failed"""
    )


def test_where_all_passed_a_line_is_enough() -> None:
    known, sources = cases()

    page = as_text(render_results([Result(case=case, steps=2) for case in known], sources))

    assert page == "ward  2 of 2 tests passed\n\n2 tests: 2 passed"


def test_a_title_cannot_steer_the_terminal() -> None:
    (first, _), sources = cases()
    hostile = replace(first, title="\x1b[2J\n")

    page = as_text(render_results([Result(case=hostile)], sources, verbose=True))

    assert all(line.isprintable() for line in page.splitlines())
