"""The different things that rows of a recording come to: each is told once, and numbered."""

from typing import Final

from nslsm.audit.summary import Share
from nslsm.simulation.replay import Judged

OPEN: Final = 0
"""The number that no outcome has: what a row comes to is not known yet."""


class Outcomes:
    """What rows come to, numbered from 1 in the order in which it first came up, and how many rows came to each."""

    def __init__(self) -> None:
        self.shares: list[Share | None] = [None]
        """With the row on which each came up first."""
        self.times: list[int] = [0]
        self._numbers: dict[Share, int] = {}

    def __len__(self) -> int:
        """How many numbers there are, 0 included."""
        return len(self.shares)

    def number(self, judged: Judged) -> int:
        """The number of what a row came to. Rows are to be told of in their order."""
        share = Share.of(judged.decision, judged.occasion)
        kind = share.kind
        number = self._numbers.setdefault(kind, len(self.shares))
        if number == len(self.shares):
            self.shares.append(share)
            self.times.append(0)
        return number

    def is_notable(self, number: int) -> bool:
        """Whether it is no mere grant: somebody had something to say."""
        share = self.shares[number]
        return share is not None and (share.verdict != "grant" or bool(share.rules))

    def is_named(self, number: int) -> bool:
        """Whether it may name what exactly was asked: a denial does, and so may what breaks."""
        share = self.shares[number]
        return share is None or share.denial is not None or any(what == "faults" for _, what in share.rules)

    def counted(self) -> tuple[tuple[Share, int], ...]:
        """Each with how often it came up, in the order in which it first did."""
        pairs = zip(self.shares, self.times, strict=True)
        return tuple((share, times) for share, times in pairs if share is not None and times)
