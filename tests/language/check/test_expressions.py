"""Expressions: what names mean, which types agree, what is worked out at once."""

from ipaddress import ip_address, ip_network

import pytest

from nslsm.hooks.kinds import FILE, FILE_TYPE, OPEN_FLAGS, TASK
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import BOOL, INT, PATH, STRING, Enumeration, SetOf
from nslsm.language.check import ir
from tests.language.check.memory import checked, codes, control, findings

SUBJECT = ir.Thing("subject", TASK)
UID = ir.FactOf(SUBJECT, "uid", INT)
FILE_OBJECT = ir.Thing("object", FILE)
OBJECT_PATH = ir.FactOf(FILE_OBJECT, "path", PATH)
FLAGS = ir.Argument("flags", OPEN_FLAGS)


def when(
    expression: str, hooks: str = "file_open", before: str = "", inside: str = "", parameters: str = ""
) -> ir.Expr | None:
    """What a condition of control ``c`` comes to, be it a wise one or not: warnings about it are not looked at."""
    text = f"{before}\ncontrol c{parameters} {{ {inside}\n deny {hooks} when {expression} }}"
    rule = checked(text).require().controls["case.c"].rules[0]
    assert isinstance(rule, ir.Deny)
    return rule.when


def wrong(
    expression: str, hooks: str = "file_open", before: str = "", inside: str = "", parameters: str = ""
) -> list[str]:
    """The findings about a condition of control ``c``."""
    return findings(f"{before}\ncontrol c{parameters} {{ {inside}\n deny {hooks} when {expression} }}")


def constant(value: object, type_: object) -> ir.Constant:
    return ir.Constant(value, type_)  # type: ignore[arg-type]


def equal(left: ir.Expr, right: ir.Expr) -> ir.Compare:
    return ir.Compare("==", left, right, BOOL)


# Names


def test_facts_of_subject_object_and_hook_are_read_with_their_types() -> None:
    assert when("subject.uid == 0") == equal(UID, constant(0, INT))
    assert when('object.parent.path == "/srv"') == equal(
        ir.FactOf(ir.FactOf(FILE_OBJECT, "parent", FILE), "path", PATH), constant("/srv", PATH)
    )
    assert when("flags has write") == ir.Compare(
        "has", FLAGS, constant("write", Enumeration("open_flags", OPEN_FLAGS.members)), BOOL
    )


def test_facts_with_arguments_are_methods() -> None:
    assert when("subject.is_ancestor_of(object)", "task_kill") == ir.MethodOf(
        SUBJECT, "is_ancestor_of", (ir.Thing("object", TASK),), BOOL
    )
    assert when('object.xattr("user.x") == "1"') == equal(
        ir.MethodOf(FILE_OBJECT, "xattr", (constant("user.x", STRING),), STRING), constant("1", STRING)
    )


def test_a_word_of_the_expected_type_wins_over_a_let_of_that_name() -> None:
    found = when("object.type == regular", before='let regular = "no"')

    assert found == equal(ir.FactOf(FILE_OBJECT, "type", FILE_TYPE), constant("regular", FILE_TYPE))


def test_words_are_found_on_either_side_and_in_sets() -> None:
    type_ = ir.FactOf(FILE_OBJECT, "type", FILE_TYPE)

    assert when("regular == object.type") == equal(constant("regular", FILE_TYPE), type_)
    assert when("object.type in {fifo, socket}") == ir.Compare(
        "in", type_, constant(frozenset({"fifo", "socket"}), SetOf(FILE_TYPE)), BOOL
    )
    assert when("flags has any {write, append}") == ir.Compare(
        "has any", FLAGS, constant(frozenset({"write", "append"}), OPEN_FLAGS), BOOL
    )
    assert when("write in flags") == ir.Compare(
        "in", constant("write", Enumeration("open_flags", OPEN_FLAGS.members)), FLAGS, BOOL
    )


