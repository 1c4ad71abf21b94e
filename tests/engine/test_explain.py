"""Why a decision came out as it did, over a policy whose answers are known by heart."""

from dataclasses import replace
from pathlib import Path

import pytest
from rpds import HashTrieMap

from nslsm.controls.declare import namespace_tree
from nslsm.engine.decision import Decision, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.engine.explain import Explanation, Flips, explain
from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.state import CellKey, State
from nslsm.language.program.interpret import Missing
from nslsm.library import Library, Selection, Written
from nslsm.protocol.namespace import Binding, Mode
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Task
from nslsm.resources import policies_root
from tests.audit.samples import (
    capable,
    connected,
    decided,
    executed,
    file,
    opened,
    request,
    state,
    task,
    tree,
)
from tests.laws.laws import BrokenControl

NURSE = task()


def explained(before: State, *requests: Request, walk: Walk = Walk.FULL, **more: object) -> Explanation:
    decision, _ = decided(before, *requests, walk=walk, **more)  # type: ignore[arg-type]
    return explain(decision, before)


def turns(flips: Flips | None) -> list[list[tuple[str, bool]]]:
    assert flips is not None
    return [[(turn.atom.text, turn.to) for turn in flip.turns] for flip in flips.flips]


def outcomes(flips: Flips | None) -> list[list[tuple[str, Stance, str]]]:
    assert flips is not None
    return [[(each.opinion.binding.name, each.stance, each.rule) for each in flip.outcomes] for flip in flips.flips]


def tainted(value: bool | Unknown, who: Task = NURSE) -> State:
    cells = HashTrieMap({CellKey(who.home, "charts", "task.tainted"): value})
    return replace(state(who), cells=HashTrieMap({who.identity: cells}))


def test_a_region_is_left_by_an_allow_or_by_what_it_is_about() -> None:
    explanation = explained(state(NURSE), opened(NURSE))

    assert turns(explanation.to_grant) == [
        [("subject.clinician", True)],
        [("object.phi", False)],
    ]
    assert outcomes(explanation.to_grant)[0] == [("charts", Stance.ALLOW, "")]
    assert outcomes(explanation.to_grant)[1] == [("charts", Stance.ABSTAIN, "")]


def test_an_allow_for_one_action_does_not_let_another_through() -> None:
    explanation = explained(state(NURSE), opened(NURSE, "/srv/phi/index", "read", "write"))

    assert turns(explanation.to_grant) == [[("subject.clinician", True)], [("object.phi", False)]]


def test_each_condition_of_a_deny_that_was_needed_would_do() -> None:
    explanation = explained(tainted(True), connected(NURSE))

    assert turns(explanation.to_grant) == [
        [("subject.tainted", False)],
        [("address not in 10.0.0.0/8", False)],
        [("port not in {443, 8443}", False)],
    ]
    assert all(flip == [("charts", Stance.ABSTAIN, "")] for flip in outcomes(explanation.to_grant))


def test_a_complaining_denial_stands_in_nobodys_way() -> None:
    explanation = explained(state(NURSE), connected(NURSE))

    assert explanation.decision.granted
    assert explanation.obstacles == ()
    assert explanation.to_grant is None
    assert turns(explanation.to_deny) == [[("subject.tainted", True)]]


def test_what_would_have_denied_names_the_rule() -> None:
    explanation = explained(state(NURSE), opened(NURSE, "/etc/passwd"))

    assert turns(explanation.to_deny) == [[("object.phi", True)]]
    assert outcomes(explanation.to_deny) == [[("charts", Stance.DENY, "ward.charts#confine-1")]]


def test_an_indeterminate_verdict_can_be_settled_either_way() -> None:
    explanation = explained(state(NURSE), executed(NURSE, "/usr/bin/x"))

    assert explanation.decision.verdict is Verdict.INDETERMINATE
    assert turns(explanation.to_grant) == [
        [('object.path == "/usr/bin/ehr"', True)],
        [('object.sha256 in {"aa", "bb"}', True)],
    ]
    assert turns(explanation.to_deny) == [[('object.sha256 in {"aa", "bb"}', False)]]


def test_an_attribute_says_where_its_value_is_from_and_who_sets_it() -> None:
    explanation = explained(tainted(True), connected(NURSE))
    assert explanation.to_grant is not None
    (reading,) = explanation.to_grant.flips[0].turns[0].atom.readings

    assert reading.source is not None
    assert reading.source.origin == "set"
    assert [effect.id for effect in reading.source.setters] == ["on-2"]


