"""On what compositions must agree, and where they may part: on one state, for one request. Each is a property.

``docs/guide/compositions.md`` states them in words.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from nslsm.controls.policy import PolicyControl
from nslsm.engine.compositions import Composition
from nslsm.engine.decision import Judgement, Opinion, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import HookClass
from nslsm.kernel.state import State
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Mode, NamespaceTree
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request
from nslsm.testing.builders import Scripted
from nslsm.testing.events import Situation

ByName: TypeAlias = Mapping[str, Composition]
Agreement: TypeAlias = Callable[[ByName, Situation], None]


def judgement(by_name: ByName, name: str, state: State, request: Request) -> Judgement:
    """What the composition of that name says."""
    return by_name[name].judge(request, state, Walk.FULL)


def asked(situation: Situation) -> Iterator[Request]:
    """The situation's requests that ask something."""
    return (each for each in situation.requests if each.hook.hook_class is HookClass.ACCESS)


def all_enforcing(state: State) -> State:
    """The state where no binding only complains."""
    return _with_bindings(state, lambda binding: replace(binding, mode=Mode.ENFORCE))


def complaining_by_regions_alone(state: State) -> State:
    """The state where no complaining binding has a ``deny`` rule."""

    def by_regions(binding: Binding) -> Binding:
        if binding.mode is Mode.ENFORCE:
            return binding
        if not isinstance(binding.control, PolicyControl):
            return replace(binding, control=Scripted(binding.name))  # in Python, whatever is denied is named
        return _without(binding, lambda rule: isinstance(rule, ir.Deny))

    return _with_bindings(state, by_regions)


def without_on_denied(state: State) -> State:
    """The state where no rule asks to hear of denials."""
    return _with_bindings(
        state, lambda binding: _without(binding, lambda rule: isinstance(rule, ir.Effect) and rule.denied)
    )


def _with_bindings(state: State, changed: Callable[[Binding], Binding]) -> State:
    tree: NamespaceTree = state.namespaces
    for number in sorted(tree.members):
        tree = tree.with_namespace(replace(tree[number], bindings=tuple(map(changed, tree[number].bindings))))
    return replace(state, namespaces=tree)


def _without(binding: Binding, left_out: Callable[[ir.Rule], bool]) -> Binding:
    if not isinstance(binding.control, PolicyControl):
        return binding
    program = binding.control.program
    rules = tuple(rule for rule in program.rules if not left_out(rule))
    return replace(binding, control=PolicyControl(replace(program, rules=rules)))


def weighs(opinion: Opinion) -> bool:
    """Whether an answer is a denial or a doubt."""
    return opinion.answer.stance in (Stance.DENY, Stance.UNKNOWN)


def outcome(found: Judgement) -> tuple[object, ...]:
    """What the caller gets, and who is blamed; modes aside, which a composition may read in its own way."""
    by = found.deciding and (found.deciding.namespace.id, found.deciding.binding.name, found.deciding.answer)
    return found.verdict, found.errno, by, found.unknown


def who(opinions: Sequence[Opinion]) -> list[tuple[int, str, bool]]:
    """Who was asked."""
    return [(each.namespace.id, each.binding.name, each.inbound) for each in opinions]


# The agreements


def lsm_core_always_agrees_on_the_verdict(by_name: ByName, situation: Situation) -> None:
    """Stopping at the first denial, from the other end, changes no verdict: whatever complains, and whatever is unknown."""
    for request in asked(situation):
        model = judgement(by_name, "conjunction", situation.state, request)
        found = judgement(by_name, "lsm-core", situation.state, request)

        assert (found.verdict, found.unknown) == (model.verdict, model.unknown)


def selinux_and_ima_agree_with_the_model_but_for_the_object_side(by_name: ByName, situation: Situation) -> None:
    """Where nobody on the object's side weighs in, the verdict is the model's; elsewhere it is never higher."""
    for request in asked(situation):
        model = judgement(by_name, "conjunction", situation.state, request)
        inbound = any(each.inbound and each.enforced and weighs(each) for each in model.opinions)
        for name in ("selinux-ns", "ima"):
            found = judgement(by_name, name, situation.state, request)

            assert found.verdict <= model.verdict
            if not inbound:
                assert (found.verdict, found.unknown) == (model.verdict, model.unknown)
                assert found.deciding == model.deciding


def selinux_and_ima_always_give_one_answer(by_name: ByName, situation: Situation) -> None:
    """They tell the caller the same and blame the same; they part over who is asked, and who gets to see."""
    for request in asked(situation):
        one = judgement(by_name, "selinux-ns", situation.state, request)
        other = judgement(by_name, "ima", situation.state, request)

        assert outcome(one) == outcome(other)
        assert who(one.opinions) == who(other.opinions)[: len(one.opinions)]


def apparmor_never_grants_what_the_model_does_not(by_name: ByName, situation: Situation) -> None:
    """Its verdict is the model's or higher; the model's wherever no complaining binding weighs in. All are always asked."""
    for request in asked(situation):
        model = judgement(by_name, "conjunction", situation.state, request)
        found = judgement(by_name, "apparmor-stack", situation.state, request)

        assert found.verdict >= model.verdict
        assert sorted(who(found.opinions)) == sorted(who(model.opinions))
        if not any(weighs(each) and not each.enforced for each in model.opinions):
            assert (found.verdict, found.unknown) == (model.verdict, model.unknown)


