"""Where audit events go: JSON lines for programs, a line each for people; into a file of one's own or to a stream.

The only place that uses structlog, and nothing of its global configuration: an emitter has a logger of its own.
"""

import os
import stat
from collections.abc import Callable, Mapping, MutableMapping
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

import structlog

from nslsm.audit.canonical import canonical_json
from nslsm.audit.occasion import Occasion
from nslsm.audit.record import EventName, Which, events_of
from nslsm.diagnostics.diagnostic import Code
from nslsm.diagnostics.error import DiagnosticError
from nslsm.diagnostics.escape import escape
from nslsm.engine.decision import Decision

CANNOT_WRITE: Final = Code("cannot-write-records")

PRIVATE: Final = 0o600
"""The mode of a file of records: they tell what programs did, and who was denied what (Model, Trust)."""


class Format(Enum):
    """How an event is written."""

    JSON = "json"
    """One line of canonical JSON."""
    CONSOLE = "console"
    """One line for people, everything in it escaped."""


class Emitter:
    """Writes the audit events of decisions to a stream, until it is closed.

    A write that fails is a DiagnosticError; a reader that has gone away is the BrokenPipeError that it is.
    """

    def __init__(
        self,
        stream: TextIO,
        form: Format = Format.JSON,
        which: Which = Which.DENIALS,
        *,
        colours: bool = False,
        name: str = "the audit records",
        owned: bool = False,
    ) -> None:
        """``owned``: close the stream with the emitter. ``name`` is what an error calls it."""
        self._stream = stream
        self._which = which
        self._name = name
        self._owned = owned
        render: Callable[..., str] = _json if form is Format.JSON else _Console(colours=colours)
        self._logger: structlog.BoundLogger = structlog.wrap_logger(
            structlog.WriteLogger(stream),
            processors=[render],
            wrapper_class=structlog.BoundLogger,
            context_class=dict,
            cache_logger_on_first_use=False,
        )

    @classmethod
    def to_file(cls, path: str | os.PathLike[str], form: Format = Format.JSON, which: Which = Which.DENIALS) -> Self:
        """An emitter into a new file that only its owner can read; one that is there already is replaced."""
        return cls(open_private(path), form, which, name=f"`{os.fspath(path)}`", owned=True)

    def emit(self, decision: Decision, occasion: Occasion) -> None:
        """Write the events of one decision."""
        try:
            for event in events_of(decision, occasion, self._which):
                level, name = str(event.pop("level")), event.pop("event")
                getattr(self._logger, level)(name, **event)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _cannot_write(self._name, error) from error

    def close(self) -> None:
        """Write what is left, and close the stream where it is the emitter's own."""
        try:
            if self._owned:
                self._stream.close()
            else:
                self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _cannot_write(self._name, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        elif self._owned:
            _close_quietly(self._stream)


def open_private(path: str | os.PathLike[str]) -> TextIO:
    """A new text file, readable and writable by its owner only, in the place of what was there.

    The mode is set on an existing file as well; what is no regular file (a terminal, a pipe) stays as it is. Raises
    DiagnosticError where it cannot be opened.
    """
    where = Path(path)
    try:
        descriptor = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, PRIVATE)
            return os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")
        except BaseException:
            os.close(descriptor)
            raise
    except (OSError, ValueError) as error:
        raise _cannot_write(f"`{where}`", error) from error


def _cannot_write(name: str, error: Exception) -> DiagnosticError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return DiagnosticError([CANNOT_WRITE.at(None, f"cannot write {name}: {why.lower()}")])


def _close_quietly(stream: TextIO) -> None:
    """Close, where another error is under way already."""
    try:
        stream.close()
    except OSError:
        return


def _json(_: object, level: str, event: MutableMapping[str, Any]) -> str:
    return canonical_json({"level": level, **event})


class _Console:
    """One line for people: what, who, what about, by which rule, why."""

    def __init__(self, *, colours: bool) -> None:
        self._colours = colours

    def __call__(self, _: object, level: str, event: Mapping[str, Any]) -> str:
        del level
        name = str(event["event"])
        what = self._dress(name, f"{name:<13}")
        who = f"{escape(str(event.get('comm', event.get('exe', 'task'))))}[{event['pid']}]"
        about = " ".join(escape(str(event[key])) for key in ("call", "object") if key in event)
        parts = [f"#{event['sequence']:<6}", what, who, about]
        if "errno" in event:
            parts.append(f"-> {event['errno']}")
        if "rule" in event:
            parts.append(f"by {escape(str(event['rule']))} in {escape(str(event['namespace']))}")
        elif event.get("control") == "kernel":
            parts.append("by kernel")
        if event.get("unknown"):
            parts.append(f"hangs on {', '.join(escape(str(fact)) for fact in event['unknown'])}")
        line = " ".join(parts)
        if event.get("reason"):
            line += f": {escape(str(event['reason']))}"
        if event.get("refs"):
            line += f" [{', '.join(escape(str(ref)) for ref in event['refs'])}]"
        return line

    def _dress(self, name: str, text: str) -> str:
        return f"\x1b[{_COLOURS[EventName(name)]}m{text}\x1b[0m" if self._colours else text


_COLOURS: Final = {
    EventName.GRANTED: "32",
    EventName.DENIED: "1;31",
    EventName.INDETERMINATE: "1;33",
    EventName.WOULD_DENY: "33",
    EventName.FAULT: "1;35",
    EventName.OBSERVED: "36",
}
