"""Calls about open files: from open(2) to close(2), and mapping."""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.kinds import PROTECTION
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.hooks.vocabulary import FCNTL_COMMAND, MMAP_FLAGS
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.words import (
    Undecodable,
    argument,
    at,
    descriptor,
    has,
    in_words,
    names,
    number,
    path,
    word,
    words,
)
from nslsm.kernel import constants
from nslsm.kernel import operations as op
from nslsm.kernel.call import SystemCall, Value
from nslsm.kernel.ioctl_constants import IOCTLS
from nslsm.kernel.operations import Operation
from nslsm.kernel.spelling import flags_of, name_of, struct_of

_OPEN: Final = {
    "O_APPEND": "append",
    "O_TRUNC": "truncate",
    "O_CREAT": "create",
    "O_EXCL": "exclusive",
    "O_DIRECTORY": "directory",
    "O_NOFOLLOW": "nofollow",
    "O_PATH": "path",
    "O_TMPFILE": "temporary",
    "O_CLOEXEC": "close_on_exec",
    "O_NONBLOCK": "nonblock",
}
_IOCTL_CLOSE: Final = {"FIOCLEX": True, "FIONCLEX": False}
_LOCKS: Final = {"F_RDLCK": "shared", "F_WRLCK": "exclusive", "F_UNLCK": "unlock"}
_FLOCKS: Final = {"LOCK_SH": "shared", "LOCK_EX": "exclusive", "LOCK_UN": "unlock"}


def open_flags(value: Value) -> frozenset[str] | Unknown:
    """Flags of open(2) in the words of :class:`nslsm.kernel.operations.files.Open`."""
    found = flags_of(value, constants.OPEN_FLAGS)
    if found is None:
        return UNKNOWN
    flags = {_OPEN[name] for name in found.names if name in _OPEN}
    if "O_RDWR" in found.names:
        flags |= {"read", "write"}
    elif "O_WRONLY" in found.names:
        flags.add("write")
    elif "path" not in flags:
        flags.add("read")
    return frozenset(flags)


def _openat2(call: SystemCall) -> Operation:
    how = struct_of(argument(call, 2))
    flags = open_flags(how.get("flags")) if how is not None and how.has("flags") else UNKNOWN
    return op.Open(at(call, 0, 1), flags, UNKNOWN)


def _mode(call: SystemCall, place: int) -> int | Unknown:
    return number(call, place, constants.FILE_MODES) if place < len(call.arguments) else 0


def _fcntl(call: SystemCall) -> Operation:
    target = descriptor(call, 0)
    command = word(call, 1, constants.FCNTL_COMMANDS, "F_", FCNTL_COMMAND.members)
    if command in ("dupfd", "dupfd_cloexec"):
        return op.Duplicate(target, None, number(call, 2), command == "dupfd_cloexec", by_fcntl=True)
    if command == "setfd":
        return op.Fcntl(target, command, close_on_exec=has(call, 2, constants.FD_FLAGS, "FD_CLOEXEC"))
    if command in ("setlk", "setlkw", "ofd_setlk", "ofd_setlkw"):
        lock = struct_of(argument(call, 2))
        name = None if lock is None or not lock.has("l_type") else name_of(lock.get("l_type"), constants.LOCK_TYPES)
        return op.Fcntl(target, command, _LOCKS.get(name or "", UNKNOWN))
    if command == "setlease":
        return op.Fcntl(target, command, _LOCKS.get(name_of(argument(call, 2), constants.LOCK_TYPES) or "", UNKNOWN))
    return op.Fcntl(target, command, argument=number(call, 2) if command == "notify" else UNKNOWN)


def _ioctl(call: SystemCall) -> Operation:
    name = name_of(argument(call, 1), _NO_NAMES)
    return op.Ioctl(descriptor(call, 0), number(call, 1, IOCTLS), _IOCTL_CLOSE.get(name or ""))


_NO_NAMES: Final = constants.FD_FLAGS


def _flock(call: SystemCall) -> Operation:
    found = names(call, 1, constants.FLOCK_OPERATIONS)
    chosen: list[str] = [] if isinstance(found, Unknown) else [_FLOCKS[name] for name in found if name in _FLOCKS]
    return op.Flock(descriptor(call, 0), chosen[0] if chosen else UNKNOWN)


def _mmap(call: SystemCall) -> Operation:
    flags = names(call, 3, constants.MAP_FLAGS)
    anonymous = not isinstance(flags, Unknown) and "MAP_ANONYMOUS" in flags
    if not isinstance(flags, Unknown) and "MAP_SHARED_VALIDATE" in flags:
        flags |= {"MAP_SHARED"}
    protection = words(call, 2, constants.PROTECTION, "PROT_", PROTECTION)
    return op.Map(
        None if anonymous else descriptor(call, 4),
        protection,
        in_words(flags, "MAP_", MMAP_FLAGS),
        number(call, 1),
        number(call, 0),
    )


