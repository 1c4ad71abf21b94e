"""What is certain stays so beside what is unknown; what a recording shows is judged as if it were about to happen."""

from dataclasses import dataclass, replace

from rpds import HashTrieMap

from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision, Verdict
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.state import CellKey, State
from nslsm.protocol.control import Control
from nslsm.protocol.opinion import Answer, Assignment, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Identity, Task
from nslsm.protocol.view import View
from nslsm.testing.builders import Scripted, deny, doubt, file_at, request, state_with, task_in

PROCESS = Identity("task", 10)


def labels(hook: str, *, denied: bool = False, value: object = 1, name: str = "labels") -> Scripted:
    """A control that sets ``task.x`` at the hook."""
    found = {hook: (Assignment("task.x", PROCESS, value, "on-1", None),)}
    return Scripted(name, sets_on_denial=found) if denied else Scripted(name, sets=found)


@dataclass(frozen=True)
class Always:
    """An ``enter on`` that matches whatever happens."""

    def matches(self, request: Request, view: View) -> bool:
        del request, view
        return True


def executed(*root: Control, happened: bool = False, told: bool = False, depth: int = 1) -> tuple[Decision, State]:
    """An exec that ``enter on`` moves down ``depth`` namespaces, judged by controls of the root."""
    below: dict[str, list[Control]] = {f"n{number}": [] for number in range(depth)}
    state = state_with(root=list(root), **below)
    for number in range(1, depth + 1):
        tree = state.namespaces
        state = replace(state, namespaces=tree.with_namespace(replace(tree[number], entry=Always())))
    task = task_in(state, "root")
    state = replace(state, tasks=HashTrieMap({task.pid: task}))
    asked = request("bprm_check_security", task, file_at("/x"))
    after = [request("bprm_committed_creds", task, file_at("/x"))] if told else []

    def steps() -> Steps:
        yield asked
        return Outcome(state, entering=asked, notify=lambda _: after)

    return decide(state, steps(), happened=happened)


def probed(*root: Control, happened: bool) -> tuple[Decision, State]:
    """An event that goes on after its probe, but for a kernel that then refuses; as it is recorded, it did not."""
    state = state_with(root=list(root))
    task: Task = task_in(state)

    def steps() -> Steps:
        granted = yield request("capable", task)
        refused = None if granted else Errno.EPERM
        return Outcome(state, refusal=refused, reason="no") if happened else Outcome(state, errno=refused, reason="no")

    return decide(state, steps(), happened=happened)


def cell(state: State, attribute: str = "task.x", binding: str = "labels") -> object:
    """What ``binding`` of the root has set."""
    return state.cells.get(PROCESS, HashTrieMap()).get(CellKey(0, binding, attribute))


# Recordings


def test_a_capability_that_is_denied_denies_what_the_recorded_kernel_would_have_refused_without_it() -> None:
    decision, after = probed(deny("capable"), labels("capable"), happened=True)

    assert (decision.verdict, decision.errno, str(decision.blame)) == (Verdict.DENY, Errno.EPERM, "kernel")
    assert cell(after) is None


def test_a_capability_that_nobody_knows_of_leaves_a_recorded_call_indeterminate() -> None:
    decision, _ = probed(doubt("capable", "cap"), happened=True)

    assert (decision.verdict, decision.unknown) == (Verdict.INDETERMINATE, ("cap",))


def test_a_move_that_is_refused_denies_a_recorded_event_too() -> None:
    decision, after = executed(deny("namespace_enter"), labels("bprm_check_security"), happened=True)

    assert decision.verdict is Verdict.DENY
    assert [move.refused for move in decision.moves] == ["denies#deny-1"]
    assert after.tasks[10].home == 0
    assert cell(after) is None


def test_what_hooks_that_tell_would_set_is_unknown_after_a_recorded_exec_that_is_indeterminate() -> None:
    doubtful = doubt("bprm_check_security", "object.sha256")
    _, after = executed(doubtful, labels("bprm_committed_creds"), happened=True, told=True, depth=0)

    assert cell(after) is UNKNOWN


# Moves


def test_a_move_that_is_granted_is_judged_observed_and_has_effects() -> None:
    sees = Scripted("sees", sees={"namespace_enter": (Observation("audit-1", "", certain=True),)})
    decision, after = executed(sees, labels("namespace_enter"))

    assert [each.request.hook.name for each in decision.judgements] == ["bprm_check_security", "namespace_enter"]
    assert [each.observation.rule for each in decision.observed] == ["audit-1"]
    assert cell(after) == 1


def test_a_move_that_is_denied_denies_an_event_that_hangs_on_unknown_facts() -> None:
    decision, _ = executed(doubt("bprm_check_security", "object.sha256"), deny("namespace_enter"))

    assert decision.verdict is Verdict.DENY


def test_a_nested_move_that_is_denied_beats_one_above_it_that_is_unknown() -> None:
    def above_only(asked: Request, view: View) -> Answer:
        del view
        outer = asked.object.name == "n0"
        return Answer(Stance.UNKNOWN, unknown=frozenset({"x"})) if outer else Answer(Stance.DENY, "deny-1")

    decision, _ = executed(Scripted("nested", {"namespace_enter": above_only}), depth=2)

    assert decision.verdict is Verdict.DENY


# Faults


@dataclass(frozen=True)
class Breaks(Scripted):
    """Breaks where it should say what it handles, or gives rubbish for effects and observations."""

    where: str = "handles"

    def handles(self, hook: str) -> bool:
        if self.where == "handles":
            raise RuntimeError(hook)
        return True

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        del request, view, denied
        return None if self.where == "effects" else ()  # type: ignore[return-value]

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        del request, view
        return None if self.where == "observe" else ()  # type: ignore[return-value]


def test_a_control_that_breaks_where_it_says_what_it_handles_denies() -> None:
    decision, _ = executed(Breaks("breaks"), depth=0)

    assert (decision.verdict, decision.errno) == (Verdict.DENY, Errno.EACCES)
    assert {each.binding.name for each in decision.faults} == {"breaks"}


def test_effects_that_are_none_deny() -> None:
    decision, _ = executed(Breaks("breaks", where="effects"), depth=0)

    assert (decision.verdict, decision.errno) == (Verdict.DENY, Errno.EACCES)


def test_observations_that_are_none_decide_nothing() -> None:
    decision, _ = executed(Breaks("breaks", where="observe"), depth=0)

    assert decision.verdict is Verdict.GRANT


def test_two_values_without_a_join_deny_though_the_event_hangs_on_unknown_facts() -> None:
    twice = replace(
        labels("bprm_check_security"),
        sets={"bprm_check_security": tuple(Assignment("task.x", PROCESS, n, "on-1", None) for n in (1, 2))},
    )
    decision, _ = executed(doubt("bprm_check_security", "object.sha256"), twice, depth=0)

    assert decision.verdict is Verdict.DENY


# Doubts of the kernel's


def test_what_on_denied_would_set_stays_where_only_the_kernels_refusal_is_in_doubt() -> None:
    _, after = probed(doubt("capable", "cap"), labels("capable", denied=True), happened=False)

    assert cell(after) is None
