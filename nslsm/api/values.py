"""Python's ways of saying a fact, by the type that the catalogue gives it: ``"8.8.8.8"``, ``os.O_RDWR``, ``signal.SIGTERM``."""

import os
from collections.abc import Iterable, Mapping
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, cast

from nslsm.hooks.kinds import OPEN_FLAGS, OPENING
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import (
    ADDRESS,
    BOOL,
    CAPABILITY,
    ERRNO,
    INT,
    NETWORK,
    PATH,
    SIGNAL,
    STRING,
    Enumeration,
    Flags,
    NoAddress,
    SetOf,
    Type,
    Unknown,
)
from nslsm.language.check.types import path_fault
from nslsm.protocol.things import Value

MODES: Final = {
    "r": {"read"},
    "r+": {"read", "write"},
    "w": {"write", "create", "truncate"},
    "w+": {"read", "write", "create", "truncate"},
    "a": {"write", "create", "append"},
    "a+": {"read", "write", "create", "append"},
    "x": {"write", "create", "exclusive"},
    "x+": {"read", "write", "create", "exclusive"},
}
"""How :func:`open` spells what open(2) is asked for."""

_BITS: Final = {
    "append": os.O_APPEND,
    "truncate": os.O_TRUNC,
    "create": os.O_CREAT,
    "exclusive": os.O_EXCL,
    "directory": os.O_DIRECTORY,
    "nofollow": os.O_NOFOLLOW,
    "path": os.O_PATH,
    "close_on_exec": os.O_CLOEXEC,
    "nonblock": os.O_NONBLOCK,
}
_TEMPORARY: Final = os.O_TMPFILE & ~os.O_DIRECTORY

_NAMED: Final[Mapping[Type, type[IntEnum]]] = {CAPABILITY: Capability, SIGNAL: Signal, ERRNO: Errno}


def open_flags(said: "str | int | Iterable[str]") -> frozenset[str]:
    """The flags of open(2) that are meant: ``"r"``, ``os.O_RDONLY``, ``{"read"}``. ValueError for what is none.

    >>> sorted(open_flags("r+")), sorted(open_flags(os.O_WRONLY | os.O_CREAT))
    (['read', 'write'], ['create', 'write'])
    """
    if isinstance(said, str):
        mode = said.replace("b", "").replace("t", "")
        if mode not in MODES:
            raise ValueError(f"{said!r} is no mode: one of {', '.join(MODES)}")
        return frozenset(MODES[mode])
    if isinstance(said, int):
        return _decoded(said)
    found = frozenset(said)
    unknown = sorted(found - set(OPENING) - {"close_on_exec", "nonblock"})
    if unknown:
        raise ValueError(f"open(2) has no flag {unknown[0]!r}: {', '.join(OPENING)}")
    return found


def _decoded(bits: int) -> frozenset[str]:
    access = bits & os.O_ACCMODE
    found = {name for name, bit in _BITS.items() if bits & bit == bit}
    found |= {os.O_RDONLY: {"read"}, os.O_WRONLY: {"write"}, os.O_RDWR: {"read", "write"}}.get(access, set[str]())
    if "path" in found:
        found -= {"read", "write"}
    if bits & _TEMPORARY:
        found = (found - {"directory"}) | {"temporary"}
    return frozenset(found)


def value_of(name: str, said: object, type_: Type) -> Value | Unknown:
    """The value of type ``type_`` that ``said`` means; TypeError or ValueError where it means none.

    >>> value_of("address", "8.8.8.8", ADDRESS), value_of("cap", "CAP_KILL", CAPABILITY)
    (IPv4Address('8.8.8.8'), <Capability.CAP_KILL: 5>)
    """
    if isinstance(said, Unknown):
        return said
    try:
        found = _value(said, type_)
    except (ValueError, KeyError, TypeError):
        found = None
    if found is None:
        raise ValueError(f"{name}={said!r:.80} is not a {type_}")
    return found


def _value(said: object, type_: Type) -> Value | None:
    match type_:
        case Flags():
            words = open_flags(said) if type_ == OPEN_FLAGS and isinstance(said, int) else _words(said)
            return words & frozenset(type_.members) if words <= {*type_.members, "close_on_exec", "nonblock"} else None
        case Enumeration():
            return said if isinstance(said, str) and said in type_.members else None
        case SetOf():
            members = [_value(each, type_.element) for each in cast("Iterable[object]", said)]
            return None if None in members else frozenset(cast("list[Value]", members))
    if type_ in (PATH, STRING):
        return said if isinstance(said, str) and (type_ != PATH or path_fault(said) is None) else None
    if type_ == BOOL:
        return said if isinstance(said, bool) else None
    if type_ == INT:
        return said if isinstance(said, int) and not isinstance(said, bool) else None
    if type_ == ADDRESS:
        known = isinstance(said, IPv4Address | IPv6Address | NoAddress)
        return cast("Value", said) if known else ip_address(cast("str", said))
    if type_ == NETWORK:
        return said if isinstance(said, IPv4Network | IPv6Network) else ip_network(cast("str", said))
    if type_ in _NAMED:
        named = _NAMED[type_]
        return named[said] if isinstance(said, str) else named(cast("int", said))
    return None


def _words(said: object) -> frozenset[str]:
    return frozenset({said}) if isinstance(said, str) else frozenset(cast("Iterable[str]", said))
