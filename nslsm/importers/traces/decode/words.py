"""Arguments of system calls as typed values, flags in the catalogue's words; what is not known is UNKNOWN."""

from ipaddress import IPv6Address
from typing import Final

from nslsm.hooks.types import NO_ADDRESS, UNKNOWN, Address, Flags, Unknown
from nslsm.kernel import constants
from nslsm.kernel.call import SystemCall, Value
from nslsm.kernel.constant_table import Constants
from nslsm.kernel.operations import CWD, At, Descriptor, NetworkAddress
from nslsm.kernel.spelling import fd_of, flags_of, name_of, number_of, socket_address_of, text_of


class Undecodable(Exception):
    """A call whose arguments are not what the system call takes; the text says which and why."""


FAMILIES: Final = {
    "AF_UNSPEC": "unspec",
    "AF_UNIX": "unix",
    "AF_INET": "inet",
    "AF_INET6": "inet6",
    "AF_NETLINK": "netlink",
    "AF_PACKET": "packet",
    "AF_BLUETOOTH": "bluetooth",
    "AF_CAN": "can",
    "AF_VSOCK": "vsock",
    "AF_ALG": "alg",
    "AF_XDP": "xdp",
    "AF_KEY": "key",
}


def argument(call: SystemCall, place: int) -> Value:
    """The argument at ``place``; :class:`Undecodable` where the trace shows fewer."""
    if place >= len(call.arguments):
        raise Undecodable(f"`{call.name}` has {len(call.arguments)} arguments here, not {place + 1} or more")
    return call.arguments[place]


def descriptor(call: SystemCall, place: int) -> Descriptor:
    """The descriptor at ``place``, with what the trace remarks on it."""
    found = fd_of(argument(call, place))
    if found is None:
        raise Undecodable(f"argument {place + 1} of `{call.name}` is no descriptor")
    return Descriptor(found.number, found.path, found.deleted)


def path(call: SystemCall, place: int) -> str | Unknown:
    """The path at ``place``; one that the trace has cut, or shows as an address only, is unknown."""
    text = text_of(argument(call, place))
    return UNKNOWN if text is None or text.cut else text.value


def at(call: SystemCall, directory: int | None, name: int, *, follow: bool = True) -> At:
    """A file named by the path at ``name``, from the directory descriptor at ``directory``."""
    return At(path(call, name), CWD if directory is None else descriptor(call, directory), follow)


def opened(call: SystemCall, place: int) -> At:
    """A file named by an open descriptor."""
    return At(None, descriptor(call, place))


def named_or_opened(call: SystemCall, directory: int, name: int, flags: int | None) -> At:
    """A file as the ``…at`` calls name it: by a path, or with ``AT_EMPTY_PATH`` (or NULL) by the descriptor itself."""
    text = text_of(argument(call, name))
    if (text is not None and text.value == "" and not text.cut) or argument(call, name) is None:
        return opened(call, directory)
    return at(call, directory, name, follow=not has(call, flags, constants.AT_FLAGS, "AT_SYMLINK_NOFOLLOW"))


def number(call: SystemCall, place: int, table: Constants | None = None) -> int | Unknown:
    """The number at ``place``."""
    found = number_of(argument(call, place), table)
    return UNKNOWN if found is None else found


def names(call: SystemCall, place: int, table: Constants) -> frozenset[str] | Unknown:
    """The C names of the bits at ``place``."""
    found = flags_of(argument(call, place), table)
    return UNKNOWN if found is None else found.names


def words(call: SystemCall, place: int, table: Constants, prefix: str, type_: Flags) -> frozenset[str] | Unknown:
    """The bits at ``place`` in the catalogue's words: the C names in small letters, without ``prefix``."""
    return in_words(names(call, place, table), prefix, type_)


def in_words(found: frozenset[str] | Unknown, prefix: str, type_: Flags) -> frozenset[str] | Unknown:
    """C names in the catalogue's words; bits that it has no word for are left out."""
    if isinstance(found, Unknown):
        return found
    return frozenset(name.removeprefix(prefix).lower() for name in found) & frozenset(type_.members)


def word(call: SystemCall, place: int, table: Constants, prefix: str, members: tuple[str, ...]) -> str | Unknown:
    """The one choice at ``place`` in the catalogue's words; ``other`` for one that has no word."""
    name = name_of(argument(call, place), table)
    if name is None:
        return "other" if number_of(argument(call, place), table) is not None else UNKNOWN
    plain = name.removeprefix(prefix).lower()
    return plain if plain in members else "other"


def has(call: SystemCall, place: int | None, table: Constants, name: str) -> bool:
    """Whether the flags at ``place`` surely have the bit ``name``."""
    if place is None or place >= len(call.arguments):
        return False
    found = flags_of(call.arguments[place], table)
    return found is not None and name in found.names


def socket_address(value: Value) -> NetworkAddress:
    """A ``struct sockaddr``; an IPv4 address in IPv6 clothes (``::ffff:8.8.8.8``) is what it stands for."""
    found = socket_address_of(value)
    if found is None or found.family is None:
        return NetworkAddress(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    family = FAMILIES.get(found.family, "other")
    if family not in ("inet", "inet6", "unix"):
        return NetworkAddress(family)
    if family == "unix":
        if found.path is None and found.abstract is None:
            return NetworkAddress(family, NO_ADDRESS, 0, UNKNOWN, UNKNOWN)
        return NetworkAddress(family, NO_ADDRESS, 0, found.path or "", found.abstract or "")
    host: Address | Unknown = UNKNOWN if found.host is None else found.host
    if isinstance(host, IPv6Address) and host.ipv4_mapped is not None:
        host = host.ipv4_mapped
    return NetworkAddress(family, host, UNKNOWN if found.port is None else found.port)
