"""Runs the grammar's tables over a text: tokens in, the builder's tree out, or the point where it got stuck.

A word is the keyword that the grammar expects at that place, else an errno where it has an errno's form, else a name:
as a contextual lexer reads, with the parser's own state as the context.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from operator import itemgetter
from typing import Final, NamedTuple, Protocol

from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast
from nslsm.language.syntax.build import Build
from nslsm.language.syntax.grammar import END, RESERVED, START, Production, grammar
from nslsm.language.syntax.limits import NESTING
from nslsm.language.syntax.token import Token

BAD: Final = "BAD"
"""The kind of a token that is none."""

STACK: Final = 16 * NESTING
"""How many symbols may wait for what follows them. Each level of nesting keeps some waiting; items of a list do not wait."""


class Text(NamedTuple):
    """A text to parse, what it is called, and the characters to begin and to stop at."""

    source: str
    text: str
    start: int = 0
    stop: int = -1


class Stuck(NamedTuple):
    """Where no step is possible: a token that does not fit, and what was read and not yet put together before it.

    An automaton of this kind may put some things together before it notices; a second run that stops at the token shows
    the situation as it was when the token came.
    """

    token: Token
    states: tuple[int, ...]
    """The automaton's states, the one it started in first."""
    values: tuple[object, ...]
    """What the symbols between the states are worth: tokens, nodes, parts of nodes."""
    firsts: tuple[Span, ...]
    """The first token of each of ``values``."""
    lasts: tuple[Span, ...]
    """The last token of each of ``values``."""
    too_deep: bool = False
    """The token would fit, but is nested deeper than allowed."""


class _List(list[object]):
    """A list in the making, to be spliced into what holds it."""


def run(text: Text, build: Build, comments: list[ast.Comment]) -> ast.Module | Stuck:
    """Parses to the end of the text. What is wrong with single literals goes to ``build.problems``."""
    rows, words = grammar().rows, grammar().words
    reductions = [_Reduction.of(production, build) for production in grammar().productions]
    row, before, depth = rows[0], "", 0
    states, values = [0], list[object]()
    firsts, lasts = list[Span](), list[Span]()
    for kind, word, span in tokens(text, comments):
        if span.start == text.stop:
            return Stuck(Token(kind, word, span), (*states,), (*values,), (*firsts,), (*lasts,))
        if kind == "NAME" and (word in row or (word in RESERVED and before != ".")):
            kind = word
        action = row.get(kind)
        while action is None or action < 0:
            if action is None:
                if kind in words and kind not in RESERVED and "NAME" in row:
                    kind, action = "NAME", row["NAME"]
                    continue
                return Stuck(Token(kind, word, span), (*states,), (*values,), (*firsts,), (*lasts,))
            passes, size, origin, make = reductions[~action]
            if passes:
                state = _passed(states[-2], states[-1], kind)
                states[-1] = state
            else:
                base = len(values) - size
                first = firsts[base] if size else span
                last = lasts[-1] if lasts else span
                if first is not last and size:
                    whole = _new(Span, (text.source, first[1], first[2], last[3], last[4], first[5], last[6]))
                else:
                    whole = last
                value = make(whole, values)
                if origin == START and isinstance(value, ast.Module):
                    return value
                del states[base + 1 :], values[base:], firsts[base:], lasts[base:]
                state = rows[states[-1]][origin]
                states.append(state)
                values.append(value)
                firsts.append(first)
                lasts.append(last)
            row = rows[state]
            action = row.get(kind)
        if kind in "({":
            depth += 1
        elif kind in ")}":
            depth -= 1
        token = _new(Token, (kind, word, span))
        if depth > NESTING or len(states) > STACK:
            return Stuck(token, (*states,), (*values,), (*firsts,), (*lasts,), too_deep=True)
        states.append(action)
        values.append(token)
        firsts.append(span)
        lasts.append(span)
        row, before = rows[action], kind
    raise AssertionError("the text ends with its end")


_new: Final = tuple.__new__
"""Makes a named tuple of a tuple, in half the time."""


