"""An event: what a denial of each consequence does, what is committed, and what a recording changes about it."""

from dataclasses import replace

from nslsm.engine.decide import decide
from nslsm.engine.decision import Verdict
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import booted
from nslsm.kernel.context import Context
from nslsm.kernel.dispatch import begin
from nslsm.kernel.event import Outcome
from nslsm.kernel.operations import Clone
from nslsm.kernel.state import CellKey, State
from nslsm.protocol.opinion import Assignment, Observation
from nslsm.protocol.things import Identity
from nslsm.testing.builders import (
    Scripted,
    complaining,
    deny,
    doubt,
    event,
    file_at,
    request,
    state_with,
    task_in,
)

CHART = file_at("/srv/phi/7.hl7")
ME = Identity("task", 10)


def sets(
    hook: str, value: bool | int, *, join: str | None = None, name: str = "labels", thing: Identity = ME
) -> Scripted:
    return Scripted(name, sets={hook: (Assignment("task.x", thing, value, "on-1", join),)})


def cell(state: State, namespace: int = 0, binding: str = "labels", thing: Identity = ME) -> object:
    of_thing = state.cells.get(thing)
    return None if of_thing is None else of_thing.get(CellKey(namespace, binding, "task.x"))


def test_a_fatal_denial_ends_the_event_and_later_requests_are_not_raised() -> None:
    state = state_with(root=[deny("file_open")])
    task = task_in(state)

    steps = event(state, request("file_open", task, CHART), request("file_permission", task, CHART))
    decision, after = decide(state, steps)

    assert decision.verdict is Verdict.DENY
    assert [judgement.request.hook.name for judgement in decision.judgements] == ["file_open"]
    assert after is state


def test_a_denied_probe_goes_back_to_the_kernel_which_may_succeed_another_way() -> None:
    state = state_with(root=[deny("capable")])
    task = task_in(state)

    decision, _ = decide(state, event(state, request("capable", task), request("file_open", task, CHART)))

    assert decision.granted
    assert [judgement.verdict for judgement in decision.judgements] == [Verdict.DENY, Verdict.GRANT]


def test_where_the_kernel_refuses_for_want_of_a_probe_the_kernel_is_blamed() -> None:
    state = state_with(root=[deny("capable")])

    decision, _ = decide(state, event(state, request("capable", task_in(state)), refused_by_probe=True))

    assert (decision.verdict, decision.errno) == (Verdict.DENY, Errno.EPERM)
    assert decision.blame is not None
    assert decision.blame.by_kernel


def test_a_refusal_that_hangs_on_an_unknown_probe_is_indeterminate() -> None:
    state = state_with(root=[doubt("capable", "subject.uid")])

    decision, _ = decide(state, event(state, request("capable", task_in(state)), refused_by_probe=True))

    assert decision.verdict is Verdict.INDETERMINATE
    assert decision.unknown == ("subject.uid",)


def test_a_dropped_element_does_not_deny_the_event() -> None:
    state = state_with(root=[deny("file_receive")])
    received = request("file_receive", task_in(state), CHART, consequence=Consequence.ELEMENT)

    decision, _ = decide(state, event(state, received))

    assert decision.granted
    assert decision.judgements[0].verdict is Verdict.DENY


def test_effects_are_committed_when_all_is_granted() -> None:
    state = state_with(root=[sets("file_open", True)])

    decision, after = decide(state, event(state, request("file_open", task_in(state), CHART)))

    assert cell(after) is True
    assert [change.attribute for change in decision.changes] == ["task.x"]


def test_effects_of_a_denied_event_are_not_whoever_denied() -> None:
    state = state_with(root=[deny("file_open")], web=[sets("file_open", True)])

    _, after = decide(state, event(state, request("file_open", task_in(state), CHART)))

    assert after is state


def test_effects_of_a_complaining_binding_follow_the_actual_verdict() -> None:
    both = Scripted("labels", deny("file_open").answers, sets=sets("file_open", True).sets)
    state = state_with(root=[complaining(both)])

    _, after = decide(state, event(state, request("file_open", task_in(state), CHART)))

    assert cell(after) is True


def test_on_denied_effects_are_committed_when_the_event_is_denied() -> None:
    labels = Scripted("labels", sets_on_denial={"file_open": (Assignment("task.x", ME, True, "on-1", None),)})
    state = state_with(root=[deny("file_open"), labels])

    _, after = decide(state, event(state, request("file_open", task_in(state), CHART)))

    assert cell(after) is True


def test_an_indeterminate_event_makes_unknown_what_it_may_have_set() -> None:
    state = state_with(root=[doubt("file_open", "x"), sets("file_open", True)])

    decision, after = decide(state, event(state, request("file_open", task_in(state), CHART)))

    assert (decision.verdict, decision.errno) == (Verdict.INDETERMINATE, Errno.EACCES)
    assert cell(after) is UNKNOWN


