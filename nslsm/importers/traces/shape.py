"""JSON taken apart: each member is of the type that it is asked for, absent, or a fault that says where."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

Json: TypeAlias = Mapping[str, object]

_DIGITS: Final = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)", re.ASCII)


class ShapeError(Exception):
    """A member is not of its type; the text says which, and what it should be."""


def item(found: Json, name: str) -> Json | None:
    """The object ``name``; None where it is absent or null."""
    value = found.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise ShapeError(f"`{name}` is no object")


def items(found: Json, name: str) -> Sequence[Json]:
    """The list of objects ``name``; empty where it is absent."""
    value = found.get(name)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return value
    raise ShapeError(f"`{name}` is no list of objects")


def texts(found: Json, name: str) -> Sequence[str]:
    """The list of strings ``name``; empty where it is absent."""
    value = found.get(name)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise ShapeError(f"`{name}` is no list of strings")


def text(found: Json, name: str) -> str | None:
    """The string ``name``; halves of surrogate pairs, which no text has, are replaced."""
    value = found.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ShapeError(f"`{name}` is no string")
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number(found: Json, name: str) -> int | None:
    """The integer ``name``; those of 64 bits are written as strings (protobuf's JSON)."""
    value = found.get(name)
    if value is None:
        return None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not -(1 << 63) <= value < 1 << 64:
        raise ShapeError(f"`{name}` is no integer of 64 bits")
    return value


def time(found: Json, name: str) -> float | None:
    """The time ``name``, RFC 3339 in UTC, in seconds since the epoch.

    >>> time({"time": "1970-01-01T00:01:00.5Z"}, "time")
    60.5
    """
    written = text(found, name)
    if written is None:
        return None
    match = _TIME.fullmatch(written)
    try:
        whole = None if match is None else datetime.fromisoformat(f"{match[1]}+00:00").timestamp()
    except ValueError:
        whole = None
    if match is None or whole is None:
        raise ShapeError(f"`{name}` is no time")
    return whole + float(f"0.{match[2] or 0}")
