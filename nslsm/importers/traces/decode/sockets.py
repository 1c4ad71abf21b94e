"""Calls about sockets."""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.kinds import SOCKET_TYPE
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.hooks.vocabulary import MESSAGE_FLAGS, SHUTDOWN
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.words import (
    FAMILIES,
    argument,
    descriptor,
    has,
    names,
    number,
    socket_address,
    words,
)
from nslsm.kernel import constants
from nslsm.kernel import operations as op
from nslsm.kernel.call import Call, SystemCall, Value
from nslsm.kernel.constant_table import choices as choices_table
from nslsm.kernel.constant_table import flags as flags_table
from nslsm.kernel.operations import NetworkAddress, Operation
from nslsm.kernel.operations.sockets import RouteRequest
from nslsm.kernel.spelling import flags_of, items_of, name_of, number_of, struct_of

_HOW: Final = {"SHUT_RD": "read", "SHUT_WR": "write", "SHUT_RDWR": "both"}


def _family(call: SystemCall) -> str | Unknown:
    name = name_of(argument(call, 0), constants.SOCKET_FAMILIES)
    return UNKNOWN if name is None else FAMILIES.get(name, "other")


def _type(call: SystemCall) -> str | Unknown:
    found = names(call, 1, constants.SOCKET_TYPES)
    if isinstance(found, Unknown):
        return found
    plain = [name.removeprefix("SOCK_").lower() for name in found if name not in ("SOCK_CLOEXEC", "SOCK_NONBLOCK")]
    return plain[0] if len(plain) == 1 and plain[0] in SOCKET_TYPE.members else "other"


def _protocol(call: SystemCall) -> int | Unknown:
    given = argument(call, 2)
    if isinstance(given, Call) and given.name == "htons" and len(given.arguments) == 1:
        host = number_of(given.arguments[0], _ETHERNET)
        return UNKNOWN if host is None else int.from_bytes(host.to_bytes(2, "big"), "little")
    table = (
        constants.NETLINK_PROTOCOLS
        if name_of(argument(call, 0), constants.SOCKET_FAMILIES) == "AF_NETLINK"
        else constants.IP_PROTOCOLS
    )
    return number(call, 2, table)


def _closes(call: SystemCall, place: int = 1) -> bool:
    return has(call, place, constants.SOCKET_TYPES, "SOCK_CLOEXEC")


def _send(call: SystemCall, size: int | None, address: int | None) -> Operation:
    to = None if address is None or argument(call, address) is None else socket_address(argument(call, address))
    asked = _route_requests(argument(call, 1))
    return op.Send(descriptor(call, 0), to, UNKNOWN if size is None else number(call, size), requests=asked)


def _route_requests(value: Value) -> tuple[RouteRequest, ...]:
    """The messages of rtnetlink(7) in a buffer. Of four numbers that follow on one another, the third asks (``RTM_GET…``)."""
    requests: list[RouteRequest] = []
    for item in items_of(value) or ():
        header = struct_of(item)
        if header is None or not header.has("nlmsg_type"):
            continue
        kind = header.get("nlmsg_type")
        name, told = name_of(kind, _NO_NAMES), number_of(kind, _NO_NAMES)
        if name is not None and name.startswith("RTM_"):
            changes = not name.startswith("RTM_GET")
        elif told is not None and told >= _FIRST_OF_ROUTING:
            changes = (told - _FIRST_OF_ROUTING) % 4 != _ASKS
        else:
            continue
        flags = flags_of(header.get("nlmsg_flags"), _NETLINK_FLAGS)
        words = frozenset[str]() if flags is None else flags.names
        requests.append(RouteRequest(changes, bool(words & {"NLM_F_ACK", "NLM_F_DUMP"})))
    return tuple(requests)


