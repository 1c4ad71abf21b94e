"""Facts of hooks as tools tell them, in the catalogue's words; what is not of its type or range is unknown."""

from ipaddress import IPv6Address, ip_address
from typing import Final

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.kinds import PROTECTION, SOCKET_FAMILY, SOCKET_TYPE
from nslsm.hooks.linux import Capability, Signal
from nslsm.hooks.types import UNKNOWN, Address, Unknown
from nslsm.hooks.vocabulary import MMAP_FLAGS
from nslsm.kernel import constants
from nslsm.kernel.told import FileAt

_ACCESS: Final = {1: "exec", 2: "write", 4: "read", 8: "append", 0x10: "access", 0x20: "open", 0x40: "chdir"}
"""``MAY_…``, ``linux/fs.h``."""

_LINUX: Final = frozenset(hook.name for hook in CATALOGUE.hooks if not hook.own)
_LAST_PORT: Final = 0xFFFF
_MODE_BITS: Final = 0o7777


def is_hook(name: str) -> bool:
    """Whether Linux has a hook of that name, as far as the catalogue knows."""
    return name in _LINUX


def file_at(path: str | None) -> FileAt | Unknown:
    """The file of a path from the root; unknown for any other text."""
    return FileAt(path) if path is not None and path.startswith("/") and "\0" not in path else UNKNOWN


def access_mask(bits: int | None) -> frozenset[str] | Unknown:
    """What is to be done with a file: ``MAY_READ`` and its like.

    >>> sorted(access_mask(6))
    ['read', 'write']
    """
    return UNKNOWN if bits is None else frozenset(word for bit, word in _ACCESS.items() if bits & bit)


def protection(bits: int | None) -> frozenset[str] | Unknown:
    """Memory protection, mmap(2)."""
    if bits is None:
        return UNKNOWN
    return frozenset(word for place, word in enumerate(PROTECTION.members) if bits >> place & 1)


def mapping_flags(bits: int | None) -> frozenset[str] | Unknown:
    """Flags of mmap(2)."""
    if bits is None:
        return UNKNOWN
    names = constants.MAP_FLAGS.named(bits).names
    return frozenset(name.removeprefix("MAP_").lower() for name in names) & frozenset(MMAP_FLAGS.members)


def mode(bits: int | None) -> int | Unknown:
    """Permission bits, without those of a file's type."""
    return UNKNOWN if bits is None or bits < 0 else bits & _MODE_BITS


def plain(number: int | None) -> int | Unknown:
    """A number that stands for itself."""
    return UNKNOWN if number is None else number


def capability(number: int | None) -> Capability | Unknown:
    """The capability of that number."""
    return Capability(number) if number is not None and 0 <= number <= max(Capability) else UNKNOWN


def signal(number: int | None) -> Signal | Unknown:
    """The signal of that number."""
    return Signal(number) if number is not None and 0 <= number <= max(Signal) else UNKNOWN


def address(text: str | None) -> Address | Unknown:
    """An internet address; an IPv4 address in IPv6 clothes is what it stands for."""
    if text is None:
        return UNKNOWN
    try:
        found = ip_address(text)
    except ValueError:
        return UNKNOWN
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return UNKNOWN if isinstance(found, IPv6Address) and found.scope_id is not None else found


def port(number: int | None) -> int | Unknown:
    """A port."""
    return number if number is not None and 0 <= number <= _LAST_PORT else UNKNOWN


def family(name: str | None) -> str | Unknown:
    """An address family: ``AF_INET``, or ``inet``."""
    return _word(name, "af_", SOCKET_FAMILY.members)


def socket_type(name: str | None) -> str | Unknown:
    """A socket's type: ``SOCK_STREAM``, or ``stream``."""
    return _word(name, "sock_", SOCKET_TYPE.members)


def _word(name: str | None, prefix: str, members: tuple[str, ...]) -> str | Unknown:
    if not name:
        return UNKNOWN
    word = name.lower().removeprefix(prefix)
    return word if word in members else "other"
