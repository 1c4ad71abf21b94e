"""``unset-attribute``: an attribute that can never be anything but its default."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check import ir
from nslsm.language.check.walk import nodes
from nslsm.language.check.whole import Rule, Whole

UNSET_ATTRIBUTE: Final = Code("unset-attribute", Severity.WARNING)


def unset_attribute(whole: Whole) -> Iterator[Diagnostic]:
    """An attribute changes where an effect sets it, or where its default reads the thing that it is on (Model M3.3)."""
    for control in whole.controls.values():
        if not control.attributes:
            continue
        flow = whole.flow(control)
        for attribute in control.attributes:
            if attribute.key not in flow.used or _is_derived(attribute) or _has_foreign_value(attribute):
                continue
            effects = flow.effects.get(attribute.key, [])
            if all(_is_default(assign.value, attribute) for _, assign in effects):
                yield _unset(attribute, effects)


def _is_derived(attribute: ir.Attribute) -> bool:
    return any(isinstance(node, ir.Thing) for node in nodes(attribute.default))


def _has_foreign_value(attribute: ir.Attribute) -> bool:
    return attribute.foreign is not None and attribute.foreign != attribute.default


def _is_default(value: ir.Expr, attribute: ir.Attribute) -> bool:
    while isinstance(value, ir.Named):
        value = value.value
    default = attribute.default
    while isinstance(default, ir.Named):
        default = default.value
    return isinstance(value, ir.Constant | ir.Parameter) and value == default


def _unset(attribute: ir.Attribute, effects: list[tuple[ir.Effect, ir.Assign]]) -> Diagnostic:
    if effects:
        message = f"`{attribute.key}` is only ever set to its default, so it never changes"
    else:
        message = f"`{attribute.key}` is read, and no rule sets it: it is always its default"
    return UNSET_ATTRIBUTE.at(
        attribute.span,
        message,
        help="set it with `on … set`, or write a `let`: what never changes is no attribute",
        related=((effects[0][0].span, "it is set here"),) if effects else (),
    )


RULE: Final = Rule(UNSET_ATTRIBUTE, unset_attribute)
