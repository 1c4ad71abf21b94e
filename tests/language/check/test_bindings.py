"""Policies and namespaces: what is bound under which name, with which arguments, in which mode."""

import pytest

from nslsm.controls.policy import PolicyControl
from nslsm.hooks.types import INT, PATH, SetOf
from nslsm.language.check import ir
from nslsm.language.check.package import UnknownItem
from nslsm.protocol.namespace import Limits, Mode
from tests.language.check.memory import checked, codes, findings, package, told

CONTROLS = """
control plain { deny task_kill }
control kept(home: path = "/srv", ids: set of int = {}) { deny file_open when object.path under home and subject.uid in ids }
control needs(pattern: string) { deny file_open when object.path matches pattern }
"""


def binds(members: str, before: str = "") -> tuple[ir.Bind, ...]:
    found = package(f"{CONTROLS}{before} namespace host {{ {members} }}")
    return found.namespaces["case.host"].binds


def wrong(members: str, before: str = "") -> list[str]:
    return findings(f"{CONTROLS}{before} namespace host {{ {members} }}")


def constant(value: object, type_: object) -> ir.Constant:
    return ir.Constant(value, type_)  # type: ignore[arg-type]


def test_a_binding_has_its_control_s_name_and_its_defaults_filled_in() -> None:
    (bind,) = binds("bind kept")

    assert (bind.name, bind.control.name, bind.mode) == ("kept", "case.kept", Mode.ENFORCE)
    assert bind.arguments == (("home", constant("/srv", PATH)), ("ids", constant(frozenset(), SetOf(INT))))


