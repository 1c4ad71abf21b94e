"""When and in which run a decision fell: what a record says beside the decision itself."""

from dataclasses import dataclass

from nslsm.engine.evaluate import Walk
from nslsm.protocol.things import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One event's place in a run.

    ``time`` is the event's own, in seconds, as its trace or clock has it; never the time at which a record is written, so
    that the same events make the same records (Model M6.2).
    """

    sequence: int
    """The event's number in its run, from 1."""
    policy: str
    """The policy's digest, hexadecimal (Model M6.1); empty where there is none."""
    walk: Walk
    task: Task
    """Who acted, as before the event."""
    namespace: str
    """The path of the namespace that the task was in."""
    call: str
    """The system call, or the hook that was asked directly."""
    line: int | None = None
    """The line of the trace on which the event began, from 1."""
    time: float | None = None
