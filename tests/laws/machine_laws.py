"""The laws of the model as checks of one step of the random machine (:mod:`tests.laws.machine`)."""

from collections.abc import Iterable
from dataclasses import fields, replace
from random import Random
from typing import Any, Final

from rpds import HashTrieMap

from nslsm.controls.policy import PolicyControl
from nslsm.controls.python import PythonControl
from nslsm.engine.decision import Change, Decision, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.model import Consequence, HookClass
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel import operations as o
from nslsm.kernel.state import State
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Mode, Namespace
from nslsm.protocol.opinion import Stance
from tests.laws.laws import BrokenControl
from tests.laws.machine import Law, Passage, decided
from tests.laws.machine_comparison import extra, lineage, records, same_state, with_one_more
from tests.laws.machine_controls import WAYS, Broken
from tests.laws.machine_isolation import bound_elsewhere
from tests.laws.machine_ratchet import invariants, ratchet
from tests.laws.rich_programs import LAST, WORD
from tests.laws.second_evaluator import second_opinion
from tests.laws.second_evaluator.comparison import told

CHANGES_BINDINGS: Final = (
    o.NamespaceUnshare,
    o.NamespaceBind,
    o.Clone,
    o.Unshare,
    o.SetSelfAttribute,
)
"""Operations that look at what is bound already: names, limits."""


# L1


def one_more_binding(passage: Passage, chance: Random) -> None:
    """L1: one more binding, anywhere in the tree, never lowers the verdict."""
    event = passage.event
    tree = event.state.namespaces
    near = [namespace.id for namespace in lineage(event)]
    namespace = tree[chance.choice(near if chance.random() < 0.7 else sorted(tree.members))]
    new = extra(chance, chance.choice([each.id for each in tree.lineage(namespace.id)]))
    more = with_one_more(event, namespace, new, chance.randint(0, len(namespace.bindings)))

    _never_lower(passage.decision, decided(more)[0])


def one_more_level(passage: Passage, chance: Random) -> None:
    """L1: one more level above the subject's namespace never lowers the verdict."""
    event = passage.event
    home = event.state.namespaces[event.home]
    if home.parent is None:
        return
    level = Namespace(
        id=10**6,
        name="level",
        parent=home.parent,
        path="level",
        depth=home.depth,
        bindings=(extra(chance, event.state.namespaces.root),),
        limits=home.limits,
    )
    more = event.with_namespaces(level, replace(home, parent=level.id))

    _never_lower(passage.decision, decided(more)[0])


def _never_lower(before: Decision, after: Decision) -> None:
    """Of each request, as long as they are the same ones; and of the event, where no probe had another answer.

    A probe's answer goes back to the kernel, which goes on another way (Model M2.4): that is another event.
    """
    for one, other in zip(before.judgements, after.judgements, strict=False):
        if one.request != other.request:
            return
        assert other.verdict >= one.verdict, f"{one.request.hook.name}: {one.verdict} fell to {other.verdict}"
        if one.request.consequence is not Consequence.FATAL and one.verdict is not other.verdict:
            return
    assert after.verdict >= before.verdict, f"{before.verdict} fell to {after.verdict}"


# L2


def order(passage: Passage, chance: Random) -> None:
    """L2: the order of bindings and rules changes neither the verdict nor, joins by order aside, what is set."""
    event = passage.event
    rules = not isinstance(event.operation, CHANGES_BINDINGS)
    shuffled = [
        replace(
            namespace,
            bindings=tuple(
                _shuffled(each, chance) if rules else each
                for each in chance.sample(namespace.bindings, len(namespace.bindings))
            ),
        )
        for namespace in lineage(event)
        if len(namespace.bindings) > 1 or rules
    ]
    other, _ = decided(event.with_namespaces(*shuffled))
    decision = passage.decision

    assert other.verdict is decision.verdict, f"{decision.verdict}, in another order {other.verdict}"
    assert other.unknown == decision.unknown, f"{decision.unknown}, in another order {other.unknown}"
    assert _set(other.changes) == _set(decision.changes)


