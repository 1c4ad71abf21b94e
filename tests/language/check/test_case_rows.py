"""Tests with a ``for``: one test for each row, and rows that do not fit are findings."""

from textwrap import dedent

import pytest

from nslsm.simulation.cases import run
from tests.language.check.memory import checked

POLICY = """\
let charts = {{"/srv/a", "/srv/b"}}
operation read = file_open when flags has read
control c {{
    deny read when object.path under "/srv"
    deny socket_connect when port == 80
}}
namespace host {{ bind c }}
{test}
"""


def cases(test: str) -> list[tuple[str, bool]]:
    package = checked(POLICY.format(test=dedent(test))).require()
    return [(result.case.title, result.passed) for result in run(package.tests)]


def found(test: str) -> list[str]:
    return [f"{each.code.name}: {each.message}" for each in checked(POLICY.format(test=dedent(test))).diagnostics]


def test_a_test_runs_once_for_each_row_in_the_order_of_the_text() -> None:
    test = """\
    test "closed" for path, where in { "/srv/a" 8.8.8.8:80, "/home" [::1]:443 } {
        file path
        task t in host
        t open path -> deny
        t connect where -> deny
    }
    """

    assert cases(test) == [
        ('closed [path = "/srv/a", where = 8.8.8.8:80]', True),
        ('closed [path = "/home", where = [::1]:443]', False),
    ]


def test_the_rows_can_be_a_set_that_has_a_name() -> None:
    test = 'test "closed" for path in charts { task t in host t open path -> deny by c }'

    assert cases(test) == [('closed [path = "/srv/a"]', True), ('closed [path = "/srv/b"]', True)]


def test_a_value_means_what_it_would_mean_there() -> None:
    test = """\
    test "as written" for who, how, mode in { {1, 2} read 0o644, {} write 0o666 } {
        file "/srv/a" { mode = mode }
        task t in host { groups = who }
        t open "/srv/a" how -> deny by c
    }
    """

    assert [passed for _, passed in cases(test)] == [True, False]


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("for x in {} { t open x -> allow }", "bad-step: this test has no rows, so that it would never run"),
        ('for x in { "/a" 1 } { t open x -> allow }', "bad-step: this row has 2 values, and the names are `x`"),
        ('for x in { "/a" } { t open "/b" -> allow }', "bad-step: no step of this test reads `x`"),
        ('for x in { "/a", "/a" } { t open x -> allow }', "table-duplicate: this row stands here twice"),
        ('for t in { "/a" } { t open t -> allow }', "duplicate-name: this test has a task `t`"),
        ("for x in chart { t open x -> allow }", "unknown-name: no `let` is called `chart` here"),
        ("for x in c { t open x -> allow }", "unknown-name: `c` is no `let`"),
        ("for x in { 7 } { t open x -> allow }", "type-mismatch: "),
    ],
)
def test_rows_that_do_not_fit_are_a_finding(test: str, why: str) -> None:
    head, _, steps = test.partition("{ t ")

    messages = found(f'test "odd" {head}{{ task t in host t {steps}')

    assert len(messages) == 1
    assert messages[0].startswith(why)


def test_a_name_that_is_no_set_of_literals_is_a_finding() -> None:
    messages = found('let half = {1 + 1}\ntest "odd" for x in half { task t in host { uid = x } t open "/" -> allow }')

    assert messages == ["bad-step: a test's rows are written out, and `half` is no set of literals"]
