"""Tests of policies, carried out: each on a machine of its own, step by step, each outcome held against what is expected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from nslsm.controls.declare import empty_tree, namespace_tree
from nslsm.engine.decision import Decision
from nslsm.language.check.cases import Act, Case, Check, FileFixture, TaskFixture
from nslsm.simulation.expectations import Expectation, attribute_value
from nslsm.simulation.machine import Machine, NotPossible
from nslsm.simulation.outcomes import mismatches
from nslsm.simulation.steps import perform


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What of a test did not hold: the step, what is wrong, and the decision in question."""

    step: Act | Check | FileFixture | TaskFixture
    reasons: tuple[str, ...]
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test with what did not hold of it; it passed where nothing did not."""

    case: Case
    failures: tuple[Failure, ...] = ()
    steps: int = 0
    decisions: tuple[Decision, ...] = field(default=(), repr=False)

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.failures


def run(cases: Sequence[Case], *, profile: str = "6.12") -> Iterator[Result]:
    """Carry out tests, one after another, each from nothing."""
    return (run_case(case, profile=profile) for case in cases)


def run_case(case: Case, *, profile: str = "6.12") -> Result:
    """Carry out one test. A step that cannot be done at all ends it; one that comes out otherwise does not."""
    tree = namespace_tree(case.root) if case.root is not None else empty_tree()
    machine = Machine(tree, profile=profile)
    failures: list[Failure] = []
    decisions: list[Decision] = []
    done = 0
    for step in case.steps:
        done += 1
        try:
            match step:
                case FileFixture():
                    machine.declare_file(step.path, dict(step.facts))
                case TaskFixture():
                    machine.start_task(step.name, step.namespace, dict(step.facts))
                case Act():
                    decision = perform(machine, step)
                    decisions.append(decision)
                    failures.extend(_judged(step, decision))
                case Check():
                    failures.extend(_looked_at(step, attribute_value(machine, step)))
                case _:
                    assert_never(step)
        except NotPossible as reason:
            failures.append(Failure(step=step, reasons=(str(reason),)))
            break
    return Result(case=case, failures=tuple(failures), steps=done, decisions=tuple(decisions))


def _judged(step: Act, decision: Decision) -> Iterator[Failure]:
    reasons = tuple(reason for expected in step.expected for reason in mismatches(expected, decision))
    if reasons:
        yield Failure(step=step, reasons=reasons, decision=decision)
    if not step.expected and not decision.granted:
        yield Failure(
            step=step, reasons=("nothing was expected of this step, and it was not granted",), decision=decision
        )


def _looked_at(step: Check, found: Expectation) -> Iterator[Failure]:
    if not found.holds:
        yield Failure(step=step, reasons=(found.reason,))
