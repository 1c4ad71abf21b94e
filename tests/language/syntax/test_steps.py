"""Tests in the language: fixtures, steps, outcomes."""

from ipaddress import ip_address

import pytest

from nslsm.language.syntax import ast
from nslsm.language.syntax.parse import SyntaxFailure, parse
from tests.language.syntax.nodes import (
    S,
    argument,
    boolean,
    call,
    compare,
    dotted,
    errno,
    item,
    members,
    name,
    number,
    outcome,
    ref,
    step,
    text,
    use,
)

ALLOW = (outcome("allow"),)


def done(
    task: str,
    said: str,
    *operands: ast.Expr | ast.Endpoint,
    named: tuple[ast.Argument, ...] = (),
    policy: ast.Use | None = None,
    outcomes: tuple[ast.Outcome, ...] = ALLOW,
) -> ast.CallStep:
    return ast.CallStep(
        span=S, task=name(task), call=name(said), operands=operands, named=named, policy=policy, outcomes=outcomes
    )


def test_files_and_tasks_exist_with_the_facts_that_are_said() -> None:
    assert step('file "/x" { owner = 0, mode = 0o666, }') == ast.FileStep(
        span=S, path=text("/x"), facts=(argument("owner", number(0)), argument("mode", number(0o666)))
    )
    assert step("task ehr in host.clinic { no_new_privs = true }") == ast.TaskStep(
        span=S, name=name("ehr"), namespace=dotted("host.clinic"), facts=(argument("no_new_privs", boolean(True)),)
    )
    assert step("task ehr in clinic") == ast.TaskStep(span=S, name=name("ehr"), namespace=dotted("clinic"), facts=())
    assert step('file "/x"') == ast.FileStep(span=S, path=text("/x"), facts=())


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ('ehr open "/x" -> allow', done("ehr", "open", text("/x"))),
        ('ehr open "/x" write -> allow', done("ehr", "open", text("/x"), ref("write"))),
        ("ehr open {read, write} -> allow", done("ehr", "open", members(ref("read"), ref("write")))),
        ("ehr getpid -> allow", done("ehr", "getpid")),
        (
            "ehr connect 8.8.8.8:443 -> allow",
            done("ehr", "connect", ast.Endpoint(span=S, address=ip_address("8.8.8.8"), port=443)),
        ),
        (
            "ehr connect [2001:db8::1]:0 -> allow",
            done("ehr", "connect", ast.Endpoint(span=S, address=ip_address("2001:db8::1"), port=0)),
        ),
        (
            "a task_kill b signal = SIGKILL flags = {x} -> allow",
            done(
                "a",
                "task_kill",
                ref("b"),
                named=(argument("signal", ref("SIGKILL")), argument("flags", members(ref("x")))),
            ),
        ),
        (
            'kid unshare "k" with hospital(n = 1) as h in complain -> allow',
            done(
                "kid",
                "unshare",
                text("k"),
                policy=use("hospital", argument("n", number(1)), alias="h", mode="complain"),
            ),
        ),
        ('ehr open "/x"\n    -> allow', done("ehr", "open", text("/x"))),
        ("shell fork kid", done("shell", "fork", ref("kid"), outcomes=())),
        ("shell vfork kid -> allow", done("shell", "vfork", ref("kid"))),
        ("shell clone kid -> deny", done("shell", "clone", ref("kid"), outcomes=(outcome("deny"),))),
        ("shell exit", done("shell", "exit", outcomes=())),
        ("set open set -> allow", done("set", "open", ref("set"))),
        ("deny on file task = test -> allow", done("deny", "on", ref("file"), named=(argument("task", ref("test")),))),
    ],
)
def test_calls(source: str, tree: ast.CallStep) -> None:
    assert step(source) == tree


@pytest.mark.parametrize(
    ("source", "trees"),
    [
        ("allow", (outcome("allow"),)),
        ("deny", (outcome("deny"),)),
        ("deny EACCES", (outcome("deny", error="EACCES"),)),
        ("deny by phi", (outcome("deny", by="phi"),)),
        (
            "deny EACCES by a.phi#no_egress in host.web",
            (outcome("deny", error="EACCES", by="a.phi", rule="no_egress", within="host.web"),),
        ),
        ("deny by phi#confine-1", (outcome("deny", by="phi", rule="confine-1"),)),
        ("deny in clinic", (outcome("deny", within="clinic"),)),
        ("deny by x#y # said", (outcome("deny", by="x", rule="y"),)),
        ("would-deny", (outcome("would-deny"),)),
        (
            "allow, would-deny EPERM by a in b",
            (outcome("allow"), outcome("would-deny", error="EPERM", by="a", within="b")),
        ),
        ("ENOENT", (outcome("deny", error="ENOENT", by="kernel"),)),
        ("unknown object.sha256", (outcome("unknown", unknown=ref("object.sha256")),)),
        ('unknown object.xattr("a")', (outcome("unknown", unknown=call(ref("object.xattr"), text("a"))),)),
        (
            "deny EHOSTUNREACH by a, would-deny by b, would-deny by c",
            (
                outcome("deny", error="EHOSTUNREACH", by="a"),
                outcome("would-deny", by="b"),
                outcome("would-deny", by="c"),
            ),
        ),
    ],
)
def test_outcomes(source: str, trees: tuple[ast.Outcome, ...]) -> None:
    found = step(f"a open -> {source}\n")

    assert isinstance(found, ast.CallStep)
    assert found.outcomes == trees


def test_expectations_are_about_attributes_of_tasks_and_files() -> None:
    assert step("expect ehr.phi_access.tainted == true") == ast.Expect(
        span=S, condition=compare(ref("ehr.phi_access.tainted"), "==", boolean(True))
    )
    label = ast.Member(span=S, base=ast.Member(span=S, base=text("/x"), name=name("phi")), name=name("label"))
    assert step('expect "/x".phi.label != EPERM') == ast.Expect(span=S, condition=compare(label, "!=", errno("EPERM")))


def test_steps_end_where_the_next_begins() -> None:
    source = """test "t" {
        file "/x"
        task a in n
        a fork b
        b exit
        a open "/x" -> deny
        b open "/x" -> deny by c in n, would-deny
        expect a.c.d
        a open "/x" -> unknown object.sha256
        expect a.c.d == b
        b open "/x" -> ENOENT
        foreign open "/x" -> allow
        expect x
        join open "/x" -> allow
    }"""

    found = item(source)

    assert isinstance(found, ast.Test)
    assert [type(one).__name__ for one in found.steps] == [
        *("FileStep", "TaskStep", "CallStep", "CallStep", "CallStep", "CallStep", "Expect", "CallStep", "Expect"),
        *("CallStep", "CallStep", "Expect", "CallStep"),
    ]


@pytest.mark.parametrize("second", ['b open "/y" -> allow', "expect a.b.c", 'file "/y"', "task c in n", "b fork c", ""])
def test_a_step_without_an_outcome_does_not_swallow_the_next(second: str) -> None:
    with pytest.raises(SyntaxFailure) as failure:
        parse(f'test "t" {{\n  a open "/x"\n  {second}\n}}', "t")

    (found,) = failure.value.diagnostics
    assert found.code.name == "missing-outcome"
    assert found.span is not None
    assert (found.span.line, found.span.column, found.span.end_line, found.span.end_column) == (2, 3, 2, 14)
