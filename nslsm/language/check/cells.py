"""One cell of a table's data: the value of its type that a text, or a value of JSON, stands for."""

from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Final, TypeAlias

from nslsm.hooks.types import ADDRESS, BOOL, GLOB, INT, NETWORK, PATH, STRING, Type
from nslsm.language.check.glob import Glob, GlobError
from nslsm.language.check.types import INT_MAX, INT_MIN, article, member, member_names, path_fault
from nslsm.protocol.things import Value

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


_REMEMBERED: Final = 65_536
"""How many texts of one column are remembered."""


class CellError(ValueError):
    """What is wrong with a cell, as a finding says it."""


Reader: TypeAlias = Callable[[Json], Value]
"""Makes a value of a cell; raises :class:`CellError`."""


def reader(type_: Type, *, is_json: bool) -> Reader:
    """What makes values of ``type_`` of the cells of one column: texts of CSV, or values of JSON.

    >>> reader(INT, is_json=False)("0o644"), reader(INT, is_json=True)(420)
    (420, 420)
    """
    read = _text_reader(type_)
    if not is_json:
        return lambda cell: read(cell) if isinstance(cell, str) else _refuse(cell, type_)
    if type_ == BOOL:
        return lambda cell: cell if isinstance(cell, bool) else _refuse(cell, type_)
    if type_ == INT:
        return lambda cell: (
            _in_range(cell) if isinstance(cell, int) and not isinstance(cell, bool) else _refuse(cell, type_)
        )
    return lambda cell: read(cell) if isinstance(cell, str) else _refuse(cell, type_)


def remembering(read: Reader) -> Reader:
    """The same reader, which makes the value of a text that comes again only once: columns repeat themselves."""
    known: dict[str, Value] = {}

    def remembered(cell: Json) -> Value:
        if not isinstance(cell, str):
            return read(cell)
        value = known.get(cell)
        if value is None:
            value = read(cell)
            if len(known) < _REMEMBERED:
                known[cell] = value
        return value

    return remembered


def from_text(text: str, type_: Type) -> Value:
    """The value that a cell of CSV stands for; :class:`CellError` where there is none.

    >>> from_text("0o644", INT), from_text("10.0.0.0/8", NETWORK)
    (420, IPv4Network('10.0.0.0/8'))
    """
    return reader(type_, is_json=False)(text)


def from_json(cell: Json, type_: Type) -> Value:
    """The value that a value of JSON stands for: numbers, truths and texts as they are, the rest as a text."""
    return reader(type_, is_json=True)(cell)


def glob_fault(text: str) -> str | None:
    """What is wrong with a text as a pattern of paths; None where nothing is."""
    try:
        Glob(text)
    except GlobError as error:
        return f"`{_cut(text)}` is no glob: {error.message}"
    return None if text.startswith(("/", "{", "*")) else f"`{_cut(text)}` matches no path: one starts with `/`"


def _glob(text: str) -> Value:
    fault = glob_fault(text)
    if fault is not None:
        raise CellError(fault)
    return text


def _text_reader(type_: Type) -> Callable[[str], Value]:
    if type_ == STRING:
        return lambda text: text
    made = _READERS.get(str(type_))
    if made is None:
        return partial(_word, type_=type_)
    read = made

    def checked(text: str) -> Value:
        try:
            return read(text)
        except CellError:
            raise
        except ValueError:
            raise CellError(f"`{_cut(text)}` is not {article(type_)}") from None

    return checked


def _word(text: str, type_: Type) -> Value:
    found = member(type_, text)
    if found is None:
        words = member_names(type_)
        hint = f": it is one of {', '.join(words)}" if len(words) <= 12 else ""
        raise CellError(f"`{_cut(text)}` is not {article(type_)}{hint}")
    return found


def _refuse(cell: Json, type_: Type) -> Value:
    raise CellError(f"`{_cut(repr(cell))}` is not {article(type_)}")


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _in_range(number: int) -> int:
    if INT_MIN <= number <= INT_MAX:
        return number
    raise CellError("integers have 64 bits, and this one has more")


def _integer(text: str) -> int:
    """A number as the language writes it: decimal, ``0x…`` or ``0o…``, no underscores, no spaces."""
    if text.isdecimal() and text.isascii() and len(text) < 19:
        return int(text)
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
    str(GLOB): _glob,
    str(ADDRESS): ip_address,
    str(NETWORK): ip_network,
}
