"""A recording, judged: each of its system calls in turn, on the state that the ones before it left (Model M6.3)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from nslsm.audit.occasion import Occasion
from nslsm.diagnostics import Diagnostic
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision
from nslsm.engine.evaluate import Walk
from nslsm.kernel.call import Began, Exited, Killed, Numbered, Superseded, TraceEvent
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.origin import Origin
from nslsm.kernel.recording import Recording
from nslsm.kernel.state import State


@dataclass(frozen=True, slots=True)
class Judged:
    """One system call of a recording, when it fell, and what came of it."""

    occurrence: Occurrence
    occasion: Occasion
    decision: Decision


Replayed: TypeAlias = Judged | Diagnostic
"""What a replay yields: a call judged, or a finding about a line."""


def replay(
    items: Iterable[Occurrence | TraceEvent | Diagnostic], recording: Recording, *, policy: str, walk: Walk = Walk.FULL
) -> Iterator[Replayed]:
    """Judge a recording, lazily, in the order of its lines; ``policy`` is the digest that records carry.

    Memory follows what lives in the recording, not its length. Calls are counted from 1, those that raise no hook too.
    """
    sequence = 0
    for item in items:
        match item:
            case Diagnostic():
                yield item
            case Occurrence():
                sequence += 1
                yield _judged(item, recording, sequence, policy, walk)
            case Origin() | Began() | Exited() | Killed() | Superseded() | Numbered():
                recording.take(item)


def _judged(item: Occurrence, recording: Recording, sequence: int, policy: str, walk: Walk) -> Judged:
    recording.sees(item.task)
    task = recording.state.tasks[recording.number(item.task)]
    occasion = Occasion(
        sequence=sequence,
        policy=policy,
        walk=walk,
        task=task,
        namespace=recording.state.namespaces[task.home].path,
        call=item.call,
        line=item.line,
        time=item.time,
    )
    steps = (
        _nothing(recording.state)
        if item.operation is None
        else recording.begin(item.task, item.operation, item.recorded)
    )
    decision, recording.state = decide(recording.state, steps, walk=walk, happened=True)
    return Judged(item, occasion, decision)


def _nothing(state: State) -> Steps:
    """A call that raises no hook."""
    yield from ()
    return Outcome(state)
