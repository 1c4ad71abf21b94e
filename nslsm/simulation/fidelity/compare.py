"""One program: what a kernel called for its system calls, beside what ours raises for them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nslsm.hooks.routine import ROUTINE
from nslsm.kernel.seen.hook import SeenHook
from nslsm.simulation.fidelity.arguments import Arguments, Matched, compared, matched
from nslsm.simulation.fidelity.part import Difference, Key, calls, parted
from nslsm.simulation.fidelity.predict import Predicted, Prediction
from nslsm.simulation.fidelity.score import Scores, decisions, scored


class Compared(NamedTuple):
    """How well one program's hooks are predicted."""

    every: Scores
    """All hooks."""
    decision: Scores
    """Those where decisions are made: the others are routine (:mod:`nslsm.hooks.routine`)."""
    arguments: Arguments
    differences: tuple[Difference, ...]
    matched: tuple[Matched, ...]
    """The decision hooks of both that were put beside each other."""
    unattributed: int
    """Hooks that the kernel called while it had interrupted a task: they are nobody's, and left out."""


def compare(true: Iterable[SeenHook], prediction: Prediction) -> Compared:
    """Put a recording of hooks beside a prediction.

    Raises :class:`nslsm.simulation.fidelity.score.TooLong` where a task has too many hooks.
    """
    rows = list(true)
    own = [row for row in rows if not row.interrupting]
    theirs: dict[int, list[SeenHook]] = defaultdict(list)
    ours: dict[int, list[Predicted]] = defaultdict(list)
    for row in own:
        theirs[row.task].append(row)
    for hook in prediction.hooks:
        ours[hook.task].append(hook)
    names = {task: [row.hook for row in hooks] for task, hooks in theirs.items()}
    our_names = {task: [hook.request.hook.name for hook in hooks] for task, hooks in ours.items()}
    every = scored(names, our_names)
    decision = scored(decisions(names), decisions(our_names))
    pairs = tuple(
        pair
        for task in sorted(theirs.keys() & ours.keys())
        for pair in matched(
            [row for row in theirs[task] if row.hook not in ROUTINE],
            [hook for hook in ours[task] if hook.request.hook.name not in ROUTINE],
        )
    )
    arguments = compared(pairs, {row.pid: row.task for row in rows}, prediction.numbers.of)
    return Compared(every, decision, arguments, tuple(_parted(own, prediction)), pairs, len(rows) - len(own))


def _parted(own: Sequence[SeenHook], prediction: Prediction) -> list[Difference]:
    true: dict[Key, list[str]] = defaultdict(list)
    names: dict[Key, str] = {}
    for row in own:
        true[row.task, row.nth].append(row.hook)
        names.setdefault((row.task, row.nth), row.call)
    ours: dict[Key, list[str]] = defaultdict(list)
    for hook in prediction.hooks:
        ours[hook.task, hook.nth].append(hook.request.hook.name)
    return parted(calls(true, ours, prediction.calls, names))
