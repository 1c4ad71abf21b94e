"""Whatever a record or a result is named by is there once."""

import pytest

from tests.language.check.memory import findings

END = "control c { deny task_kill } namespace n { bind c }"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (
            f'{END} test "t" {{ task a in n }} test "t" {{ task b in n }}',
            "duplicate-name: another test of this module has this title, and results could not be told apart",
        ),
        (
            '@ref(hipaa, "164.312(a)(1)") @ref(hipaa, "164.312(a)(1)", coverage = full) control c { deny task_kill }',
            "bad-annotation: `hipaa` 164.312(a)(1) is referred to twice, and one coverage counts",
        ),
        ("@severity(low) @severity(high) control c { deny task_kill }", "bad-annotation: `@severity` is said twice"),
        ('@title("a") @title("a") control c { deny task_kill }', "bad-annotation: `@title` is said twice"),
        ('@owner("a") @owner("b") policy p { }', "bad-annotation: `@owner` is said twice"),
        (
            "control c { deny a: task_kill  audit a: file_open }",
            "duplicate-name: two rules of this control are called `a`",
        ),
        (
            "control c { confine file_open { allow a: file_open  allow a: file_open } }",
            "duplicate-name: two rules of this control are called `confine-1.a`",
        ),
        (
            f"{END} namespace host {{ namespace a {{ }} namespace a {{ }} }}",
            "duplicate-name: two namespaces side by side are called `a`",
        ),
        (f"{END} namespace n {{ bind c }}", "duplicate-name: `n` is declared twice in this module"),
    ],
)
def test_what_is_said_twice_and_may_be_said_once_is_one_finding(text: str, finding: str) -> None:
    assert findings(text) == [finding]


@pytest.mark.parametrize(
    "text",
    [
        f'{END} test "t" {{ task a in n }} test "u" {{ task a in n }}',
        '@ref(hipaa, "164.312(a)(1)") @ref(hipaa, "164.312(b)") control c { deny task_kill }',
        "control c { deny a: task_kill } control d { deny a: task_kill }",
        "control c { confine a: file_open { allow b: file_open }  confine b: file_open { allow b: file_open } }",
        f"{END} namespace host {{ namespace a {{ namespace a {{ }} }} }}",
    ],
)
def test_one_name_in_different_places_is_none(text: str) -> None:
    assert findings(text) == []
