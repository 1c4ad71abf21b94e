"""The wire format of findings: what was wrong with an input, where, and the way out."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from nslsm.diagnostics.diagnostic import Diagnostic, Fix, Related
from nslsm.diagnostics.span import Span
from nslsm.wire import encode
from nslsm.wire.base import Document, Model
from nslsm.wire.forms import Text


class SpanRecord(Model):
    """A place in a text. Lines and columns count from 1, ``start`` and ``end`` are characters from 0, as in :class:`Span`."""

    source: Text
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


class RelatedRecord(Model):
    """A second place that explains the first."""

    span: SpanRecord
    text: Text


class EditRecord(Model):
    """What to put in place of the characters of ``span``."""

    span: SpanRecord
    text: Text
    lines: bool
    """Where nothing else stands on the lines that the span touches, they go as a whole."""


class FixRecord(Model):
    """What a program can do about a finding without asking."""

    title: Text
    edits: tuple[EditRecord, ...]


class FindingRecord(Model):
    """One finding. Nothing in it is escaped but for JSON's own sake."""

    code: str
    severity: Literal["error", "warning", "note"]
    message: Text
    label: Text | None = None
    help: Text | None = None
    notes: tuple[Text, ...]
    span: SpanRecord | None = None
    related: tuple[RelatedRecord, ...]
    fix: FixRecord | None = None


class FindingsRecord(Document):
    """All findings about an input, in the order in which they were made."""

    name: ClassVar[str] = "findings"

    record: Literal["findings"] = "findings"
    version: Literal[1] = 1
    findings: tuple[FindingRecord, ...]


def to_findings(diagnostics: Iterable[Diagnostic]) -> FindingsRecord:
    """The record of some findings."""
    return FindingsRecord(findings=tuple(finding(diagnostic) for diagnostic in diagnostics))


def finding(diagnostic: Diagnostic) -> FindingRecord:
    """One finding."""
    return FindingRecord(
        code=diagnostic.code.name,
        severity=diagnostic.severity.value,
        message=encode.text(diagnostic.message),
        label=encode.text(diagnostic.label) if diagnostic.label else None,
        help=None if diagnostic.help is None else encode.text(diagnostic.help),
        notes=tuple(encode.text(note) for note in diagnostic.notes),
        span=None if diagnostic.span is None else span_record(diagnostic.span),
        related=tuple(_related(related) for related in diagnostic.related),
        fix=None if diagnostic.fix is None else _fix(diagnostic.fix),
    )


def _fix(fix: Fix) -> FixRecord:
    edits = (
        EditRecord(span=span_record(each.span), text=encode.text(each.text), lines=each.lines) for each in fix.edits
    )
    return FixRecord(title=encode.text(fix.title), edits=tuple(edits))


def _related(related: Related) -> RelatedRecord:
    return RelatedRecord(span=span_record(related.span), text=encode.text(related.text))


def span_record(span: Span) -> SpanRecord:
    """A place."""
    return SpanRecord(
        source=encode.text(span.source),
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
        start=span.start,
        end=span.end,
    )
