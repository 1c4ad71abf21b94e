"""What an explanation says would turn a verdict does turn it, and nothing smaller does: over random policies."""

from dataclasses import fields, is_dataclass, replace
from itertools import combinations
from typing import cast

from hypothesis import HealthCheck, assume, event, given, settings

from nslsm.controls.policy import PolicyControl
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.engine.explain import Explanation, Turn, explain
from nslsm.engine.explain.explanation import standings
from nslsm.engine.explain.propositions import Propositions, is_private
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import BOOL
from nslsm.language.check import ir
from nslsm.testing.events import Situation, situations
from tests.engine.questions import questions

LAW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def decided(situation: Situation) -> Decision:
    return decide(situation.state, situation.steps(), walk=Walk.FULL)[0]


def substituted(node: object, turned: dict[ir.Expr, bool]) -> object:
    """The program with conditions in the place of which their truths stand."""
    if isinstance(node, tuple):
        return tuple(substituted(part, turned) for part in node)
    if not is_dataclass(node) or isinstance(node, type) or type(node).__module__ != ir.__name__:
        return node
    if not isinstance(node, ir.Control | ir.Deny | ir.Confine | ir.Allow | ir.Effect | ir.Audit) and node in turned:
        return ir.Constant(turned[cast("ir.Expr", node)], BOOL)
    if isinstance(node, ir.Effect | ir.Audit | ir.Attribute | ir.Table):
        return node
    parts = {part.name: substituted(getattr(node, part.name), turned) for part in fields(node)}
    return replace(node, **parts)  # type: ignore[arg-type]


def with_turns(situation: Situation, turns: tuple[Turn, ...]) -> Situation:
    """The situation as it would be if the conditions had the truths of ``turns``: judged by programs that say so."""
    tree = situation.state.namespaces
    for number in tree.members:
        namespace = tree[number]
        bindings = []
        for binding in namespace.bindings:
            assert isinstance(binding.control, PolicyControl)
            turned = {
                turn.atom.expression: turn.to
                for turn in turns
                if not is_private(turn.atom.expression)
                or (turn.atom.opinion.namespace.id, turn.atom.opinion.binding.name) == (number, binding.name)
            }
            program = cast("ir.Control", substituted(binding.control.program, turned))
            bindings.append(replace(binding, control=PolicyControl(program)))
        tree = tree.with_namespace(replace(namespace, bindings=tuple(bindings)))
    return situation.with_tree(tree)


def every_turn(explanation: Explanation, situation: Situation) -> list[Turn]:
    """Every condition that any binding asks of the request, turned to what it is not."""
    propositions = Propositions()
    for hearing in explanation.hearings:
        for standing in standings(hearing, situation.state):
            if standing.asked is not None:
                propositions.permits(standing.asked)
                propositions.denies(standing.asked)
    return [Turn(atom, to) for atom in propositions.atoms.values() for to in (True, False) if atom.truth is not to]


@LAW
@given(questions())
def test_making_the_changes_that_would_grant_does_grant(situation: Situation) -> None:
    explanation = explain(decided(situation), situation.state)
    assume(explanation.to_grant is not None)
    assert explanation.to_grant is not None

    for flip in explanation.to_grant.flips:
        event(f"{len(flip.turns)} changes")
        assert flip.turns
        assert decided(with_turns(situation, flip.turns)).verdict is Verdict.GRANT


@LAW
@given(questions())
def test_making_the_changes_that_would_deny_does_deny_by_the_rule_that_is_named(situation: Situation) -> None:
    explanation = explain(decided(situation), situation.state)
    assume(explanation.to_deny is not None)
    assert explanation.to_deny is not None

    for flip in explanation.to_deny.flips:
        turned = decided(with_turns(situation, flip.turns))
        assert turned.verdict is Verdict.DENY
        denials = {opinion.rule for judgement in turned.judgements for opinion in judgement.opinions if opinion.denies}
        assert {outcome.rule for outcome in flip.outcomes} >= denials


@LAW
@given(questions())
def test_no_smaller_set_of_changes_would_do(situation: Situation) -> None:
    explanation = explain(decided(situation), situation.state)
    for flips, verdict in ((explanation.to_grant, Verdict.GRANT), (explanation.to_deny, Verdict.DENY)):
        if flips is None or not flips.flips or flips.cut:
            continue
        size = len(flips.flips[0].turns)
        assert all(len(flip.turns) == size for flip in flips.flips)
        asked = every_turn(explanation, situation)
        if not any(turn.atom.guard for flip in flips.flips for turn in flip.turns):
            asked = [turn for turn in asked if not turn.atom.guard]
        for fewer in range(min(size, 3 if len(asked) <= 8 else 2)):
            for turns in combinations(asked, fewer):
                if len({turn.atom.key for turn in turns}) == fewer:
                    assert decided(with_turns(situation, turns)).verdict is not verdict


@LAW
@given(questions())
def test_where_no_facts_are_said_to_help_no_one_change_does(situation: Situation) -> None:
    explanation = explain(decided(situation), situation.state)
    assume(explanation.to_grant is not None and not explanation.to_grant.flips)

    for turn in every_turn(explanation, situation):
        assert decided(with_turns(situation, (turn,))).verdict is not Verdict.GRANT


@LAW
@given(situations())
def test_every_enforcing_denial_is_an_obstacle_whatever_the_walk(situation: Situation) -> None:
    full = decided(situation)
    short = decide(situation.state, situation.steps(), walk=Walk.SHORT)[0]
    explanation, brief = explain(full, situation.state), explain(short, situation.state)

    by_kernel = full.blame is not None and full.blame.by_kernel
    counted = Consequence.PROBE if by_kernel else Consequence.FATAL
    expected = [
        opinion
        for judgement in full.judgements
        if judgement.request.consequence is counted
        for opinion in judgement.opinions
        if opinion.denies or (opinion.enforced and opinion.answer.unknown)
    ]
    assert [obstacle.opinion for obstacle in explanation.obstacles] == expected
    assert brief.obstacles == explanation.obstacles
    assert brief.to_grant == explanation.to_grant


@LAW
@given(questions())
def test_the_rules_that_are_named_have_the_truth_that_the_answer_says(situation: Situation) -> None:
    explanation = explain(decided(situation), situation.state)

    for hearing in explanation.hearings:
        for level in hearing.levels:
            for account in level.accounts:
                answer = account.opinion.answer
                if answer.rule:
                    assert account.rules[0].id == answer.rule
                    assert account.rules[0].truth is True
                if answer.unknown:
                    assert account.rules
                    facts = frozenset[str]().union(*(rule.truth.facts for rule in account.rules))  # type: ignore[union-attr]
                    assert facts == answer.unknown
