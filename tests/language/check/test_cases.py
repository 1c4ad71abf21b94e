"""Tests in policies, typed: tasks and files with facts, steps with operands, verdicts with blame, attributes."""

from ipaddress import ip_address

import pytest

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import BOOL, INT, SetOf
from nslsm.language.check import ir
from nslsm.language.check.cases import Act, Case, Check, Endpoint, Expected, FileFixture, TaskFixture, TaskName
from nslsm.language.check.steps import CALLS, FILE_FACTS, TASK_FACTS, Form, opened
from nslsm.protocol.namespace import Mode
from tests.language.check.memory import findings, package

POLICY = """
let staff = 1001
control watch(limit: int = 3) {
    attr task.tainted: bool = false
    attr task.seen: set of int = {} join union
    attr file.label: string = "_"
    attr namespace.count: int = 0
    deny mine: task_kill when subject.tainted
    confine inside: file_open where object.label == "x" { allow file_open when subject.uid < limit }
    on file_open set subject.tainted = true
}
policy all_of_it { use watch as w }
namespace host {
    bind all_of_it
    namespace web { namespace cgi { } }
    namespace db { namespace cgi { } bind watch as w in complain }
}
"""
TASKS = "task a in web { uid = staff } task b in host.db "


def case(steps: str) -> Case:
    (found,) = package(f'{POLICY} test "t" {{ {steps} }}').tests
    return found


def act(step: str) -> Act:
    found = case(TASKS + step).steps[-1]
    assert isinstance(found, Act)
    return found


def wrong(steps: str) -> list[str]:
    return findings(f'{POLICY} test "t" {{ {steps} }}')


def test_a_case_knows_its_title_its_module_and_the_root_of_its_tasks() -> None:
    found = case(TASKS)

    assert (found.title, found.module) == ("t", "case")
    assert found.root is not None
    assert found.root.name == "host"


# What there is


def test_tasks_are_in_namespaces_by_the_end_of_their_path() -> None:
    tasks = case("task a in web task b in host task c in db.cgi task d in host.web.cgi").steps

    assert [each.namespace for each in tasks if isinstance(each, TaskFixture)] == [
        "host.web",
        "host",
        "host.db.cgi",
        "host.web.cgi",
    ]


def test_tasks_have_facts_of_their_types() -> None:
    (task,) = case(
        'task a in web { uid = staff, exe = "/bin/sh", effective = {CAP_KILL}, no_new_privs = true, securebits = {noroot} }'
    ).steps

    assert isinstance(task, TaskFixture)
    assert dict(task.facts) == {
        "uid": 1001,
        "exe": "/bin/sh",
        "effective": frozenset({Capability.CAP_KILL}),
        "no_new_privs": True,
        "securebits": frozenset({"noroot"}),
    }


def test_files_have_facts_of_their_types() -> None:
    (file,) = case('file "/x" { owner = 0, mode = 0o644, type = fifo, xattrs = {"security.x=y"}, sha256 = "00" }').steps

    assert isinstance(file, FileFixture)
    assert file.path == "/x"
    assert dict(file.facts) == {
        "owner": 0,
        "mode": 0o644,
        "type": "fifo",
        "xattrs": frozenset({"security.x=y"}),
        "sha256": "00",
    }


# What is done


