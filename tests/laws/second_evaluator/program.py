"""What a compiled control answers, sets and sees, read from its rules (language, What a control means)."""

from collections.abc import Iterator
from typing import NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.language.check import ir
from nslsm.protocol.opinion import Answer, Assignment, Observation, Stance
from tests.laws.second_evaluator.doubt import Doubt, Truth, all_of, any_of, doubts_in, negated
from tests.laws.second_evaluator.expressions import truth, value
from tests.laws.second_evaluator.scene import Scene, identity_of


class Denial(NamedTuple):
    """A reason for which a control may deny, and whether it holds."""

    holds: Truth
    rule: str
    errno: Errno | None
    because: str


def speaks_of(program: ir.Control, hook: str) -> bool:
    """Whether any rule of the control, of whatever sort, is about the hook."""
    return any(target.hook == hook for rule in program.rules for action in rule.actions for target in action.targets)


def targets(actions: tuple[ir.Action, ...], scene: Scene) -> Iterator[tuple[ir.Action, Scene, Truth]]:
    """The ways in which the request is one of the actions: where ``object`` is aimed, whether the guard holds (ADR 0009)."""
    for action in actions:
        for target in action.targets:
            if target.hook == scene.request.hook.name:
                aimed = scene.aimed(target.at)
                yield action, aimed, truth(target.guard, aimed)


def matched(actions: tuple[ir.Action, ...], when: ir.Expr | None, scene: Scene) -> Truth:
    """Whether a rule on these actions matches, at any aim."""
    return any_of([all_of((guard, truth(when, aimed))) for _, aimed, guard in targets(actions, scene)])


def answer(program: ir.Control, scene: Scene, *, inbound: bool) -> Answer:
    """1. a deny that matches denies; 2. else each region must let each of its operations through; 3. else the control abstains.

    A denial that is certain beats all that are not, in whatever order they stand (ADR 0001).
    """
    denials = list(_denials(program, scene, inbound=inbound))
    for denial in denials:
        if denial.holds is True:
            return Answer(Stance.DENY, denial.rule, denial.errno, denial.because)
    if doubt := doubts_in(denial.holds for denial in denials):
        return Answer(Stance.UNKNOWN, unknown=doubt.names)
    allows = [] if inbound else list(_allowing(program, scene))
    return Answer(Stance.ALLOW, allows[0]) if allows else Answer(Stance.ABSTAIN)


def _denials(program: ir.Control, scene: Scene, *, inbound: bool) -> Iterator[Denial]:
    for rule in program.rules:
        if isinstance(rule, ir.Deny) and rule.inbound == inbound:
            yield Denial(matched(rule.actions, rule.when, scene), rule.id, rule.errno, rule.because)
    for rule in program.rules:
        if isinstance(rule, ir.Confine) and not inbound:
            lacking = [all_of((within, negated(let))) for within, let, _ in _asked_of(rule, scene)]
            yield Denial(any_of(lacking), rule.id, rule.errno, rule.because)


def _asked_of(region: ir.Confine, scene: Scene) -> Iterator[tuple[Truth, Truth, str]]:
    """For each operation of the region that the request may be: whether it is, within; whether an allow does; which."""
    for action, aimed, guard in targets(region.actions, scene):
        lets = [(truth(allow.when, aimed), allow.id) for allow in region.allows if action.name in allow.actions]
        first = next((rule for holds, rule in lets if holds is True), "")
        yield all_of((guard, truth(region.where, aimed))), any_of([holds for holds, _ in lets]), first


def _allowing(program: ir.Control, scene: Scene) -> Iterator[str]:
    """The allows by which the request passes the regions that it is in."""
    for rule in program.rules:
        if isinstance(rule, ir.Confine):
            for within, let, name in _asked_of(rule, scene):
                if within is True and let is True:
                    yield name


def assignments(program: ir.Control, scene: Scene, *, denied: bool) -> Iterator[Assignment]:
    """What ``on`` or ``on denied`` rules set: under a doubt, to unknown (M3.4); on what is foreign here, nothing (M4.1)."""
    for rule in program.rules:
        if not isinstance(rule, ir.Effect) or rule.denied != denied:
            continue
        for _, aimed, guard in targets(rule.actions, scene):
            holds = all_of((guard, truth(rule.when, aimed)))
            if holds is False:
                continue
            for assign in rule.assignments:
                yield from _assignment(rule, assign, aimed, certain=holds is True)


def _assignment(rule: ir.Effect, assign: ir.Assign, scene: Scene, *, certain: bool) -> Iterator[Assignment]:
    thing = value(assign.thing, scene)
    if isinstance(thing, Doubt) or scene.foreign(thing):
        return
    identity = identity_of(thing)
    if identity is None:
        return
    declared = scene.declared(assign.attribute)
    to_be = value(assign.value, scene)
    yield Assignment(
        assign.attribute,
        identity,
        to_be if certain and not isinstance(to_be, Doubt) else UNKNOWN,
        rule.id,
        declared.join,
        getattr(declared.type, "members", ()),
    )


def observations(program: ir.Control, scene: Scene, *, inbound: bool) -> Iterator[Observation]:
    """The audit rules that match, or may match (M2.7)."""
    for rule in program.rules:
        if isinstance(rule, ir.Audit) and rule.inbound == inbound:
            holds = matched(rule.actions, rule.when, scene)
            if holds is not False:
                names = holds.names if isinstance(holds, Doubt) else frozenset()
                yield Observation(rule.id, rule.because, holds is True, names)
