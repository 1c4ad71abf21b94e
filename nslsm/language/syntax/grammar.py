"""The grammar as the tables that the parser runs on: productions, states, and the patterns of tokens.

The tables are made from ``grammar/policy.lark`` by :mod:`nslsm.language.syntax.generate`, and kept beside this file, so
that a start costs neither lark nor the analysis of the grammar. They are JSON: nothing in them runs. In a checkout whose
grammar was edited since, they are made anew in memory.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, TypedDict
from zlib import crc32

from nslsm.resources import grammar_text

TABLES_FILE: Final = Path(__file__).with_name("policy.tables.json")

END: Final = "end of the text"
"""The kind of the token behind the last."""

START: Final = "<start>"
"""The symbol of a whole module; nonterminals are in angle brackets."""


RESERVED: Final = frozenset(
    ("and", "or", "not", "in", "has", "all", "any", "matches", "under", "if", "else", "true", "false")
)
"""The words of expressions. They are names behind a dot only; every other keyword is one wherever it is not expected."""


class TableData(TypedDict):
    """What the file holds. Symbols are indices into ``symbols``; a row is symbol, action, symbol, action, …"""

    note: str
    grammar: int
    symbols: list[str]
    patterns: list[tuple[str, str]]
    words: list[str]
    marks: list[str]
    productions: list[tuple[str, int, int, list[int], list[int]]]
    rows: list[list[int]]
    first: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Production:
    """One way to make ``origin`` out of ``size`` parts.

    ``build`` names the builder's method that makes its value; the empty string: the one part kept, or nothing; ``_``: a
    list that is spliced into whatever holds it. ``kept`` are the parts that count, from the right (-1 is the last);
    ``spliced`` are those of them that are lists.
    """

    build: str
    origin: str
    size: int
    kept: tuple[int, ...]
    spliced: frozenset[int]

    @property
    def passes(self) -> bool:
        """Whether it is its only part, unchanged."""
        return self.build == "" and self.size == 1


@dataclass(frozen=True, slots=True)
class Grammar:
    """The tables. A row maps symbols to actions: state to go to (zero or more), or ``~`` of the production to reduce."""

    patterns: tuple[tuple[str, str], ...]
    """Kinds of tokens with their regular expressions, in the order to try them."""
    words: frozenset[str]
    """Keywords, each where a row has it."""
    marks: tuple[str, ...]
    """Punctuation, longest first."""
    productions: tuple[Production, ...] = field(repr=False)
    rows: tuple[dict[str, int], ...] = field(repr=False)
    first: dict[str, frozenset[str]] = field(repr=False)
    """By nonterminal, the kinds of tokens that it can begin with."""


@cache
def grammar() -> Grammar:
    """The grammar of the language, read once."""
    text = grammar_text()
    if TABLES_FILE.exists():
        kept: TableData = json.loads(TABLES_FILE.read_bytes())
        if kept["grammar"] == checksum(text):
            return from_data(kept)
    from nslsm.language.syntax.generate import generate  # noqa: PLC0415 - lark is for those who change the grammar

    return from_data(generate(text))


def checksum(text: str) -> int:
    """Tells whether tables were made from this text; against forgetfulness, not against attackers."""
    return crc32(text.encode())


def from_data(data: TableData) -> Grammar:
    """The tables as the parser wants them."""
    symbols = data["symbols"]
    return Grammar(
        patterns=tuple((kind, pattern) for kind, pattern in data["patterns"]),
        words=frozenset(data["words"]),
        marks=tuple(data["marks"]),
        productions=tuple(
            Production(build, symbols[origin], size, tuple(kept), frozenset(spliced))
            for build, origin, size, kept, spliced in data["productions"]
        ),
        rows=tuple({symbols[row[i]]: row[i + 1] for i in range(0, len(row), 2)} for row in data["rows"]),
        first={name: frozenset(symbols[kind] for kind in kinds) for name, kinds in data["first"].items()},
    )
