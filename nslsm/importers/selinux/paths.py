"""file_contexts: regular expressions for paths, as patterns of ours.

What a regular expression says of paths, a pattern nearly always can. Where it repeats something that is not any character, the
pattern has it up to :data:`MOST_REPEATED` times, which is said.
"""

import re
from typing import Final, NamedTuple

from nslsm.importers.selinux.policy import Context, Policy
from nslsm.importers.selinux.tables import Table, context_text

MOST_REPEATED: Final = 5
"""How often a pattern has what a regular expression repeats without end."""

MAX_PATTERN: Final = 2048
"""Characters of a pattern: one that repeats what repeats grows beyond."""

KINDS: Final = {
    "file": "regular",
    "dir": "directory",
    "char": "character_device",
    "block": "block_device",
    "socket": "socket",
    "pipe": "fifo",
    "symlink": "symlink",
}
"""Kinds of files, and what our facts call them."""

MOUNTED: Final = {
    "proc": "/proc",
    "sysfs": "/sys",
    "debugfs": "/sys/kernel/debug",
    "tracefs": "/sys/kernel/tracing",
    "securityfs": "/sys/kernel/security",
    "selinuxfs": "/sys/fs/selinux",
    "cgroup": "/sys/fs/cgroup",
    "cgroup2": "/sys/fs/cgroup",
    "pstore": "/sys/fs/pstore",
    "bpf": "/sys/fs/bpf",
    "efivarfs": "/sys/firmware/efi/efivars",
    "mqueue": "/dev/mqueue",
    "hugetlbfs": "/dev/hugepages",
}
"""Where file systems whose files have no labels of their own are usually mounted."""

_CLASSES: Final = {
    "[:alnum:]": "a-zA-Z0-9",
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:upper:]": "A-Z",
    "[:xdigit:]": "0-9a-fA-F",
}
_SPECIAL: Final = frozenset("*?[]{}\\,^")


TEMPLATES: Final = (
    ("HOME_DIR", "/home/[^/]+"),
    ("HOME_ROOT", "/home"),
    ("%{USERID}", "[^/]+"),
    ("%{USERNAME}", "[^/]+"),
)
"""What genhomedircon(8) would fill in: here, any user who lives in /home."""


class Unsaid(ValueError):
    """A regular expression that no pattern says."""


class Pattern(NamedTuple):
    """A glob, and whether it matches the same paths as the regular expression did."""

    glob: str
    exact: bool


def pattern_of(regex: str) -> Pattern:
    r"""The glob for a regular expression over whole paths; :class:`Unsaid` where there is none.

    >>> pattern_of(r"/etc/.*\.conf(/.*)?").glob, pattern_of("/dev/[^/]*tty[0-9]?").glob
    ('/etc/**.conf{,/**}', '/dev/*tty{,[0-9]}')
    """
    reader = _Reader(regex)
    glob = reader.alternatives(top=True)
    if reader.at < len(regex):
        raise Unsaid(f"`{regex[reader.at]}` closes nothing")
    if len(glob) > MAX_PATTERN:
        raise Unsaid("it would be too long")
    return Pattern(glob, reader.exact)


