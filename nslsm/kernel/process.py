"""Processes and threads, beside what rules see of them: family, groups, and what they share."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from rpds import HashTrieMap, HashTrieSet

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.protocol.namespace import Demand
from nslsm.protocol.things import Credentials, Identity, NamespaceId, Socket

INIT: Final = 1
"""The process that adopts those whose parent ends, and whom nobody else adopts."""

ANYBODY: Final = -1
"""What prctl(2) ``PR_SET_PTRACER_ANY`` declares as tracer."""

NO_PROCESSES: "Final[HashTrieSet[int]]" = HashTrieSet()


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The tasks of one ``tgid``; after the last of them has ended and until it is awaited, a zombie without tasks."""

    tgid: int
    parent: int
    threads: tuple[int, ...]
    """Those that live, in the order in which they were made."""
    children: "HashTrieSet[int]" = NO_PROCESSES
    """Processes, zombies included."""
    group: int | Unknown = UNKNOWN
    session: int | Unknown = UNKNOWN
    subreaper: bool = False
    """It adopts those of its descendants whose parent ends, prctl(2) PR_SET_CHILD_SUBREAPER."""
    declared_tracer: int | None = None
    """The process that may trace it as far as it is concerned, or :data:`ANYBODY`; prctl(2) PR_SET_PTRACER."""
    tracer: int | None = None
    """The process that traces it."""
    tracer_is_capable: bool | Unknown | None = None
    """Whether who records it has CAP_SYS_PTRACE, so that set-uid programs gain their rights; None: nobody records it."""
    parent_known: bool = True
    """False where a recording has shown the process, but not yet who made it."""


class Spaces(NamedTuple):
    """Namespaces of Linux's own that a task is in, by number; 0 is the one that the kernel started with, namespaces(7)."""

    cgroup: int = 0
    ipc: int = 0
    net: int = 0
    pid: int = 0
    pid_for_children: int = 0
    time: int = 0
    time_for_children: int = 0
    uts: int = 0


FIRST_SPACES: Final = Spaces()
"""Where a machine's first process is."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What one task refers to, by number, so that tasks may share it: clone(2) ``CLONE_FS``, ``CLONE_FILES``."""

    place: int
    table: int
    memory: int
    user_namespace: int = 0
    """0 is the initial one."""
    mount_namespace: int = 0
    spaces: Spaces = FIRST_SPACES
    restricted: bool = False
    """It has restricted itself, or is a child of one that had, landlock(7)."""
    clone_demand: Demand | None = None
    """The security namespace that its next child is to be made in, ``LSM_ATTR_CLONE_NEWLSM``."""
    unshare_demand: Demand | None = None
    """The one that its next unshare(2) is to make, ``LSM_ATTR_UNSHARE_NEWLSM``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task's paths begin, and its umask: the kernel's ``fs_struct``. Directories by the numbers of their names."""

    directory: int
    root: int
    mask: int | Unknown
    users: int = 1


class Slot(NamedTuple):
    """One entry of a descriptor table."""

    description: int
    close_on_exec: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A descriptor table: the kernel's ``files_struct``."""

    slots: "HashTrieMap[int, Slot]"
    users: int = 1
    lowest_free: int = 0
    """The lowest descriptor that is not open."""


class Preparing(NamedTuple):
    """A mount that is being prepared, fsopen(2), or options that are about to change, fspick(2)."""

    type: str | Unknown
    source: str = "none"
    volume: int | None = None
    """The file system, once it is made; with fspick(2) the one that is to change."""
    ready: bool = False
    """It was made, and not mounted yet."""


class Special(NamedTuple):
    """What a descriptor refers to that is neither a file by name nor a socket: a pipe, an eventpoll, a process."""

    kind: str
    process: int | None = None
    """The process that a pidfd stands for."""
    namespace: NamespaceId | None = None
    """The security namespace that a handle stands for."""
    ends: tuple[int, int] | None = None
    """The descriptions of a pipe's two ends, the one to read from first: both are the same file."""
    preparing: Preparing | None = None
    personalities: tuple[Credentials, ...] = ()
    """Credentials that were registered with a ring, io_uring_register(2)."""
    segment: int | None = None
    """The id of the System V shared memory that is attached through it."""

    def identity(self, description: int) -> Identity:
        """What it is as a file, where ``description`` refers to it."""
        return Identity("file", f"{self.kind}:[{description if self.ends is None else self.ends[0]}]")


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """A socket with what connects it; other sockets by the numbers of their descriptions."""

    socket: Socket
    peer: int | None = None
    """The other end, where it is known."""
    listening: bool = False
    waiting: tuple[int, ...] = ()
    """Those that have connected to it and were not accepted yet."""
    queue: tuple[tuple[int, ...], ...] = ()
    """Descriptions that were sent to it and not received yet, message by message."""


@dataclass(frozen=True, slots=True)
class Description:
    """An open file description: what descriptors refer to, across dup(2) and fork(2).

    ``target`` is the number of a name, or a thing.
    """

    target: int | OpenSocket | Special
    flags: frozenset[str] | Unknown
    users: int = 1
    """How many slots of tables refer to it."""
