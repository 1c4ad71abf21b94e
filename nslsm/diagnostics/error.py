"""The exception that carries diagnostics; its text is their rendering for people."""

from collections.abc import Iterable
from typing import Final

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.diagnostics.render import render_human
from nslsm.diagnostics.sources import Sources

SHOWN_DIAGNOSTICS: Final = 20
"""How many diagnostics the text of an exception shows; it says how many more there are."""


class DiagnosticError(Exception):
    """Something handed in cannot be used. ``diagnostics`` say why, at least one; ``str()`` shows them.

    >>> from nslsm.diagnostics.diagnostic import Code
    >>> str(DiagnosticError([Code("empty-trace").at(None, "the trace holds no events")]))
    'error[empty-trace]: the trace holds no events'
    """

    def __init__(self, diagnostics: Iterable[Diagnostic], sources: Sources | None = None) -> None:
        self.diagnostics = tuple(diagnostics)
        self.sources = Sources() if sources is None else sources
        if not self.diagnostics:
            raise ValueError("a DiagnosticError needs at least one diagnostic")
        super().__init__(self.diagnostics, self.sources)

    def __str__(self) -> str:
        shown = [render_human(diagnostic, self.sources) for diagnostic in self.diagnostics[:SHOWN_DIAGNOSTICS]]
        left = len(self.diagnostics) - len(shown)
        if left:
            shown.append(f"… and {left} more")
        return "\n\n".join(shown)
