"""Operations on processes: made, turned into another program, ended, awaited; their groups, limits and settings."""

from dataclasses import dataclass

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.operations.operation import At, Descriptor, Operation


@dataclass(frozen=True, slots=True)
class Clone(Operation):
    """fork(2), vfork(2), clone(2), clone3(2). The child's number is the result.

    ``flags`` is of ``CLONE_FLAGS``: none for fork(2), ``vm`` and ``vfork`` for vfork(2).
    """

    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Execute(Operation):
    """execve(2), execveat(2). ``at.path`` None executes an open descriptor, fexecve(3).

    ``arguments``: the argument vector, as far as it is known.
    """

    at: At
    arguments: tuple[str | Unknown, ...] | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Exit(Operation):
    """exit_group(2); with ``group`` False exit(2), which ends the calling thread only. ``status`` is 0 to 255."""

    status: int | Unknown = 0
    group: bool = True


@dataclass(frozen=True, slots=True)
class Wait(Operation):
    """wait4(2), waitid(2): the result is the child that ended and is now forgotten. ``pid`` -1 waits for any.

    ``keep``: the child is not forgotten (``WNOWAIT``), or has not ended (``WUNTRACED``, ``WCONTINUED``).
    """

    pid: int = -1
    keep: bool = False


@dataclass(frozen=True, slots=True)
class SetGroup(Operation):
    """setpgid(2); 0 stands for the caller, and for the process's own number."""

    pid: int = 0
    group: int | Unknown = 0


@dataclass(frozen=True, slots=True)
class GetGroup(Operation):
    """getpgid(2); 0 is the caller."""

    pid: int = 0


@dataclass(frozen=True, slots=True)
class SetSession(Operation):
    """setsid(2)."""


@dataclass(frozen=True, slots=True)
class GetSession(Operation):
    """getsid(2); 0 is the caller."""

    pid: int = 0


@dataclass(frozen=True, slots=True)
class SetNice(Operation):
    """setpriority(2), nice(2): of a process, a process ``group`` or the processes of a ``user``, as ``which`` says."""

    nice: int | Unknown
    which: str = "process"
    who: int = 0


@dataclass(frozen=True, slots=True)
class SetScheduler(Operation):
    """sched_setscheduler(2), sched_setattr(2), sched_setparam(2), sched_setaffinity(2); 0 is the caller."""

    pid: int = 0


@dataclass(frozen=True, slots=True)
class GetScheduler(Operation):
    """sched_getscheduler(2), sched_getattr(2), sched_getparam(2), sched_getaffinity(2), sched_rr_get_interval(2)."""

    pid: int = 0


@dataclass(frozen=True, slots=True)
class SetPriority(Operation):
    """ioprio_set(2) for a process; ``io_class`` is of ``IO_CLASS``."""

    pid: int
    io_class: str | Unknown
    priority: int | Unknown


@dataclass(frozen=True, slots=True)
class GetPriority(Operation):
    """ioprio_get(2) for a process."""

    pid: int = 0


@dataclass(frozen=True, slots=True)
class Limit(Operation):
    """prlimit64(2), setrlimit(2), getrlimit(2): ``reads`` and ``writes`` say whether the old is asked for, a new one brought.

    ``resource`` is of ``RESOURCE``; unlimited is -1.
    """

    resource: str | Unknown
    pid: int = 0
    reads: bool = False
    writes: bool = False
    soft: int | Unknown = UNKNOWN
    hard: int | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class MoveMemory(Operation):
    """migrate_pages(2), move_pages(2); 0 is the caller."""

    pid: int = 0


@dataclass(frozen=True, slots=True)
class Control(Operation):
    """prctl(2): ``option`` is of ``PRCTL_OPTION``; numbers as numbers, names as text, capabilities by their number.

    ``securebits`` are given as the number that the call takes.
    """

    option: str | Unknown
    arguments: tuple[int | str | Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class SetMask(Operation):
    """umask(2). The old mask is the result."""

    mask: int | Unknown


@dataclass(frozen=True, slots=True)
class Unshare(Operation):
    """unshare(2): ``flags`` is of ``CLONE_FLAGS``."""

    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class EnterNamespaces(Operation):
    """setns(2) of Linux's own namespaces: ``flags`` is of ``CLONE_FLAGS``, empty where the descriptor alone says which."""

    descriptor: Descriptor
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Quiet(Operation):
    """A system call that raises no hook, and changes nothing that is kept here; ``name`` is the call's."""

    name: str
