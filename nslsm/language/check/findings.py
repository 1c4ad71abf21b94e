"""Where the checker's findings gather: each once, in the order of the text, no more than a person can read."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.diagnostics.span import Span

MAX_FINDINGS: Final = 1000
"""How many findings one run keeps; it says how many more there were."""

TOO_MANY_FINDINGS: Final = Code("too-many-findings", Severity.NOTE)

_FAR: Final = 5_000
"""More candidates than this are not searched for a near one."""


class Findings:
    """What is wrong, gathered. A finding that says the same of the same place is kept once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span | None, str], Diagnostic] = {}
        self._errors = 0
        self._left_out = 0
        self._settled: set[Span] = set()

    def settle(self, places: Iterable[Span]) -> None:
        """Nothing more is said of these places: what is wrong there was found."""
        self._settled.update(places)

    def add(
        self,
        code: Code,
        span: Span | None,
        message: str,
        *,
        label: str = "",
        help: str | None = None,  # noqa: A002 - the word that stands before it in every rendering
        notes: tuple[str, ...] = (),
        related: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        """A finding of ``code`` at ``span``; the texts are as :meth:`nslsm.diagnostics.Code.at` has them."""
        self.keep(code.at(span, message, label=label, help=help, notes=notes, related=related))

    def keep(self, diagnostic: Diagnostic) -> None:
        """A finding that is made already."""
        key = (diagnostic.code.name, diagnostic.span, diagnostic.message)
        if key in self._found or diagnostic.span in self._settled:
            return
        self._errors += diagnostic.severity is Severity.ERROR
        if len(self._found) >= MAX_FINDINGS:
            self._left_out += 1
            return
        self._found[key] = diagnostic

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Several findings."""
        for diagnostic in diagnostics:
            self.keep(diagnostic)

    @property
    def errors(self) -> int:
        """How many errors were found, those that were not kept included."""
        return self._errors

    def all(self, sources: Collection[str] = ()) -> tuple[Diagnostic, ...]:
        """The findings by source, in the order of ``sources``, then by place, and how many more there were."""
        found = in_order(self._found.values(), sources)
        if self._left_out:
            return (*found, TOO_MANY_FINDINGS.at(None, f"{self._left_out} more findings are left out"))
        return found


def in_order(found: Iterable[Diagnostic], sources: Collection[str]) -> tuple[Diagnostic, ...]:
    """Findings by source, in the order of ``sources``, then by place; the one that counts the others stays the last."""
    order = {name: place for place, name in enumerate(sources)}

    def place(diagnostic: Diagnostic) -> tuple[bool, int, str, int, int]:
        span = diagnostic.span
        last = diagnostic.code == TOO_MANY_FINDINGS
        if span is None:
            return (last, -1, "", 0, 0)
        return (last, order.get(span.source, len(order)), span.source, span.line, span.column)

    return tuple(sorted(found, key=place))


def nearest(name: str, candidates: Collection[str], form: str = "did you mean `{}`?") -> str | None:
    """A way out where ``name`` is close to one of ``candidates``, else None.

    >>> nearest("file_opne", ["file_open", "task_kill"])
    'did you mean `file_open`?'
    """
    if len(candidates) > _FAR or len(name) > 100:
        return None
    near = get_close_matches(name, candidates, n=1)
    return form.format(near[0]) if near else None


def listed(names: Iterable[str], most: int = 6) -> str:
    """Names as a sentence lists them: ```a`, `b` and `c```.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c", "d"], most=2)
    ('`a`, `b` and `c`', '`a`, `b` and 2 more')
    """
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > most + 1:
        quoted = [*quoted[:most], f"{len(quoted) - most} more"]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
