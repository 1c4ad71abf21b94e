"""Each law finds, along random courses, the broken engines and kernels that it is there to find, blunt ones and subtle ones."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from nslsm.engine import decide, effects, evaluate
from nslsm.engine.decision import Opinion, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.kernel import boot, lifetimes, namespaces, tree, view
from nslsm.kernel.state import State
from nslsm.kernel.syscalls import cloning
from nslsm.kernel.syscalls import namespaces as calls
from nslsm.protocol.namespace import Binding, Namespace
from nslsm.protocol.request import Request
from nslsm.protocol.things import Task
from nslsm.protocol.view import UNSET
from tests.laws import test_l7_second_evaluator as l7
from tests.laws import test_mutants as known
from tests.laws.machine import Broken, Exchange, Law, course, play
from tests.laws.machine_laws import LAWS
from tests.laws.machine_ratchet import owner_ratchet

COURSES = 100
"""A mutant is found in as many courses, 4,000 steps at most."""

ABOUT_NAMESPACES = ("L9 ratchet", "invariants")
"""Laws that are looked at where most steps are about namespaces."""

Mutation = Callable[[pytest.MonkeyPatch], None]


# L3


def a_short_walk_sets_less(patch: pytest.MonkeyPatch) -> None:
    """Subtle: who was not asked in a short walk does not hear of the denial either."""
    original = decide.effects_of

    def effects_of(judged: Any, verdict: Verdict, state: State) -> Any:
        found = original(judged, verdict, state)
        last = judged[-1] if judged else None
        if verdict is not Verdict.DENY or last is None or not last.opinions or last.deciding != last.opinions[-1]:
            return found
        asked = {opinion.namespace.id for judgement in judged for opinion in judgement.opinions}
        return found._replace(changes=tuple(each for each in found.changes if each.namespace.id in asked))

    patch.setattr(decide, "effects_of", effects_of)


# L4


def a_doubtful_event_goes_ahead(patch: pytest.MonkeyPatch) -> None:
    """Subtle: what is indeterminate is answered with an error, and done."""
    original = decide._follow

    def follow(state: State, outcome: Any, placement: Any, verdict: Verdict, *, happened: bool) -> Any:
        doubtful = verdict is Verdict.INDETERMINATE
        return original(state, outcome, placement, Verdict.GRANT if doubtful else verdict, happened=happened)

    patch.setattr(decide, "_follow", follow)


def what_a_doubtful_event_sets_is_known(patch: pytest.MonkeyPatch) -> None:
    """Subtle: an indeterminate event sets attributes as if it had been granted."""
    original = decide.effects_of

    def effects_of(judged: Any, verdict: Verdict, state: State) -> Any:
        certain = [replace(each, verdict=min(each.verdict, Verdict.GRANT)) for each in judged]
        if verdict is Verdict.INDETERMINATE:
            return original(certain, Verdict.GRANT, state)
        return original(judged, verdict, state)

    patch.setattr(decide, "effects_of", effects_of)


# L5


def siblings_are_asked(patch: pytest.MonkeyPatch) -> None:
    """Children of the namespaces of the lineage are asked as well."""
    original = evaluate.opinions

    def opinions(request: Request, state: State) -> Iterable[Opinion]:
        yield from original(request, state)
        asked = {each.id for each in state.namespaces.lineage(request.subject.home)}
        for number in sorted(asked):
            for child in state.namespaces.children.get(number, ()):
                for binding in state.namespaces[child].bindings:
                    if child not in asked and evaluate.concerned(binding, request):
                        namespace = state.namespaces[child]
                        yield Opinion(namespace, binding, evaluate.ask(binding, namespace, request, state))

    patch.setattr(evaluate, "opinions", opinions)


def who_is_reached_judges_by_all_its_rules(patch: pytest.MonkeyPatch) -> None:
    """Subtle: the namespace of the object is asked for all its rules, not for its inbound ones only (M4.2)."""
    original = evaluate.ask

    def ask(*arguments: Any, inbound: bool = False) -> Any:
        del inbound
        return original(*arguments)

    patch.setattr(evaluate, "ask", ask)


def everybody_observes(patch: pytest.MonkeyPatch) -> None:
    """What anybody does is seen by the observers of the whole tree."""
    original = evaluate.observations

    def observations(request: Request, state: State) -> Iterable[Any]:
        yield from original(request, state)
        lineage = {each.id for each in state.namespaces.lineage(request.subject.home)}
        for number in sorted(set(state.namespaces.members) - lineage):
            namespace = state.namespaces[number]
            for binding in namespace.bindings:
                yield from evaluate.observed_by(namespace, binding, request, state, inbound=False)

    patch.setattr(evaluate, "observations", observations)


def who_is_reached_sets_attributes(patch: pytest.MonkeyPatch) -> None:
    """Subtle: effects of the object's namespace are had too, not those of the subject's lineage only."""
    original = effects._proposed

    def proposed(request: Request, state: State, *, denied: bool) -> Iterable[Any]:
        yield from original(request, state, denied=denied)
        lineage = {each.id for each in state.namespaces.lineage(request.subject.home)}
        home = evaluate.home_of(request)
        if isinstance(request.object, Task) and home not in lineage:
            moved = replace(request.subject.credentials, namespace=home)
            other = request._replace(subject=replace(request.subject, credentials=moved))
            for each in original(other, state, denied=denied):
                if each.namespace.id not in lineage:
                    yield each

    patch.setattr(effects, "_proposed", proposed)


# L6


def effects_that_break_are_left_out(patch: pytest.MonkeyPatch) -> None:
    """Subtle: who cannot say what it would set sets nothing, and the event goes ahead."""
    patch.setattr(decide, "_breaking", lambda *_, **__: (None, ()))


def a_fault_counts_as_a_complaint(patch: pytest.MonkeyPatch) -> None:
    """Subtle: a denial without a rule, which is a fault, does not decide."""
    original = evaluate.judge

    def judged(request: Request, state: State, walk: Walk) -> Any:
        found = original(request, state, walk)
        if found.deciding is not None and found.deciding.answer.fault:
            return evaluate.concluded(request, found.opinions, None)
        return found

    patch.setattr(evaluate, "judge", judged)


# L8


def the_order_depends_on_what_was_asked_before(patch: pytest.MonkeyPatch) -> None:
    """Subtle: who asks the same a second time hears the opinions the other way round."""
    original = evaluate.judge

    def judged(request: Request, state: State, walk: Walk) -> Any:
        found = original(request, state, walk)
        newest = state.namespaces.members is not _seen.get(request)
        _seen[request] = state.namespaces.members
        return replace(found, opinions=found.opinions if newest else found.opinions[::-1])

    _seen: dict[Request, object] = {}
    patch.setattr(evaluate, "judge", judged)


# L9


def a_process_enters_what_it_likes(patch: pytest.MonkeyPatch) -> None:
    """A namespace is entered, bound in and sealed from anywhere."""
    patch.setattr(calls, "_require_within", lambda *_: None)


def seals_are_for_show(patch: pytest.MonkeyPatch) -> None:
    """What is sealed changes all the same."""
    patch.setattr(namespaces, "_require_open", lambda _: None)


def a_lock_is_replaced(patch: pytest.MonkeyPatch) -> None:
    """Subtle: a lock is put in the place of another, narrower or not."""

    def locked(state: State, target: Namespace, controls: frozenset[str]) -> State:
        namespaces._require_open(target)
        return namespaces._changed(state, target, lock=controls)

    patch.setattr(calls, "locked", locked)


def only_the_nearest_lock_counts(patch: pytest.MonkeyPatch) -> None:
    """Subtle: a lock above another lock is not looked at."""
    original = namespaces._locks_allow

    def locks_allow(known: Any, parent: int, bindings: tuple[Binding, ...]) -> None:
        nearest = next((each for each in known.lineage(parent) if each.lock is not None), None)
        if nearest is not None:
            top = replace(nearest, parent=None)
            original(known.with_namespace(top), nearest.id, bindings)

    patch.setattr(namespaces, "_locks_allow", locks_allow)


def the_last_maker_counts(patch: pytest.MonkeyPatch) -> None:
    """Subtle: what the host has bound becomes the tenant's when the tenant binds it again (ADR 0013)."""
    original = namespaces._together

    def together(known: Any, one: Binding, more: Binding) -> Binding:
        return replace(original(known, one, more), maker=more.maker)

    patch.setattr(namespaces, "_together", together)


