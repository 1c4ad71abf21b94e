"""L7: what answers for a whole lineage with an errno alone answers as a decision would be, or leaves it to one."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nslsm.engine import plan
from nslsm.engine.compositions import CONJUNCTION
from nslsm.engine.decide import decide
from nslsm.engine.decision import Verdict
from nslsm.engine.flattened import errno_of
from nslsm.hooks.model import Consequence
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.state import State
from nslsm.language.program.compile import compiled, lineage, rules
from nslsm.protocol.request import Request
from tests.laws.chance import elsewhere
from tests.laws.occurrences import occurrence

SEEDS = 400


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lineage is one function from the first question on; decisions are the reference's."""
    monkeypatch.setattr(plan.Flat, "__init__", _wanted)
    monkeypatch.setattr(compiled, "PATIENCE", sys.maxsize)


def _wanted(self: plan.Flat, asked: object) -> None:
    del asked
    self.answer, self.left = None, 1


def _one(state: State, request: Request) -> Steps:
    yield request
    return Outcome(state)


def agree(seeds: range, seen: "Counter[str]") -> None:
    """Fails at the first answer that a decision would not have given."""
    for seed in seeds:
        event = occurrence(seed)
        for asked in event.requests:
            request = asked._replace(consequence=Consequence.FATAL)
            found = _found(request, event.state)
            if found is None:
                seen["left to a decision"] += 1
                continue
            decision, after = decide(event.state, _one(event.state, request), composition=CONJUNCTION)
            told = f"seed {seed}, {request.hook.name}: {found}, and {decision.verdict} {decision.errno}"
            assert decision.verdict is (Verdict.DENY if found else Verdict.GRANT), told
            assert found == int(decision.errno or 0), told
            assert after is event.state, f"{told}, and something was set"
            assert not decision.changes, f"{told}, and {decision.changes}"
            assert not [each for each in decision.faults if each.enforced], told
            seen["denied" if found else "granted"] += 1


def _found(request: Request, state: State) -> int | None:
    try:
        return errno_of(request, state)
    except Exception:  # noqa: BLE001 - then a decision is made
        return None


def test_L7_a_lineage_answers_what_a_decision_would(record_property: Callable[[str, object], None]) -> None:
    seen: Counter[str] = Counter()

    agree(range(SEEDS), seen)

    assert seen["denied"] > SEEDS / 20
    assert seen["granted"] > SEEDS / 20
    record_property("told", f"lineages as one function: {dict(seen)}")


@pytest.mark.sweep
def test_L7_a_lineage_answers_what_a_decision_would_in_many_more_situations() -> None:
    first = elsewhere(1 << 24)

    agree(range(first, first + 8000), Counter())


def _mutants() -> Iterator[tuple[str, object, str, object]]:
    judged, setting = rules.judged, rules.setting
    yield "complaints deny", plan, "Member", lambda *about: lineage.Member(*about[:3], denies=True)
    yield "nothing is set", lineage, "setting", lambda _: ()
    yield (
        "regions let all through",
        lineage,
        "judged",
        lambda writing: (line for line in judged(writing) if not line.startswith(("while", "    "))),
    )
    yield (
        "what is set counts as denied",
        lineage,
        "setting",
        lambda writing: (line.replace("return None", "return 1") for line in setting(writing)),
    )
    yield "one view for all", lineage, "Writing", _seen_by_the_first


def _seen_by_the_first(control: Any, expressions: Any, its: Any, view: str, **more: Any) -> rules.Writing:
    del view
    return rules.Writing(control, expressions, its, "v0", **more)


@pytest.mark.parametrize("mutant", list(_mutants()), ids=lambda mutant: mutant[0])
def test_a_lineage_that_answers_something_else_is_found_out(
    mutant: tuple[str, object, str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, module, name, instead = mutant
    monkeypatch.setattr(module, name, instead)

    with pytest.raises(AssertionError):
        agree(range(6 * SEEDS), Counter())


def test_a_lineage_is_no_function_where_it_would_be_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "LONGEST", 0)
    seen: Counter[str] = Counter()

    agree(range(40), seen)

    assert seen["denied"] + seen["granted"] > 0