def test_arguments_are_given_by_name_and_may_be_worked_out() -> None:
    (bind,) = binds('bind kept(ids = staff + {7}, home = dirname("/opt/app")) as mine in complain', "let staff = {1}")

    assert (bind.name, bind.mode) == ("mine", Mode.COMPLAIN)
    assert dict(bind.arguments) == {"home": constant("/opt", PATH), "ids": constant(frozenset({1, 7}), SetOf(INT))}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ("bind nothing", "unknown-control"),
        ("bind host", "unknown-control"),
        ('bind kept(ids = {"x"})', "type-mismatch"),
        ("bind kept(ids = {subject.uid})", "fact-not-on-hook"),
        ('bind kept(hme = "/x")', "unknown-argument"),
        ('bind kept(home = "/x", home = "/y")', "duplicate-name"),
        ("bind needs", "missing-argument"),
        ('bind needs(patern = "/x")', "unknown-argument"),
        ('bind needs(pattern = "/a/[")', "bad-glob"),
        ('bind kept(home = "")', "bad-path"),
        ('bind kept bind kept(home = "/x")', "binding-clash"),
        ("bind kept bind plain as kept", "binding-clash"),
        ("bind kept as kernel", "reserved-name"),
        ("limit depth = -1", "unknown-limit"),
        ('limit depth = "x"', "type-mismatch"),
        ("lock { nothing }", "unknown-control"),
        ("lock { } lock { }", "repeated-clause"),
        ("namespace a { } namespace a { }", "duplicate-name"),
        ("namespace a { enter on task_kil }", "unknown-hook"),
        ("namespace a { enter on task_kill when object.tainted }", "unknown-fact"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_binding_is_one_finding(members: str, code: str) -> None:
    assert [each.partition(":")[0] for each in wrong(members)] == [code]


def test_the_same_control_with_the_same_arguments_is_one_binding_of_the_stricter_mode() -> None:
    (bind,) = binds('bind kept in complain bind kept(home = "/srv") bind kept in complain')

    assert bind.mode is Mode.ENFORCE


# Policies


def test_policies_unfold_into_their_controls_in_order() -> None:
    found = binds(
        'bind outer bind needs(pattern = "/x")', "policy inner { use kept } policy outer { use plain use inner }"
    )

    assert [bind.name for bind in found] == ["plain", "kept", "needs"]


def test_the_mode_that_is_written_nearest_the_namespace_counts() -> None:
    before = "policy inner { use plain in complain use kept } policy outer { use inner in enforce } policy as_is { use inner }"

    assert [bind.mode for bind in binds("bind inner", before)] == [Mode.COMPLAIN, Mode.ENFORCE]
    assert [bind.mode for bind in binds("bind as_is", before)] == [Mode.COMPLAIN, Mode.ENFORCE]
    assert [bind.mode for bind in binds("bind outer", before)] == [Mode.ENFORCE, Mode.ENFORCE]


def test_a_mode_that_takes_back_what_a_policy_says_counts_and_is_pointed_out() -> None:
    before = "policy inner { use plain in complain use kept } policy outer { use inner in enforce }"
    found = checked(f"{CONTROLS}{before} namespace host {{ bind outer in complain }}")
    (warning,) = told(found)

    assert warning.code.name == "weakened-mode"
    assert [bind.mode for bind in found.require().namespaces["case.host"].binds] == [Mode.COMPLAIN, Mode.COMPLAIN]


def test_a_policy_hands_its_parameters_on() -> None:
    before = "policy p(root: path, more: set of int = {1}) { use kept(home = root, ids = more + {2}) }"
    (bind,) = binds('bind p(root = "/opt")', before)

    assert dict(bind.arguments) == {"home": constant("/opt", PATH), "ids": constant(frozenset({1, 2}), SetOf(INT))}


def test_a_policy_under_a_name_names_its_bindings_so() -> None:
    before = "policy p(root: path) { use kept(home = root) }"
    found = binds('bind p(root = "/a") as one bind p(root = "/b") as two bind p(root = "/c")', before)

    assert [bind.name for bind in found] == ["one.kept", "two.kept", "kept"]


def test_a_policy_without_open_parameters_is_in_the_package_by_itself() -> None:
    found = package(f"{CONTROLS} policy p {{ use plain }} policy open_(root: path) {{ use kept(home = root) }}")

    assert set(found.policies) == {"case.p"}
    assert [bind.name for bind in found.policies["case.p"].binds] == ["plain"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("policy p { use p }", "cyclic-definition"),
        ("policy p { use q } policy q { use p }", "cyclic-definition"),
        ("policy p(x: int) { use kept(home = x) }", "type-mismatch"),
        ("policy p(x: int) { use nothing(home = x) }", "unknown-control"),
        ('policy p(x: string) { use needs(pattern = x) } namespace host { bind p(x = "[") }', "bad-glob"),
        ('policy p { use kept use kept(home = "/x") }', "binding-clash"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_policy_is_one_finding(text: str, code: str) -> None:
    assert codes(CONTROLS + text) == [code]


def test_policies_that_double_one_another_stay_small() -> None:
    chain = "\n".join(f"policy p{n} {{ use p{n - 1} use p{n - 1} }}" for n in range(1, 31))

    assert set(codes(f"{CONTROLS} policy p0 {{ use plain }}\n{chain}")) <= {"over-limit"}
    assert len(binds("bind p8", "policy p0 { use plain }" + "\n".join(chain.splitlines()[:8]))) == 1


def test_policies_that_use_one_another_too_deep_are_an_error_and_no_overflow() -> None:
    downwards = "\n".join(f"policy p{n} {{ use p{n - 1} }}" for n in range(999, 0, -1))

    assert set(codes(f"{CONTROLS} {downwards} policy p0 {{ use plain }}")) == {"over-limit"}


# Namespaces


def test_namespaces_nest_with_what_they_say() -> None:
    text = f"""
    {CONTROLS}
    table programs(name: path) = {{ "/x" }}
    policy both {{ use plain use kept }}
    policy open_(root: path) {{ use both use other(x = 3) use kept(home = root) as it }}
    control other(x: int) {{ deny file_open when subject.uid == x }}
    @title("All")
    namespace host {{
        \"\"\"Everything.\"\"\"
        bind plain
        limit depth = 4
        limit set_size = 2 + 1
        namespace web {{
            enter on bprm_check_security when programs(object.path)
            enter on task_kill
            lock {{ both, needs, open_ }}
            seal
            namespace cgi {{ lock {{ }} }}
        }}
        namespace db {{ }}
    }}
    """
    host = package(text).namespaces["case.host"]
    web, db = host.children

    assert (host.name, host.doc, host.annotations.title) == ("host", "Everything.", "All")
    assert host.limits == Limits(depth=4, set_size=3)
    assert (host.sealed, host.lock) == (False, None)
    assert web.sealed
    assert [control.name for control in web.lock or ()] == [
        "case.plain", "case.kept", "case.needs", "case.other"
    ]  # fmt: skip
    assert [[table.name for table in enter.tables] for enter in web.enters] == [["case.programs"], []]
    assert web.children[0].lock == ()
    assert db.children == ()


def test_namespaces_nested_beyond_the_limit_are_an_error() -> None:
    assert codes("namespace n { " * 80 + "}" * 80) == ["over-limit"]


# The package


def test_a_package_is_asked_by_short_and_by_qualified_name() -> None:
    modules = {"lib.web": "control web { deny task_kill } control other { deny task_kill } namespace host { }"}
    found = package("import lib control c { deny task_kill } namespace host { bind lib.web }", modules)

    assert found["c"] is found["case.c"]
    assert found["lib.web"] is found["web"]
    assert found["host"] is found.namespaces["case.host"]
    assert found["other"].name == "lib.web.other"
    assert "nothing" not in found
    assert [namespace.name for namespace in found.own_namespaces()] == ["host"]


def test_a_package_says_what_a_name_could_have_been() -> None:
    modules = {"a": "control x { deny task_kill }", "b": "control x { deny task_kill }"}
    found = package("import a import b control yama { deny task_kill } namespace h { bind a.x bind b.x as y }", modules)

    with pytest.raises(UnknownItem, match=r"`x` can be any of `a\.x` and `b\.x`"):
        found["x"]
    with pytest.raises(UnknownItem, match="did you mean `yama`"):
        found["yam"]


def test_where_anything_is_wrong_there_is_no_package() -> None:
    found = checked("control c { deny file_opne } namespace host { bind c }")

    assert found.package is None
    assert [each.code.name for each in found.errors] == ["unknown-hook"]


def test_warnings_leave_the_package() -> None:
    found = checked("control c { confine file_open { } }")

    assert [each.code.name for each in found.diagnostics] == ["empty-confine"]
    assert found.require().controls.keys() == {"case.c"}


def test_a_policy_in_which_there_is_nothing_binds_nothing() -> None:
    assert binds("bind none", "policy none { }") == ()
    assert binds("bind outer", "policy none { } policy outer { use none use none }") == ()


TABLES = """
table grants(user: int, place: tree) -> set of string = { 1 "/a" -> {"r"} } else {}
table others(who: int, where: tree) -> set of string = { 2 "/b" -> {"w"} } else {"x"}
table known(user: int) = { 1, 2 }
control asks(may: table (user: int, beneath: tree) -> set of string = grants) {
    deny file_open when not (may(subject.uid, object.path) has "r")
}
control needed(who: table (user: int)) { deny task_kill when not who(subject.uid) }
policy passes(may: table (user: int, beneath: tree) -> set of string) { use asks(may = may) }
"""


def test_a_table_is_an_argument_by_its_name_or_by_default() -> None:
    named, default, passed = binds(
        "bind asks(may = others) bind asks as second bind passes(may = others) as p bind needed(who = known)", TABLES
    )[:3]

    assert [dict(each.arguments)["may"].name for each in (named, default)] == ["case.others", "case.grants"]  # type: ignore[union-attr]
    assert passed.control.name == "case.needed"  # the policy's is the first once more: one binding


def test_the_rows_of_a_table_that_is_given_are_in_the_digest_and_its_name_is_not() -> None:
    def digest(rows: str, name: str) -> str:
        table = f"table {name}(user: int, place: tree) -> set of string = {{ {rows} }} else {{}}"
        (bind,) = binds(f"bind asks(may = {name})", TABLES + table)
        return PolicyControl(bind.control, dict(bind.arguments)).digest

    assert digest('3 "/c" -> {"r"}', "mine") == digest('3 "/c" -> {"r"}', "yours")
    assert digest('3 "/c" -> {"r"}', "mine") != digest('3 "/d" -> {"r"}', "mine")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ("bind needed", "missing-argument"),
        ("bind needed(who = grants)", "type-mismatch"),
        ("bind needed(who = nobody)", "unknown-name"),
        ("bind needed(who = {1, 2})", "type-mismatch"),
        ("bind needed(who = plain)", "type-mismatch"),
        ("bind asks(may = known)", "type-mismatch"),
        ("bind passes(may = known)", "type-mismatch"),
    ],
)
def test_what_is_no_table_of_the_type_is_refused(members: str, code: str) -> None:
    assert [each.partition(":")[0] for each in wrong(members, TABLES)] == [code]


@pytest.mark.parametrize(
    ("control", "code"),
    [
        ("control x(t: table (a: int)) { deny task_kill when t }", "not-a-value"),
        ("control x(t: table (a: int)) { deny task_kill when not t(1, 2) }", "wrong-arguments"),
        ('control x(t: table (a: int)) { deny task_kill when not t("x") }', "type-mismatch"),
        ("control x(t: table (a: set of int)) { deny task_kill when t(1) }", "unknown-type"),
        ("control x(t: table (a: tree) -> int) { deny task_kill when t(subject.exe) > 1 }", "table-type"),
        ("control x(t: table (a: int), t: int) { deny task_kill when t(1) }", "duplicate-name"),
        ("control x(t: table (a: int) = 1) { deny task_kill when not t(1) }", "type-mismatch"),
        ("policy x(t: table (a: int)) { use asks(may = t) }", "type-mismatch"),
    ],
)
def test_a_parameter_that_is_a_table_is_used_as_one(control: str, code: str) -> None:
    assert [each.partition(":")[0] for each in wrong("bind plain", TABLES + control)] == [code]


def test_a_parameter_hides_a_table_of_its_name() -> None:
    control = "control x(known: table (user: int)) { deny task_kill when not known(subject.uid) }"
    (bind,) = binds("bind x(known = other)", f"{TABLES} {control} table other(user: int) = {{ 9 }}")

    program = PolicyControl(bind.control, dict(bind.arguments)).program

    assert [sorted(table.rows) for table in program.tables] == [[(9,)]]
