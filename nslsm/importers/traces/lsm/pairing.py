"""The two files of a recording as one stream of lines: the arguments of a row come right before it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from nslsm.importers.traces.bounded import BoundedLines

_ROW: Final = re.compile(rb'"i": ?([0-9]{1,18})[,}]')
_LOOKED_AT: Final = 4_096


class Line(NamedTuple):
    """A line of one of the files."""

    source: str
    number: int
    raw: bytes


def paired(hooks: Iterable[bytes], arguments: Path, source: str) -> Iterator[Line]:
    """All lines of both, those with arguments by the number of their row; both are in the order of rows.

    Lines with arguments that belong to no row come where the numbers before them are passed. OSError where the second
    file cannot be read.
    """
    with arguments.open("rb") as file:
        yield from _in_order(hooks, enumerate(BoundedLines(file), 1), (source, str(arguments)))


def _in_order(hooks: Iterable[bytes], waiting: Iterator[tuple[int, bytes]], names: tuple[str, str]) -> Iterator[Line]:
    told = next(waiting, None)
    for number, raw in enumerate(hooks, 1):
        row = _number(raw)
        while told is not None and row is not None and (_number(told[1]) or 0) <= row:
            yield Line(names[1], *told)
            told = next(waiting, None)
        yield Line(names[0], number, raw)
    while told is not None:
        yield Line(names[1], *told)
        told = next(waiting, None)


def _number(raw: bytes) -> int | None:
    match = _ROW.search(raw[:_LOOKED_AT])
    return None if match is None else int(match[1])
