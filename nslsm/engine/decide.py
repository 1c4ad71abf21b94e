"""One event, from the kernel's questions to the state after: judge, effects, move, notify (Model M2.4, M3.2, M5.5, M6.3)."""

from dataclasses import dataclass, field, replace

from nslsm.engine.compositions.composition import Composition
from nslsm.engine.compositions.conjunction import CONJUNCTION
from nslsm.engine.decision import Blame, Decision, Judgement, Move, Observed, Opinion, Verdict
from nslsm.engine.effects import Effects, committed, effects_of
from nslsm.engine.evaluate import Walk
from nslsm.engine.placement import Placement, placed
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.namespaces import move
from nslsm.kernel.state import State
from nslsm.protocol.opinion import Stance


def decide(
    state: State,
    steps: Steps,
    *,
    walk: Walk = Walk.FULL,
    happened: bool = False,
    composition: Composition = CONJUNCTION,
) -> tuple[Decision, State]:
    """Judge one event on the state before it, and the state that follows.

    ``happened``: the event is from a recording, so that the kernel's facts and placement follow it whatever the verdict, and
    attributes follow the verdict (Model M6.3). Otherwise a denied event changes nothing but what ``on denied`` rules ask for.
    ``composition``: how what several namespaces say becomes one answer; the model's, or a real system's.
    """
    hearing = _Hearing(state, walk, composition)
    outcome = hearing.conduct(steps, to_the_end=happened)
    verdict = hearing.verdict(outcome, happened=happened)
    placement = _placement(outcome, hearing, verdict, happened=happened)
    if verdict is not Verdict.DENY:
        hearing.add(placement.judgements)
        verdict = verdict if placement.refused is None else max(verdict, placement.refused.verdict)
    breaking, faults = _breaking(hearing, outcome, verdict, happened=happened)
    if breaking is not None:
        verdict = Verdict.DENY
        effects = hearing.effects(verdict)
        effects = Effects(effects.changes, (*faults, *(each for each in effects.faults if not _is_among(each, faults))))
    else:
        effects = _effects(hearing, outcome, verdict, happened=happened)
    after, moves = _follow(state, outcome, placement, verdict, happened=happened)
    followed = outcome is not None and (happened or verdict is Verdict.GRANT)
    after = committed(after, effects.changes, outcome.rekeyed if outcome is not None and followed else {})
    decision = _decision(hearing, outcome, verdict, breaking, effects, moves, happened=happened)
    if followed and outcome is not None and outcome.notify is not None and verdict is not Verdict.DENY:
        return _notified(decision, outcome, after, walk, composition)
    return decision, after


@dataclass(slots=True)
class _Hearing:
    """The judgements of one event, as the kernel asks for them."""

    state: State
    walk: Walk
    composition: Composition
    judgements: list[Judgement] = field(default_factory=list)
    observed: list[Observed] = field(default_factory=list)
    found: dict[tuple[Verdict, int], Effects] = field(default_factory=dict)
    """The effects of a verdict, by how many judgements there were."""

    def add(self, judgements: tuple[Judgement, ...]) -> None:
        for judgement in judgements:
            self.judgements.append(judgement)
            self.observed.extend(self.composition.observations(judgement, self.state))

    def conduct(self, steps: Steps, *, to_the_end: bool) -> Outcome | None:
        """Answer the kernel until it is done; None where a denial ended the event and nothing is known beyond it."""
        try:
            request = next(steps)
            while True:
                judgement = self.composition.judge(request, self.state, self.walk)
                self.add((judgement,))
                fatal = request.consequence is Consequence.FATAL
                if fatal and judgement.verdict is Verdict.DENY:
                    if to_the_end:
                        return _rest(steps)
                    steps.close()
                    return None
                request = steps.send(fatal or judgement.verdict is Verdict.GRANT)
        except StopIteration as done:
            outcome: Outcome = done.value
            return outcome

    def verdict(self, outcome: Outcome | None, *, happened: bool) -> Verdict:
        """The event's verdict: its fatal requests', or the kernel's own refusal (Model M2.1, M2.4)."""
        fatal = [each.verdict for each in self.judgements if each.request.consequence is Consequence.FATAL]
        verdict = max(fatal, default=Verdict.GRANT)
        if outcome is None or refusal(outcome, happened=happened) is None or verdict is Verdict.DENY:
            return verdict
        return Verdict.INDETERMINATE if outcome.unknown or self.unsure_probes() else Verdict.DENY

    def unsure_probes(self) -> list[Judgement]:
        """The probes that the kernel was refused only because nobody knows: its own refusal hangs on them."""
        probes = (each for each in self.judgements if each.request.consequence is Consequence.PROBE)
        return [each for each in probes if each.verdict is Verdict.INDETERMINATE]

    def denial(self) -> Judgement | None:
        """The request whose denial denied the event."""
        fatal = (each for each in self.judgements if each.request.consequence is Consequence.FATAL)
        return next((each for each in fatal if each.verdict is Verdict.DENY), None)

    def effects(self, verdict: Verdict) -> Effects:
        """What the event would set if it came to ``verdict``; of a denial, only what those who hear of it ask for."""
        known = self.found.get((verdict, len(self.judgements)))
        if known is None:
            found = effects_of(self.judgements, verdict, self.state)
            known = self.found[verdict, len(self.judgements)] = self._heard_of(found, verdict)
        return known

    def _heard_of(self, found: Effects, verdict: Verdict) -> Effects:
        if verdict is not Verdict.DENY or self.composition.tells_of_denials:
            return found
        deniers = {
            (opinion.namespace.id, opinion.binding.name)
            for judgement in self.judgements
            for opinion in judgement.opinions
            if opinion.answer.stance is Stance.DENY
        }
        return Effects(
            tuple(each for each in found.changes if (each.namespace.id, each.binding.name) in deniers),
            tuple(each for each in found.faults if (each.namespace.id, each.binding.name) in deniers),
        )


