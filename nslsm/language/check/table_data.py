"""Rows of a table from a file beside the module: CSV with a header, or a JSON array of objects.

The header (or an object's names) says which column is which key; the one further column holds the value, whatever it is
called, and a table without a value has no further column. So columns can stand in any order, and a swapped pair is found.
Where the value is a set, each row of CSV gives one element; JSON gives an element or an array of them.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nslsm.language.check.cells import Json

MAX_TABLE_BYTES: Final = 64 * 1024 * 1024
"""Bytes of one file of rows."""

MAX_ROWS: Final = 1_000_000
"""Rows of one table (Model, Trust)."""


class DataFault(Exception):
    """Data that cannot be read further. ``line`` 0: the file as a whole. ``header``: its columns are not the table's."""

    def __init__(self, message: str, line: int = 0, *, header: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.header = header


@dataclass(frozen=True, slots=True)
class DataRow:
    """One row: where it stands, and its cells, the keys in the table's order and then the value, if there is one."""

    line: int
    cells: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table are."""

    keys: tuple[str, ...]
    valued: bool

    def order(self, names: Sequence[str], line: int) -> tuple[int, ...]:
        """The places of the keys and the value among ``names``; :class:`DataFault` where they are not all there."""
        repeated = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if repeated is not None:
            raise DataFault(f"column `{repeated}` is there twice", line, header=True)
        missing = [name for name in self.keys if name not in names]
        if missing:
            wanted = ", ".join(f"`{name}`" for name in self.keys)
            raise DataFault(
                f"no column is called `{missing[0]}`; the first line names the keys: {wanted}", line, header=True
            )
        others = [place for place, name in enumerate(names) if name not in self.keys]
        if len(others) != self.valued:
            extra = ", ".join(f"`{names[place]}`" for place in others)
            if self.valued:
                message = (
                    f"one column beside the keys holds the value, and there are {len(others)}: {extra}"
                    if others
                    else "no column holds the value"
                )
            else:
                message = f"the table has no value, so there is no further column: {extra}"
            raise DataFault(message, line, header=True)
        return (*(names.index(name) for name in self.keys), *others)


def rows(text: str, columns: Columns, *, is_json: bool) -> Iterator[DataRow]:
    """The rows of a file; :class:`DataFault` where it cannot be read further."""
    return _from_json(text, columns) if is_json else _from_csv(text, columns)


def decoded(data: bytes) -> str:
    """The text of a file; :class:`DataFault` where it is none, or too long."""
    if len(data) > MAX_TABLE_BYTES:
        raise DataFault(f"the file has more than the limit of {MAX_TABLE_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataFault("this is not UTF-8", line) from None


def _from_csv(text: str, columns: Columns) -> Iterator[DataRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    order: tuple[int, ...] | None = None
    width = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise DataFault(f"this is not CSV: {error}", reader.line_num or 1) from None
        if not cells:
            continue
        if order is None:
            order, width = columns.order([cell.strip() for cell in cells], line), len(cells)
        elif len(cells) != width:
            raise DataFault(f"the row has {len(cells)} cells, and the header has {width}", line)
        else:
            yield DataRow(line, tuple(cells[place] for place in order))
    if order is None:
        raise DataFault("the file is empty: its first line names the columns", 1, header=True)


def _from_json(text: str, columns: Columns) -> Iterator[DataRow]:
    decoder = json.JSONDecoder(object_pairs_hook=_Pairs, parse_constant=_no_constant)
    at, line = _skip(text, 0, 1)
    if text[at : at + 1] != "[":
        raise DataFault("the file holds no JSON array: rows are objects in an array", line)
    at, line = _skip(text, at + 1, line)
    first = True
    while text[at : at + 1] != "]":
        if not first:
            if text[at : at + 1] != ",":
                raise DataFault("this is not JSON: a `,` or `]` is missing", line)
            at, line = _skip(text, at + 1, line)
        first = False
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error) or "too deep"
            place = error.lineno if isinstance(error, json.JSONDecodeError) else line
            raise DataFault(f"this is not JSON: {reason}", place) from None
        if not isinstance(value, _Pairs):
            raise DataFault("a row is an object that names its columns", line)
        names = [name for name, _ in value.pairs]
        order = columns.order(names, line)
        yield DataRow(line, tuple(value.pairs[place][1] for place in order))
        line += text.count("\n", at, end)
        at, line = _skip(text, end, line)
    at, line = _skip(text, at + 1, line)
    if at < len(text):
        raise DataFault("something follows the array", line)


class _Pairs:
    """An object of JSON with its names in order, repeated ones included."""

    def __init__(self, pairs: list[tuple[str, Json]]) -> None:
        self.pairs = pairs


def _no_constant(text: str) -> Json:
    raise ValueError(f"`{text}` is no value of JSON")


def _skip(text: str, at: int, line: int) -> tuple[int, int]:
    """The place and line behind white space."""
    while at < len(text) and text[at] in " \t\r\n":
        line += text[at] == "\n"
        at += 1
    return at, line
