"""Files of columns, a batch at a time: numbers as arrays, and the entries that they stand for."""

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


@dataclass(slots=True)
class Entries:
    """The texts of one column, each once, in whichever batches they stand."""

    texts: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _last: tuple[int, int] = (0, 0)

    def numbered(self, column: "pa.Array") -> "np.ndarray[Any, Any]":
        """A batch's column, in the numbers that the texts have here."""
        arrays = numpy()
        indices = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        if len(indices) and (indices.min() < -1 or indices.max() >= len(column.dictionary)):
            raise ValueError("a number stands for no entry")
        if not self._extended(column.dictionary):
            mine = [self._number(text) for text in column.dictionary.to_pylist()]
            indices = arrays.array([*mine, -1], dtype=arrays.int32)[indices]
        return cast("np.ndarray[Any, Any]", indices)

    def _extended(self, dictionary: "pa.Array") -> bool:
        """Whether a dictionary is the one that was there, or begins with it: then its numbers are these numbers."""
        where = dictionary.buffers()[2]
        address = 0 if where is None else where.address
        if (address, len(dictionary)) == self._last:
            return True
        if len(self.texts) > len(dictionary) or dictionary[: len(self.texts)].to_pylist() != self.texts:
            return False
        for text in dictionary[len(self.texts) :].to_pylist():
            if text in self._numbers or text is None:
                return False
            self._number(text)
        self._last = address, len(dictionary)
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
        try:
            if path.suffix == ".parquet":
                self._parquet = arrow.parquet.ParquetFile(path, read_dictionary=list(ENTRIES))
                found, self.rows = self._parquet.schema_arrow, self._parquet.metadata.num_rows
                end = (self._parquet.metadata.metadata or {}).get(END)
            else:
                self._arrow = arrow.ipc.open_file(arrow.memory_map(str(path)))
                found, end = self._arrow.schema, self._end()
                self.rows = -1
        except (arrow.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            raise self._refusal(f"{_first(error)}") from error
        self._require(found)
        if end is None:
            raise self._refusal("its end is missing: whoever wrote it did not finish")
        try:
            self.told: dict[str, Any] = loads(end)
            self.rows = int(self.told["events"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._refusal("its end is damaged") from error

    def batches(self) -> Iterator[Batch]:
        """The rows, in order; :class:`ColumnsError` where they are damaged."""
        arrow = pyarrow()
        try:
            for batch in self._batches():
                yield self._batch(batch)
        except (arrow.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError) as error:
            raise self._refusal(_first(error)) from error

    def _batches(self) -> Iterator["pa.RecordBatch"]:
        wanted = [*_PLAIN, *ENTRIES]
        if self._parquet is not None:
            for group in range(self._parquet.num_row_groups):
                table = self._parquet.read_row_group(group, columns=wanted).combine_chunks()
                yield from table.select(wanted).to_batches()
            return
        for number in range(self._arrow.num_record_batches):
            yield self._arrow.get_batch(number)

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
            raise self._refusal("it holds other columns")
        if not version.isdigit() or int(version) != VERSION:
            said = version.decode("utf-8", "replace")[:20]
            raise self._refusal(f"it is of version {said} of the format, and version {VERSION} is read here")
        for column in schema():
            there = found.get_field_index(column.name)
            if there < 0 or found.field(there).type != column.type:
                raise self._refusal(f"its column `{column.name}` is missing, or of another type")

    def _refusal(self, why: str) -> ColumnsError:
        message = f"`{self.path}` is no recording in columns: {why}"
        return ColumnsError([UNREADABLE.at(None, message, help="write one with `nslsm convert TRACE -o FILE`")])


def _first(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
