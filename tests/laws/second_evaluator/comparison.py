"""The engine's decision told in the second evaluator's values, so that the two can be laid side by side."""

from nslsm.engine.decision import Decision, Judgement, Opinion
from nslsm.kernel.state import State
from tests.laws.second_evaluator.result import KERNEL, Result, Ruling, Setting, Shift, Sighting, Voice


def told(decision: Decision, after: State) -> Result:
    """A decision and the state that follows it, as a :class:`Result`."""
    blame = decision.blame
    return Result(
        int(decision.verdict),
        decision.errno,
        None if blame is None else KERNEL if blame.opinion is None else _voice(blame.opinion),
        decision.unknown,
        tuple(_ruling(judgement) for judgement in decision.judgements),
        tuple(
            Sighting(seen.namespace.id, seen.binding.name, seen.request.hook.name, *seen.observation)
            for seen in decision.observed
        ),
        tuple(
            Setting(change.namespace.id, change.binding.name, change.attribute, change.thing, change.value, change.rule)
            for change in decision.changes
        ),
        tuple(
            Shift(
                move.source.id, None if move.target is None else move.target.id, move.counterfactual, bool(move.refused)
            )
            for move in decision.moves
        ),
        frozenset((broke.namespace.id, broke.binding.name) for broke in decision.faults),
        decision.result,
        {(thing, key): cells[key] for thing, cells in after.cells.items() for key in cells},
        {pid: task.credentials.namespace for pid, task in after.tasks.items()},
    )


def _ruling(judgement: Judgement) -> Ruling:
    return Ruling(
        judgement.request.hook.name,
        judgement.request.consequence.value,
        int(judgement.verdict),
        judgement.errno,
        None if judgement.deciding is None else _voice(judgement.deciding),
        judgement.unknown,
        tuple(_voice(opinion) for opinion in judgement.opinions),
    )


def _voice(opinion: Opinion) -> Voice:
    answer = opinion.answer
    return Voice(
        opinion.namespace.id,
        opinion.binding.name,
        opinion.inbound,
        answer.stance.value,
        answer.rule,
        answer.errno,
        "" if answer.fault else answer.because,
        answer.unknown,
        bool(answer.fault),
    )
