"""A sequence of steps as texts in the language's own notation: what a test, or a scenario, does to come to the same end."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from nslsm.engine.decision import Decision, Verdict
from nslsm.engine.explain.wording import worded_value
from nslsm.hooks.types import PATH, STRING, Enumeration, Flags, SetOf, Type
from nslsm.language.check.cases import Act, Endpoint, FileFixture, StepValue, TaskName
from nslsm.language.check.claims import Fixture
from nslsm.language.check.steps import CALLS, FILE_FACTS, TASK_FACTS, Operand
from nslsm.language.syntax.unparse_expression import quote
from nslsm.protocol.things import Value
from nslsm.simulation.exploration.outcome import Exploration

_OCTAL: Final = frozenset({"mode"})


class Told(NamedTuple):
    """A sequence: what there is at the beginning, then the steps, each with what came of it."""

    given: tuple[str, ...]
    steps: tuple[str, ...]
    outcomes: tuple[str, ...]
    """One for each step: ``allow``, ``deny EACCES``, ``ENOENT``, ``unknown object.sha256``."""

    @property
    def judged(self) -> tuple[str, ...]:
        """The steps with their outcomes behind arrows."""
        return tuple(f"{step} -> {outcome}" for step, outcome in zip(self.steps, self.outcomes, strict=True))


def told(found: Exploration) -> Told | None:
    """The sequence that breaks the claim; None where none was found."""
    if found.broken is None:
        return None
    return Told(
        given=tuple(given(each) for each in found.vocabulary.given),
        steps=tuple(step(each.act) for each in found.broken.steps),
        outcomes=tuple(outcome(each.decision) for each in found.broken.steps),
    )


def given(fixture: Fixture) -> str:
    """A file or a task, as a test declares it."""
    if isinstance(fixture, FileFixture):
        return f"file {quote(fixture.path)}{_facts(fixture.facts, FILE_FACTS)}"
    return f"task {fixture.name} in {fixture.namespace}{_facts(fixture.facts, TASK_FACTS)}"


def _facts(facts: tuple[tuple[str, Value], ...], types: Mapping[str, Type]) -> str:
    said = ", ".join(f"{name} = {spelled(value, types[name], octal=name in _OCTAL)}" for name, value in facts)
    return f" {{ {said} }}" if said else ""


def step(act: Act) -> str:
    """A step, without what came of it.

    >>> from nslsm.diagnostics.span import Span
    >>> step(Act(task="a", call="open", operands=("/x", frozenset({"write"})), span=Span()))
    'a open "/x" write'
    """
    return " ".join((act.task, act.call, *_operands(act)))


def _operands(act: Act) -> Iterator[str]:
    shape = CALLS[act.call]
    for operand, value in zip(shape.operands, act.operands, strict=False):
        if value is not None:
            yield _operand(operand, value)
    if shape.words and isinstance(act.operands[-1], frozenset):
        yield from sorted(str(word) for word in act.operands[-1])


def _operand(operand: Operand, value: StepValue) -> str:
    if isinstance(value, TaskName):
        return value.name
    if isinstance(value, Endpoint):
        return f"{f'[{value.address}]' if value.address.version == 6 else value.address}:{value.port}"
    return quote(str(value)) if operand.type is None else spelled(value, operand.type, octal=operand.name in _OCTAL)


def spelled(value: Value, kind: Type, *, octal: bool = False) -> str:
    """A constant as the language writes it."""
    if kind in (PATH, STRING):
        return quote(str(value))
    if octal and isinstance(value, int):
        return f"0o{value:o}"
    if isinstance(kind, Enumeration | Flags) and isinstance(value, str):
        return value
    if isinstance(kind, SetOf) and isinstance(value, frozenset):
        return f"{{{', '.join(sorted(spelled(each, kind.element) for each in value))}}}"
    return worded_value(value, kind)


def outcome(decision: Decision) -> str:
    """What came of a step, as a test expects it."""
    if decision.verdict is Verdict.GRANT:
        return "allow"
    if decision.verdict is Verdict.INDETERMINATE:
        return ", ".join(f"unknown {fact}" for fact in decision.unknown)
    errno = "EACCES" if decision.errno is None else decision.errno.name
    by_kernel = decision.blame is None or decision.blame.opinion is None
    return errno if by_kernel else f"deny {errno}"
