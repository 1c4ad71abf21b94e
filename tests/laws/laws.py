"""Each law of the model as a check on one random situation; a check draws what more it needs and asserts."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from hypothesis import assume
from hypothesis import strategies as st
from rpds import HashTrieMap

from nslsm.controls.policy import PolicyControl
from nslsm.engine import decide as engine
from nslsm.engine.decision import Decision, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.state import Cells, State
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Mode, Namespace
from nslsm.protocol.opinion import Answer, Assignment, Observation
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Identity, Task
from nslsm.protocol.view import View
from nslsm.testing.events import ADDRESSES, Situation, bindings
from nslsm.testing.programs import HASHES, PATHS, PORTS, UIDS

Draw: TypeAlias = Callable[[st.SearchStrategy[object]], object]


def decided(situation: Situation, walk: Walk = Walk.FULL) -> tuple[Decision, State]:
    """What the engine says of a situation; looked up anew, so that a broken engine can stand in."""
    return engine.decide(situation.state, situation.steps(), walk=walk)


def with_namespace(situation: Situation, namespace: Namespace) -> Situation:
    """The situation where one namespace is replaced."""
    return situation.with_tree(situation.state.namespaces.with_namespace(namespace))


def subject_of(situation: Situation) -> Task:
    """Who raised the event."""
    return situation.requests[0].subject


# L1


def monotone_in_bindings(situation: Situation, draw: Draw) -> None:
    """L1: one more binding, anywhere in the tree, never lowers the verdict."""
    tree = situation.state.namespaces
    number = draw(st.sampled_from(sorted(tree.members)))
    assert isinstance(number, int)
    extra = draw(bindings("extra", tree.root))
    assert isinstance(extra, Binding)
    place = draw(st.integers(0, len(tree[number].bindings)))
    assert isinstance(place, int)
    before = tree[number].bindings
    more = with_namespace(situation, replace(tree[number], bindings=(*before[:place], extra, *before[place:])))

    assert decided(more)[0].verdict >= decided(situation)[0].verdict


def monotone_in_levels(situation: Situation, draw: Draw) -> None:
    """L1: one more level above the subject's namespace never lowers the verdict."""
    tree = situation.state.namespaces
    home = tree[subject_of(situation).home]
    assume(home.parent is not None)
    extra = draw(bindings("extra", tree.root))
    assert isinstance(extra, Binding)
    level = Namespace(
        id=99, name="level", parent=home.parent, path="level", depth=home.depth, bindings=(extra,), limits=home.limits
    )
    deeper = tree.with_namespace(level).with_namespace(replace(home, parent=99))

    assert decided(situation.with_tree(deeper))[0].verdict >= decided(situation)[0].verdict


# L2


def order_of_rules(situation: Situation, draw: Draw) -> None:
    """L2: the order of rules changes neither verdict nor effects."""
    tree = situation.state.namespaces
    for number in sorted(tree.members):
        shuffled = tuple(_with_rules_shuffled(binding, draw) for binding in tree[number].bindings)
        tree = tree.with_namespace(replace(tree[number], bindings=shuffled))

    assert_same_but_for_blame(situation, situation.with_tree(tree))


def _with_rules_shuffled(binding: Binding, draw: Draw) -> Binding:
    assert isinstance(binding.control, PolicyControl)
    program = binding.control.program
    rules = draw(st.permutations(program.rules))
    assert isinstance(rules, list | tuple)
    return replace(binding, control=PolicyControl(replace(program, rules=tuple(rules))))


def order_of_bindings(situation: Situation, draw: Draw) -> None:
    """L2: the order of a namespace's bindings changes neither verdict nor effects."""
    tree = situation.state.namespaces
    for number in sorted(tree.members):
        shuffled = draw(st.permutations(tree[number].bindings))
        assert isinstance(shuffled, list | tuple)
        tree = tree.with_namespace(replace(tree[number], bindings=tuple(shuffled)))

    assert_same_but_for_blame(situation, situation.with_tree(tree))


