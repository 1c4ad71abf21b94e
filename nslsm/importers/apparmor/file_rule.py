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

_LETTERS: Final = re.compile(r"(?:[rRwWaLlMmkXx]|(?:[PpCc]?[IiUu]|[PpCc])[Xx])+")
_EXEC: Final = re.compile(r"([pPcC])?([iIuU])?[xX]")
_EVERYTHING: Final = frozenset("rwamklx")


def is_file_rule(tokens: Sequence[Token]) -> bool:
    """Whether a rule is about files: it has a path, or begins with ``file``, ``link`` or letters."""
    first = tokens[0]
    if first.quoted or first.text.startswith(("/", "@{")):
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
        if self._tokens and self._tokens[0].is_("file") and scrubs is None:
            self._tokens.pop(0)
            if not self._tokens:
                if self._qualifiers.deny:
                    raise self._fault(
                        "`deny file` would deny `ix`, and what is denied is `x`: write `deny /** rwlkmx,`"
                    )
                return FileRule(self._span, self._qualifiers, "/{**,}", _EVERYTHING, ExecMode("i"))
            if self._tokens[0].text in ("safe", "unsafe"):
                scrubs = self._tokens.pop(0).text == "safe"
        if self._tokens and self._tokens[0].is_("link") and scrubs is None:
            return self._link()
        target = self._target()
        if len(self._tokens) != 2:
            raise self._fault("a file rule is a path and letters")
        path, letters = self._tokens
        if not self._is_path(path):
            path, letters = letters, path
            if target is not None and {"l", "x"} <= set(letters.text.lower()):
                raise self._fault("behind `->` stands what a link leads to, or a profile, and this rule is about both")
        if not self._is_path(path):
            raise self._fault(f"`{path.text}` is no absolute path")
        return self._lettered(path, letters, target, scrubs)

    def _lettered(self, path: Token, letters: Token, target: Token | None, scrubs: bool | None) -> FileRule:  # noqa: FBT001
        found, mode = self._letters(letters, marked=target is not None or scrubs is not None)
        if scrubs is not None:
            if "x" not in found or self._qualifiers.deny or (scrubs and mode is not None and not mode.kind):
                raise self._fault("`safe` and `unsafe` are about running, and this rule permits none")
            mode = mode and mode._replace(scrubs=scrubs)
        if target is not None and mode is not None:
            mode = _named(mode, self._expand(target))
        if mode is not None and not mode.kind:
            found, mode = found - {"x"}, None  # nothing is said of what becomes of the program, so it is not run
        if mode is not None and "i" in (mode.kind, mode.fallback):
            found |= {"m"}  # where the program may stay in this profile, running brings mapping as code
        if target is not None and mode is None and "l" in found:
            return self._made(path, found, link_to=self._to(target))
        return self._made(path, found, mode)

    def _link(self) -> FileRule:
        self._tokens.pop(0)
        subset = bool(self._tokens) and self._tokens[0].is_("subset")
        if subset:
            self._tokens.pop(0)
        target = self._target()
        if target is None or len(self._tokens) != 1:
            raise self._fault("a link rule is a path, `->`, and a path")
        if not self._is_path(self._tokens[0]):
            raise self._fault(f"`{self._tokens[0].text}` is no absolute path")
        return self._made(self._tokens[0], frozenset("l"), link_to=self._to(target), subset=subset)

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
        return token.word and token.text.startswith(("/", "@{"))

    def _to(self, token: Token) -> str:
        """What a link leads to. A text that begins with no slash is taken, and is no file's path."""
        return self._glob(token, absolute=False)

    def _glob(self, token: Token, *, absolute: bool = True) -> str:
        text = glob_text(self._expand(token))
        if absolute and not text.startswith(("/", "{")):
            raise self._fault(f"`{text}` is no absolute path")
        if re.search(r"\]", re.sub(r"\\.|\[[^\]]*\]", "", text)):
            raise self._fault(f"in `{text}` a `]` closes nothing")
        try:
            Glob(text)
        except GlobError as error:
            raise self._fault(f"`{text}` is no pattern of AppArmor's: {error.message}") from None
        return text

    def _letters(self, token: Token, *, marked: bool) -> tuple[frozenset[str], ExecMode | None]:
        """The letters, and how a program is run; ``marked``: the rule says so too, by a target, ``safe`` or ``unsafe``."""
        text = token.text
        if token.quoted or not _LETTERS.fullmatch(text):
            raise self._fault(
                f"`{text}` is not made of letters of permissions, which are r w a m k l and those of exec"
            )
        ways = [found.groups() for found in _EXEC.finditer(text)]
        plain = set(_EXEC.sub("", text).lower())
        if "w" in plain and "a" in plain:
            raise self._fault("`w` and `a` exclude each other: who may write may append")
        if "w" in plain:
            plain.add("a")
        if not ways:
            return frozenset(plain), None
        mode = self._exec({each for each in ways if any(each)}, marked=marked)
        return frozenset({*plain, "x"}), mode

    def _exec(self, ways: set[tuple[str | None, ...]], *, marked: bool) -> ExecMode | None:
        if self._qualifiers.deny:
            if ways:
                raise self._fault("what is denied is `x`, without a letter before it")
            return None
        if not ways:
            if not marked:
                raise self._fault("`x` says not what becomes of the program")
            return ExecMode("", scrubs=True)
        if len(ways) > 1:
            raise self._fault("a rule runs programs in one way, and here are several")
        named, fallback = ways.pop()
        letter = named or fallback or ""
        return ExecMode(letter.lower(), (fallback or "").lower() if named else "", scrubs=letter.isupper())

    def _fault(self, message: str) -> Exception:
        return self._reading.fault(RULE, self._span, message)


def _named(mode: ExecMode, target: str) -> ExecMode:
    """The mode with a target, which is gone to whatever letter stands there: ``ux -> b`` is ``px -> b``, so the compiler."""
    match mode.kind:
        case "i":
            return mode._replace(kind="p", fallback="i", target=target)
        case "p" | "c":
            return mode._replace(target=target)
        case _:
            return mode._replace(kind="p", target=target)


def glob_text(text: str) -> str:
    """A pattern of AppArmor's as one of ours: slashes collapsed, what only we would read specially escaped."""
    return label_text(plain_slashes(text))


def label_text(text: str) -> str:
    """A pattern of names of profiles as one of ours: slashes stay, since ``//`` stands between parent and child."""
    return re.sub(r"(?<!\\)\[!", r"[\\!", text)
