"""Times in front of lines, in every form that strace has, to seconds."""

from typing import Final

DAY: Final = 86_400.0


class Clock:
    """Reads times of one trace, which go on past midnight and, where they are differences, add up."""

    __slots__ = ("_elapsed", "days", "last")

    def __init__(self) -> None:
        self.days = 0.0
        """Seconds of the days that have passed since the first midnight."""
        self.last = 0.0
        """The last time of a day."""
        self._elapsed = 0.0

    def time(self, clock: str | None, epoch: str | None, delta: str | None) -> float | None:
        """Seconds since the epoch, the first midnight, or the first line; None where a line has no time.

        ``clock`` is ``HH:MM:SS.us``, ``epoch`` seconds since 1970, ``delta`` seconds since the line before.

        >>> Clock().time("00:01:02.5", None, None)
        62.5
        """
        if epoch is not None:
            return float(epoch)
        if clock is not None:
            now = int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + float(clock[6:])
            if now < self.last - DAY / 2:
                self.days += DAY
            self.last = now
            return now + self.days
        if delta is not None:
            self._elapsed += float(delta)
            return self._elapsed
        return None
