"""Runs of scenarios: each step on a simulated machine, one after another, with what came of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from nslsm.controls.declare import empty_tree, namespace_tree
from nslsm.engine.decision import Decision
from nslsm.kernel.state import State
from nslsm.language.check.cases import Act, Check, FileFixture, TaskFixture
from nslsm.language.check.cases import Step as TypedStep
from nslsm.protocol.namespace import NamespaceTree
from nslsm.simulation.cases import Failure, judged, looked_at
from nslsm.simulation.expectations import attribute_value
from nslsm.simulation.machine import Machine, NotPossible
from nslsm.simulation.scenarios.scenario import Drawn, Repeated, Step
from nslsm.simulation.scenarios.script import Run, Script
from nslsm.simulation.steps import perform


class Planned(NamedTuple):
    """A step that is to be done."""

    text: str
    drawn: bool = False
    """By chance: that it cannot be done then says nothing, whatever is expected of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A step that was done, or could not be."""

    run: Run
    number: int
    """From 1, in its run."""
    text: str
    step: TypedStep
    decision: Decision | None = None
    impossible: str = ""
    """Why it could not be done at all: its task has ended, a file was never opened."""
    failures: tuple[Failure, ...] = field(default=(), repr=False)

    @property
    def expected(self) -> bool:
        """Whether it says what is to come of it."""
        return not isinstance(self.step, Act) or bool(self.step.expected)


def steps_of(steps: Sequence[Step], values: Mapping[str, str], chance: Random) -> Iterator[Planned]:
    """The steps of one run in their order, drawn as ``chance`` has it."""
    for step in steps:
        match step:
            case Repeated(times, name, inner):
                for time in range(1, times + 1):
                    yield from steps_of(inner, {**values, name: str(time)} if name else values, chance)
            case Drawn(times, choices, vary):
                texts = [choice.text for choice in choices]
                weights = [choice.weight for choice in choices]
                for text in chance.choices(texts, weights, k=times) if texts else ():
                    drawn = {name: chance.choice(each) for name, each in vary.items() if f"${{{name}}}" in text.text}
                    yield Planned(text.filled({**values, **drawn}).text, drawn=True)
            case _:
                yield Planned(step.filled(values).text)


def happen(
    script: Script, run: Run, *, profile: str = "", waived: Callable[[NamespaceTree], NamespaceTree] | None = None
) -> Iterator[Happened]:
    """One run, step by step.

    It ends early where a step cannot be done of which something is expected, or where what must always hold does not.

    ``profile`` is the kernel to simulate, where that is not the scenario's own. ``waived`` changes the namespaces before
    each step.
    """
    row = script.scenario.rows.index(run.values)
    root = script.roots[row]
    machine = Machine(
        empty_tree() if root is None else namespace_tree(root),
        world=script.scenario.world,
        profile=profile or script.scenario.profile,
    )
    for number, fixture in enumerate(script.fixtures[row], 1):
        try:
            _there(machine, fixture)
        except NotPossible as reason:
            failure = Failure(step=fixture, problem=str(reason))
            yield Happened(run=run, number=number, text="", step=fixture, failures=(failure,))
            return
    done = script.steps[row]
    chance = Random(run.seed)  # noqa: S311 - an experiment is repeated by its seed
    for number, planned in enumerate(steps_of(script.scenario.steps, run.values, chance), 1):
        if waived is not None:
            machine.namespaces_become(waived)
        happened = _done(machine, run, number, planned, done[planned.text])
        broken = tuple(_broken(machine, script.always[row])) if not happened.impossible else ()
        if broken:
            failures = (*happened.failures, *broken)
            yield Happened(
                run=run,
                number=number,
                text=planned.text,
                step=happened.step,
                decision=happened.decision,
                failures=failures,
            )
            return
        yield happened
        if happened.impossible and happened.failures:
            return


def _there(machine: Machine, fixture: FileFixture | TaskFixture) -> None:
    if isinstance(fixture, FileFixture):
        machine.declare_file(fixture.path, dict(fixture.facts))
    else:
        machine.start_task(fixture.name, fixture.namespace, dict(fixture.facts))


def _done(machine: Machine, run: Run, number: int, planned: Planned, step: TypedStep) -> Happened:
    before = machine.state
    decision: Decision | None = None
    failures: tuple[Failure, ...] = ()
    impossible = ""
    try:
        match step:
            case Act():
                decision = perform(machine, step)
                failures = tuple(_unexpected(step, decision, before))
            case Check():
                failures = tuple(looked_at(step, attribute_value(machine, step)))
            case _:
                _there(machine, step)
    except NotPossible as reason:
        impossible = str(reason)
        free = planned.drawn or (isinstance(step, Act) and not step.expected)
        failures = () if free else (Failure(step=step, problem=impossible),)
    return Happened(
        run=run,
        number=number,
        text=planned.text,
        step=step,
        decision=decision,
        impossible=impossible,
        failures=failures,
    )


def _unexpected(step: Act, decision: Decision, before: State) -> Iterator[Failure]:
    if step.expected:
        yield from judged(step, decision, before)


def _broken(machine: Machine, always: Sequence[Check]) -> Iterator[Failure]:
    for check in always:
        try:
            yield from looked_at(check, attribute_value(machine, check))
        except NotPossible:
            continue  # whom it speaks of is not there any more, or not yet
