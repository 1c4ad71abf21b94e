"""Text to lists: the brackets, words and quoted texts of the Common Intermediate Language."""

import re
from typing import Final, TypeAlias

from nslsm.diagnostics import Code, DiagnosticError, Span
from nslsm.diagnostics.sources import Sources
from nslsm.importers.selinux.codes import LIMIT, SYNTAX

MAX_DEPTH: Final = 200
"""How deep brackets may stand in brackets."""

MAX_LISTS: Final = 3_000_000
"""Brackets of one import."""

_TOKEN: Final = re.compile(r'[A-Za-z0-9\[\].@=/*\-_$%+!|&^:~`#{}\'<>?,]+|[()]|"[^"\n]*"|;[^\n]*|([^ \t\r\n])')
_MARK: Final = re.compile(r";;\*[ \t]*(?:(lm[sx])[ \t]+[0-9]+[ \t]+\S.*|(lme)[ \t]*)", re.ASCII)
"""A mark of lines of another language: it begins (``lms``, ``lmx``) and ends (``lme``)."""

Item: TypeAlias = "str | Form"
"""A word, a text with its quotes, or a list."""


class Form(list[Item]):
    """A list in brackets, and where it begins."""

    __slots__ = ("at", "file")

    at: int
    """Characters before it."""
    file: "Text"


class Text:
    """A module's text, and what it is called."""

    __slots__ = ("name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text

    def span(self, at: int) -> Span:
        """The place of a character, as far as the end of its word."""
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        end = at
        while end < len(self.text) and self.text[end] != "\n" and end - at < 60:
            end += 1
        return Span(self.name, line, column, line, column + max(1, end - at))

    def fault(self, code: Code, at: int, message: str, help: str | None = None) -> DiagnosticError:  # noqa: A002 - as in Code.at
        """A mistake at a place of this text."""
        return DiagnosticError([code.at(self.span(at), message, help=help)], Sources({self.name: self.text}))


def fault(code: Code, form: Form, message: str, help: str | None = None) -> DiagnosticError:  # noqa: A002
    """A mistake in a list."""
    return form.file.fault(code, form.at, message, help)


def forms(source: Text, before: int = 0) -> tuple[list[Form], int]:
    """The lists of a text, in order; and how many there are with those in them, and ``before``."""
    count = before
    top: list[Item] = []
    stack: list[list[Item]] = [top]
    here: list[Item] = top
    known: dict[str, str] = {}
    open_marks = 0
    for token in _TOKEN.finditer(source.text):
        word = token.group()
        if word == "(":
            count += 1
            made = Form()
            made.at, made.file = token.start(), source
            here.append(made)
            stack.append(made)
            here = made
            if count > MAX_LISTS:
                raise source.fault(LIMIT, token.start(), f"there are more brackets than the limit of {MAX_LISTS}")
            if len(stack) > MAX_DEPTH:
                raise source.fault(
                    LIMIT, token.start(), f"brackets stand deeper in brackets than the limit of {MAX_DEPTH}"
                )
        elif word == ")":
            stack.pop()
            if not stack:
                raise source.fault(SYNTAX, token.start(), "this bracket closes nothing")
            here = stack[-1]
        elif word[0] == ";":
            if word.startswith(";;*") and source.text[token.start() - 1 : token.start()] in ("", "\n", "\r"):
                open_marks += _marked(source, token.start(), word, open_marks)
        else:
            if token.group(1):
                what = "a text in quotes does not end on its line" if word == '"' else f"`{word}` stands in no word"
                raise source.fault(SYNTAX, token.start(), what)
            if word[0] == '"':
                word = word[1:-1]
            here.append(known.setdefault(word, word))
            if here is top:
                raise source.fault(SYNTAX, token.start(), f"`{word[:40]}` stands in no brackets")
    if len(stack) > 1:
        opened = stack[1]
        assert isinstance(opened, Form)
        raise source.fault(SYNTAX, opened.at, "this bracket is not closed")
    if open_marks:
        raise source.fault(SYNTAX, len(source.text.rstrip()), "a mark of lines (`;;* lms`) is not closed by `;;* lme`")
    return [each for each in top if isinstance(each, Form)], count


def _marked(source: Text, at: int, word: str, open_marks: int) -> int:
    """How many more marks are open behind one."""
    found = _MARK.fullmatch(word.rstrip("\r"))
    if found is None or (found[2] and not open_marks):
        raise source.fault(
            SYNTAX, at, "a mark of lines is `;;* lms LINE FILE`, `;;* lmx LINE FILE`, or `;;* lme` behind one"
        )
    return -1 if found[2] else 1
