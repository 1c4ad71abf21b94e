"""Whether what came of a step is what its author expected, and how to say it where it is not."""

from collections.abc import Iterator
from typing import NamedTuple

from nslsm.engine.decision import Decision, Opinion, Verdict
from nslsm.language.check.cases import Expected


class Mismatch(NamedTuple):
    """What was to come of a step, and what came instead, in the words of an expectation."""

    expected: str
    got: str

    def __str__(self) -> str:
        return f"expected {self.expected}, got {self.got}"


_VERDICTS = {"allow": Verdict.GRANT, "deny": Verdict.DENY, "unknown": Verdict.INDETERMINATE}


def mismatches(expected: Expected, decision: Decision) -> Iterator[Mismatch]:
    """What of ``expected`` does not hold of ``decision``, one after another; nothing where all does."""
    if expected.verdict == "would-deny":
        found = list(would_deny(decision))
        if not any(_is(expected, opinion) for opinion in found):
            yield Mismatch(wanted(expected), ", ".join(map(_would, found)) or "no would-deny")
        return
    wrong_errno = expected.errno is not None and decision.errno is not expected.errno
    wrong_blame = bool(expected.by or expected.within) and not _blamed(expected, decision)
    wrong_fact = expected.verdict == "unknown" and expected.unknown not in decision.unknown
    if decision.verdict is not _VERDICTS[expected.verdict] or wrong_errno or wrong_blame or wrong_fact:
        yield Mismatch(wanted(expected), got(decision))


def _blamed(expected: Expected, decision: Decision) -> bool:
    if decision.blame is None:
        return False
    if decision.blame.opinion is None:
        return expected.by == "kernel"
    return _is(expected, decision.blame.opinion)


def _is(expected: Expected, opinion: Opinion) -> bool:
    """Whether the opinion is of the binding, rule and namespace that the expectation names."""
    control = opinion.binding.control.name
    names = {opinion.binding.name, control, control.rpartition(".")[2]}
    namespace = opinion.namespace
    return (
        (not expected.by or expected.by in names)
        and (not expected.rule or expected.rule == opinion.answer.rule)
        and (not expected.within or expected.within in (namespace.name, namespace.path))
    )


def would_deny(decision: Decision) -> Iterator[Opinion]:
    """The complaining bindings that would have denied any request of the event."""
    return (opinion for judgement in decision.judgements for opinion in judgement.would_deny)


def _would(opinion: Opinion) -> str:
    """A denial that did not count, in the words that an expectation would use."""
    return f"would-deny by {opinion.binding.name}#{opinion.answer.rule} in {opinion.namespace.path}"


def wanted(expected: Expected) -> str:
    """An expectation as its author wrote it.

    >>> from nslsm.hooks.linux import Errno
    >>> from nslsm.testing.programs import NOWHERE
    >>> wanted(Expected(verdict="deny", errno=Errno.EPERM, by="yama", rule="attach", span=NOWHERE))
    'deny EPERM by yama#attach'
    """
    words = [expected.verdict]
    if expected.errno is not None:
        words.append(expected.errno.name)
    if expected.unknown:
        words.append(expected.unknown)
    if expected.by:
        words.append(f"by {expected.by}" + (f"#{expected.rule}" if expected.rule else ""))
    if expected.within:
        words.append(f"in {expected.within}")
    return " ".join(words)


def got(decision: Decision) -> str:
    """What came of a step, in the words that an expectation would use."""
    if decision.verdict is Verdict.GRANT:
        return "allow"
    if decision.verdict is Verdict.INDETERMINATE:
        return f"unknown {', '.join(decision.unknown)}"
    errno = decision.errno.name if decision.errno is not None else ""
    blame = decision.blame
    if blame is None or blame.opinion is None:
        reason = f" ({blame.reason})" if blame is not None and blame.reason else ""
        return f"deny {errno} by kernel{reason}"
    opinion = blame.opinion
    fault = f" (fault: {opinion.answer.fault})" if opinion.answer.fault else ""
    rule = f"#{opinion.answer.rule}" if opinion.answer.rule else ""
    return f"deny {errno} by {opinion.binding.name}{rule} in {opinion.namespace.path}{fault}"
