"""``join-missing``: one event can set an attribute to different values, and nothing says which it is then."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.language.check import ir
from nslsm.language.check.walk import nodes
from nslsm.language.check.whole import Rule, Whole

JOIN_MISSING: Final = Code("join-missing", Severity.WARNING)

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
            hook = _repeats(culprit)
            yield JOIN_MISSING.at(
                attribute.span,
                f"one event can set `{attribute.key}` to two values, and it says no `join`: that would be a fault",
                help="say how two values make one: `join or`, `and`, `min`, `max`, `union`, `first` or `last`",
                related=((culprit.span, f"this sets it at `{hook}`: {CATALOGUE[hook].repeats}"),),
            )


def _assignments(control: ir.Control) -> Iterator[tuple[ir.Effect, ir.Assign]]:
    """What sets an attribute of a shared thing at a hook that an event can raise several times."""
    for rule in control.rules:
        if not isinstance(rule, ir.Effect):
            continue
        if not _repeats(rule):
            continue
        for assign in rule.assignments:
            if isinstance(assign.thing, ir.Thing) and assign.thing.name in _SHARED:
                yield rule, assign


def _repeats(effect: ir.Effect) -> str:
    """The first of the effect's hooks that one event can raise several times; empty where there is none."""
    hooks = (target.hook for action in effect.actions for target in action.targets)
    return next((hook for hook in hooks if CATALOGUE[hook].repeats), "")


def _is_same_throughout(value: ir.Expr) -> bool:
    """Whether an expression has one value for all requests of an event: it reads nothing but what they share."""
    return all(
        not isinstance(node, ir.Argument) and (not isinstance(node, ir.Thing) or node.name in _SHARED)
        for node in nodes(value)
    )


RULE: Final = Rule(JOIN_MISSING, join_missing)
