"""``unused-attribute``: no decision and no record hangs on it, directly or through other attributes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.language.check.memory import checked
from tests.language.check.rules.lint import found, places

CODE = "unused-attribute"


def control(rules: str) -> str:
    return f"control c {{ attr task.a: bool = false attr task.b: bool = false {rules} }}"


@pytest.mark.parametrize(
    ("rules", "unused"),
    [
        ("", ["a", "b"]),
        ("deny file_open when subject.a", ["b"]),
        ("confine file_open where subject.a { allow file_open when subject.b }", []),
        ("audit file_open when subject.a  inbound deny task_kill when object.b", []),
        ("on file_open set subject.a = true  deny task_kill when subject.b", ["a"]),
        ("on file_open when subject.a set subject.b = true  deny task_kill when subject.b", []),
        ("on file_open set subject.b = subject.a  deny task_kill when subject.b", []),
        ("on denied file_open set subject.b = subject.a  audit task_kill when subject.b", []),
        ("let tainted = subject.a and not subject.b  deny file_open when tainted", []),
        ("deny task_kill when subject.uid in {1, 2 if subject.a else 3} or subject.b", []),
    ],
)
def test_an_attribute_is_of_use_where_a_chain_of_effects_leads_to_a_rule_that_judges_or_observes(
    rules: str, unused: list[str]
) -> None:
    assert places(CODE, control(rules)) == unused


def test_what_only_feeds_an_attribute_that_nothing_reads_is_not_reported_beside_it() -> None:
    assert places(CODE, control("on file_open when subject.a set subject.b = true")) == ["b"]


def test_attributes_that_only_feed_each_other_are_all_reported() -> None:
    (one, other) = found(
        CODE, control("on file_open set subject.a = subject.b  on task_kill set subject.b = subject.a")
    )

    assert one.message == "`task.a` is read only to set it, and no decision hangs on it"
    assert other.related[0].text == "it is set here, and nothing comes of it"


def test_a_counter_that_only_counts_is_of_no_use() -> None:
    text = "control c { attr task.n: int = 0  on file_open set subject.n = subject.n + 1 }"

    assert places(CODE, text) == ["n"]


@pytest.mark.parametrize(
    "rules", ["let never = subject.a and subject.b", "deny file_open when false and subject.a and subject.b"]
)
def test_what_is_idle_because_of_something_else_is_not_reported_beside_it(rules: str) -> None:
    assert places(CODE, control(rules)) == []


def test_a_control_that_is_wrong_has_no_unused_attributes() -> None:
    assert [each.code.name for each in checked(control("deny file_opne when subject.a")).diagnostics] == [
        "unknown-hook"
    ]


@given(
    read=st.frozensets(st.integers(0, 5)),
    edges=st.frozensets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=9),
)
def test_what_is_reported_is_what_no_rule_can_be_reached_from(
    read: frozenset[int], edges: frozenset[tuple[int, int]]
) -> None:
    attributes = " ".join(f"attr task.a{n}: bool = false" for n in range(6))
    denies = " ".join(f"deny file_open when subject.a{n}" for n in sorted(read))
    effects = " ".join(f"on task_kill set subject.a{to} = subject.a{of}" for of, to in sorted(edges))
    text = f"control c {{ {attributes} {denies} {effects} }}"
    of_use = set(read)
    while more := {of for of, to in edges if to in of_use} - of_use:
        of_use |= more

    result = checked(text)
    reported = {int(each.message.partition("task.a")[2][0]) for each in result.diagnostics if each.code.name == CODE}

    assert not reported & of_use
    idle = set(range(6)) - of_use
    explained = set(reported)
    while more := {of for of, to in edges if to in explained and of in idle} - explained:
        explained |= more
    assert explained == idle
