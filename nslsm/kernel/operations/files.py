"""Operations on open files: open(2) to close(2), and what is done with a descriptor in between."""

from dataclasses import dataclass
from typing import Final

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.operations.operation import At, Descriptor, Operation

DESCRIPTOR_FLAGS: Final = ("close_on_exec", "nonblock")
"""What :class:`Open` takes beside the members of :data:`nslsm.hooks.kinds.OPEN_FLAGS`."""


@dataclass(frozen=True, slots=True)
class Open(Operation):
    """open(2), openat(2), openat2(2), creat(2). The descriptor is the result.

    ``flags``: members of ``OPEN_FLAGS`` (``O_RDONLY`` is ``read``, ``O_RDWR`` is ``read`` and ``write``, ``O_TMPFILE`` is
    ``temporary``), ``close_on_exec``, ``nonblock``.
    """

    at: At
    flags: frozenset[str] | Unknown = frozenset({"read"})
    mode: int | Unknown = 0


@dataclass(frozen=True, slots=True)
class Close(Operation):
    """close(2)."""

    descriptor: Descriptor


@dataclass(frozen=True, slots=True)
class CloseRange(Operation):
    """close_range(2): the descriptors ``first`` to ``last``, both included, are closed, or marked close-on-exec."""

    first: int
    last: int
    close_on_exec: bool = False
    unshare: bool = False


@dataclass(frozen=True, slots=True)
class Duplicate(Operation):
    """dup(2), dup2(2), dup3(2), and fcntl(2) ``F_DUPFD`` (with ``by_fcntl``). The new descriptor is the result.

    ``target``: the number that it is to have (dup2); else the lowest free one from ``minimum`` on.
    """

    descriptor: Descriptor
    target: int | None = None
    minimum: int | Unknown = 0
    close_on_exec: bool = False
    by_fcntl: bool = False


@dataclass(frozen=True, slots=True)
class Fcntl(Operation):
    """fcntl(2), except ``F_DUPFD``. ``command`` is of ``FCNTL_COMMAND``, ``lock`` of ``FILE_LOCK`` where it sets one.

    ``close_on_exec`` is what ``F_SETFD`` sets.
    """

    descriptor: Descriptor
    command: str | Unknown
    lock: str | Unknown | None = None
    close_on_exec: bool | Unknown | None = None
    argument: int | Unknown = UNKNOWN
    """What ``F_NOTIFY`` watches for: 0 ends it."""


@dataclass(frozen=True, slots=True)
class Flock(Operation):
    """flock(2): ``lock`` is ``shared``, ``exclusive`` or ``unlock``."""

    descriptor: Descriptor
    lock: str | Unknown


@dataclass(frozen=True, slots=True)
class Ioctl(Operation):
    """ioctl(2) with the command's number. ``FIOCLEX`` and ``FIONCLEX`` set ``close_on_exec``."""

    descriptor: Descriptor
    command: int | Unknown
    close_on_exec: bool | None = None


@dataclass(frozen=True, slots=True)
class Read(Operation):
    """read(2), pread64(2), readv(2), preadv2(2), getdents64(2): data are taken from a descriptor."""

    descriptor: Descriptor


@dataclass(frozen=True, slots=True)
class Write(Operation):
    """write(2), pwrite64(2), writev(2), pwritev2(2), fallocate(2): data are put into a descriptor.

    ``data`` counts where the kernel reads them itself: in files of /proc/PID/attr.
    """

    descriptor: Descriptor
    data: str | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Transfer(Operation):
    """sendfile(2), copy_file_range(2), splice(2), tee(2): data go from one descriptor to another inside the kernel."""

    source: Descriptor
    target: Descriptor
    spliced: bool = False
    """Through a pipe that the caller holds: splice(2), tee(2)."""


@dataclass(frozen=True, slots=True)
class Pipe(Operation):
    """pipe(2), pipe2(2). A recording tells the two descriptors: the end to read from, the end to write to."""

    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class OpenSpecial(Operation):
    """A call that makes a descriptor of something that is no file by name: the descriptor is the result.

    ``kind`` says what: ``eventpoll`` (epoll_create), ``eventfd``, ``signalfd``, ``timerfd``, ``inotify``, ``fanotify``,
    ``memfd``, ``memfd_secret``, ``userfaultfd``, ``io_uring``, ``landlock-ruleset``, ``perf_event``, ``bpf``, ``pidfd``
    (pidfd_open, of process ``pid``), ``fscontext``, ``mnt``, or another name of the kernel's.
    """

    kind: str
    close_on_exec: bool = False
    pid: int | None = None
    name: str | Unknown = ""


@dataclass(frozen=True, slots=True)
class Map(Operation):
    """mmap(2): ``descriptor`` None maps memory without a file. Words are of ``PROTECTION`` and ``MMAP_FLAGS``."""

    descriptor: Descriptor | None
    protection: frozenset[str] | Unknown
    flags: frozenset[str] | Unknown = UNKNOWN
    length: int | Unknown = UNKNOWN
    start: int | Unknown = 0
    """Where it is to be; 0 leaves that to the kernel."""


@dataclass(frozen=True, slots=True)
class Protect(Operation):
    """mprotect(2), pkey_mprotect(2): the protection of ``length`` bytes from ``start`` on changes."""

    start: int | Unknown
    length: int | Unknown
    protection: frozenset[str] | Unknown


@dataclass(frozen=True, slots=True)
class Unmap(Operation):
    """munmap(2)."""

    start: int | Unknown
    length: int | Unknown


@dataclass(frozen=True, slots=True)
class SetBreak(Operation):
    """brk(2): the program's heap ends at ``end``; 0 asks where it does."""

    end: int | Unknown


@dataclass(frozen=True, slots=True)
class Remap(Operation):
    """mremap(2): ``old_length`` bytes from ``start`` on become ``new_length``, elsewhere if there is no room and ``moves``."""

    start: int | Unknown
    old_length: int | Unknown
    new_length: int | Unknown
    moves: bool = False