def the_last_mode_counts(patch: pytest.MonkeyPatch) -> None:
    """Subtle: what enforces is bound again to complain, and does."""
    original = namespaces._together

    def together(known: Any, one: Binding, more: Binding) -> Binding:
        return replace(original(known, one, more), mode=more.mode)

    patch.setattr(namespaces, "_together", together)


def limits_are_as_asked_for(patch: pytest.MonkeyPatch) -> None:
    """Subtle: a child has the limits that it wants."""
    original = namespaces._carved
    patch.setattr(namespaces, "_carved", lambda parent, wanted: wanted or original(parent, wanted))


def one_thread_moves(patch: pytest.MonkeyPatch) -> None:
    """Subtle: of a process that enters a namespace one thread goes there, and the rest stay."""
    original = namespaces.move

    def move(state: State, tgid: int, namespace: int) -> State:
        process = state.processes[tgid]
        one = state.processes.insert(tgid, replace(process, threads=process.threads[:1]))
        moved = original(replace(state, processes=one), tgid, namespace)
        return replace(moved, processes=state.processes)

    for module in (calls, cloning, decide):
        patch.setattr(module, "move", move)


# The kernel's invariants


def a_namespace_outlives_its_last_task(patch: pytest.MonkeyPatch) -> None:
    """Subtle: a namespace that nobody holds any more stays."""
    patch.setattr(lifetimes, "_ended", lambda state, _: state)


