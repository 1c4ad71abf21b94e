"""The rows of one table as they gather: typed, added up where values are sets, each key and element once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from nslsm.diagnostics.span import Span
from nslsm.hooks.types import Flags, SetOf, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.cells import CellError, Json, Reader, reader, remembering
from nslsm.language.check.findings import Findings
from nslsm.language.check.operators import elements
from nslsm.language.check.table_data import MAX_ROWS
from nslsm.language.check.types import element_of
from nslsm.language.syntax.codes import OVER_LIMIT
from nslsm.protocol.things import Value

Place: TypeAlias = Span | int
"""Where a row stands: in the text, or on a line of a file."""

Key: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """The types of a table's keys and of its value."""

    keys: tuple[Type, ...]
    trees: tuple[bool, ...]
    value: Type
    valued: bool = True
    """Whether rows have a value; else the table is a set of keys, and ``value`` is ``bool``."""

    @property
    def type(self) -> ir.TableOf:
        """What a parameter must be declared as to take such a table."""
        return ir.TableOf(self.keys, self.trees, self.value)

    @property
    def accumulates(self) -> bool:
        """Whether several rows of one key add up: the value is a set."""
        return self.valued and isinstance(self.value, SetOf | Flags)

    def readers(self, *, is_json: bool) -> tuple[Reader, ...]:
        """What makes a value of each cell of a row."""
        keys = tuple(remembering(reader(key, is_json=is_json)) for key in self.keys)
        if not self.valued:
            return keys
        element = element_of(self.value)
        if element is None:
            return (*keys, remembering(reader(self.value, is_json=is_json)))
        single = reader(element, is_json=is_json)
        return (*keys, remembering(lambda cell: frozenset(map(single, cell if isinstance(cell, list) else (cell,)))))


@dataclass(slots=True)
class Rows:
    """Gathers the rows of one table; what is wrong with one is reported at its place."""

    findings: Findings
    name: str
    signature: Signature
    file: str = ""
    """What the file of the rows is called, empty where they stand in the text."""
    found: dict[Key, Value] = field(default_factory=dict)
    full: bool = False
    """Whether there were more rows than the limit: no more are taken."""
    unread: bool = False
    """Whether there was no file to read, which is reported already."""
    _count: int = 0
    _growing: dict[Key, set[Value]] = field(default_factory=dict)
    """The sets of keys that have more than one row."""
    _equal: dict[Value, Value] = field(default_factory=dict)
    """Values that were seen, so that equal ones are one object: a large table has few different ones."""
    _places: dict[Key, Place] = field(default_factory=dict)

    def span(self, place: Place) -> Span:
        """The place of a row as a span."""
        return Span(self.file, place, 1, place, 1) if isinstance(place, int) else place

    def read(self, line: int, cells: Sequence[Json], readers: Sequence[Reader]) -> None:
        """A row of a file."""
        try:
            values = tuple([read(cell) for read, cell in zip(readers, cells, strict=True)])
        except CellError as error:
            self.findings.add(codes.TABLE_CELL, self.span(line), str(error))
            return
        if self.signature.valued:
            self.put(line, values[:-1], values[-1])
        else:
            self.put(line, values, value=True)

    def put(self, place: Place, keys: Key, value: Value) -> None:
        """A row of typed cells."""
        self._count += 1
        if self._count > MAX_ROWS:
            message = f"table `{self.name}` has more rows than the limit of {MAX_ROWS}"
            self.findings.add(OVER_LIMIT, self.span(place), message)
            self.full = True
        elif keys not in self.found:
            self.found[keys] = self._equal.setdefault(value, value) if self.signature.accumulates else value
            self._places[keys] = place
        elif not self.signature.accumulates:
            self._repeated(place, keys, "two rows have this key")
        else:
            held = self._growing.get(keys)
            if held is None:
                held = self._growing[keys] = set(elements(self.found[keys]))
            if elements(value) <= held:
                self._repeated(place, keys, "this row adds nothing to the rows of its key")
            held |= elements(value)

    def _repeated(self, place: Place, keys: Key, message: str) -> None:
        related = ((self.span(self._places[keys]), "the first row of this key"),)
        self.findings.add(codes.TABLE_DUPLICATE, self.span(place), message, related=related)

    def finished(self) -> dict[Key, Value]:
        """All rows."""
        for keys, held in self._growing.items():
            self.found[keys] = frozenset(held)
        return self.found
