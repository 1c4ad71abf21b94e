"""What can be wrong with a trace: in places, which reading survives, or as a whole, which it does not."""

from typing import Final

from nslsm.diagnostics import Code, Diagnostic, DiagnosticError, Severity, Span

MAX_LINE: Final = 1 << 20
"""How long a line may be, in bytes (1 MiB). What is longer is a finding, and reading goes on behind it."""

MAX_PENDING: Final = 65_536
"""How many tasks may be in the middle of a call at once; with one more, the oldest call is a finding."""

MAX_PENDING_TEXT: Final = 64 << 20
"""How much text of calls that have not ended may be kept, in characters, over all tasks."""

MAX_PARTS: Final = 100
"""On how many lines one call may be, other tasks' lines coming between."""

MAX_EXCERPT: Final = 80
"""How much of a line a finding shows, in characters."""

MALFORMED_LINE: Final = Code("trace-malformed-line", Severity.WARNING)
MALFORMED_VALUE: Final = Code("trace-malformed-value", Severity.WARNING)
LINE_TOO_LONG: Final = Code("trace-line-too-long", Severity.WARNING)
CUT_LINE: Final = Code("trace-cut-line", Severity.WARNING)
NOT_UTF8: Final = Code("trace-not-utf8", Severity.WARNING)
ORPHAN_RESUMED: Final = Code("trace-orphan-resumed", Severity.WARNING)
NEVER_RESUMED: Final = Code("trace-never-resumed", Severity.WARNING)
UNFINISHED_AT_END: Final = Code("trace-unfinished-at-end", Severity.WARNING)
TOO_MANY_PENDING: Final = Code("trace-too-many-pending", Severity.WARNING)
LATE_RECORD: Final = Code("trace-late-record", Severity.WARNING)
EVENTS_LOST: Final = Code("trace-events-lost", Severity.WARNING)
OTHER_MACHINE: Final = Code("trace-other-machine", Severity.WARNING)
UNKNOWN_NUMBER: Final = Code("trace-unknown-number", Severity.WARNING)
UNEXPECTED_SHAPE: Final = Code("trace-unexpected-shape", Severity.WARNING)
UNKNOWN_HOOK: Final = Code("trace-unknown-hook", Severity.WARNING)
ABSENT_HOOK: Final = Code("trace-absent-hook", Severity.WARNING)

IN_PLACES: Final = (
    MALFORMED_LINE,
    MALFORMED_VALUE,
    LINE_TOO_LONG,
    CUT_LINE,
    NOT_UTF8,
    ORPHAN_RESUMED,
    NEVER_RESUMED,
    UNFINISHED_AT_END,
    TOO_MANY_PENDING,
    LATE_RECORD,
    EVENTS_LOST,
    OTHER_MACHINE,
    UNKNOWN_NUMBER,
    UNEXPECTED_SHAPE,
    UNKNOWN_HOOK,
    ABSENT_HOOK,
)
"""Findings after which reading goes on."""

UNREADABLE: Final = Code("trace-unreadable")
IS_DIRECTORY: Final = Code("trace-is-directory")
EMPTY: Final = Code("trace-empty")
IS_BINARY: Final = Code("trace-is-binary")
OTHER_TOOL: Final = Code("trace-of-other-tool")
IS_POLICY: Final = Code("trace-is-policy")
UNRECOGNISED: Final = Code("trace-unrecognised")
WITHOUT_TIMES: Final = Code("trace-without-times")

AS_A_WHOLE: Final = (
    UNREADABLE,
    IS_DIRECTORY,
    EMPTY,
    IS_BINARY,
    OTHER_TOOL,
    IS_POLICY,
    UNRECOGNISED,
    WITHOUT_TIMES,
)
"""Reasons why a file cannot be read as a trace at all."""


class TraceError(DiagnosticError):
    """The input cannot be read as a trace; ``diagnostic`` says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__([diagnostic])
        self.diagnostic = diagnostic


def found(code: Code, source: str, line: int, message: str, text: str = "", column: int = 1) -> Diagnostic:
    """A finding on ``line``, with the beginning of its ``text`` in the message, and all of that marked."""
    excerpt = text if len(text) <= MAX_EXCERPT else f"{text[:MAX_EXCERPT]}…"
    span = Span(source, line, column, line, max(column, min(len(text), MAX_LINE) + 1))
    return code.at(span, f"{message}: `{excerpt}`" if text else message)
