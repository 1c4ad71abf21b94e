"""Batches of calls to a file: Arrow's, in which all batches share their dictionaries, or Parquet's, in which each has its own.

The file gets its name when it is finished; until then, and for good where that never happens, nobody sees it.
"""

import os
from json import dumps
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, cast

from nslsm.columns.calls import ENTRIES, schema
from nslsm.columns.schema import END, numpy, pyarrow

if TYPE_CHECKING:
    import pyarrow as pa

MOST_BYTES: Final = (1 << 31) - 1
"""How many bytes the entries of a dictionary of Arrow's may have together."""
_DICTIONARY_BYTES: Final = 1 << 30
"""Up to this size dictionaries stay dictionaries in Parquet."""


class _Shared:
    """The entries of a column in all batches so far: each batch's own are told by their numbers here."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers = {"": 0}  # Arrow can add to a dictionary that has something in it
        self._entries = pyarrow().array([""], pyarrow().string())

    def shared(self, column: "pa.DictionaryArray") -> "pa.DictionaryArray":
        """The column of a batch with the entries of all so far; ValueError where those are too much for a file of Arrow's."""
        arrow, arrays = pyarrow(), numpy()
        numbers = self._numbers
        known = len(numbers)
        mine = [numbers.setdefault(text, len(numbers)) for text in column.dictionary.to_pylist()]
        if len(numbers) > known:
            added = column.dictionary.filter(arrow.array(arrays.array(mine) >= known))
            if self._entries.nbytes + added.nbytes > MOST_BYTES:
                raise ValueError(f"the entries of `{self._name}` are too much for Arrow's format: write `.parquet`")
            self._entries = arrow.concat_arrays([self._entries, added])
        places = arrow.array(mine, arrow.int32()).take(column.indices)
        return arrow.DictionaryArray.from_arrays(places, self._entries)


class CallsFile:
    """A file of calls that is being written; Parquet's where its name ends so, Arrow's else. A context manager."""

    def __init__(self, path: Path) -> None:
        arrow = pyarrow()
        self.path = path
        self.rows = 0
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._held: pa.RecordBatch | None = None
        self._finished = False
        self._writer: Any
        if self.is_parquet:
            options = {"use_dictionary": list(ENTRIES), "dictionary_pagesize_limit": _DICTIONARY_BYTES}
            self._writer = arrow.parquet.ParquetWriter(self._part, schema(), compression="zstd", **options)
        else:
            self._shared = {name: _Shared(name) for name in ENTRIES}
            options = arrow.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
            self._writer = arrow.ipc.new_file(str(self._part), schema(), options=options)

    @property
    def is_parquet(self) -> bool:
        """Whether the file is Parquet's."""
        return self.path.suffix == ".parquet"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._writer.close()
            if self._finished and error is None:
                self._part.replace(self.path)
        finally:
            self._part.unlink(missing_ok=True)

    def add(self, batch: "pa.RecordBatch") -> None:
        """Append a batch, whose dictionaries may be its own."""
        self.rows += batch.num_rows
        if not batch.num_rows:
            return
        if self.is_parquet:
            self._writer.write_batch(batch, row_group_size=batch.num_rows)
        else:
            self._write(self._with_shared(batch), {})

    def finish(self, told: dict[str, Any]) -> None:
        """What is known at the end."""
        metadata = {END: dumps(told).encode()}
        if self.is_parquet:
            self._writer.add_key_value_metadata(metadata)
        else:
            self._write(self._with_shared(pyarrow().RecordBatch.from_pylist([], schema=schema())), metadata)
        self._finished = True

    def _with_shared(self, batch: "pa.RecordBatch") -> "pa.RecordBatch":
        columns = [
            self._shared[name].shared(column) if name in self._shared else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        return pyarrow().RecordBatch.from_arrays(columns, schema=schema())

    def _write(self, batch: "pa.RecordBatch", metadata: dict[bytes, bytes]) -> None:
        self._writer.write_batch(cast("Any", batch), custom_metadata=metadata or None)
