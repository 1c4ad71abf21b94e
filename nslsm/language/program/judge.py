"""Where a control stands on one request, whatever the order of its rules: the reference.

A ``deny`` that matches denies; a ``confine`` region denies where one of its actions that the request is lacks an allow; else
the control allows (a region applies) or abstains. What hangs on unknown facts is unknown unless something denies for
certain (Model M2.9).
"""

from collections.abc import Callable, Iterator

from nslsm.hooks.types import UNKNOWN, Enumeration, Unknown
from nslsm.language.check import ir
from nslsm.language.program.interpret import (
    Missing,
    Scene,
    Truth,
    both,
    either,
    negated,
    truth_of,
    value_of,
)
from nslsm.language.program.operators import Defect
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, NamespaceFacts, Socket, Task
from nslsm.protocol.things import Thing as OtherThing
from nslsm.protocol.view import View


def judge(control: ir.Control, request: Request, view: View, *, inbound: bool = False) -> Answer:
    """Where ``control`` stands: its ``inbound`` rules for a request from outside, else all its other rules."""
    scene = Scene(control, request, view)
    doubts: list[Missing] = []
    allowed: str = ""
    denies = (rule for rule in control.rules if isinstance(rule, ir.Deny) and rule.inbound is inbound)
    for deny in denies:
        truth = holds(deny.actions, deny.when, scene)
        if truth is True:
            return Answer(Stance.DENY, deny.id, deny.errno, deny.because)
        if isinstance(truth, Missing):
            doubts.append(truth)
    regions = (rule for rule in control.rules if isinstance(rule, ir.Confine) and not inbound)
    for region in regions:
        for inside, let_through, by in _entries(region, scene):
            truth = both((inside, negated(let_through)))
            if truth is True:
                return Answer(Stance.DENY, region.id, region.errno, region.because)
            if isinstance(truth, Missing):
                doubts.append(truth)
            elif inside is True:
                allowed = allowed or by
    if doubts:
        return Answer(Stance.UNKNOWN, unknown=frozenset[str]().union(*(doubt.facts for doubt in doubts)))
    return Answer(Stance.ALLOW, allowed) if allowed else ABSTAIN


def holds(actions: tuple[ir.Action, ...], when: ir.Expr | None, scene: Scene) -> Truth:
    """Whether the request is one of ``actions`` and ``when`` holds, at any of the places it is aimed at."""
    return either(
        both((truth_of(target.guard, aimed), truth_of(when, aimed))) for target, aimed in _aims(actions, scene)
    )


def _aims(actions: tuple[ir.Action, ...], scene: Scene) -> Iterator[tuple[ir.Target, Scene]]:
    for action in actions:
        for target in action.targets:
            if target.hook == scene.request.hook.name:
                yield target, scene.aimed(target.at)


def _entries(region: ir.Confine, scene: Scene) -> Iterator[tuple[Truth, Truth, str]]:
    """For each action that the request may be: whether it is inside the region, whether it is let through, by what."""
    for action in region.actions:
        allows = [allow for allow in region.allows if action.name in allow.actions]
        for target, aimed in _aims((action,), scene):
            inside = both((truth_of(target.guard, aimed), truth_of(region.where, aimed)))
            truths = [(truth_of(allow.when, aimed), allow.id) for allow in allows]
            by = next((identifier for truth, identifier in truths if truth is True), "")
            yield inside, either(truth for truth, _ in truths), by


def effects(control: ir.Control, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
    """What attributes are to become (Model M3.2): under an unknown condition, unknown (Model M3.4).

    A foreign thing's attributes cannot be set (Model M4.1), nor those of a thing that the trace does not identify.
    """
    scene = Scene(control, request, view)
    declared = {attribute.key: attribute for attribute in control.attributes}
    found: dict[Assignment, None] = {}
    rules = (rule for rule in control.rules if isinstance(rule, ir.Effect) and rule.denied is denied)
    for rule in rules:
        for target, aimed in _aims(rule.actions, scene):
            truth = both((truth_of(target.guard, aimed), truth_of(rule.when, aimed)))
            if truth is False:
                continue
            for assign in rule.assignments:
                thing = value_of(assign.thing, aimed)
                if isinstance(thing, Missing):
                    continue
                if not isinstance(thing, Task | File | Socket | OtherThing | NamespaceFacts):
                    raise Defect("only a thing has attributes")
                if isinstance(thing.identity, Unknown) or view.foreign(thing):
                    continue
                value = value_of(assign.value, aimed)
                settled = UNKNOWN if isinstance(truth, Missing) or isinstance(value, Missing) else value
                attribute = declared[assign.attribute]
                order = attribute.type.members if isinstance(attribute.type, Enumeration) else ()
                found[Assignment(attribute.key, thing.identity, settled, rule.id, attribute.join, order)] = None
    return tuple(found)


def observe(control: ir.Control, request: Request, view: View, *, inbound: bool = False) -> tuple[Observation, ...]:
    """The audit rules that match, and those that may (Model M2.7)."""
    scene = Scene(control, request, view)
    found = []
    for rule in control.rules:
        if isinstance(rule, ir.Audit) and rule.inbound is inbound:
            truth = holds(rule.actions, rule.when, scene)
            if isinstance(truth, Missing):
                found.append(Observation(rule.id, rule.because, certain=False, unknown=truth.facts))
            elif truth:
                found.append(Observation(rule.id, rule.because, certain=True))
    return tuple(found)


def handled(control: ir.Control, wanted: Callable[[ir.Rule], bool] = lambda _: True) -> frozenset[str]:
    """The hooks that any rule of the control is about, of those rules that are ``wanted``."""
    rules = (rule for rule in control.rules if wanted(rule))
    return frozenset(target.hook for rule in rules for action in rule.actions for target in action.targets)
