"""Expressions have the values that Kleene's logic, saturating integers and the tables' rules give them."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rpds import HashTrieMap

from nslsm.hooks.kinds import FILE, TASK
from nslsm.hooks.types import (
    ADDRESS,
    BOOL,
    INT,
    NETWORK,
    NO_ADDRESS,
    PATH,
    STRING,
    UNKNOWN,
    Enumeration,
    SetOf,
    Type,
    Unknown,
)
from nslsm.kernel.view import BindingView
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.language.program.interpret import Missing, Result, Scene, both, either, negated, value_of
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Identity, Value
from nslsm.testing.builders import request, state_with, task_in
from nslsm.testing.programs import ATTRIBUTES, NOWHERE

STRINGS = SetOf(STRING)
OBJECT = ir.Thing("object", FILE)


def const(value: Value, type_: Type) -> ir.Constant:
    return ir.Constant(value, type_)


def control(*tables: ir.Table) -> ir.Control:
    return ir.Control(
        name="t.c",
        doc="",
        annotations=ir.Annotations(),
        parameters=(),
        attributes=ATTRIBUTES,
        tables=tables,
        rules=(),
        span=NOWHERE,
    )


def opening(path: str | Unknown = "/srv/a", xattrs: "HashTrieMap[str, str] | Unknown" = UNKNOWN) -> Request:
    state = state_with(root=[])
    identity = path if isinstance(path, Unknown) else Identity("file", path)
    thing = File(path, identity, xattrs=xattrs)
    return request("file_open", task_in(state), thing, flags=frozenset({"read"}))


def value(expression: ir.Expr, asked: Request | None = None, *tables: ir.Table) -> Result:
    state = state_with(root=[])
    return value_of(expression, Scene(control(*tables), asked or opening(), BindingView(state, 0, "c")))


A, B = Missing(frozenset({"a"})), Missing(frozenset({"b"}))


@pytest.mark.parametrize(
    ("operands", "conjunction", "disjunction"),
    [
        ((True, A), A, True),
        ((False, A), False, A),
        ((A, B), Missing(frozenset({"a", "b"})), Missing(frozenset({"a", "b"}))),
        ((A, True, B, False), False, True),
        ((), True, False),
    ],
)
def test_what_settles_the_whole_settles_it_although_others_are_unknown(
    operands: tuple[bool | Missing, ...], conjunction: bool | Missing, disjunction: bool | Missing
) -> None:
    assert both(operands) == conjunction
    assert either(operands) == disjunction


@given(st.lists(st.sampled_from((True, False, A, B))))
def test_de_morgan_holds_among_unknowns(operands: list[bool | Missing]) -> None:
    assert negated(both(operands)) == either(negated(each) for each in operands)


def test_a_statement_or_its_negation_is_not_true_where_it_is_unknown() -> None:
    hashed = ir.Compare("==", ir.FactOf(OBJECT, "sha256", STRING), const("aa", STRING), BOOL)

    assert value(ir.Or((hashed, ir.Not(hashed, BOOL)), BOOL)) == Missing(frozenset({"object.sha256"}))


def test_an_unknown_fact_is_named_as_its_author_wrote_it() -> None:
    parent = ir.FactOf(ir.FactOf(OBJECT, "parent", FILE), "path", PATH)

    assert value(ir.FactOf(OBJECT, "path", PATH), opening(UNKNOWN)) == Missing(frozenset({"object.path"}))
    assert value(parent, opening(UNKNOWN)) == Missing(frozenset({"object.parent.path"}))


def test_an_attribute_is_derived_from_the_thing_it_is_on_until_it_is_set() -> None:
    mark = ir.AttributeOf(OBJECT, "file.mark", BOOL)

    assert value(mark, opening("/srv/a")) is True
    assert value(mark, opening("/etc/passwd")) is False
    assert value(mark, opening(UNKNOWN)) == Missing(frozenset({"object.mark"}))


def test_an_extended_attribute_that_is_absent_has_the_value_that_was_given_for_it() -> None:
    xattr = ir.MethodOf(OBJECT, "xattr", (const("user.x", STRING), const("?", STRING)), STRING)

    assert value(xattr, opening(xattrs=HashTrieMap({"user.x": "v"}))) == "v"
    assert value(xattr, opening(xattrs=HashTrieMap())) == "?"
    assert value(xattr, opening(xattrs=UNKNOWN)) == Missing(frozenset({'object.xattr("user.x")'}))


def test_integers_saturate() -> None:
    top = const(2**63 - 1, INT)

    assert value(ir.Arithmetic("+", top, const(1, INT), INT)) == 2**63 - 1
    assert value(ir.Arithmetic("-", const(-(2**63), INT), const(1, INT), INT)) == -(2**63)


def test_integers_share_bits() -> None:
    assert value(ir.Arithmetic("&", const(0o4755, INT), const(0o6000, INT), INT)) == 0o4000
    assert value(ir.Arithmetic("&", const(-1, INT), const(2**63 - 1, INT), INT)) == 2**63 - 1


def test_sets_are_united_subtracted_and_intersected() -> None:
    one, two = const(frozenset({1, 2}), SetOf(INT)), const(frozenset({2, 3}), SetOf(INT))

    assert [value(ir.Arithmetic(sign, one, two, SetOf(INT))) for sign in "+-&"] == [{1, 2, 3}, {1}, {2}]


@pytest.mark.parametrize(
    ("address", "inside"), [(IPv4Address("10.1.2.3"), True), (IPv4Address("8.8.8.8"), False), (NO_ADDRESS, False)]
)
def test_a_socket_without_an_address_is_in_no_network(address: Value, inside: bool) -> None:
    network = const(IPv4Network("10.0.0.0/8"), NETWORK)
    asked = ir.Compare("in", const(address, ADDRESS), network, BOOL)

    assert value(asked) is inside
    assert value(ir.Compare("not in", const(address, ADDRESS), network, BOOL)) is not inside


def test_ordered_names_compare_by_their_order() -> None:
    level = Enumeration("level", ("low", "medium", "high"), ordered=True)

    assert value(ir.Compare("<", const("low", level), const("high", level), BOOL, level.members)) is True
    assert value(ir.Compare("<", const("high", level), const("medium", level), BOOL, level.members)) is False


def test_a_let_is_evaluated_once() -> None:
    deep: ir.Expr = const(1, INT)
    for name in range(60):
        shared = ir.Named(str(name), deep, INT)
        deep = ir.Arithmetic("+", shared, shared, INT)

    assert value(deep) == 2**60


def test_a_conditional_whose_condition_is_unknown_is_unknown() -> None:
    hashed = ir.Compare("==", ir.FactOf(OBJECT, "sha256", STRING), const("aa", STRING), BOOL)

    assert value(ir.Conditional(hashed, const(1, INT), const(1, INT), INT)) == Missing(frozenset({"object.sha256"}))


def test_matches_and_under_ask_about_paths() -> None:
    path = ir.FactOf(OBJECT, "path", PATH)

    assert value(ir.Matches(path, const("/srv/*", STRING), (Glob("/srv/*"),), BOOL)) is True
    assert value(ir.Under(path, const(frozenset({"/etc", "/srv/"}), STRINGS), BOOL)) is True
    assert value(ir.Under(path, const("/sr", PATH), BOOL)) is False


def test_functions_of_paths_and_sets() -> None:
    path = ir.FactOf(OBJECT, "path", PATH)

    assert value(ir.Builtin("basename", (path,), STRING)) == "a"
    assert value(ir.Builtin("dirname", (path,), PATH)) == "/srv"
    assert value(ir.Builtin("size", (const(frozenset({1, 2}), SetOf(INT)),), INT)) == 2


RIGHTS = ir.Table(
    name="rights",
    keys=(PATH,),
    trees=(True,),
    value=STRINGS,
    rows={("/srv",): frozenset({"read"}), ("/srv/a",): frozenset({"write"}), ("/",): frozenset({"list"})},
    otherwise=frozenset(),
)
TE = ir.Table(
    name="te",
    keys=(STRING, STRING),
    trees=(False, False),
    value=STRINGS,
    rows={("a", "x"): frozenset({"read"}), ("b", "x"): frozenset({"write"})},
    otherwise=frozenset(),
)


def test_a_tree_key_unites_the_answers_of_all_directories_above() -> None:
    asked = ir.Lookup("rights", (ir.FactOf(OBJECT, "path", PATH),), (False,), STRINGS)

    assert value(asked, opening("/srv/a/b"), RIGHTS) == {"read", "write", "list"}
    assert value(asked, opening("/etc"), RIGHTS) == {"list"}


def test_a_set_as_key_unites_the_answers_for_its_elements() -> None:
    subjects = const(frozenset({"a", "b", "c"}), STRINGS)
    asked = ir.Lookup("te", (subjects, const("x", STRING)), (True, False), STRINGS)

    assert value(asked, None, TE) == {"read", "write"}


def test_a_missing_key_has_what_else_says() -> None:
    ports = ir.Table(name="p", keys=(PATH,), trees=(False,), value=INT, rows={("/a",): 1}, otherwise=7)
    asked = ir.Lookup("p", (ir.FactOf(OBJECT, "path", PATH),), (False,), INT)

    assert value(asked, opening("/a"), ports) == 1
    assert value(asked, opening("/b"), ports) == 7


def test_subject_and_object_are_who_the_request_says() -> None:
    asked = request("task_kill", task_in(state_with(root=[])), task_in(state_with(root=[]), pid=11, uid=7))

    assert value(ir.FactOf(ir.Thing("object", TASK), "uid", INT), asked) == 7
    assert value(ir.FactOf(ir.Thing("subject", TASK), "pid", INT), asked) == 10
