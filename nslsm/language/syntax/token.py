"""What the parser reads: a word, a mark or a literal, with its place."""

from typing import Final, NamedTuple

from nslsm.diagnostics.span import Span


class Token(NamedTuple):
    """A piece of the text. ``kind`` is the keyword or mark itself, or the name of a pattern of the grammar."""

    kind: str
    text: str
    span: Span


SHOWN: Final = 40
"""Characters of the author's text that a message repeats."""


def shown(text: str) -> str:
    """``text`` as a message repeats it: its first line, cut where it is long."""
    first = text.split("\n", 1)[0]
    return first if len(text) <= SHOWN and first == text else f"{first[:SHOWN]}…"