@pytest.mark.parametrize(
    ("expression", "hooks", "value"),
    [
        ("subject.effective has CAP_KILL", "file_open", Capability.CAP_KILL),
        ("signal == SIGKILL", "task_kill", Signal.SIGKILL),
        ("address == 8.8.8.8", "socket_connect", ip_address("8.8.8.8")),
        ("address in 10.0.0.0/8", "socket_connect", ip_network("10.0.0.0/8")),
        ("address in {[2001:db8::/32]}", "socket_connect", frozenset({ip_network("2001:db8::/32")})),
    ],
)
def test_constants_have_the_values_that_facts_have(expression: str, hooks: str, value: object) -> None:
    found = when(expression, hooks)

    assert isinstance(found, ir.Compare)
    assert isinstance(found.right, ir.Constant)
    assert found.right.value == value


def test_an_errno_is_a_value() -> None:
    found = when("wanted == EACCES", parameters="(wanted: errno)")

    assert found == equal(ir.Parameter("wanted", ir.Constant(Errno.EACCES, None).type or found.left.type), found.right)  # type: ignore[union-attr, arg-type]
    assert found.right.value is Errno.EACCES  # type: ignore[union-attr]


def test_a_fact_of_the_hook_wins_over_a_parameter_and_is_said_to() -> None:
    assert wrong("port == 1", "socket_connect", before="let port = 1") == [
        "shadowed-name: `port` is the hook's own fact here, not the let of that name"
    ]
    assert wrong("port == 1", "socket_connect", parameters="(port: int)") == [
        "shadowed-name: `port` is the hook's own fact here, not the parameter of that name"
    ]


def test_an_unknown_name_is_said_once_and_silences_what_it_is_part_of() -> None:
    assert wrong("subject.effective has nobody and (who == 3 or subject.uid + who > 4)") == [
        "unknown-name: nothing is called `nobody` here",
        "unknown-name: nothing is called `who` here",
        "unknown-name: nothing is called `who` here",
    ]


def test_an_unknown_fact_does_not_make_the_other_side_unknown() -> None:
    assert wrong("object.typ == regular") == ["unknown-fact: a file has no fact or attribute `typ`"]


def test_an_attribute_without_its_thing_is_explained() -> None:
    found = wrong("tainted", inside="attr task.tainted: bool = false")

    assert found == ["unknown-name: nothing is called `tainted` here"]


# Lets


def test_a_text_behind_a_let_is_a_path_where_a_path_is_expected() -> None:
    text = """
    let name = "/bin/sh"
    control c { deny file_open when object.path == name  deny file_open when subject.comm == name }
    """
    rules = control(text).rules

    types = [rule.when.right.type for rule in rules]  # type: ignore[union-attr]
    assert types == [PATH, STRING]


def test_a_let_is_one_node_however_often_it_is_read() -> None:
    text = """
    control c {
        let mine = subject.uid == object.owner
        deny file_open when mine and flags has write
        deny file_open when mine and flags has append
        deny file_permission when mine
    }
    """
    first, second, third = (rule.when for rule in control(text).rules)

    assert isinstance(first, ir.And)
    assert isinstance(second, ir.And)
    named = first.operands[0]
    assert isinstance(named, ir.Named)
    assert named is second.operands[0]
    assert named == third
    assert named is not third


def test_a_let_means_what_the_object_is_at_each_rule() -> None:
    text = """
    control c {
        let mine = object.path == "/x"
        deny file_open when mine
        deny task_kill when mine
    }
    """

    assert findings(text) == ["unknown-fact: a task has no fact or attribute `path`"]


def test_a_let_of_another_module_knows_its_own_names_only() -> None:
    modules = {"people": "let staff = {1001} + guests\nlet guests = {1002}"}
    found = control(
        "import people (staff)\nlet guests = {7}\ncontrol c { deny file_open when subject.uid in staff }", modules
    )

    assert found.rules[0].when == ir.Compare("in", UID, constant(frozenset({1001, 1002}), SetOf(INT)), BOOL)  # type: ignore[union-attr]


def test_a_control_s_names_are_not_seen_by_the_module_s_lets() -> None:
    found = findings("let most = limit + 1\ncontrol c(limit: int) { deny file_open when subject.uid < most }")

    assert found == ["unknown-name: nothing is called `limit` here"]


def test_lets_that_name_one_another_cost_no_more_than_their_number() -> None:
    lets = "\n".join(f"let a{n} = a{n - 1} and not a{n - 1}" for n in range(1, 30))
    text = f"let a0 = subject.uid == 0\n{lets}\ncontrol c {{ deny file_open when a29 }}"

    assert isinstance(when("a29", before=f"let a0 = subject.uid == 0\n{lets}"), ir.Named)
    assert codes(text) == []


