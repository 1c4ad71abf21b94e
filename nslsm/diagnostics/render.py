"""Two renderings of a diagnostic: carets for people, one line for editors and grep. Programs read :mod:`nslsm.wire`'s.

Whatever text came from a stranger is escaped in both (Model, Trust).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from nslsm.diagnostics.diagnostic import Diagnostic, Severity
from nslsm.diagnostics.escape import escape
from nslsm.diagnostics.excerpt import underline
from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span


class Part(Enum):
    """The parts of a rendering for people, for a :data:`Style` to tell apart."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    MESSAGE = "message"
    GUTTER = "gutter"
    MARK = "mark"
    RELATED = "related"


Style: TypeAlias = Callable[[Part, str], str]
"""Dresses one part of the output, which never holds a newline: with colours, say. What it gets is escaped already."""

_SEVERITIES: Final = {Severity.ERROR: Part.ERROR, Severity.WARNING: Part.WARNING, Severity.NOTE: Part.NOTE}


def plain(_: Part, text: str) -> str:
    """The style that changes nothing."""
    return text


def render_human(diagnostic: Diagnostic, sources: Sources | None = None, style: Style = plain) -> str:
    """The diagnostic with excerpts and carets, several lines without a last newline.

    >>> from nslsm.diagnostics.diagnostic import Code
    >>> place = Span("hipaa.nslsm", 1, 6, 1, 15, 5, 14)
    >>> found = Code("unknown-hook").at(place, "no hook is called `file_opne`", label="not in the catalogue")
    >>> print(render_human(found, Sources({"hipaa.nslsm": "deny file_opne when object.phi"})))
    error[unknown-hook]: no hook is called `file_opne`
      --> hipaa.nslsm:1:6
     1 | deny file_opne when object.phi
       |      ^^^^^^^^^ not in the catalogue
    """
    places = [diagnostic.span, *(related.span for related in diagnostic.related)]
    last = max((span.end_line for span in places if span is not None), default=1)
    page = _Page(Sources() if sources is None else sources, " " * (len(str(last)) + 1), style)
    head = style(_SEVERITIES[diagnostic.severity], f"{diagnostic.severity.value}[{escape(diagnostic.code.name)}]")
    lines = [f"{head}{style(Part.MESSAGE, ': ' + escape(diagnostic.message))}"]
    if diagnostic.span is not None:
        lines.append(f"{page.gutter('-->')} {escape(diagnostic.span.place)}")
        excerpt = page.excerpt(diagnostic.span, diagnostic.label, "^")
        lines += excerpt or ([f"{page.gutter(' |')} {escape(diagnostic.label)}"] if diagnostic.label else [])
    for related in diagnostic.related:
        excerpt = page.excerpt(related.span, related.text, "-")
        tail = "" if excerpt else f": {escape(related.text)}"
        lines.append(f"{page.gutter(':::')} {escape(related.span.place)}{tail}")
        lines += excerpt
    remarks = [f"note: {note}" for note in diagnostic.notes]
    if diagnostic.help is not None:
        remarks.append(f"help: {diagnostic.help}")
    if diagnostic.fix is not None and diagnostic.fix.title != diagnostic.help:
        remarks.append(f"fix: {diagnostic.fix.title}")
    lines += [f"{page.gutter(' =')} {escape(remark)}" for remark in remarks]
    return "\n".join(lines)


def render_line(diagnostic: Diagnostic) -> str:
    """``file:line:column: error[code]: message``, always one line.

    >>> from nslsm.diagnostics.diagnostic import Code
    >>> render_line(Code("unknown-hook").at(Span("a.nslsm", 9, 10), "no hook is called `file_opne`"))
    'a.nslsm:9:10: error[unknown-hook]: no hook is called `file_opne`'
    """
    place = "" if diagnostic.span is None else f"{escape(diagnostic.span.place)}: "
    code = escape(diagnostic.code.name)
    return f"{place}{diagnostic.severity.value}[{code}]: {escape(diagnostic.message)}"


@dataclass(frozen=True, slots=True)
class _Page:
    """What all excerpts of one rendering have in common; ``indent`` is as wide as the widest line number and a blank."""

    sources: Sources
    indent: str
    style: Style

    def gutter(self, mark: str) -> str:
        """What stands left of the text where there is no line number."""
        return self.style(Part.GUTTER, self.indent + mark)

    def excerpt(self, span: Span, label: str, mark: str) -> list[str]:
        """The lines of ``span``, marked; nothing where the text is not known."""
        found = self.sources.lines(span)
        if found is None:
            return []
        first, last = found
        start, end = span.column - 1, span.end_column - 1
        if span.end_line <= span.line:
            end = end if span.end_line == span.line else start
            return self._marked(span.line, underline(first, start, end, mark), label, mark)
        lines = self._marked(span.line, underline(first, start, len(first), mark), "", mark)
        if span.end_line > span.line + 1:
            lines.append(self.style(Part.GUTTER, f"{self.indent[:-1]}..."))
        indent = len(last) - len(last.lstrip())
        if end <= indent:
            indent = max(0, end - 1)
        return lines + self._marked(span.end_line, underline(last, indent, end, mark), label, mark)

    def _marked(self, number: int, excerpt: tuple[str, str], label: str, mark: str) -> list[str]:
        """One line with its number, and its marks with the label beside them."""
        text, marks = excerpt
        if label:
            marks = f"{marks} {escape(label)}"
        bar = self.style(Part.GUTTER, f"{number:>{len(self.indent)}} |")
        part = Part.MARK if mark == "^" else Part.RELATED
        return [f"{bar} {text}".rstrip(), f"{self.gutter(' |')} {self.style(part, marks)}"]