def _shuffled(binding: Binding, chance: Random) -> Binding:
    if not isinstance(binding.control, PolicyControl) or len(binding.control.program.rules) < 2:
        return binding
    program = binding.control.program
    rules = tuple(chance.sample(program.rules, len(program.rules)))
    return replace(binding, control=PolicyControl(replace(program, rules=rules)))


def _set(changes: Iterable[Change]) -> dict[tuple[Any, ...], object]:
    """What was set; not by which rule, and not where an attribute's own join goes by the order."""
    return {
        (each.namespace.id, each.binding.name, each.attribute, each.thing): each.value
        for each in changes
        if each.attribute not in (WORD, LAST)
    }


# L3


def walks(passage: Passage, chance: Random) -> None:
    """L3: short and full walks agree on verdict, errno, blame, attributes afterwards and audit records."""
    del chance
    full, (short, after) = passage.decision, decided(passage.event, Walk.SHORT)

    for part in ("verdict", "errno", "blame", "unknown", "observed", "changes", "moves", "result"):
        one, other = getattr(full, part), getattr(short, part)
        assert one == other, f"{part}: in full {one}, short {other}"
    assert [each.verdict for each in full.judgements] == [each.verdict for each in short.judgements]
    same_state(passage.after, after)
    assert records(full, passage.event) == records(short, passage.event), "the audit records differ"


# L4


def nothing_on_denial(passage: Passage, chance: Random) -> None:
    """L4: what is not granted leaves the state equal to the one before, but for what ``on denied`` rules ask for."""
    del chance
    event, decision, after = passage
    if decision.granted or event.happened:
        return
    if not decision.changes:
        assert after == event.state, "it was not granted, and something is different"
    for field in fields(State):
        if field.name != "cells":
            left, right = getattr(event.state, field.name), getattr(after, field.name)
            assert left is right, f"it was not granted, and {field.name} is different"
    cells = event.state.cells
    for change in decision.changes:
        key = (change.namespace.id, change.binding.name, change.attribute)
        if change.thing.kind == "task" and change.thing.name not in event.state.processes:
            continue
        cells = cells.insert(change.thing, cells.get(change.thing, HashTrieMap()).insert(key, change.value))
        if decision.verdict is Verdict.INDETERMINATE:
            assert change.value is UNKNOWN, f"{change.attribute} is known after an event that is not decided"
        else:
            assert _of_denials(change), f"{change.rule} has set {change.attribute} though the event was denied"
    assert after.cells == cells, "attributes have changed beside what the decision tells"
    assert decision.result == 0 or decision.verdict is Verdict.INDETERMINATE


def _of_denials(change: Change) -> bool:
    control = change.binding.control
    if isinstance(control, PolicyControl):
        rules = [rule for rule in control.program.rules if rule.id == change.rule]
        return any(isinstance(rule, ir.Effect) and rule.denied for rule in rules)
    return change.rule in ("on_denied", "sets-True")


# L6


def fail_closed(passage: Passage, chance: Random) -> None:
    """L6: no doubt and no fault of an enforcing binding ends in a grant."""
    del chance
    decision = passage.decision
    for judgement in decision.judgements:
        if judgement.request.hook.hook_class is not HookClass.ACCESS:
            continue
        heard = [each for each in judgement.opinions if each.binding.mode is Mode.ENFORCE]
        stances = {each.answer.stance for each in heard}
        due = Verdict.GRANT
        if Stance.DENY in stances or any(each.answer.fault for each in heard):
            due = Verdict.DENY
        elif Stance.UNKNOWN in stances:
            due = Verdict.INDETERMINATE
        assert judgement.verdict is due, f"{judgement.request.hook.name} is {judgement.verdict}, and should be {due}"
        if judgement.request.consequence is Consequence.FATAL and not passage.event.happened:
            assert decision.verdict >= due, f"{judgement.request.hook.name} is {due}, the event {decision.verdict}"
    told_of = {id(each.request) for each in decision.judgements}
    broken = [each for each in decision.faults if each.enforced]
    assert told_of or not broken
    if decision.verdict is Verdict.INDETERMINATE:
        assert decision.unknown, "it hangs on unknown facts, and names none"
        assert decision.errno is not None
    assert (decision.errno is None) == decision.granted