def test_an_attribute_that_nobody_set_is_from_its_default() -> None:
    explanation = explained(state(NURSE), opened(NURSE))
    assert explanation.to_grant is not None

    origins = [flip.turns[0].atom.readings[0].source for flip in explanation.to_grant.flips[:2]]

    assert [source.origin for source in origins if source] == ["default", "default"]


def test_an_unknown_attribute_is_a_turn_like_any_other() -> None:
    explanation = explained(tainted(UNKNOWN), connected(NURSE))

    assert explanation.decision.verdict is Verdict.INDETERMINATE
    assert turns(explanation.to_grant)[0] == [("subject.tainted", False)]
    assert turns(explanation.to_deny) == [[("subject.tainted", True)]]


def test_every_denial_stands_in_the_way_and_each_has_attributes_of_its_own() -> None:
    home = tree()[NURSE.home]
    twice = (*home.bindings, replace(home.bindings[0], name="again"))
    before = replace(state(NURSE), namespaces=tree().with_namespace(replace(home, bindings=twice)))

    explanation = explained(before, opened(NURSE))

    assert [obstacle.opinion.binding.name for obstacle in explanation.obstacles] == ["charts", "again"]
    assert turns(explanation.to_grant)[0] == [("subject.clinician", True), ("subject.clinician", True)]
    assert turns(explanation.obstacles[1].flips)[0] == [("subject.clinician", True)]


def test_what_two_denials_share_is_changed_once() -> None:
    home = tree()[NURSE.home]
    before = tainted(True)
    enforced = tuple(replace(binding, mode=Mode.ENFORCE) for binding in home.bindings)
    before = replace(before, namespaces=tree().with_namespace(replace(home, bindings=enforced)))

    explanation = explained(before, connected(NURSE))

    assert [obstacle.opinion.binding.name for obstacle in explanation.obstacles] == ["charts", "egress"]
    assert turns(explanation.to_grant) == [[("address not in 10.0.0.0/8", False)]]


def test_what_an_operation_is_changes_only_where_nothing_else_would_do() -> None:
    root = tree()[0]
    (nothing,) = programs('deny read because "never"')
    before = replace(state(NURSE), namespaces=tree().with_namespace(replace(root, bindings=(nothing,))))

    explanation = explained(before, opened(NURSE, "/etc/passwd"))

    assert turns(explanation.to_grant) == [[("flags has exec", True)], [("flags has read", False)]]


def test_a_short_walk_is_asked_again_in_full() -> None:
    home, root = tree()[NURSE.home], tree()[0]
    above = replace(root, bindings=(*root.bindings, replace(home.bindings[0], name="above")))
    before = replace(state(NURSE), namespaces=tree().with_namespace(above))

    short, full = (explained(before, opened(NURSE), walk=walk) for walk in (Walk.SHORT, Walk.FULL))

    assert [obstacle.opinion.binding.name for obstacle in short.obstacles] == ["charts", "above"]
    assert short.hearings == full.hearings


def test_a_control_that_broke_cannot_be_turned_by_any_fact() -> None:
    root = tree()[0]
    broken = Binding(name="broken", control=BrokenControl("raises"))
    above = replace(root, bindings=(*root.bindings, broken))
    before = replace(state(NURSE), namespaces=tree().with_namespace(above))

    explanation = explained(before, opened(NURSE))

    assert [obstacle.stuck for obstacle in explanation.obstacles] == ["", "it broke: ValueError: broken"]
    assert turns(explanation.to_grant) == []


def test_a_broken_control_that_complains_is_in_nobodys_way() -> None:
    root = tree()[0]
    broken = Binding(name="broken", control=BrokenControl("raises"), mode=Mode.COMPLAIN)
    before = replace(state(NURSE), namespaces=tree().with_namespace(replace(root, bindings=(*root.bindings, broken))))

    assert [obstacle.opinion.binding.name for obstacle in explained(before, opened(NURSE)).obstacles] == ["charts"]


def test_the_kernels_own_refusal_is_told_and_the_probes_that_might_have_helped() -> None:
    root = tree()[0]
    capability = denying_capability()
    above = replace(root, bindings=(capability,))
    before = replace(state(NURSE), namespaces=tree().with_namespace(above))

    decision = kernel_refusal(before)
    explanation = explain(decision, before)

    assert explanation.kernel == "/etc/shadow is not readable"
    assert explanation.to_grant is None
    assert [obstacle.opinion.rule for obstacle in explanation.obstacles] == ["base.capability#not_held"]
    assert turns(explanation.obstacles[0].flips) == [[("subject.effective has cap", True)]]


