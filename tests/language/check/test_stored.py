"""Checked policies as JSON and back: nothing is lost, nothing else comes out."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.hooks.types import STRING, SetOf
from nslsm.language.check import ir
from nslsm.language.check.stored import NotStored, restored, stored
from nslsm.language.program.rows import look_up
from nslsm.library import check_targets
from nslsm.resources import examples_root, policies_root
from nslsm.testing.programs import controls


def there_and_back(value: object) -> Any:
    return restored(json.loads(json.dumps(stored(value))))


@pytest.mark.parametrize("root", [policies_root(), examples_root()], ids=["policies", "examples"])
def test_a_policy_comes_back_equal_with_its_places(root: object) -> None:
    for checked in check_targets([str(root)]):
        package = checked.require()
        whole = (package.roots, package.controls, package.policies, package.namespaces, package.tests)

        again = there_and_back(whole)

        assert again == whole
        assert repr([_spans(each) for each in again[1].values()]) == repr([_spans(each) for each in whole[1].values()])


def _spans(control: object) -> list[object]:
    return [(rule.id, rule.span) for rule in control.rules]


@given(controls())
def test_every_program_comes_back_equal(control: ir.Control) -> None:
    assert there_and_back(control) == control


def test_a_table_that_comes_back_is_asked_as_before() -> None:
    table = ir.Table(
        name="t",
        keys=(STRING, STRING),
        trees=(False, False),
        value=SetOf(STRING),
        rows={("a", "b"): frozenset("x")},
        otherwise=frozenset(),
    )

    (found,) = there_and_back((table,))

    assert look_up(found, [frozenset("ac"), frozenset("b")], (True, True)) == {"x"}


def test_what_is_one_stays_one() -> None:
    shared = ("a", 1)

    first, second = there_and_back((shared, shared))

    assert first is second


def test_truth_and_number_are_told_apart() -> None:
    assert repr(there_and_back((True, 1, False, 0, None, "1"))) == repr((True, 1, False, 0, None, "1"))


class Other:
    pass


def test_what_is_no_value_of_a_policy_is_not_stored() -> None:
    with pytest.raises(NotStored):
        stored((1, Other()))


damage = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.text(max_size=3), lambda inner: st.lists(inner, max_size=4)
)


@given(st.lists(damage, max_size=8))
def test_what_was_never_stored_comes_back_as_an_error_or_a_plain_value(table: list[object]) -> None:
    with suppress(NotStored):
        restored(table)
