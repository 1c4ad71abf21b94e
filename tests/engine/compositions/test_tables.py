"""Each composition makes of small situations what the system it stands for would."""

import pytest

from nslsm.engine.compositions import COMPOSITIONS, NAMES, Composition, by_name
from nslsm.engine.decide import decide
from nslsm.engine.evaluate import Walk
from nslsm.hooks.linux import Errno
from nslsm.kernel.state import CellKey
from nslsm.protocol.opinion import Assignment
from nslsm.protocol.things import Identity
from nslsm.testing.builders import Scripted, deny, event, file_at, lineage_with, request, state_with, task_in
from tests.engine.compositions.tables import CASES, assert_as_told, told

ME = Identity("task", 10)
OTHERS = COMPOSITIONS[1:]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("composition", COMPOSITIONS, ids=NAMES)
def test_a_composition_does_as_its_system(composition: Composition, name: str) -> None:
    assert_as_told(composition, CASES[name])


def test_every_case_says_what_comes_of_it_everywhere() -> None:
    assert [name for name, case in CASES.items() if set(case.expected) != set(NAMES)] == []


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("composition", OTHERS, ids=NAMES[1:])
def test_who_is_asked_is_part_of_a_systems_rule_so_that_both_walks_are_one(composition: Composition, name: str) -> None:
    assert told(composition, CASES[name], Walk.SHORT) == told(composition, CASES[name], Walk.FULL)


def test_no_two_compositions_do_the_same() -> None:
    columns = {tuple(case.expected[name] for case in CASES.values()) for name in NAMES}

    assert len(columns) == len(COMPOSITIONS)


# What a whole event leaves


def on_denied(hook: str) -> dict[str, tuple[Assignment, ...]]:
    return {hook: (Assignment("task.x", ME, True, "on-1", None),)}


@pytest.mark.parametrize("composition", COMPOSITIONS, ids=NAMES)
def test_outside_the_model_nobody_hears_of_another_levels_denial(composition: Composition) -> None:
    state = state_with(root=[deny("file_open")], leaf=[Scripted("labels", sets_on_denial=on_denied("file_open"))])
    steps = event(state, request("file_open", task_in(state), file_at("/srv/a")))

    decision, after = decide(state, steps, composition=composition)

    assert not decision.granted
    assert (ME in after.cells) == (composition.name == "conjunction")


@pytest.mark.parametrize("composition", COMPOSITIONS, ids=NAMES)
def test_who_denies_knows_of_its_own_denial(composition: Composition) -> None:
    labels = Scripted("labels", deny("file_open").answers, sets_on_denial=on_denied("file_open"))
    state = state_with(root=[], leaf=[labels])
    steps = event(state, request("file_open", task_in(state), file_at("/srv/a")))

    _, after = decide(state, steps, composition=composition)

    assert after.cells[ME][CellKey(1, "labels", "task.x")] is True


@pytest.mark.parametrize("composition", COMPOSITIONS, ids=NAMES)
def test_effects_of_all_follow_a_grant(composition: Composition) -> None:
    labels = Scripted("labels", sets={"file_open": (Assignment("task.x", ME, 7, "on-1", None),)})
    state = state_with(root=[labels], leaf=[labels])
    steps = event(state, request("file_open", task_in(state), file_at("/srv/a")))

    decision, after = decide(state, steps, composition=composition)

    assert decision.granted
    assert {key.namespace for key in after.cells[ME]} == {0, 1}


# What they are called, and how far they go


def test_a_composition_is_found_by_its_name() -> None:
    assert [by_name(name) for name in NAMES] == list(COMPOSITIONS)


def test_a_name_that_none_has_is_an_error_that_offers_the_nearest() -> None:
    with pytest.raises(LookupError, match="did you mean 'landlock'"):
        by_name("landlok")


def test_the_seventeenth_layer_is_too_many_for_landlock() -> None:
    tree = lineage_with({f"n{number}": [] for number in range(17)})
    capacity = by_name("landlock").capacity

    assert capacity.refusal(tree, 15) is None
    assert capacity.refusal(tree, 16) is Errno.E2BIG


def test_a_selinux_namespace_below_the_thirty_second_finds_no_space() -> None:
    tree = lineage_with({f"n{number}": [] for number in range(33)})
    capacity = by_name("selinux-ns").capacity

    assert capacity.refusal(tree, 31) is None
    assert capacity.refusal(tree, 32) is Errno.ENOSPC
    assert capacity.namespaces == 65_535


def test_the_model_and_a_stack_have_no_bound_of_their_own() -> None:
    tree = lineage_with({f"n{number}": [] for number in range(60)})

    assert by_name("conjunction").capacity.refusal(tree, 59) is None
    assert by_name("apparmor-stack").capacity.refusal(tree, 59) is None