def _rest(steps: Steps) -> Outcome:
    """What a recording shows to have happened after a request that we deny: raised no more, judged no more."""
    try:
        while True:
            steps.send(True)
    except StopIteration as done:
        outcome: Outcome = done.value
        return outcome


def refusal(outcome: Outcome, *, happened: bool) -> Errno | None:
    """What the kernel's own checks refuse with. In a replay that is what they would have said, not what was recorded (M6.3)."""
    return outcome.refusal if happened else outcome.errno


def _placement(outcome: Outcome | None, hearing: _Hearing, verdict: Verdict, *, happened: bool) -> Placement:
    """Where the process goes; of an event that is denied only where a recording shows that it happened."""
    if outcome is None or outcome.entering is None or outcome.errno is not None:
        return Placement(None)
    if verdict is Verdict.DENY and not happened:
        return Placement(None)
    return placed(outcome.entering, hearing.state, hearing.walk, hearing.composition)


def _effects(hearing: _Hearing, outcome: Outcome | None, verdict: Verdict, *, happened: bool) -> Effects:
    """An event that the kernel itself refused, or that failed when it was recorded, sets nothing.

    Where the kernel refused only because a probe hung on unknown facts, the event might have gone ahead.
    """
    return hearing.effects(verdict) if _sets(hearing, outcome, verdict, happened=happened) else Effects((), ())


def _sets(hearing: _Hearing, outcome: Outcome | None, verdict: Verdict, *, happened: bool) -> bool:
    if outcome is None or hearing.denial() is not None:
        return True
    if happened and outcome.errno is not None:
        return False
    return refusal(outcome, happened=happened) is None or verdict is Verdict.INDETERMINATE


def _breaking(
    hearing: _Hearing, outcome: Outcome | None, verdict: Verdict, *, happened: bool
) -> tuple[Opinion | None, tuple[Opinion, ...]]:
    """Who breaks where the effects of the event are to be had, and denies it by that, and all who break then (Model M2.8).

    That is so for certain though the verdict may hang on unknown facts: it could not be granted whatever they are.
    """
    if verdict is Verdict.DENY or not _sets(hearing, outcome, verdict, happened=happened):
        return None, ()
    faults = _if_all_granted(hearing).faults
    breaking = next((opinion for opinion in faults if opinion.denies), None)
    return (None, ()) if breaking is None else (breaking, faults)


def _is_among(fault: Opinion, faults: tuple[Opinion, ...]) -> bool:
    """Whether the same binding has broken already."""
    return any((each.namespace.id, each.binding.name) == (fault.namespace.id, fault.binding.name) for each in faults)


def _if_all_granted(hearing: _Hearing) -> Effects:
    if all(judgement.verdict is not Verdict.INDETERMINATE for judgement in hearing.judgements):
        return hearing.effects(Verdict.GRANT)
    return effects_of([_if_granted(judgement) for judgement in hearing.judgements], Verdict.GRANT, hearing.state)