@pytest.mark.parametrize(
    ("step", "operands"),
    [
        ('a open "/x" -> allow', ("/x", frozenset())),
        ('a open "/x" write create -> allow', ("/x", frozenset({"write", "create"}))),
        ('a rename "/x" "/y" -> allow', ("/x", "/y")),
        ('a chown "/x" 1 -> allow', ("/x", 1, None)),
        ('a chown "/x" 1 2 -> allow', ("/x", 1, 2)),
        ('a mknod "/x" fifo -> allow', ("/x", "fifo")),
        ('a mkdir "/x" 0o700 -> allow', ("/x", 0o700)),
        ('a mmap "/x" read exec private -> allow', ("/x", frozenset({"read", "exec", "private"}))),
        ("a connect 8.8.8.8:53 -> allow", (Endpoint(ip_address("8.8.8.8"), 53),)),
        ("a connect [2001:db8::1]:53 -> allow", (Endpoint(ip_address("2001:db8::1"), 53),)),
        ('a connect "/run/x" -> allow', ("/run/x",)),
        ('a connect "@x" -> allow', ("@x",)),
        ("a kill b -> allow", (TaskName("b"), None)),
        ("a kill b SIGKILL -> allow", (TaskName("b"), Signal.SIGKILL)),
        ("a ptrace a -> allow", (TaskName("a"),)),
        ("a set_ptracer -> allow", (None,)),
        ("a socket inet stream -> allow", ("inet", "stream", None)),
        ("a setgroups {1, 2} -> allow", (frozenset({1, 2}),)),
        ('a mount "t" "/x" "tmpfs" nosuid -> allow', ("t", "/x", "tmpfs", frozenset({"nosuid"}))),
        ('a mount "/y" "/x" bind rec -> allow', ("/y", "/x", None, frozenset({"bind", "rec"}))),
        ('a umount "/x" detach -> allow', ("/x", frozenset({"detach"}))),
        ("a setns b newns -> allow", (TaskName("b"), frozenset({"newns"}))),
        ("a exit", ()),
        ("a fork c", (TaskName("c"),)),
    ],
)
def test_a_call_has_its_operands_in_order(step: str, operands: tuple[object, ...]) -> None:
    found = act(step)

    assert (found.operands, found.named, found.hook) == (operands, (), False)


def test_each_call_can_be_written() -> None:
    values = {
        "path": '"/x"',
        "old": '"/x"',
        "new": '"/y"',
        "target": '"/y"',
        "source": '"s"',
        "kind": '"tmpfs"',
        "name": '"n"',
        "value": '"v"',
        "type": "",
        "family": "inet",
    }
    for shape in CALLS.values():
        parts = []
        for operand in shape.operands:
            if operand.form is Form.TASK:
                parts.append("b")
            elif operand.form is Form.NEW_TASK:
                parts.append("c")
            elif operand.form is Form.ENDPOINT:
                parts.append("8.8.8.8:53")
            elif operand.name in values:
                parts.append(values[operand.name] or ("stream" if shape.name == "socket" else "fifo"))
            else:
                parts.append({SetOf(INT): "{1}"}.get(operand.type, "SIGTERM" if operand.name == "signal" else "1"))  # type: ignore[arg-type]
        outcome = "" if shape.name in ("fork", "vfork", "clone", "exit") else " -> allow"
        found = act(" ".join(("a", shape.name, *parts, *shape.words)) + outcome)

        assert len(found.operands) == len(shape.operands) + bool(shape.words), shape.name
        assert None not in found.operands, shape.name


def test_a_hook_is_raised_by_its_name_with_its_facts_by_theirs() -> None:
    found = act("a capable cap = CAP_KILL -> allow")

    assert (found.call, found.hook, found.named) == ("capable", True, (("cap", Capability.CAP_KILL),))
    assert act("a task_kill b signal = SIGKILL -> allow").named == (
        ("object", TaskName("b")),
        ("signal", Signal.SIGKILL),
    )
    assert act('a file_open object = "/x" flags = {read} -> allow').named == (
        ("object", "/x"),
        ("flags", frozenset({"read"})),
    )
    assert act('a path_rename "/x" new = "/y" -> allow').named == (("object", "/x"), ("new", "/y"))


def test_unshare_binds_what_it_says() -> None:
    found = act('a unshare "k" with watch(limit = 7) in complain -> allow')

    assert found.operands == ("k",)
    assert found.binds is not None
    (bind,) = found.binds
    assert (bind.name, bind.mode, dict(bind.arguments)["limit"].value) == ("watch", Mode.COMPLAIN, 7)
    assert act('a unshare "k" -> allow').binds is None


def test_the_words_of_open_become_flags() -> None:
    assert opened(frozenset({"rdwr"})) == {"read", "write"}
    assert opened(frozenset({"truncate", "create"})) == {"write", "truncate", "create"}
    assert opened(frozenset({"create"})) == {"read", "create"}
    assert opened(frozenset({"path"})) == {"path"}


# What is expected


def expected(outcome: str, before: str = "") -> Expected:
    return act(f'{before} a open "/x" -> {outcome}').expected[-1]


