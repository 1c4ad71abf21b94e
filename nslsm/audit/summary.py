"""What a run of decisions comes to: counts by verdict, namespace and rule, the first denials, what was not understood.

A :class:`Ledger` is told of each decision and finding as it comes; its memory follows the policy and the kinds of findings,
not the length of the run. A :class:`Summary` depends on the events, the policy and the walk alone (Model M6.2): how fast it
went is told apart.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from nslsm.audit.naming import object_of
from nslsm.audit.occasion import Occasion
from nslsm.audit.record import decisive_request, faults
from nslsm.diagnostics.diagnostic import Diagnostic, Severity
from nslsm.engine.annotations import annotations_of
from nslsm.engine.decision import Decision, Opinion, Verdict
from nslsm.hooks.types import Unknown
from nslsm.language.check.ir import Reference

FIRST_DENIALS: Final = 10
"""How many different denials are kept in full."""

KERNEL: Final = "kernel"
"""The rule that the kernel's own refusals are counted under."""


class NamespaceCount(NamedTuple):
    """Events by tasks in one namespace."""

    namespace: str
    events: int
    granted: int
    denied: int
    indeterminate: int


class RuleCount(NamedTuple):
    """What one rule in one namespace came to; ``denied`` counts the events that it is blamed for (Model M2.3)."""

    rule: str
    namespace: str
    denied: int = 0
    would_deny: int = 0
    observed: int = 0
    faults: int = 0
    reason: str = ""
    severity: str = ""
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """One of the first denials; ``times`` counts the events that were denied just like it."""

    sequence: int
    line: int | None
    time: float | None
    pid: int
    comm: str
    call: str
    hook: str
    object: str
    errno: str
    rule: str
    namespace: str
    reason: str
    times: int = 1