def programs(rules: str) -> tuple[Binding, ...]:
    text = f"module p import std.operations (read) control p {{ {rules} }} namespace n {{ bind p }}"
    checked = Selection(("p",), Library((policies_root(),), {"p": Written(Path("/nowhere"), text)})).check()
    assert checked.package is not None, checked.diagnostics
    return namespace_tree(checked.package.namespaces["p.n"])[0].bindings


def denying_capability() -> Binding:
    checked = Selection(("base.capability",), Library((policies_root(),))).check()
    assert checked.package is not None
    (declared,) = checked.package.own_namespaces()
    return namespace_tree(declared)[0].bindings[0]


def kernel_refusal(before: State) -> Decision:
    decision, _ = decided(
        before, capable(NURSE, Capability.CAP_DAC_OVERRIDE), refusal=(Errno.EACCES, "/etc/shadow is not readable")
    )
    return decision


def test_a_rename_is_asked_at_both_ends_and_told_by_the_end_that_counts() -> None:
    renamed = request("path_rename", NURSE, file("/tmp/a"), old=file("/tmp/a"), new=file("/srv/phi/b"))

    explanation = explained(state(NURSE), renamed)
    assert explanation.to_grant is not None

    phi = [flip.turns[0].atom for flip in explanation.to_grant.flips if flip.turns[0].atom.text == "object.phi"]
    assert [atom.aim for atom in phi] == ["new"]


def test_conditions_are_told_with_their_truth_and_the_facts_that_they_read() -> None:
    explanation = explained(tainted(True), connected(NURSE))
    (rule,) = explanation.hearings[0].levels[0].accounts[0].rules

    leaves = [leaf for way in rule.ways for clause in way.clauses for leaf in clause.condition.leaves()]

    assert [(leaf.text, leaf.truth, [reading.text for reading in leaf.readings]) for leaf in leaves] == [
        ("family in {inet, inet6}", True, ["family"]),
        ("subject.tainted", True, ["subject.tainted"]),
        ("address not in 10.0.0.0/8", True, ["address"]),
        ("port not in {443, 8443}", True, ["port"]),
    ]


def test_the_rule_that_allowed_is_told() -> None:
    explanation = explained(state(NURSE), executed(NURSE))

    (account,) = explanation.hearings[0].levels[1].accounts

    assert [(rule.id, rule.kind, rule.truth) for rule in account.rules] == [("known.allow-2", "allow", True)]


def test_rules_in_doubt_are_told_where_the_answer_is_unknown() -> None:
    explanation = explained(state(NURSE), executed(NURSE, "/usr/bin/x"))

    (account,) = explanation.hearings[0].levels[1].accounts

    assert [rule.id for rule in account.rules] == ["known"]
    assert account.rules[0].truth == Missing(frozenset({"object.sha256"}))


def test_every_level_of_the_lineage_is_told_and_who_has_nothing_to_say() -> None:
    corridor = task("host.ward.kiosk")
    explanation = explained(state(corridor), opened(corridor))

    levels = explanation.hearings[0].levels

    assert [level.namespace.path for level in levels] == ["host.ward.kiosk", "host.ward", "host"]
    assert [[binding.name for binding in level.silent] for level in levels] == [[], ["egress"], ["genuine"]]
    assert [account.decides for level in levels for account in level.accounts] == [True]


def test_without_the_state_before_there_is_what_the_decision_says() -> None:
    decision, _ = decided(state(NURSE), opened(NURSE))

    explanation = explain(decision, None)

    assert [obstacle.opinion.rule for obstacle in explanation.obstacles] == ["ward.charts#confine-1"]
    assert explanation.obstacles[0].stuck == "the state before the event is not at hand"
    assert explanation.to_grant is None
    assert explanation.to_deny is None


@pytest.mark.parametrize("port", [443, 8443])
def test_a_fact_is_never_to_equal_two_values_at_once(port: int) -> None:
    explanation = explained(tainted(True), connected(NURSE, "192.0.2.9", port))

    assert explanation.decision.granted
    assert turns(explanation.to_deny) == [[("port not in {443, 8443}", True)]]
