"""``join-missing``: one event can set an attribute to different values, and nothing says which it is then."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check import ir
from nslsm.language.check.walk import nodes
from nslsm.language.check.whole import Rule, Whole

JOIN_MISSING: Final = Code("join-missing", Severity.WARNING)

REPEATED: Final = frozenset(
    {
        "bprm_check_security",
        "capable",
        "file_open",
        "file_permission",
        "file_post_open",
        "file_receive",
        "inode_getattr",
        "inode_permission",
        "mmap_file",
        "socket_sock_rcv_skb",
        "task_kill",
    }
)
"""Hooks that one system call can raise several times about different things: execve(2) opens, checks and maps the program,
its interpreter and its loader, a path is looked up directory by directory, kill(2) may be sent to a group."""

_SHARED: Final = ("subject", "namespace")
"""The things that are the same in all requests of an event."""


def join_missing(whole: Whole) -> Iterator[Diagnostic]:
    """Two requests of one event that set one cell to different values are a fault without a ``join`` (Model M3.2)."""
    for control in whole.controls.values():
        assigned = list(_assignments(control))
        for attribute in control.attributes:
            if attribute.join is not None:
                continue
            own = [(effect, assign) for effect, assign in assigned if assign.attribute == attribute.key]
            values = {assign.value for _, assign in own if isinstance(assign.value, ir.Constant)}
            varying = next((effect for effect, assign in own if not _is_same_throughout(assign.value)), None)
            if varying is None and len(values) + sum(not isinstance(a.value, ir.Constant) for _, a in own) < 2:
                continue
            culprit = varying if varying is not None else own[-1][0]
            yield JOIN_MISSING.at(
                attribute.span,
                f"one event can set `{attribute.key}` to two values, and it says no `join`: that would be a fault",
                help="say how two values make one: `join or`, `and`, `min`, `max`, `union`, `first` or `last`",
                related=((culprit.span, "this sets it, for every file or program that one system call is about"),),
            )


def _assignments(control: ir.Control) -> Iterator[tuple[ir.Effect, ir.Assign]]:
    """What sets an attribute of a shared thing at a hook that an event can raise several times."""
    for rule in control.rules:
        if not isinstance(rule, ir.Effect):
            continue
        if not any(target.hook in REPEATED for action in rule.actions for target in action.targets):
            continue
        for assign in rule.assignments:
            if isinstance(assign.thing, ir.Thing) and assign.thing.name in _SHARED:
                yield rule, assign


def _is_same_throughout(value: ir.Expr) -> bool:
    """Whether an expression has one value for all requests of an event: it reads nothing but what they share."""
    return all(
        not isinstance(node, ir.Argument) and (not isinstance(node, ir.Thing) or node.name in _SHARED)
        for node in nodes(value)
    )


RULE: Final = Rule(JOIN_MISSING, join_missing)
