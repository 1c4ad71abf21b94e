"""A diagnostic: a stable code to look up, a place to look at, a way out."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from nslsm.diagnostics.span import Span


class Severity(Enum):
    """How much a diagnostic matters: an error makes the input unusable, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Related(NamedTuple):
    """A second place that explains the first: where a brace was opened, where a name was declared before."""

    span: Span
    text: str


class Edit(NamedTuple):
    """What to put in place of the characters of ``span``.

    ``lines``: where nothing else stands on the lines that the span touches, they go as a whole; at the end of a line, the
    blanks before it go with it.
    """

    span: Span
    text: str = ""
    lines: bool = False


class Fix(NamedTuple):
    """A way out that is certain: it keeps what the text means, or makes it say what it can only have meant."""

    title: str
    """What it does, in the imperative: ``remove the import``."""
    edits: tuple[Edit, ...]
    """Changes that do not touch one another, all in the text that the finding is in."""


@dataclass(frozen=True, slots=True)
class Code:
    """The stable name of one kind of finding, ``unknown-hook``; ``nslsm explain-error`` tells more about it.

    >>> Code("unknown-hook").at(None, "no hook is called `file_opne`", help="did you mean `file_open`?").message
    'no hook is called `file_opne`'
    """

    name: str
    severity: Severity = Severity.ERROR

    def at(
        self,
        span: Span | None,
        message: str,
        *,
        label: str = "",
        help: str | None = None,  # noqa: A002 - what it is called wherever diagnostics are written
        notes: tuple[str, ...] = (),
        related: tuple[tuple[Span, str], ...] = (),
        fix: Fix | None = None,
    ) -> "Diagnostic":
        """A finding of this kind at ``span`` (None: about the input as a whole).

        ``message`` is lower case, without a full stop, the author's words in backticks. ``label`` stands beside the
        carets; ``help`` is a way out; ``notes`` are further sentences; ``related`` are other places, in any file;
        ``fix`` is what a program can do about it without asking.
        """
        places = tuple(Related(place, text) for place, text in related)
        return Diagnostic(self, span, message, label, help, tuple(notes), places, fix)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. Its text may hold a stranger's words: only a rendering is fit for a terminal."""

    code: Code
    span: Span | None
    message: str
    label: str = ""
    help: str | None = None
    notes: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    fix: Fix | None = None

    @property
    def severity(self) -> Severity:
        """The severity of its code."""
        return self.code.severity
