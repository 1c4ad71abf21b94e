"""Files of columns, a batch at a time: numbers as arrays, and the entries that they stand for."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from nslsm.columns.schema import END, ENTRIES, KEY, UNREADABLE, VERSION, ColumnsError, numpy, pyarrow, schema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_PLAIN: Final = ("line", "time", "result")
PIECE: Final = 1 << 16
"""Rows that are counted at a time."""
FORGETTING: Final = 32
"""After so many batches of a mapped file, what was read of it may go."""


class Batch(NamedTuple):
    """Some rows: numbers, and of entries the numbers that :class:`Entries` has them under; -1 for none."""

    line: "np.ndarray[Any, Any]"
    time: "np.ndarray[Any, Any]"
    """Seconds; NaN where the recording has no times."""
    result: "np.ndarray[Any, Any]"
    subject: "np.ndarray[Any, Any]"
    program: "np.ndarray[Any, Any]"
    things: "np.ndarray[Any, Any]"
    meanwhile: "np.ndarray[Any, Any]"


class Numbers(NamedTuple):
    """Some rows, of some columns of entries only: what is counted without looking at anything else."""

    batch: int
    """Which batch of the file they are in."""
    offset: int
    """How many of its rows are before them."""
    of: "dict[str, np.ndarray[Any, Any]]"
    """By column, the numbers that :class:`Entries` has the entries under; -1 for none."""

    def __len__(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.of.values())))


@dataclass(slots=True)
class Entries:
    """The texts of one column, each once, in whichever batches they stand."""

    texts: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _last: "pa.Array | None" = None
    """The dictionary that was seen last: as long as it is held here, none other is where it is."""

    def numbered(self, column: "pa.Array") -> "np.ndarray[Any, Any]":
        """A batch's column, in the numbers that the texts have here."""
        arrays = numpy()
        indices = column.indices
        if indices.null_count:
            indices = indices.fill_null(-1)
        indices = indices.to_numpy(zero_copy_only=False)
        if len(indices) and (indices.min() < -1 or indices.max() >= len(column.dictionary)):
            raise ValueError("a number stands for no entry")
        if not self._extended(column.dictionary):
            mine = [self._number(text) for text in column.dictionary.to_pylist()]
            indices = arrays.array([*mine, -1], dtype=arrays.int32)[indices]
        return cast("np.ndarray[Any, Any]", indices)

    def _extended(self, dictionary: "pa.Array") -> bool:
        """Whether a dictionary is the one that was there, or begins with it: then its numbers are these numbers."""
        if self._last is not None and _is_same(self._last, dictionary):
            return True
        if len(self.texts) > len(dictionary) or dictionary[: len(self.texts)].to_pylist() != self.texts:
            return False
        new = dictionary[len(self.texts) :].to_pylist()
        if len(set(new)) < len(new) or None in new or not self._numbers.keys().isdisjoint(new):
            return False
        for text in new:
            self._number(text)
        self._last = dictionary
        return True

    def _number(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError("an entry is no text")
        number = self._numbers.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        return number


class Recorded:
    """A recording in columns, opened. ``told`` is what its end says: profile, source, lines, findings."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`ColumnsError` for what is none, :class:`nslsm.columns.schema.Missing` without pyarrow."""
        arrow = pyarrow()
        self.path = path
        self.entries = {name: Entries() for name in ENTRIES}
        self._parquet: Any = None
        self._arrow: Any = None
        self._map: mmap.mmap | None = None
        self._kept: dict[str, tuple[int, np.ndarray[Any, Any]]] = {}
        self._readers: dict[tuple[str, ...], Any] = {}
        try:
            if path.suffix == ".parquet":
                self._parquet = arrow.parquet.ParquetFile(path, read_dictionary=list(ENTRIES))
                found, self.rows = self._parquet.schema_arrow, self._parquet.metadata.num_rows
                end = (self._parquet.metadata.metadata or {}).get(END)
            else:
                with path.open("rb") as file:
                    self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self._arrow = self._opened()
                found, end = self._arrow.schema, self._end()
                self.rows = -1
        except (arrow.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            raise self.refusal(f"{_first(error)}") from error
        self._require(found)
        if end is None:
            raise self.refusal("its end is missing: whoever wrote it did not finish")
        try:
            self.told: dict[str, Any] = loads(end)
            self.rows = int(self.told["events"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self.refusal("its end is damaged") from error

    @property
    def batch_count(self) -> int:
        """How many batches there are: Arrow's record batches, Parquet's row groups."""
        return int(self._arrow.num_record_batches if self._parquet is None else self._parquet.num_row_groups)

    def rows_before(self, batch: int) -> int:
        """How many rows there are in the batches before the one of that number."""
        if self._parquet is None:
            return sum(self._arrow.get_batch(number).num_rows for number in range(batch))
        return sum(self._parquet.metadata.row_group(number).num_rows for number in range(batch))

    def column(self, batch: int, name: str) -> "np.ndarray[Any, Any]":
        """One column of one batch, entries by their numbers; what was asked for last is kept."""
        known = self._kept.get(name)
        if known is None or known[0] != batch:
            with self._clearly():
                found = self._read(batch, (name,)).column(name)
                plain = name not in self.entries
                values = found.to_numpy(zero_copy_only=False) if plain else self.entries[name].numbered(found)
            known = self._kept[name] = batch, values
        return known[1]

    def batches(self, first: int = 0, last: int | None = None) -> Iterator[Batch]:
        """The rows of the batches from ``first`` up to, not including, ``last``; :class:`ColumnsError` for damaged ones."""
        for number in range(*slice(first, last).indices(self.batch_count)):
            with self._clearly():
                batch = self._batch(self._read(number, (*_PLAIN, *ENTRIES)))
            yield batch

    def numbers(self, columns: tuple[str, ...], first: int = 0, last: int | None = None) -> Iterator[Numbers]:
        """The same rows, at most :data:`PIECE` at a time, with nothing but some columns of entries."""
        for number in range(*slice(first, last).indices(self.batch_count)):
            with self._clearly():
                batch = self._read(number, columns)
                found = {name: self.entries[name].numbered(batch.column(name)) for name in columns}
            for offset in range(0, batch.num_rows, PIECE):
                yield Numbers(number, offset, {name: each[offset : offset + PIECE] for name, each in found.items()})
            del batch, found
            self._forget(number)

    def _clearly(self) -> "_clearly":
        return _clearly(self)

    def _opened(self, columns: tuple[str, ...] | None = None) -> Any:  # noqa: ANN401 - a reader of pyarrow, which has no types
        arrow = pyarrow()
        included = None if columns is None else [self._arrow.schema.get_field_index(name) for name in columns]
        options = arrow.ipc.IpcReadOptions(included_fields=included)
        return arrow.ipc.open_file(arrow.BufferReader(arrow.py_buffer(self._map)), options=options)

    def _read(self, number: int, columns: tuple[str, ...]) -> "pa.RecordBatch":
        if self._parquet is None:
            return self._narrowed(columns).get_batch(number)
        table = self._parquet.read_row_group(number, columns=list(columns)).combine_chunks()
        found = table.select(list(columns)).to_batches()
        if len(found) == 1:
            return found[0]
        return pyarrow().RecordBatch.from_pylist([], schema=table.select(list(columns)).schema)

    def _narrowed(self, columns: tuple[str, ...]) -> Any:  # noqa: ANN401 - a reader of pyarrow
        if columns not in self._readers:
            self._readers[columns] = self._opened(columns)
        return self._readers[columns]

    def _forget(self, number: int) -> None:
        """Let the system take back what it has read of the file; whatever is looked at again, it reads again."""
        if self._map is not None and number % FORGETTING == FORGETTING - 1 and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def _batch(self, batch: "pa.RecordBatch") -> Batch:
        line, time, result = (batch.column(name) for name in _PLAIN)
        numbered = [self.entries[name].numbered(batch.column(name)) for name in ENTRIES]
        return Batch(
            line.to_numpy(zero_copy_only=False),
            time.to_numpy(zero_copy_only=False),
            result.to_numpy(zero_copy_only=False),
            *numbered,
        )

    def _end(self) -> bytes | None:
        count = self._arrow.num_record_batches
        if not count:
            return None
        metadata = self._arrow.get_batch_with_custom_metadata(count - 1).custom_metadata
        found = None if metadata is None else metadata.get(END)
        return None if found is None else bytes(found)

    def _require(self, found: "pa.Schema") -> None:
        version = (found.metadata or {}).get(KEY)
        if version is None:
            raise self.refusal("it holds other columns")
        if not version.isdigit() or int(version) != VERSION:
            said = version.decode("utf-8", "replace")[:20]
            raise self.refusal(f"it is of version {said} of the format, and version {VERSION} is read here")
        for column in schema():
            there = found.get_field_index(column.name)
            if there < 0 or found.field(there).type != column.type:
                raise self.refusal(f"its column `{column.name}` is missing, or of another type")

    def refusal(self, why: str) -> ColumnsError:
        """The error that the file is none that can be read."""
        message = f"`{self.path}` is no recording in columns: {why}"
        return ColumnsError([UNREADABLE.at(None, message, help="write one with `nslsm convert TRACE -o FILE`")])


def _first(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]


def _is_same(one: "pa.Array", other: "pa.Array") -> bool:
    """Whether two dictionaries that are both there are one piece of memory."""
    if one is other:
        return True
    places = [[None if each is None else each.address for each in array.buffers()] for array in (one, other)]
    return (len(one), one.offset) == (len(other), other.offset) and places[0] == places[1]


class _clearly:  # noqa: N801 - read as a word: with clearly(…)
    """What breaks a reader of columns is told as one clear error."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        broken = (pyarrow().ArrowException, OSError, ValueError, TypeError, KeyError, IndexError)
        if isinstance(error, broken):
            raise self._recorded.refusal(_first(error)) from error
