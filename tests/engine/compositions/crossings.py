"""Random situations rich in what compositions part over: several levels that object, processes that their own side protects."""

from dataclasses import replace

from hypothesis import strategies as st

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Errno, Signal
from nslsm.hooks.types import UNKNOWN
from nslsm.protocol.namespace import Binding, Mode, Namespace
from nslsm.protocol.opinion import Answer, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.testing.builders import Scripted
from nslsm.testing.events import Situation, situations

BESIDE = 90
"""The namespace of the process that is protected."""
SAID = (
    Answer(Stance.DENY, "inbound-1", Errno.EROFS),
    Answer(Stance.DENY, "inbound-1"),
    Answer(Stance.UNKNOWN, unknown=frozenset({"subject.uid"})),
)
VIEWS = (
    Answer(Stance.ALLOW, "allow-1"),
    Answer(Stance.DENY, "deny-1", Errno.EPERM),
    Answer(Stance.DENY, "deny-1", Errno.EROFS),
    Answer(Stance.UNKNOWN, unknown=frozenset({"subject.gid"})),
)


@st.composite
def crossings(draw: st.DrawFn) -> Situation:
    """A situation; one of three has a signal to a process beside or below, in another one several levels have a view."""
    situation = draw(situations())
    match draw(st.integers(0, 2)):
        case 0:
            return _crossing(draw, situation)
        case 1:
            return _stacked(draw, situation)
    return situation


def _stacked(draw: st.DrawFn, situation: Situation) -> Situation:
    """Each level of the subject's lineage has a view of the first request, or none, and watches it."""
    request = situation.requests[0]
    hook = request.hook.name
    tree = situation.state.namespaces
    for namespace in list(tree.lineage(request.subject.home)):
        said = draw(st.sampled_from((None, *VIEWS, *VIEWS[1:3])))
        if said is None:
            continue
        watches = (Observation("watches", "", certain=True),)
        control = Scripted("views", {hook: said}, sees={hook: watches})
        mode = draw(st.sampled_from((Mode.ENFORCE, Mode.ENFORCE, Mode.COMPLAIN)))
        binding = Binding(name=draw(st.sampled_from(("a", "z"))), control=control, mode=mode, maker=tree.root)
        bound = draw(st.permutations((*namespace.bindings, binding)))
        tree = tree.with_namespace(replace(namespace, bindings=tuple(bound)))
    return situation.with_tree(tree)


def _crossing(draw: st.DrawFn, situation: Situation) -> Situation:
    subject = situation.requests[0].subject
    tree = situation.state.namespaces
    parent = draw(st.sampled_from([namespace.id for namespace in tree.lineage(subject.home)]))
    control = Scripted("protects", inbound={"task_kill": draw(st.sampled_from(SAID))})
    mode = draw(st.sampled_from((Mode.ENFORCE, Mode.ENFORCE, Mode.COMPLAIN)))
    beside = Namespace(
        id=BESIDE,
        name="beside",
        parent=parent,
        path=f"{tree[parent].path}.beside",
        depth=tree[parent].depth + 1,
        bindings=(Binding(name="protects", control=control, mode=mode, maker=tree.root),),
    )
    pid = next(pid for pid in sorted(situation.state.tasks) if pid != subject.pid)
    target = situation.state.tasks[pid]
    moved = replace(target, credentials=replace(target.credentials, namespace=BESIDE))
    facts = CATALOGUE["task_kill"].facts
    values = tuple(Signal.SIGTERM if fact.name == "signal" else UNKNOWN for fact in facts)
    signal = Request(CATALOGUE["task_kill"], subject, moved, values, CATALOGUE["task_kill"].consequence)
    others = tuple(each for each in situation.requests if each.object != target)
    state = replace(
        situation.state,
        namespaces=tree.with_namespace(beside),
        tasks=situation.state.tasks.insert(moved.pid, moved),
    )
    return replace(situation, state=state, requests=(*others, signal))
