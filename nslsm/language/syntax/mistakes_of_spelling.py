"""Mistakes in single words, marks and literals: other languages' ways, capitals, quotes, names that cannot be."""

import re
from typing import Final

from nslsm.diagnostics.diagnostic import Diagnostic, Edit, Fix
from nslsm.diagnostics.span import Span
from nslsm.language.syntax import codes
from nslsm.language.syntax.automaton import BAD
from nslsm.language.syntax.expectation import Expectation, wide
from nslsm.language.syntax.foreign_words import MARKS, PAIRS, WORDS
from nslsm.language.syntax.grammar import END, RESERVED
from nslsm.language.syntax.token import shown

_INSTEAD: Final = re.compile(r"say `([^`]+)`")
"""The whole of a way out that leaves no choice."""


def instead(text: str, span: Span, help_: str) -> Fix | None:
    """What puts the language's own way in place of another's, where ``help_`` knows but one; apart from what is beside it."""
    if text[span.start : span.end] == ";":
        return Fix(help_, (Edit(span),))
    match = _INSTEAD.fullmatch(help_)
    if match is None:
        return None
    word = match[1]
    if word[-1].isalpha():
        before, behind = text[: span.start][-1:], text[span.end : span.end + 1]
        word = word if before in "( \t\n" else f" {word}"
        word = word if behind.isspace() else f"{word} "
    return Fix(help_, (Edit(span, word),))


def unterminated(here: Expectation) -> Diagnostic | None:
    """Quotes that nothing closes."""
    if here.token.kind != BAD or here.token.text != '"':
        return None
    span = here.token.span
    if here.text.startswith('"""', span.start):
        return codes.UNTERMINATED_DOC.at(wide(span, 3), "this doc string does not end", help='close it with `"""`')
    end = here.text.find("\n", span.start)
    line = here.text[span.start : len(here.text) if end < 0 else end].rstrip()
    help_ = 'close it with `"`; a string ends on the line that it begins on'
    if line.endswith('\\"'):
        help_ = 'the `\\` escapes the `"` behind it; a `\\` that stands for itself is written `\\\\`'
    return codes.UNTERMINATED_STRING.at(wide(span, len(line)), "this string does not end", help=help_)


def glued_comment(here: Expectation) -> Diagnostic | None:
    """A comment that begins right behind a word, as a rule's name does."""
    if here.token.kind != "RULE":
        return None
    return codes.UNEXPECTED.at(
        here.token.span,
        f"`{shown(here.token.text)}` names a rule, and no rule is named here",
        help="a comment begins behind a blank",
    )


def foreign_mark(here: Expectation) -> Diagnostic | None:
    """A mark of another language, or a character that begins nothing."""
    span, text = here.token.span, here.text
    pair = text[max(0, span.start - len(here.before)) : span.end]
    if pair in PAIRS and here.behind.start == span.start:
        place = here.stuck.lasts[-1].to(span)
        return _foreign(here, place, pair, PAIRS[pair])
    pair = text[span.start : span.end + 1]
    if pair in PAIRS:
        return _foreign(here, wide(span, 2), pair, PAIRS[pair])
    if here.token.kind != BAD:
        return None
    for length in (2, 1):
        mark = text[span.start : span.start + length]
        if mark in MARKS:
            return _foreign(here, wide(span, length), mark, MARKS[mark])
    return codes.UNEXPECTED_CHARACTER.at(
        span,
        f"`{here.token.text}` begins nothing in the language",
        help="names are written with the letters a to z, digits and `_`" if here.token.text.isalpha() else None,
    )


def _foreign(here: Expectation, span: Span, mark: str, help_: str) -> Diagnostic:
    fix = instead(here.text, span, help_)
    message = f"`{mark}` is not part of the language"
    return codes.FOREIGN_SYNTAX.at(span, message, help=help_, fix=fix)


def equality(here: Expectation) -> Diagnostic | None:
    """``=`` for ``==``, and the other way round."""
    if here.token.kind == "=" and "==" in here.shifts:
        return codes.FOREIGN_SYNTAX.at(
            here.token.span,
            "`=` gives a value, it does not compare",
            help="equality is `==`",
            fix=Fix("equality is `==`", (Edit(here.token.span, "=="),)),
        )
    if here.token.kind == "==" and "=" in here.shifts:
        fix = Fix("say `=`", (Edit(here.token.span, "="),))
        return codes.FOREIGN_SYNTAX.at(
            here.token.span, "`==` compares, it does not give a value", help="say `=`", fix=fix
        )
    return None


def capitals(here: Expectation) -> Diagnostic | None:
    """A keyword in capitals."""
    word = here.token.text
    if here.token.kind not in ("NAME", "ERRNO") or word.islower() or word.lower() not in here.shifts:
        return None
    return codes.FOREIGN_SYNTAX.at(
        here.token.span,
        f"keywords are written small, not `{shown(word)}`",
        help=f"say `{word.lower()}`",
        fix=Fix(f"say `{word.lower()}`", (Edit(here.token.span, word.lower()),)),
    )


def foreign_word(here: Expectation) -> Diagnostic | None:
    """A word of another language."""
    word = here.token.text.lower()
    if here.token.kind == END or word not in WORDS:
        return None
    if "WOULD_DENY" in here.shifts:
        return codes.UNEXPECTED.at(
            here.token.span,
            f"`{shown(here.token.text)}` is no outcome",
            help="the outcomes are `allow`, `deny`, `would-deny`, `unknown` and a fact, or the kernel's errno",
        )
    return codes.FOREIGN_SYNTAX.at(
        here.token.span, f"`{shown(here.token.text)}` is not part of the language", help=WORDS[word]
    )


def decimal(here: Expectation) -> Diagnostic | None:
    """``1.5``."""
    if here.previous != "." or here.token.kind != "INT":
        return None
    return codes.BAD_NUMBER.at(here.token.span, "numbers are whole", help="an IPv4 address has four parts: `10.0.0.1`")


def reserved(here: Expectation) -> Diagnostic | None:
    """Something for a name that cannot be one."""
    if not here.names_only:
        return None
    word = shown(here.token.text)
    if here.token.kind == "ERRNO":
        return codes.RESERVED_WORD.at(
            here.token.span,
            f"`{word}` reads as an errno and cannot be a name",
            help="words of `E`, capitals and digits are errnos; a small letter or a `_` makes it a name",
        )
    if here.token.kind in RESERVED or here.token.kind == "WOULD_DENY":
        return codes.RESERVED_WORD.at(
            here.token.span,
            f"`{word}` is a word of the language and cannot be a name here",
            help="the words of expressions are names behind a dot only",
        )
    if here.token.kind == "INT" and not here.token.text.isdigit():
        return codes.UNEXPECTED.at(here.token.span, f"`{word}` is no name", help="names don't start with a digit")
    if here.token.kind == "STRING":
        return codes.UNEXPECTED.at(here.token.span, f"{word} is no name", help="names are written without quotes")
    return None


def quotes(here: Expectation) -> Diagnostic | None:
    """A doc string for a string, and the other way round."""
    if here.token.kind == "DOC":
        help_ = "it stands first in what it describes"
        if "STRING" in here.shifts:
            help_ = 'here stands a string in plain quotes, `"…"`'
        return codes.UNEXPECTED.at(wide(here.token.span, 3), "a doc string cannot stand here", help=help_)
    if here.token.kind == "STRING" and "DOC" in here.shifts:
        return codes.UNEXPECTED.at(
            here.token.span, "a string cannot stand here", help='doc strings have three quotes, `"""…"""`'
        )
    return None
