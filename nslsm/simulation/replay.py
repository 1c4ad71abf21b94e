"""A recording, judged: each of its system calls in turn, on the state that the ones before it left (Model M6.3)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from nslsm.diagnostics import Diagnostic
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision
from nslsm.engine.evaluate import Walk
from nslsm.kernel.occurrence import Ended, Occurrence
from nslsm.kernel.recording import Recording


@dataclass(frozen=True, slots=True)
class Judged:
    """One system call of a recording with what came of it. ``sequence`` counts the recording's calls from 1."""

    sequence: int
    occurrence: Occurrence
    decision: Decision


Item: TypeAlias = "Judged | Diagnostic"


def replay(
    items: "Iterable[Occurrence | Ended | Diagnostic]", recording: Recording, *, walk: Walk = Walk.FULL
) -> Iterator[Item]:
    """Judge a recording, lazily: each call a :class:`Judged`, each finding as it comes.

    Memory follows what lives in the recording, not its length.
    """
    sequence = 0
    for item in items:
        if isinstance(item, Diagnostic):
            yield item
        elif isinstance(item, Ended):
            recording.end(item)
        else:
            sequence += 1
            steps = recording.begin(item)
            decision, recording.state = decide(recording.state, steps, walk=walk, happened=True)
            yield Judged(sequence, item, decision)
