"""How alike two sequences of hooks are: which there are, and in which order; task by task, and all tasks together."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from nslsm.hooks.routine import ROUTINE

PLACES: Final = 4
"""Scores are rounded to so many decimals, each task's too, so that they are the same wherever they are worked out."""

MAX_ORDERED: Final = 30_000
"""How many hooks of one task may be put beside those of another recording: more could take hours."""

Hooks = Mapping[int, Sequence[str]]
"""The names of each task's hooks, in order."""


class Score(NamedTuple):
    """How well one sequence predicts another, both from 0 to 1."""

    f1: float
    """Of the hooks there are, each counted as often as it comes: the harmonic mean of precision and recall."""
    order: float
    """The ratio of difflib's SequenceMatcher: how much of both comes in the same order."""


class TaskScore(NamedTuple):
    """The score of one task."""

    task: int
    true: int
    predicted: int
    score: Score


class Scores(NamedTuple):
    """All tasks' hooks: their numbers are added up for F1, and the order is weighted by the longer of both sequences."""

    total: Score
    tasks: tuple[TaskScore, ...]

    @property
    def true(self) -> int:
        """How many hooks the kernel called."""
        return sum(task.true for task in self.tasks)

    @property
    def predicted(self) -> int:
        """How many we raised."""
        return sum(task.predicted for task in self.tasks)


class TooLong(ValueError):
    """A task has more than :data:`MAX_ORDERED` hooks."""


def scored(true: Hooks, predicted: Hooks) -> Scores:
    """The scores of a prediction. A task that only one of both has counts, with nothing in common.

    >>> scored({0: ["file_open", "file_permission"]}, {0: ["file_open", "mmap_file"]}).total
    Score(f1=0.5, order=0.5)
    """
    tasks = []
    common = counted = 0
    weight, ordered = 0, 0.0
    for task in sorted(true.keys() | predicted.keys()):
        ours, theirs = predicted.get(task, ()), true.get(task, ())
        if max(len(ours), len(theirs)) > MAX_ORDERED:
            raise TooLong(f"task {task} has over {MAX_ORDERED} hooks (MAX_ORDERED)")
        alike = (Counter(ours) & Counter(theirs)).total()
        both = len(ours) + len(theirs)
        ratio = 1.0 if ours == theirs else SequenceMatcher(None, theirs, ours, autojunk=False).ratio()
        score = Score(round(2 * alike / both, PLACES) if both else 1.0, round(ratio, PLACES))
        tasks.append(TaskScore(task, len(theirs), len(ours), score))
        common += alike
        counted += both
        longer = max(len(ours), len(theirs))
        weight += longer
        ordered += score.order * longer
    total = Score(
        round(2 * common / counted, PLACES) if counted else 1.0, round(ordered / weight, PLACES) if weight else 1.0
    )
    return Scores(total, tuple(tasks))


def decisions(hooks: Hooks) -> dict[int, list[str]]:
    """Without what is routine (:data:`nslsm.hooks.routine.ROUTINE`); a task of which nothing is left is left out."""
    kept = {task: [name for name in names if name not in ROUTINE] for task, names in hooks.items()}
    return {task: names for task, names in kept.items() if names}


def mean(scores: Iterable[Score]) -> Score:
    """The mean over programs: a long one counts as much as a short one. Of none, nothing is wrong."""
    rows = list(scores)
    if not rows:
        return Score(1.0, 1.0)
    return Score(sum(row.f1 for row in rows) / len(rows), sum(row.order for row in rows) / len(rows))