@cache
def _passed(below: int, state: int, kind: str) -> int:
    """Where a part gets to that is the only part of what holds it, perhaps over several levels: precedences, mostly."""
    rows, productions = grammar().rows, grammar().productions
    while (action := rows[state].get(kind, 0)) < 0 and productions[~action].passes:
        state = rows[below][productions[~action].origin]
    return state


class _Reduction(NamedTuple):
    """A production as the loop wants it."""

    passes: bool
    size: int
    origin: str
    make: Callable[[Span, list[object]], object]
    """Makes its value of its parts, the last of the values."""

    @classmethod
    def of(cls, production: Production, build: Build) -> "_Reduction":
        return cls(production.passes, production.size, production.origin, _maker(production, build))


class _Handler(Protocol):
    """A method of the builder: the place of the whole, then the parts that the production keeps."""

    def __call__(self, span: Span, /, *parts: object) -> object: ...


def _maker(production: Production, build: Build) -> Callable[[Span, list[object]], object]:
    kept, spliced = production.kept, production.spliced
    if production.build == "":
        return (lambda _, values: values[kept[0]]) if kept else (lambda *_: None)
    if production.build == "_":
        return lambda _, values: _listed(values, kept, spliced)
    handler: _Handler = getattr(build, production.build)
    if spliced:
        return lambda span, values: handler(span, *_listed(values, kept, spliced))
    if len(kept) == 1:
        return lambda span, values: handler(span, values[kept[0]])
    if kept:
        pick = itemgetter(*kept)
        return lambda span, values: handler(span, *pick(values))
    return lambda span, _: handler(span)


def _listed(values: list[object], kept: tuple[int, ...], spliced: frozenset[int]) -> _List:
    """The kept parts, those that are lists themselves spliced in; the first of them, if it is one, is added to."""
    parts = _List()
    for place in kept:
        value = values[place]
        if place not in spliced or not isinstance(value, _List):
            parts.append(value)
        elif not parts:
            parts = value
        else:
            parts.extend(value)
    return parts


def tokens(text: Text, comments: list[ast.Comment]) -> Iterator[tuple[str, str, Span]]:
    """Kind, text and place of the tokens, the end of the text the last of them. Comments go where they are kept."""
    source, body, start, _ = text
    line = body.count("\n", 0, start) + 1
    line_start = body.rfind("\n", 0, start) + 1
    newline = _newline(body, start)
    for match in _pattern().finditer(body, start):
        kind = match.lastgroup or BAD
        word = match[kind]
        end = match.end()
        begin = end - len(word)
        while begin > newline:
            line += 1
            line_start = newline + 1
            newline = _newline(body, line_start)
        column = begin - line_start + 1
        if kind == "DOC" and end > newline:
            lines = word.count("\n")
            span = Span(source, line, column, line + lines, end - body.rfind("\n", begin, end), begin, end)
        else:
            span = _new(Span, (source, line, column, line, column + end - begin, begin, end))
        if kind == "COMMENT":
            comments.append(ast.Comment(span=span, text=word.rstrip()))
        elif kind == "MARK":
            yield word, word, span
        elif kind == "EOF":
            yield END, "", span
            return
        else:
            yield kind, word, span


def _newline(text: str, start: int) -> int:
    """Where the line ends that ``start`` is on."""
    found = text.find("\n", start)
    return len(text) if found < 0 else found


@cache
def _pattern() -> re.Pattern[str]:
    """What a token looks like, in the order to try; blank space before it belongs to it."""
    tables = grammar()
    spaces = dict(tables.patterns)["SPACE"]
    kinds = [f"(?P<{kind}>{pattern})" for kind, pattern in tables.patterns if kind != "SPACE"]
    marks = "|".join(re.escape(mark) for mark in tables.marks)
    return re.compile(rf"(?:{spaces})?(?:{'|'.join(kinds)}|(?P<MARK>{marks})|(?P<EOF>\Z)|(?P<BAD>[\s\S]))")
