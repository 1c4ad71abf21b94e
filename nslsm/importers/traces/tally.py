"""How much of a trace has been read, and how much of that understood."""

from typing import NamedTuple


class Tally(NamedTuple):
    """Counts of lines. A line is understood that became events (or part of one) and no finding."""

    lines: int = 0
    understood: int = 0
    findings: int = 0

    @property
    def share(self) -> float:
        """The part of the lines that was understood, 0 to 1; of no lines, all.

        >>> Tally(200, 199, 1).share
        0.995
        """
        return self.understood / self.lines if self.lines else 1.0
