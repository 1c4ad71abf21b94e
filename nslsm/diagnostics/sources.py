"""The texts that diagnostics point into, for excerpts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nslsm.diagnostics.span import Span


@dataclass(frozen=True, slots=True)
class Sources:
    r"""Texts by the name that spans call them. A span into a text that is not here is shown without an excerpt.

    >>> Sources({"a": "x\ny"}).with_text("b", "z").names()
    ('a', 'b')
    """

    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def with_text(self, name: str, text: str) -> "Sources":
        """These texts and one more."""
        return Sources({**self.texts, name: text})

    def merged(self, other: "Sources") -> "Sources":
        """These texts and the other's; the other's where both have one."""
        return Sources({**self.texts, **other.texts})

    def names(self) -> tuple[str, ...]:
        """The names of the texts, in the order they were added."""
        return tuple(self.texts)

    def lines(self, span: Span) -> tuple[str, str] | None:
        """The first and the last line that ``span`` touches, without their ends; None where the text is not here.

        A span that does not fit the text (the file has changed since) has no excerpt either.
        """
        text = self.texts.get(span.source)
        if text is None:
            return None
        first = _line(text, span.line, span.start)
        last = first if span.end_line <= span.line else _line(text, span.end_line, span.end)
        return None if first is None or last is None else (first, last)


def _line(text: str, number: int, offset: int) -> str | None:
    """Line ``number`` of ``text``: found from ``offset`` where that is on it, by counting where it is not."""
    if not (0 <= offset <= len(text) and text.count("\n", 0, offset) == number - 1):
        offset = 0
        for _ in range(number - 1):
            offset = text.find("\n", offset) + 1
            if offset == 0:
                return None
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return text[start : len(text) if end < 0 else end].removesuffix("\r")
