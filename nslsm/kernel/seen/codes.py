"""How recordings of hooks spell what the catalogue has words for: numbers, modes in octal, sets of bits in hexadecimal.

A code reads a field's value into the catalogue's, and spells the catalogue's value as a recording would. Both give
:data:`~nslsm.hooks.types.UNKNOWN` and None for what they do not know.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, NamedTuple

from nslsm.hooks import commands
from nslsm.hooks.kinds import ACCESS_MASK, PROTECTION, SOCKET_FAMILY, SOCKET_TYPE
from nslsm.hooks.linux import Capability, Signal
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.hooks.vocabulary import (
    ATTRIBUTES,
    CAPABLE_FLAGS,
    CLONE_FLAGS,
    FCNTL_COMMAND,
    FILE_LOCK,
    MESSAGE_FLAGS,
    MMAP_FLAGS,
    MOUNT_FLAGS,
    PRCTL_OPTION,
    PRLIMIT_FLAGS,
    PTRACE_MODE,
    RENAME_FLAGS,
    RESOURCE,
    SETID_FLAGS,
    SHUTDOWN,
    UNMOUNT_FLAGS,
)
from nslsm.kernel import constants
from nslsm.kernel.constant_table import Constants
from nslsm.protocol.things import Value

_INTEGER: Final = re.compile(r"-?(?:0x[0-9a-fA-F]{1,16}|0o[0-7]{1,22}|[0-9]{1,20})", re.ASCII)


class Code(NamedTuple):
    """Reads and spells one way of writing values."""

    read: Callable[[object], Value | Unknown]
    spell: Callable[[Value], object]


def integer(written: object) -> int | None:
    """A number, as such or as text in any base.

    >>> integer("0o644"), integer(420), integer("many")
    (420, 420, None)
    """
    if isinstance(written, str) and _INTEGER.fullmatch(written):
        written = int(written, 0) if not written.lstrip("-").isdigit() else int(written)
    if isinstance(written, int) and not isinstance(written, bool) and -(1 << 63) <= written < 1 << 64:
        return written
    return None


def _number(written: object) -> Value | Unknown:
    found = integer(written)
    return UNKNOWN if found is None else found


def _as_number(value: Value) -> object:
    return value if isinstance(value, int) else None


def _text(written: object) -> Value | Unknown:
    return written if isinstance(written, str) else UNKNOWN


def _as_text(value: Value) -> object:
    return value if isinstance(value, str) else None


def _permissions(written: object) -> Value | Unknown:
    found = integer(written)
    return UNKNOWN if found is None else found & 0o7777


def _as_octal(value: Value) -> object:
    return f"{value:#o}" if isinstance(value, int) else None


def _truth(written: object) -> Value | Unknown:
    found = integer(int(written) if isinstance(written, bool) else written)
    return UNKNOWN if found is None else found != 0


NUMBER: Final = Code(_number, _as_number)
TRUTH: Final = Code(_truth, lambda value: int(value) if isinstance(value, bool) else None)
TEXT: Final = Code(_text, _as_text)
MODE: Final = Code(_permissions, _as_octal)
"""Permission bits; a recording has the file's type before them."""


def flags(numbers: Mapping[str, int], *, hexadecimal: bool = False) -> Code:
    """A set of words, each with its bit."""

    def read(written: object) -> Value | Unknown:
        found = integer(written)
        if found is None:
            return UNKNOWN
        return frozenset(word for word, bit in numbers.items() if found & bit)

    def spell(value: Value) -> object:
        if not isinstance(value, frozenset):
            return None
        found = sum(numbers.get(word, 0) for word in value if isinstance(word, str))
        return hex(found) if hexadecimal else found

    return Code(read, spell)


def one_of(numbers: Mapping[str, int]) -> Code:
    """One word, each with its number; a number that has none is ``other``."""
    words = {number: word for word, number in reversed(list(numbers.items()))}

    def read(written: object) -> Value | Unknown:
        found = integer(written)
        return UNKNOWN if found is None else words.get(found, "other")

    def spell(value: Value) -> object:
        return numbers.get(value) if isinstance(value, str) else None

    return Code(read, spell)


