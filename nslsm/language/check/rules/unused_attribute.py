"""``unused-attribute``: an attribute on which no decision and no record hangs."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check import ir
from nslsm.language.check.attribute_flow import AttributeFlow
from nslsm.language.check.mentions import control_nodes, members
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast

UNUSED_ATTRIBUTE: Final = Code("unused-attribute", Severity.WARNING)


def unused_attribute(whole: Whole) -> Iterator[Diagnostic]:
    """An attribute is kept for rules to read (Model M3.1): without one that judges or observes, it is kept for nothing."""
    written: dict[str, ast.Control] = {}
    for control in whole.controls.values():
        if not control.attributes:
            continue
        flow = whole.flow(control)
        claimed = _claimed(whole, control)
        idle = {each.key for each in control.attributes} - flow.used
        idle = {key for key in idle if key not in claimed and not flow.carried_into(key) & claimed}
        if not idle:
            continue
        written = written or control_nodes(whole)
        named = members((written[control.name],)) if control.name in written else frozenset[str]()
        causes = _causes(idle, flow)
        for attribute in control.attributes:
            silent = attribute.key in flow.read or attribute.key.partition(".")[2] not in named
            if attribute.key in causes and silent:
                yield _unused(attribute, flow)


def _claimed(whole: Whole, control: ir.Control) -> frozenset[str]:
    """The attributes that a claim reads: they are kept for it."""
    readings = (reading for claim in whole.claims for never in claim.nevers for reading in never.readings)
    return frozenset(reading.attribute for reading in readings if reading.control == control.name)


def _causes(idle: set[str], flow: AttributeFlow) -> set[str]:
    """The idle attributes that are not idle only because what effects make of them is."""
    sources: dict[str, set[str]] = defaultdict(set)
    for key in idle:
        for target in flow.carried_into(key) - {key}:
            sources[target].add(key)
    causes = {key for key in idle if not flow.carried_into(key) - {key}}
    explained = set(causes)
    pending = list(causes)
    while pending:
        new = sources[pending.pop()] - explained
        explained |= new
        pending.extend(new)
    return causes | (idle - explained)


def _unused(attribute: ir.Attribute, flow: AttributeFlow) -> Diagnostic:
    effects = flow.effects.get(attribute.key, ())
    if attribute.key in flow.read:
        message = f"`{attribute.key}` is read only to set it, and no decision hangs on it"
    else:
        message = f"no rule reads `{attribute.key}`"
    return UNUSED_ATTRIBUTE.at(
        attribute.span,
        message,
        help="remove it, and the effects that set it" if effects else "remove it",
        related=((effects[0][0].span, "it is set here, and nothing comes of it"),) if effects else (),
    )


RULE: Final = Rule(UNUSED_ATTRIBUTE, unused_attribute)
