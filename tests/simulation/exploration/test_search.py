"""A search finds the shortest sequence that breaks a claim, says what it tried, and never says more than it has seen."""

import pytest

from nslsm.simulation.exploration import Exploration, explore
from nslsm.simulation.exploration.telling import told
from tests.simulation.exploration.policies import GIVEN, PLANTED, TENANTS, claim, searched


def sequence(found: Exploration) -> tuple[str, ...]:
    said = told(found)
    assert said is not None
    return said.judged


def test_a_bug_that_was_planted_at_depth_five_is_found() -> None:
    found = searched(PLANTED, 5)

    assert sequence(found) == (
        'one exec "/bin/one" -> allow',
        'one open "/srv/two" -> allow',
        'one rename "/tmp/a" "/tmp/b" -> allow',
        "one setuid 1000 -> allow",
        'one open "/srv/vault" -> allow',
    )


def test_below_that_depth_it_is_not_and_the_search_says_that_it_was_exhaustive() -> None:
    found = searched(PLANTED, 4)

    assert found.broken is None
    assert (found.exhaustive, found.searched, found.closed, found.holds) == (True, 4, False, True)


def test_the_sequence_that_is_found_is_a_shortest() -> None:
    text = f'{TENANTS} claim c {{ {GIVEN} try open, fork never read in a when object.path == "/spool/x" }}'

    assert sequence(searched(text, 3)) == ('worker open "/spool/x" read -> allow',)


def test_what_nobody_can_reach_holds() -> None:
    text = f'{TENANTS} claim c {{ {GIVEN} try open "/spool/x" never read in a when object.tenant == "b" }}'

    found = searched(text, 6)

    assert found.broken is None
    assert found.closed
    assert found.holds


def test_a_label_that_a_link_leaves_behind_is_found() -> None:
    policy = TENANTS.replace("on write when subject", 'on path_link set new.tenant = "none" on write when subject')
    text = f"""{policy.replace('string = "none"', 'string = "b" if object.path under "/spool" else "none"', 1)}
    claim c {{ given {{ file "/spool" {{ type = directory, mode = 0o777 }} file "/tmp" {{ type = directory, mode = 0o777 }}
        file "/spool/x" {{ mode = 0o666, owner = 1000 }} task worker in a }}
    try open, rename "/spool/x" "/tmp/y", open "/tmp/y" read
    never read in a when object.path == "/tmp/y" and object.mode == 438 }}"""

    found = searched(text, 2)

    assert sequence(found) == ('worker rename "/spool/x" "/tmp/y" -> allow', 'worker open "/tmp/y" read -> allow')


def test_an_access_that_is_denied_breaks_nothing_and_one_that_would_be_does() -> None:
    denied = f"{TENANTS} control no {{ deny file_open }} namespace n {{ bind no }} claim c {{ try open never file_open in n }}"
    complained = denied.replace("bind no }", "bind no in complain }")

    assert searched(denied, 2).holds
    assert searched(complained, 2).broken is not None


def test_a_task_in_a_namespace_below_is_in_the_namespace() -> None:
    text = "namespace n { namespace m { } } claim c { given { task t in m } try fork never task_alloc in n }"

    assert sequence(searched(text, 1)) == ("t fork task3 -> allow",)


def test_a_task_that_enters_the_namespace_is_in_it() -> None:
    text = """namespace n { namespace m { enter on bprm_check_security when object.path == "/bin/in" } }
    claim c { given { file "/bin/in" { mode = 0o755 } task t in n } try exec, fork never task_alloc in m }"""

    assert sequence(searched(text, 2)) == ('t exec "/bin/in" -> allow', "t fork task3 -> allow")


def test_what_was_never_tried_is_not_shown() -> None:
    found = searched("namespace n { } claim c { try fork never file_open in n }", 2)

    assert found.broken is None
    assert found.exhaustive
    assert not found.holds


def test_a_condition_on_unknown_facts_is_not_decided() -> None:
    text = 'namespace n { } claim c { try open "/bin/x" never file_open in n when object.sha256 == "00" }'

    found = searched(text, 1)

    assert found.broken is None
    assert found.undecided == {"object.sha256"}
    assert not found.holds


def test_a_verdict_on_unknown_facts_counts_as_refused_and_is_told() -> None:
    text = """control c { deny file_open when object.sha256 == "00" } namespace n { bind c }
    claim k { try open "/bin/x" never file_open in n }"""

    found = searched(text, 1)

    assert found.broken is None
    assert found.unsure == {"object.sha256"}


def test_a_search_that_is_full_says_that_it_was_not_exhaustive() -> None:
    found = searched(PLANTED, 5, max_states=20)

    assert found.broken is None
    assert found.states == 20
    assert not found.exhaustive
    assert found.searched < 5
    assert not found.holds


def test_states_that_differ_by_numbers_are_followed_once() -> None:
    merged, apart = searched(PLANTED, 4), searched(PLANTED, 4, merge=False)

    assert merged.states < apart.states
    assert merged.performed < merged.transitions < apart.transitions


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("deny task_kill when object.pid == 3", "`pid`"),
        ("attr task.x: int = 0 on task_prctl when argument == 3 set subject.x = 1", "`argument`"),
    ],
)
def test_where_numbers_are_read_nothing_is_merged(rule: str, why: str) -> None:
    found = searched(f"control c {{ {rule} }} namespace n {{ bind c }} claim k {{ try fork never task_kill in n }}", 1)

    assert not found.merging
    assert why in found.unmerged


def test_where_a_step_leads_to_numbers_nothing_is_merged() -> None:
    found = searched('namespace n { } claim k { try open "/proc/3/mem" never task_kill in n }', 1)

    assert "`/proc`" in found.unmerged


def test_tasks_that_a_step_names_do_not_change_places() -> None:
    text = """control c { attr task.marked: bool = false
        on task_kill set object.marked = true
        deny file_open when not subject.marked }
    namespace n { bind c }
    claim k { given { task one in n task two in n } try kill two, open "/bin/x" never file_open in n }"""

    assert sequence(searched(text, 2)) == ("one kill two -> allow", 'two open "/bin/x" -> allow')


def test_each_claim_of_a_policy_can_have_words_of_its_own() -> None:
    tried = explore(claim(PLANTED), depth=1).vocabulary.words

    assert tried == ("exec", "open", "rename", "setuid", "fork")