def order_of_namespaces(situation: Situation, draw: Draw) -> None:
    """L2: it does not matter which of two namespaces of a lineage binds a control; nobody else's task is concerned."""
    del draw
    assume(not any(isinstance(request.object, Task) for request in situation.requests))
    assume(all(request.hook.name != "socket_connect" for request in situation.requests))
    tree = situation.state.namespaces
    lineage = list(tree.lineage(subject_of(situation).home))
    assume(len(lineage) >= 2)
    low, high = lineage[0], lineage[-1]
    swapped = tree.with_namespace(replace(low, bindings=high.bindings)).with_namespace(
        replace(high, bindings=low.bindings)
    )
    cells = _swapped(situation.state, low.id, high.id)
    other = replace(situation, state=replace(situation.state, namespaces=swapped, cells=cells))

    assert decided(other)[0].verdict == decided(situation)[0].verdict


def _swapped(state: State, one: int, two: int) -> Cells:
    places = {one: two, two: one}
    cells: Cells = HashTrieMap()
    for thing, of_thing in state.cells.items():
        moved = {key._replace(namespace=places.get(key.namespace, key.namespace)): of_thing[key] for key in of_thing}
        cells = cells.insert(thing, HashTrieMap(moved))
    return cells


def assert_same_but_for_blame(one: Situation, other: Situation) -> None:
    """Equal verdict, unknown facts and attributes afterwards; blame and errno may differ (L2)."""
    (left, left_after), (right, right_after) = decided(one), decided(other)
    assert left.verdict == right.verdict
    assert left.unknown == right.unknown
    assert left_after.cells == right_after.cells


# L3


def walks_agree(situation: Situation, draw: Draw) -> None:
    """L3: short and full walks agree on verdict, errno, blame, attributes afterwards and what was observed."""
    del draw
    (short, short_after), (full, full_after) = decided(situation, Walk.SHORT), decided(situation, Walk.FULL)

    assert short.verdict == full.verdict
    assert short.errno == full.errno
    assert short.blame == full.blame
    assert short.unknown == full.unknown
    assert short.observed == full.observed
    assert short.changes == full.changes
    assert short_after == full_after


# L4


def nothing_on_denial(situation: Situation, draw: Draw) -> None:
    """L4: a denied event leaves the very state that was, where no ``on denied`` rule asks for more."""
    del draw
    tree = situation.state.namespaces
    for number in sorted(tree.members):
        kept = tuple(_without_on_denied(binding) for binding in tree[number].bindings)
        tree = tree.with_namespace(replace(tree[number], bindings=kept))
    quiet = situation.with_tree(tree)
    decision, after = decided(quiet)

    if decision.verdict is Verdict.DENY:
        assert after is quiet.state
        assert decision.changes == ()


def _without_on_denied(binding: Binding) -> Binding:
    assert isinstance(binding.control, PolicyControl)
    program = binding.control.program
    rules = tuple(rule for rule in program.rules if not (isinstance(rule, ir.Effect) and rule.denied))
    return replace(binding, control=PolicyControl(replace(program, rules=rules)))


# L6


class BrokenControl:
    """A control that breaks in the way that it is told to."""

    name = "broken"
    digest = "broken"
    origin = "broken"

    def __init__(self, way: str) -> None:
        self.way = way

    def handles(self, hook: str) -> bool:
        """It handles all hooks."""
        return bool(hook)

    def judge(self, request: Request, view: View) -> Answer:
        """Break."""
        del view
        match self.way:
            case "raises":
                raise ValueError("broken")
            case "recurses":
                return self.judge(request, None)  # type: ignore[arg-type]
            case "answers nothing":
                return None  # type: ignore[return-value]
            case "answers rubbish":
                return True  # type: ignore[return-value]
            case _:
                raise MemoryError

    judge_inbound = judge

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """Have none."""
        del request, view, denied
        return ()

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """See nothing."""
        del request, view
        return ()

    observe_inbound = observe