# Types


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ('subject.uid == "root"', "type-mismatch"),
        ("subject.comm == object.path", "type-mismatch"),
        ("object.path + 1 == 2", "type-mismatch"),
        ("subject.exe & 7 == 2", "type-mismatch"),
        ("subject.groups & 7 == 2", "type-mismatch"),
        ("subject.groups + 7 == {7}", "type-mismatch"),
        ("flags == write", "type-mismatch"),
        ('subject.uid in {1, "two"}', "type-mismatch"),
        ("subject.uid in subject.effective", "type-mismatch"),
        ("subject.groups has CAP_KILL", "unknown-name"),
        ('(subject.uid if object.path == "/x" else object.path) == 3', "type-mismatch"),
        ("object.path under 3", "type-mismatch"),
        ('subject.uid matches "/x"', "type-mismatch"),
        ("object.path matches 3", "type-mismatch"),
        ('object.path matches {"/a", 3}', "type-mismatch"),
        ('subject.comm under "/x"', "type-mismatch"),
        ('dirname(subject.comm) == "/x"', "type-mismatch"),
        ("{{1}} == subject.groups", "type-mismatch"),
        ("subject.uid", "not-a-condition"),
        ("not object.path", "not-a-condition"),
        ("subject.uid == 1 and object.path", "not-a-condition"),
        ('object.path < "/x"', "not-ordered"),
        ("object.type < regular", "not-ordered"),
        ("subject.groups < {1}", "not-ordered"),
        ("subject == object", "not-comparable"),
        ("subject.uid in 3", "not-a-set"),
        ('subject.comm has "x"', "not-a-set"),
        ("flags has all write", "not-a-set"),
        ("size(subject.uid) == 1", "not-a-set"),
        ('object.xattr == ""', "not-a-value"),
        ('object.xattr() == ""', "wrong-arguments"),
        ('object.xattr(3) == ""', "type-mismatch"),
        ('object.path() == ""', "not-callable"),
        ('nothing(3) == ""', "unknown-name"),
        ("{} == {}", "untyped-set"),
        ('object.path == "/a/"', "bad-path"),
        ('object.path under ""', "bad-path"),
        ("object.path.owner == 1", "not-a-thing"),
        ("flags.write", "not-a-thing"),
        ("object.path matches subject.exe", "not-constant"),
        ('object.path matches {"/x", subject.comm}', "not-constant"),
        ('object.path matches "/{a"', "bad-glob"),
        ("(object if subject.uid == 0 else object.parent).owner == 1", "not-a-value"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_one_finding(expression: str, code: str) -> None:
    found = wrong(expression)

    assert [each.partition(":")[0] for each in found] == [code], found


def test_ordered_enumerations_are_compared_by_the_order_of_their_members() -> None:
    found = when("level >= high", parameters="(level: enum (low, medium, high))")

    assert isinstance(found, ir.Compare)
    assert found.members == ("low", "medium", "high")


def test_every_operator_takes_what_it_is_for() -> None:
    for expression in (
        "subject.uid + 1 - 2 > object.owner",
        "subject.groups & {1, 2} != {}",
        "subject.groups + {1} - {2} has all {3}",
        "flags & {write} == {write}",
        'basename(object.path) == "x"',
        'dirname(object.path) under "/srv"',
        "size(subject.groups) <= 3",
        'object.path matches "/srv/**"',
        'subject.comm matches {"ssh*", "scp"}',
        'object.path under {"/srv", "/var"}',
        "subject.no_new_privs == true",
        "(1 if subject.no_new_privs else 2) == subject.uid",
        "subject.securebits has noroot",
    ):  # fmt: skip
        assert when(expression) is not None, expression


# What is worked out at once


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("subject.uid == 1 + 2 - 4", -1),
        ("subject.uid == (3 if 1 in {1} else 4)", 3),
        ("subject.uid == size({1, 1, 2})", 2),
        ("subject.uid == 9223372036854775807 + 1", 2**63 - 1),
        ('object.path == dirname("/a/b")', "/a"),
        ("subject.groups == {1} + {2} - {1}", frozenset({2})),
    ],
)
def test_constants_are_worked_out(expression: str, value: object) -> None:
    found = when(expression)

    assert isinstance(found, ir.Compare)
    assert isinstance(found.right, ir.Constant)
    assert found.right.value == value


