"""How an explanation reads: at any width, with the rules where they stand, and harmless on a terminal."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from rpds import HashTrieMap

from nslsm.diagnostics.sources import Sources
from nslsm.engine.decision import Move
from nslsm.engine.evaluate import Walk
from nslsm.engine.explain import explain
from nslsm.hooks.linux import Errno
from nslsm.kernel.state import CellKey, State
from nslsm.protocol.namespace import Binding
from nslsm.protocol.request import Request
from nslsm.report.explanation import render_explanation
from nslsm.report.page import as_text
from tests.audit.samples import (
    capable,
    connected,
    decided,
    executed,
    occasion,
    opened,
    sources,
    state,
    task,
    tree,
)
from tests.laws.laws import BrokenControl

NURSE = task()


def told(before: State, *requests: Request, width: int = 80, texts: Sources | None = None, **more: object) -> str:
    decision, _ = decided(before, *requests, **more)  # type: ignore[arg-type]
    page = render_explanation(explain(decision, before), sources() if texts is None else texts, occasion(NURSE))
    return as_text(page, width)


def tainted() -> State:
    cells = HashTrieMap({CellKey(NURSE.home, "charts", "task.tainted"): True})
    return replace(state(NURSE), cells=HashTrieMap({NURSE.identity: cells}))


def test_a_denial_is_explained_from_the_verdict_to_what_would_turn_it() -> None:
    assert (
        told(state(NURSE), opened(NURSE, "/srv/phi/7.hl7", "read", "write"))
        == """\
#7 openat by sh[42] in host.ward, line 14
denied EACCES by ward.charts#confine-1 in host.ward
    only a clinician's program opens PHI
    Access to charts: hipaa 164.312(a)(1) (partial), severity high

file_open  denied EACCES
  A file is about to be opened, by open(2) or its kin, or by execve(2) for the
  program and its interpreter.
  subject  process 42, /bin/sh, uid 1003
  object   /srv/phi/7.hl7, regular
  flags    {read, write}

  in host.ward
    charts denies EACCES  #confine-1  <- decides
      --> <standard input>:18:5
    18 | confine read, write where object.phi because "only a clinician's
       |                           ^^^^^^^^^^ true
       |     program opens PHI" {
    19 |     allow read, write when subject.clinician
       |                            ^^^^^^^^^^^^^^^^^ false
    20 |     allow read when subject.uid == 0 and basename(object.path) ==
       |                     ^^^^^^^^^^^^^^^^     ^^^^^^^^^^^^^^^^^^^^^^^^
       |                     false: subject.uid is 1003
       |                                 false: object.path is "/srv/phi/7.hl7"
       |     "index"
       = it is a `read`: `flags has read and not (flags has exec)`
       = it is a `write`: `flags has any {append, truncate, write}`
       = no `allow` lets it through as a `read` or a `write`
       = `object.phi` is true from its default, `object.path matches
         "/srv/phi/**"`
       = `subject.clinician` is false from the start: no rule has set it
    egress has no rule about this hook

  in host
    genuine has no rule about this hook

what would have it granted
  Any one of these would do:
  1. `subject.clinician` is false; were it true, charts would allow.
     ward.charts#on-1 sets it (<standard input>:27:5): on exec when object.path
       == "/usr/bin/ehr" and subject.uid in {1001, 1002}
  2. `object.phi` is true; were it false, charts would abstain.
  The kernel may then go on, and ask more than it did."""
    )


def test_several_marks_on_one_line_have_their_labels_under_them() -> None:
    page = told(tainted(), connected(NURSE), width=120)

    assert (
        """
    23 | deny out: connect when subject.tainted and address not in 10.0.0.0/8 and port not in {443, 8443}
       |                        ^^^^^^^^^^^^^^^     ^^^^^^^^^^^^^^^^^^^^^^^^^     ^^^^^^^^^^^^^^^^^^^^^^^
       |                        true                true: address is 192.0.2.9    true: port is 80
"""
        in page
    )
    assert "egress would deny  #outside  complain: it does not count" in page
    assert "`subject.tainted` was set to true by an earlier event" in page


def test_what_is_unknown_is_named_and_may_go_either_way() -> None:
    page = told(state(NURSE), executed(NURSE, "/usr/bin/x"))

    assert "indeterminate EACCES\n    nobody knows object.sha256\n" in page
    assert "genuine does not know" in page
    assert (
        """\