class FindingCount(NamedTuple):
    """Findings of one kind, with the first of them."""

    code: str
    severity: Severity
    times: int
    first: Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run, counted. Tuples are sorted: by count, the greatest first, then by name."""

    policy: str
    """The policy's digest."""
    walk: str
    events: int = 0
    with_hooks: int = 0
    """Events that raised any hook request."""
    requests: int = 0
    granted: int = 0
    denied: int = 0
    indeterminate: int = 0
    failed: int = 0
    """Events that the recording shows to have failed, whatever the verdict."""
    would_deny: int = 0
    """Denials of complaining bindings; a short walk misses those that a denial came before."""
    observed: int = 0
    faults: int = 0
    moves: int = 0
    """How often ``enter on`` moved a process."""
    namespaces: tuple[NamespaceCount, ...] = ()
    rules: tuple[RuleCount, ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    """The unknown facts that indeterminate verdicts hang on, and how many of them."""
    denials: tuple[Denial, ...] = ()
    """The first :data:`FIRST_DENIALS` that differ in rule, call and object, in the order of the run."""
    findings: tuple[FindingCount, ...] = ()
    lines: int | None = None
    """The lines of the trace; None where there was none."""
    understood: int | None = None
    """How many of them became events, or part of one, and no finding."""

    @property
    def without_hooks(self) -> int:
        """Events that the kernel asks nobody about."""
        return self.events - self.with_hooks


@dataclass(slots=True)
class Ledger:
    """Counts the decisions and findings of one run as they come."""

    policy: str
    walk: str
    _counts: "Counter[str]" = field(default_factory=Counter)
    _namespaces: "dict[str, Counter[str]]" = field(default_factory=dict)
    _rules: dict[tuple[str, str], RuleCount] = field(default_factory=dict)
    _unknown: "Counter[str]" = field(default_factory=Counter)
    _denials: dict[tuple[str, ...], Denial] = field(default_factory=dict)
    _findings: dict[str, FindingCount] = field(default_factory=dict)

    def add(self, decision: Decision, occasion: Occasion) -> None:
        """Count one decision."""
        verdict = str(decision.verdict)
        self._counts.update(("events", verdict))
        self._counts["with_hooks"] += bool(decision.judgements)
        self._counts["requests"] += len(decision.judgements)
        self._counts["failed"] += decision.recorded_errno is not None
        self._counts["moves"] += sum(move.target is not None for move in decision.moves)
        self._namespaces.setdefault(occasion.namespace, Counter()).update(("events", verdict))
        self._unknown.update(decision.unknown)
        self._count_rules(decision)
        if decision.verdict is Verdict.DENY:
            self._deny(decision, occasion)

    def find(self, finding: Diagnostic) -> None:
        """Count one finding."""
        known = self._findings.get(finding.code.name)
        if known is None:
            known = FindingCount(finding.code.name, finding.severity, 0, finding)
        self._findings[finding.code.name] = known._replace(times=known.times + 1)

    def summary(self, *, lines: int | None = None, understood: int | None = None) -> Summary:
        """What has been counted so far. ``lines`` and ``understood`` are the trace reader's."""
        counts = self._counts
        return Summary(
            policy=self.policy,
            walk=self.walk,
            events=counts["events"],
            with_hooks=counts["with_hooks"],
            requests=counts["requests"],
            granted=counts["grant"],
            denied=counts["deny"],
            indeterminate=counts["indeterminate"],
            failed=counts["failed"],
            would_deny=counts["would_deny"],
            observed=counts["observed"],
            faults=counts["faults"],
            moves=counts["moves"],
            namespaces=tuple(
                NamespaceCount(path, of["events"], of["grant"], of["deny"], of["indeterminate"])
                for path, of in sorted(self._namespaces.items(), key=lambda item: (-item[1]["events"], item[0]))
            ),
            rules=tuple(sorted(self._rules.values(), key=_weight)),
            unknown=tuple(sorted(self._unknown.items(), key=lambda item: (-item[1], item[0]))),
            denials=tuple(self._denials.values()),
            findings=tuple(sorted(self._findings.values(), key=lambda each: (-each.times, each.code))),
            lines=lines,
            understood=understood,
        )

    def _count_rules(self, decision: Decision) -> None:
        if decision.blame is not None:
            self._count(decision.blame.opinion, decision.blame.reason, "denied")
        for judgement in decision.judgements:
            for opinion in judgement.would_deny:
                if not opinion.answer.fault:
                    self._counts["would_deny"] += 1
                    self._count(opinion, opinion.answer.because, "would_deny")
        for opinion, _ in faults(decision):
            self._counts["faults"] += 1
            self._count(opinion, opinion.answer.fault, "faults")
        for seen in decision.observed:
            self._counts["observed"] += 1
            rule = f"{seen.binding.control.name}#{seen.observation.rule}"
            row = RuleCount(rule, seen.namespace.path, reason=seen.observation.because)
            self._increase(row, "observed")

    def _count(self, opinion: Opinion | None, reason: str, what: str) -> None:
        if opinion is None:
            self._increase(RuleCount(KERNEL, ""), what)
            return
        said = annotations_of(opinion.binding)
        row = RuleCount(
            opinion.rule,
            opinion.namespace.path,
            reason=reason,
            severity=said.severity,
            references=said.references,
        )
        self._increase(row, what)

    def _increase(self, row: RuleCount, what: str) -> None:
        key = (row.rule, row.namespace)
        known = self._rules.get(key, row)
        self._rules[key] = known._replace(**{what: getattr(known, what) + 1})

    def _deny(self, decision: Decision, occasion: Occasion) -> None:
        denial = denial_of(decision, occasion)
        key = (denial.rule, denial.namespace, denial.call, denial.object, denial.errno)
        if key in self._denials:
            known = self._denials[key]
            self._denials[key] = replace(known, times=known.times + 1)
        elif len(self._denials) < FIRST_DENIALS:
            self._denials[key] = denial


def _weight(row: RuleCount) -> tuple[int, int, int, str, str]:
    return (-row.denied, -row.would_deny, -row.observed, row.rule, row.namespace)


def denial_of(decision: Decision, occasion: Occasion) -> Denial:
    """A denied decision in a few words. Nothing in it is escaped."""
    blame, request, task = decision.blame, decisive_request(decision), occasion.task
    opinion = None if blame is None else blame.opinion
    return Denial(
        sequence=occasion.sequence,
        line=occasion.line,
        time=occasion.time,
        pid=task.pid,
        comm="" if isinstance(task.comm, Unknown) else task.comm,
        call=occasion.call,
        hook="" if request is None else request.hook.name,
        object="" if request is None else object_of(request),
        errno="" if decision.errno is None else decision.errno.name,
        rule=KERNEL if opinion is None else opinion.rule,
        namespace="" if opinion is None else opinion.namespace.path,
        reason="" if blame is None else blame.reason,
    )
