"""What tests see of rules and conditions: what counts, what does not, and where."""

import pytest
from hypothesis import HealthCheck, given, settings

from nslsm.engine.evaluate import Walk, judge
from nslsm.library import check_targets
from nslsm.protocol.namespace import Binding
from nslsm.protocol.opinion import Stance
from nslsm.simulation.cases import run, run_case
from nslsm.simulation.coverage import Coverage, Place, Score
from nslsm.simulation.coverage.outline import Outline, RuleOutline
from nslsm.simulation.coverage.tally import Live, Tally
from nslsm.simulation.coverage.watching import TallyOf, Watch
from nslsm.testing.events import Situation, situations
from tests.language.check.memory import checked
from tests.simulation.coverage.seen import actions, conditions, covered, lets, rule

POLICY = """
operation look = file_open when flags has read
control c {{
    {rules}
}}
namespace host {{ bind c }}
{tests}
"""
VISIT = 'test "t" { file "/b" { mode = 0o666 } task t in host { uid = 1000 } t open "%s" %s }'


def policy(rules: str, *steps: tuple[str, str]) -> str:
    tests = "\n".join(VISIT.replace('"t"', f'"{place}"') % step for place, step in enumerate(steps))
    return POLICY.format(rules=rules, tests=tests)


def test_a_deny_that_never_fires_is_not_covered() -> None:
    text = policy('deny file_open when object.path == "/a"', ("/b", "-> allow"))

    found = rule(covered(text), "deny-1")

    assert (found.state, found.seen.true, found.seen.asked) == ("none", 0, 1)
    assert conditions(covered(text), "deny-1") == {'object.path == "/a"': (True,)}


def test_a_condition_that_is_never_false_is_covered_in_part() -> None:
    text = policy('deny file_open when object.path == "/a"', ("/a", "-> deny by c"))

    assert rule(covered(text), "deny-1").state == "part"
    assert conditions(covered(text), "deny-1") == {'object.path == "/a"': (False,)}


def test_both_answers_make_it_whole() -> None:
    text = policy('deny file_open when object.path == "/a"', ("/a", "-> deny by c"), ("/b", "-> allow"))

    assert rule(covered(text), "deny-1").state == "full"
    assert covered(text).score == Score(1, 1)
    assert covered(text).branches == Score(3, 3)  # true, false, and that there was an open


def test_every_operand_counts_by_itself() -> None:
    text = policy(
        'deny file_open when object.path under "/a" and (subject.uid == 0 or subject.uid == 1000)', ("/a/x", "-> deny")
    )

    assert conditions(covered(text), "deny-1") == {
        'object.path under "/a" and (subject.uid == 0 or subject.uid == 1000)': (False,),
        'object.path under "/a"': (False,),
        "subject.uid == 0 or subject.uid == 1000": (False,),
        "subject.uid == 0": (True,),
        "subject.uid == 1000": (False,),
    }


def test_a_not_and_what_it_negates_are_one() -> None:
    text = policy('deny file_open when not (object.path == "/a")', ("/a", "-> allow"))

    assert conditions(covered(text), "deny-1") == {'not (object.path == "/a")': (True,)}


def test_of_an_if_only_the_side_that_was_taken_is_seen() -> None:
    text = policy(
        'deny file_open when object.path == "/a" if subject.uid == 0 else object.path == "/b"', ("/b", "-> deny")
    )

    assert conditions(covered(text), "deny-1") == {
        'object.path == "/a" if subject.uid == 0 else object.path == "/b"': (False,),
        "subject.uid == 0": (True,),
        'object.path == "/a"': (True, False),
        'object.path == "/b"': (False,),
    }


def test_a_let_counts_where_it_is_named_and_its_parts_once_where_they_stand() -> None:
    rules = """
    let odd = object.path under "/a" or subject.uid == 0
    deny one: file_open when odd
    deny two: file_open when odd and object.path == "/a/b"
    """
    found = covered(policy(rules, ("/a/x", "-> deny")))

    assert conditions(found, "one") == {"odd": (False,)}
    assert conditions(found, "two")["odd"] == (False,)
    assert {text: each.missing for text, each in lets(found).items()} == {
        'object.path under "/a"': (False,),
        "subject.uid == 0": (True,),
    }


