"""Records back into the decisions that they came from."""

from collections.abc import Iterable

from nslsm.audit.occasion import Occasion
from nslsm.engine.decision import Blame, Change, Decision, Judgement, Move, Observed, Opinion, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.protocol.namespace import Binding, Mode, Namespace, NamespaceTree
from nslsm.protocol.opinion import Answer, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Object
from nslsm.wire import decode
from nslsm.wire.base import read, unreadable
from nslsm.wire.decision import (
    BlameRecord,
    ChangeRecord,
    DecisionRecord,
    MoveRecord,
    ObservedRecord,
    OpinionRecord,
    RequestRecord,
)
from nslsm.wire.forms import ObjectForm, UnknownForm


def read_record(line: str | bytes) -> DecisionRecord:
    """The record that a line of JSON holds; DiagnosticError where it holds none."""
    return read(DecisionRecord, line)


def from_record(record: DecisionRecord, *trees: NamespaceTree) -> Decision:
    """The decision that a record was made of, equal to it as far as a record of its walk goes.

    ``trees``: the namespaces that it spoke of, with their bindings: as for :func:`nslsm.wire.record.to_record`.
    DiagnosticError where they are others, or the record contradicts itself or the catalogue.
    """
    try:
        return _decision(record, _Places(record, trees))
    except (ValueError, KeyError, IndexError) as wrong:
        raise unreadable(record.name, f"event {record.sequence}: {_why(wrong)}") from None


def occasion_of(record: DecisionRecord) -> Occasion:
    """When and in which run the decision fell."""
    try:
        task, namespace = decode.task(record.task), decode.text(record.namespace)
    except ValueError as wrong:
        raise unreadable(record.name, f"event {record.sequence}: {_why(wrong)}") from None
    return Occasion(
        sequence=record.sequence,
        policy=record.policy,
        walk=Walk(record.walk),
        task=task,
        namespace=namespace,
        call=record.call,
        line=record.line,
        time=record.time,
    )


def _why(wrong: Exception) -> str:
    return f"it speaks of `{wrong.args[0]}`, which is not known" if isinstance(wrong, KeyError) else str(wrong)


class _Places:
    """The namespaces and bindings that a record speaks of."""

    def __init__(self, record: DecisionRecord, trees: Iterable[NamespaceTree]) -> None:
        known = {
            (namespace.id, namespace.sequence): namespace
            for tree in trees
            for namespace in (tree[identifier] for identifier in tree.members)
        }
        self._named: dict[str, Namespace] = {}
        for reference in record.namespaces:
            namespace = known.get((reference.id, reference.sequence))
            if namespace is None or namespace.path != reference.name.partition("@")[0]:
                raise ValueError(f"the namespaces given have no `{reference.name}` as it was then")
            self._named[reference.name] = namespace

    def namespace(self, name: str) -> Namespace:
        """The namespace of that name."""
        return self._named[name]

    def binding(self, namespace: str, name: str, control: str) -> Binding:
        """The binding of that name, which must bind that control."""
        binding = next((each for each in self._named[namespace].bindings if each.name == name), None)
        if binding is None or binding.control.name != control:
            raise ValueError(f"namespace {namespace} does not bind {control} as `{name}`")
        return binding


def _decision(record: DecisionRecord, places: _Places) -> Decision:
    judgements = tuple(_judgement(request, record, places) for request in record.requests)
    return Decision(
        verdict=_verdict(record.verdict),
        errno=_errno(record.errno),
        blame=None if record.blame is None else _blame(record.blame, places),
        unknown=record.unknown,
        judgements=judgements,
        observed=tuple(_observed(seen, judgements, places) for seen in record.observed),
        changes=tuple(_change(change, places) for change in record.changes),
        moves=tuple(_move(move, places) for move in record.moves),
        result=record.result,
        recorded_errno=_errno(record.recorded_errno),
        faults=tuple(_opinion(opinion, places) for opinion in record.faults),
    )


def _verdict(name: str) -> Verdict:
    return Verdict[name.upper()]


def _errno(name: str | None) -> Errno | None:
    return None if name is None else decode.errno(name)


def _judgement(record: RequestRecord, whole: DecisionRecord, places: _Places) -> Judgement:
    opinions = tuple(_opinion(opinion, places) for opinion in record.opinions)
    return Judgement(
        request=_request(record, whole),
        verdict=_verdict(record.verdict),
        errno=_errno(record.errno),
        deciding=None if record.deciding is None else opinions[record.deciding],
        unknown=frozenset(record.unknown),
        opinions=opinions,
    )


def _request(record: RequestRecord, whole: DecisionRecord) -> Request:
    hook = CATALOGUE[record.hook]
    names = [fact.name for fact in hook.facts]
    if sorted(names) != sorted(record.arguments):
        raise ValueError(f"{hook.name} has the facts {', '.join(names) or 'none'}; the record has others")
    return Request(
        hook,
        decode.task(whole.task if record.subject is None else record.subject),
        _object(record.object),
        tuple(decode.value(record.arguments[name]) for name in names),
        Consequence(record.consequence),
    )


def _object(form: ObjectForm | UnknownForm | None) -> Object | Unknown | None:
    if form is None:
        return None
    return UNKNOWN if isinstance(form, UnknownForm) else decode.thing(form)


def _opinion(record: OpinionRecord, places: _Places) -> Opinion:
    binding = places.binding(record.namespace, record.binding, record.control)
    if binding.mode is not Mode(record.mode):
        raise ValueError(f"namespace {record.namespace} binds `{binding.name}` in another mode")
    answer = Answer(
        Stance(record.stance),
        rule="" if record.rule is None else _rule(record.rule, binding),
        errno=_errno(record.errno),
        because=record.because or "",
        unknown=frozenset(record.unknown or ()),
        fault="" if record.fault is None else decode.text(record.fault),
    )
    return Opinion(places.namespace(record.namespace), binding, answer, inbound=record.inbound is True)


def _rule(name: str, binding: Binding) -> str:
    prefix = f"{binding.control.name}#"
    if not name.startswith(prefix):
        raise ValueError(f"`{name}` is no rule of {binding.control.name}")
    return name.removeprefix(prefix)


def _blame(record: BlameRecord, places: _Places) -> Blame:
    opinion = None if record.opinion is None else _opinion(record.opinion, places)
    return Blame(opinion, decode.text(record.reason))


def _observed(record: ObservedRecord, judgements: tuple[Judgement, ...], places: _Places) -> Observed:
    binding = places.binding(record.namespace, record.binding, record.control)
    observation = Observation(_rule(record.rule, binding), record.because, record.certain, frozenset(record.unknown))
    request = judgements[record.request].request
    return Observed(places.namespace(record.namespace), binding, request, observation)


def _change(record: ChangeRecord, places: _Places) -> Change:
    binding = places.binding(record.namespace, record.binding, record.control)
    return Change(
        places.namespace(record.namespace),
        binding,
        record.attribute,
        decode.identity(record.thing),
        decode.value(record.value),
        _rule(record.rule, binding),
    )


def _move(record: MoveRecord, places: _Places) -> Move:
    return Move(
        places.namespace(record.source),
        None if record.target is None else places.namespace(record.target),
        counterfactual=record.counterfactual,
        refused="" if record.refused is None else decode.text(record.refused),
    )
