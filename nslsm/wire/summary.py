"""The wire format of a run's summary. ``pace``, how fast it went, is the only part that another run may not repeat."""

from typing import ClassVar, Literal

from nslsm.audit.summary import Denial, FindingCount, NamespaceCount, RuleCount, Summary
from nslsm.wire import encode
from nslsm.wire.base import Document, Model
from nslsm.wire.decision import ReferenceRecord
from nslsm.wire.finding import FindingRecord, finding
from nslsm.wire.forms import Text
from nslsm.wire.record import references


class NamespaceCountRecord(Model):
    """Events by tasks in one namespace."""

    namespace: Text
    events: int
    granted: int
    denied: int
    indeterminate: int


class RuleCountRecord(Model):
    """What one rule in one namespace came to; ``denied`` counts the events that it is blamed for (Model M2.3)."""

    rule: str
    """``module.control#rule``, or ``kernel``."""
    namespace: str
    denied: int
    would_deny: int
    observed: int
    faults: int
    reason: Text
    severity: str | None = None
    references: tuple[ReferenceRecord, ...]


class DenialRecord(Model):
    """One of the first denials; ``times`` counts the events that were denied just like it."""

    sequence: int
    line: int | None = None
    time: float | None = None
    pid: int
    comm: Text
    call: str
    hook: str
    object: Text
    errno: str
    rule: str
    namespace: str
    reason: Text
    times: int


class FindingCountRecord(Model):
    """Findings of one kind, with the first of them."""

    code: str
    severity: str
    count: int
    first: FindingRecord


class UnknownCountRecord(Model):
    """An unknown fact, and how many indeterminate verdicts hang on it."""

    fact: str
    events: int


class PaceRecord(Model):
    """How fast it went."""

    seconds: float
    events_per_second: float


class SummaryRecord(Document):
    """A run of decisions, counted."""

    name: ClassVar[str] = "summary"

    record: Literal["summary"] = "summary"
    version: Literal[1] = 1
    policy: str
    """The policy's digest (Model M6.1)."""
    walk: Literal["short", "full"]
    events: int
    with_hooks: int
    without_hooks: int
    requests: int
    granted: int
    denied: int
    indeterminate: int
    failed: int
    """Events that the recording shows to have failed, whatever the verdict."""
    would_deny: int
    observed: int
    faults: int
    moves: int
    by_namespace: tuple[NamespaceCountRecord, ...]
    by_rule: tuple[RuleCountRecord, ...]
    unknown: tuple[UnknownCountRecord, ...]
    first_denials: tuple[DenialRecord, ...]
    findings: tuple[FindingCountRecord, ...]
    lines: int | None = None
    """The lines of the trace."""
    understood: int | None = None
    """How many of them became events, or part of one, and no finding."""
    pace: PaceRecord | None = None


def to_summary(summary: Summary, *, seconds: float | None = None) -> SummaryRecord:
    """The record of a summary; ``seconds`` is how long the run took, where that is to be told."""
    return SummaryRecord(
        policy=summary.policy,
        walk="short" if summary.walk == "short" else "full",
        events=summary.events,
        with_hooks=summary.with_hooks,
        without_hooks=summary.without_hooks,
        requests=summary.requests,
        granted=summary.granted,
        denied=summary.denied,
        indeterminate=summary.indeterminate,
        failed=summary.failed,
        would_deny=summary.would_deny,
        observed=summary.observed,
        faults=summary.faults,
        moves=summary.moves,
        by_namespace=tuple(_namespace(count) for count in summary.namespaces),
        by_rule=tuple(_rule(count) for count in summary.rules),
        unknown=tuple(UnknownCountRecord(fact=fact, events=events) for fact, events in summary.unknown),
        first_denials=tuple(_denial(denial) for denial in summary.denials),
        findings=tuple(_finding(count) for count in summary.findings),
        lines=summary.lines,
        understood=summary.understood,
        pace=None if seconds is None else _pace(summary.events, seconds),
    )


def _pace(events: int, seconds: float) -> PaceRecord:
    return PaceRecord(seconds=seconds, events_per_second=events / seconds if seconds > 0 else 0.0)


def _namespace(count: NamespaceCount) -> NamespaceCountRecord:
    return NamespaceCountRecord(
        namespace=encode.text(count.namespace),
        events=count.events,
        granted=count.granted,
        denied=count.denied,
        indeterminate=count.indeterminate,
    )


def _rule(count: RuleCount) -> RuleCountRecord:
    return RuleCountRecord(
        rule=count.rule,
        namespace=count.namespace,
        denied=count.denied,
        would_deny=count.would_deny,
        observed=count.observed,
        faults=count.faults,
        reason=encode.text(count.reason),
        severity=count.severity or None,
        references=references(count.references),
    )


def _denial(denial: Denial) -> DenialRecord:
    return DenialRecord(
        sequence=denial.sequence,
        line=denial.line,
        time=denial.time,
        pid=denial.pid,
        comm=encode.text(denial.comm),
        call=denial.call,
        hook=denial.hook,
        object=encode.text(denial.object),
        errno=denial.errno,
        rule=denial.rule,
        namespace=denial.namespace,
        reason=encode.text(denial.reason),
        times=denial.times,
    )


def _finding(count: FindingCount) -> FindingCountRecord:
    return FindingCountRecord(
        code=count.code, severity=count.severity.value, count=count.times, first=finding(count.first)
    )
