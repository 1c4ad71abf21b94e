"""Two policies on one recording in columns: kinds of rows are judged by both, and looked at where the answers differ."""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from nslsm.audit.summary import Share
from nslsm.columns.count import Count, is_apart, is_settled
from nslsm.columns.outcomes import Outcomes
from nslsm.columns.reach import reach_of
from nslsm.columns.read import Numbers, Recorded
from nslsm.columns.replay import clearly, judged
from nslsm.columns.schema import numpy
from nslsm.columns.stage import Stage
from nslsm.simulation.replay import Difference, differ

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Differing(NamedTuple):
    """Rows that two policies judge differently, in the same way; ``first`` is the first of them."""

    first: Difference
    times: int


def differences(recorded: Recorded, one: Callable[[], Stage], other: Callable[[], Stage]) -> Iterator[Difference]:
    """Each row that two policies judge differently, in order."""
    pair = _Pair.of(recorded, one(), other())
    if pair is None:
        for each, second in zip_longest(judged(recorded, one()), judged(Recorded(recorded.path), other())):
            if differ(each, second):
                yield Difference(each, second)
        return
    with clearly(recorded):
        for piece, before in pair.pieces():
            differs, _ = pair.differing(piece, before)
            for place in differs.tolist():
                yield pair.difference(piece, before, place)


def differing(recorded: Recorded, one: Callable[[], Stage], other: Callable[[], Stage]) -> Iterator[Differing]:
    """The same rows, those that come to the same under both policies together, in the order of the first of them."""
    pair = _Pair.of(recorded, one(), other())
    if pair is None:
        yield from (Differing(each, 1) for each in differences(recorded, one, other))
        return
    arrays = numpy()
    firsts: dict[tuple[int, int], Difference] = {}
    times: dict[tuple[int, int], int] = {}
    with clearly(recorded):
        for piece, before in pair.pieces():
            differs, (first, second) = pair.differing(piece, before)
            codes = first[differs] * len(pair.other.outcomes) + second[differs]
            found, places, counts = arrays.unique(codes, return_index=True, return_counts=True)
            for number in places.argsort().tolist():
                key = divmod(int(found[number]), len(pair.other.outcomes))
                if key not in firsts:
                    firsts[key] = pair.difference(piece, before, int(differs[places[number]]))
                times[key] = times.get(key, 0) + int(counts[number])
    yield from (Differing(difference, times[key]) for key, difference in firsts.items())


class _Pair:
    """Two settled policies, on the rows of one recording."""

    def __init__(self, recorded: Recorded, one: Count, other: Count) -> None:
        self.recorded, self.one, self.other = recorded, one, other
        self._answers: dict[tuple[object, ...], int] = {}

    @classmethod
    def of(cls, recorded: Recorded, one: Stage, other: Stage) -> "_Pair | None":
        """The pair; None where what a row comes to may hang on other rows under either of them."""
        reaches = reach_of(one.tree), reach_of(other.tree)
        stages = tuple(zip((one, other), reaches, strict=True))
        if not all(is_settled(stage, reach) and is_apart(stage, reach) for stage, reach in stages):
            return None
        first, second = (Count(recorded, stage, reach, settled=True) for stage, reach in stages)
        return cls(recorded, first, second)

    def pieces(self) -> Iterator[tuple[Numbers, int]]:
        """The rows, and how many are before them."""
        before = 0
        for piece in self.recorded.numbers(self.one.columns):
            yield piece, before
            before += len(piece)

    def differing(self, piece: Numbers, before: int) -> "tuple[Array, tuple[Array, Array]]":
        """Where the two differ, and what each row comes to under each."""
        arrays = numpy()
        both = self.one.outcomes_of(piece, before), self.other.outcomes_of(piece, before)
        first, second = (
            self._told(count.outcomes).take(found) for count, found in zip((self.one, self.other), both, strict=True)
        )
        return arrays.flatnonzero(first != second), both

    def difference(self, piece: Numbers, before: int, place: int) -> Difference:
        """A row, judged by both in full."""
        one, other = (
            count.memory.in_full(self.recorded, piece, place, before + place + 1) for count in (self.one, self.other)
        )
        return Difference(one, other)

    def _told(self, outcomes: Outcomes) -> "Array":
        """A number for what each outcome tells whoever called."""
        answers = self._answers
        numbers = [answers.setdefault(_answer(share), len(answers)) for share in outcomes.shares]
        told: Array = numpy().array(numbers)
        return told


def _answer(share: Share | None) -> tuple[object, ...]:
    """As :func:`nslsm.simulation.replay.differ` tells two answers apart: by verdict, errno and rule."""
    if share is None or share.denial is None:
        return (None if share is None else share.verdict,)
    return share.verdict, share.denial.errno, share.denial.rule