what would have it denied
  `object.sha256 in {"aa", "bb"}` is unknown; were it false, ward.genuine#known
  in host would deny."""
        in page
    )


def test_two_changes_that_are_needed_together_are_told_together() -> None:
    page = told(state(NURSE), executed(NURSE), width=120)

    assert (
        """\
what would have it denied
  `object.path == "/usr/bin/ehr"` is true (object.path is "/usr/bin/ehr"), and `object.sha256 in {"aa", "bb"}` is
  unknown; were both false, ward.genuine#known in host would deny."""
        in page
    )


def test_several_answers_in_the_way_are_told_one_by_one() -> None:
    root = tree()[0]
    broken = Binding(name="broken", control=BrokenControl("raises"))
    before = replace(state(NURSE), namespaces=tree().with_namespace(replace(root, bindings=(*root.bindings, broken))))

    page = told(before, opened(NURSE), walk=Walk.SHORT)

    assert "2 answers stand in the way, and all must change:" in page
    assert "the control broke: ValueError: broken" in page
    assert "- broken#fault in host, on file_open\n      It broke: ValueError: broken." in page


def test_the_kernels_own_refusal_is_told_in_its_words() -> None:
    page = told(state(NURSE), capable(NURSE), refusal=(Errno.EACCES, "/etc/shadow is not readable"))

    assert "denied EACCES by kernel\n    /etc/shadow is not readable\n" in page
    assert "The kernel itself refuses, before or beside any control: /etc/shadow is not" in page


def test_changes_moves_and_observers_are_told() -> None:
    clinician = task(uid=1001)
    before = state(clinician)
    decision, _ = decided(before, executed(clinician))
    moved = replace(decision, moves=(Move(tree()[0], tree()[1], counterfactual=True), Move(tree()[0], None)))

    page = as_text(render_explanation(explain(moved, before), sources()), 120)

    assert "ward.charts in host.ward sets task.clinician of task 42 to true  #on-1" in page
    assert "the process moves from host to host.ward, although the event is denied" in page
    assert "the process stays in host: nobody knows whether it should move" in page
    assert "observed by ward.charts#started in host.ward: programs are counted" in page


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_page(width: int) -> None:
    pages = [
        told(state(NURSE), opened(NURSE), width=width),
        told(tainted(), connected(NURSE), width=width),
        told(state(NURSE), executed(NURSE, "/usr/" + "very-long-name-" * 20), width=width),
    ]

    for page in pages:
        assert max(map(len, page.splitlines())) <= max(width, 36)


def test_without_the_policys_text_the_conditions_are_told_in_words() -> None:
    page = told(state(NURSE), opened(NURSE), texts=Sources())

    assert "--> <standard input>:18:5" in page
    assert "only a clinician's program opens PHI" in page
    assert "= `subject.clinician` is false" in page
    assert "^" not in page


def test_a_text_that_has_changed_since_is_not_quoted() -> None:
    texts = Sources({"<standard input>": "something else"})

    assert "^" not in told(state(NURSE), opened(NURSE), texts=texts)


def test_nothing_that_a_program_named_reaches_the_terminal_raw() -> None:
    hostile = "/srv/phi/\x1b]0;owned\x07\u202e\n[bold red]x[/]"

    page = told(state(NURSE), opened(NURSE, hostile), width=200)

    assert all(line.isprintable() for line in page.splitlines())
    assert "[bold red]x[/]" in page


def test_colours_are_the_terminals_business() -> None:
    decision, _ = decided(state(NURSE), opened(NURSE))
    page = render_explanation(explain(decision, state(NURSE)), sources())
    plain, coloured = StringIO(), StringIO()

    Console(file=plain, width=80, highlight=False).print(page)
    Console(file=coloured, width=80, highlight=False, force_terminal=True, color_system="standard").print(page)

    assert "\x1b" not in plain.getvalue()
    assert "\x1b[1;31mdenied\x1b[0m" in coloured.getvalue()
    assert plain.getvalue().rstrip("\n") == as_text(page, 80)
