"""Values of Python that stay what they are, and their text."""

from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_address
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.controls.constant import canonical, require_constant
from nslsm.hooks.linux import Errno
from tests.house.checkout import run, tool


@dataclass(frozen=True)
class Frozen:
    value: object


@dataclass
class Changing:
    value: object


@dataclass(unsafe_hash=True)
class Claiming:
    value: object


class Plain:
    pass


class Point(NamedTuple):
    x: object


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(allow_nan=False),
    lambda inner: (
        st.tuples(inner, inner) | st.frozensets(inner, max_size=3) | st.builds(Frozen, inner) | st.builds(Point, inner)
    ),
    max_leaves=6,
)


@given(values)
def test_numbers_texts_and_what_is_made_of_them_are_constant(value: object) -> None:
    require_constant(value, "it")


@pytest.mark.parametrize(
    "value", [Errno.EPERM, ip_address("::1"), PurePosixPath("/x"), Decimal(1), int, Point(1), range(3), 1j]
)
def test_values_of_other_kinds_are_constant_where_they_compare_by_what_they_are(value: object) -> None:
    require_constant(value, "it")


CHANGEABLE = [[], {}, set(), bytearray(), Plain(), SimpleNamespace(), Changing(1), lambda: 1, object()]


@pytest.mark.parametrize("value", CHANGEABLE, ids=lambda value: type(value).__name__)
def test_what_could_be_changed_in_place_is_not_and_neither_is_what_holds_it(value: object) -> None:
    for wrapped in (value, (1, value), Point(value), Frozen(value), Claiming(value), ((value,),)):
        with pytest.raises(TypeError, match=r"it is a \w+, which could be changed in place"):
            require_constant(wrapped, "it")


@given(values, values)
def test_values_that_differ_have_texts_that_differ(one: object, other: object) -> None:
    if canonical(one) == canonical(other):
        assert one == other
    else:
        assert repr(one) != repr(other) or one != other


def test_the_text_does_not_hang_on_the_order_of_sets_or_mappings() -> None:
    pair = namedtuple("pair", "a b")  # noqa: PYI024 - it has no types

    assert canonical(frozenset({"b", "a", "c"})) == "frozenset('a', 'b', 'c')"
    assert canonical({"b": 1, "a": frozenset({2, 1})}) == "dict('a': frozenset(1, 2), 'b': 1)"
    assert canonical(pair(1, Errno.EPERM)) == "pair(1, Errno.EPERM)"
    assert canonical(Frozen((1,))) == "Frozen(value=tuple(1))"
    assert canonical(Frozen) == f"{__name__}.Frozen"


@pytest.mark.parametrize("value", [object(), (lambda: 1), (1, Plain())])
def test_what_has_another_text_in_each_run_has_none(value: object) -> None:
    with pytest.raises(TypeError, match="another text in each run"):
        canonical(value)


def test_a_control_has_the_same_digest_in_every_run() -> None:
    program = (
        "import nslsm\nfrom nslsm.controls.python import PythonControl\n"
        "class C(nslsm.Control):\n handles = {'file_open'}\n"
        " def __init__(self): self.names = frozenset({'a', 'b', 'c', 'd'}); self.table = (('x', frozenset('xyz')),)\n"
        "print(PythonControl(C()).digest)"
    )

    printed = {run([tool("python"), "-c", program], more={"PYTHONHASHSEED": seed}).stdout for seed in ("1", "2", "3")}

    assert len(printed) == 1
    assert len(printed.pop().strip()) == 64