RAW: Final = ("raises", "answers nothing", "answers rubbish", "runs out of memory")
"""How a control breaks behind the protocol, where nothing holds it to what it should answer."""


def one_that_breaks(passage: Passage, chance: Random) -> None:
    """L6: a binding that breaks, anywhere in the lineage, denies what it is asked about."""
    event = passage.event
    asked = {
        each.request.hook.name
        for each in passage.decision.judgements
        if each.request.hook.hook_class is HookClass.ACCESS
    }
    if not asked:
        return
    hook = chance.choice(sorted(asked))
    way = chance.choice(WAYS)
    control = BrokenControl(chance.choice(RAW)) if chance.random() < 0.4 else _breaking(hook, way)
    if isinstance(control, BrokenControl):
        way = control.way
    broken = Binding(name="broken", control=control, mode=Mode.ENFORCE, maker=0)
    namespace = chance.choice(lineage(event))
    worse, _ = decided(with_one_more(event, namespace, broken, chance.randint(0, len(namespace.bindings))))

    for judgement in worse.judgements:
        if judgement.request.hook.name == hook and way != "bad state":
            assert judgement.verdict is Verdict.DENY, f"one that {way} let {hook} through"
    fatal = [each for each in worse.judgements if each.request.consequence is Consequence.FATAL]
    if any(each.request.hook.name == hook for each in fatal):
        assert not worse.granted, f"one that {way} let {event.operation or event.asked} through"


def _breaking(hook: str, way: str) -> PythonControl:
    made = type("Breaking", (Broken,), {"handles": frozenset({hook})})(way)
    if way == "bad state":
        return PythonControl(type("BadState", (Broken,), {"handles": frozenset({hook}), "commit": _list})(way))
    return PythonControl(made)


def _list(self: object, request: object, state: object) -> object:
    del self, request, state
    return []


# L7


def two_evaluators(passage: Passage, chance: Random) -> None:
    """L7: an evaluator that was written independently says the same."""
    del chance
    event = passage.event
    one = told(passage.decision, passage.after)
    other = second_opinion(event.state, event.steps(), happened=event.happened)
    for name, left, right in zip(one._fields, one, other, strict=True):
        assert left == right, f"{name}: the engine says {left}, the second evaluator {right}"


# L8


def deterministic(passage: Passage, chance: Random) -> None:
    """L8: the same event on the same state, however that came about, has the same decision, records and state after."""
    event = passage.event
    state = event.state
    if chance.random() < 0.5:
        tree = replace(state.namespaces, members=_again(state.namespaces.members))
        state = replace(
            state,
            namespaces=tree,
            tasks=_again(state.tasks),
            processes=_again(state.processes),
            cells=_again(state.cells),
            descriptions=_again(state.descriptions),
        )
    decision, after = decided(event.with_state(state))

    assert decision == passage.decision, "the second time it was decided otherwise"
    assert records(decision, event) == records(passage.decision, event)
    assert list(decision.unknown) == sorted(decision.unknown), f"{decision.unknown} is not sorted"
    same_state(after, passage.after)


def _again(known: Any) -> Any:
    """An equal map that came about in another order."""
    made: Any = HashTrieMap()
    for key in sorted(known, key=repr, reverse=True):
        made = made.insert(key, known[key])
    return made


LAWS: Final = (
    Law("L1 one more binding", 0.5, one_more_binding),
    Law("L1 one more level", 0.3, one_more_level),
    Law("L2 order", 0.3, order),
    Law("L3 walks", 0.6, walks),
    Law("L4 nothing on denial", 1.0, nothing_on_denial),
    Law("L5 bound elsewhere", 0.5, bound_elsewhere),
    Law("L6 fail closed", 1.0, fail_closed),
    Law("L6 one that breaks", 0.2, one_that_breaks),
    Law("L7 two evaluators", 0.1, two_evaluators),
    Law("L8 deterministic", 0.2, deterministic),
    Law("L9 ratchet", 1.0, ratchet),
    Law("invariants", 0.4, invariants),
)
"""Each with the share of the steps that it is checked at."""
