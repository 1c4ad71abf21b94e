"""One cell of a table's data: the value of its type that a text, or a value of JSON, stands for."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final, TypeAlias

from nslsm.hooks.types import ADDRESS, BOOL, INT, NETWORK, PATH, STRING, Enumeration, Type
from nslsm.language.check.types import INT_MAX, INT_MIN, article, member, member_names, path_fault
from nslsm.protocol.things import Value

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class CellError(ValueError):
    """What is wrong with a cell, as a finding says it."""


def from_text(text: str, type_: Type) -> Value:
    """The value that a cell of CSV stands for; :class:`CellError` where there is none.

    >>> from_text("0o644", INT), from_text("10.0.0.0/8", NETWORK)
    (420, IPv4Network('10.0.0.0/8'))
    """
    if type_ == STRING:
        return text
    read = _READERS.get(str(type_))
    if read is not None:
        try:
            return read(text)
        except ValueError as error:
            if isinstance(error, CellError):
                raise
            raise CellError(f"`{text}` is not {article(type_)}") from None
    found = member(type_, text)
    if found is None:
        words = member_names(type_)
        hint = f": it is one of {', '.join(words)}" if len(words) <= 12 else ""
        raise CellError(f"`{text}` is not {article(type_)}{hint}")
    return found


def from_json(cell: Json, type_: Type) -> Value:
    """The value that a value of JSON stands for: numbers, truths and texts as they are, the rest as a text."""
    if type_ == BOOL and isinstance(cell, bool):
        return cell
    if type_ == INT and isinstance(cell, int) and not isinstance(cell, bool):
        return _in_range(cell)
    if isinstance(cell, str) and type_ not in (BOOL, INT):
        return from_text(cell, type_)
    raise CellError(f"`{_shown(cell)}` is not {article(type_)}")


def _shown(cell: Json) -> str:
    text = repr(cell)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _in_range(number: int) -> int:
    if INT_MIN <= number <= INT_MAX:
        return number
    raise CellError("integers have 64 bits, and this one has more")


def _integer(text: str) -> int:
    """A number as the language writes it: decimal, ``0x…`` or ``0o…``, no underscores, no spaces."""
    digits = text.removeprefix("-")
    prefix = digits[:2]
    base = {"0x": 16, "0o": 8}.get(prefix, 10)
    body = digits[2:] if base != 10 else digits
    if not body.isalnum() or not body.isascii() or len(body) > 25:
        raise ValueError(text)
    number = int(body, base)
    return _in_range(-number if text.startswith("-") else number)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise CellError(f"`{text}` is neither `true` nor `false`")
    return text == "true"


def _path(text: str) -> str:
    fault = path_fault(text)
    if fault is not None:
        raise CellError(f'no path is "{text}": {fault}')
    return text


_READERS: Final[Mapping[str, Callable[[str], Value]]] = {
    str(INT): _integer,
    str(BOOL): _truth,
    str(PATH): _path,
    str(ADDRESS): ip_address,
    str(NETWORK): ip_network,
}


def is_named(type_: Type) -> bool:
    """Whether the type's values are words: an enumeration's members, capabilities, signals, errnos."""
    return isinstance(type_, Enumeration) or bool(member_names(type_))
