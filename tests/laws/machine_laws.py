"""The laws of the model as checks of one step of the random machine (:mod:`tests.laws.machine`)."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from random import Random
from typing import Any, Final

from rpds import HashTrieMap

from nslsm.audit.occasion import Occasion
from nslsm.audit.record import Which, events_of
from nslsm.controls.policy import PolicyControl
from nslsm.controls.python import PythonControl
from nslsm.engine.decision import Change, Decision, Judgement, Verdict
from nslsm.engine.evaluate import Walk, home_of
from nslsm.hooks.model import Consequence, HookClass
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel import operations as o
from nslsm.kernel.state import State
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Limits, Mode, Namespace, NamespaceTree
from nslsm.protocol.opinion import Stance
from tests.kernel.test_invariants import sound
from tests.laws.laws import BrokenControl
from tests.laws.machine import Event, Exchange, Law, Passage, decided
from tests.laws.machine_controls import WAYS, Broken, any_binding
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


def _lineage(event: Event) -> list[Namespace]:
    return list(event.state.namespaces.lineage(event.home))


def _with_one_more(event: Event, namespace: Namespace, extra: Binding, place: int) -> Event:
    bound = namespace.bindings
    return event.with_namespaces(replace(namespace, bindings=(*bound[:place], extra, *bound[place:])))


def _extra(chance: Random, maker: int) -> Binding:
    return replace(any_binding(chance, maker=maker), name="extra")


# L1


def one_more_binding(passage: Passage, chance: Random) -> None:
    """L1: one more binding, anywhere in the tree, never lowers the verdict."""
    event = passage.event
    tree = event.state.namespaces
    near = [namespace.id for namespace in _lineage(event)]
    namespace = tree[chance.choice(near if chance.random() < 0.7 else sorted(tree.members))]
    extra = _extra(chance, chance.choice([each.id for each in tree.lineage(namespace.id)]))
    more = _with_one_more(event, namespace, extra, chance.randint(0, len(namespace.bindings)))

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
        bindings=(_extra(chance, event.state.namespaces.root),),
        limits=home.limits,
    )
    more = event.with_namespaces(level, replace(home, parent=level.id))

    _never_lower(passage.decision, decided(more)[0])


def _never_lower(before: Decision, after: Decision) -> None:
    """Of each request, as long as they are the same ones; and of the event, where no probe had another answer."""
    for one, other in zip(before.judgements, after.judgements, strict=False):
        if one.request != other.request:
            return
        assert other.verdict >= one.verdict, f"{one.request.hook.name}: {one.verdict} fell to {other.verdict}"
        fatal = one.request.consequence is Consequence.FATAL
        if not fatal and (one.verdict is Verdict.GRANT) != (other.verdict is Verdict.GRANT):
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
        for namespace in _lineage(event)
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
    _same_state(passage.after, after)
    assert _records(full, passage.event) == _records(short, passage.event), "the audit records differ"


def _records(decision: Decision, event: Event) -> list[dict[str, object]]:
    task = event.state.tasks[event.pid]
    path = event.state.namespaces[task.home].path
    occasion = Occasion(sequence=1, policy="", walk=Walk.FULL, task=task, namespace=path, call="any")
    return list(events_of(decision, occasion, Which.ALL))


def _same_state(one: State, other: State) -> None:
    for field in fields(State):
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert left is right or left == right, f"the states after differ in {field.name}"


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


# L5


def bound_elsewhere(passage: Passage, chance: Random) -> None:
    """L5: what a namespace binds is nothing to those outside, in verdict, attributes and records; its inbound rules aside."""
    event, decision, after = passage
    tree = event.state.namespaces
    concerned = {each.id for each in tree.lineage(event.home)}
    task = after.tasks.get(event.pid)
    if task is not None and task.home in tree.members:
        concerned |= {each.id for each in tree.lineage(task.home)}
    concerned |= _meant(event)
    outside = [number for number in sorted(tree.members) if number not in concerned]
    if not outside:
        return
    reached = {each.id for request in _homes(decision, event) for each in tree.lineage(request)}
    number = chance.choice(outside)
    namespace = tree[number]
    extra = _extra(chance, chance.choice([each.id for each in tree.lineage(number)]))
    if number in reached:
        bindings = (*namespace.bindings, _only_from_within(extra))
    else:
        bindings = tuple(chance.choice(((), (extra,), (*namespace.bindings, extra), namespace.bindings[:1])))
    other, state = decided(event.with_namespaces(replace(namespace, bindings=bindings)))

    for (part, one), (_, two) in zip(_by_number(decision), _by_number(other), strict=True):
        assert one == two, f"{part} hangs on what {namespace.path} binds: {one}, {two}"
    assert [_heard(each, number) for each in decision.judgements] == [_heard(each, number) for each in other.judgements]
    assert state.cells == after.cells, f"attributes hang on what {namespace.path} binds"
    assert _records(decision, event) == _records(other, event), f"records hang on what {namespace.path} binds"


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
    namespace = chance.choice(_lineage(event))
    worse, _ = decided(_with_one_more(event, namespace, broken, chance.randint(0, len(namespace.bindings))))

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
    assert _records(decision, event) == _records(passage.decision, event)
    assert list(decision.unknown) == sorted(decision.unknown), f"{decision.unknown} is not sorted"
    _same_state(after, passage.after)


def _again(known: Any) -> Any:
    """An equal map that came about in another order."""
    made: Any = HashTrieMap()
    for key in sorted(known, key=repr, reverse=True):
        made = made.insert(key, known[key])
    return made


# L9


def ratchet(passage: Passage, chance: Random) -> None:
    """L9: seals and locks only tighten, limits never widen, what is bound stays bound, and nobody gets out."""
    del chance
    event, _, after = passage
    before = event.state
    if after.namespaces is not before.namespaces:
        _only_tighter(before.namespaces, after.namespaces)
        for number, namespace in after.namespaces.members.items():
            if number not in before.namespaces.members:
                _made_within(after.namespaces, namespace)
            else:
                _bound_within(before.namespaces, namespace, event.home)
    if after.tasks is not before.tasks:
        _nobody_out(before, after, event.home)


def _only_tighter(before: NamespaceTree, after: NamespaceTree) -> None:
    for number, old in before.members.items():
        new = after.members.get(number)
        if new is None or new is old:
            continue
        assert (new.parent, new.path, new.depth) == (old.parent, old.path, old.depth)
        assert new.sequence > old.sequence, f"{old.path} has changed, and has the same sequence number"
        assert new.sealed or not old.sealed, f"{old.path} was sealed"
        if old.sealed:
            assert replace(new, sequence=0) == replace(old, sequence=0), f"{old.path} is sealed, and has changed"
        assert old.lock is None or (new.lock is not None and new.lock <= old.lock), f"{old.path}: the lock is wider"
        _no_wider(new.limits, old.limits, old.path)
        assert new.entry is old.entry
        bound = {each.name: each for each in new.bindings}
        for each in old.bindings:
            kept = bound.get(each.name)
            assert kept is not None, f"{each.name} is gone from {old.path}"
            assert kept.control == each.control
            assert kept.mode is Mode.ENFORCE or each.mode is Mode.COMPLAIN, f"{each.name} does not enforce any more"
            if each.maker in before.members and kept.maker != each.maker:
                assert before[kept.maker].depth < before[each.maker].depth, f"{each.name}: the maker is farther down"


def _no_wider(new: Limits, old: Limits, path: str) -> None:
    for part in fields(Limits):
        assert getattr(new, part.name) <= getattr(old, part.name), f"{path}: the limit {part.name} is wider"


def _made_within(tree: NamespaceTree, made: Namespace) -> None:
    """A new namespace is as its parents' limits and locks say."""
    assert made.parent is not None
    parent = tree[made.parent]
    _no_wider(made.limits, replace(parent.limits, depth=max(0, parent.limits.depth - 1)), made.path)
    assert all(each.maker == made.id for each in made.bindings)
    _locks_hold(tree, made.parent, made.bindings)


