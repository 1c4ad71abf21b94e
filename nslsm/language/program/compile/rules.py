"""The rules of a control about one hook as generated functions: its answer, its effects, what it observes."""

from collections.abc import Iterator
from typing import Final

from nslsm.hooks.types import Enumeration
from nslsm.language.check import ir
from nslsm.language.program.compile.expressions import Expressions, Place
from nslsm.language.program.compile.facts import Facts
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation, Stance

UNDECIDED: Final = "return None"
"""What a function does that comes to a fact which nobody knows: who asked it asks the reference."""


def judging(control: ir.Control, expressions: Expressions, name: str, *, inbound: bool) -> str | None:
    """The function of a request and a view that answers as :func:`nslsm.language.program.judge.judge`; None: it abstains."""
    facts = Facts(expressions.names)
    lines = [
        *_denials(control, expressions, facts, inbound=inbound),
        *([] if inbound else _regions(control, expressions, facts)),
    ]
    if not lines:
        return None
    lines.append(f"return {expressions.names.of(ABSTAIN, 'abstain')}")
    return facts.function(f"{name}(q, v)", lines, on_unknown=UNDECIDED)


def _denials(control: ir.Control, expressions: Expressions, facts: Facts, *, inbound: bool) -> Iterator[str]:
    for rule in control.rules:
        if isinstance(rule, ir.Deny) and rule.inbound is inbound:
            answer = expressions.names.of(Answer(Stance.DENY, rule.id, rule.errno, rule.because), "deny")
            for truth in _truths(rule.actions, rule.when, control, expressions, facts):
                yield f"if {truth}: return {answer}  # {rule.id}"


def _regions(control: ir.Control, expressions: Expressions, facts: Facts) -> Iterator[str]:
    regions = [rule for rule in control.rules if isinstance(rule, ir.Confine)]
    lines: list[str] = []
    for region in regions:
        answer = expressions.names.of(Answer(Stance.DENY, region.id, region.errno, region.because), "deny")
        for action in region.actions:
            for target, place in _aims((action,), control, expressions):
                lines += _region(region, action, target, place, answer, expressions, facts)
    if lines:
        allows = [allow for region in regions for allow in region.allows]
        answers = {allow.id: Answer(Stance.ALLOW, allow.id) for allow in allows}
        yield 'allowed = ""'
        yield from lines
        yield f"if allowed: return {expressions.names.of(answers, 'allow')}[allowed]"


def _region(
    region: ir.Confine,
    action: ir.Action,
    target: ir.Target,
    place: Place,
    answer: str,
    expressions: Expressions,
    facts: Facts,
) -> list[str]:
    """One way in which a request may be inside the region: then something must let it through."""
    inside = _both(target.guard, region.where, place, expressions, facts)
    lines = [f"while {inside}:  # {region.id}, {action.name}"]
    for allow in region.allows:
        if action.name in allow.actions:
            truth = expressions.truth(allow.when, place, facts)
            lines.append(f"    if {truth}: allowed = allowed or {allow.id!r}; break  # {allow.id}")
    return [*lines, f"    return {answer}  # {region.id}"]


def effects(control: ir.Control, expressions: Expressions, name: str, *, denied: bool) -> str | None:
    """The function that says what :func:`nslsm.language.program.judge.effects` says; None: it sets nothing."""
    facts = Facts(expressions.names)
    lines: list[str] = []
    for rule in control.rules:
        if isinstance(rule, ir.Effect) and rule.denied is denied:
            for target, place in _aims(rule.actions, control, expressions):
                assigned = [
                    line for each in rule.assignments for line in _assigned(each, rule, place, expressions, facts)
                ]
                if assigned:
                    lines.append(f"if {_both(target.guard, rule.when, place, expressions, facts)}:  # {rule.id}")
                    lines.extend(f"    {line}" for line in assigned)
    if not lines:
        return None
    return facts.function(f"{name}(q, v)", ["found = {}", *lines, "return tuple(found)"], on_unknown=UNDECIDED)


def _assigned(
    assign: ir.Assign, rule: ir.Effect, place: Place, expressions: Expressions, facts: Facts
) -> Iterator[str]:
    attribute = next(each for each in place.control.attributes if each.key == assign.attribute)
    order = attribute.type.members if isinstance(attribute.type, Enumeration) else ()
    thing = expressions.thing(assign.thing, place, facts)
    rest = (rule.id, attribute.join, order)
    made = expressions.names.of(Assignment, "assignment")
    value = expressions.text(assign.value, place, facts)
    yield f"thing = {thing}"
    yield f"if thing.identity is not UNKNOWN and not {place.view}.foreign(thing):"
    yield f"    found[{made}({attribute.key!r}, thing.identity, {value}, *{expressions.names.of(rest)})] = None"


def observing(control: ir.Control, expressions: Expressions, name: str, *, inbound: bool) -> str | None:
    """The function that says what :func:`nslsm.language.program.judge.observe` says; None: it sees nothing."""
    facts = Facts(expressions.names)
    lines: list[str] = []
    for rule in control.rules:
        if isinstance(rule, ir.Audit) and rule.inbound is inbound:
            truths = list(_truths(rule.actions, rule.when, control, expressions, facts))
            if truths:
                seen = expressions.names.of(Observation(rule.id, rule.because, certain=True), "seen")
                lines.append(f"if {' or '.join(truths)}: found.append({seen})  # {rule.id}")
    if not lines:
        return None
    return facts.function(f"{name}(q, v)", ["found = []", *lines, "return tuple(found)"], on_unknown=UNDECIDED)


def _truths(
    actions: tuple[ir.Action, ...], when: ir.Expr | None, control: ir.Control, expressions: Expressions, facts: Facts
) -> Iterator[str]:
    for target, place in _aims(actions, control, expressions):
        yield _both(target.guard, when, place, expressions, facts)


def _aims(
    actions: tuple[ir.Action, ...], control: ir.Control, expressions: Expressions
) -> Iterator[tuple[ir.Target, Place]]:
    for action in actions:
        for target in action.targets:
            if target.hook == expressions.hook.name:
                yield target, Place(control, at=target.at)


def _both(one: ir.Expr | None, other: ir.Expr | None, place: Place, expressions: Expressions, facts: Facts) -> str:
    truths = [expressions.truth(each, place, facts) for each in (one, other) if each is not None]
    return " and ".join(truths) or "True"
