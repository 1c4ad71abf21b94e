"""Who is asked about a request, in what order, and whose answer counts."""

from dataclasses import replace

from nslsm.engine.decision import Verdict
from nslsm.engine.evaluate import Walk, judge, opinions
from nslsm.hooks.linux import Errno, Signal
from nslsm.protocol.namespace import Binding
from nslsm.protocol.opinion import Answer, Stance
from nslsm.testing.builders import Scripted, allow, complaining, deny, doubt, file_at, request, state_with, task_in

SHADOW = file_at("/etc/shadow")


def test_a_denial_is_blamed_on_the_nearest_namespace_that_objects() -> None:
    state = state_with(root=[deny("file_open")], web=[deny("file_open")], cgi=[])

    judgement = judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL)

    assert judgement.deciding is not None
    assert judgement.deciding.namespace.name == "web"


def test_an_ancestor_denies_what_a_child_allows() -> None:
    state = state_with(root=[deny("file_open")], web=[allow("file_open")])

    assert judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL).verdict is Verdict.DENY


def test_a_namespace_without_bindings_is_transparent() -> None:
    state = state_with(root=[], web=[], cgi=[])

    assert judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL).verdict is Verdict.GRANT


def test_a_descendants_controls_are_not_asked_about_its_ancestors_tasks() -> None:
    state = state_with(root=[], web=[deny("file_open")])

    assert judge(request("file_open", task_in(state, "root"), SHADOW), state, Walk.FULL).verdict is Verdict.GRANT


def test_bindings_are_asked_nearest_first_and_in_their_order() -> None:
    state = state_with(
        root=[allow("file_open", name="a")], web=[allow("file_open", name="b"), allow("file_open", name="c")]
    )

    asked = [opinion.binding.name for opinion in opinions(request("file_open", task_in(state), SHADOW), state)]

    assert asked == ["b", "c", "a"]


def test_a_control_that_does_not_handle_the_hook_is_not_asked() -> None:
    state = state_with(root=[deny("task_kill")])

    assert judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL).opinions == ()


def test_the_errno_is_the_rules_or_the_hooks_default() -> None:
    state = state_with(root=[deny("file_open", Errno.EHOSTUNREACH)], web=[])
    kill = state_with(root=[deny("task_kill")])

    by_rule = judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL)
    by_hook = judge(request("task_kill", task_in(kill), task_in(kill, pid=11), signal=Signal.SIGTERM), kill, Walk.FULL)

    assert (by_rule.errno, by_hook.errno) == (Errno.EHOSTUNREACH, Errno.EPERM)


def test_complaining_neither_denies_nor_hides_an_ancestors_denial() -> None:
    state = state_with(root=[deny("file_open")], web=[complaining(deny("file_open"))])

    judgement = judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL)

    assert judgement.verdict is Verdict.DENY
    assert judgement.deciding is not None
    assert judgement.deciding.namespace.name == "root"
    assert [opinion.namespace.name for opinion in judgement.would_deny] == ["web"]


def test_a_complaint_alone_grants() -> None:
    state = state_with(root=[complaining(deny("file_open"))])

    assert judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL).verdict is Verdict.GRANT


def test_a_definite_denial_beats_unknown_wherever_it_stands() -> None:
    for near, far in (
        ([deny("file_open")], [doubt("file_open", "x")]),
        ([doubt("file_open", "x")], [deny("file_open")]),
    ):
        state = state_with(root=far, web=near)

        assert judge(request("file_open", task_in(state), SHADOW), state, Walk.SHORT).verdict is Verdict.DENY


def test_an_indeterminate_verdict_names_all_that_it_hangs_on() -> None:
    state = state_with(
        root=[doubt("file_open", "object.sha256")], web=[doubt("file_open", "subject.uid", "object.owner")]
    )

    judgement = judge(request("file_open", task_in(state), SHADOW), state, Walk.SHORT)

    assert judgement.verdict is Verdict.INDETERMINATE
    assert judgement.unknown == {"object.sha256", "subject.uid", "object.owner"}
    assert judgement.errno is Errno.EACCES


