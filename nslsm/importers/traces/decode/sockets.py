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
from nslsm.kernel.call import SystemCall, Value
from nslsm.kernel.operations import NetworkAddress, Operation
from nslsm.kernel.spelling import items_of, name_of, struct_of

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
    return op.Send(descriptor(call, 0), to, UNKNOWN if size is None else number(call, size))


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
