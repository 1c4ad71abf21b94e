"""A place in a text: where a node stands, where a diagnostic points."""

from typing import NamedTuple


class Span(NamedTuple):
    """The characters from ``start`` up to, not including, ``end`` of the text called ``source``.

    Lines and columns count from 1, columns in characters (a tab is one); ``end_line`` and ``end_column`` are the place
    just behind the last character. ``start`` and ``end`` count characters from 0. A span may be empty; one that ends
    before it begins, as the defaults make it, is the point where it begins.

    >>> Span("a.nslsm", 2, 5, 2, 9, 14, 18).place
    'a.nslsm:2:5'
    """

    source: str = ""
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    start: int = 0
    end: int = 0

    @property
    def place(self) -> str:
        """``source:line:column``, as compilers write it and editors read it. Not escaped."""
        return f"{self.source}:{self.line}:{self.column}"

    def to(self, last: "Span") -> "Span":
        """The span from this one's start to ``last``'s end, in the same text.

        >>> Span("a", 1, 1, 1, 3, 0, 2).to(Span("a", 2, 1, 2, 4, 10, 13))
        Span(source='a', line=1, column=1, end_line=2, end_column=4, start=0, end=13)
        """
        return Span(self.source, self.line, self.column, last.end_line, last.end_column, self.start, last.end)