def _named(table: Constants, prefix: str, members: tuple[str, ...]) -> dict[str, int]:
    """The numbers of words whose C names are in a table."""
    found = ((word, table.number(f"{prefix}{word.upper()}")) for word in members)
    return {word: number for word, number in found if number is not None}


def _counted(members: tuple[str, ...], first: int = 0) -> dict[str, int]:
    return {word: number for number, word in enumerate(members, first) if word != "other"}


def _placed(members: tuple[str, ...]) -> dict[str, int]:
    return {word: 1 << place for place, word in enumerate(members)}


# Bits that have no table of their own; ``linux/fs.h`` (``ATTR_*``, ``__FMODE_EXEC``), ``linux/security.h``, ``linux/ptrace.h``.
_ATTRIBUTE_BITS: Final = (0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 9, 11, 12, 14, 15)
_EXECUTED: Final = 0x20
_LARGE: Final = 0o100000
"""``O_LARGEFILE``: what 64-bit programs open has it."""
_OPENED: Final = {
    "append": 0o2000,
    "truncate": 0o1000,
    "create": 0o100,
    "exclusive": 0o200,
    "exec": _EXECUTED,
    "directory": 0o200000,
    "nofollow": 0o400000,
    "path": 0o10000000,
    "temporary": 0o20000000,
}
_ACCESS_MODES: Final = {0: frozenset({"read"}), 1: frozenset({"write"}), 2: frozenset({"read", "write"})}
_SHARED_VALIDATE: Final = 3


def _opened(written: object) -> Value | Unknown:
    found = integer(written)
    if found is None:
        return UNKNOWN
    mode: frozenset[str] = _ACCESS_MODES.get(found & 3, frozenset())
    words = mode | frozenset(word for word, bit in _OPENED.items() if found & bit)
    return words - {"directory"} if "temporary" in words else words  # O_TMPFILE has the bit of O_DIRECTORY


def _as_opened(value: Value) -> object:
    if not isinstance(value, frozenset):
        return None
    mode = ("write" in value) + ("read" in value and "write" in value)
    directory = _OPENED["directory"] if "temporary" in value else 0
    return mode | _LARGE | directory | sum(bit for word, bit in _OPENED.items() if word in value)


def _mapped(written: object) -> Value | Unknown:
    found = integer(written)
    if found is None:
        return UNKNOWN
    return _MAPPED.read(found & ~2 if found & 0xF == _SHARED_VALIDATE else found)


def _capability(written: object) -> Value | Unknown:
    if isinstance(written, str):
        return Capability.__members__.get(written, UNKNOWN)
    found = integer(written)
    return Capability(found) if found is not None and 0 <= found <= max(Capability) else UNKNOWN


def _capabilities(written: object) -> Value | Unknown:
    found = integer(written)
    return UNKNOWN if found is None else frozenset(each for each in Capability if found >> each & 1)


def _as_capabilities(value: Value) -> object:
    if not isinstance(value, frozenset):
        return None
    return hex(sum(1 << each for each in value if isinstance(each, Capability)))


def _signal(written: object) -> Value | Unknown:
    found = integer(written)
    return Signal(found) if found is not None and 0 <= found <= max(Signal) else UNKNOWN


def _family(written: object) -> Value | Unknown:
    if isinstance(written, str):
        word = written.removeprefix("AF_").lower()
        return word if word in SOCKET_FAMILY.members else "other"
    return FAMILY.read(written)


def _as_family(value: Value) -> object:
    return (
        f"AF_{value.upper()}" if value in ("unix", "inet", "inet6") and isinstance(value, str) else FAMILY.spell(value)
    )


def _host(written: object) -> Value | Unknown:
    try:
        found = ip_address(written) if isinstance(written, str) else UNKNOWN
    except ValueError:
        return UNKNOWN
    return found


def _as_host(value: Value) -> object:
    return str(value) if isinstance(value, IPv4Address | IPv6Address) else None


