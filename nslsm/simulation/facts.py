"""Facts as words on a command line: ``port=443``, ``flags=read,write``, by the type that the catalogue gives them."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from nslsm.diagnostics import Code, DiagnosticError
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
    SetOf,
    Type,
)
from nslsm.protocol.things import Value

BAD_FACT: Final = Code("bad-fact")


def read_fact(name: str, text: str, type_: Type) -> Value:
    """The value of type ``type_`` that ``text`` spells; DiagnosticError where it spells none.

    >>> read_fact("uid", "1001", INT), read_fact("dumpable", "no", BOOL)
    (1001, False)
    """
    try:
        return _value(text, type_)
    except (ValueError, KeyError):
        raise DiagnosticError([BAD_FACT.at(None, f"`{name}={text}` is not a {type_}", help=_form(type_))]) from None


def _value(text: str, type_: Type) -> Value:
    match type_:
        case Flags():
            return frozenset(_member(part, type_.members) for part in text.split(",") if part)
        case Enumeration():
            return _member(text, type_.members)
        case SetOf():
            return frozenset(_value(part, type_.element) for part in text.split(",") if part)
    if type_ == BOOL:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
    if type_ == INT:
        return int(text, 0)
    if type_ == ADDRESS:
        return ip_address(text)
    if type_ == NETWORK:
        return ip_network(text)
    named: Mapping[Type, type[Capability | Signal | Errno]] = {CAPABILITY: Capability, SIGNAL: Signal, ERRNO: Errno}
    if type_ in named:
        return named[type_][text.upper()]
    if type_ in (PATH, STRING):
        if type_ == PATH and text and not text.startswith("/"):
            raise ValueError(text)
        return text
    raise ValueError(text)


def _member(text: str, members: tuple[str, ...]) -> str:
    if text not in members:
        raise ValueError(text)
    return text


def _form(type_: Type) -> str:
    match type_:
        case Flags() | Enumeration():
            return (
                f"one of {', '.join(type_.members)}"
                if isinstance(type_, Enumeration)
                else (f"any of {', '.join(type_.members)}, with commas between them")
            )
        case SetOf():
            return f"values of type {type_.element}, with commas between them"
    return {
        "int": "a number, decimal or with 0x or 0o",
        "bool": "yes or no",
        "path": "an absolute path",
        "address": "an IPv4 or IPv6 address",
        "capability": "a name such as CAP_NET_ADMIN",
        "signal": "a name such as SIGTERM",
    }.get(str(type_), "see `nslsm hooks`")