def test_a_let_of_the_module_counts_once_for_all_controls() -> None:
    text = """
    let odd = object.path under "/a" or subject.uid == 0
    control c { deny file_open when odd }
    control d { deny inode_unlink when odd }
    namespace host { bind c bind d }
    test "t" { task t in host { uid = 0 } t open "/b" -> deny by c }
    """
    (module,) = covered(text).modules

    assert [group.name for group in module.groups] == ["lets", "case.c", "case.d"]
    assert [(each.text, each.missing, each.seen.asked) for each in module.groups[0].lets] == [
        ('object.path under "/a"', (True,), 1),
        ("subject.uid == 0", (False,), 1),
    ]


def test_an_operation_must_be_seen_and_seen_not_to_be() -> None:
    rules = "deny look when subject.uid == 7"
    read, write = ("/a", "read -> allow"), ("/b", "write -> allow")

    assert actions(covered(policy(rules, read)), "deny-1") == {"look": (False,)}
    assert actions(covered(policy(rules, write)), "deny-1") == {"look": (True,)}
    assert actions(covered(policy(rules, read, write)), "deny-1") == {"look": ()}


def test_a_request_that_is_something_else_says_nothing_about_the_condition() -> None:
    found = covered(policy("deny look when subject.uid == 7", ("/b", "write -> allow")))

    assert conditions(found, "deny-1") == {"subject.uid == 7": (True, False)}
    assert rule(found, "deny-1").seen.asked == 1


def test_a_region_is_covered_when_it_has_denied_and_an_allow_when_it_let_something_through() -> None:
    rules = """
    confine look where object.path under "/a" { allow look when subject.uid == 0  allow look when object.path == "/a/x" }
    """
    found = covered(policy(rules, ("/a/x", "-> allow"), ("/b", "-> allow")))

    assert rule(found, "confine-1").state == "none"
    assert conditions(found, "confine-1") == {'object.path under "/a"': ()}
    assert rule(found, "confine-1.allow-1").state == "none"
    assert rule(found, "confine-1.allow-2").seen.true == 1
    assert conditions(found, "confine-1.allow-2") == {'object.path == "/a/x"': (False,)}, (
        "outside, nobody asks the allow"
    )


def test_effects_and_audits_are_seen_when_they_take_effect() -> None:
    rules = """
    attr task.seen: bool = false
    attr task.tried: bool = false
    deny stop: file_open when object.path == "/a"
    on file_open when object.path == "/b" set subject.seen = subject.uid == 0 or subject.uid == 1000
    on denied file_open set subject.tried = true
    audit file_open when subject.seen
    """
    found = covered(policy(rules, ("/b", "-> allow"), ("/a", "-> deny")))

    assert (rule(found, "on-1").seen.true, rule(found, "on-1").seen.asked) == (1, 1), "a denied event asks no `on`"
    assert conditions(found, "on-1")["subject.uid == 0"] == (True,)
    assert rule(found, "on-2").state == "full"
    assert rule(found, "audit-1").state == "none"


def test_what_arguments_settle_does_not_count() -> None:
    text = """
    control c(scope: int) {
        deny one: file_open when scope == 1 and object.path == "/a"
        deny two: file_open when scope == 2
    }
    namespace host { bind c(scope = 1) }
    test "t" { task t in host t open "/a" -> deny by c }
    """
    found = covered(text)

    assert conditions(found, "one") == {'scope == 1 and object.path == "/a"': (False,), 'object.path == "/a"': (False,)}
    assert (rule(found, "two").state, rule(found, "two").branches.total) == ("out", 0)
    assert found.score == Score(1, 1)


def test_an_answer_that_arguments_have_settled_was_not_seen_by_a_test() -> None:
    text = """
    control c(scope: int) { deny file_open when scope == 1 and object.path == "/a" }
    namespace one { bind c(scope = 1) }
    namespace two { bind c(scope = 2) }
    test "t" { task t in one t open "/a" -> deny by c }
    test "u" { task t in two t open "/a" -> allow }
    """

    assert conditions(covered(text), "deny-1")['scope == 1 and object.path == "/a"'] == (False,)


