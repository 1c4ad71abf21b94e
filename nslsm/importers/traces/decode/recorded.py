"""What a trace shows of what came of a call: its result, and what the kernel wrote into the caller's memory."""

from typing import Final

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.importers.traces.decode.words import socket_address
from nslsm.kernel import constants
from nslsm.kernel.call import Array, Struct, SystemCall, Value
from nslsm.kernel.event import FileStatus, Recorded
from nslsm.kernel.operations import Descriptor
from nslsm.kernel.spelling import (
    capabilities_of,
    child_of,
    fd_of,
    flags_of,
    number_of,
    outcome,
    struct_of,
    text_of,
)
from nslsm.protocol.things import Capabilities

_MAKES_TASKS: Final = frozenset({"clone", "clone3", "fork", "vfork", "wait4", "waitpid"})
_STATUS: Final = {
    "stat": 1,
    "lstat": 1,
    "fstat": 1,
    "stat64": 1,
    "lstat64": 1,
    "fstat64": 1,
    "newfstatat": 2,
    "fstatat64": 2,
    "statx": 4,
}
_TEXT: Final = {"readlink": 1, "readlinkat": 2, "getcwd": 0}
_PAIRS: Final = {"pipe": 0, "pipe2": 0, "socketpair": 3}
_IDS: Final = frozenset({"getresuid", "getresgid"})
_ADDRESS: Final = {"getsockname": 1, "accept": 1, "accept4": 1}
_TYPES: Final = {
    "S_IFREG": "regular",
    "S_IFDIR": "directory",
    "S_IFLNK": "symlink",
    "S_IFIFO": "fifo",
    "S_IFSOCK": "socket",
    "S_IFCHR": "character_device",
    "S_IFBLK": "block_device",
}


def recorded(call: SystemCall) -> Recorded:
    """The result of a call, and as much of its effects as the trace shows."""
    if call.failed:
        return Recorded(None, call.errno)
    result = child_of(call) if call.name in _MAKES_TASKS and call.result else call.result
    descriptor = None if call.result_fd is None else _descriptor(call.result_fd)
    found = Recorded(result, None, descriptor)
    if call.name in _STATUS:
        return found._replace(status=_status(_at(call, _STATUS[call.name])))
    if call.name in _PAIRS:
        return found._replace(descriptors=_descriptors(_at(call, _PAIRS[call.name])))
    if call.name in _TEXT:
        return found._replace(text=_text(_at(call, _TEXT[call.name])))
    if call.name in _IDS:
        return found._replace(ids=_numbers(call.arguments))
    if call.name == "getgroups":
        listed = outcome(_at(call, 1))
        return found._replace(ids=_numbers(listed.items) if isinstance(listed, Array) and not listed.cut else None)
    if call.name == "capget":
        return found._replace(capabilities=_capabilities(_at(call, 1)))
    if call.name in _ADDRESS:
        value = outcome(_at(call, _ADDRESS[call.name]))
        return found._replace(address=socket_address(value) if isinstance(value, Struct) else None)
    return found


def _at(call: SystemCall, place: int) -> Value:
    return call.arguments[place] if place < len(call.arguments) else None


def _descriptor(value: Value) -> Descriptor | None:
    found = fd_of(value)
    return None if found is None else Descriptor(found.number, found.path, found.deleted)


def _descriptors(value: Value) -> tuple[Descriptor, ...]:
    listed = outcome(value)
    found = [_descriptor(item) for item in listed.items] if isinstance(listed, Array) else []
    return tuple(each for each in found if each is not None)


def _text(value: Value) -> str | Unknown:
    text = text_of(outcome(value))
    return UNKNOWN if text is None or text.cut else text.value


def _numbers(values: tuple[Value, ...]) -> tuple[int, ...] | None:
    listed = [outcome(value) for value in values]
    inner = [each.items[0] if isinstance(each, Array) and len(each.items) == 1 else each for each in listed]
    found = [number_of(each) for each in inner]
    return None if None in found else tuple(each for each in found if each is not None)


def _capabilities(value: Value) -> tuple[Capabilities, Capabilities, Capabilities] | None:
    sets = struct_of(outcome(value))
    if sets is None:
        return None
    found = [capabilities_of(sets.get(name)) for name in ("effective", "permitted", "inheritable") if sets.has(name)]
    effective, permitted, inheritable = (found + [None] * 3)[:3]
    if effective is None or permitted is None or inheritable is None:
        return None
    return effective, permitted, inheritable


def _status(value: Value) -> FileStatus | None:
    """What stat(2) told; where the trace shows an address only, nothing."""
    status = struct_of(outcome(value))
    if status is None:
        return None
    prefix = "stx_" if any(name.startswith("stx_") for name, _ in status.fields) else "st_"

    def number(name: str) -> int | Unknown:
        found = number_of(status.get(prefix + name)) if status.has(prefix + name) else None
        return UNKNOWN if found is None else found

    mode = flags_of(status.get(f"{prefix}mode"), constants.FILE_MODES) if status.has(f"{prefix}mode") else None
    bits = number_of(status.get(f"{prefix}mode"), constants.FILE_MODES) if mode is not None else None
    kind = next((_TYPES[name] for name in mode.names if name in _TYPES), None) if mode is not None else None
    return FileStatus(
        UNKNOWN if kind is None else kind,
        UNKNOWN if bits is None else bits & 0o7777,
        number("uid"),
        number("gid"),
        number("ino"),
        UNKNOWN,
    )
