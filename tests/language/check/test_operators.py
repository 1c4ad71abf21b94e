"""Constants worked out by the checker come to what an evaluator would make of them (Model L7)."""

from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.hooks.types import BOOL, INT, PATH, STRING, Enumeration, SetOf
from nslsm.language.check import ir
from nslsm.language.check.expressions import folded
from nslsm.language.check.glob import Glob
from nslsm.language.check.operators import Settling
from nslsm.language.program.interpret import Missing, Scene, value_of
from nslsm.protocol.things import Value

LEVEL = Enumeration("level", ("low", "middle", "high"), ordered=True)


def c(value: object, type_: object) -> ir.Constant:
    return ir.Constant(value, type_)  # type: ignore[arg-type]


bools = st.booleans().map(lambda each: c(each, BOOL))
ints = st.sampled_from([0, 1, -1, 7, 2**63 - 1, -(2**63)]).map(lambda each: c(each, INT))
sets = st.frozensets(st.integers(0, 3), max_size=3).map(lambda each: c(each, SetOf(INT)))
paths = st.sampled_from(["/", "/a", "/a/b", "/ab", ""]).map(lambda each: c(each, PATH))
levels = st.sampled_from(LEVEL.members).map(lambda each: c(each, LEVEL))
globs = st.sampled_from(["/a", "/*", "/**", "/a/*"]).map(lambda each: c(each, STRING))

integers = st.recursive(
    ints,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("+-"), inner, inner).map(lambda each: ir.Arithmetic(*each, INT)),
        st.tuples(bools, inner, inner).map(lambda each: ir.Conditional(*each, INT)),
        sets.map(lambda each: ir.Builtin("size", (each,), INT)),
        inner.map(lambda each: ir.Named("n", each, INT)),
    ),
    max_leaves=5,
)
containers = st.recursive(
    sets,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("+-&"), inner, inner).map(lambda each: ir.Arithmetic(*each, SetOf(INT))),
        st.lists(integers, min_size=1, max_size=3).map(lambda each: ir.SetOfParts(tuple(each), SetOf(INT))),
    ),
    max_leaves=4,
)
ORDER = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
truths = st.recursive(
    st.one_of(
        bools,
        st.tuples(ORDER, integers, integers).map(lambda each: ir.Compare(*each, BOOL)),
        st.tuples(ORDER, levels, levels).map(lambda each: ir.Compare(*each, BOOL, LEVEL.members)),
        st.tuples(st.sampled_from(["in", "not in"]), integers, containers).map(lambda each: ir.Compare(*each, BOOL)),
        st.tuples(containers, integers).map(lambda each: ir.Compare("has", *each, BOOL)),
        st.tuples(st.sampled_from(["has all", "has any"]), containers, containers).map(
            lambda each: ir.Compare(*each, BOOL)
        ),
        st.tuples(paths, paths).map(lambda each: ir.Under(*each, BOOL)),
        st.tuples(paths, globs).map(
            lambda each: ir.Matches(each[0], each[1], (Glob(cast("str", each[1].value)),), BOOL)
        ),
        paths.map(lambda each: ir.Compare("==", ir.Builtin("dirname", (each,), PATH), each, BOOL)),
        paths.map(lambda each: ir.Compare("==", ir.Builtin("basename", (each,), STRING), c("a", STRING), BOOL)),
    ),
    lambda inner: st.one_of(
        inner.map(lambda each: ir.Not(each, BOOL)),
        st.lists(inner, min_size=2, max_size=3).map(lambda each: ir.And(tuple(each), BOOL)),
        st.lists(inner, min_size=2, max_size=3).map(lambda each: ir.Or(tuple(each), BOOL)),
    ),
    max_leaves=6,
)


def evaluated(expression: ir.Expr) -> Value:
    found = value_of(expression, Scene(None, None, None))  # type: ignore[arg-type]  # constants read no request
    assert not isinstance(found, Missing)
    return found


@settings(deadline=None)
@given(st.one_of(truths, integers, containers))
def test_constants_come_to_what_the_evaluator_makes_of_them(expression: ir.Expr) -> None:
    assert Settling().value(expression) == evaluated(expression)


@settings(deadline=None)
@given(truths)
def test_a_folded_expression_is_the_constant_that_it_comes_to(expression: ir.Expr) -> None:
    result = folded(expression)

    assert result is not None
    assert evaluated(result) == evaluated(expression)


def test_parameters_are_worked_out_with_their_arguments() -> None:
    expression = ir.Arithmetic("+", ir.Parameter("n", INT), c(1, INT), INT)

    assert Settling({"n": c(2, INT)}).value(expression) == 3
    assert Settling().value(expression) is None


@pytest.mark.parametrize("request_", [ir.Argument("x", INT), ir.Lookup("t", (), (), INT)])
def test_what_reads_a_request_has_no_constant_value(request_: ir.Expr) -> None:
    assert Settling().value(request_) is None
    assert Settling().value(ir.Arithmetic("+", request_, c(1, INT), INT)) is None


def test_kleene_decides_where_one_side_is_known() -> None:
    unknown = ir.Argument("x", BOOL)

    assert Settling().value(ir.And((unknown, c(False, BOOL)), BOOL)) is False
    assert Settling().value(ir.Or((unknown, c(True, BOOL)), BOOL)) is True
    assert Settling().value(ir.And((unknown, c(True, BOOL)), BOOL)) is None