def test_outcomes_name_verdict_errno_blame_rule_and_place() -> None:
    found = expected("deny EACCES by watch#inside in web")

    assert (found.verdict, found.errno, found.by, found.rule, found.within) == (
        "deny",
        Errno.EACCES,
        "watch",
        "inside",
        "host.web",
    )
    assert expected("deny by w#inside").by == "w"
    assert expected("deny by case.watch").by == "case.watch"
    assert expected("deny EPERM by kernel").by == "kernel"
    assert (expected("ENOENT").verdict, expected("ENOENT").errno, expected("ENOENT").by) == (
        "deny",
        Errno.ENOENT,
        "kernel",
    )
    assert expected("deny by w in k", 'a unshare "k" with watch -> allow').within == "k"
    assert [each.verdict for each in act('a open "/x" -> allow, would-deny by w, would-deny').expected] == [
        "allow", "would-deny", "would-deny"
    ]  # fmt: skip


def test_an_unknown_fact_is_spelled_as_a_rule_reads_it() -> None:
    assert expected("unknown object.sha256").unknown == "object.sha256"
    assert expected("unknown flags").unknown == "flags"
    assert expected("unknown object.parent.owner").unknown == "object.parent.owner"
    assert expected('unknown object.xattr("user.x")').unknown == 'object.xattr("user.x")'
    assert expected("unknown subject.tainted").unknown == "subject.tainted"


def check(expectation: str) -> Check:
    found = case(f"{TASKS} a exit expect {expectation}").steps[-1]
    assert isinstance(found, Check)
    return found


