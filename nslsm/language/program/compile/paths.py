"""Tests of paths as Python text: patterns whose shape is simple as comparisons, many of them by an index."""

import re
from typing import Final

from nslsm.language.check.glob import Glob
from nslsm.language.program.compile.names import Names
from nslsm.language.program.rows import Patterns

FEW: Final = 12
"""So many patterns or directories are tried one by one; of more, those that may match are found by what they begin with."""

_SIMPLE: Final = re.compile(r"([^*?\[\]{},\\\u0080-\U0010ffff]+)(\*\*?)")
"""A pattern that is fixed but for stars at its end."""


def matching(path: str, globs: tuple[Glob, ...], names: Names) -> str:
    """Whether ``path``, text without side effects that may be written several times, matches any of the patterns."""
    exact = frozenset(each.exact for each in globs if each.exact is not None)
    others = [each for each in globs if each.exact is None]
    if len(others) > FEW:
        return f"{names.of(Patterns({each.text for each in globs}), 'patterns')}.match({path})"
    parts = [_equal(path, exact, names)] if exact else []
    parts.extend(_one(path, each, names) for each in others)
    return f"({' or '.join(parts)})" if parts else "False"


def _equal(path: str, texts: frozenset[str], names: Names) -> str:
    return f"{path} == {next(iter(texts))!r}" if len(texts) == 1 else f"{path} in {names.of(texts)}"


def _one(path: str, glob: Glob, names: Names) -> str:
    simple = _SIMPLE.fullmatch(glob.text)
    if simple is None:
        return f"{names.of(glob, 'glob')}.matches({path})"
    stem, stars = simple.groups()
    begins = f"{path}.startswith({stem!r})"
    behind = len(stem)
    if stars == "**":
        more = f" and {path}[{behind}:{behind + 1}] not in ('', '/')" if stem.endswith("/") else ""
        return f"({begins}{more})" if more else begins
    least = f" and len({path}) > {behind}" if stem.endswith("/") else ""
    return f"({begins} and {path}.find('/', {behind}) < 0{least})"


def under(path: str, directories: frozenset[str], names: Names) -> str:
    """Whether ``path``, text that may be written several times, is one of the directories or beneath one."""
    if len(directories) > FEW:
        known = names.of(_Directories(directories), "directories")
        return f"{known}.hold({path})"
    stems = sorted({each.rstrip("/") for each in directories})
    exact = sorted(({*directories, *stems}) - {""})
    beneath = tuple(f"{stem}/" for stem in stems)
    begins = repr(beneath[0]) if len(beneath) == 1 else repr(beneath)
    equal = "" if not exact else f"{path} == {exact[0]!r} or " if len(exact) == 1 else f"{path} in {tuple(exact)!r} or "
    return f"({equal}{path}.startswith({begins}))" if beneath else "False"


class _Directories:
    """Many directories, as one question for each slash of a path."""

    def __init__(self, directories: frozenset[str]) -> None:
        self._stems = frozenset(each.rstrip("/") for each in directories)
        self._exact = (directories | self._stems) - {""}

    def hold(self, path: str) -> bool:
        """Whether the path is one of them or beneath one."""
        if path in self._exact:
            return True
        at = path.find("/")
        while at >= 0:
            if path[:at] in self._stems:
                return True
            at = path.find("/", at + 1)
        return False
