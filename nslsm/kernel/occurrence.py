"""One system call of a recording, decoded: the operation that it was, or why it raises no hook, and what came of it."""

from typing import NamedTuple

from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import Operation


class Occurrence(NamedTuple):
    """A recorded call of one task. ``operation`` None: it raises no hook; ``silent`` says where that is known from."""

    task: int
    """The task's number as the trace has it."""
    call: str
    """The system call's name as written."""
    operation: Operation | None
    silent: str
    recorded: Recorded
    time: float | None
    line: int