def faults_deny(situation: Situation, draw: Draw) -> None:
    """L6: an enforcing binding that breaks, anywhere in the lineage, has not said yes."""
    way = draw(st.sampled_from(("raises", "recurses", "answers nothing", "answers rubbish", "runs out of memory")))
    assert isinstance(way, str)
    tree = situation.state.namespaces
    lineage = list(tree.lineage(subject_of(situation).home))
    place = draw(st.sampled_from(range(len(lineage))))
    assert isinstance(place, int)
    broken = Binding(name="broken", control=BrokenControl(way), mode=Mode.ENFORCE)
    namespace = lineage[place]
    worse = with_namespace(situation, replace(namespace, bindings=(*namespace.bindings, broken)))
    decision, _ = decided(worse)

    judged = (judgement.request.consequence.value for judgement in decision.judgements)
    if "fatal" in judged:
        assert decision.verdict is Verdict.DENY
    assert all(judgement.verdict is Verdict.DENY for judgement in decision.judgements)


def knowing_more_only_settles(situation: Situation, draw: Draw) -> None:
    """L6: whatever the unknown facts turn out to be, a grant stays a grant and a denial a denial."""
    decision, _ = decided(situation)
    informed = replace(
        situation,
        state=replace(situation.state, cells=_known_cells(situation.state, draw)),
        requests=tuple(_informed(request, situation, draw) for request in situation.requests),
    )
    settled, _ = decided(informed)

    if decision.verdict is not Verdict.INDETERMINATE:
        assert settled.verdict == decision.verdict
    if decision.verdict is Verdict.INDETERMINATE:
        assert decision.unknown


def _known_cells(state: State, draw: Draw) -> Cells:
    cells = state.cells
    for thing, of_thing in sorted(state.cells.items()):
        for key in sorted(of_thing):
            if of_thing[key] is UNKNOWN:
                value = draw(st.booleans())
                assert isinstance(value, bool)
                cells = cells.insert(thing, cells[thing].insert(key, value))
    return cells


_COMPLETIONS = {"port": PORTS, "address": ADDRESSES}


def _informed(request: Request, situation: Situation, draw: Draw) -> Request:
    people = {task.pid: task for task in (situation.state.tasks[pid] for pid in situation.state.tasks)}
    known = {pid: _known_task(task, draw) for pid, task in sorted(people.items())}
    thing = request.object
    if isinstance(thing, Task):
        thing = known[thing.pid]
    if isinstance(thing, File):
        thing = _known_file(thing, draw)
    values = tuple(
        draw(st.sampled_from(_COMPLETIONS[fact.name])) if value is UNKNOWN and fact.name in _COMPLETIONS else value
        for fact, value in zip(request.hook.facts, request.arguments, strict=True)
    )
    return request._replace(subject=known[request.subject.pid], object=thing, arguments=values)  # type: ignore[arg-type]


def _known_task(task: Task, draw: Draw) -> Task:
    if task.credentials.uid is not UNKNOWN:
        return task
    uid = draw(st.sampled_from(UIDS))
    assert isinstance(uid, int)
    return replace(task, credentials=replace(task.credentials, uid=uid, euid=uid, fsuid=uid))


def _known_file(file: File, draw: Draw) -> File:
    if file.sha256 is UNKNOWN:
        sha256 = draw(st.sampled_from(HASHES))
        assert isinstance(sha256, str)
        file = file._replace(sha256=sha256)
    if isinstance(file.path, Unknown):
        path = draw(st.sampled_from(PATHS))
        assert isinstance(path, str)
        file = file._replace(path=path, identity=Identity("file", path))
    return file


# L8


def deterministic(situation: Situation, draw: Draw) -> None:
    """L8: the same event on the same state has the same decision, records and state after."""
    del draw
    assert decided(situation) == decided(situation)
    assert list(decided(situation)[0].unknown) == sorted(decided(situation)[0].unknown)


LAWS: dict[str, Callable[[Situation, Draw], None]] = {
    "L1 more bindings": monotone_in_bindings,
    "L1 more levels": monotone_in_levels,
    "L2 order of rules": order_of_rules,
    "L2 order of bindings": order_of_bindings,
    "L2 order of namespaces": order_of_namespaces,
    "L3 walks": walks_agree,
    "L4 nothing on denial": nothing_on_denial,
    "L6 faults deny": faults_deny,
    "L6 knowing more only settles": knowing_more_only_settles,
    "L8 deterministic": deterministic,
}
