"""``unset-attribute``: read, and never anything but its default."""

import pytest

from tests.language.check.rules.lint import found, places

CODE = "unset-attribute"


@pytest.mark.parametrize(
    "text",
    [
        "attr task.a: bool = false  deny file_open when subject.a",
        "attr task.a: bool = false  deny file_open when subject.a  on file_open set subject.a = false",
        "attr task.a: bool = false foreign false  deny task_kill when object.a",
        "attr task.a: int = level  deny file_open when subject.a > 3",
        "attr file.a: bool = true  confine file_open { allow file_open when object.a }",
        "let off = false  attr task.a: bool = off  deny file_open when subject.a  on task_kill set subject.a = off",
    ],
)
def test_an_attribute_that_no_rule_changes_is_reported(text: str) -> None:
    assert places(CODE, f"control c(level: int = 1) {{ {text} }}") == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "attr task.a: bool = false  deny file_open when subject.a  on file_open set subject.a = true",
        "attr task.a: bool = false  deny file_open when subject.a  on denied file_open set subject.a = true",
        "attr task.a: bool = false  deny file_open when subject.a  on file_open set subject.a = subject.a",
        "attr task.a: bool = false foreign true  deny task_kill when object.a",
        "attr file.a: bool = object.owner == 0  deny file_open when object.a",
        "attr task.a: int = 0  deny file_open when subject.a > 3  on file_open set subject.a = level",
        "attr task.a: bool = false",
    ],
)
def test_one_that_can_change_or_that_nothing_reads_is_not(text: str) -> None:
    assert places(CODE, f"control c(level: int = 1) {{ {text} }}") == []


def test_the_finding_says_whether_it_is_set_at_all() -> None:
    never, default = found(
        CODE,
        """control c {
            attr task.a: bool = false
            attr task.b: bool = false
            on file_open set subject.b = false
            deny file_open when subject.a or subject.b
        }""",
    )

    assert never.message == "`task.a` is read, and no rule sets it: it is always its default"
    assert default.message == "`task.b` is only ever set to its default, so it never changes"