_FIRST_OF_ROUTING: Final = 16
"""``RTM_BASE``, ``linux/rtnetlink.h``."""
_ASKS: Final = 2
_NO_NAMES: Final = flags_table("")
_NETLINK_FLAGS: Final = flags_table(
    "NLM_F_REQUEST=1 NLM_F_MULTI=2 NLM_F_ACK=4 NLM_F_ECHO=8 NLM_F_DUMP=0x300 NLM_F_ROOT=0x100"
)
"""``linux/netlink.h``."""
_ETHERNET: Final = choices_table(
    "ETH_P_ALL=3 ETH_P_802_2=4 ETH_P_IP=0x800 ETH_P_ARP=0x806 ETH_P_8021Q=0x8100 ETH_P_IPV6=0x86dd ETH_P_PAE=0x888e"
    " ETH_P_LLDP=0x88cc ETH_P_LOOP=0x60"
)
"""Protocols of packet sockets, ``linux/if_ether.h``."""


def _message(call: SystemCall) -> Operation:
    return op.Send(descriptor(call, 0), _addressed(argument(call, 1)))


def _messages(call: SystemCall) -> Operation:
    items = items_of(argument(call, 1))
    first = struct_of(items[0]) if items else None
    header = None if first is None else first.get("msg_hdr")
    return op.Send(descriptor(call, 0), None if header is None else _addressed(header))


def _addressed(value: Value) -> NetworkAddress | None:
    """To whom a message goes, where it says so itself."""
    header = struct_of(value)
    if header is None or not header.has("msg_name") or header.get("msg_name") is None:
        return None
    return socket_address(header.get("msg_name"))


def _receive(call: SystemCall, size: int | None, flags: int) -> Operation:
    found = words(call, flags, constants.MESSAGE_FLAGS, "MSG_", MESSAGE_FLAGS)
    return op.Receive(
        descriptor(call, 0),
        found,
        UNKNOWN if size is None else number(call, size),
        close_on_exec=has(call, flags, constants.MESSAGE_FLAGS, "MSG_CMSG_CLOEXEC"),
    )


def _shutdown(call: SystemCall) -> Operation:
    name = name_of(argument(call, 1), constants.SHUTDOWN_HOW)
    return op.Shutdown(descriptor(call, 0), SHUTDOWN.members[-1] if name is None else _HOW.get(name, "other"))


def _option(call: SystemCall, place: int) -> int | Unknown:
    return number(call, place, constants.SOCKET_LEVELS) if place == 1 else number(call, place)


DECODERS: Final[Mapping[str, Decoder]] = {
    "socket": lambda call: op.MakeSocket(_family(call), _type(call), _protocol(call), _closes(call)),
    "socketpair": lambda call: op.MakeSocketPair(_family(call), _type(call), _protocol(call), _closes(call)),
    "bind": lambda call: op.Bind(descriptor(call, 0), socket_address(argument(call, 1))),
    "connect": lambda call: op.Connect(descriptor(call, 0), socket_address(argument(call, 1))),
    "listen": lambda call: op.Listen(descriptor(call, 0), number(call, 1)),
    "accept": lambda call: op.Accept(descriptor(call, 0)),
    "accept4": lambda call: op.Accept(descriptor(call, 0), _closes(call, 3)),
    "send": lambda call: _send(call, 2, None),
    "sendto": lambda call: _send(call, 2, 4),
    "sendmsg": _message,
    "sendmmsg": _messages,
    "recv": lambda call: _receive(call, 2, 3),
    "recvfrom": lambda call: _receive(call, 2, 3),
    "recvmsg": lambda call: _receive(call, None, 2),
    "recvmmsg": lambda call: _receive(call, None, 3),
    "getsockname": lambda call: op.GetSocketName(descriptor(call, 0)),
    "getpeername": lambda call: op.GetPeerName(descriptor(call, 0)),
    "getsockopt": lambda call: op.GetSocketOption(descriptor(call, 0), _option(call, 1), _option(call, 2)),
    "setsockopt": lambda call: op.SetSocketOption(descriptor(call, 0), _option(call, 1), _option(call, 2)),
    "shutdown": _shutdown,
}
"""What each call about sockets asks of the kernel."""
