"""L5 along the courses of the random machine: what a namespace binds is nothing to those outside."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from nslsm.controls.policy import PolicyControl
from nslsm.controls.python import PythonControl
from nslsm.engine.decision import Decision, Judgement
from nslsm.engine.evaluate import home_of
from nslsm.kernel import operations as o
from nslsm.protocol.namespace import Binding
from nslsm.protocol.opinion import Stance
from tests.laws.machine import Event, Passage, decided
from tests.laws.machine_comparison import extra, records
from tests.laws.machine_controls import Broken


def bound_elsewhere(passage: Passage, chance: Random) -> None:
    """L5: what a namespace binds is nothing to those outside, in verdict, attributes and records; its inbound rules aside."""
    event, decision, after = passage
    tree = event.state.namespaces
    concerned = {each.id for each in tree.lineage(event.home)}
    task = after.tasks.get(event.pid)
    if task is not None and task.home in tree.members:
        concerned |= {each.id for each in tree.lineage(task.home)}
    concerned |= _meant(event) | _moved_to(decision, event)
    outside = [number for number in sorted(tree.members) if number not in concerned]
    if not outside:
        return
    reached = {each.id for request in _homes(decision, event) for each in tree.lineage(request)}
    number = chance.choice(outside)
    namespace = tree[number]
    more = extra(chance, chance.choice([each.id for each in tree.lineage(number)]))
    if number in reached:
        bindings = (*namespace.bindings, _only_from_within(more))
    else:
        bindings = tuple(chance.choice(((), (more,), (*namespace.bindings, more), namespace.bindings[:1])))
    other, state = decided(event.with_namespaces(replace(namespace, bindings=bindings)))

    for (part, one), (_, two) in zip(_by_number(decision), _by_number(other), strict=True):
        assert one == two, f"{part} hangs on what {namespace.path} binds: {one}, {two}"
    assert [_heard(each, number) for each in decision.judgements] == [_heard(each, number) for each in other.judgements]
    assert state.cells == after.cells, f"attributes hang on what {namespace.path} binds"
    assert records(decision, event) == records(other, event), f"records hang on what {namespace.path} binds"


def _by_number(decision: Decision) -> Iterator[tuple[str, object]]:
    """What a decision says, with numbers for namespaces: what they bind is another question."""
    for part in ("verdict", "errno", "unknown", "result"):
        yield part, getattr(decision, part)
    blame = decision.blame and decision.blame.opinion
    yield "blame", blame and (blame.namespace.id, blame.rule, blame.answer)
    yield "observed", [each._replace(namespace=each.namespace.id) for each in decision.observed]
    yield "changes", [each._replace(namespace=each.namespace.id) for each in decision.changes]
    yield "moves", [(each.source.id, each.target and each.target.id, each.refused) for each in decision.moves]
    yield "faults", [(each.namespace.id, each.binding.name) for each in decision.faults]


def _meant(event: Event) -> set[int]:
    """The namespace that an operation is about, and those above: what is bound there it does look at."""
    target = getattr(event.operation, "target", None)
    if isinstance(target, o.Descriptor):
        return set(event.state.namespaces.members)
    tree = event.state.namespaces
    return {each.id for each in tree.lineage(target)} if isinstance(target, int) and target in tree.members else set()


def _moved_to(decision: Decision, event: Event) -> set[int]:
    """Where a task came to be, and what is above: execve(2) by a thread changes its number too, so `after` has not got it."""
    tree = event.state.namespaces
    targets = [each.target.id for each in decision.moves if each.target is not None and not each.refused]
    return {above.id for target in targets if target in tree.members for above in tree.lineage(target)}


def _homes(decision: Decision, event: Event) -> Iterator[int]:
    for judgement in decision.judgements:
        home = home_of(judgement.request)
        if home is not None and home in event.state.namespaces.members:
            yield home


def _only_from_within(binding: Binding) -> Binding:
    """The binding without rules for who comes from outside."""
    if not isinstance(binding.control, PolicyControl):
        return replace(binding, control=PythonControl(Silent()))
    program = binding.control.program
    rules = tuple(rule for rule in program.rules if not getattr(rule, "inbound", False))
    return replace(binding, control=PolicyControl(replace(program, rules=rules)))


class Silent(Broken):
    """Breaks within, and says nothing of who comes from outside."""

    handles = frozenset({"task_kill", "ptrace_access_check", "socket_connect", "ipc_permission"})

    def __init__(self) -> None:
        self.way = "raises"

    def judge_inbound(self, request: Any, state: Any) -> object:
        del request, state
        return None


def _heard(judgement: Judgement, number: int) -> tuple[object, ...]:
    """A judgement without the abstentions of one namespace."""
    voices = tuple(
        (each.namespace.id, each.binding.name, each.answer)
        for each in judgement.opinions
        if each.namespace.id != number or each.answer.stance is not Stance.ABSTAIN
    )
    return judgement.request, judgement.verdict, judgement.errno, judgement.unknown, voices
