"""The wire format of the results of tests in policies."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from nslsm.audit.naming import object_of
from nslsm.engine.decision import Judgement
from nslsm.kernel.state import State
from nslsm.simulation.cases import Failure, Result
from nslsm.simulation.outcomes import Mismatch
from nslsm.simulation.vector import Entry, vector
from nslsm.wire import encode
from nslsm.wire.base import Document, Model
from nslsm.wire.decision import VerdictName
from nslsm.wire.finding import SpanRecord, span_record
from nslsm.wire.forms import Text
from nslsm.wire.record import qualified, verdict_name


class MismatchRecord(Model):
    """What was to come of a step, and what came instead, in the language's words for outcomes."""

    expected: Text
    got: Text


class EntryRecord(Model):
    """One binding in one namespace, and what it answered to one request."""

    namespace: str
    binding: str
    control: str
    mode: Literal["enforce", "complain"]
    """A complaining binding's denial does not count (Model M2.5)."""
    inbound: Literal[True] | None = None
    """The binding protects the object, from outside (Model M4.2)."""
    stance: Literal["allow", "deny", "abstain", "unknown"] | None = None
    """Absent: the control has no rule about the hook, so it was not asked."""
    rule: str | None = None
    """``module.control#rule``."""
    errno: str | None = None
    """Of a denial: the rule's, or the hook's default."""
    because: Text | None = None
    unknown: tuple[str, ...] | None = None
    """The unknown facts that the answer hangs on, sorted."""
    fault: Text | None = None
    """How the control broke (Model M2.8)."""
    decides: Literal[True] | None = None
    """This is the denial that is blamed (Model M2.3)."""


class AskedRecord(Model):
    """One request of the step, with the verdict vector: everybody who could be asked, nearest namespace first."""

    hook: str
    object: Text
    """What it is about, in words; empty where there is nothing to name."""
    consequence: Literal["fatal", "probe", "element"]
    verdict: VerdictName
    errno: str | None = None
    vector: tuple[EntryRecord, ...]


class FailureRecord(Model):
    """A step that did not come out as it was to."""

    span: SpanRecord
    reasons: tuple[Text, ...]
    """What did not hold, a sentence each."""
    mismatches: tuple[MismatchRecord, ...]
    problem: Text | None = None
    """Why the step could not be taken at all."""
    verdict: VerdictName | None = None
    errno: str | None = None
    blame: str | None = None
    """Who denied, where somebody did: ``module.control#rule in namespace``."""
    unknown: tuple[str, ...]
    """The unknown facts that the verdict hangs on, sorted."""
    requests: tuple[AskedRecord, ...]


class ResultRecord(Model):
    """One test."""

    module: str
    title: Text
    passed: bool
    steps: int
    """How many were carried out."""
    span: SpanRecord
    failures: tuple[FailureRecord, ...]


class ResultsRecord(Document):
    """Tests, in the order in which they were carried out."""

    name: ClassVar[str] = "results"

    record: Literal["results"] = "results"
    version: Literal[1] = 1
    passed: int
    failed: int
    results: tuple[ResultRecord, ...]


def to_results(results: Iterable[Result]) -> ResultsRecord:
    """The record of some results."""
    known = tuple(results)
    passed = sum(result.passed for result in known)
    return ResultsRecord(passed=passed, failed=len(known) - passed, results=tuple(_result(result) for result in known))


def _result(result: Result) -> ResultRecord:
    return ResultRecord(
        module=result.case.module,
        title=encode.text(result.case.title),
        passed=result.passed,
        steps=result.steps,
        span=span_record(result.case.span),
        failures=tuple(_failure(failure) for failure in result.failures),
    )


def _failure(failure: Failure) -> FailureRecord:
    decision = failure.decision
    return FailureRecord(
        span=span_record(failure.step.span),
        reasons=tuple(encode.text(reason) for reason in failure.reasons),
        mismatches=tuple(_mismatch(each) for each in failure.mismatches),
        problem=encode.text(failure.problem) if failure.problem else None,
        verdict=None if decision is None else verdict_name(decision),
        errno=None if decision is None or decision.errno is None else decision.errno.name,
        blame=None if decision is None or decision.blame is None else str(decision.blame),
        unknown=() if decision is None else decision.unknown,
        requests=() if decision is None else tuple(_asked(each, failure.state) for each in decision.judgements),
    )


def _mismatch(mismatch: Mismatch) -> MismatchRecord:
    return MismatchRecord(expected=encode.text(mismatch.expected), got=encode.text(mismatch.got))


def _asked(judgement: Judgement, state: State | None) -> AskedRecord:
    request = judgement.request
    return AskedRecord(
        hook=request.hook.name,
        object=encode.text(object_of(request)),
        consequence=request.consequence.value,
        verdict=verdict_name(judgement),
        errno=None if judgement.errno is None else judgement.errno.name,
        vector=tuple(_entry(entry, judgement) for entry in vector(judgement, state)),
    )


def _entry(entry: Entry, judgement: Judgement) -> EntryRecord:
    binding, opinion = entry.binding, entry.opinion
    answer = None if opinion is None else opinion.answer
    errno = None if answer is None else answer.errno or judgement.request.hook.default_errno
    denies = answer is not None and answer.stance.value == "deny"
    return EntryRecord(
        namespace=entry.namespace.path,
        binding=binding.name,
        control=binding.control.name,
        mode=binding.mode.value,
        inbound=True if entry.inbound else None,
        stance=None if answer is None else answer.stance.value,
        rule=qualified(binding, answer.rule) if answer is not None and answer.rule else None,
        errno=errno.name if denies and errno is not None else None,
        because=encode.text(answer.because) if answer is not None and answer.because else None,
        unknown=tuple(sorted(answer.unknown)) or None if answer is not None else None,
        fault=encode.text(answer.fault) if answer is not None and answer.fault else None,
        decides=True if entry.decides else None,
    )