def _close_range(call: SystemCall) -> Operation:
    first, last = number(call, 0), number(call, 1)
    if isinstance(first, Unknown) or isinstance(last, Unknown):
        raise Undecodable("the range of `close_range` is no pair of numbers")
    return op.CloseRange(
        first,
        last if last >= 0 else 2**32 - 1,
        has(call, 2, constants.CLOSE_RANGE_FLAGS, "CLOSE_RANGE_CLOEXEC"),
        has(call, 2, constants.CLOSE_RANGE_FLAGS, "CLOSE_RANGE_UNSHARE"),
    )


def _duplicate(call: SystemCall) -> Operation:
    target = descriptor(call, 1).number
    return op.Duplicate(descriptor(call, 0), target, close_on_exec=has(call, 2, constants.OPEN_FLAGS, "O_CLOEXEC"))


def _read(call: SystemCall) -> Operation:
    return op.Read(descriptor(call, 0))


def _write(call: SystemCall) -> Operation:
    data = path(call, 1) if call.name in ("write", "pwrite64") else UNKNOWN
    return op.Write(descriptor(call, 0), data)


def _transfer(call: SystemCall, source: int, target: int) -> Operation:
    return op.Transfer(descriptor(call, source), descriptor(call, target), call.name in ("splice", "tee"))


def _special(kind: str, flags: int | None = None, name: str = "O_CLOEXEC") -> Decoder:
    def decode(call: SystemCall) -> Operation:
        return op.OpenSpecial(kind, close_on_exec=_closes(call, flags, name))

    return decode


def _closes(call: SystemCall, flags: int | None, name: str) -> bool:
    if flags is None or flags >= len(call.arguments):
        return False
    found = flags_of(call.arguments[flags], constants.OPEN_FLAGS)
    return found is not None and any(each.endswith("CLOEXEC") for each in found.names | {name} & found.names)


DECODERS: Final[Mapping[str, Decoder]] = {
    "open": lambda call: op.Open(at(call, None, 0), open_flags(argument(call, 1)), _mode(call, 2)),
    "openat": lambda call: op.Open(at(call, 0, 1), open_flags(argument(call, 2)), _mode(call, 3)),
    "openat2": _openat2,
    "creat": lambda call: op.Open(at(call, None, 0), frozenset({"write", "create", "truncate"}), _mode(call, 1)),
    "close": lambda call: op.Close(descriptor(call, 0)),
    "close_range": _close_range,
    "dup": lambda call: op.Duplicate(descriptor(call, 0)),
    "dup2": _duplicate,
    "dup3": _duplicate,
    "fcntl": _fcntl,
    "fcntl64": _fcntl,
    "flock": _flock,
    "ioctl": _ioctl,
    **dict.fromkeys(("read", "pread64", "readv", "preadv", "preadv2", "getdents", "getdents64"), _read),
    **dict.fromkeys(("write", "pwrite64", "writev", "pwritev", "pwritev2", "fallocate"), _write),
    "sendfile": lambda call: _transfer(call, 1, 0),
    "sendfile64": lambda call: _transfer(call, 1, 0),
    "copy_file_range": lambda call: _transfer(call, 0, 2),
    "splice": lambda call: _transfer(call, 0, 2),
    "tee": lambda call: _transfer(call, 0, 1),
    "pipe": lambda _: op.Pipe(),
    "pipe2": lambda call: op.Pipe(has(call, 1, constants.OPEN_FLAGS, "O_CLOEXEC")),
    "mmap": _mmap,
    "mmap2": _mmap,
    "brk": lambda call: op.SetBreak(number(call, 0)),
    "mremap": lambda call: op.Remap(
        number(call, 0), number(call, 1), number(call, 2), has(call, 3, constants.MREMAP_FLAGS, "MREMAP_MAYMOVE")
    ),
    "mprotect": lambda call: op.Protect(
        number(call, 0), number(call, 1), words(call, 2, constants.PROTECTION, "PROT_", PROTECTION)
    ),
    "pkey_mprotect": lambda call: op.Protect(
        number(call, 0), number(call, 1), words(call, 2, constants.PROTECTION, "PROT_", PROTECTION)
    ),
    "munmap": lambda call: op.Unmap(number(call, 0), number(call, 1)),
    "epoll_create": _special("eventpoll"),
    "epoll_create1": _special("eventpoll", 0),
    "eventfd": _special("eventfd"),
    "eventfd2": _special("eventfd", 1),
    "signalfd": _special("signalfd"),
    "signalfd4": _special("signalfd", 3),
    "timerfd_create": _special("timerfd", 1),
    "inotify_init": _special("inotify"),
    "inotify_init1": _special("inotify", 0),
    "memfd_create": _special("memfd", 1),
    "userfaultfd": _special("userfaultfd", 0),
}
"""What each call about open files asks of the kernel."""
