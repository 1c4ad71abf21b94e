"""Rows to a file of columns, a batch at a time: memory follows the dictionaries, not the length of the recording."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from nslsm.columns.encode import Row
from nslsm.columns.schema import END, pyarrow, schema

if TYPE_CHECKING:
    import pyarrow as pa

BATCH: Final = 1 << 16
"""Rows to a batch of Arrow's format."""
GROUP: Final = 1 << 20
"""Rows to a group of Parquet's: each has its own dictionaries."""
_DICTIONARY_BYTES: Final = 1 << 30
"""Up to this size dictionaries stay dictionaries in Parquet."""


@dataclass(slots=True)
class _Dictionary:
    """The texts of a column, and a number for each of them in a batch."""

    numbers: dict[str, int] = field(default_factory=dict)
    rows: list[int | None] = field(default_factory=list)

    def add(self, text: str | None) -> None:
        numbers = self.numbers
        self.rows.append(None if text is None else numbers.setdefault(text, len(numbers)))

    def taken(self) -> "pa.Array":
        """The batch's column; a new one begins."""
        arrow = pyarrow()
        rows, self.rows = self.rows, []
        return arrow.DictionaryArray.from_arrays(
            arrow.array(rows, arrow.int32()), arrow.array(list(self.numbers), arrow.string())
        )


@dataclass(slots=True)
class ColumnsFile:
    """A file of columns that is being written; Parquet's where its name ends so, Arrow's else. A context manager."""

    path: Path
    _schema: "pa.Schema" = field(init=False)
    _writer: Any = field(init=False)
    _plain: dict[str, list[Any]] = field(default_factory=dict)
    _entries: dict[str, _Dictionary] = field(default_factory=dict)
    rows: int = 0

    def __post_init__(self) -> None:
        arrow = pyarrow()
        self._schema = schema()
        for column in self._schema:
            if arrow.types.is_dictionary(column.type):
                self._entries[column.name] = _Dictionary()
            else:
                self._plain[column.name] = []
        if self.is_parquet:
            self._writer = arrow.parquet.ParquetWriter(
                self.path,
                self._schema,
                use_dictionary=list(self._entries),
                dictionary_pagesize_limit=_DICTIONARY_BYTES,
                compression="zstd",
            )
        else:
            options = arrow.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
            self._writer = arrow.ipc.new_file(str(self.path), self._schema, options=options)

    @property
    def is_parquet(self) -> bool:
        """Whether the file is Parquet's."""
        return self.path.suffix == ".parquet"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._writer.close()

    def add(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        most = GROUP if self.is_parquet else BATCH
        line, time, result = (self._plain[name] for name in ("line", "time", "result"))
        names = ("call", "subject", "program", "things", "meanwhile")
        for row in rows:
            line.append(row.line)
            time.append(row.time)
            result.append(row.result)
            self._entries["errno"].add(None if row.errno is None else row.errno.name)
            for name in names:
                self._entries[name].add(getattr(row, name))
            self.rows += 1
            if len(line) >= most:
                self._write(self._batch(), {})
                line, time, result = (self._plain[each] for each in ("line", "time", "result"))

    def finish(self, told: dict[str, Any]) -> None:
        """What is known at the end."""
        self._write(self._batch(), {END: dumps(told).encode()})

    def _batch(self) -> "pa.RecordBatch":
        arrow = pyarrow()
        columns = []
        for column in self._schema:
            if column.name in self._entries:
                columns.append(self._entries[column.name].taken())
            else:
                columns.append(arrow.array(self._plain[column.name], column.type))
                self._plain[column.name] = []
        return arrow.RecordBatch.from_arrays(columns, schema=self._schema)

    def _write(self, batch: "pa.RecordBatch", metadata: dict[bytes, bytes]) -> None:
        if not self.is_parquet:
            self._writer.write_batch(batch, custom_metadata=metadata or None)
            return
        if metadata:
            self._writer.add_key_value_metadata(metadata)
        self._writer.write_batch(batch, row_group_size=GROUP)
