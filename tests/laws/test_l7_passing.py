"""L7: events that pass without a decision come to what they would be decided to; of the others nothing is lost."""

from collections import Counter
from random import Random

import pytest

from nslsm.engine import passing
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision
from nslsm.engine.flattened import FLATTENED
from nslsm.engine.passing import Passed, passed
from nslsm.kernel.state import State
from nslsm.language.program.compile import compiled
from tests.laws.chance import elsewhere
from tests.laws.machine import Broken, Law, Passage, course, play
from tests.laws.occurrences import occurrence

COURSES = 60
OCCURRENCES = 250


def at_first_sight(passage: Passage, chance: Random, tally: "Counter[str]") -> None:
    """The step, put to both, where it is no recording's."""
    del chance
    event = passage.event
    if not event.happened:
        decision, after = decide(event.state, event.steps(), composition=FLATTENED)
        hold(passed(event.state, event.steps()), event.state, decision, after, tally)


def hold(came: object, state: State, decision: Decision, after: State, tally: "Counter[str]") -> None:
    """What came is the decision, or is still to be decided, to the same."""
    if isinstance(came, Passed):
        tally["passed"] += 1
        tally["without a request"] += not decision.judgements
        assert decision.granted
        assert not any((decision.changes, decision.moves, decision.faults, decision.unknown))
        assert (came.result, came.state) == (decision.result, after)
        return
    tally["decided"] += 1
    tally["though granted"] += decision.granted
    assert decide(state, came, composition=FLATTENED) == (decision, after)  # type: ignore[arg-type]


def along(seeds: range, tally: "Counter[str]") -> None:
    """Courses of a whole kernel."""
    law = Law("passing", 1.0, lambda passage, chance: at_first_sight(passage, chance, tally))
    for seed in seeds:
        play(course(seed), (law,))


def among(seeds: range, tally: "Counter[str]") -> None:
    """Events of requests that are raised directly."""
    for seed in seeds:
        event = occurrence(seed)
        if not event.happened:
            decision, after = decide(event.state, event.steps(), composition=FLATTENED)
            hold(passed(event.state, event.steps()), event.state, decision, after, tally)


@pytest.mark.parametrize("patience", [0, compiled.PATIENCE])
def test_L7_an_event_that_passes_is_granted_and_leaves_the_same(patience: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "PATIENCE", patience)
    seen: Counter[str] = Counter()

    along(range(COURSES), seen)
    among(range(OCCURRENCES), seen)

    assert seen["passed"] - seen["without a request"] >= 50
    assert seen["decided"] >= 200
    assert seen["though granted"] >= 50


@pytest.mark.sweep
def test_L7_so_it_is_along_many_more_courses() -> None:
    first = elsewhere(1 << 21)

    along(range(first, first + 1500), Counter())
    among(range(first, first + 3000), Counter())


MUTANTS = {
    "grants what nobody was asked about": ("_is_granted", lambda _request, _state: True),
    "nobody enters": ("can_enter", lambda _state, _home: False),
    "forgets what was asked": ("_from_the_beginning", lambda _asked, steps, _outcome=None: steps),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_way_of_passing_that_is_wrong_is_found_out(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, instead = MUTANTS[mutant]
    monkeypatch.setattr(passing, name, instead)

    with pytest.raises((AssertionError, Broken, StopIteration)):
        along(range(COURSES), Counter())
