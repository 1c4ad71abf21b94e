"""Profiles as tokens: words as AppArmor's lexer cuts them, with their places; included files stand where they are included."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from nslsm.diagnostics import DiagnosticError
from nslsm.diagnostics.diagnostic import Code
from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span
from nslsm.importers.apparmor.codes import CYCLE, LIMIT, NO_INCLUDE, SYNTAX, UNREADABLE

MAX_BYTES: Final = 8 * 1024 * 1024
"""How much text one import reads, files that are included counted each time."""
MAX_INCLUDES: Final = 100
"""How deep files may include files, as AppArmor's parser has it."""
MAX_FILES: Final = 20_000
"""How many files one import reads, those that are included counted each time."""
MAX_TOKENS: Final = 600_000
"""How many words and signs one import has."""
MAX_WORD: Final = 65_536
"""How long a word may be."""

_WORD_END: Final = frozenset(' \t\r\n"')
_ASSIGNMENT: Final = re.compile(
    r"(?:[A-Za-z_]+|@\{[A-Za-z][A-Za-z0-9_]*\}|@[A-Za-z][A-Za-z0-9_]*|\$\{?[A-Za-z][A-Za-z0-9_]*\}?)(?=\s*\+?=)"
)
_VALUE: Final = re.compile(r"(?:\\.|[^\s\"!,\\]|,(?=[^\s\"!,])|\\(?=\n|$))+")
"""A value of a variable: nothing in it is a sign."""
_MODE: Final = re.compile(r"[rwamklxiucpRWAMKLXIUCP]+")
_SIGNS: Final = ("->", "+=", "<=", "(", ")", "{", "}", ",", "=")
_LEFT_OUT: Final = (".dpkg-new", ".dpkg-old", ".dpkg-dist", ".dpkg-bak", ".rpmnew", ".rpmsave", ".orig", ".rej", "~")


class Token(NamedTuple):
    """A word, a quoted text, or a sign; ``joined``: it follows what stands before it without a blank."""

    text: str
    span: Span
    quoted: bool = False
    word: bool = True
    joined: bool = False

    def is_(self, sign: str) -> bool:
        """Whether it is a sign or bare word."""
        return not self.quoted and self.text == sign


@dataclass
class Reading:
    """What one import reads: where included files are looked for, what was read, how much."""

    folders: Sequence[Path] = ()
    texts: dict[str, str] = field(default_factory=dict)
    includes: Mapping[str, str] | None = None
    size: int = 0
    files: int = 0
    count: int = 0
    """How many tokens there were."""
    expanded: int = 0
    """How much text variables have made."""

    def fault(self, code: Code, span: Span | None, message: str, help_: str | None = None) -> DiagnosticError:
        """The error, with the texts that places point into."""
        return DiagnosticError([code.at(span, message, help=help_)], Sources(dict(self.texts)))

    def file(self, path: Path, span: Span | None) -> str:
        """The text of a file. Nothing of one that is too large is kept."""
        self.files += 1
        if self.files > MAX_FILES:
            raise self.fault(LIMIT, span, f"there are more files to read than the limit of {MAX_FILES}")
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES - self.size + 1)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise self.fault(UNREADABLE, span, f"`{path}` cannot be read: {reason}") from None
        self.size += len(data)
        if self.size > MAX_BYTES:
            raise self.fault(
                LIMIT,
                span,
                f"`{path}` makes more text than the limit of {MAX_BYTES} bytes",
                "import fewer files at once",
            )
        if b"\0" in data:
            raise self.fault(UNREADABLE, span, f"`{path}` is no text: it has a zero byte")
        text = data.decode("utf-8", "surrogateescape")
        self.texts[str(path)] = text
        return text

    def tokens(self, path: Path, span: Span | None = None, above: tuple[Path, ...] = ()) -> Iterator[Token]:
        """The tokens of a file and of all that it includes."""
        resolved = path.resolve()
        if resolved in above:
            chain = " includes ".join(f"`{each.name}`" for each in (*above[above.index(resolved) :], resolved))
            raise self.fault(CYCLE, span, f"the file includes itself: {chain}", "take one of the includes out")
        if len(above) >= MAX_INCLUDES:
            raise self.fault(LIMIT, span, f"files include files deeper than the limit of {MAX_INCLUDES}")
        yield from Lexer(self, path, self.file(path, span), (*above, resolved)).tokens()

    def found(self, name: str, inside: Path) -> list[Path] | None:
        """The files that an include means: a file, or those of a folder; None where there is none."""
        candidates = [folder / name for folder in self.folders] if not name.startswith("/") else [Path(name)]
        if not name.startswith("/"):
            candidates.append(inside.parent / name)
        for each in candidates:
            if each.is_dir():
                return [
                    file
                    for file in sorted(each.iterdir())
                    if file.is_file() and not file.name.startswith(".") and not file.name.endswith(_LEFT_OUT)
                ]
            if each.is_file():
                return [each]
        return None


