"""L7: generated functions answer what the reference answers, or nothing; and they do answer where everything is known."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from nslsm.controls.policy import PolicyControl
from nslsm.kernel.view import BindingView
from nslsm.language.check import ir
from nslsm.language.program import judge as reference
from nslsm.language.program.compile import facts, names
from nslsm.language.program.compile.compiled import Functions, functions
from nslsm.language.program.compile.names import Remembered
from nslsm.language.program.digest import control_digest
from nslsm.protocol.request import Request
from nslsm.protocol.view import View
from tests.laws.chance import elsewhere
from tests.laws.occurrences import occurrence

SEEDS = 150

QUESTIONS: dict[str, Callable[[ir.Control, Request, View], object]] = {
    "judge": reference.judge,
    "judge_inbound": lambda control, request, view: reference.judge(control, request, view, inbound=True),
    "effects": lambda control, request, view: reference.effects(control, request, view, denied=False),
    "effects_denied": lambda control, request, view: reference.effects(control, request, view, denied=True),
    "observe": reference.observe,
    "observe_inbound": lambda control, request, view: reference.observe(control, request, view, inbound=True),
}


def situations(seeds: range) -> Iterator[tuple[int, ir.Control, Request, View]]:
    """Programs of every sort, asked about what they are about."""
    for seed in seeds:
        event = occurrence(seed)
        for request in event.requests:
            for namespace in event.state.namespaces.members.values():
                for binding in namespace.bindings:
                    if isinstance(binding.control, PolicyControl):
                        view = BindingView(event.state, namespace.id, binding.name)
                        yield seed, binding.control.program, request, view


def agree(seeds: range, seen: "Counter[str]") -> None:
    """Fails at the first answer that the reference does not give. A function is asked by all that its program is about."""
    known: dict[tuple[str, str], Functions | None] = {}
    for seed, control, request, view in situations(seeds):
        key = control_digest(control), request.hook.name
        if key not in known:
            known[key] = functions(control, request.hook.name)
        made = known[key]
        assert made is not None, f"seed {seed}: {control.name} about {request.hook.name} is not said in Python"
        for question, ask in QUESTIONS.items():
            found = answered(made, question, request, view)
            seen["answered" if found is not None else "left to the reference"] += 1
            if found is not None:
                seen["something said"] += found not in ((), reference.ABSTAIN)
                assert found == ask(control, request, view), f"seed {seed}: {question} of {control.name}\n{made.text}"


def answered(made: Functions, question: str, request: Request, view: View) -> object:
    """What a function answers; None where it leaves it to the reference."""
    try:
        answer: object = getattr(made, question)(request, view)
    except Exception:  # noqa: BLE001 - whatever it is, the reference is asked
        return None
    return answer


def test_L7_generated_functions_answer_as_the_reference_does(record_property: Callable[[str, object], None]) -> None:
    seen: Counter[str] = Counter()

    agree(range(SEEDS), seen)

    assert seen["answered"] > 10 * seen["left to the reference"]
    assert seen["something said"] > seen["answered"] / 50
    record_property("told", f"generated functions: {dict(seen)}")


def test_L7_holds_where_all_that_hangs_on_one_fact_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "OFTEN", 1)
    monkeypatch.setattr(facts, "HEAVY", re.compile(""))
    seen: Counter[str] = Counter()

    agree(range(SEEDS), seen)

    assert seen["answered"] > seen["left to the reference"]


class First(Remembered):
    """Remembers what hangs on the first value that it is asked about, and says it of all."""

    def __missing__(self, value: object) -> object:
        return next(iter(self.values())) if self else super().__missing__(value)


def test_what_is_remembered_of_another_value_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "OFTEN", 1)
    monkeypatch.setattr(facts, "HEAVY", re.compile(""))
    monkeypatch.setattr(names, "Remembered", First)

    with pytest.raises(AssertionError):
        agree(range(SEEDS), Counter())


@pytest.mark.sweep
def test_L7_generated_functions_answer_as_the_reference_does_in_many_more_situations() -> None:
    first = elsewhere(1 << 21)

    agree(range(first, first + 5000), Counter())


@pytest.mark.sweep
def test_L7_holds_in_many_more_situations_where_what_hangs_on_one_fact_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facts, "OFTEN", 1)
    monkeypatch.setattr(facts, "HEAVY", re.compile(""))
    first = elsewhere(1 << 23)

    agree(range(first, first + 2000), Counter())


def test_programs_whose_conditions_are_forgotten_are_found_out() -> None:
    """The comparison can fail."""
    found = [_differs(control, request, view) for _, control, request, view in situations(range(40))]

    assert sum(found) > len(found) / 10


def _differs(control: ir.Control, request: Request, view: View) -> bool:
    rules = tuple(replace(rule, when=None) if isinstance(rule, ir.Deny) else rule for rule in control.rules)
    other = functions(replace(control, rules=rules), request.hook.name)
    assert other is not None
    return answered(other, "judge", request, view) != reference.judge(control, request, view)
