"""One answer for however a trace spells a value: names, numbers, numbers with names beside them.

``O_RDWR|O_CLOEXEC``, ``0x80002`` and ``0x80002 /* O_RDWR|O_CLOEXEC */`` are the same flags; ``AT_FDCWD``, ``-100`` and
``0xffffff9c`` the same directory. Each function answers None where the trace does not tell (Model M2.9).
"""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

from nslsm.hooks.linux import Capability, Signal
from nslsm.kernel.call import (
    Array,
    Call,
    Changed,
    Fd,
    Named,
    Noted,
    Struct,
    Symbols,
    SystemCall,
    Text,
    Value,
)
from nslsm.kernel.constant_table import Constants, choices
from nslsm.kernel.constants import SOCKET_FAMILIES

_OUTER_PID: Final = re.compile(r"([0-9]+) in strace's PID NS")
_SIGNALS: Final = choices(" ".join(f"{signal.name}={signal.value}" for signal in Signal))


def bare(value: Value) -> Value:
    """``value`` without name, remark, and what the kernel made of it: what the caller handed in.

    >>> bare(Named("flags", Changed(Noted(1, "one"), 2)))
    1
    """
    while True:
        match value:
            case Named(_, inner) | Noted(inner, _) | Changed(inner, _):
                value = inner
            case _:
                return value


def outcome(value: Value) -> Value:
    """``value`` without name and remark, as the kernel left it."""
    while True:
        match value:
            case Named(_, inner) | Noted(inner, _) | Changed(_, inner):
                value = inner
            case _:
                return value


def number_of(value: Value, table: Constants | None = None) -> int | None:
    """The number that ``value`` is; names by ``table``. NULL is 0.

    >>> from nslsm.kernel.constants import OPEN_FLAGS
    >>> number_of(Symbols(frozenset({"O_RDWR", "O_CLOEXEC"})), OPEN_FLAGS) == 0o2000002
    True
    """
    value = bare(value)
    match value:
        case int():
            return int(value)
        case None:
            return 0
        case Fd(number):
            return number
        case Symbols(names, rest):
            number = rest
            for name in names:
                known = None if table is None else table.number(name)
                if known is None:
                    return None
                number |= known
            return number
        case Call("|", parts):
            number = 0
            for part in parts:
                one = number_of(part, table) if not isinstance(part, Call) else None
                if one is None:
                    return None
                number |= one
            return number
        case _:
            return None


def flags_of(value: Value, table: Constants) -> Symbols | None:
    """The names of ``value``'s bits, the same for every spelling; names that ``table`` lacks stay as they are.

    >>> from nslsm.kernel.call import Pointer
    >>> from nslsm.kernel.constants import OPEN_FLAGS
    >>> flags_of(Noted(Pointer(0x80000), "O_RDONLY|O_CLOEXEC"), OPEN_FLAGS).names == {"O_RDONLY", "O_CLOEXEC"}
    True
    """
    value = bare(value)
    strange: frozenset[str] = frozenset()
    if isinstance(value, Symbols):
        strange = frozenset(name for name in value.names if table.number(name) is None)
        value = Symbols(value.names - strange, value.rest)
    number = number_of(value, table)
    if number is None:
        return None
    named = table.named(number & 0xFFFF_FFFF_FFFF_FFFF if number < 0 and not table.choice else number)
    return Symbols(named.names | strange, named.rest)


def name_of(value: Value, table: Constants) -> str | None:
    """The name of the one thing that ``value`` chooses from ``table``; None where it has none or is unknown.

    >>> from nslsm.kernel.constants import PRCTL_OPTIONS
    >>> name_of(0x26, PRCTL_OPTIONS)
    'PR_SET_NO_NEW_PRIVS'
    """
    value = bare(value)
    number = number_of(value, table)
    if number is None:
        return value.name or None if isinstance(value, Symbols) else None
    for candidate in (number, _signed(number)):
        name = table.named(candidate).name
        if name:
            return name
    return None


def signal_of(value: Value) -> Signal | None:
    """The signal that ``value`` names or numbers; 0 is ``Signal.NONE``."""
    number = number_of(value, _SIGNALS)
    return Signal(number) if number is not None and 0 <= number <= max(Signal) else None


def fd_of(value: Value) -> Fd | None:
    """The descriptor that ``value`` is, with what the trace says it refers to.

    >>> fd_of(3), fd_of(0xffffff9c)
    (Fd(number=3, path=None, deleted=False, device=''), Fd(number=-100, path=None, deleted=False, device=''))
    """
    value = bare(value)
    if isinstance(value, Fd):
        return value
    return Fd(_signed(value)) if isinstance(value, int) else None


def text_of(value: Value) -> Text | None:
    """The string that ``value`` is; None for one that the trace shows as an address only."""
    value = bare(value)
    return value if isinstance(value, Text) else None


