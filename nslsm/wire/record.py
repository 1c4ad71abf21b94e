"""Decisions into records."""

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from nslsm.audit.occasion import Occasion
from nslsm.engine.annotations import annotations_of
from nslsm.engine.decision import Blame, Change, Decision, Judgement, Move, Observed, Opinion, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import Unknown
from nslsm.language.check.ir import Reference
from nslsm.protocol.namespace import Binding, Namespace, NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceId, Task, Value
from nslsm.wire import encode
from nslsm.wire.decision import (
    BlameRecord,
    ChangeRecord,
    DecisionRecord,
    MoveRecord,
    NamespaceReference,
    ObservedRecord,
    OpinionRecord,
    ReferenceRecord,
    RequestRecord,
    VerdictName,
)
from nslsm.wire.forms import ObjectForm, UnknownForm


def as_recorded(decision: Decision, walk: Walk) -> Decision:
    """The decision as far as a record of that walk holds it.

    A record of a full walk holds all of it. One of a short walk holds, of the opinions on a request, the deciding one only:
    which others were asked before a walk stopped is no part of the result (Model M2.6).
    """
    if walk is Walk.FULL:
        return decision
    brief = (replace(each, opinions=() if each.deciding is None else (each.deciding,)) for each in decision.judgements)
    return replace(decision, judgements=tuple(brief))


def to_record(decision: Decision, occasion: Occasion, *trees: NamespaceTree) -> DecisionRecord:
    """The record of a decision.

    ``trees``: the namespaces before the event and, where the event may have made some, after it; a namespace that the
    decision speaks of is looked for in each, in this order.
    """
    brief = as_recorded(decision, occasion.walk)
    places = _Places(trees)
    return DecisionRecord(
        sequence=occasion.sequence,
        time=occasion.time,
        call=occasion.call,
        line=occasion.line,
        policy=occasion.policy,
        walk=occasion.walk.value,
        task=encode.task(occasion.task),
        namespace=encode.text(occasion.namespace),
        verdict=verdict_name(brief),
        errno=_name(brief.errno),
        blame=brief.blame and _blame(brief.blame, places),
        unknown=brief.unknown,
        recorded_errno=_name(brief.recorded_errno),
        result=brief.result,
        requests=tuple(_request(judgement, occasion.task, places) for judgement in brief.judgements),
        observed=tuple(_observed(seen, brief, places) for seen in brief.observed),
        changes=tuple(_change(change, places) for change in brief.changes),
        moves=tuple(_move(move, places) for move in brief.moves),
        faults=tuple(_opinion(opinion, places) for opinion in brief.faults),
        namespaces=places.references(),
    )


class _Places:
    """The names by which a record calls namespaces."""

    def __init__(self, trees: Iterable[NamespaceTree]) -> None:
        self._trees = tuple(trees)
        self._named: dict[str, Namespace] = {}

    def name(self, namespace: Namespace) -> str:
        """The name of a namespace: its path, unless another, or the same at another time, has that name."""
        key = (namespace.id, namespace.sequence)
        for name in (namespace.path, f"{namespace.path}@{namespace.sequence}"):
            known = self._named.setdefault(name, namespace)
            if (known.id, known.sequence) == key:
                return name
        raise ValueError(f"two namespaces at once are called {namespace.path}")

    def lineage(self, identifier: NamespaceId) -> tuple[str, ...]:
        """The names of a namespace and of those above it."""
        for tree in self._trees:
            if identifier in tree.members:
                return tuple(self.name(namespace) for namespace in tree.lineage(identifier))
        raise ValueError(f"no namespace has the number {identifier}")

    def references(self) -> tuple[NamespaceReference, ...]:
        """All namespaces that were named, in the order of their names."""
        return tuple(
            NamespaceReference(name=name, id=namespace.id, sequence=namespace.sequence)
            for name, namespace in sorted(self._named.items())
        )


