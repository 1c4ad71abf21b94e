"""The columns of a table of calls: their names and types, their version, and a batch of them made of rows of a trace."""

import re
from json import dumps
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from nslsm.columns.findings import told_of
from nslsm.columns.schema import pyarrow
from nslsm.importers.traces.strace.atoms import number_of
from nslsm.importers.traces.strace.results import ResultReader
from nslsm.importers.traces.strace.rows import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

VERSION: Final = 1
"""The version that is written, and the newest that is read."""
KEY: Final = b"nslsm.calls"
"""Where the schema's metadata has the version."""

ENTRIES: Final = ("kind", "call", "arguments", "outcome", "errno", "text")
"""The columns that are dictionaries."""

_NUMBER = re.compile(r"-?(?:0x[0-9a-f]++|[0-9]++)", re.ASCII)
"""What an outcome begins with that has a number; it has been read before."""
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


def schema() -> "pa.Schema":
    """One row for each call, and for what else a trace tells, in its order."""
    arrow = pyarrow()
    entry = arrow.dictionary(arrow.int32(), arrow.string())
    return arrow.schema(
        [
            ("kind", entry),
            ("line", arrow.int64()),
            ("end_line", arrow.int64()),
            ("time", arrow.float64()),
            ("task", arrow.int64()),
            ("call", entry),
            ("arguments", entry),
            ("outcome", entry),
            ("result", arrow.int64()),
            ("errno", entry),
            ("duration", arrow.float64()),
            ("text", entry),
        ],
        metadata={KEY: str(VERSION)},
    )


def batch(rows: "Sequence[Row]", results: ResultReader) -> "pa.RecordBatch":
    """Rows as columns, whose dictionaries have the entries of these rows alone."""
    arrow = pyarrow()
    columns = (list(map(itemgetter(place), rows)) for place in range(len(Row._fields)))
    kind, line, end_line, time, task, call, arguments, outcome, duration, text, finding = columns
    if any(finding):
        text = [said if found is None else dumps(told_of(found)) for said, found in zip(text, finding, strict=True)]
    entry = {
        name: arrow.array(values, arrow.string()).dictionary_encode()
        for name, values in (
            ("kind", kind),
            ("call", call),
            ("arguments", arguments),
            ("outcome", outcome),
            ("text", text),
        )
    }
    result, errno = _results(entry["outcome"], results)
    made = {
        **entry,
        "line": arrow.array(line, arrow.int64()),
        "end_line": arrow.array(end_line, arrow.int64()),
        "time": arrow.array(time, arrow.float64()),
        "task": arrow.array(task, arrow.int64()),
        "result": result,
        "errno": errno,
        "duration": arrow.array(duration, arrow.float64()),
    }
    layout = schema()
    return arrow.RecordBatch.from_arrays([made[name] for name in layout.names], schema=layout)


def _results(outcome: "pa.DictionaryArray", results: ResultReader) -> tuple["pa.Array", "pa.Array"]:
    """What the calls returned, as far as 64 bits hold it, and the names of the errors."""
    arrow = pyarrow()
    values: list[int | None] = []
    names: list[str | None] = []
    for text in outcome.dictionary.to_pylist():
        number = _NUMBER.match(text)
        value = None if number is None else number_of(number[0])
        errno = results.result(text).errno if " E" in text else None
        values.append(value if value is not None and _LEAST <= value <= _MOST else None)
        names.append(None if errno is None else errno.name)
    returned = arrow.array(values, arrow.int64()).take(outcome.indices)
    return returned, arrow.array(names, arrow.string()).take(outcome.indices).dictionary_encode()