def test_two_values_for_one_cell_without_a_join_deny_the_event_as_a_fault() -> None:
    two = Scripted(
        "labels",
        sets={
            "file_open": (Assignment("task.x", ME, 1, "on-1", None),),
            "file_permission": (Assignment("task.x", ME, 2, "on-2", None),),
        },
    )
    state = state_with(root=[two])
    task = task_in(state)

    steps = event(state, request("file_open", task, CHART), request("file_permission", task, CHART))
    decision, after = decide(state, steps)

    assert (decision.verdict, decision.errno) == (Verdict.DENY, Errno.EACCES)
    assert after is state
    assert decision.faults[0].answer.fault == "one event sets `task.x` to different values"


def test_two_values_for_one_cell_are_joined_as_declared() -> None:
    two = Scripted(
        "labels",
        sets={
            "file_open": (Assignment("task.x", ME, 3, "on-1", "min"),),
            "file_permission": (Assignment("task.x", ME, 2, "on-2", "min"),),
        },
    )
    state = state_with(root=[two])
    task = task_in(state)

    _, after = decide(state, event(state, request("file_open", task, CHART), request("file_permission", task, CHART)))

    assert cell(after) == 2


def test_a_set_over_its_limit_denies_the_event_with_ENOSPC() -> None:
    state = state_with(root=[sets("file_open", 0)])
    small = replace(state.namespaces[0], limits=replace(state.namespaces[0].limits, set_size=2))
    many = Scripted("labels", sets={"file_open": (Assignment("task.x", ME, frozenset({1, 2, 3}), "on-1", None),)})
    small = replace(small, bindings=(replace(small.bindings[0], control=many),))
    state = replace(state, namespaces=state.namespaces.with_namespace(small))

    decision, after = decide(state, event(state, request("file_open", task_in(state), CHART)))

    assert decision.errno is Errno.ENOSPC
    assert after is state


def test_the_kernels_own_refusal_is_blamed_on_the_kernel_and_sets_nothing() -> None:
    state = state_with(root=[sets("inode_permission", True)])
    refused = Outcome(state, errno=Errno.ENOENT, reason="/srv/x does not exist")

    steps = event(state, request("inode_permission", task_in(state), CHART), outcome=refused)
    decision, after = decide(state, steps)

    assert (decision.verdict, decision.errno) == (Verdict.DENY, Errno.ENOENT)
    assert decision.blame is not None
    assert decision.blame.reason == "/srv/x does not exist"
    assert after is state


def test_what_happened_is_followed_although_we_deny_it() -> None:
    state = state_with(root=[deny("file_open"), sets("file_open", True)])
    then = replace(state, next_pid=7)

    steps = event(state, request("file_open", task_in(state), CHART), outcome=Outcome(then, result=3))
    decision, after = decide(state, steps, happened=True)

    assert decision.verdict is Verdict.DENY
    assert after.next_pid == 7
    assert cell(after) is None
    assert decision.result == 3


def test_a_recorded_failure_is_no_denial_of_ours_and_sets_nothing() -> None:
    state = state_with(root=[sets("file_open", True)])
    failed = Outcome(state, errno=Errno.ENXIO)

    steps = event(state, request("file_open", task_in(state), CHART), outcome=failed)
    decision, after = decide(state, steps, happened=True)

    assert decision.verdict is Verdict.GRANT
    assert decision.recorded_errno is Errno.ENXIO
    assert cell(after) is None


def test_observers_see_what_was_denied_at_every_level() -> None:
    watcher = Scripted("watcher", sees={"file_open": (Observation("audit-1", "", certain=True),)})
    state = state_with(root=[watcher], web=[deny("file_open")])

    decision, _ = decide(state, event(state, request("file_open", task_in(state), CHART)))

    assert [observed.binding.name for observed in decision.observed] == ["watcher"]


def test_attributes_of_what_the_event_ended_are_not_kept() -> None:
    state = state_with(root=[sets("path_unlink", True, thing=Identity("file", "/srv/phi/7.hl7"))])
    gone = Outcome(state, rekeyed={Identity("file", "/srv/phi/7.hl7"): None})

    _, after = decide(state, event(state, request("path_unlink", task_in(state), CHART), outcome=gone))

    assert len(after.cells) == 0


def test_a_refusal_of_the_kernels_that_hangs_on_unknown_facts_is_indeterminate() -> None:
    state = state_with(root=[])
    unsure = Outcome(state, errno=Errno.EACCES, reason="who knows", unknown=frozenset({"object.owner"}))

    decision, after = decide(state, event(state, outcome=unsure))

    assert (decision.verdict, decision.unknown) == (Verdict.INDETERMINATE, ("object.owner",))
    assert after is state


def test_a_child_that_was_not_made_leaves_no_attributes_to_the_next_of_its_number() -> None:
    child = Identity("task", 2)
    marks = {"task_alloc": (Assignment("task.x", child, value=True, rule="on-1", join=None),)}
    levels = state_with(root=[deny("task_alloc"), Scripted("labels", sets_on_denial=marks)])
    state = booted(levels.namespaces)

    decision, after = decide(state, begin(Context(state, 1), Clone(frozenset())))

    assert decision.verdict is Verdict.DENY
    assert after.next_pid == child.name
    assert child not in after.cells