def _device(written: object) -> Value | Unknown:
    """``dev_t`` as the kernel has it, 20 bits of minor number, to what makedev(3) makes of it."""
    found = integer(written)
    if found is None or found < 0:
        return UNKNOWN
    major, minor = found >> 20, found & 0xFFFFF
    return minor & 0xFF | (major & 0xFFF) << 8 | (minor & ~0xFF) << 12


def _as_device(value: Value) -> object:
    if not isinstance(value, int):
        return None
    major, minor = value >> 8 & 0xFFF, value & 0xFF | value >> 12 & 0xFFF00
    return major << 20 | minor


OPENED: Final = Code(_opened, _as_opened)
CAPABILITY: Final = Code(_capability, lambda value: value.name if isinstance(value, Capability) else None)
CAPABILITY_NUMBER: Final = Code(_capability, _as_number)
CAPABILITIES: Final = Code(_capabilities, _as_capabilities)
SIGNAL: Final = Code(_signal, _as_number)
FAMILY: Final = one_of(_named(constants.SOCKET_FAMILIES, "AF_", SOCKET_FAMILY.members))
ADDRESS_FAMILY: Final = Code(_family, _as_family)
SOCKET_KIND: Final = one_of(_named(constants.SOCKET_TYPES, "SOCK_", SOCKET_TYPE.members))
HOST: Final = Code(_host, _as_host)
DEVICE: Final = Code(_device, _as_device)
ACCESS: Final = flags(_placed(ACCESS_MASK.members))
PROTECTED: Final = flags(_placed(PROTECTION.members))
_MAPPED: Final = flags({**_named(constants.MAP_FLAGS, "MAP_", MMAP_FLAGS.members), "low_2gb": 0x40})
MAPPED: Final = Code(_mapped, _MAPPED.spell)
ATTRIBUTE_BITS: Final = flags(
    {word: 1 << bit for word, bit in zip(ATTRIBUTES.members, _ATTRIBUTE_BITS, strict=True)}, hexadecimal=True
)
RENAMED: Final = flags(_named(constants.RENAME_FLAGS, "RENAME_", RENAME_FLAGS.members))
MOUNTED: Final = flags(_named(constants.MOUNT_FLAGS, "MS_", MOUNT_FLAGS.members))
UNMOUNTED: Final = flags(dict(zip(UNMOUNT_FLAGS.members, (1, 2, 4, 8), strict=True)))
CLONED: Final = flags(_named(constants.CLONE_FLAGS, "CLONE_", CLONE_FLAGS.members), hexadecimal=True)
MESSAGE: Final = flags(_named(constants.MESSAGE_FLAGS, "MSG_", MESSAGE_FLAGS.members))
CAPABLE: Final = flags(dict(zip(CAPABLE_FLAGS.members, (2, 4), strict=True)))
SETID: Final = flags(_placed(SETID_FLAGS.members))
PTRACED: Final = flags(_placed(PTRACE_MODE.members))
LIMITED: Final = flags(_placed(PRLIMIT_FLAGS.members))
_LATER_COMMANDS: Final = {
    "getowner_uids": 17,
    "dupfd_query": 0x403,
    "created_query": 0x404,
    "getdeleg": 0x40F,
    "setdeleg": 0x410,
}
FCNTL: Final = one_of({**_named(constants.FCNTL_COMMANDS, "F_", FCNTL_COMMAND.members), **_LATER_COMMANDS})
LOCK: Final = one_of(_counted(FILE_LOCK.members))
OPTION: Final = one_of({**_named(constants.PRCTL_OPTIONS, "PR_", PRCTL_OPTION.members), "get_auxv": 0x41555856})
LIMIT: Final = one_of(_counted(RESOURCE.members))
SHUT: Final = one_of(_counted(SHUTDOWN.members))
NEED: Final = one_of(_counted(commands.KEY_NEED.members))
BPF_COMMAND: Final = one_of(_counted(commands.BPF_COMMAND.members))
