"""An input opened as a trace: a file, standard input, or the set of files that ``strace -ff`` writes."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from nslsm.diagnostics import Code, Diagnostic
from nslsm.importers.traces.auditd import AuditReader
from nslsm.importers.traces.bounded import BoundedLines, Progress
from nslsm.importers.traces.findings import (
    EMPTY,
    IS_BINARY,
    IS_DIRECTORY,
    IS_POLICY,
    OTHER_TOOL,
    UNREADABLE,
    UNRECOGNISED,
    WITHOUT_TIMES,
    TraceError,
)
from nslsm.importers.traces.lsm import LsmReader
from nslsm.importers.traces.lsm.pairing import paired
from nslsm.importers.traces.lsm.rows import HOOKS, files_of
from nslsm.importers.traces.reader import Item, Reader
from nslsm.importers.traces.recognise import SNIFFED, Format, sniff, sniff_line
from nslsm.importers.traces.strace import StraceReader
from nslsm.importers.traces.strace.sets import Member, TaskLine, members, merged
from nslsm.importers.traces.tally import Tally
from nslsm.importers.traces.tetragon import TetragonReader

STANDARD_INPUT: Final = "-"

READERS: Final[Mapping[Format, Callable[[str], Reader]]] = {
    Format.STRACE: StraceReader,
    Format.AUDITD: AuditReader,
    Format.TETRAGON: TetragonReader,
    Format.LSM: LsmReader,
}
"""What reads each format, given the name that findings are to call the trace by."""

_RECORD: Final = "record one with `nslsm record -o TRACE -- COMMAND`, or `strace -f -tt -y -o TRACE COMMAND`"
_REFUSALS: Final[dict[Format, tuple[Code, str]]] = {
    Format.EMPTY: (EMPTY, _RECORD),
    Format.BINARY: (IS_BINARY, _RECORD),
    Format.ELF: (IS_BINARY, "run it: `nslsm record -o TRACE -- PROGRAM`"),
    Format.COMPRESSED: (IS_BINARY, "unpack it first, into a pipe: `zcat TRACE | nslsm replay - …`"),
    Format.POLICY: (IS_POLICY, "hand in policies with `--policy`"),
    Format.COUNTS: (OTHER_TOOL, "record without `-c`, so that each call is written"),
    Format.INTERPRETED: (OTHER_TOOL, "hand in the log itself, or what `ausearch --raw` prints"),
    Format.UNKNOWN: (UNRECOGNISED, _RECORD),
}


class Trace:
    """Events and findings of one trace, once, as they are read. Memory does not grow with the trace."""

    def __init__(self, reader: Reader, size: int | None, steps: Iterator[list[Item]], file: BinaryIO | None) -> None:
        self.source = reader.source
        """What the trace is called in findings."""
        self.size = size
        """Its size in bytes, where it has one."""
        self.reader = reader
        """What reads it."""
        self._steps = steps
        self._file = file

    @property
    def tally(self) -> Tally:
        """How much of it has been read and understood so far."""
        return self.reader.tally

    def __iter__(self) -> Iterator[Item]:
        for step in self.steps():
            yield from step

    def steps(self) -> Iterator[list[Item]]:
        """The same as it is read, some lines at a time: what came of each step."""
        try:
            yield from self._steps
        except OSError as error:
            raise TraceError(_unreadable(self.source, error)) from error

    def close(self) -> None:
        """Close the file. Reading on is not possible."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def open_trace(
    path: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
    strace: Callable[[str], StraceReader] = StraceReader,
) -> Trace:
    """Open the trace at ``path``: ``-`` is standard input; ``T`` may be the prefix of a set ``T.1234``, ``T.1235``, ….

    A recording of hooks may be the folder with its two files.

    ``progress`` is told how many bytes have been read, now and then; ``strace`` makes what reads traces of strace. Raises
    :class:`TraceError` for what is no trace at all.
    """
    source = os.fspath(path)
    if source == STANDARD_INPUT:
        return _open(sys.stdin.buffer, "<stdin>", None, progress, strace)
    where = Path(source)
    try:
        if where.is_dir() and (where / HOOKS).is_file():
            where = where / HOOKS
            source = os.fspath(where)
        elif where.is_dir():
            raise TraceError(IS_DIRECTORY.at(None, f"`{source}` is a directory, not a trace", help=_RECORD))
        if not where.exists():
            files = members(where)
            if files:
                return _open_set(source, files, progress, strace)
        file = where.open("rb")
    except (OSError, ValueError) as error:
        raise TraceError(_unreadable(source, error)) from error
    try:
        size = os.fstat(file.fileno()).st_size or None
        return _open(file, source, size, progress, strace, files_of(where).arguments)
    except BaseException:
        file.close()
        raise


