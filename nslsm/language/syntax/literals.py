"""The values of literals: numbers, strings, doc strings, addresses, networks, endpoints, errnos.

Each reader gives the node, or the diagnostic that says why there is none.
"""

import re
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.diagnostics.span import Span
from nslsm.hooks.linux import Errno
from nslsm.language.syntax import ast, codes
from nslsm.language.syntax.token import shown

INTEGERS: Final = range(-(2**63), 2**63)
"""The integers of the language: 64 bits with a sign (Model M3.5)."""

PORTS: Final = range(2**16)

_NUMBER: Final = re.compile(r"0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)|(?P<decimal>0|[1-9][0-9]*)")
_BASES: Final = {"octal": 8, "hexadecimal": 16, "decimal": 10}
_DIGITS: Final = 22
"""More digits than any 64-bit number has, in any base."""

_ESCAPE: Final = re.compile(r"\\(?:x(?P<byte>[0-9a-fA-F]{2})|u\{(?P<point>[0-9a-fA-F]{1,6})\}|(?P<plain>[\"\\nrt]))")
_PLAIN: Final = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATES: Final = range(0xD800, 0xE000)
_UNICODE: Final = range(0x110000)


def read_integer(text: str, span: Span, *, negative: bool = False) -> ast.Integer | Diagnostic:
    """``1001``, ``0o644``, ``0xff``."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _bad_number(text, span)
    base = _BASES[match.lastgroup or "decimal"]
    digits = match[match.lastgroup or "decimal"].lstrip("0") or "0"
    value = int(digits, base) if len(digits) <= _DIGITS else INTEGERS.stop
    value = -value if negative else value
    if value not in INTEGERS:
        return codes.NUMBER_RANGE.at(
            span,
            f"`{'-' if negative else ''}{shown(text)}` is outside of 64 bits",
            help=f"numbers go from {INTEGERS.start} to {INTEGERS.stop - 1}",
        )
    return ast.Integer(span=span, value=value, base=base)


def _bad_number(text: str, span: Span) -> Diagnostic:
    compact = text.replace("_", "")
    if "_" in text and _NUMBER.fullmatch(compact):
        return codes.BAD_NUMBER.at(
            span, f"`{shown(text)}` is no number", help=f"write it without underscores: `{shown(compact)}`"
        )
    if re.fullmatch(r"0[0-7]+", text):
        return codes.BAD_NUMBER.at(
            span,
            f"`{shown(text)}` could be octal or decimal",
            help=f"octal is written `{shown('0o' + text[1:].lstrip('0'))}`",
        )
    if re.fullmatch(r"0[0-9]+", text):
        return codes.BAD_NUMBER.at(
            span, f"`{shown(text)}` starts with a zero", help=f"write `{shown(text.lstrip('0'))}`"
        )
    if re.fullmatch(r"[0-9]+[kKmMgG][a-zA-Z]*", text):
        return codes.BAD_NUMBER.at(span, f"`{shown(text)}` is no number", help="numbers have no units; write it out")
    return codes.BAD_NUMBER.at(
        span,
        f"`{shown(text)}` is no number",
        help="numbers are written `1001`, `0o644` or `0xff`; names don't start with a digit",
    )


def read_string(text: str, span: Span) -> ast.String | Diagnostic:
    r"""``"/srv/phi/**"``. ``\xHH`` is a byte: bytes that are UTF-8 together are the characters they make, others stay bytes."""
    body = text[1:-1]
    if "\\" not in body:
        return ast.String(span=span, value=body)
    parts: list[str] = []
    position = 0
    while (backslash := body.find("\\", position)) >= 0:
        parts.append(body[position:backslash])
        match = _ESCAPE.match(body, backslash)
        character = None if match is None else _escaped(match)
        if match is None or character is None:
            return _bad_escape(body, backslash, span)
        parts.append(character)
        position = match.end()
    parts.append(body[position:])
    value = "".join(parts).encode(errors="surrogateescape").decode(errors="surrogateescape")
    return ast.String(span=span, value=value)


def _escaped(match: re.Match[str]) -> str | None:
    """What an escape stands for; a byte above 127 as Python keeps bytes of paths that are not UTF-8."""
    if match["byte"]:
        return bytes([int(match["byte"], 16)]).decode(errors="surrogateescape")
    if match["point"]:
        point = int(match["point"], 16)
        return chr(point) if point in _UNICODE and point not in _SURROGATES else None
    return _PLAIN[match["plain"]]


def _bad_escape(body: str, backslash: int, span: Span) -> Diagnostic:
    wrong = re.compile(r"\\(?:x[0-9a-fA-F]{0,2}|u\{[0-9a-fA-F]*\}?|.)?").match(body, backslash)
    text = "\\" if wrong is None else wrong[0]
    start = 1 + backslash
    place = span._replace(
        column=span.column + start,
        end_column=span.column + start + len(text),
        start=span.start + start,
        end=span.start + start + len(text),
    )
    known = '`\\"` `\\\\` `\\n` `\\r` `\\t` `\\xHH` (a byte) `\\u{H…}` (a character)'
    if text in ("\\*", "\\?", "\\[", "\\]", "\\{", "\\}", "\\,"):
        return codes.BAD_ESCAPE.at(
            place,
            f"`{shown(text)}` is no escape of strings",
            help=f"to escape a character of a glob, write `\\{text}`",
        )
    if _ESCAPE.fullmatch(text):
        beyond = "the last character is U+10FFFF, and those from U+D800 to U+DFFF are none"
        return codes.BAD_ESCAPE.at(place, f"`{text}` is no character", help=beyond)
    return codes.BAD_ESCAPE.at(place, f"`{shown(text)}` is no escape of strings", help=f"there are {known}")


def read_doc(text: str, span: Span) -> ast.String:
    """A doc string: no escapes; the indentation that its lines have in common is layout, and so is blank space around it."""
    lines = [line.rstrip() for line in text[3:-3].expandtabs().split("\n")]
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line]
    margin = min(indents, default=0)
    lines = [lines[0].lstrip(), *(line[margin:] for line in lines[1:])]
    return ast.String(span=span, value="\n".join(lines).strip("\n"))


def read_address(text: str, span: Span) -> ast.AddressLiteral | Diagnostic:
    """``8.8.8.8``, ``[2001:db8::1]``."""
    value = _address(text)
    if value is None:
        return codes.BAD_ADDRESS.at(span, f"`{shown(text)}` is no address", help=_address_help(text))
    return ast.AddressLiteral(span=span, value=value)


def read_network(text: str, span: Span) -> ast.NetworkLiteral | Diagnostic:
    """``10.0.0.0/8``, ``[2001:db8::/32]``."""
    bare = text.strip("[]")
    host, _, length = bare.partition("/")
    address = _address(f"[{host}]" if text.startswith("[") else host)
    if address is None:
        return codes.BAD_NETWORK.at(span, f"`{shown(text)}` is no network", help=_address_help(text))
    if len(length) > 3 or int(length) > address.max_prefixlen:
        return codes.BAD_NETWORK.at(
            span,
            f"`{shown(text)}` is no network",
            help=f"the part behind `/` is from 0 to {address.max_prefixlen}",
        )
    network: IPv4Network | IPv6Network = ip_network(f"{host}/{int(length)}", strict=False)
    if network.network_address != address:
        meant = f"[{network}]" if text.startswith("[") else str(network)
        return codes.BAD_NETWORK.at(
            span,
            f"`{shown(text)}` has bits set behind the first {int(length)}",
            help=f"the network is `{meant}`; the address alone is `{text.replace(f'/{length}', '')}`",
        )
    return ast.NetworkLiteral(span=span, value=network)


def read_endpoint(text: str, span: Span) -> ast.Endpoint | Diagnostic:
    """``8.8.8.8:443``, ``[2001:db8::1]:443``."""
    host, _, port = text.rpartition(":")
    value = _address(host)
    if value is None:
        return codes.BAD_ADDRESS.at(span, f"`{shown(host)}` is no address", help=_address_help(host))
    if len(port) > 5 or int(port) not in PORTS:
        return codes.BAD_PORT.at(span, f"`{shown(port)}` is no port", help=f"ports go from 0 to {PORTS.stop - 1}")
    return ast.Endpoint(span=span, address=value, port=int(port))


def some_address(span: Span) -> ast.AddressLiteral:
    """Stands in for an address that is wrong."""
    return ast.AddressLiteral(span=span, value=IPv4Address(0))


def some_network(span: Span) -> ast.NetworkLiteral:
    """Stands in for a network that is wrong."""
    return ast.NetworkLiteral(span=span, value=IPv4Network(0))


def some_endpoint(span: Span) -> ast.Endpoint:
    """Stands in for an endpoint that is wrong."""
    return ast.Endpoint(span=span, address=IPv4Address(0), port=0)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        if text.startswith("["):
            return IPv6Address(text[1:-1])
        return IPv4Address(text)
    except ValueError:
        return None


def _address_help(text: str) -> str:
    if text.startswith("["):
        try:
            ip_address(text.strip("[]").partition("/")[0])
        except ValueError:
            return "IPv6 is written `[2001:db8::1]`, eight groups of up to four digits, one run of zeros as `::`"
        return "brackets are for IPv6; IPv4 is written without them"
    return "IPv4 is four numbers from 0 to 255, without leading zeros"


def read_errno(text: str, span: Span) -> ast.ErrnoLiteral | Diagnostic:
    """``EHOSTUNREACH``, by the names of errno(3)."""
    if text not in Errno.__members__:
        near = get_close_matches(shown(text), Errno.__members__, n=1, cutoff=0.75)
        return codes.UNKNOWN_ERRNO.at(
            span,
            f"no errno is called `{shown(text)}`",
            help=f"did you mean `{near[0]}`?" if near else None,
            notes=("words of `E` and capitals are errnos, errno(3), never names",),
        )
    return ast.ErrnoLiteral(span=span, name=text)
