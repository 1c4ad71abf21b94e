"""Each law finds the broken evaluators that it is there to find, blunt ones and subtle ones."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from nslsm.engine import decide, effects, evaluate
from nslsm.engine.decision import Decision, Judgement, Observed, Verdict
from nslsm.engine.evaluate import Broken, Walk
from nslsm.kernel.state import State
from nslsm.language.program import interpret, judge
from nslsm.protocol.opinion import ABSTAIN, Answer, Stance
from nslsm.protocol.request import Request
from nslsm.testing.events import Situation, situations
from tests.laws.laws import LAWS

Mutation = Callable[[pytest.MonkeyPatch], None]


def nearest_level_decides(patch: pytest.MonkeyPatch) -> None:
    """Ancestors are asked only where the subject's own namespace binds nothing."""
    original = evaluate.opinions

    def opinions(request: Request, state: State) -> Iterable[object]:
        heard = list(original(request, state))
        first = heard[0].namespace.id if heard else None
        return [opinion for opinion in heard if opinion.namespace.id == first]

    patch.setattr(evaluate, "opinions", opinions)


def an_allow_overrides(patch: pytest.MonkeyPatch) -> None:
    """A control that says allow takes back the others' denials."""
    original = evaluate.judge

    def judged(request: Request, state: State, walk: Walk) -> Judgement:
        found = original(request, state, walk)
        heard = list(evaluate.opinions(request, state))
        if any(each.answer.stance is Stance.ALLOW for each in heard):
            return replace(found, verdict=Verdict.GRANT, errno=None, deciding=None, unknown=frozenset())
        return found

    patch.setattr(evaluate, "judge", judged)


def unknown_beats_denial(patch: pytest.MonkeyPatch) -> None:
    """A verdict with any unknown in it is indeterminate, whoever denies for certain."""
    original = evaluate.judge

    def judged(request: Request, state: State, walk: Walk) -> Judgement:
        found = original(request, state, walk)
        names = [each.answer.unknown for each in evaluate.opinions(request, state) if each.enforced]
        if found.verdict is Verdict.DENY and any(names):
            unknown = frozenset[str]().union(*names)
            return replace(found, verdict=Verdict.INDETERMINATE, deciding=None, unknown=unknown)
        return found

    patch.setattr(evaluate, "judge", judged)


def the_first_rule_decides(patch: pytest.MonkeyPatch) -> None:
    """Rules are tried in the order of the text, and a region that lets the request through ends the search."""
    original = judge.judge

    def judged(control: Any, request: Request, view: Any, *, inbound: bool = False) -> Answer:
        for rule in control.rules:
            answer = original(replace(control, rules=(rule,)), request, view, inbound=inbound)
            if answer.stance is not Stance.ABSTAIN:
                return answer
        return ABSTAIN

    patch.setattr(judge, "judge", judged)


def a_complaint_ends_the_walk(patch: pytest.MonkeyPatch) -> None:
    """Subtle: a denial in complain mode does not deny, but nobody behind it is asked."""
    original = evaluate.opinions

    def opinions(request: Request, state: State) -> Iterable[object]:
        for opinion in original(request, state):
            yield opinion
            if opinion.would_deny:
                return

    patch.setattr(evaluate, "opinions", opinions)


def the_last_assignment_wins(patch: pytest.MonkeyPatch) -> None:
    """Subtle: of two bindings' denials, the order decides whether a doubt is remembered."""
    original = evaluate.judge

    def judged(request: Request, state: State, walk: Walk) -> Judgement:
        found = original(request, state, walk)
        stances = [each.answer.stance for each in evaluate.opinions(request, state) if each.enforced]
        if found.verdict is Verdict.INDETERMINATE and stances[-1] is not Stance.UNKNOWN:
            return replace(found, verdict=Verdict.GRANT, errno=None, unknown=frozenset())
        return found

    patch.setattr(evaluate, "judge", judged)


def a_short_walk_observes_less(patch: pytest.MonkeyPatch) -> None:
    """Subtle: what a short walk does not ask, it does not observe either."""
    original = evaluate.observations
    judged: list[Walk] = []
    original_judge = evaluate.judge

    def judge_it(request: Request, state: State, walk: Walk) -> Judgement:
        judged[:] = [walk]
        return original_judge(request, state, walk)

    def observations(request: Request, state: State) -> Iterable[Observed]:
        found = list(original(request, state))
        judgement = original_judge(request, state, judged[0])
        if judged[0] is Walk.SHORT and judgement.deciding is not None:
            asked = {opinion.namespace.id for opinion in judgement.opinions}
            return [each for each in found if each.namespace.id in asked]
        return found

    patch.setattr(evaluate, "judge", judge_it)
    patch.setattr(evaluate, "observations", observations)


def the_farthest_is_blamed_in_full(patch: pytest.MonkeyPatch) -> None:
    """A full walk blames the last denial instead of the nearest."""
    original = evaluate.judge

    def judged(request: Request, state: State, walk: Walk) -> Judgement:
        found = original(request, state, walk)
        denials = [opinion for opinion in found.opinions if opinion.denies]
        return replace(found, deciding=denials[-1]) if denials else found

    patch.setattr(evaluate, "judge", judged)


def a_denied_event_still_labels(patch: pytest.MonkeyPatch) -> None:
    """Effects are committed before the verdict is looked at."""
    original = effects.effects_of
    patch.setattr(decide, "effects_of", lambda judged, _verdict, state: original(judged, Verdict.GRANT, state))


