"""What the parser reads: a word, a mark or a literal, with its place."""

from typing import NamedTuple

from nslsm.diagnostics.span import Span


class Token(NamedTuple):
    """A piece of the text. ``kind`` is the keyword or mark itself, or the name of a pattern of the grammar."""

    kind: str
    text: str
    span: Span
