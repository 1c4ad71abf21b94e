"""L7: two evaluators, written independently of each other from the model, agree on every decision, record and state after.

Situations are those of the other laws, which hypothesis can shrink, and richer ones drawn from seeds
(:mod:`tests.laws.occurrences`), which are reduced by taking one thing away at a time. Mutants of the engine show what the
comparison would notice.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nslsm.engine import decide as engine
from nslsm.engine import effects, evaluate, placement
from nslsm.engine.decision import Judgement, Opinion, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.kernel.state import State
from nslsm.language.check.glob import Glob
from nslsm.protocol.namespace import Binding, Namespace
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request
from nslsm.testing.events import Situation, situations
from tests.laws.chance import elsewhere
from tests.laws.occurrences import Occurrence, occurrence, reduced
from tests.laws.runs import calls, inherited
from tests.laws.second_evaluator import Result, second_opinion
from tests.laws.second_evaluator.comparison import told
from tests.laws.second_evaluator.glob import glob_matches
from tests.laws.second_evaluator.result import DENY, INDETERMINATE

SEEDS = 250
"""Rich situations that the default selection looks at; a mutant has as many to be found in, and more."""


def differences(situation: Situation, walk: Walk = Walk.FULL, *, happened: bool = False) -> dict[str, tuple[Any, Any]]:
    """In which of the things that a decision says the two evaluators differ: the engine's value, the second's."""
    one = told(*engine.decide(situation.state, situation.steps(), walk=walk, happened=happened))
    other = second_opinion(situation.state, situation.steps(), happened=happened)
    if walk is Walk.SHORT:
        one, other = _without_voices(one), _without_voices(other)
    return {name: (x, y) for name, x, y in zip(Result._fields, one, other, strict=True) if x != y}


def _without_voices(result: Result) -> Result:
    """A short walk asks fewer, of whom those that break show no fault; all else is the same (L3)."""
    rulings = tuple(ruling._replace(voices=()) for ruling in result.rulings)
    return result._replace(rulings=rulings, broken=frozenset())


def differs(event: Occurrence) -> bool:
    """Whether the two evaluators differ, or one of them falls over."""
    try:
        return bool(differences(event, happened=event.happened))
    except Exception:  # noqa: BLE001 -- whichever it is, it is a difference
        return True


def agree(seed: int) -> None:
    """Fails with the smallest event that the evaluators differ about, found from the seed."""
    event = occurrence(seed)
    if differs(event):
        small = reduced(event, differs)
        pytest.fail(f"seed {seed}: {differences(small, happened=small.happened)}\n{small.requests}\n{small.state}")
    assert not differences(event, Walk.SHORT, happened=event.happened)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations(), st.booleans(), st.sampled_from(Walk))
def test_L7_two_evaluators_agree_on_every_decision(situation: Situation, happened: bool, walk: Walk) -> None:
    assert differences(situation, walk, happened=happened) == {}


@pytest.mark.parametrize("part", range(5))
def test_L7_they_agree_on_moves_recordings_threads_tables_and_controls_that_break(part: int) -> None:
    for seed in range(part, SEEDS, 5):
        agree(seed)


@pytest.mark.parametrize("seed", range(12))
def test_L7_they_agree_along_a_run_of_system_calls(seed: int) -> None:
    agree_along_a_run(seed)


def agree_along_a_run(seed: int) -> None:
    """Fails with the first call that the evaluators differ about, or after which a child has not what its maker had."""
    for call, box in calls(Random(seed), 25):
        happened = call.recorded is not None
        decision, after = engine.decide(call.state, call.steps(), happened=happened)
        one, other = told(decision, after), second_opinion(call.state, call.steps(), happened=happened)
        different = {name: (x, y) for name, x, y in zip(Result._fields, one, other, strict=True) if x != y}

        assert not different, f"seed {seed}, {call.operation} by {call.pid}: {different}"
        assert all(child == maker for child, maker in inherited(call.state, after, call.pid))
        box.append(after)


@pytest.mark.sweep
def test_L7_they_agree_along_many_more_runs() -> None:
    first = elsewhere(1 << 20)

    for seed in range(first, first + 200):
        agree_along_a_run(seed)


@pytest.mark.sweep
def test_L7_they_agree_in_many_more_situations() -> None:
    @settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
    @given(situations(), st.booleans(), st.sampled_from(Walk))
    def holds(situation: Situation, happened: bool, walk: Walk) -> None:
        assert differences(situation, walk, happened=happened) == {}

    holds()


@pytest.mark.sweep
def test_L7_they_agree_in_many_more_rich_situations() -> None:
    first = elsewhere(1 << 20)

    for seed in range(first, first + 4000):
        agree(seed)


def test_the_rich_situations_are_not_trivial(record_property: Callable[[str, object], None]) -> None:
    seen: Counter[str] = Counter()

    for seed in range(SEEDS):
        event = occurrence(seed)
        found = second_opinion(event.state, event.steps(), happened=event.happened)
        verdicts = [ruling.verdict for ruling in found.rulings]
        depth = event.state.namespaces[event.requests[0].subject.home].depth
        seen["requests"] += len(verdicts)
        seen["denied"] += verdicts.count(DENY)
        seen["indeterminate"] += verdicts.count(INDETERMINATE)
        seen["at depth 3 or more"] += len(verdicts) if depth >= 3 else 0
        seen["with effects"] += len(verdicts) if found.settings else 0
        seen["moves"] += bool(found.shifts)
        seen["broken"] += bool(found.broken)
        seen["observed"] += bool(found.sightings)
        seen["inbound"] += any(voice.inbound for ruling in found.rulings for voice in ruling.voices)
    total = seen.pop("requests")
    record_property("told", f"{total} rich requests: {dict(seen)}")

    assert seen["denied"] >= total * 0.10
    assert seen["indeterminate"] >= total * 0.10
    assert seen["at depth 3 or more"] >= total * 0.20
    assert seen["with effects"] >= total * 0.10
    assert min(seen[each] for each in ("moves", "broken", "observed", "inbound")) >= 5


WILD = st.text(alphabet="ab/*?", min_size=1, max_size=6).map(lambda text: f"/{text}")
CLASSES = st.sampled_from(("[ab]", "[^a]", "{a,b/}", "{,a*}", "\\*", "[a-c]b", "ä"))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(WILD, CLASSES), min_size=1, max_size=3).map("".join), st.text(alphabet="abcä/*", max_size=8))
def test_L7_two_matchers_of_globs_agree(pattern: str, path: str) -> None:
    assert Glob(pattern).matches(f"/{path}") == glob_matches(pattern, f"/{path}")


# Mutants

Mutation = Callable[[pytest.MonkeyPatch], None]


def the_farthest_is_blamed(patch: pytest.MonkeyPatch) -> None:
    """The last denial decides, not the nearest (M2.3)."""
    original = evaluate.judge

    def judged(request: Request, state: State, _walk: Walk) -> Judgement:
        found = original(request, state, Walk.FULL)
        denials = [opinion for opinion in found.opinions if opinion.denies]
        return evaluate.concluded(request, found.opinions, denials[-1] if denials else None)

    patch.setattr(evaluate, "judge", judged)


def a_complaining_doubt_masks_ancestors(patch: pytest.MonkeyPatch) -> None:
    """Subtle: where a binding in complain mode does not know, nobody behind it is asked (M2.5)."""
    original = evaluate.opinions

    def opinions(request: Request, state: State) -> Any:
        for opinion in original(request, state):
            yield opinion
            if not opinion.enforced and opinion.answer.stance is Stance.UNKNOWN:
                return

    patch.setattr(evaluate, "opinions", opinions)


def a_child_shuts_its_keeper_out(patch: pytest.MonkeyPatch) -> None:
    """Subtle: inbound rules count against a subject above, whoever has bound them (M4.2)."""
    original = evaluate.inbound_bindings

    def inbound(request: Request, state: State) -> Any:
        root = state.namespaces.root
        members = state.namespaces.members
        for number in members:
            bound = tuple(replace(each, maker=root) for each in members[number].bindings)
            members = members.insert(number, replace(members[number], bindings=bound))
        made = replace(state, namespaces=replace(state.namespaces, members=members))
        for namespace, binding in original(request, made):
            yield state.namespaces[namespace.id], _same(state.namespaces[namespace.id], binding)

    patch.setattr(evaluate, "inbound_bindings", inbound)


def _same(namespace: Namespace, binding: Binding) -> Binding:
    return next(each for each in namespace.bindings if each.name == binding.name)


def joins_run_backwards(patch: pytest.MonkeyPatch) -> None:
    """Subtle: of two values that one event sets, the last counts as the first (M3.2)."""
    original = effects.joined
    patch.setattr(effects, "joined", lambda values, join, order=(): original(values[::-1], join, order))


def a_doubtful_effect_is_none(patch: pytest.MonkeyPatch) -> None:
    """Subtle: what may have been set stays as it was, and known (M3.4)."""
    original = engine.committed

    def committed(state: State, changes: Any, rekeyed: Any) -> State:
        return original(state, [each for each in changes if each.value is not engine_unknown], rekeyed)

    engine_unknown = effects.UNKNOWN
    patch.setattr(engine, "committed", committed)


def names_of_doubts_get_lost(patch: pytest.MonkeyPatch) -> None:
    """Subtle: only the first binding's unknown facts are named (M2.9)."""
    original = evaluate.concluded

    def concluded(request: Request, heard: Any, deciding: Opinion | None) -> Judgement:
        found = original(request, heard, deciding)
        unsure = [each.answer.unknown for each in heard if each.enforced and each.answer.stance is Stance.UNKNOWN]
        return replace(found, unknown=unsure[0]) if found.verdict is Verdict.INDETERMINATE else found

    patch.setattr(evaluate, "concluded", concluded)


