"""One decision in full: each level's opinion with its rule, and what would turn the verdict."""

from collections.abc import Iterator
from dataclasses import dataclass

from nslsm.controls.policy import PolicyControl
from nslsm.engine.annotations import NOTHING_SAID, annotations_of
from nslsm.engine.compositions import CONJUNCTION, Composition
from nslsm.engine.decision import Change, Decision, Judgement, Observed, Opinion, Verdict
from nslsm.engine.evaluate import Broken, Walk, guarded, judge
from nslsm.engine.explain.conditions import RuleAccount, rules_in_doubt, rules_that_allow, rules_that_deny
from nslsm.engine.explain.flips import Flips, Obstacle, Standing, obstacle, to_deny, to_grant
from nslsm.engine.explain.propositions import Asked
from nslsm.hooks.model import Consequence, HookClass
from nslsm.kernel.state import State
from nslsm.kernel.view import BindingView
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Namespace
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One binding's opinion, and the rules that made it."""

    opinion: Opinion
    decides: bool
    """Whether this is the denial that is blamed (Model M2.3)."""
    rules: tuple[RuleAccount, ...] = ()
    annotations: ir.Annotations = NOTHING_SAID
    opaque: str = ""
    """Why its rules cannot be shown: it is written in Python, it broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One namespace that was asked about a request."""

    namespace: Namespace
    accounts: tuple[Account, ...]
    silent: tuple[Binding, ...] = ()
    """Bindings without a rule about this hook."""
    inbound: bool = False
    """Asked because the object is at home there (Model M4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One request: what was asked, and what each level said."""

    judgement: Judgement
    levels: tuple[Level, ...]
    observed: tuple[Observed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that can be said of one decision. See :mod:`nslsm.report.explanation` for how it reads."""

    decision: Decision
    hearings: tuple[Hearing, ...]
    obstacles: tuple[Obstacle, ...]
    """The enforcing answers that stand in the way of a grant, nearest first in each request: all must change."""
    to_grant: Flips | None
    """What would turn the verdict to a grant; None where it is one, or where the kernel itself refused."""
    to_deny: Flips | None
    """What would turn it to a denial; None where it is one."""
    kernel: str = ""
    """Why the kernel itself refused, whatever the controls say (Model M2.1)."""
    composition: Composition = CONJUNCTION
    """How the namespaces decided together. What would turn the verdict is worked out for the model's own way only."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """The attributes that the event set."""
        return self.decision.changes


def explain(decision: Decision, state: State | None, composition: Composition = CONJUNCTION) -> Explanation:
    """Why the decision came out as it did, and what would turn it.

    ``state`` is the one *before* the event. Without it (a decision read back from a record) there is what the decision
    itself says: no conditions, no changes that would turn it. ``composition`` is the one that it was made under.
    """
    ours = composition is CONJUNCTION
    in_full = state if ours else None
    hearings = tuple(_hearing(judgement, decision, state, in_full) for judgement in decision.judgements)
    by_kernel = decision.blame is not None and decision.blame.by_kernel
    kernel = decision.blame.reason if decision.blame is not None and by_kernel else ""
    heard = tuple(standing for hearing in hearings for standing in standings(hearing, state))
    asked = Consequence.PROBE if by_kernel else Consequence.FATAL
    counted = tuple(each for each in heard if each.request.consequence is asked)
    obstacles = tuple(obstacle(each) for each in counted if each.in_the_way)
    granted, denied = decision.verdict is Verdict.GRANT, decision.verdict is Verdict.DENY
    searched = ours and state is not None and not by_kernel
    return Explanation(
        decision=decision,
        hearings=hearings,
        obstacles=obstacles,
        to_grant=to_grant(counted) if searched and not granted and obstacles else None,
        to_deny=to_deny(counted) if searched and not denied else None,
        kernel=kernel,
        composition=composition,
    )


def _hearing(judgement: Judgement, decision: Decision, state: State | None, in_full: State | None) -> Hearing:
    request = judgement.request
    complete = _in_full(judgement, in_full)
    return Hearing(
        judgement=complete,
        levels=tuple(_levels(complete, state)),
        observed=tuple(seen for seen in decision.observed if seen.request is request or seen.request == request),
    )


def _in_full(judgement: Judgement, state: State | None) -> Judgement:
    """The judgement with its whole verdict vector: a short walk stopped at the denial."""
    if state is None or judgement.verdict is not Verdict.DENY:
        return judgement
    if judgement.opinions and judgement.opinions[-1] != judgement.deciding:
        return judgement
    if judgement.request.subject.home not in state.namespaces.members:
        return judgement
    return judge(judgement.request, state, Walk.FULL)


def _levels(judgement: Judgement, state: State | None) -> Iterator[Level]:
    """The namespaces that were asked, in the order of the walk."""
    request = judgement.request
    heard: dict[tuple[int, bool], list[Opinion]] = {}
    places: dict[tuple[int, bool], Namespace] = {}
    if state is not None and request.subject.home in state.namespaces.members:
        for namespace in state.namespaces.lineage(request.subject.home):
            places[namespace.id, False] = namespace
    for opinion in judgement.opinions:
        key = (opinion.namespace.id, opinion.inbound)
        places[key] = opinion.namespace
        heard.setdefault(key, []).append(opinion)
    for key, namespace in places.items():
        opinions = heard.get(key, [])
        yield Level(
            namespace=namespace,
            accounts=tuple(_account(opinion, judgement, state) for opinion in opinions),
            silent=tuple(
                binding
                for binding in namespace.bindings
                if not key[1] and not binding.control.handles(request.hook.name)
            ),
            inbound=key[1],
        )


def _account(opinion: Opinion, judgement: Judgement, state: State | None) -> Account:
    decides = opinion == judgement.deciding
    annotations = annotations_of(opinion.binding)
    asked, opaque = _asked(opinion, judgement.request, state)
    if asked is None:
        return Account(opinion=opinion, decides=decides, annotations=annotations, opaque=opaque)
    rules = guarded(lambda: _rules(asked))
    if isinstance(rules, Broken):
        return Account(opinion=opinion, decides=decides, annotations=annotations, opaque=f"it broke: {rules.why}")
    return Account(opinion=opinion, decides=decides, rules=rules, annotations=annotations)


def _rules(asked: Asked) -> tuple[RuleAccount, ...]:
    match asked.opinion.answer.stance:
        case Stance.DENY:
            return rules_that_deny(asked)
        case Stance.UNKNOWN:
            return rules_in_doubt(asked)
        case Stance.ALLOW:
            return rules_that_allow(asked)
        case Stance.ABSTAIN:
            return ()


def standings(hearing: Hearing, state: State | None) -> Iterator[Standing]:
    """The enforcing answers to a request, with the programs that gave them."""
    request = hearing.judgement.request
    if request.hook.hook_class is not HookClass.ACCESS:
        return
    for opinion in hearing.judgement.opinions:
        if opinion.enforced:
            asked, opaque = _asked(opinion, request, state)
            yield Standing(request, opinion, asked, opaque)


def _asked(opinion: Opinion, request: Request, state: State | None) -> tuple[Asked | None, str]:
    """The question behind an opinion, or why it cannot be put again."""
    if opinion.answer.fault:
        return None, f"it broke: {opinion.answer.fault}"
    control = opinion.binding.control
    if not isinstance(control, PolicyControl):
        return None, "a control in Python: its reasons are its own"
    if state is None or opinion.namespace.id not in state.namespaces.members:
        return None, "the state before the event is not at hand"
    asked = Asked.of(opinion, control, request, BindingView(state, opinion.namespace.id, opinion.binding.name))
    broken = guarded(lambda: (rules_that_deny(asked), rules_in_doubt(asked)))
    return (None, f"it broke: {broken.why}") if isinstance(broken, Broken) else (asked, "")
