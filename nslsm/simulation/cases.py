"""Tests of policies, carried out: each on a machine of its own, step by step, each outcome held against what is expected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import assert_never

from nslsm.controls.declare import empty_tree, namespace_tree
from nslsm.engine.decision import Decision
from nslsm.kernel.state import State
from nslsm.language.check.cases import Act, Case, Check, FileFixture, TaskFixture
from nslsm.simulation.coverage import Coverage
from nslsm.simulation.expectations import Expectation, attribute_value
from nslsm.simulation.machine import PROFILE, Machine, NotPossible
from nslsm.simulation.outcomes import Mismatch, got, mismatches
from nslsm.simulation.steps import perform


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What of a test did not hold: the step, what was expected and what came, and the decision in question."""

    step: Act | Check | FileFixture | TaskFixture
    mismatches: tuple[Mismatch, ...] = ()
    problem: str = ""
    """Why the step could not be taken at all."""
    decision: Decision | None = None
    state: State | None = field(default=None, repr=False)
    """The machine before the step: who could be asked."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """What did not hold, a sentence each."""
        return (*([self.problem] if self.problem else ()), *map(str, self.mismatches))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test with what did not hold of it; it passed where nothing did not."""

    case: Case
    failures: tuple[Failure, ...] = ()
    steps: int = 0
    decisions: tuple[Decision, ...] = field(default=(), repr=False)
    seconds: float = field(default=0.0, compare=False)
    """How long it took; the only part of a result that may differ between two runs."""

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.failures


def run(cases: Sequence[Case], *, profile: str = PROFILE, coverage: Coverage | None = None) -> Iterator[Result]:
    """Carry out tests, one after another, each from nothing. ``coverage``, where given, sees what they ask of the rules."""
    for case in cases:
        start = perf_counter()
        result = run_case(case, profile=profile, coverage=coverage)
        yield replace(result, seconds=perf_counter() - start)


def run_case(case: Case, *, profile: str = PROFILE, coverage: Coverage | None = None) -> Result:
    """Carry out one test. A step that cannot be done at all ends it; one that comes out otherwise does not."""
    tree = namespace_tree(case.root) if case.root is not None else empty_tree()
    watch = None if coverage is None else coverage.watch(case)
    machine = (
        Machine(tree, profile=profile) if watch is None else Machine(watch.tree(tree), profile=profile, bound=watch)
    )
    failures: list[Failure] = []
    decisions: list[Decision] = []
    done = 0
    for step in case.steps:
        done += 1
        before = machine.state
        try:
            match step:
                case FileFixture():
                    machine.declare_file(step.path, dict(step.facts))
                case TaskFixture():
                    machine.start_task(step.name, step.namespace, dict(step.facts))
                case Act():
                    decision = perform(machine, step)
                    decisions.append(decision)
                    failures.extend(judged(step, decision, before))
                case Check():
                    failures.extend(looked_at(step, attribute_value(machine, step)))
                case _:
                    assert_never(step)
        except NotPossible as reason:
            failures.append(Failure(step=step, problem=str(reason)))
            break
    return Result(case=case, failures=tuple(failures), steps=done, decisions=tuple(decisions))


def judged(step: Act, decision: Decision, before: State) -> Iterator[Failure]:
    """What of a step's expectations its decision does not meet."""
    found = tuple(mismatch for expected in step.expected for mismatch in mismatches(expected, decision))
    if not step.expected and not decision.granted:
        found = (Mismatch("allow", f"{got(decision)}; a step that says no outcome must be granted"),)
    if found:
        yield Failure(step=step, mismatches=found, decision=decision, state=before)


def looked_at(step: Check, found: Expectation) -> Iterator[Failure]:
    """What of an expectation about an attribute does not hold."""
    if not found.holds:
        yield Failure(step=step, mismatches=(Mismatch(found.wanted, found.found),))
