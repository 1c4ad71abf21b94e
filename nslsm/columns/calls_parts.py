"""A big trace, read in pieces by worker processes and joined in order: the same calls as one process makes of it."""

import gc
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from json import dumps, loads
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast

from nslsm.columns.calls import batch
from nslsm.columns.findings import finding_of, told_of
from nslsm.columns.schema import pyarrow
from nslsm.diagnostics import Diagnostic
from nslsm.importers.traces import Progress
from nslsm.importers.traces.bounded import BoundedLines
from nslsm.importers.traces.strace.pieces import Joiner, Piece, PieceReader
from nslsm.importers.traces.strace.results import ResultReader
from nslsm.importers.traces.strace.rows import FINDING, Row

if TYPE_CHECKING:
    import pyarrow as pa

PIECE: Final = 1 << 23
"""How many bytes of a trace a worker is given at a time, or what more its last line has."""
BIG: Final = 1 << 25
"""From how many bytes on a trace is read by several processes, unless somebody says how many."""
AHEAD: Final = 2
"""How many pieces beside those that are being read may wait to be joined."""


class WorkerLostError(ChildProcessError):
    """A worker process has ended before its piece was read."""


class Part(NamedTuple):
    """What a worker has made of a piece."""

    piece: Piece
    rows: "pa.RecordBatch"


class _Range:
    """Some bytes of a file, to be read as a file is."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file = file
        self._left = end - start
        file.seek(start)

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``."""
        found = self._file.read(min(size, self._left))
        self._left -= len(found)
        return found

    readline = read


def lines(path: Path, start: int, end: int) -> Iterator[list[bytes]]:
    """The lines between two places of a file, in batches; the places are where lines begin."""
    with path.open("rb") as file:
        yield from BoundedLines(cast("BinaryIO", _Range(file, start, end))).batches()


def ranges(path: Path, size: int) -> list[tuple[int, int]]:
    """Where the pieces of a file of so many bytes begin and end: behind the ends of lines."""
    places = [0]
    with path.open("rb") as file:
        for target in range(PIECE, size, PIECE):
            if target > places[-1]:
                file.seek(target - 1)
                place = target - 1
                while (block := file.read(4096)) and b"\n" not in block:
                    place += len(block)
                place += block.find(b"\n") + 1
                if place < size:
                    places.append(place)
    return list(zip(places, [*places[1:], size], strict=True))


def read_part(path: Path, source: str, start: int, end: int) -> Part:
    """Read a piece. This is what worker processes do."""
    reader = PieceReader(source)
    count = 0
    for each in lines(path, start, end):
        reader.lines(each, count + 1)
        count += len(each)
    piece = reader.piece()
    return Part(piece, batch([] if piece.doubt else reader.taken(), ResultReader()))


def batches(path: Path, joiner: Joiner, jobs: int, progress: Progress | None = None) -> Iterator["pa.RecordBatch"]:
    """The rows of a trace in columns, as ``joiner`` has them once all pieces are joined; ``jobs`` processes read.

    Raises :class:`WorkerLostError` where one of them is gone, OSError where the file cannot be read.
    """
    size = path.stat().st_size
    waiting: list[tuple[int, int, Future[Part]]] = []
    results = ResultReader()
    # what is made of lines has no cycles, and a tenth of the time would go into looking for some
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=gc.disable) as pool:
        try:
            for start, end in ranges(path, size):
                waiting.append((start, end, pool.submit(read_part, path, joiner.source, start, end)))
                if len(waiting) >= jobs + AHEAD:
                    yield _joined(path, joiner, results, *waiting.pop(0), progress)
            while waiting:
                yield _joined(path, joiner, results, *waiting.pop(0), progress)
        except BrokenProcessPool as error:
            message = f"a process that read a piece of `{path}` has ended before its time (out of memory, perhaps)"
            raise WorkerLostError(f"{message}: try again with `--jobs 1`") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    joiner.finish(joiner.read_lines)
    yield batch(joiner.taken(), results)


def _joined(
    path: Path,
    joiner: Joiner,
    results: ResultReader,
    start: int,
    end: int,
    future: "Future[Part]",
    progress: Progress | None,
) -> "pa.RecordBatch":
    part = future.result()
    offset = joiner.read_lines
    ended = joiner.joined(part.piece)
    if ended is None:
        for each in lines(path, start, end):
            joiner.lines(each, joiner.read_lines + 1)
        made = batch(joiner.taken(), results)
    else:
        made = _with(shifted(part.rows, offset), ended, results)
    if progress is not None:
        progress(end)
    return made


def shifted(rows: "pa.RecordBatch", offset: int) -> "pa.RecordBatch":
    """Rows of a piece as those of the trace, in which so many lines stand before it."""
    from pyarrow import compute  # noqa: PLC0415 - only who converts pays for it

    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    for name in ("line", "end_line"):
        columns[name] = compute.add(columns[name], offset)
    kinds = columns["kind"]
    if FINDING in kinds.dictionary.to_pylist():
        said = zip(kinds.to_pylist(), columns["text"].to_pylist(), strict=True)
        texts = [_shifted(text, offset) if kind == FINDING else text for kind, text in said]
        columns["text"] = pyarrow().array(texts, pyarrow().string()).dictionary_encode()
    return pyarrow().RecordBatch.from_arrays(list(columns.values()), schema=rows.schema)


def _shifted(text: str, offset: int) -> str:
    finding: Diagnostic = finding_of(loads(text))
    told = told_of(finding)
    if finding.span is not None:
        span = finding.span
        told["span"] = list(span._replace(line=span.line + offset, end_line=span.end_line + offset))
    return dumps(told)


def _with(rows: "pa.RecordBatch", ended: list[tuple[int, Row]], results: ResultReader) -> "pa.RecordBatch":
    """The rows of a piece, and among them those of the calls that have ended in it and began before."""
    if not ended:
        return rows
    arrow = pyarrow()
    parts: list[pa.RecordBatch] = []
    before = 0
    for place, row in ended:
        parts += [rows.slice(before, place - before), batch([row], results)]
        before = place
    table = arrow.Table.from_batches([*parts, rows.slice(before)]).unify_dictionaries().combine_chunks()
    [made] = table.to_batches()
    return cast("pa.RecordBatch", made)


def processors() -> int:
    """How many processes can read at once here."""
    return len(os.sched_getaffinity(0))