def bindings_of_a_change_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    """Subtle: what is bound after a namespace was made does not count against the limit."""
    original = namespaces.bound

    def bound(state: State, *rest: Any, **named: Any) -> Any:
        new, after = original(state, *rest, **named)
        return new, replace(after, usage=state.usage)

    patch.setattr(calls, "bound", bound)


def a_child_holds_nothing(patch: pytest.MonkeyPatch) -> None:
    """Subtle: who is forked into a namespace is not counted among those that keep it alive."""
    for module in (tree, boot):
        patch.setattr(module, "held", lambda state, _: state)


def attributes_are_found_by_their_names(patch: pytest.MonkeyPatch) -> None:
    """Subtle: what another binding of that name has set elsewhere is taken for one's own (M3.1)."""
    original = view.BindingView.cell

    def cell(self: Any, attribute: str, thing: Any) -> Any:
        found = original(self, attribute, thing)
        if found is not UNSET:
            return found
        of_thing = self.state.cells.get(thing, {})
        return next((of_thing[key] for key in sorted(of_thing) if key.attribute == attribute), UNSET)

    patch.setattr(view.BindingView, "cell", cell)


MUTANTS: dict[str, tuple[Mutation, ...]] = {
    "L1 one more binding": (
        known.nearest_level_decides,
        known.an_allow_overrides,
        known.unknown_beats_denial,
        known.a_complaint_ends_the_walk,
    ),
    "L1 one more level": (known.nearest_level_decides, known.an_allow_overrides, known.a_complaint_ends_the_walk),
    "L2 order": (
        known.the_first_rule_decides,
        known.a_complaint_ends_the_walk,
        known.the_last_assignment_wins,
    ),
    "L3 walks": (known.the_farthest_is_blamed_in_full, known.a_short_walk_observes_less, a_short_walk_sets_less),
    "L4 nothing on denial": (
        known.a_denied_event_still_labels,
        known.a_denied_event_half_happens,
        a_doubtful_event_goes_ahead,
        what_a_doubtful_event_sets_is_known,
    ),
    "L5 bound elsewhere": (
        siblings_are_asked,
        everybody_observes,
        who_is_reached_judges_by_all_its_rules,
        who_is_reached_sets_attributes,
    ),
    "L6 fail closed": (known.unknown_beats_denial, known.the_last_assignment_wins, a_fault_counts_as_a_complaint),
    "L6 one that breaks": (
        known.what_breaks_abstains,
        known.rubbish_is_no_denial,
        effects_that_break_are_left_out,
        a_fault_counts_as_a_complaint,
    ),
    "L7 two evaluators": (
        l7.joins_run_backwards,
        l7.a_child_shuts_its_keeper_out,
        l7.an_unsure_event_sets_what_a_denial_would,
        attributes_are_found_by_their_names,
    ),
    "L8 deterministic": (
        known.unknown_facts_come_as_they_are_found,
        known.a_verdict_remembers,
        the_order_depends_on_what_was_asked_before,
    ),
    "L9 ratchet": (
        a_process_enters_what_it_likes,
        seals_are_for_show,
        a_lock_is_replaced,
        only_the_nearest_lock_counts,
        the_last_maker_counts,
        the_last_mode_counts,
        limits_are_as_asked_for,
        one_thread_moves,
    ),
    "invariants": (
        a_namespace_outlives_its_last_task,
        bindings_of_a_change_are_not_counted,
        a_child_holds_nothing,
    ),
}


@pytest.mark.parametrize(
    ("law", "mutation"),
    [pytest.param(law, mutant, id=f"{law}: {mutant.__name__}") for law in MUTANTS for mutant in MUTANTS[law]],
)
def test_a_broken_kernel_is_found(law: str, mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    always = [each._replace(share=1.0) for each in LAWS if each.name == law]
    owner = owner_ratchet if law == "L9 ratchet" else None
    mutation(monkeypatch)

    with pytest.raises(Broken):
        _play_all(always, owner)


def _play_all(laws: list[Law], owner: Callable[[State, Exchange], None] | None) -> None:
    for seed in range(COURSES):
        play(course(seed, bent=laws[0].name in ABOUT_NAMESPACES), laws, owner)


def test_every_law_of_the_machine_has_three_mutants() -> None:
    assert MUTANTS.keys() == {law.name for law in LAWS}
    assert all(len(mutants) >= 3 for mutants in MUTANTS.values())