def observers_outside_see_nothing(patch: pytest.MonkeyPatch) -> None:
    """Observing rules run for the subject's lineage only, inbound ones never (M4.2, M2.7)."""
    original = evaluate.observed_by

    def observed_by(*arguments: Any, inbound: bool) -> Any:
        return () if inbound else original(*arguments, inbound=False)

    patch.setattr(evaluate, "observed_by", observed_by)


def a_move_asks_nobody(patch: pytest.MonkeyPatch) -> None:
    """Subtle: ``enter on`` moves a process although an ancestor refuses ``namespace_enter`` (M5.5)."""
    original = placement.placed

    def placed(*arguments: Any) -> Any:
        found = original(*arguments)
        return found._replace(judgements=(), refused=None)

    patch.setattr(engine, "placed", placed)


def an_unsure_event_sets_what_a_denial_would(patch: pytest.MonkeyPatch) -> None:
    """Subtle: where it is the kernel's refusal that is in doubt, ``on denied`` rules are thought to have run (ADR 0011)."""
    patch.setattr(effects, "_may_deny", lambda _: True)


MUTANTS: tuple[Mutation, ...] = (
    the_farthest_is_blamed,
    a_complaining_doubt_masks_ancestors,
    a_child_shuts_its_keeper_out,
    joins_run_backwards,
    a_doubtful_effect_is_none,
    names_of_doubts_get_lost,
    observers_outside_see_nothing,
    a_move_asks_nobody,
    an_unsure_event_sets_what_a_denial_would,
)


@pytest.mark.parametrize("mutation", MUTANTS, ids=lambda mutation: mutation.__name__)
def test_L7_a_broken_engine_is_found(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    mutation(monkeypatch)

    assert any(differs(occurrence(seed)) for seed in range(20 * SEEDS))
