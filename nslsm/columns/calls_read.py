"""Files of calls to what a trace is: its events and findings, in its order."""

from collections.abc import Iterator
from json import loads
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, cast

from nslsm.columns.calls import ENTRIES, KEY, VERSION, schema
from nslsm.columns.findings import finding_of
from nslsm.columns.schema import END, UNREADABLE, ColumnsError, pyarrow
from nslsm.importers.traces import Item, Tally
from nslsm.importers.traces.strace.again import RowItems
from nslsm.importers.traces.strace.rows import FINDING, Row

if TYPE_CHECKING:
    import pyarrow as pa

STEP: Final = 1 << 12
"""How many rows are read at a time."""


def is_calls(path: Path) -> bool:
    """Whether the file says that it holds calls, of whatever version; whether it does is seen when it is read.

    Raises :class:`nslsm.columns.schema.Missing` without pyarrow.
    """
    arrow = pyarrow()
    try:
        if path.suffix == ".parquet":
            found = arrow.parquet.read_schema(path)
        else:
            with arrow.memory_map(str(path)) as file:
                found = arrow.ipc.open_file(file).schema
    except (arrow.ArrowException, OSError, ValueError):
        return False
    return KEY in (found.metadata or {})


class CallsTrace:
    """Events and findings of a trace that is a file of calls, once, as they are read. A context manager."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`ColumnsError` for what is none, :class:`nslsm.columns.schema.Missing` without pyarrow."""
        arrow = pyarrow()
        self.path = path
        self._parquet: Any = None
        self._arrow: Any = None
        try:
            if path.suffix == ".parquet":
                self._parquet = arrow.parquet.ParquetFile(path, read_dictionary=list(ENTRIES))
                found, end = self._parquet.schema_arrow, (self._parquet.metadata.metadata or {}).get(END)
            else:
                self._arrow = arrow.ipc.open_file(arrow.memory_map(str(path)))
                found, end = self._arrow.schema, self._end()
        except (arrow.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            raise self._refusal(_first(error)) from error
        self._require(found)
        if end is None:
            raise self._refusal("its end is missing: whoever wrote it did not finish")
        try:
            told: dict[str, Any] = loads(end)
            self.source, self.rows = str(told["source"]), int(told["rows"])
            self.tally = Tally(int(told["lines"]), int(told["understood"]), int(told["findings"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._refusal("its end is damaged") from error

    def __iter__(self) -> Iterator[Item]:
        """As of the trace that it was made of; :class:`ColumnsError` where the file is damaged."""
        arrow = pyarrow()
        texts = {name: _Texts() for name in ENTRIES}
        item, rows = RowItems().item, 0
        try:
            for batch in self._batches():
                for row in _rows(batch, texts):
                    rows += 1
                    yield item(row)
            if rows != self.rows:
                raise ValueError(f"it has {rows} rows, and says {self.rows}")  # noqa: TRY301 - one refusal for all
        except (arrow.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
            raise self._refusal(_first(error)) from error

    def close(self) -> None:
        """Reading on is not possible."""
        self._parquet = self._arrow = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _batches(self) -> Iterator["pa.RecordBatch"]:
        names = schema().names
        if self._parquet is not None:
            for group in range(self._parquet.num_row_groups):
                yield from self._parquet.read_row_group(group, columns=names).select(names).to_batches()
        else:
            for number in range(self._arrow.num_record_batches):
                yield self._arrow.get_batch(number).select(names)

    def _end(self) -> bytes | None:
        count = self._arrow.num_record_batches
        metadata = self._arrow.get_batch_with_custom_metadata(count - 1).custom_metadata if count else None
        found = None if metadata is None else metadata.get(END)
        return None if found is None else bytes(found)

    def _require(self, found: "pa.Schema") -> None:
        version = (found.metadata or {}).get(KEY)
        if version is None:
            raise self._refusal("it holds other columns")
        if version != str(VERSION).encode():
            said = version.decode("utf-8", "replace")[:20]
            raise self._refusal(f"it is of version {said} of the format, and version {VERSION} is read here")
        for column in schema():
            there = found.get_field_index(column.name)
            if there < 0 or found.field(there).type != column.type:
                raise self._refusal(f"its column `{column.name}` is missing, or of another type")

    def _refusal(self, why: str) -> ColumnsError:
        message = f"`{self.path}` is no table of calls: {why}"
        return ColumnsError([UNREADABLE.at(None, message, help="write one with `nslsm convert TRACE -o FILE --calls`")])


class _Texts:
    """The entries of a column, made texts once for all batches that share them."""

    def __init__(self) -> None:
        self._entries: pa.Array | None = None
        self._texts: list[str | None] = []

    def of(self, column: "pa.DictionaryArray") -> Iterator[str | None]:
        """What stands in the rows of a batch."""
        entries = column.dictionary
        if self._entries is None or not _is_same(entries, self._entries):
            self._entries, self._texts = entries, [*entries.to_pylist(), None]
        return map(self._texts.__getitem__, column.indices.fill_null(-1).to_pylist())


def _is_same(one: "pa.Array", other: "pa.Array") -> bool:
    """Whether two arrays are one and the same in memory: both are held, so that is no accident."""
    mine, theirs = one.buffers()[2], other.buffers()[2]
    if mine is None or theirs is None:
        return False
    return (mine.address, len(one), one.offset) == (theirs.address, len(other), other.offset)


def _rows(batch: "pa.RecordBatch", texts: dict[str, _Texts]) -> Iterator[Row]:
    batch.validate(full=True)
    members = [name for name in Row._fields if name != "finding"]
    for name in ("line", "end_line", "task"):
        if batch.column(name).null_count:
            raise ValueError(f"a row has no `{name}`")
    for start in range(0, batch.num_rows, STEP):
        part = batch.slice(start, STEP)
        columns = {
            name: list(texts[name].of(part.column(name))) if name in texts else part.column(name).to_pylist()
            for name in members
        }
        told: list[Any] = [None] * part.num_rows
        if FINDING in columns["kind"]:
            for place, (kind, text) in enumerate(zip(columns["kind"], columns["text"], strict=True)):
                told[place] = finding_of(loads(text)) if kind == FINDING else None
        yield from cast("Iterator[Row]", zip(*columns.values(), told, strict=True))


def _first(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
