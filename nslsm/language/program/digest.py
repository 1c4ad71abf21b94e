"""The canonical digest of a checked control or policy: equal exactly where every answer must be (Model M6.1).

The encoding is a tree of SHA-256 hashes. A node is hashed from its kind and its fields, each field's encoding prefixed by its
length; sets and tables are encoded in the order of their members' encodings; places in the text and compiled globs take no
part. So layout, comments and the names of files do not matter, while every default, row, operation and annotation does.
"""

from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from nslsm.hooks.catalogue import VERSION as CATALOGUE_VERSION
from nslsm.hooks.types import Kind
from nslsm.language.check import ir

CONTROL_DOMAIN: Final = b"nslsm control 1\n"
POLICY_DOMAIN: Final = b"nslsm policy 1\n"


def control_digest(control: ir.Control) -> str:
    """The digest of a control with its arguments filled in, as hexadecimal digits."""
    return sha256(CONTROL_DOMAIN + _text(CATALOGUE_VERSION) + _Encoder().encode(control)).hexdigest()


def policy_digest(namespaces: tuple[ir.Namespace, ...]) -> str:
    """The digest of namespace declarations with all that they bind, as hexadecimal digits."""
    return sha256(POLICY_DOMAIN + _text(CATALOGUE_VERSION) + _Encoder().encode(namespaces)).hexdigest()


def _text(text: str) -> bytes:
    return _framed(b"s", text.encode("utf-8", "surrogateescape"))


def _framed(tag: bytes, content: bytes) -> bytes:
    return tag + str(len(content)).encode() + b":" + content


class _Encoder:
    """Encodes values; a node that is shared is hashed once, so that the time is linear in the program.

    One Python frame for each level, so that what the checker lets nest fits the stack.
    """

    def __init__(self) -> None:
        self._done: dict[int, bytes] = {}

    def encode(self, value: object) -> bytes:  # noqa: C901 -- one case a sort of value
        match value:
            case None:
                return b"n"
            case bool():
                return b"t" if value else b"f"
            case Enum():
                return _framed(b"e", _text(type(value).__name__) + _text(value.name))
            case int():
                return _framed(b"i", str(value).encode())
            case str():
                return _text(value)
            case IPv4Address() | IPv6Address() | IPv4Network() | IPv6Network():
                return _framed(b"a", str(value).encode())
            case Kind():
                return _framed(b"k", value.name.encode())
        done = self._done.get(id(value))
        if done is not None:
            return done
        parts: list[bytes] = []
        match value:
            case tuple():
                for part in value:
                    parts.append(self.encode(part))  # noqa: PERF401 -- a comprehension is one more frame
                return _framed(b"l", b"".join(parts))
            case frozenset():
                for part in value:
                    parts.append(self.encode(part))  # noqa: PERF401
                return _framed(b"u", b"".join(sorted(parts)))
            case dict():
                for key, row in value.items():
                    parts.append(self.encode(key) + self.encode(row))
                return _framed(b"m", b"".join(sorted(parts)))
        if not is_dataclass(value):
            raise TypeError(f"{type(value).__name__} has no canonical encoding")
        parts.append(_text(type(value).__name__))
        for field in fields(value):
            if field.compare:
                parts.append(_text(field.name) + self.encode(getattr(value, field.name)))  # noqa: PERF401
        self._done[id(value)] = _framed(b"h", sha256(b"".join(parts)).digest())
        return self._done[id(value)]
