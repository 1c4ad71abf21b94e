"""Scores, worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.simulation.fidelity import score
from nslsm.simulation.fidelity.score import Score, TooLong, decisions, mean, scored

HOOKS = st.dictionaries(
    st.integers(0, 3), st.lists(st.sampled_from(["file_open", "file_permission", "mmap_file", "cred_free"]), max_size=8)
)


def test_a_hook_counts_as_often_as_it_comes() -> None:
    found = scored({0: ["file_open", "file_open", "mmap_file"]}, {0: ["file_open", "mmap_file", "mmap_file"]})

    assert found.total.f1 == round(2 * 2 / 6, 4)


def test_order_counts_what_comes_in_the_same_order() -> None:
    found = scored({0: ["file_open", "mmap_file"]}, {0: ["mmap_file", "file_open"]})

    assert found.total == Score(1.0, 0.5)


def test_all_tasks_hooks_count_together_and_order_is_weighted_by_length() -> None:
    true = {0: ["file_open"] * 3, 1: ["mmap_file"]}
    ours = {0: ["file_open"] * 3, 1: ["file_lock"]}

    found = scored(true, ours)

    assert found.total == Score(round(2 * 3 / 8, 4), 0.75)
    assert [task.score for task in found.tasks] == [Score(1.0, 1.0), Score(0.0, 0.0)]


def test_a_task_that_only_one_of_both_has_has_nothing_in_common() -> None:
    found = scored({0: ["file_open"], 1: ["file_open"]}, {0: ["file_open"], 2: ["file_open"]})

    assert found.total == Score(0.5, round(1 / 3, 4))
    assert [(task.task, task.true, task.predicted) for task in found.tasks] == [(0, 1, 1), (1, 1, 0), (2, 0, 1)]


def test_routine_hooks_are_no_decisions_and_tasks_with_no_others_are_left_out() -> None:
    assert decisions({0: ["cred_prepare", "file_open"], 1: ["inode_permission", "vm_enough_memory"]}) == {
        0: ["file_open"]
    }


def test_a_mean_counts_each_program_alike() -> None:
    assert mean([Score(1.0, 0.5), Score(0.5, 0.5)]) == Score(0.75, 0.5)


def test_a_task_with_too_many_hooks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score, "MAX_ORDERED", 3)

    with pytest.raises(TooLong, match="task 7"):
        scored({7: ["file_open"] * 4}, {7: ["file_open"]})


@given(HOOKS)
def test_what_is_equal_scores_one(hooks: dict[int, list[str]]) -> None:
    assert scored(hooks, hooks).total == Score(1.0, 1.0)


@given(HOOKS, HOOKS)
def test_scores_are_shares_and_f1_is_the_same_both_ways_round(
    one: dict[int, list[str]], other: dict[int, list[str]]
) -> None:
    there, back = scored(one, other).total, scored(other, one).total

    assert there.f1 == back.f1
    assert 0 <= there.f1 <= 1
    assert 0 <= there.order <= 1
