"""One call of one hook by a real kernel, as a recording tells of it."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

Json: TypeAlias = Mapping[str, object]


class SeenHook(NamedTuple):
    """A hook that was called: by which task, in which of its system calls, with what.

    The names of hooks and fields are the recording's; those that nobody knows here are kept.
    """

    hook: str
    task: int
    """The number of the task: 0 for the first, then in the order in which they were made."""
    pid: int
    """Its number as the kernel, or whoever rewrote the recording, had it."""
    call: str = ""
    """The system call that it was in; empty where that was not recorded."""
    nth: int = -1
    """Which of its task's system calls that was, from 0; -1 where that was not recorded."""
    line: int = 0
    row: int | None = None
    """The number by which arguments, which are recorded in a file of their own, are told to belong to it."""
    late: bool = False
    """After the system call had returned, before the next began: what was put off, page faults."""
    interrupting: str = ""
    """``softirq`` or ``hardirq``: whichever task was running, it has nothing to do with this."""
    caller: str = ""
    """The function of the kernel that called it."""
    told: Json | None = None
    """Its arguments and what it returned, by the names of fields; None where they were not recorded."""
