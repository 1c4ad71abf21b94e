"""What is said of rules is so: nothing that is called unreachable ever fires, nothing that is called hidden is missed."""

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.language.check import ir
from nslsm.language.check.constancy import Constancy
from nslsm.language.check.implication import Reasoner
from nslsm.language.check.rules.shadowed_rule import shadowed_rule
from nslsm.language.check.rules.unreachable_rule import unreachable_rule
from nslsm.language.check.rules.unsatisfiable_region import unsatisfiable_region
from nslsm.language.program.interpret import Scene, truth_of
from nslsm.language.program.judge import effects, judge
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request
from tests.language.check.rules.situations import (
    CONDITIONS,
    HOOKS,
    KNOWN,
    PLAIN,
    UNSURE,
    Still,
    controls,
    said,
    whole,
    without,
)

quick = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def conditions(draw: st.DrawFn, count: int) -> tuple[str, tuple[ir.Expr, ...]]:
    """Conditions at one hook."""
    hook = draw(st.sampled_from(HOOKS))
    return hook, tuple(draw(CONDITIONS[hook]) for _ in range(count))


def truths(hook: str, node: ir.Expr) -> list[object]:
    """What a condition comes to at each request of its hook."""
    return [
        truth_of(node, Scene(PLAIN, request, view)) for request, view in (*KNOWN, *UNSURE) if request.hook.name == hook
    ]


# Conditions


@quick
@given(conditions(1))
def test_a_condition_that_is_said_never_to_hold_never_does(
    given_: tuple[str, tuple[ir.Expr]],
) -> None:
    hook, (node,) = given_
    reasoner = Reasoner()

    if reasoner.never((node,), None) or Constancy(reasoner).of(node) is False:
        assert True not in truths(hook, node)


@quick
@given(conditions(1))
def test_a_condition_that_is_said_always_to_hold_is_never_false(
    given_: tuple[str, tuple[ir.Expr]],
) -> None:
    hook, (node,) = given_

    if Constancy(Reasoner()).of(node) is True:
        assert False not in truths(hook, node)


@quick
@given(conditions(2))
def test_a_condition_that_is_said_to_follow_holds_wherever_the_other_does(
    given_: tuple[str, tuple[ir.Expr, ir.Expr]],
) -> None:
    hook, (one, other) = given_

    if Reasoner().implies((one,), None, (other,), None):
        pairs = zip(truths(hook, one), truths(hook, other), strict=True)
        assert all(right is True for left, right in pairs if left is True)


# Rules


@quick
@given(controls())
def test_what_is_called_shadowed_can_go_and_no_answer_changes(control: ir.Control) -> None:
    for finding in shadowed_rule(whole(control)):
        less = without(control, finding.span)
        for request, view in KNOWN:
            for inbound in (False, True):
                before = judge(control, request, view, inbound=inbound)
                assert said(judge(less, request, view, inbound=inbound), request) == said(before, request)
            assert set_to(less, request, view) == set_to(control, request, view)


@quick
@given(controls())
def test_of_what_is_called_shadowed_no_denial_is_missed_where_facts_are_unknown(control: ir.Control) -> None:
    for finding in shadowed_rule(whole(control)):
        less = without(control, finding.span)
        for request, view in UNSURE:
            for inbound in (False, True):
                before = judge(control, request, view, inbound=inbound)
                after = judge(less, request, view, inbound=inbound)
                assert before.stance in (after.stance, Stance.UNKNOWN)


@quick
@given(controls())
def test_all_that_is_called_shadowed_can_go_together(control: ir.Control) -> None:
    less = control
    for finding in shadowed_rule(whole(control)):
        less = without(less, finding.span)

    for request, view in KNOWN:
        for inbound in (False, True):
            before = judge(control, request, view, inbound=inbound)
            assert judge(less, request, view, inbound=inbound).stance is before.stance


@quick
@given(controls())
def test_what_is_called_unreachable_never_fires(control: ir.Control) -> None:
    for finding in unreachable_rule(whole(control)):
        less = without(control, finding.span)
        for request, view in (*KNOWN, *UNSURE):
            for inbound in (False, True):
                before, after = (judge(each, request, view, inbound=inbound) for each in (control, less))
                assert before.rule not in _ids_at(control, finding)
                assert before.stance is Stance.UNKNOWN or said(after, request) == said(before, request)


@quick
@given(controls())
def test_a_region_that_is_called_unsatisfiable_lets_nothing_of_an_action_through(control: ir.Control) -> None:
    for finding in unsatisfiable_region(whole(control)):
        region = next(rule for rule in control.rules if rule.span == finding.span)
        assert isinstance(region, ir.Confine)
        for request, view in KNOWN:
            answer = judge(replace(PLAIN, rules=(region,)), request, view)
            if finding.message.startswith("nothing in this region"):
                assert answer.stance is not Stance.ALLOW
            else:
                assert answer.stance is Stance.ABSTAIN


def _ids_at(control: ir.Control, finding: Diagnostic) -> set[str]:
    allows = [allow for rule in control.rules if isinstance(rule, ir.Confine) for allow in rule.allows]
    return {each.id for each in (*control.rules, *allows) if each.span == finding.span}


def set_to(control: ir.Control, request: Request, view: Still) -> set[tuple[object, ...]]:
    """What the effects of a control set, whichever rule does it."""
    return {(each.attribute, each.thing, each.value) for each in effects(control, request, view, denied=False)}


# The claims are about something


def test_random_rules_meet_often_enough_that_these_claims_say_something() -> None:
    found: Counter[str] = Counter()

    @settings(quick, phases=[Phase.generate])
    @given(controls())
    def look(control: ir.Control) -> None:
        program = whole(control)
        for rule in (shadowed_rule, unreachable_rule, unsatisfiable_region):
            found[rule.__name__] += any(True for _ in rule(program))

    look()

    assert found["shadowed_rule"] >= 10
    assert found["unreachable_rule"] >= 2
    assert found["unsatisfiable_region"] >= 2