def test_a_doubt_in_a_complaining_binding_is_recorded_and_no_more() -> None:
    state = state_with(root=[complaining(doubt("file_open", "x"))])

    assert judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL).verdict is Verdict.GRANT


def test_a_short_walk_stops_at_the_first_denial_and_a_full_one_asks_all() -> None:
    state = state_with(root=[deny("file_open", name="far")], web=[deny("file_open", name="near")])
    asked = request("file_open", task_in(state), SHADOW)

    short, full = judge(asked, state, Walk.SHORT), judge(asked, state, Walk.FULL)

    assert [opinion.binding.name for opinion in short.opinions] == ["near"]
    assert [opinion.binding.name for opinion in full.opinions] == ["near", "far"]


def test_a_control_that_raises_has_denied_and_is_recorded_as_a_fault() -> None:
    def breaks(*_: object) -> Answer:
        raise ZeroDivisionError("so there")

    state = state_with(root=[Scripted("breaks", {"file_open": breaks})])

    judgement = judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL)

    assert (judgement.verdict, judgement.errno) == (Verdict.DENY, Errno.EACCES)
    assert judgement.opinions[0].answer.fault == "ZeroDivisionError: so there"


def test_an_unknown_that_names_no_fact_is_a_fault() -> None:
    state = state_with(root=[Scripted("odd", {"file_open": Answer(Stance.UNKNOWN)})])

    assert judge(request("file_open", task_in(state), SHADOW), state, Walk.FULL).verdict is Verdict.DENY


def test_nobody_can_deny_what_the_kernel_only_tells() -> None:
    state = state_with(root=[deny("bprm_committed_creds")])

    judgement = judge(request("bprm_committed_creds", task_in(state), SHADOW), state, Walk.FULL)

    assert judgement.verdict is Verdict.GRANT


def _inbound(name: str = "guard") -> Scripted:
    return Scripted(name, inbound={"task_kill": Answer(Stance.DENY, "deny-1")})


def test_inbound_rules_protect_a_namespace_from_its_siblings() -> None:
    state = state_with(root=[], a=[_inbound()])
    sibling = replace(state.namespaces[1], id=2, name="b", path="root.b", bindings=())
    state = replace(state, namespaces=state.namespaces.with_namespace(sibling))
    killer = replace(task_in(state, "b", pid=20), credentials=replace(task_in(state).credentials, namespace=2))

    judgement = judge(request("task_kill", killer, task_in(state, "a"), signal=Signal.SIGTERM), state, Walk.FULL)

    assert judgement.verdict is Verdict.DENY
    assert judgement.deciding is not None
    assert judgement.deciding.inbound


def test_inbound_rules_that_a_child_made_do_not_shut_its_keeper_out() -> None:
    state = state_with(root=[], a=[Binding(name="own", control=_inbound(), maker=1)])
    keeper = task_in(state, "root", pid=20)

    judgement = judge(request("task_kill", keeper, task_in(state, "a"), signal=Signal.SIGTERM), state, Walk.FULL)

    assert judgement.verdict is Verdict.GRANT


def test_inbound_rules_that_the_keeper_made_hold_against_himself() -> None:
    state = state_with(root=[], a=[Binding(name="given", control=_inbound(), maker=0)])
    keeper = task_in(state, "root", pid=20)

    judgement = judge(request("task_kill", keeper, task_in(state, "a"), signal=Signal.SIGTERM), state, Walk.FULL)

    assert judgement.verdict is Verdict.DENY


def test_inbound_rules_are_not_asked_about_those_inside() -> None:
    state = state_with(root=[], a=[_inbound()])
    one, other = task_in(state, "a", pid=20), task_in(state, "a", pid=21)

    assert judge(request("task_kill", one, other, signal=Signal.SIGTERM), state, Walk.FULL).verdict is Verdict.GRANT