def apparmor_lets_pass_what_a_complaining_region_does_not(by_name: ByName, situation: Situation) -> None:
    """Only what a ``deny`` rule names is denied in complain mode: a closed world that complains is open."""
    state = complaining_by_regions_alone(situation.state)
    for request in asked(situation):
        model = judgement(by_name, "conjunction", state, request)
        found = judgement(by_name, "apparmor-stack", state, request)

        assert (found.verdict, found.unknown) == (model.verdict, model.unknown)


def apparmor_returns_the_error_of_the_last(by_name: ByName, situation: Situation) -> None:
    """Nobody who is asked after the one to blame denies; nobody asked is nearer the root than the one before."""
    for request in asked(situation):
        found = judgement(by_name, "apparmor-stack", situation.state, request)
        inside = [each for each in found.opinions if not each.inbound]

        if found.deciding is not None:
            place = found.opinions.index(found.deciding)
            assert not any(each.denies for each in found.opinions[place + 1 :])
            assert found.errno == (found.deciding.answer.errno or request.hook.default_errno)
        assert [each.namespace.depth for each in inside] == sorted(each.namespace.depth for each in inside)


def landlock_is_ima_where_all_enforce(by_name: ByName, situation: Situation) -> None:
    """A layer that only complains is one that enforces; beyond that, verdict and blame are those of the levels."""
    enforcing = all_enforcing(situation.state)
    for request in asked(situation):
        found = judgement(by_name, "landlock", situation.state, request)
        levels = judgement(by_name, "ima", enforcing, request)

        assert outcome(found)[::2] == outcome(levels)[::2]
        assert found.unknown == levels.unknown


def all_agree_where_nothing_complains_and_no_object_is_protected(by_name: ByName, situation: Situation) -> None:
    """The verdict is one and the same, also where it hangs on unknown facts, which are the same too."""
    state = all_enforcing(situation.state)
    for request in asked(situation):
        model = judgement(by_name, "conjunction", state, request)
        if any(each.inbound and weighs(each) for each in model.opinions):
            continue
        for name in by_name:
            found = judgement(by_name, name, state, request)

            assert (found.verdict, found.unknown) == (model.verdict, model.unknown)


def errnos_are_the_systems_own(by_name: ByName, situation: Situation) -> None:
    """SELinux and IMA have one errno, Landlock the hook's; the LSM core hands on what the module returned."""
    for request in asked(situation):
        for name, errno in (
            ("selinux-ns", Errno.EACCES),
            ("ima", Errno.EACCES),
            ("landlock", request.hook.default_errno),
        ):
            found = judgement(by_name, name, situation.state, request)

            assert found.verdict is not Verdict.DENY or found.errno == errno
        core = judgement(by_name, "lsm-core", situation.state, request)
        if core.deciding is not None:
            assert core.errno == (core.deciding.answer.errno or request.hook.default_errno)


def who_stops_asks_nobody_behind_the_denial(by_name: ByName, situation: Situation) -> None:
    """In the LSM core the denial is the last word; in SELinux its namespace has the last words."""
    for request in asked(situation):
        core = judgement(by_name, "lsm-core", situation.state, request)
        assert not any(each.denies for each in core.opinions[:-1])
        selinux = judgement(by_name, "selinux-ns", situation.state, request)
        if selinux.deciding is not None:
            assert selinux.opinions[-1].namespace == selinux.deciding.namespace
        everybody = judgement(by_name, "conjunction", situation.state, request)
        if everybody.verdict is not Verdict.DENY:
            assert sorted(who(core.opinions)) == sorted(who(everybody.opinions))


def who_does_not_stop_asks_the_whole_side_of_the_subject(by_name: ByName, situation: Situation) -> None:
    """IMA and Landlock ask everybody whom the model asks, the object's side aside, whoever denies."""
    for request in asked(situation):
        model = judgement(by_name, "conjunction", situation.state, request)
        for name in ("ima", "landlock"):
            found = judgement(by_name, name, situation.state, request)

            assert who(found.opinions) == [each for each in who(model.opinions) if not each[2]]


def nobody_sees_more_than_in_the_model(by_name: ByName, situation: Situation) -> None:
    """Observers run at every level in the model and in AppArmor; under IMA too, the object's side aside; elsewhere at some."""
    for request in situation.requests:
        seen = {
            name: {
                (each.namespace.id, each.binding.name, each.observation)
                for each in composition.observations(
                    composition.judge(request, situation.state, Walk.FULL), situation.state
                )
            }
            for name, composition in by_name.items()
        }
        for name in by_name:
            assert seen[name] <= seen["conjunction"]
        assert seen["apparmor-stack"] == seen["conjunction"]
        assert seen["selinux-ns"] <= seen["ima"]
        for name in ("lsm-core", "selinux-ns"):
            found = judgement(by_name, name, situation.state, request)
            if request.hook.hook_class is HookClass.ACCESS:
                assert {each[:2] for each in seen[name]} <= {each[:2] for each in who(found.opinions)}
        if judgement(by_name, "landlock", situation.state, request).verdict is not Verdict.DENY:
            assert not seen["landlock"]


AGREEMENTS: tuple[Agreement, ...] = (
    lsm_core_always_agrees_on_the_verdict,
    selinux_and_ima_agree_with_the_model_but_for_the_object_side,
    selinux_and_ima_always_give_one_answer,
    apparmor_never_grants_what_the_model_does_not,
    apparmor_lets_pass_what_a_complaining_region_does_not,
    apparmor_returns_the_error_of_the_last,
    landlock_is_ima_where_all_enforce,
    all_agree_where_nothing_complains_and_no_object_is_protected,
    errnos_are_the_systems_own,
    who_stops_asks_nobody_behind_the_denial,
    who_does_not_stop_asks_the_whole_side_of_the_subject,
    nobody_sees_more_than_in_the_model,
)