def test_what_is_out_of_play_counts_for_nothing() -> None:
    text = """
    control c(scope: int) { confine file_open where scope == 1 { allow file_open when subject.uid == 0 } }
    namespace host { bind c(scope = 2) }
    test "t" { task t in host t open "/a" -> allow }
    """
    found = covered(text)

    assert found.score == Score(0, 0)
    assert found.branches == Score(0, 0)


def test_each_namespace_is_told_by_itself() -> None:
    text = """
    control c { deny file_open when object.path == "/a" }
    namespace host { bind c  namespace web { bind c as mine } }
    test "t" { task t in host t open "/a" -> deny by c }
    test "u" { task t in host.web t open "/b" -> allow }
    """
    found = covered(text)
    (condition, _) = rule(found, "deny-1").conditions

    seen = {str(sight.place): (sight.seen.true, sight.seen.false) for sight in condition.sights}
    assert seen == {"host c": (1, 1), "host.web mine": (0, 1)}
    assert {str(share.place): (share.rules, share.branches) for share in found.shares()} == {
        "host c": (Score(1, 1), Score(3, 3)),
        "host.web mine": (Score(0, 1), Score(2, 3)),
    }


def test_a_namespace_that_a_test_makes_counts_too() -> None:
    text = """
    control c { deny file_open when object.path == "/a" }
    policy strict { use c }
    namespace host { }
    test "t" {
        task t in host { no_new_privs = true }
        t unshare "k" with strict -> allow
        t open "/a" -> deny by c in k
    }
    """
    (share,) = covered(text).shares()

    assert share.place == Place("case", "host.k", "c")
    assert share.rules == Score(1, 1)


def test_one_place_can_be_bound_with_other_arguments_in_another_test() -> None:
    text = """
    control c(scope: int) { deny file_open when scope == 1 and object.path == "/a" }
    policy one { use c(scope = 1) }
    policy two { use c(scope = 2) }
    namespace host { }
    test "t" { task t in host { no_new_privs = true } t unshare "k" with two -> allow  t open "/a" -> allow }
    test "u" { task t in host { no_new_privs = true } t unshare "k" with one -> allow  t open "/a" -> deny by c }
    """
    found = covered(text)

    assert rule(found, "deny-1").covered
    assert [str(sight.place) for sight in rule(found, "deny-1").sights] == ["host.k c"]
    assert conditions(found, "deny-1")['object.path == "/a"'] == (False,)


def test_inbound_rules_are_asked_from_outside() -> None:
    text = """
    control c { inbound deny ptrace_access_check  deny ptrace_access_check }
    namespace host { namespace web { bind c } }
    test "t" { task out in host { uid = 1000 } task in_ in host.web { uid = 1000 } out ptrace in_ -> deny by c }
    test "u" { task other in host.side { uid = 1000 } task in_ in host.web { uid = 1000 } other ptrace in_ -> deny by c }
    """.replace("namespace web", "namespace side { } namespace web")
    found = covered(text)

    assert rule(found, "deny-1").state == "full"
    assert (rule(found, "deny-2").state, rule(found, "deny-2").seen.asked) == ("none", 0)


def test_enter_on_counts_with_its_namespace() -> None:
    text = """
    control c { deny file_open when object.path == "/a" }
    namespace host { namespace web { enter on bprm_check_security when object.path == "/bin/web"  bind c } }
    test "t" { task t in host t exec "/bin/web" -> allow  t open "/a" -> deny by c in host.web }
    """
    (module,) = covered(text).modules
    (group,) = [each for each in module.groups if each.kind == "namespace"]

    assert group.name == "host.web"
    assert [(each.id, each.kind, each.state) for each in group.rules] == [("enter-1", "enter", "part")]


