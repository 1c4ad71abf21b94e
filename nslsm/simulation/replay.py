"""A recording, judged: each of its system calls in turn, on the state that the ones before it left (Model M6.3)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from nslsm.audit.occasion import Occasion
from nslsm.diagnostics import Diagnostic
from nslsm.engine.compositions import CONJUNCTION, Composition
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision
from nslsm.engine.evaluate import Walk
from nslsm.engine.flattened import flattened
from nslsm.kernel.call import Began, Described, Exited, Killed, Numbered, Superseded, TraceEvent
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.origin import Origin
from nslsm.kernel.recording import Recording
from nslsm.kernel.state import State

Item: TypeAlias = Occurrence | TraceEvent | Diagnostic
"""What a decoded trace is a stream of."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One system call of a recording, when it fell, and what came of it."""

    occurrence: Occurrence
    occasion: Occasion
    decision: Decision
    before: State
    """The state that it was judged on."""


Replayed: TypeAlias = Judged | Diagnostic
"""What a replay yields: a call judged, or a finding about a line."""


@dataclass(slots=True)
class Bench:
    """One policy's view of a recording under way. ``policy`` is the digest that records carry."""

    recording: Recording
    policy: str
    walk: Walk = Walk.FULL
    composition: Composition = CONJUNCTION
    sequence: int = 0
    """The number of the last call, from 1; calls that raise no hook count too."""

    def hear(self, item: Item) -> Judged | None:
        """Judge a call, or take in what else a trace tells; findings are none of its business."""
        match item:
            case Occurrence():
                return self._judge(item)
            case Origin() | Began() | Exited() | Killed() | Superseded() | Numbered() | Described():
                self.recording.take(item)
        return None

    def _judge(self, item: Occurrence) -> Judged:
        self.sequence += 1
        recording = self.recording
        recording.sees(item.task)
        task = recording.state.tasks[recording.number(item.task)]
        occasion = Occasion(
            sequence=self.sequence,
            policy=self.policy,
            walk=self.walk,
            task=task,
            namespace=recording.state.namespaces[task.home].path,
            call=item.call,
            line=item.line,
            time=item.time,
        )
        steps = recording.begin(item.task, item.operation, item.recorded, item.call)
        before = recording.state
        decision, recording.state = decide(
            before, steps, walk=self.walk, happened=True, composition=flattened(self.composition)
        )
        return Judged(item, occasion, decision, before)


def replay(items: Iterable[Item], bench: Bench) -> Iterator[Replayed]:
    """Judge a recording, lazily, in the order of its lines. Memory follows what lives in it, not its length."""
    for item in items:
        if isinstance(item, Diagnostic):
            yield item
            continue
        judged = bench.hear(item)
        if judged is not None:
            yield judged


@dataclass(frozen=True, slots=True)
class Difference:
    """One call that two policies judge differently: in verdict, errno or blame."""

    one: Judged
    other: Judged


def differences(items: Iterable[Item], one: Bench, other: Bench) -> Iterator[Difference | Diagnostic]:
    """The calls of one recording that two policies judge differently, and the recording's findings."""
    for item in items:
        if isinstance(item, Diagnostic):
            yield item
            continue
        first, second = one.hear(item), other.hear(item)
        if first is not None and second is not None and differ(first, second):
            yield Difference(first, second)


def differ(one: Judged, other: Judged) -> bool:
    """Whether two policies say different things of one call: by verdict, errno or blame."""
    return _told(one.decision) != _told(other.decision)


def _told(decision: Decision) -> tuple[object, ...]:
    blame = decision.blame
    by = None if blame is None else blame.opinion.rule if blame.opinion is not None else "kernel"
    return decision.verdict, decision.errno, by
