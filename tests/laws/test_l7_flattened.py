"""L7: decisions from plans and generated functions are those of the second evaluator, which has neither."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from nslsm.engine import decide as engine
from nslsm.engine import flattened, plan
from nslsm.engine.evaluate import Walk
from nslsm.engine.flattened import FLATTENED
from nslsm.kernel.state import State
from nslsm.language.program.compile import compiled
from tests.laws.chance import elsewhere
from tests.laws.occurrences import Occurrence, occurrence, reduced
from tests.laws.runs import calls
from tests.laws.second_evaluator import Result, second_opinion
from tests.laws.second_evaluator.comparison import told

SEEDS = 250


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions are generated for the first question already."""
    monkeypatch.setattr(compiled, "PATIENCE", 0)


def differences(
    state: State, steps: Any, again: Any, *, happened: bool, walk: Walk = Walk.FULL
) -> tuple[dict[str, Any], State]:
    """In what the two differ, and the state that follows."""
    decision, after = engine.decide(state, steps, walk=walk, happened=happened, composition=FLATTENED)
    one, other = told(decision, after), second_opinion(state, again, happened=happened)
    if walk is Walk.SHORT:
        one, other = _without_voices(one), _without_voices(other)
    return {name: (x, y) for name, x, y in zip(Result._fields, one, other, strict=True) if x != y}, after


def _without_voices(result: Result) -> Result:
    rulings = tuple(ruling._replace(voices=()) for ruling in result.rulings)
    return result._replace(rulings=rulings, broken=frozenset())


def differs(event: Occurrence) -> bool:
    """Whether they differ about an event, or one of them falls over."""
    try:
        return bool(differences(event.state, event.steps(), event.steps(), happened=event.happened)[0])
    except Exception:  # noqa: BLE001 - whichever it is, it is a difference
        return True


def agree(seed: int) -> None:
    """Fails with the smallest event that they differ about, found from the seed."""
    event = occurrence(seed)
    if differs(event):
        small = reduced(event, differs)
        found, _ = differences(small.state, small.steps(), small.steps(), happened=small.happened)
        pytest.fail(f"seed {seed}: {found}\n{small.requests}\n{small.state}")
    short = differences(event.state, event.steps(), event.steps(), happened=event.happened, walk=Walk.SHORT)
    assert not short[0]


def agree_along_a_run(seed: int) -> None:
    """Fails with the first call that they differ about."""
    for call, box in calls(Random(seed), 25):
        happened = call.recorded is not None
        found, after = differences(call.state, call.steps(), call.steps(), happened=happened)
        assert not found, f"seed {seed}, {call.operation} by {call.pid}: {found}"
        box.append(after)


@pytest.mark.parametrize("part", range(5))
def test_L7_decisions_from_plans_are_those_of_the_second_evaluator(part: int) -> None:
    for seed in range(part, SEEDS, 5):
        agree(seed)


@pytest.mark.parametrize("seed", range(12))
def test_L7_so_they_are_along_a_run_of_system_calls(seed: int) -> None:
    agree_along_a_run(seed)


@pytest.mark.sweep
def test_L7_so_they_are_in_many_more_situations_and_runs() -> None:
    first = elsewhere(1 << 22)

    for seed in range(first, first + 3000):
        agree(seed)
    for seed in range(first, first + 150):
        agree_along_a_run(seed)


def _mutants() -> Iterator[tuple[str, object, str, object]]:
    made = plan._made
    yield "forgets the root", plan, "_made", lambda tree, home, hook: _shorter(made(tree, home, hook))
    yield "asks in the wrong order", plan, "_made", lambda tree, home, hook: _turned(made(tree, home, hook))
    yield "nobody observes", plan, "_made", lambda *about: made(*about)._replace(observers=())
    yield "nothing is set by denials", plan, "_made", lambda *about: made(*about)._replace(setters_denied=())
    yield "no object is protected", flattened, "_protected", lambda *_: False


def _shorter(found: plan.Plan) -> plan.Plan:
    return found._replace(asked=tuple(seat for seat in found.asked if seat.namespace.parent is not None))


def _turned(found: plan.Plan) -> plan.Plan:
    return found._replace(asked=found.asked[::-1])


@pytest.mark.parametrize("mutant", list(_mutants()), ids=lambda mutant: mutant[0])
def test_a_plan_that_is_wrong_is_found_out(
    mutant: tuple[str, object, str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, module, name, instead = mutant
    monkeypatch.setattr(module, name, instead)

    assert any(differs(occurrence(seed)) for seed in range(SEEDS))
