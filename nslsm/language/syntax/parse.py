"""Text to tree: ``parse``, and ``decode`` before it for bytes. What is wrong comes as diagnostics, at least one good one."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.diagnostics.error import DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast, codes
from nslsm.language.syntax.automaton import Stuck, Text, run
from nslsm.language.syntax.build import Build
from nslsm.language.syntax.limits import MODULE_BYTES, REPORTED_ERRORS

_ITEM: Final = re.compile(r"^(?:@|(?:import|let|table|operation|control|policy|namespace|test)\b)", re.MULTILINE)
"""Where to go on after an error: what looks like the start of a declaration, at the start of a line."""

_LITERALS: Final = (ast.Integer, ast.String, ast.AddressLiteral, ast.NetworkLiteral, ast.ErrnoLiteral, ast.Endpoint)

_HIDDEN: Final = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]|\r(?!\n)"
)
"""What does not show, or makes text show as something else than it is: controls, zero widths, changes of direction."""


class SyntaxFailure(DiagnosticError):
    """The text is no module of the language. ``diagnostics`` say why, in the order of the text."""

    tree: ast.Module | None = None
    """The tree all the same, where nothing but single literals is wrong; something harmless stands in their places."""
    faults: frozenset[Span] = frozenset()
    """Those places."""


def parse(text: str, source: str) -> ast.Module:
    """The tree of a module's text; ``source`` is what its places are called, a file's name.

    Raises :class:`SyntaxFailure`. After an error it goes on at the next declaration, so that several are found.

    >>> parse("let answer = 42", "a.nslsm").items[0].value.value
    42
    """
    text = text.removeprefix("\ufeff")
    _refuse(_unfit(text, source), text, source)
    build = Build()
    comments: list[ast.Comment] = []
    found = run(Text(source, text), build, comments)
    if isinstance(found, ast.Module) and not build.problems:
        return replace(found, comments=tuple(comments))
    try:
        _refuse([*build.problems, *_explained(found, text, source)], text, source)
    except SyntaxFailure as failure:
        if isinstance(found, ast.Module) and all(problem.code in codes.WRONG_LITERALS for problem in build.problems):
            failure.tree = replace(found, comments=tuple(comments))
            failure.faults = _literals_at([problem.span for problem in build.problems if problem.span], found)
        raise
    raise AssertionError("a text that does not parse has a reason")


def decode(data: bytes, source: str) -> str:
    """The text of a module's bytes: UTF-8, with or without a byte order mark. Raises :class:`SyntaxFailure`."""
    if len(data) > MODULE_BYTES:
        raise SyntaxFailure([_too_large(len(data), source)])
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SyntaxFailure([codes.NOT_UTF8.at(Span(source), "this is UTF-16", help="save the file as UTF-8")])
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(errors="replace").removeprefix("\ufeff")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        place = Span(source, line, column, line, column + 1, len(before), len(before) + 1)
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        sources = Sources({source: data.decode(errors="replace").removeprefix("\ufeff")})
        found = codes.NOT_UTF8.at(place, message, help="policies are UTF-8; in a string, write the byte as `\\xHH`")
        raise SyntaxFailure([found], sources) from None


def _refuse(problems: Iterable[Diagnostic], text: str, source: str) -> None:
    """Raises what was found, if anything: in the order of the text, each place once."""
    by_place = {(problem.span or Span(source)).start: problem for problem in reversed(list(problems))}
    if by_place:
        ordered = [by_place[start] for start in sorted(by_place)]
        raise SyntaxFailure(ordered[:REPORTED_ERRORS], Sources({source: text}))


def _unfit(text: str, source: str) -> list[Diagnostic]:
    """What makes the text unfit for a parser, whatever it says."""
    if len(text) > MODULE_BYTES // 4:
        size = len(text.encode(errors="surrogatepass"))
        if size > MODULE_BYTES:
            return [_too_large(size, source)]
    nul = text.find("\0")
    if nul >= 0:
        message = "the text holds a NUL byte, so it is no policy"
        return [codes.NUL_BYTE.at(_at(text, nul, source), message)]
    hidden = _HIDDEN.search(text)
    if hidden is not None:
        return [_hidden(text, hidden.start(), source)]
    return []


def _hidden(text: str, start: int, source: str) -> Diagnostic:
    character = text[start]
    if "\ud800" <= character <= "\udfff":
        return codes.NOT_UTF8.at(_at(text, start, source), "this is not UTF-8", help="policies are UTF-8")
    return codes.HIDDEN_CHARACTER.at(
        _at(text, start, source),
        f"a character that does not show: U+{ord(character):04X}",
        help=f"remove it; in a string, write it as `\\u{{{ord(character):x}}}`",
        notes=("such characters can make a policy read as something that it does not say",),
    )


def _too_large(size: int, source: str) -> Diagnostic:
    return codes.OVER_LIMIT.at(
        Span(source),
        f"the module has {size} bytes, more than {MODULE_BYTES // 2**20} MiB",
        notes=("the limit is `MODULE_BYTES`",),
        help="keep data in tables, from CSV or JSON beside the module",
    )


def _at(text: str, start: int, source: str) -> Span:
    """The place of one character."""
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    return Span(source, line, column, line, column + 1, start, start + 1)


def _literals_at(places: Collection[Span], tree: ast.Module) -> frozenset[Span]:
    """The places of the literals in which something is wrong."""
    ordered = sorted((place.start, place.end) for place in places)

    def is_wrong(span: Span) -> bool:
        inside = ordered[bisect_left(ordered, (span.start, 0)) : bisect_left(ordered, (span.end + 1, 0))]
        return any(end <= span.end for _, end in inside)

    return frozenset(node.span for node in tree.walk() if isinstance(node, _LITERALS) and is_wrong(node.span))


def _explained(found: ast.Module | Stuck, text: str, source: str) -> list[Diagnostic]:
    """Why the parser got stuck, there and at every later declaration."""
    from nslsm.language.syntax.explain_syntax_error import explain  # noqa: PLC0415 - for texts that are wrong

    problems: list[Diagnostic] = []
    start = 0
    while isinstance(found, Stuck) and len(problems) < REPORTED_ERRORS:
        arrival = run(Text(source, text, start, found.token.span.start), Build(), [])
        before = found if isinstance(arrival, ast.Module) else arrival
        problems.append(explain(before._replace(token=found.token, too_deep=found.too_deep), text))
        again = _ITEM.search(text, max(found.token.span.start, start + 1))
        if found.too_deep or again is None:
            break
        start = again.start()
        build = Build()
        found = run(Text(source, text, start), build, [])
        problems.extend(build.problems)
    return problems