def a_denied_event_half_happens(patch: pytest.MonkeyPatch) -> None:
    """Subtle: the kernel takes a number for what it then does not make."""
    original = decide._follow

    def follow(state: State, *arguments: Any, **named: Any) -> Any:
        after, moves = original(state, *arguments, **named)
        return (replace(after, next_pid=after.next_pid + 1) if after is state else after), moves

    patch.setattr(decide, "_follow", follow)


def what_breaks_abstains(patch: pytest.MonkeyPatch) -> None:
    """A control that raises is passed over."""
    original = evaluate.guarded

    def guarded(question: Callable[[], object]) -> object:
        found = original(question)
        return ABSTAIN if isinstance(found, Broken) else found

    patch.setattr(evaluate, "guarded", guarded)


def rubbish_is_no_denial(patch: pytest.MonkeyPatch) -> None:
    """Subtle: an exception denies, but an answer that is none is taken for an abstention."""
    original = evaluate.guarded

    def guarded(question: Callable[[], object]) -> object:
        found = original(question)
        return found if isinstance(found, Broken | Answer | tuple) else ABSTAIN

    patch.setattr(evaluate, "guarded", guarded)


def unknown_is_false(patch: pytest.MonkeyPatch) -> None:
    """A condition that hangs on unknown facts does not hold."""
    original = interpret.truth_of

    def truth_of(expression: Any, scene: Any) -> Any:
        truth = original(expression, scene)
        return False if isinstance(truth, interpret.Missing) else truth

    patch.setattr(judge, "truth_of", truth_of)


def a_doubt_ends_a_conjunction(patch: pytest.MonkeyPatch) -> None:
    """Subtle: an unknown operand makes a disjunction unknown although another one is true, and `not` drops the doubt."""
    original = interpret.negated
    patch.setattr(
        interpret, "negated", lambda truth: False if isinstance(truth, interpret.Missing) else original(truth)
    )


def unknown_facts_come_as_they_are_found(patch: pytest.MonkeyPatch) -> None:
    """Names of unknown facts are given in whatever order."""
    original = decide._decision

    def decision(*arguments: Any, **named: Any) -> Decision:
        found = original(*arguments, **named)
        return replace(found, unknown=tuple(reversed(found.unknown)))

    patch.setattr(decide, "_decision", decision)


def a_verdict_remembers(patch: pytest.MonkeyPatch) -> None:
    """Subtle: every seventh grant is remembered and doubted."""
    original = evaluate.judge
    calls = [0]

    def judged(request: Request, state: State, walk: Walk) -> Judgement:
        found = original(request, state, walk)
        calls[0] += 1
        return replace(found, opinions=()) if calls[0] % 7 == 0 else found

    patch.setattr(evaluate, "judge", judged)


MUTANTS: dict[str, tuple[Mutation, ...]] = {
    "L1 more bindings": (nearest_level_decides, unknown_beats_denial, a_complaint_ends_the_walk),
    "L1 more levels": (an_allow_overrides, a_complaint_ends_the_walk),
    "L2 order of rules": (the_first_rule_decides,),
    "L2 order of bindings": (a_complaint_ends_the_walk, the_last_assignment_wins),
    "L2 order of namespaces": (nearest_level_decides, a_complaint_ends_the_walk),
    "L3 walks": (the_farthest_is_blamed_in_full, a_short_walk_observes_less),
    "L4 nothing on denial": (a_denied_event_still_labels, a_denied_event_half_happens),
    "L6 faults deny": (what_breaks_abstains, rubbish_is_no_denial),
    "L6 knowing more only settles": (unknown_is_false, a_doubt_ends_a_conjunction),
    "L8 deterministic": (unknown_facts_come_as_they_are_found, a_verdict_remembers),
}


LONG: frozenset[tuple[str, Mutation]] = frozenset(
    {
        *(("L1 more bindings", mutant) for mutant in MUTANTS["L1 more bindings"]),
        *(
            (law, a_complaint_ends_the_walk)
            for law in ("L1 more levels", "L2 order of bindings", "L2 order of namespaces")
        ),
        ("L2 order of bindings", the_last_assignment_wins),
        ("L2 order of rules", the_first_rule_decides),
        ("L3 walks", the_farthest_is_blamed_in_full),
        ("L3 walks", a_short_walk_observes_less),
        ("L8 deterministic", unknown_facts_come_as_they_are_found),
    }
)
"""Found by random courses sooner (:mod:`tests.laws.test_machine_mutants`): here it takes hundreds of situations."""


@pytest.mark.parametrize(
    ("law", "mutation"),
    [
        pytest.param(
            law,
            mutant,
            id=f"{law}: {mutant.__name__}",
            marks=[pytest.mark.sweep] if (law, mutant) in LONG else [],
        )
        for law in MUTANTS
        for mutant in MUTANTS[law]
    ],
)
def test_a_broken_evaluator_is_found(law: str, mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    mutation(monkeypatch)

    @settings(
        max_examples=1500,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(situations(), st.data())
    def holds(situation: Situation, data: st.DataObject) -> None:
        LAWS[law](situation, data.draw)

    with pytest.raises((AssertionError, Flaky)):
        holds()


def test_every_law_has_mutants() -> None:
    assert MUTANTS.keys() == LAWS.keys()
