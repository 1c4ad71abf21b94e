"""How a run's summary reads."""

import pytest

from nslsm.audit.summary import Ledger, Summary
from nslsm.diagnostics.diagnostic import Code
from nslsm.diagnostics.span import Span
from nslsm.report.page import as_text
from nslsm.report.summary import count, percent, render_summary
from tests.audit.samples import connected, decided, executed, occasion, opened, state, task

NURSE, ROOT = task(), task("host", uid=0, pid=9)


def a_run() -> Summary:
    before = state(NURSE, ROOT)
    ledger = Ledger("ab" * 32, "full")
    events = [
        (NURSE, (opened(NURSE),), "openat"),
        (NURSE, (connected(NURSE),), "connect"),
        (NURSE, (executed(NURSE, "/usr/bin/x"),), "execve"),
        (ROOT, (opened(ROOT, "/etc/passwd"),), "openat"),
        (ROOT, (), "brk"),
    ] * 3
    for number, (who, requests, call) in enumerate(events, 1):
        decision, _ = decided(before, *requests)
        ledger.add(decision, occasion(who, number, call))
    ledger.find(Code("cut-line").at(Span("t", 9, 1, 9, 2, 0, 1), "the line ends in the middle of a call"))
    return ledger.summary(lines=1234, understood=1233)


def test_a_summary_says_first_what_a_person_wants_to_know() -> None:
    assert (
        as_text(render_summary(a_run(), seconds=0.5), 80)
        == """\
15 events, 3 of them raise no hook; 12 requests judged
   9 granted
   3 denied
   3 indeterminate
   3 would-be denials, by bindings that complain only
   3 observed by audit rules

denied
  #1 sh[42] openat /srv/phi/7.hl7 -> EACCES by ward.charts#confine-1 in
      host.ward  (3 times)
      only a clinician's program opens PHI

by rule
  denied would deny observed
       3          0        0  ward.charts#confine-1 in host.ward  high
       0          3        0  ward.egress#outside in host.ward
       0          0        3  ward.charts#started in host.ward

by namespace
  granted denied indeterminate
        3      3             3  host.ward
        6      0             0  host

indeterminate for want of
  object.sha256  3 events

understood 99.9 % of 1,234 lines; 1 not
  1 x cut-line  first: t:9:1: error[cut-line]: the line ends in the middle of a
      call
0.50 s, 30 events per second
policy abababababababab, full walk"""
    )


def test_an_empty_run_says_so_and_divides_by_nothing() -> None:
    assert as_text(render_summary(Ledger("", "short").summary(lines=0, understood=0), seconds=0.0)) == (
        "0 events\n  0 granted\n  0 denied\n  0 indeterminate\n\nunderstood 100 % of 0 lines\n0.00 s"
    )


def test_more_denials_than_are_shown_are_said_to_be_the_first() -> None:
    before = state(NURSE)
    ledger = Ledger("", "full")
    for number in range(20):
        decision, _ = decided(before, opened(NURSE, f"/srv/phi/{number}"))
        ledger.add(decision, occasion(NURSE, number))

    page = as_text(render_summary(ledger.summary()))

    assert "the first that were denied" in page
    assert "/srv/phi/9 " in page
    assert "/srv/phi/10 " not in page


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_summary_fits(width: int) -> None:
    assert max(map(len, as_text(render_summary(a_run()), width).splitlines())) <= width


def test_the_understood_part_is_never_rounded_up() -> None:
    assert percent(0.9999999) == "99.9 %"
    assert count(1, "finding") == "1 finding"
