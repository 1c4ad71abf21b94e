"""Tables of calls: what a trace of strace says, as columns (``nslsm[arrow]``); opened again, as good as the trace."""

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from nslsm.columns.schema import SUFFIXES
from nslsm.importers.traces import Progress, Trace, open_trace
from nslsm.importers.traces.strace.pieces import Joiner

if TYPE_CHECKING:
    import pyarrow as pa

    from nslsm.columns.calls_read import CallsTrace

BATCH: Final = 1 << 17
"""How many rows are written at a time, or a few more."""

Told: TypeAlias = "Trace | CallsTrace"
"""What has the events and findings of a trace."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What a table of calls came to."""

    path: Path
    rows: int
    """Calls, and what else the trace tells."""
    lines: int
    understood: int
    findings: int


def open_told(trace: str | PathLike[str], *, progress: Progress | None = None) -> Told:
    """Open a trace, or a table of calls that was made of one.

    Raises :class:`nslsm.importers.traces.TraceError` for what is no trace, :class:`nslsm.columns.schema.ColumnsError` for a
    table that is damaged.
    """
    if holds_calls(trace):
        from nslsm.columns.calls_read import CallsTrace  # noqa: PLC0415 - pyarrow: who has columns pays for it

        return CallsTrace(Path(trace))
    return open_trace(trace, progress=progress)


def holds_calls(trace: str | PathLike[str]) -> bool:
    """Whether a file says that it is a table of calls."""
    if not fspath(trace).endswith(SUFFIXES):
        return False
    from nslsm.columns.calls_read import is_calls  # noqa: PLC0415 - pyarrow: who has columns pays for it

    return is_calls(Path(trace))


def convert_calls(
    trace: str | PathLike[str],
    path: str | PathLike[str],
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Calls:
    """Write the calls of a trace of strace as columns to ``path``, which ends in ``.arrow`` or ``.parquet``.

    ``jobs`` processes read a file; by default, as many as there are processors for a big one. What is written is the same.

    Raises :class:`nslsm.importers.traces.TraceError` for what is no trace, ValueError for another ending, for a trace that
    strace has not written, and for more different texts than Arrow's format holds; :class:`nslsm.columns.schema.Missing`, an
    ImportError, where pyarrow is not installed; OSError where nothing can be written, and
    :class:`nslsm.columns.calls_parts.WorkerLostError`, one of those, where a process was killed. Then there is no file.
    """
    from nslsm.columns.calls_write import CallsFile  # noqa: PLC0415 - pyarrow: only who converts pays for it

    where = Path(path)
    if where.suffix not in SUFFIXES:
        raise ValueError(f"`{where}` ends in neither {' nor '.join(SUFFIXES)}")
    with open_trace(trace, progress=progress, strace=Joiner) as opened:
        reader = opened.reader
        if not isinstance(reader, Joiner):
            raise ValueError(f"tables of calls are made of traces of strace; `{opened.source}` is none")  # noqa: TRY004
        with CallsFile(where) as file:
            for rows in _batches(opened, reader, jobs, progress):
                file.add(rows)
            tally = opened.tally
            file.finish({"source": opened.source, "rows": file.rows, **tally._asdict()})
    return Calls(where, file.rows, *tally)


def _batches(opened: Trace, reader: Joiner, jobs: int | None, progress: Progress | None) -> "Iterator[pa.RecordBatch]":
    from nslsm.columns.calls import batch  # noqa: PLC0415 - pyarrow
    from nslsm.columns.calls_parts import BIG, batches, processors  # noqa: PLC0415
    from nslsm.importers.traces.strace.results import ResultReader  # noqa: PLC0415

    path = Path(opened.source)
    is_file = opened.size is not None and path.is_file()
    if jobs is None:
        jobs = processors() if is_file and (opened.size or 0) >= BIG else 1
    if is_file and jobs > 1:
        yield from batches(path, reader, jobs, progress)
        return
    results = ResultReader()
    for _ in opened.steps():
        if len(reader.rows) >= BATCH:
            yield batch(reader.taken(), results)
    yield batch(reader.taken(), results)