class _Reader:
    """Reads a regular expression from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.exact, self._depth = text, 0, True, 0

    def alternatives(self, *, top: bool = False) -> str:
        """What stands between ``|``, up to the end of the group."""
        found = [self._sequence()]
        while self.text[self.at : self.at + 1] == "|":
            self.at += 1
            found.append(self._sequence())
        if len(found) == 1:
            return found[0]
        if top:
            return "{" + ",".join(found) + "}"
        return ",".join(found)

    def _sequence(self) -> str:
        made: list[str] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            made.append(self._repeated(*self._atom(), behind="".join(made[-1:])))
            if sum(map(len, made)) > MAX_PATTERN:
                raise Unsaid("it would be too long")
        return "".join(made)

    def _atom(self) -> tuple[str, str]:
        """One thing, as a glob, and what it is: ``any`` character, ``name`` (any but a slash), or else."""
        mark = self.text[self.at]
        self.at += 1
        if mark == "\\":
            letter = self.text[self.at : self.at + 1]
            self.at += 1
            if letter == "d":
                return "[0-9]", ""
            if not letter or letter.isalnum():
                raise Unsaid(f"`\\{letter}` has no pattern")
            return _literal(letter), ""
        if mark == ".":
            return "?", "any"
        if mark == "[":
            return self._class()
        if mark == "(":
            return self._group()
        if mark in "^$":
            return "", ""
        if mark in "*+?{":
            raise Unsaid(f"`{mark}` repeats nothing")
        return _literal(mark), ""

    def _group(self) -> tuple[str, str]:
        self._depth += 1
        if self._depth > 40:
            raise Unsaid("groups stand too deep in groups")
        if self.text.startswith("?:", self.at):
            self.at += 2
        inside = self.alternatives()
        if self.text[self.at : self.at + 1] != ")":
            raise Unsaid("a group is not closed")
        self.at += 1
        self._depth -= 1
        if _is_several(inside):
            return "{" + inside + "}", "group"
        return inside, "alone"

    def _class(self) -> tuple[str, str]:
        end = self.at + 1
        if self.text[end : end + 1] == "]" or self.text[end - 1 : end] == "]":
            end += 1
        while self.text[end : end + 1] != "]" or (self.text[end - 1] == ":" and "[:" in self.text[self.at : end]):
            if end >= len(self.text):
                raise Unsaid("a class is not closed")
            end += 1
        inside = self.text[self.at : end]
        self.at = end + 1
        for name, members in _CLASSES.items():
            inside = inside.replace(name, members)
        if inside == "^/":
            return "[^/]", "name"
        negated = inside.startswith("^")
        members = inside.removeprefix("^")
        if negated and "/" not in members:
            # In a regular expression, a class with `^` takes a slash too, as a pattern's does.
            return f"[^{_members(members)}]", ""
        return f"[{'^' if negated else ''}{_members(members)}]", ""

    def _repeated(self, atom: str, kind: str, behind: str) -> str:
        mark = self.text[self.at : self.at + 1]
        if not mark or mark not in "*+?{":
            return "[^/]" if kind == "name" else atom
        self.at += 1
        if mark == "{":
            return self._counted(atom)
        if mark == "?":
            inside = atom[1:-1] if kind == "group" else atom
            return "{," + inside + "}" if inside else ""
        if kind == "any":
            some = "?**" if behind.endswith("/") else "{?**,/**}"
            return "**" if mark == "*" else some
        if kind == "name":
            return "*" if mark == "*" else "?*"
        if atom.endswith("*") and "/" not in atom and not _is_several(atom):
            # Repeated, it is nothing that it was not before.
            return "{," + atom + "}" if mark == "*" else atom
        return self._many(atom, 0 if mark == "*" else 1, MOST_REPEATED, endless=True)

    def _counted(self, atom: str) -> str:
        found = re.compile(r"(\d{1,2})(,?)(\d{0,2})\}").match(self.text, self.at)
        if found is None:
            raise Unsaid("a count is not one")
        self.at = found.end()
        least = int(found[1])
        most = least if not found[2] else int(found[3]) if found[3] else max(least, MOST_REPEATED)
        return self._many(atom, least, most, endless=bool(found[2]) and not found[3])

    def _many(self, atom: str, least: int, most: int, *, endless: bool) -> str:
        if endless:
            self.exact = False
        if least == most:
            return atom * least
        made = "{" + ",".join(atom * count for count in range(least, most + 1)) + "}"
        if len(made) > MAX_PATTERN:
            raise Unsaid("it would be too long")
        return made


def _is_several(glob: str) -> bool:
    """Whether a comma stands between alternatives, not in a group or behind a backslash."""
    depth, place = 0, 0
    while place < len(glob):
        if glob[place] == "\\":
            place += 1
        elif glob[place] == "," and depth == 0:
            return True
        depth += (glob[place : place + 1] == "{") - (glob[place : place + 1] == "}")
        place += 1
    return False


def _literal(letter: str) -> str:
    return f"\\{letter}" if letter in _SPECIAL else letter


def _members(text: str) -> str:
    return "".join(f"\\{each}" if each in "]\\^" else each for each in text.replace("\\", ""))


class Paths(NamedTuple):
    """The table of contexts by path; regular expressions that are said nearly, and those that are not."""

    table: Table
    near: tuple[str, ...]
    unsaid: tuple[tuple[str, str], ...]
    """With the reason."""


def contexts_of_paths(policy: Policy) -> Paths:
    """Which context a file has by its path and kind: file_contexts, and genfscon for what is usually mounted somewhere."""
    found: dict[tuple[str, str], tuple[bool, str]] = {}
    near: list[str] = []
    unsaid: list[tuple[str, str]] = []
    for each in policy.files:
        try:
            pattern = pattern_of(_filled(each.path))
        except Unsaid as error:
            unsaid.append((each.path, str(error)))
            continue
        if not pattern.exact:
            near.append(each.path)
        _enter(found, pattern.glob, each.kind, each.context)
    for system, path, kind, context in policy.generic:
        if system in MOUNTED:
            stem = f"{MOUNTED[system]}{path}".rstrip("/")
            _enter(found, f"{''.join(map(_literal, stem))}{{,/**}}", kind, context)
    rows = tuple((glob, kind, context) for (glob, kind), (_, context) in sorted(found.items()))
    keys = (("of", "glob"), ("kind", "file_type"))
    return Paths(Table("context_of_path", keys, "string", '""', rows), tuple(near), tuple(unsaid))


def _filled(path: str) -> str:
    for template, regex in TEMPLATES:
        path = path.replace(template, regex)
    return path


def _enter(found: dict[tuple[str, str], tuple[bool, str]], glob: str, kind: str, context: Context | None) -> None:
    """A row for each kind; what is said of one kind goes before what is said of any."""
    text = "" if context is None else context_text(context)
    alone = kind in KINDS
    for each in [KINDS[kind]] if alone else KINDS.values():
        if alone or not found.get((glob, each), (False, ""))[0]:
            found[glob, each] = (alone, text)
