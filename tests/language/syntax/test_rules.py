"""The rules of a control, each form with the tree it gives."""

import pytest

from nslsm.language.syntax import ast
from tests.language.syntax.nodes import (
    S,
    arithmetic,
    compare,
    control,
    deny,
    errno,
    hooks,
    member,
    members,
    name,
    number,
    path,
    ref,
    text,
)


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("deny read", deny("read")),
        ("deny read, std.write, inode_*", deny("read", "std.write", "inode_*")),
        ("deny no_egress: connect", deny("connect", named="no_egress")),
        ("inbound deny ptrace_access_check", deny("ptrace_access_check", inbound=True)),
        ("deny read when x", deny("read", when=ref("x"))),
        ("deny read with EPERM", deny("read", error="EPERM")),
        ('deny read because "so"', deny("read", because="so")),
        (
            'inbound deny n: read, write when x with EPERM because "so"',
            deny("read", "write", named="n", inbound=True, when=ref("x"), error="EPERM", because="so"),
        ),
        ("deny file, task, set, on, when.x", deny("file", "task", "set", "on", "when.x")),
        ("deny deny: deny", deny("deny", named="deny")),
    ],
)
def test_denials(source: str, tree: ast.Deny) -> None:
    assert member(source) == tree


def allow(*said: str, named: str | None = None, when: ast.Expr | None = None) -> ast.Allow:
    return ast.Allow(span=S, name=None if named is None else name(named), hooks=hooks(*said), when=when)


def test_a_region_with_everything_that_it_can_have() -> None:
    source = """confine phi: read, write where object.phi with EACCES because "so" {
        allow read
        allow mine: read, write when subject.clinician
    }"""

    assert member(source) == ast.Confine(
        span=S,
        name=name("phi"),
        hooks=hooks("read", "write"),
        where=ref("object.phi"),
        errno=errno("EACCES"),
        because=text("so"),
        allows=(allow("read"), allow("read", "write", named="mine", when=ref("subject.clinician"))),
    )


def test_a_region_may_be_empty_and_its_brace_may_follow_a_set() -> None:
    assert member("confine read where a in {1} {}") == ast.Confine(
        span=S,
        name=None,
        hooks=hooks("read"),
        where=compare(ref("a"), "in", members(number(1))),
        errno=None,
        because=None,
        allows=(),
    )


def test_an_effect_sets_one_or_several_attributes() -> None:
    source = "on learnt: read, exec when x set subject.seen = subject.seen + {1} set old.parent.label = y"

    assert member(source) == ast.On(
        span=S,
        name=name("learnt"),
        denied=False,
        hooks=hooks("read", "exec"),
        when=ref("x"),
        assignments=(
            ast.Assign(
                span=S,
                target=path("subject.seen"),
                value=arithmetic(ref("subject.seen"), "+", members(number(1))),
            ),
            ast.Assign(span=S, target=path("old.parent.label"), value=ref("y")),
        ),
    )


def test_an_effect_of_a_denied_event() -> None:
    found = member("on denied read set subject.bad = true")

    assert isinstance(found, ast.On)
    assert (found.denied, found.name, found.hooks, found.when) == (True, None, hooks("read"), None)


def test_audits() -> None:
    assert member('audit connect when port == 22 because "so"') == ast.Audit(
        span=S,
        name=None,
        inbound=False,
        hooks=hooks("connect"),
        when=compare(ref("port"), "==", number(22)),
        because=text("so"),
    )
    assert member("inbound audit k: task_kill") == ast.Audit(
        span=S, name=name("k"), inbound=True, hooks=hooks("task_kill"), when=None, because=None
    )


def test_rules_end_where_the_next_begins_however_they_are_laid_out() -> None:
    found = control(
        "deny a deny b when x deny c with EPERM on d set e.f = g attr task.h: int let i = j audit k inbound deny l"
    )

    assert [type(one).__name__ for one in found.members] == [
        "Deny",
        "Deny",
        "Deny",
        "On",
        "Attribute",
        "Let",
        "Audit",
        "Deny",
    ]
