"""Decisions as audit events: flat dictionaries with namespace, control, rule, reason, references and policy digest.

One decision makes one event for itself, one for each denial that did not count (Model M2.5), each control that broke (Model
M2.8) and each observing rule that matched (Model M2.7). They are the same whichever walk was made: of a request that was
denied, only the opinions up to the deciding one speak (Law L3). A whole decision is a record of :mod:`nslsm.wire`.
"""

from collections.abc import Iterator
from enum import Enum
from typing import TypeAlias

from nslsm.audit.naming import object_of
from nslsm.audit.occasion import Occasion
from nslsm.diagnostics.escape import escape
from nslsm.engine.annotations import annotations_of
from nslsm.engine.decision import Decision, Judgement, Observed, Opinion, Verdict
from nslsm.hooks.types import Unknown
from nslsm.protocol.request import Request

Event: TypeAlias = dict[str, object]
"""An audit event: JSON values by name. ``event`` says what it is, ``level`` how much it matters."""


class Which(Enum):
    """Which decisions are told of."""

    DENIALS = "denials"
    """Denied and indeterminate ones, denials that did not count, faults, and what rules observe."""
    ALL = "all"
    """Granted ones as well."""


class EventName(Enum):
    """What an audit event is about."""

    GRANTED = "granted"
    DENIED = "denied"
    INDETERMINATE = "indeterminate"
    WOULD_DENY = "would-deny"
    FAULT = "fault"
    OBSERVED = "observed"


_NAMES = {
    Verdict.GRANT: (EventName.GRANTED, "info"),
    Verdict.INDETERMINATE: (EventName.INDETERMINATE, "warning"),
    Verdict.DENY: (EventName.DENIED, "warning"),
}


def events_of(decision: Decision, occasion: Occasion, which: Which = Which.DENIALS) -> Iterator[Event]:
    """The audit events of one decision, the decision itself first."""
    if which is Which.ALL or decision.verdict is not Verdict.GRANT:
        yield _of_decision(decision, occasion)
    for judgement in decision.judgements:
        for opinion in heard(judgement):
            if opinion.would_deny and not opinion.answer.fault:
                yield _of_opinion(EventName.WOULD_DENY, "warning", opinion, judgement.request, occasion)
    for opinion, request in faults(decision):
        yield _of_opinion(EventName.FAULT, "error", opinion, request, occasion)
    for seen in decision.observed:
        yield _of_observed(seen, occasion)


def heard(judgement: Judgement) -> tuple[Opinion, ...]:
    """The opinions that any walk hears: up to the one that decides."""
    if judgement.deciding is None:
        return judgement.opinions
    place = next((n for n, opinion in enumerate(judgement.opinions) if opinion == judgement.deciding), 0)
    return judgement.opinions[: place + 1]


def faults(decision: Decision) -> Iterator[tuple[Opinion, Request | None]]:
    """The controls that broke, in any walk, with the request where it was about one; None for an effect."""
    broken = [opinion for judgement in decision.judgements for opinion in judgement.opinions if opinion.answer.fault]
    for judgement in decision.judgements:
        for opinion in heard(judgement):
            if opinion.answer.fault:
                yield opinion, judgement.request
    for opinion in decision.faults:
        if opinion in broken:
            broken.remove(opinion)
        else:
            yield opinion, None


def _of_decision(decision: Decision, occasion: Occasion) -> Event:
    name, level = _NAMES[decision.verdict]
    event = _head(name, level, occasion)
    request = decisive_request(decision)
    if request is not None:
        event |= _about(request)
    if decision.errno is not None:
        event["errno"] = decision.errno.name
    if decision.unknown:
        event["unknown"] = list(decision.unknown)
    if decision.recorded_errno is not None:
        event["recorded_errno"] = decision.recorded_errno.name
    if decision.blame is not None:
        event["reason"] = text(decision.blame.reason)
        event |= {"control": "kernel"} if decision.blame.opinion is None else _by(decision.blame.opinion)
    return event


def decisive_request(decision: Decision) -> Request | None:
    """The request that a decision is best told by: the one whose verdict is the event's, else the first."""
    if decision.blame is not None and decision.blame.opinion is not None:
        for judgement in decision.judgements:
            if judgement.deciding == decision.blame.opinion:
                return judgement.request
    for judgement in decision.judgements:
        if judgement.verdict is decision.verdict and decision.verdict is not Verdict.GRANT:
            return judgement.request
    return decision.judgements[0].request if decision.judgements else None


def _of_opinion(name: EventName, level: str, opinion: Opinion, request: Request | None, occasion: Occasion) -> Event:
    event = _head(name, level, occasion) | ({} if request is None else _about(request)) | _by(opinion)
    errno = opinion.answer.errno or (None if request is None else request.hook.default_errno)
    if errno is not None:
        event["errno"] = errno.name
    event["reason"] = text(opinion.answer.fault or opinion.answer.because)
    return event


def _of_observed(seen: Observed, occasion: Occasion) -> Event:
    event = _head(EventName.OBSERVED, "info", occasion) | _about(seen.request)
    said = annotations_of(seen.binding)
    event |= {
        "namespace": seen.namespace.path,
        "binding": seen.binding.name,
        "control": seen.binding.control.name,
        "rule": f"{seen.binding.control.name}#{seen.observation.rule}",
        "reason": text(seen.observation.because),
        "certain": seen.observation.certain,
    }
    if seen.observation.unknown:
        event["unknown"] = sorted(seen.observation.unknown)
    if said.references:
        event["refs"] = [f"{each.catalogue} {each.id}" for each in said.references]
    return event


def _head(name: EventName, level: str, occasion: Occasion) -> Event:
    task = occasion.task
    event: Event = {
        "event": name.value,
        "level": level,
        "sequence": occasion.sequence,
        "call": occasion.call,
        "pid": task.pid,
        "task_namespace": text(occasion.namespace),
        "policy": occasion.policy,
    }
    optional = {
        "time": occasion.time,
        "line": occasion.line,
        "comm": None if isinstance(task.comm, Unknown) else text(task.comm),
        "exe": None if isinstance(task.exe, Unknown) else text(task.exe),
        "uid": None if isinstance(task.credentials.uid, Unknown) else task.credentials.uid,
    }
    return event | {key: value for key, value in optional.items() if value is not None}


def _about(request: Request) -> Event:
    named = object_of(request)
    about: Event = {"hook": request.hook.name}
    return about | {"object": text(named)} if named else about


def _by(opinion: Opinion) -> Event:
    said = annotations_of(opinion.binding)
    event: Event = {
        "namespace": opinion.namespace.path,
        "binding": opinion.binding.name,
        "control": opinion.binding.control.name,
        "rule": opinion.rule,
    }
    if said.references:
        event["refs"] = [f"{each.catalogue} {each.id}" for each in said.references]
    if said.severity:
        event["severity"] = said.severity
    return event


def text(value: str) -> str:
    """Text that any reader of JSON takes: what is no valid Unicode (a file name in another encoding) is written out."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return escape(value)
    return value