@pytest.mark.parametrize(
    ("expectation", "outcome"),
    [
        ("a.watch.tainted == true", ("task", "a", "watch", "task.tainted", "==", True, False)),
        ("a.watch.tainted", ("task", "a", "watch", "task.tainted", "==", True, False)),
        ("not a.w.tainted", ("task", "a", "w", "task.tainted", "==", True, True)),
        ("b.case.watch.seen has 3", ("task", "b", "case.watch", "task.seen", "has", 3, False)),
        ("3 in b.watch.seen", ("task", "b", "watch", "task.seen", "has", 3, False)),
        ("3 not in b.watch.seen", ("task", "b", "watch", "task.seen", "has", 3, True)),
        ("b.watch.seen == {}", ("task", "b", "watch", "task.seen", "==", frozenset(), False)),
        ("b.watch.seen has all {staff}", ("task", "b", "watch", "task.seen", "has all", frozenset({1001}), False)),
        ('"/x".watch.label in {"x", "y"}', ("file", "/x", "watch", "file.label", "in", frozenset({"x", "y"}), False)),
        ("host.watch.count > 3", ("namespace", "host", "watch", "namespace.count", ">", 3, False)),
        ("web.watch.count != 3", ("namespace", "host.web", "watch", "namespace.count", "!=", 3, False)),
    ],
)
def test_expectations_look_at_an_attribute(expectation: str, outcome: tuple[object, ...]) -> None:
    found = check(expectation)

    assert (
        found.kind, found.of, found.control, found.attribute, found.operator, found.value.value, found.negated
    ) == outcome  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ("task a in nowhere", "unknown-namespace"),
        ("task a in cgi", "unknown-namespace"),
        ("task a in web { colour = 3 }", "unknown-fact"),
        ('task a in web { uid = "x" }', "type-mismatch"),
        ("task a in web { uid = subject.uid }", "fact-not-on-hook"),
        ("task a in web { pid = 3 }", "unknown-fact"),
        ("task a in web { uid = 3, uid = 4 }", "duplicate-name"),
        ("task a in web task a in web", "duplicate-name"),
        ('file "x" { }', "bad-path"),
        ('file "/x" { path = "/y" }', "unknown-fact"),
        (TASKS + 'c open "/x" -> allow', "unknown-task"),
        (TASKS + 'a exit a open "/x" -> allow', "unknown-task"),
        (TASKS + "a fork b", "duplicate-name"),
        (TASKS + 'a opne "/x" -> allow', "unknown-call"),
        (TASKS + "a open -> allow", "bad-step"),
        (TASKS + "a open 3 -> allow", "type-mismatch"),
        (TASKS + 'a open "/x" "/y" -> allow', "bad-step"),
        (TASKS + 'a open "/x" quickly -> allow', "bad-step"),
        (TASKS + 'a open "/x" read read -> allow', "bad-step"),
        (TASKS + 'a open "/x" flags = 3 -> allow', "bad-step"),
        (TASKS + 'a open "x" -> allow', "bad-path"),
        (TASKS + 'a unlink "/x" "/y" -> allow', "bad-step"),
        (TASKS + 'a open "/x" with watch -> allow', "bad-step"),
        (TASKS + "a kill 3 -> allow", "bad-step"),
        (TASKS + "a kill c -> allow", "unknown-task"),
        (TASKS + "a kill b SIGNOTHING -> allow", "unknown-name"),
        (TASKS + 'a connect "x" -> allow', "bad-path"),
        (TASKS + "a connect 8.8.8.8 -> allow", "bad-step"),
        (TASKS + "a unshare k -> allow", "unknown-name"),
        (TASKS + 'a unshare "k" with nothing -> allow', "unknown-control"),
        (TASKS + "a capable CAP_KILL -> allow", "bad-step"),
        (TASKS + "a capable cap = 3 -> allow", "type-mismatch"),
        (TASKS + "a capable cpa = CAP_KILL -> allow", "unknown-fact"),
        (TASKS + "a task_fix_setuid new = 3 -> allow", "bad-step"),
        (TASKS + 'a open "/x" -> deny by wach', "unknown-control"),
        (TASKS + 'a open "/x" -> deny by watch#nothing', "unknown-rule"),
        (TASKS + 'a open "/x" -> deny by watch in nowhere', "unknown-namespace"),
        (TASKS + 'a open "/x" -> deny by watch in cgi', "unknown-namespace"),
        (TASKS + 'a open "/x" -> unknown 3', "bad-expectation"),
        (TASKS + 'a open "/x" -> unknown object.colour', "bad-expectation"),
        (TASKS + "expect a == 3", "bad-expectation"),
        (TASKS + "expect a.watch == 3", "bad-expectation"),
        (TASKS + "expect c.watch.tainted", "unknown-task"),
        (TASKS + "expect a.wach.tainted", "unknown-control"),
        (TASKS + "expect a.watch.tinted", "unknown-fact"),
        (TASKS + 'expect a.watch.label == "x"', "unknown-fact"),
        (TASKS + "expect a.watch.tainted == 3", "type-mismatch"),
        (TASKS + "expect a.watch.tainted < true", "not-comparable"),
        (TASKS + "expect a.watch.seen", "type-mismatch"),
        (TASKS + '"x".watch.label == "y"', "unexpected"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_test_is_one_finding(steps: str, code: str) -> None:
    found = wrong(steps)

    assert {each.partition(":")[0] for each in found} == {code}, found


def test_tasks_of_one_test_live_under_one_root() -> None:
    found = findings('namespace one { } namespace two { } test "t" { task a in one task b in two }')

    assert [each.partition(":")[0] for each in found] == ["bad-step"]


def test_namespaces_may_come_from_the_module_that_a_test_is_about() -> None:
    modules = {"lib.web": "namespace host { namespace inner { } }"}
    for imports, name in (
        ("import lib.web (host)", "inner"),
        ("import lib.web as w", "w.host.inner"),
        ("import lib", "lib.web.host.inner"),
    ):
        found = package(f'{imports} test "t" {{ task a in {name} }}', modules)

        (task,) = found.tests[0].steps
        assert isinstance(task, TaskFixture)
        assert task.namespace == "host.inner"
        assert found.tests[0].root is found.namespaces["lib.web.host"]


def test_every_fact_that_a_fixture_can_have_is_one_of_the_kind() -> None:
    assert {"uid", "exe", "effective"} <= TASK_FACTS.keys()
    assert {"owner", "mode", "type", "sha256", "xattrs", "target"} <= FILE_FACTS.keys()
    assert not {"pid", "namespace", "foreign"} & TASK_FACTS.keys()
    assert not set(CALLS) & set(CATALOGUE)


def test_constants_of_expectations_are_typed() -> None:
    assert check("a.watch.tainted == true").value == ir.Constant(value=True, type=BOOL)
