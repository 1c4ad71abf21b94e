"""Socket addresses as audit dumps them, in hexadecimal, to the values that other traces have for them."""

from ipaddress import IPv4Address, IPv6Address
from typing import Final

from nslsm.kernel.call import ABSENT, Call, Struct, Text, Value

_UNIX: Final = 1
_INET: Final = 2
_INET6: Final = 10


def address(raw: str) -> Value:
    """The ``struct sockaddr`` that ``saddr=`` holds; :data:`~nslsm.kernel.call.ABSENT` for what is none.

    The family is in the machine's byte order, little-endian on all machines that are known here; unix(7), ip(7), ipv6(7).

    >>> address("02000050" + "7F000001" + "00" * 8).get("sin_port")
    Call(name='htons', arguments=(80,))
    """
    try:
        octets = bytes.fromhex(raw)
    except ValueError:
        return ABSENT
    if len(octets) < 2:
        return ABSENT
    family = int.from_bytes(octets[:2], "little")
    named: tuple[tuple[str, Value], ...] = (("sa_family", family),)
    if family == _INET and len(octets) >= 8:
        host = Call("inet_addr", (Text(str(IPv4Address(octets[4:8]))),))
        return Struct((*named, ("sin_port", _port(octets)), ("sin_addr", host)))
    if family == _INET6 and len(octets) >= 24:
        host = Call("inet_pton", (None, Text(str(IPv6Address(octets[8:24])))))
        return Struct((*named, ("sin6_port", _port(octets)), ("sin6_addr", host)))
    if family == _UNIX and len(octets) > 2:
        path = octets[2:]
        if path[:1] == b"\0":
            return Struct((*named, ("sun_path", Text(_text(path)))))
        return Struct((*named, ("sun_path", Text(_text(path.split(b"\0", 1)[0])))))
    return Struct(named)


def _port(octets: bytes) -> Value:
    return Call("htons", (int.from_bytes(octets[2:4], "big"),))


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
