"""Findings about a trace, as files of columns keep them: members of a JSON object."""

from typing import Any

from nslsm.diagnostics import Code, Diagnostic, Span
from nslsm.diagnostics.diagnostic import Severity


def told_of(finding: Diagnostic) -> dict[str, Any]:
    """What JSON can hold of a finding, which is all of it but its fixes (a trace's have none)."""
    return {
        "code": [finding.code.name, finding.code.severity.value],
        "span": None if finding.span is None else list(finding.span),
        "message": finding.message,
        "label": finding.label,
        "help": finding.help,
        "notes": list(finding.notes),
    }


def finding_of(told: dict[str, Any]) -> Diagnostic:
    """The finding again; KeyError, TypeError or ValueError where it is none."""
    name, severity = told["code"]
    span = None if told["span"] is None else Span(*told["span"])
    return Code(str(name), Severity(severity)).at(
        span, told["message"], label=told["label"], help=told["help"], notes=tuple(told["notes"])
    )
