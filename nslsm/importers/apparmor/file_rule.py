"""File rules: ``owner /path rwPx -> target,``, also with the letters first, ``file`` and ``link``."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from nslsm.importers.apparmor.codes import RULE
from nslsm.importers.apparmor.lexer import Reading, Token
from nslsm.importers.apparmor.rule import ExecMode, FileRule, Qualifiers
from nslsm.importers.apparmor.variables import plain_slashes
from nslsm.language.check.glob import Glob, GlobError

Expand = Callable[[Token], str]

_LETTERS: Final = re.compile(r"[rwamklxiucpRWAMKLXIUCP]+")
_EXEC: Final = re.compile(r"([pPcC])?([iIuU])?[xX]|([iIuU])[xX]")
_EVERYTHING: Final = frozenset("rwamklx")


def is_file_rule(tokens: Sequence[Token]) -> bool:
    """Whether a rule is about files: it has a path, or begins with ``file``, ``link`` or letters."""
    first = tokens[0]
    if first.quoted or first.text.startswith(("/", "@{", "{")):
        return True
    return first.text in ("file", "link", "safe", "unsafe", "subset") or (
        bool(_LETTERS.fullmatch(first.text)) and len(tokens) > 1
    )


def file_rule(tokens: Sequence[Token], qualifiers: Qualifiers, expand: Expand, reading: Reading) -> FileRule:
    """The rule; an error where AppArmor's parser has one."""
    return _Reader(list(tokens), qualifiers, expand, reading).read()


class _Reader:
    def __init__(self, tokens: list[Token], qualifiers: Qualifiers, expand: Expand, reading: Reading) -> None:
        self._tokens, self._qualifiers, self._expand, self._reading = tokens, qualifiers, expand, reading
        self._span = tokens[0].span.to(tokens[-1].span)

    def read(self) -> FileRule:
        """The rule."""
        scrubs: bool | None = None
        if self._tokens[0].text in ("safe", "unsafe"):
            scrubs = self._tokens.pop(0).text == "safe"
        if self._tokens and self._tokens[0].is_("file"):
            self._tokens.pop(0)
            if not self._tokens:
                mode = None if self._qualifiers.deny else ExecMode("i")
                return FileRule(self._span, self._qualifiers, "/{**,}", _EVERYTHING, mode)
            if self._tokens[0].text in ("safe", "unsafe"):
                scrubs = self._tokens.pop(0).text == "safe"
        if self._tokens and self._tokens[0].is_("link"):
            return self._link()
        target = self._target()
        if len(self._tokens) != 2:
            raise self._fault("a file rule is a path and letters")
        path, letters = self._tokens
        if not self._is_path(path):
            path, letters = letters, path
        if not self._is_path(path):
            raise self._fault(f"`{path.text}` is no absolute path")
        found, mode = self._letters(letters)
        if scrubs is not None and mode is not None:
            mode = mode._replace(scrubs=scrubs)
        if target is not None and mode is not None and mode.kind in "pc":
            mode = mode._replace(target=self._expand(target))
        if target is not None and mode is None and "l" in found:
            return self._made(path, found, link_to=self._glob(target))
        return self._made(path, found, mode)

    def _link(self) -> FileRule:
        self._tokens.pop(0)
        subset = bool(self._tokens) and self._tokens[0].is_("subset")
        if subset:
            self._tokens.pop(0)
        target = self._target()
        if target is None or len(self._tokens) != 1:
            raise self._fault("a link rule is a path, `->`, and a path")
        return self._made(self._tokens[0], frozenset("l"), link_to=self._glob(target), subset=subset)

    def _made(
        self,
        path: Token,
        letters: frozenset[str],
        mode: ExecMode | None = None,
        link_to: str = "",
        *,
        subset: bool = True,
    ) -> FileRule:
        return FileRule(self._span, self._qualifiers, self._glob(path), letters, mode, link_to, subset)

    def _target(self) -> Token | None:
        place = next((at for at, each in enumerate(self._tokens) if each.is_("->")), None)
        if place is None:
            return None
        if place != len(self._tokens) - 2:
            raise self._fault("behind `->` stands one name")
        target = self._tokens[place + 1]
        self._tokens = self._tokens[:place]
        return target

    def _is_path(self, token: Token) -> bool:
        return token.word and token.text.startswith(("/", "@{", "{"))

    def _glob(self, token: Token) -> str:
        text = glob_text(self._expand(token))
        if not text.startswith(("/", "{")):
            raise self._fault(f"`{text}` is no absolute path")
        if re.search(r"\]", re.sub(r"\\.|\[[^\]]*\]", "", text)):
            raise self._fault(f"in `{text}` a `]` closes nothing")
        try:
            Glob(text)
        except GlobError as error:
            raise self._fault(f"`{text}` is no pattern of AppArmor's: {error.message}") from None
        return text

    def _letters(self, token: Token) -> tuple[frozenset[str], ExecMode | None]:
        text = token.text
        if not _LETTERS.fullmatch(text):
            raise self._fault(
                f"`{text}` is not made of letters of permissions, which are r w a m k l and those of exec"
            )
        plain = frozenset(letter for letter in text.lower() if letter in "rwamkl")
        if "w" in plain and "a" in plain:
            raise self._fault("`w` and `a` exclude each other: who may write may append")
        kind = "".join(letter for letter in text if letter in "xiucpXIUCP")
        if not kind:
            return (plain | {"a"} if "w" in plain else plain), None
        mode = self._exec(kind)
        return frozenset({*plain, "x", *({"a"} if "w" in plain else ()), *({"m"} if self._maps(mode) else ())}), mode

    def _maps(self, mode: ExecMode | None) -> bool:
        """Whether running brings mapping as code: where the program may stay in this profile."""
        return mode is not None and "i" in (mode.kind, mode.fallback)

    def _exec(self, text: str) -> ExecMode | None:
        if self._qualifiers.deny:
            if text not in ("x", "X"):
                raise self._fault(f"what is denied is `x`, not `{text}`")
            return None
        if text == "x":
            raise self._fault(
                "`x` says not what becomes of the program",
            )
        found = _EXEC.fullmatch(text)
        if found is None or len(found[0]) < 2:
            raise self._fault(f"`{text}` is no way to run a program")
        named, fallback = found[1], found[2] or found[3]
        letter = named or fallback
        return ExecMode(letter.lower(), (fallback or "").lower() if named else "", scrubs=letter.isupper(), target="")

    def _fault(self, message: str) -> Exception:
        return self._reading.fault(RULE, self._span, message)


def glob_text(text: str) -> str:
    """A pattern of AppArmor's as one of ours: slashes collapsed, what only we would read specially escaped."""
    return label_text(plain_slashes(text))


def label_text(text: str) -> str:
    """A pattern of names of profiles as one of ours: slashes stay, since ``//`` stands between parent and child."""
    return re.sub(r"(?<!\\)\[!", r"[\\!", text)