def octets(text: Text) -> bytes:
    r"""The bytes of a string.

    >>> octets(Text("\udcff"))
    b'\xff'
    """
    return text.value.encode("utf-8", "surrogateescape")


def struct_of(value: Value) -> Struct | None:
    """The structure that ``value`` is."""
    value = bare(value)
    return value if isinstance(value, Struct) else None


def items_of(value: Value) -> tuple[Value, ...] | None:
    """All items of the array that ``value`` is; None for one of which the trace leaves items out, or that is none."""
    value = bare(value)
    return value.items if isinstance(value, Array) and not value.cut and not value.complement else None


def process_of(value: Value) -> int | None:
    """The process that ``value`` numbers, by the tracer's numbers where it is in a pid namespace of its own.

    >>> process_of(Noted(2, "1002 in strace's PID NS"))
    1002
    """
    while isinstance(value, Named | Changed):
        value = value.value if isinstance(value, Named) else value.before
    if isinstance(value, Noted):
        outer = _OUTER_PID.fullmatch(value.note)
        if outer is not None:
            return int(outer[1])
    return number_of(value)


def child_of(call: SystemCall) -> int | None:
    """The task that ``call`` (clone, fork, vfork) made, or found (wait4), by the tracer's numbers."""
    outer = _OUTER_PID.fullmatch(call.detail)
    if outer is not None:
        return int(outer[1])
    return call.result if call.result is not None and call.result > 0 else None


def capabilities_of(value: Value) -> frozenset[Capability] | None:
    """A capability set of capset(2): ``1<<CAP_CHOWN|…``, or its two halves as numbers, ``0xffffffff|0x1ff``.

    >>> sorted(capabilities_of(Call("|", (1, 0x100))))
    [<Capability.CAP_CHOWN: 0>, <Capability.CAP_CHECKPOINT_RESTORE: 40>]
    """
    value = bare(value)
    if isinstance(value, Symbols) and value.rest == 0 and value.names <= Capability.__members__.keys():
        return frozenset(Capability[name] for name in value.names)
    halves = value.arguments if isinstance(value, Call) and value.name == "|" else (value,)
    numbers = [number_of(half) for half in halves]
    if len(numbers) > 2 or None in numbers:
        return None
    mask = sum(number << 32 * place for place, number in enumerate(numbers) if number is not None)
    return frozenset(capability for capability in Capability if mask >> capability & 1)


class SocketAddress(NamedTuple):
    """A socket address. What its family does not have, or the trace does not tell, is None."""

    family: str | None
    """``AF_INET``, …"""
    host: IPv4Address | IPv6Address | None = None
    port: int | None = None
    path: str | None = None
    """A unix socket's path; empty for an unnamed one."""
    abstract: str | None = None
    """A unix socket's abstract name, without the zero byte."""


def socket_address_of(value: Value) -> SocketAddress | None:
    """The address that ``value`` is, a ``struct sockaddr``; None where the trace shows none."""
    struct = struct_of(value)
    if struct is None or not struct.has("sa_family"):
        return None
    family = name_of(struct.get("sa_family"), SOCKET_FAMILIES)
    if family == "AF_INET":
        return SocketAddress(family, _host(struct.get("sin_addr")), _port(struct.get("sin_port")))
    if family == "AF_INET6":
        return SocketAddress(family, _host(struct.get("sin6_addr")), _port(struct.get("sin6_port")))
    if family == "AF_UNIX":
        name = text_of(struct.get("sun_path"))
        if not struct.has("sun_path"):
            return SocketAddress(family, path="")
        if name is None or name.cut:
            return SocketAddress(family)
        if name.value.startswith("\0"):
            return SocketAddress(family, abstract=name.value[1:])
        return SocketAddress(family, path=name.value)
    return SocketAddress(family)


def _host(value: Value) -> IPv4Address | IPv6Address | None:
    value = bare(value)
    try:
        match value:
            case Text(_, False):
                packed = octets(value)
                return IPv6Address(packed) if len(packed) == 16 else IPv4Address(packed)
            case Call("inet_addr", (Text(address, False),)):
                return IPv4Address(address)
            case Call("inet_pton", (_, Text(address, False))):
                return IPv6Address(address)
            case Call("htonl", (int() as number,)):
                return IPv4Address(number)
    except ValueError:
        return None
    return None


def _port(value: Value) -> int | None:
    value = bare(value)
    match value:
        case Text(_, False):
            packed = octets(value)
            return int.from_bytes(packed, "big") if len(packed) == 2 else None
        case Call("htons", (int() as number,)):
            return int(number)
    return None


def _signed(number: int) -> int:
    """``number`` as the kernel reads it where it wants an ``int``: ``0xffffff9c`` is -100."""
    return number - (1 << 32) if (1 << 31) <= number < (1 << 32) else number