def _bound_within(before: NamespaceTree, now: Namespace, home: int) -> None:
    """What is bound anew is what the locks above let through, where the caller may bind, in the caller's name."""
    old = before[now.id]
    known = {each.name for each in old.bindings}
    added = tuple(each for each in now.bindings if each.name not in known)
    if now != old:
        assert before.contains(home, now.id), f"{now.path} was changed from outside"
    if added and now.parent is not None:
        _locks_hold(before, now.parent, added)
    assert all(each.maker == home for each in added)


def _locks_hold(tree: NamespaceTree, parent: int, bindings: tuple[Binding, ...]) -> None:
    for above in tree.lineage(parent):
        for each in bindings:
            allowed = above.lock is None or each.control.origin in above.lock
            assert allowed, f"{each.name} was bound below {above.path}, which is locked"


def _nobody_out(before: State, after: State, home: int) -> None:
    tree = after.namespaces
    for pid, task in after.tasks.items():
        known = before.tasks.get(pid)
        was = home if known is None else known.home
        assert was == task.home or was in [each.id for each in tree.lineage(task.home)], (
            f"task {pid} was in {was}, and is in {task.home}"
        )
    for process in after.processes.values():
        homes = {after.tasks[pid].home for pid in process.threads}
        assert len(homes) <= 1, f"threads of {process.tgid} are in {homes}"


def owner_ratchet(before: State, exchange: Exchange) -> None:
    """L9 and the kernel's invariants, where the owner exchanges a policy: a sealed namespace stays as it is."""
    old, new = before.namespaces[exchange.namespace], exchange.after.namespaces[exchange.namespace]
    if old.sealed:
        assert exchange.after is before
    if exchange.refused:
        return
    assert (new.lock, new.limits, new.sealed, new.entry) == (old.lock, old.limits, old.sealed, old.entry)
    assert new.sequence > old.sequence
    if new.parent is not None:
        _locks_hold(before.namespaces, new.parent, new.bindings)
    sound(exchange.after)


def invariants(passage: Passage, chance: Random) -> None:
    """The kernel's state does not contradict itself: lifetimes, usage, links, descriptors."""
    del chance
    if passage.after is not passage.event.state:
        sound(passage.after)


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