def test_a_control_that_no_test_has_bound_is_not_left_out() -> None:
    text = """
    control c { deny file_open when object.path == "/a" }
    control d { deny file_open when object.path == "/a" }
    namespace host { bind c }
    namespace other { bind d }
    test "t" { task t in host t open "/a" -> deny by c }
    """
    (module,) = covered(text).modules

    assert [(group.name, group.bound, group.score) for group in module.groups] == [
        ("case.c", True, Score(1, 1)),
        ("case.d", False, Score(0, 1)),
    ]


def test_what_is_imported_does_not_count_and_its_lets_neither() -> None:
    other = """
    let strange = object.path == "/z" or object.path == "/y"
    control theirs { deny file_open when strange }
    """
    text = """
    import other
    control c { deny file_open when other.strange }
    namespace host { bind c  bind other.theirs }
    test "t" { task t in host t open "/a" -> allow }
    """
    found = covered(text, {"other": other})

    assert [module.name for module in found.modules] == ["case"]
    assert conditions(found, "deny-1") == {"other.strange": (True,)}
    assert lets(found) == {}


def test_unknown_is_neither_true_nor_false() -> None:
    text = """
    control c { deny file_open when object.sha256 == "aa" }
    namespace host { bind c }
    test "t" { task t in host t open "/a" -> unknown object.sha256 }
    """
    (condition, _) = rule(covered(text), "deny-1").conditions

    assert (condition.seen.true, condition.seen.false, condition.seen.unknown) == (0, 0, 1)
    assert condition.missing == (True, False)


def test_places_are_those_of_the_text() -> None:
    text = policy('deny look when object.path == "/a" and not (subject.uid == 0)', ("/b", "-> allow"))
    package = checked(text).require()
    source = package.sources.texts["case.nslsm"]

    spots = rule(covered(text), "deny-1").conditions

    assert all(each.own_place for each in spots)
    assert {source[each.span.start : each.span.end] for each in spots} == {each.text for each in spots}


def test_a_share_of_all_is_needed_to_reach_a_number() -> None:
    found = covered(policy('deny file_open when object.path == "/a"', ("/a", "-> deny by c")))

    assert (found.score, found.branches) == (Score(1, 1), Score(2, 3))
    assert found.reaches(66.6)
    assert not found.reaches(66.7)


@pytest.mark.parametrize("target", ["base", "healthcare"])
def test_watching_changes_no_answer(target: str) -> None:
    packages = [each.require() for each in check_targets([target])]
    tests = [test for package in packages for test in package.tests]

    assert list(run(tests, coverage=Coverage(packages))) == [run_case(test) for test in tests]


def _bare(rules: tuple[object, ...]) -> Outline:
    return Outline(
        tuple(
            RuleOutline(
                id=each.id,
                kind="deny",
                span=each.span,
                names=(),
                condition=None,
                values=(None,) * len(getattr(each, "assignments", ())),
                allows=tuple(
                    RuleOutline(id=allow.id, kind="allow", span=allow.span, names=(), condition=None)
                    for allow in getattr(each, "allows", ())
                ),
            )
            for each in rules
        ),
        (),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations())
def test_what_is_counted_is_what_the_engine_answered(situation: Situation) -> None:
    """A rule that made an answer was seen to take effect; one that an enforcing answer hangs on, to be unknown."""
    tallies: dict[tuple[str, int], Tally] = {}

    def tally_of(binding: Binding) -> TallyOf:
        rules = binding.control.program.rules
        live = Live(frozenset(), frozenset())
        return lambda view: tallies.setdefault((binding.name, view.namespace.id), Tally(_bare(rules), rules, live))

    watch = Watch(of_binding=tally_of, of_entry=lambda _: lambda _: None, declarations={})
    watched = situation.with_tree(watch.tree(situation.state.namespaces))
    for request in situation.requests:
        plain = judge(request, situation.state, Walk.FULL)
        seen = judge(request, watched.state, Walk.FULL)

        assert seen == plain
        for opinion in seen.opinions:
            counted = tallies[opinion.binding.name, opinion.namespace.id].seen_rules
            if opinion.answer.stance in (Stance.DENY, Stance.ALLOW) and not opinion.answer.fault:
                assert counted[opinion.answer.rule].true > 0
            if opinion.answer.stance is Stance.UNKNOWN:
                assert any(each.unknown for each in counted.values())
