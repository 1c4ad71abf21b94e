"""Variables of profiles: their values, and texts in which they stand, expanded as AppArmor's parser does."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from nslsm.diagnostics.span import Span
from nslsm.importers.apparmor.codes import LIMIT, VARIABLE
from nslsm.importers.apparmor.lexer import Reading, Token

MAX_TEXT: Final = 65_536
"""How long a text may become by its variables."""
MAX_EXPANDED: Final = 4 * 1024 * 1024
"""How much text variables may make in one import."""
_VARIABLE: Final = re.compile(r"@\{([^}]*)\}")


class Variables:
    """The variables of one file. Values may hold variables that get their values later."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._values: dict[str, dict[str, None]] = {}

    def assign(self, token: Token, values: Sequence[str], *, adds: bool) -> None:
        """``@{x} = a b`` or, with ``adds``, ``@{x} += c``."""
        name = token.text.strip("@{}")
        if not values:
            raise self._reading.fault(VARIABLE, token.span, f"`@{{{name}}}` is given no value")
        if adds and name not in self._values:
            raise self._reading.fault(VARIABLE, token.span, f"`@{{{name}}}` is added to before it has a value")
        if not adds and name in self._values:
            raise self._reading.fault(
                VARIABLE, token.span, f"`@{{{name}}}` has a value already", f"add to it: `@{{{name}}} += …`"
            )
        self._values.setdefault(name, {}).update(dict.fromkeys(values))

    def has(self, name: str) -> bool:
        """Whether it has a value."""
        return name in self._values

    def all(self) -> Mapping[str, tuple[str, ...]]:
        """All variables."""
        return {name: tuple(values) for name, values in self._values.items()}

    def expand(self, text: str, span: Span, profile: str = "") -> str:
        """The text without variables: one of several values becomes a group ``{a,b}``, slashes that meet become one."""
        own = {"profile_name": (profile,)}
        for _ in range(MAX_TEXT):
            found = _VARIABLE.search(text)
            if found is None:
                return text
            values = tuple(self._values.get(found[1], ())) or (own.get(found[1]) if profile else None)
            if values is None:
                raise self._reading.fault(
                    VARIABLE, span, f"`{found[0]}` has no value", f"write `{found[0]} = …` before the profile"
                )
            if any(f"@{{{found[1]}}}" in each for each in values):
                raise self._reading.fault(VARIABLE, span, f"`{found[0]}` hangs on itself")
            if sum(map(len, values)) > MAX_TEXT:
                raise self._reading.fault(
                    LIMIT, span, f"the values of `{found[0]}` are longer than the limit of {MAX_TEXT}"
                )
            text = _substituted(text, found, values)
            self._reading.expanded += len(text)
            if self._reading.expanded > MAX_EXPANDED:
                raise self._reading.fault(LIMIT, span, f"variables make more text than the limit of {MAX_EXPANDED}")
            if len(text) > MAX_TEXT:
                raise self._reading.fault(
                    LIMIT, span, f"with its variables this text is longer than the limit of {MAX_TEXT}",
                    "is a variable in its own value?",
                )  # fmt: skip
        raise self._reading.fault(VARIABLE, span, "a variable hangs on itself")


def _substituted(text: str, found: re.Match[str], values: tuple[str, ...]) -> str:
    before, after = text[: found.start()], text[found.end() :]
    if len(values) == 1:
        return before + values[0] + after
    alternatives = []
    for value in values:
        each = value.lstrip("/") if before.endswith("/") else value
        alternatives.append(each.rstrip("/") if after.startswith("/") else each)
    return before + "{" + ",".join(alternatives) + "}" + after


def plain_slashes(path: str) -> str:
    """A path in which slashes that follow one another are one; two at the very beginning stay two, as in POSIX.

    >>> plain_slashes("/a//b///c"), plain_slashes("//a")
    ('/a/b/c', '//a')
    """
    collapsed = re.sub(r"/+", "/", path)
    return "/" + collapsed if re.match(r"//(?!/)", path) else collapsed