def test_only_a_constant_decides_a_run_of_and_or_or() -> None:
    assert when("subject.uid == 0 and 1 == 1") == equal(UID, constant(0, INT))
    assert when("subject.uid == 0 and 1 == 2") == constant(False, BOOL)
    assert when("subject.uid == 0 or 1 == 2") == equal(UID, constant(0, INT))
    assert when("subject.uid == 0 or 1 == 1") is None


def test_a_condition_that_is_true_whatever_a_fact_is_stays_since_the_fact_may_be_unknown() -> None:
    found = when('object.sha256 == "" or not (object.sha256 == "")')

    assert isinstance(found, ir.Or)
    assert isinstance(when("object.sha256 in {}"), ir.Compare)


def test_globs_are_compiled_where_the_pattern_is_constant_and_later_where_a_parameter_is() -> None:
    fixed = when('object.path matches {"/b", "/a/*"}')
    open_ = when("object.path matches store", parameters='(store: path = "/srv/**")')

    assert isinstance(fixed, ir.Matches)
    assert fixed.globs is not None
    assert [glob.text for glob in fixed.globs] == ["/a/*", "/b"]
    assert isinstance(open_, ir.Matches)
    assert open_.globs is None
    assert open_.patterns == ir.Parameter("store", PATH)


# Limits


NESTED = {
    "not": ("not (" * 60, "subject.uid == 0", ")" * 60),
    "and": ("(subject.uid == 1 and " * 60, "subject.uid == 0", ")" * 60),
    "sum": ("subject.uid + (" * 60, "1", ")" * 60 + " == 3"),
    "if": ("(1 if subject.uid == 3 else " * 60, "2", ")" * 60 + " == 3"),
    "call": ("dirname(" * 60, "object.path", ")" * 60 + ' == "/"'),
    "set": ("size({" * 40, "subject.uid", "})" * 40 + " == 1"),
}


@pytest.mark.parametrize("name", NESTED)
def test_expressions_may_nest_as_deep_as_a_person_would_read(name: str) -> None:
    before, middle, after = NESTED[name]

    assert when(before + middle + after) is not None


@pytest.mark.parametrize("name", NESTED)
def test_beyond_the_limit_is_an_error_and_no_overflow(name: str) -> None:
    before, middle, after = NESTED[name]
    before, after = before * 4, after.replace(")", ")" * 4, 1) if name != "set" else after
    depth = before.count("(") - after.count(")")
    found = wrong(before + middle + ")" * depth + after)

    assert found
    assert all("over-limit" in each or "syntax" in each or "nested" in each for each in found), found[:2]


def test_a_long_chain_of_lets_is_an_error_and_no_overflow() -> None:
    lets = "\n".join(f"let a{n} = a{n - 1} + 1" for n in range(1, 3000))

    found = wrong("a2999 == 3", before=f"let a0 = subject.uid\n{lets}")

    assert {each.partition(":")[0] for each in found} == {"over-limit"}


def test_a_long_chain_of_lets_read_one_by_one_is_an_error_too() -> None:
    lets = "\n".join(f"let a{n} = a{n - 1} + 1" for n in range(1, 300))
    rules = "\n".join(f"deny file_open when a{n} == 3" for n in range(300))

    found = codes(f"let a0 = subject.uid\n{lets}\ncontrol c {{ {rules} }}")

    assert set(found) == {"over-limit"}


# What nobody reads


def test_a_let_for_others_is_checked_as_far_as_it_speaks_of_no_object() -> None:
    assert codes("let staff = {1} let mine = subject.uid == 3") == []
    assert codes("let big = object.owner == 3") == ["unused-let"]
    assert codes("let big = subject.udi == 3") == ["unused-let"]
    assert codes("control c { let x = 3 deny task_kill }") == ["unused-let"]
    assert codes("control c { let x = y let y = 3 deny task_kill }") == ["unused-let", "unused-let"]
