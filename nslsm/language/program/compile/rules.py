"""The rules of a control about one hook as generated functions: its answer, its effects, what it observes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import Enumeration
from nslsm.language.check import ir
from nslsm.language.program.compile.expressions import Expressions, Place
from nslsm.language.program.compile.facts import Facts
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation, Stance

UNDECIDED: Final = "return None"
"""What a function does that comes to a fact which nobody knows: who asked it asks the reference."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A control whose rules are being written into a function."""

    control: ir.Control
    expressions: Expressions
    facts: Facts
    view: str = "v"
    """The name of the view in that function."""
    told: bool = True
    """Whether the function tells the rule; else the errno alone, as text that :attr:`denied` makes of a rule's errno."""
    denied: Callable[[Errno | None], str] = repr

    def denial(self, rule: ir.Deny | ir.Confine) -> str:
        """What the function returns where a rule denies."""
        if not self.told:
            return self.denied(rule.errno)
        return self.expressions.names.of(Answer(Stance.DENY, rule.id, rule.errno, rule.because), "deny")

    def aims(self, actions: tuple[ir.Action, ...]) -> Iterator[tuple[ir.Target, Place]]:
        """Where the actions come to the hook that the function is about."""
        for action in actions:
            for target in action.targets:
                if target.hook == self.expressions.hook.name:
                    yield target, Place(self.control, view=self.view, at=target.at)

    def both(self, one: ir.Expr | None, other: ir.Expr | None, place: Place) -> str:
        """Two conditions as one."""
        texts = [self.expressions.truth(each, place, self.facts) for each in (one, other) if each is not None]
        return " and ".join(texts) or "True"

    def truths(self, actions: tuple[ir.Action, ...], when: ir.Expr | None) -> Iterator[str]:
        """The ways in which a rule may be about a request."""
        for target, place in self.aims(actions):
            yield self.both(target.guard, when, place)


def judging(control: ir.Control, expressions: Expressions, name: str, *, inbound: bool) -> str | None:
    """The function of a request and a view that answers as :func:`nslsm.language.program.judge.judge`; None: it abstains."""
    facts = Facts(expressions.names)
    lines = list(judged(Writing(control, expressions, facts), inbound=inbound))
    if not lines:
        return None
    lines.append(f"return {expressions.names.of(ABSTAIN, 'abstain')}")
    return facts.function(f"{name}(q, v)", lines, on_unknown=UNDECIDED)


def judged(writing: Writing, *, inbound: bool = False) -> Iterator[str]:
    """The lines that return where a control denies, or lets through by name."""
    for rule in writing.control.rules:
        if isinstance(rule, ir.Deny) and rule.inbound is inbound:
            for truth in writing.truths(rule.actions, rule.when):
                yield f"if {truth}: return {writing.denial(rule)}  # {rule.id}"
    if not inbound:
        yield from _regions(writing)


def _regions(writing: Writing) -> Iterator[str]:
    regions = [rule for rule in writing.control.rules if isinstance(rule, ir.Confine)]
    lines: list[str] = []
    for region in regions:
        for action in region.actions:
            for target, place in writing.aims((action,)):
                lines += _region(region, action, target, place, writing)
    if lines and writing.told:
        allows = [allow for region in regions for allow in region.allows]
        answers = {allow.id: Answer(Stance.ALLOW, allow.id) for allow in allows}
        yield 'allowed = ""'
        yield from lines
        yield f"if allowed: return {writing.expressions.names.of(answers, 'allow')}[allowed]"
    else:
        yield from lines


def _region(region: ir.Confine, action: ir.Action, target: ir.Target, place: Place, writing: Writing) -> list[str]:
    """One way in which a request may be inside the region: then something must let it through."""
    lines = [f"while {writing.both(target.guard, region.where, place)}:  # {region.id}, {action.name}"]
    for allow in region.allows:
        if action.name in allow.actions:
            truth = writing.expressions.truth(allow.when, place, writing.facts)
            noted = f"allowed = allowed or {allow.id!r}; " if writing.told else ""
            lines.append(f"    if {truth}: {noted}break  # {allow.id}")
    return [*lines, f"    return {writing.denial(region)}  # {region.id}"]


def effects(control: ir.Control, expressions: Expressions, name: str, *, denied: bool) -> str | None:
    """The function that says what :func:`nslsm.language.program.judge.effects` says; None: it sets nothing."""
    facts = Facts(expressions.names)
    writing = Writing(control, expressions, facts)
    lines: list[str] = []
    for rule in control.rules:
        if isinstance(rule, ir.Effect) and rule.denied is denied:
            for target, place in writing.aims(rule.actions):
                assigned = [
                    line for each in rule.assignments for line in _assigned(each, rule, place, expressions, facts)
                ]
                if assigned:
                    lines.append(f"if {writing.both(target.guard, rule.when, place)}:  # {rule.id}")
                    lines.extend(f"    {line}" for line in assigned)
    if not lines:
        return None
    return facts.function(f"{name}(q, v)", ["found = {}", *lines, "return tuple(found)"], on_unknown=UNDECIDED)


def setting(writing: Writing) -> Iterator[str]:
    """The lines that return None where a control would set anything by what is granted."""
    for rule in writing.control.rules:
        if isinstance(rule, ir.Effect) and not rule.denied:
            for truth in writing.truths(rule.actions, rule.when):
                yield f"if {truth}: return None  # {rule.id} sets something"


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
    writing = Writing(control, expressions, facts)
    lines: list[str] = []
    for rule in control.rules:
        if isinstance(rule, ir.Audit) and rule.inbound is inbound:
            truths = list(writing.truths(rule.actions, rule.when))
            if truths:
                seen = expressions.names.of(Observation(rule.id, rule.because, certain=True), "seen")
                lines.append(f"if {' or '.join(truths)}: found.append({seen})  # {rule.id}")
    if not lines:
        return None
    return facts.function(f"{name}(q, v)", ["found = []", *lines, "return tuple(found)"], on_unknown=UNDECIDED)