class Lexer:
    """Cuts one text."""

    def __init__(self, reading: Reading, path: Path, text: str, above: tuple[Path, ...]) -> None:
        self._reading, self._path, self._text, self._above = reading, path, text, above
        self._name = str(path)
        self._at, self._line, self._line_start = 0, 1, 0
        self._round = 0
        self._assigning: bool | None = None
        """Whether values are assigned to a variable, up to the end of the line; None: nothing is."""

    def tokens(self) -> Iterator[Token]:
        """All tokens."""
        text, length = self._text, len(self._text)
        while True:
            before = self._at
            self._blank()
            if self._at >= length:
                return
            joined = self._at == before
            if self._assigning and "\n" in text[before : self._at]:
                self._assigning = None
            if text[self._at] == "#":
                end = text.find("\n", self._at)
                end = length if end < 0 else end
                if text.startswith("#include", self._at) and text[self._at + 8 : self._at + 9] in (" ", "\t", "<", '"'):
                    self._at += 1
                else:
                    self._at = end
                    continue
            if self._is_include() and not self._assigning:
                yield from self._include()
                continue
            token = self._token(joined=joined)
            self._reading.count += 1
            if self._reading.count > MAX_TOKENS:
                raise self._reading.fault(LIMIT, token.span, f"there are more words than the limit of {MAX_TOKENS}")
            if len(token.text) > MAX_WORD:
                raise self._reading.fault(
                    LIMIT, self._span(self._at, self._line, 1), f"a word is longer than {MAX_WORD}"
                )
            yield token

    def _span(self, start: int, line: int, column: int) -> Span:
        return Span(self._name, line, column, self._line, self._at - self._line_start + 1, start, self._at)

    def _blank(self) -> None:
        text = self._text
        while self._at < len(text) and text[self._at] in " \t\r\n":
            if text[self._at] == "\n":
                self._line += 1
                self._line_start = self._at + 1
            self._at += 1

    def _is_include(self) -> bool:
        return self._text.startswith("include", self._at) and self._text[self._at + 7 : self._at + 8] in (
            " ",
            "\t",
            "<",
            '"',
        )

    def _include(self) -> Iterator[Token]:
        start, line, column = self._at, self._line, self._at - self._line_start + 1
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        found = re.match(
            r'include\s+(if\s+exists\s+)?(?:<([^>\n]*)>|"([^"\n]*)"|([^\s#<"]+?)(?=,?\s|,?$))[ \t]*,?',
            self._text[start:end] + " ",
        ) or re.match(r'include(if\s+exists\s+)?(?:<([^>\n]*)>|"([^"\n]*)")[ \t]*,?()', self._text[start:end])
        self._at = end if found is None else min(start + found.end(), end)
        span = self._span(start, line, column)
        if found is None:
            raise self._reading.fault(SYNTAX, span, "this include names no file", "write `include <abstractions/base>`")
        name = found[2] or found[3] or found[4] or ""
        if found[1] and found[0].endswith(","):
            raise self._reading.fault(SYNTAX, span, "behind an include `if exists` stands no `,`")
        inside = self._path if found[2] is None else Path("/nowhere/none")
        files = self._reading.found(name, inside)
        if files is None:
            if found[1]:
                return
            where = ", ".join(f"`{each}`" for each in self._reading.folders) or "no folder at all"
            raise self._reading.fault(
                NO_INCLUDE,
                span,
                f"`{name}` is not there to be included",
                f"it was looked for in {where}; -I adds a folder",
            )
        for file in files:
            yield from self._reading.tokens(file, span, self._above)

    def _token(self, *, joined: bool) -> Token:
        text = self._text
        start, line, column = self._at, self._line, self._at - self._line_start + 1
        if text[start] == '"':
            return self._quoted(start, line, column, joined=joined)
        if self._assigning and (value := _VALUE.match(text, start)):
            self._at = value.end()
            return Token(_plain(value[0]), self._span(start, line, column), joined=joined)
        sign = next((each for each in _SIGNS if text.startswith(each, start)), None)
        if sign == "{" and text[start + 1 : start + 2] not in ("", " ", "\t", "\r", "\n", "#", "}"):
            sign = None  # a word such as `{a,b}` in a list
        if sign is not None:
            self._at += len(sign)
            self._assigning = True if self._assigning is False and sign in ("=", "+=") else None
            self._round += {"(": 1, ")": -1}.get(sign, 0)
            return Token(sign, self._span(start, line, column), word=False, joined=joined)
        found = _ASSIGNMENT.match(text, start)
        if found is not None:
            self._at = found.end()
            self._assigning = False if found[0].startswith("@") else None
            return Token(found[0], self._span(start, line, column), joined=joined)
        if text.startswith('^"', start):
            self._at += 1
            return Token("^", self._span(start, line, column), joined=joined)
        self._at = self._word_end(start, (line, column))
        return Token(_plain(text[start : self._at]), self._span(start, line, column), joined=joined)

    def _word_end(self, start: int, place: tuple[int, int]) -> int:
        """Where a word ends: a comma belongs to it inside braces, and where no blank follows."""
        text, at, braces, inside = self._text, start, 0, self._round > 0
        while at < len(text):
            character = text[at]
            if character == "\\" and at + 1 < len(text) and text[at + 1] != "\n":
                at += 2
                continue
            if character in '"!':
                self._at = at
                where = self._span(start, *place)
                raise self._reading.fault(
                    SYNTAX, where, f"`{character}` does not stand in a word; write `\\{character}`"
                )
            if character in _WORD_END:
                break
            if character == "{":
                braces += 1
            elif character == "}":
                braces -= 1
                if braces < 0:
                    break
            elif character == ",":
                follows = text[at + 1 : at + 2]
                if braces == 0 and _MODE.fullmatch(text, start, at):
                    break
                if follows in ("", " ", "\t", "\r", "\n") or (braces <= 0 and (inside or follows in ("#", "}", '"'))):
                    break
            elif (character in "()" and inside) or (character == "=" and inside and braces == 0 and at > start):
                break
            at += 1
        return max(at, start + 1)

    def _quoted(self, start: int, line: int, column: int, *, joined: bool) -> Token:
        text, at, made = self._text, start + 1, []
        while at < len(text) and text[at] not in '"\n':
            if text[at] == "\\" and at + 1 < len(text):
                at, part = _escape(text, at)
                made.append(part)
                continue
            made.append(text[at])
            at += 1
        closed = text[at : at + 1] == '"'
        self._at = at + closed
        span = self._span(start, line, column)
        if not closed:
            raise self._reading.fault(SYNTAX, span, "the quotes are never closed")
        return Token("".join(made), span, quoted=True, joined=joined)


_NAMED: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', " ": " ", "!": "!"}


def _escape(text: str, at: int) -> tuple[int, str]:
    """What a backslash and what follows stand for; one that escapes a sign of globs stays."""
    found = re.compile(r"\\(?:([0-3][0-7]{2})|x([0-9A-Fa-f]{2})|d([0-9]{3}))").match(text, at)
    if found is not None:
        code = int(found[1], 8) if found[1] else int(found[2], 16) if found[2] else int(found[3])
        if 0 < code < 256:
            character = chr(code) if code < 128 else bytes([code]).decode("utf-8", "surrogateescape")
            return found.end(), f"\\{character}" if character in "*?[]{}^,\\" else character
    following = text[at + 1]
    return at + 2, _NAMED.get(following, f"\\{following}")


def _plain(text: str) -> str:
    """A word with its escapes of characters resolved."""
    if "\\" not in text:
        return text
    at, made = 0, []
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            if text[at + 1] in "ntr":  # in a word without quotes these are letters
                made.append(text[at : at + 2])
                at += 2
                continue
            at, part = _escape(text, at)
            made.append(part)
            continue
        made.append(text[at])
        at += 1
    return "".join(made)
