"""One decision on one line."""

from nslsm.report.decision import decision_line
from tests.audit.samples import connected, decided, executed, occasion, opened, state, task

NURSE = task()


def line(request: object) -> str:
    decision, _ = decided(state(NURSE), request)  # type: ignore[arg-type]
    return decision_line(decision, occasion(NURSE)).plain


def test_a_denial_is_told_with_who_denied_it() -> None:
    assert line(opened(NURSE)) == (
        "#7 denied        sh[42] openat /srv/phi/7.hl7 -> EACCES by ward.charts#confine-1 in host.ward"
    )


def test_an_indeterminate_verdict_is_told_with_what_it_hangs_on() -> None:
    assert line(executed(NURSE, "/x")) == "#7 indeterminate sh[42] openat /x -> EACCES hangs on object.sha256"


def test_a_grant_is_told_with_what_would_have_denied_it() -> None:
    assert line(connected(NURSE)) == "#7 granted       sh[42] openat 192.0.2.9:80, would deny: ward.egress#outside"


def test_a_hostile_name_stays_on_its_line() -> None:
    assert line(opened(NURSE, "/srv/phi/\n\x1b[2J")).isprintable()
