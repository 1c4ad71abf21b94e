"""Rows of a recording of hooks: a line of JSON each, read, and joined with the arguments, which a second file may hold."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from nslsm.diagnostics import Diagnostic
from nslsm.importers.traces.bounded import BoundedLines
from nslsm.importers.traces.findings import (
    CUT_LINE,
    EMPTY,
    LINE_TOO_LONG,
    MALFORMED_LINE,
    MAX_LINE,
    NOT_UTF8,
    OTHER_TOOL,
    UNEXPECTED_SHAPE,
    UNREADABLE,
    TraceError,
    found,
)
from nslsm.importers.traces.shape import Json, ShapeError, number, text
from nslsm.kernel.seen.hook import SeenHook

HOOKS: Final = "hooks.jsonl"
ARGUMENTS: Final = "args.jsonl"
"""What the files of a recording are called in its folder."""

MAX_TASKS: Final = 1 << 22
"""Above all that Linux gives a task (``PID_MAX_LIMIT``)."""

MAX_ROWS: Final = 2_000_000
"""How many rows are held at once, where all are wanted (:func:`load`)."""

MAX_FINDINGS: Final = 100
"""How many findings :func:`load` keeps."""

ROW: Final = re.compile(
    r'\{(?=[^{}]{0,300}"hook": ?"[a-z0-9_]{1,64}")(?=[^{}]{0,300}"(?:i|task|pid)": ?(?:[0-9]|null))'
)
"""How a row begins."""

_NAMES: Final = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)


class RowError(Exception):
    """A line is no row; ``finding`` says why."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(str(finding))
        self.finding = finding


def row(raw: bytes, source: str, line: int) -> SeenHook:
    """The row on a line. Raises :class:`RowError`.

    Where the row has arguments, or a return value, beside what says when and where, they are what was told.
    """
    whole = raw.endswith(b"\n")
    if len(raw) > MAX_LINE + whole:
        shown = raw[:200].decode("utf-8", "replace")
        raise RowError(found(LINE_TOO_LONG, source, line, f"a line is over {MAX_LINE} bytes (MAX_LINE)", shown))
    try:
        written = raw.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        message = f"a line holds bytes that are not UTF-8, the first at {error.start + 1}"
        raise RowError(
            found(NOT_UTF8, source, line, message, raw.decode("utf-8", "backslashreplace").rstrip())
        ) from None
    try:
        read = json.loads(written)
    except (ValueError, RecursionError) as error:
        if not whole:
            raise RowError(found(CUT_LINE, source, line, "the last line is half written", written)) from None
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "numbers or nesting without end"
        raise RowError(found(MALFORMED_LINE, source, line, f"not JSON, {reason}", written)) from None
    try:
        return _seen(read, line)
    except ShapeError as error:
        message = f"not a row of a recording of hooks: {error}"
        raise RowError(found(UNEXPECTED_SHAPE, source, line, message, written)) from None


_WHEN_AND_WHERE: Final = frozenset({"i", "task", "pid", "hook", "syscall", "sc", "line", "phase", "ctx", "caller"})


def _seen(read: object, line: int) -> SeenHook:
    if not isinstance(read, dict):
        raise ShapeError("it is no object")
    name = text(read, "hook")
    if name is None or _NAMES.fullmatch(name) is None:
        raise ShapeError("`hook` is no name")
    task, pid = _natural(read, "task"), _natural(read, "pid")
    if task is None and pid is None:
        raise ShapeError("neither `task` nor `pid` says whose it is")
    nth = _natural(read, "sc")
    told = {key: value for key, value in read.items() if key not in _WHEN_AND_WHERE}
    return SeenHook(
        name,
        -1 if task is None else task,
        task if pid is None else pid,  # type: ignore[arg-type]
        text(read, "syscall") or "",
        -1 if nth is None else nth,
        line,
        number(read, "i"),
        text(read, "phase") == "post",
        text(read, "ctx") or "",
        text(read, "caller") or "",
        told or None,
    )


def _natural(read: Json, name: str) -> int | None:
    value = number(read, name)
    if value is not None and not 0 <= value < MAX_TASKS:
        raise ShapeError(f"`{name}` is out of range")
    return value


def joined(seen: SeenHook, arguments: SeenHook | None) -> SeenHook:
    """A row with what a row of arguments tells of it, where that is about the same hook."""
    if arguments is None or arguments.row != seen.row or arguments.hook != seen.hook or arguments.told is None:
        return seen
    return seen._replace(told={**(seen.told or {}), **arguments.told})


class Files(NamedTuple):
    """The files of a recording."""

    hooks: Path
    arguments: Path | None


def files_of(where: str | os.PathLike[str], arguments: str | os.PathLike[str] | None = None) -> Files:
    """The files of the recording at ``where``: its folder, or the file of its hooks.

    The arguments are in ``args.jsonl`` of the folder, or beside a file called ``hooks.jsonl``.
    """
    path = Path(where)
    if path.is_dir():
        path = path / HOOKS
    beside = path.with_name(ARGUMENTS)
    if arguments is not None:
        return Files(path, Path(arguments))
    return Files(path, beside if path.name == HOOKS and beside.is_file() else None)


class Loaded(NamedTuple):
    """All rows of a recording, and what was wrong with it, at most :data:`MAX_FINDINGS`."""

    rows: tuple[SeenHook, ...]
    findings: tuple[Diagnostic, ...]
    lines: int


def load(where: str | os.PathLike[str], arguments: str | os.PathLike[str] | None = None) -> Loaded:
    """All rows of the recording at ``where``, joined with its arguments.

    Raises :class:`nslsm.importers.traces.TraceError` where there is none, or it has more than :data:`MAX_ROWS`.
    """
    files = files_of(where, arguments)
    findings: list[Diagnostic] = []
    told: dict[int, SeenHook] = {}
    lines = 0
    if files.arguments is not None:
        for each in _rows(files.arguments, findings):
            lines += 1
            if each is not None and each.row is not None:
                told[each.row] = each
    rows: list[SeenHook] = []
    for each in _rows(files.hooks, findings):
        lines += 1
        if each is not None:
            rows.append(each if each.row is None else joined(each, told.get(each.row)))
    if not rows:
        where = os.fspath(files.hooks)
        if findings:
            raise TraceError(
                OTHER_TOOL.at(None, f"`{where}` is no recording of hooks: not one line of it is a row of one")
            )
        raise TraceError(EMPTY.at(None, f"`{where}` is empty; it cannot be read as a recording of hooks"))
    return Loaded(tuple(numbered(rows)), tuple(findings), lines)


def numbered(rows: list[SeenHook]) -> Iterator[SeenHook]:
    """Rows that say only by which process they are, with their tasks numbered in the order in which they come."""
    numbers: dict[int, int] = {}
    for each in rows:
        yield each if each.task >= 0 else each._replace(task=numbers.setdefault(each.pid, len(numbers)))


def _rows(path: Path, findings: list[Diagnostic]) -> Iterator[SeenHook | None]:
    source = os.fspath(path)
    try:
        with path.open("rb") as file:
            for line, raw in enumerate(BoundedLines(file), 1):
                if line > MAX_ROWS:
                    message = f"`{source}` has over {MAX_ROWS} lines (MAX_ROWS); it cannot be compared as a whole"
                    raise TraceError(UNREADABLE.at(None, message))
                if not raw.strip():
                    continue
                try:
                    yield row(raw, source, line)
                except RowError as error:
                    if len(findings) < MAX_FINDINGS:
                        findings.append(error.finding)
                    yield None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise TraceError(UNREADABLE.at(None, f"cannot read `{source}`: {reason}")) from error
