"""What a run of decisions comes to: counts by verdict, namespace and rule, the first denials, what was not understood.

A :class:`Ledger` is told of each decision and finding as it comes; its memory follows the policy and the kinds of findings,
not the length of the run. What one decision adds to it is a :class:`Share`, which may count many times: decisions that come
to the same need not be made again. A :class:`Summary` depends on the events, the policy and the walk alone (Model M6.2): how
fast it went is told apart.
"""

from collections import Counter
from collections.abc import Iterator
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


class Share(NamedTuple):
    """What one decision adds to a run's counts. Plain values: it can be told to another process."""

    verdict: str
    namespace: str
    """Where the task was."""
    requests: int
    failed: bool
    moves: int
    unknown: tuple[str, ...]
    rules: tuple[tuple[RuleCount, str], ...]
    """Rules, nothing counted yet, and what each did, in the order of the decision."""
    denial: Denial | None

    @classmethod
    def of(cls, decision: Decision, occasion: Occasion) -> "Share":
        """What ``decision`` adds."""
        return cls(
            verdict=str(decision.verdict),
            namespace=occasion.namespace,
            requests=len(decision.judgements),
            failed=decision.recorded_errno is not None,
            moves=sum(move.target is not None for move in decision.moves),
            unknown=decision.unknown,
            rules=tuple(_rules_in(decision)),
            denial=denial_of(decision, occasion) if decision.verdict is Verdict.DENY else None,
        )

    @property
    def kind(self) -> "Share":
        """The share as it is for all events that come to the same, whenever and by whomever."""
        denial = self.denial
        if denial is None:
            return self
        return self._replace(denial=replace(denial, sequence=0, line=None, time=None, pid=0, comm=""))


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
        self.take(Share.of(decision, occasion))

    def take(self, share: Share, times: int = 1) -> None:
        """Count what so many decisions add, the first of which is before all that are told of later."""
        counts = self._counts
        for name in ("events", share.verdict):
            counts[name] += times
        counts["with_hooks"] += times * bool(share.requests)
        counts["requests"] += times * share.requests
        counts["failed"] += times * share.failed
        counts["moves"] += times * share.moves
        of_namespace = self._namespaces.setdefault(share.namespace, Counter())
        for name in ("events", share.verdict):
            of_namespace[name] += times
        for fact in share.unknown:
            self._unknown[fact] += times
        for row, what in share.rules:
            if what != "denied":
                counts[what] += times
            self._increase(row, what, times)
        if share.denial is not None:
            self._deny(share.denial, times)

    def find(self, finding: Diagnostic, times: int = 1) -> None:
        """Count so many findings of a kind, of which this is the first."""
        known = self._findings.get(finding.code.name)
        if known is None:
            known = FindingCount(finding.code.name, finding.severity, 0, finding)
        self._findings[finding.code.name] = known._replace(times=known.times + times)

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

    def _increase(self, row: RuleCount, what: str, times: int) -> None:
        key = (row.rule, row.namespace)
        known = self._rules.get(key, row)
        self._rules[key] = known._replace(**{what: getattr(known, what) + times})

    def _deny(self, denial: Denial, times: int) -> None:
        key = (denial.rule, denial.namespace, denial.call, denial.object, denial.errno)
        if key in self._denials:
            known = self._denials[key]
            self._denials[key] = replace(known, times=known.times + times)
        elif len(self._denials) < FIRST_DENIALS:
            self._denials[key] = replace(denial, times=times)


def _rules_in(decision: Decision) -> Iterator[tuple[RuleCount, str]]:
    if decision.blame is not None:
        yield _rule(decision.blame.opinion, decision.blame.reason), "denied"
    for judgement in decision.judgements:
        for opinion in judgement.would_deny:
            if not opinion.answer.fault:
                yield _rule(opinion, opinion.answer.because), "would_deny"
    for opinion, _ in faults(decision):
        yield _rule(opinion, opinion.answer.fault), "faults"
    for seen in decision.observed:
        rule = f"{seen.binding.control.name}#{seen.observation.rule}"
        yield RuleCount(rule, seen.namespace.path, reason=seen.observation.because), "observed"


def _rule(opinion: Opinion | None, reason: str) -> RuleCount:
    if opinion is None:
        return RuleCount(KERNEL, "")
    said = annotations_of(opinion.binding)
    return RuleCount(
        opinion.rule, opinion.namespace.path, reason=reason, severity=said.severity, references=said.references
    )


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
        object="" if request is None else str(object_of(request)),  # and not a path that knows where it leads
        errno="" if decision.errno is None else decision.errno.name,
        rule=KERNEL if opinion is None else opinion.rule,
        namespace="" if opinion is None else opinion.namespace.path,
        reason="" if blame is None else blame.reason,
    )