def _open(
    file: BinaryIO,
    source: str,
    size: int | None,
    progress: Progress | None,
    strace: Callable[[str], StraceReader],
    beside: Path | None = None,
) -> Trace:
    """The trace in ``file``, once its first lines have told that it is one; ``beside``: what has the arguments of hooks."""
    lines = BoundedLines(file, progress)
    try:
        recognised = sniff(lines.beginning(4096))
        if recognised in (Format.ELF, Format.COMPRESSED, Format.BINARY):
            raise TraceError(_refusal(source, recognised))
        head: list[bytes] = []
        kept = 0
        for raw in lines:
            head.append(raw)
            kept += min(len(raw), 4096)
            if sniff_line(raw[:4096].decode("utf-8", "replace").rstrip("\r\n")) in READERS:
                break
            if kept >= SNIFFED:
                break
    except OSError as error:
        raise TraceError(_unreadable(source, error)) from error
    recognised = sniff(b"".join(raw if len(raw) <= SNIFFED else raw[:4096] + b"\n" for raw in head))
    reader = READERS.get(recognised)
    if reader is None:
        raise TraceError(_refusal(source, recognised))
    if recognised is Format.LSM and beside is not None:
        both = (TaskLine(0, *line) for line in paired(chain(head, lines), beside, source))
        found: Reader = LsmReader(source, str(beside))
        return Trace(found, size, _of_lines(found, both), file)
    if recognised is Format.STRACE:
        plain = strace(source)
        return Trace(plain, size, _of_batches(plain, chain([head], lines.batches())), file)
    found = reader(source)
    numbered = enumerate(chain(head, lines), 1)
    return Trace(found, size, _of_lines(found, (TaskLine(0, source, *line) for line in numbered)), file)


def _of_lines(reader: Reader, lines: Iterator[TaskLine]) -> Iterator[list[Item]]:
    """What comes of lines that may be of several files."""
    number = 0
    for task, source, number, raw in lines:
        reader.source = source
        yield reader.line(raw, number, task or None)
    yield reader.finish(number)


def _of_batches(reader: StraceReader, batches: Iterable[list[bytes]]) -> Iterator[list[Item]]:
    """What comes of the lines of one file."""
    number = 0
    for batch in batches:
        yield reader.lines(batch, number + 1)
        number += len(batch)
    yield reader.finish(number)


def _open_set(
    source: str, files: tuple[Member, ...], progress: Progress | None, strace: Callable[[str], StraceReader]
) -> Trace:
    for _, path, begins in files:
        if begins is None and len(files) > 1:
            message = f"`{source}.*` are {len(files)} files, and `{path}` does not begin with a time to merge it by"
            way_out = "record with times: `strace -ff -ttt -y -o TRACE COMMAND`"
            raise TraceError(WITHOUT_TIMES.at(None, message, help=way_out))
    size = sum(path.stat().st_size for _, path, _ in files)
    reader = strace(f"{source}.*")
    return Trace(reader, size, _of_lines(reader, merged(files, progress)), None)


def _refusal(source: str, recognised: Format) -> Diagnostic:
    code, way_out = _REFUSALS.get(
        recognised, (OTHER_TOOL, f"strace, auditd, Tetragon and recordings of hooks are read; {_RECORD}")
    )
    return code.at(None, f"`{source}` is {recognised.value}; it cannot be read as a trace", help=way_out)


def _unreadable(source: str, error: OSError | ValueError) -> Diagnostic:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UNREADABLE.at(None, f"cannot read `{source}`: {reason}")
