"""What went wrong, where, and the way out: one value, several renderings. Everything else may use it; it uses nothing."""

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Edit, Fix, Related, Severity
from nslsm.diagnostics.error import DiagnosticError
from nslsm.diagnostics.escape import escape
from nslsm.diagnostics.render import render_human, render_line
from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span

__all__ = [
    "Code",
    "Diagnostic",
    "DiagnosticError",
    "Edit",
    "Fix",
    "Related",
    "Severity",
    "Sources",
    "Span",
    "escape",
    "render_human",
    "render_line",
]
