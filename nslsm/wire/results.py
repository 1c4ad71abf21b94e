"""The wire format of the results of tests in policies."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from nslsm.simulation.cases import Failure, Result
from nslsm.wire import encode
from nslsm.wire.base import Document, Model
from nslsm.wire.decision import VerdictName
from nslsm.wire.finding import SpanRecord, span_record
from nslsm.wire.forms import Text
from nslsm.wire.record import verdict_name


class FailureRecord(Model):
    """A step that did not come out as it was to."""

    span: SpanRecord
    reasons: tuple[Text, ...]
    verdict: VerdictName | None = None
    blame: str | None = None
    """Who denied, where somebody did: ``module.control#rule in namespace``."""


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
        verdict=None if decision is None else verdict_name(decision),
        blame=None if decision is None or decision.blame is None else str(decision.blame),
    )
