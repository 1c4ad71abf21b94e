"""What reads a format of traces: it is handed lines, and hands out events and findings. Each format brings its own."""

from typing import Protocol, TypeAlias

from nslsm.diagnostics import Diagnostic
from nslsm.importers.traces.tally import Tally
from nslsm.kernel.call import TraceEvent
from nslsm.kernel.occurrence import Occurrence

Item: TypeAlias = TraceEvent | Occurrence | Diagnostic
"""What a line becomes. An occurrence is one that needs no decoding: the hooks are told (:mod:`nslsm.kernel.told`)."""


class Reader(Protocol):
    """Reads one trace, line by line, in memory that is bounded whatever comes."""

    source: str
    """What findings call the trace, or the file of it that is being read."""

    @property
    def tally(self) -> Tally:
        """How much has been read and understood so far."""

    def line(self, raw: bytes, number: int, task: int | None = None) -> list[Item]:
        """Events and findings of line ``number`` (with its end), which is ``task``'s where nothing in it says whose it is.

        A line over ``MAX_LINE`` bytes is handed in as its first ``MAX_LINE + 1``.
        """

    def finish(self, number: int) -> list[Item]:
        """What is left when the trace has ended at line ``number``."""