def _request(judgement: Judgement, actor: Task, places: _Places) -> RequestRecord:
    request = judgement.request
    facts = zip(request.hook.facts, request.arguments, strict=True)
    return RequestRecord(
        hook=request.hook.name,
        consequence=request.consequence.value,
        subject=None if request.subject == actor else encode.task(request.subject),
        object=_object(request),
        arguments={fact.name: encode.value(value) for fact, value in facts},
        lineage=places.lineage(request.subject.home),
        verdict=verdict_name(judgement),
        errno=_name(judgement.errno),
        unknown=tuple(sorted(judgement.unknown)),
        deciding=None if judgement.deciding is None else judgement.opinions.index(judgement.deciding),
        opinions=tuple(_opinion(opinion, places) for opinion in judgement.opinions),
    )


def _name(errno: Errno | None) -> str | None:
    return None if errno is None else errno.name


def verdict_name(judged: Decision | Judgement) -> VerdictName:
    """The name of what came of it."""
    return name_of_verdict(judged.verdict)


def name_of_verdict(verdict: Verdict) -> VerdictName:
    """The verdict's name."""
    match verdict:
        case Verdict.GRANT:
            return "grant"
        case Verdict.INDETERMINATE:
            return "indeterminate"
        case Verdict.DENY:
            return "deny"


def _object(request: Request) -> ObjectForm | UnknownForm | None:
    if request.object is None:
        return None
    return UnknownForm(unknown=True) if isinstance(request.object, Unknown) else encode.thing(request.object)


def _opinion(opinion: Opinion, places: _Places) -> OpinionRecord:
    answer = opinion.answer
    return OpinionRecord(
        namespace=places.name(opinion.namespace),
        binding=opinion.binding.name,
        control=opinion.binding.control.name,
        mode=opinion.binding.mode.value,
        inbound=True if opinion.inbound else None,
        stance=answer.stance.value,
        rule=qualified(opinion.binding, answer.rule) if answer.rule else None,
        errno=_name(answer.errno),
        because=answer.because or None,
        unknown=tuple(sorted(answer.unknown)) or None,
        fault=encode.text(answer.fault) if answer.fault else None,
    )


def qualified(binding: Binding, rule: str) -> str:
    """A rule's full name, ``module.control#rule`` (Model M6.1)."""
    return f"{binding.control.name}#{rule}"


def _blame(blame: Blame, places: _Places) -> BlameRecord:
    opinion = blame.opinion
    reason = encode.text(blame.reason)
    if opinion is None:
        return BlameRecord(by="kernel", reason=reason)
    said = annotations_of(opinion.binding)
    return BlameRecord(
        by="control",
        reason=reason,
        namespace=places.name(opinion.namespace),
        binding=opinion.binding.name,
        control=opinion.binding.control.name,
        rule=opinion.rule,
        references=references(said.references) or None,
        severity=said.severity or None,
        title=said.title or None,
        owner=said.owner or None,
        opinion=_opinion(opinion, places),
    )


def references(known: Iterable[Reference]) -> tuple[ReferenceRecord, ...]:
    """What a control says that it covers."""
    return tuple(ReferenceRecord(catalogue=each.catalogue, id=each.id, coverage=each.coverage) for each in known)


def _observed(seen: Observed, decision: Decision, places: _Places) -> ObservedRecord:
    return ObservedRecord(
        namespace=places.name(seen.namespace),
        binding=seen.binding.name,
        control=seen.binding.control.name,
        rule=qualified(seen.binding, seen.observation.rule),
        request=_place(seen.request, decision),
        because=seen.observation.because,
        certain=seen.observation.certain,
        unknown=tuple(sorted(seen.observation.unknown)),
    )


def _place(request: Request, decision: Decision) -> int:
    for place, judgement in enumerate(decision.judgements):
        if judgement.request is request:
            return place
    return [judgement.request for judgement in decision.judgements].index(request)


def _change(change: Change, places: _Places) -> ChangeRecord:
    return ChangeRecord(
        namespace=places.name(change.namespace),
        binding=change.binding.name,
        control=change.binding.control.name,
        rule=qualified(change.binding, change.rule),
        attribute=change.attribute,
        thing=encode.identity(change.thing),
        value=encode.value(cast("Value | Unknown", change.value)),
    )


def _move(move: Move, places: _Places) -> MoveRecord:
    return MoveRecord(
        source=places.name(move.source),
        target=None if move.target is None else places.name(move.target),
        counterfactual=move.counterfactual,
        refused=encode.text(move.refused) if move.refused else None,
    )