def _if_granted(judgement: Judgement) -> Judgement:
    """The judgement if the event should turn out to be granted: then this request was."""
    fatal = judgement.request.consequence is Consequence.FATAL
    unsure = judgement.verdict is Verdict.INDETERMINATE
    return replace(judgement, verdict=Verdict.GRANT) if fatal and unsure else judgement


def _follow(
    state: State, outcome: Outcome | None, placement: Placement, verdict: Verdict, *, happened: bool
) -> tuple[State, tuple[Move, ...]]:
    """The state that the event leaves, attributes aside, and the moves that it made."""
    if outcome is None or not (happened or verdict is Verdict.GRANT):
        return state, ()
    after = outcome.state
    if outcome.entering is None:
        return after, ()
    subject = outcome.entering.subject
    here = state.namespaces[subject.home]
    if placement.refused is not None:
        refused = placement.refused
        why = str(refused.deciding.rule) if refused.deciding else ", ".join(sorted(refused.unknown))
        return after, (Move(here, None, refused=why),)
    moves: tuple[Move, ...] = ()
    if placement.target is not None:
        after = move(after, subject.tgid, placement.target.id)
        moves = (Move(here, placement.target, counterfactual=verdict is not Verdict.GRANT),)
    if placement.unknown:
        moves = (*moves, Move(placement.target or here, None))
    return after, moves


def _decision(
    hearing: _Hearing,
    outcome: Outcome | None,
    verdict: Verdict,
    breaking: Opinion | None,
    effects: Effects,
    moves: tuple[Move, ...],
    *,
    happened: bool,
) -> Decision:
    errno, blame = _reason(hearing, outcome, verdict, breaking, happened=happened)
    heard = (opinion for judgement in hearing.judgements for opinion in judgement.opinions)
    unknown: frozenset[str] = frozenset()
    if verdict is Verdict.INDETERMINATE:
        unsure = [each for each in hearing.judgements if each.request.consequence is Consequence.FATAL]
        if outcome is not None and refusal(outcome, happened=happened) is not None:
            unsure += hearing.unsure_probes()
            unknown = outcome.unknown
        unknown = unknown.union(*(each.unknown for each in unsure))
    return Decision(
        verdict=verdict,
        errno=errno,
        blame=blame,
        unknown=tuple(sorted(unknown)),
        judgements=tuple(hearing.judgements),
        observed=tuple(hearing.observed),
        changes=effects.changes,
        moves=moves,
        result=outcome.result if outcome is not None and (happened or verdict is Verdict.GRANT) else 0,
        recorded_errno=outcome.errno if happened and outcome is not None else None,
        faults=(*(opinion for opinion in heard if opinion.answer.fault), *effects.faults),
    )


def _reason(
    hearing: _Hearing, outcome: Outcome | None, verdict: Verdict, breaking: Opinion | None, *, happened: bool
) -> tuple[Errno | None, Blame | None]:
    if verdict is Verdict.GRANT:
        return None, None
    if verdict is Verdict.INDETERMINATE:
        return Errno.EACCES, None
    if breaking is not None:
        return breaking.answer.errno, Blame(breaking, breaking.answer.fault)
    denial = hearing.denial()
    if denial is not None and denial.deciding is not None:
        answer = denial.deciding.answer
        return denial.errno, Blame(denial.deciding, answer.because or answer.fault)
    errno = None if outcome is None else refusal(outcome, happened=happened)
    if outcome is not None and errno is not None:
        return errno, Blame(None, outcome.reason)
    raise AssertionError("a denied event has a denial")


def _notified(
    decision: Decision, outcome: Outcome, state: State, walk: Walk, composition: Composition
) -> tuple[Decision, State]:
    """The hooks that tell of what has happened, in the lineage that the process is in now: effects and observers."""
    assert outcome.notify is not None
    hearing = _Hearing(state, walk, composition)
    hearing.add(tuple(composition.judge(request, state, walk) for request in outcome.notify(state)))
    effects = effects_of(hearing.judgements, decision.verdict, state)
    told = replace(
        decision,
        judgements=(*decision.judgements, *hearing.judgements),
        observed=(*decision.observed, *hearing.observed),
        changes=(*decision.changes, *effects.changes),
        faults=(*decision.faults, *effects.faults),
    )
    return told, committed(state, effects.changes, {})
