"""The file rules of a profile as text: sets of patterns by what they permit, regions, transitions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from nslsm.importers.apparmor.attachment import Destination
from nslsm.importers.apparmor.rule import LETTERS, ExecMode, FileRule
from nslsm.importers.apparmor.text import both, either, has, quoted, texts
from nslsm.language.check.glob import Glob
from nslsm.language.check.glob_language import within

OPERATIONS: Final = {
    "r": "read", "w": "write", "a": "append", "x": "run", "m": "map_code", "k": "lock", "l": "link",
}  # fmt: skip
"""The operation of ``std.apparmor`` for each letter."""

MAX_STEPS: Final = 3_000_000
"""How many steps comparing the ways to run programs may take in one profile."""


class Group(NamedTuple):
    """What rules that are alike in all but the path have in common."""

    deny: bool
    priority: int
    owner: bool | None
    letters: str


@dataclass
class Files:
    """The file rules of one profile, grouped; ``prefix`` begins the names of their sets."""

    prefix: str
    groups: dict[Group, list[str]] = field(default_factory=dict)
    runs: dict[tuple[ExecMode, bool | None, bool, int], list[str]] = field(default_factory=dict)
    """How programs are run: mode, owner, whether the path is exact, priority."""
    pairs: list[FileRule] = field(default_factory=list)
    names: dict[Group, str] = field(default_factory=dict)

    @classmethod
    def of(cls, prefix: str, rules: Iterable[FileRule]) -> "Files":
        """The rules, grouped."""
        groups: dict[Group, list[str]] = defaultdict(list)
        made = cls(prefix)
        for rule in rules:
            letters = "".join(letter for letter in LETTERS if letter in rule.letters)
            if rule.qualifiers.deny:
                letters = letters.replace("l", "")
            if letters:
                key = Group(rule.qualifiers.deny, rule.qualifiers.priority, rule.qualifiers.owner, letters)
                groups[key].append(rule.path)
            if "l" in rule.letters:
                made.pairs.append(rule)
            if rule.mode is not None and "x" in rule.letters:
                key_ = (rule.mode, rule.qualifiers.owner, Glob(rule.path).exact is not None, rule.qualifiers.priority)
                made.runs.setdefault(key_, []).append(rule.path)
        made.groups = dict(
            sorted(
                groups.items(), key=lambda each: (each[0].deny, -each[0].priority, str(each[0].owner), each[0].letters)
            )
        )
        for group in made.groups:
            made.names[group] = made._named(group)
        return made

    def _named(self, group: Group) -> str:
        letters = group.letters.replace("wa", "w") if "w" in group.letters else group.letters
        owner = {None: "", True: "_own", False: "_others"}[group.owner]
        priority = f"_{abs(group.priority)}{'_below' if group.priority < 0 else ''}" if group.priority else ""
        return f"{self.prefix}_{letters}{owner}{'_denied' if group.deny else ''}{priority}"

    def sets(self) -> list[str]:
        """The sets of patterns, as lets of the module."""
        return [f"let {self.names[group]} = {texts(paths)}" for group, paths in self.groups.items()]

    def _is(self, group: Group, thing: str) -> str:
        return both(f"{thing}.dpath matches {self.names[group]}", owned(group.owner, thing))

    def _above(self, group: Group, letter: str, thing: str) -> str:
        """What keeps the group from saying anything about a letter: rules of a higher priority."""
        higher = [
            self._is(each, thing) for each in self.groups if each.priority > group.priority and letter in each.letters
        ]
        return f"not ({either(*higher)})" if higher else ""

    def allows(self, *, thing: str = "object") -> list[tuple[str, str]]:
        """The allows of the region: operations and conditions."""
        made = []
        for group in self.groups:
            if not group.deny:
                for letters in self._alike(group, thing):
                    operations = ", ".join(OPERATIONS[letter] for letter in letters)
                    when = both(self._is(group, thing), self._above(group, letters[0], thing))
                    made.append((operations, when))
        return made

    def _alike(self, group: Group, thing: str) -> list[str]:
        """The letters of a group, those together that the same rules are above."""
        found: dict[str, str] = {}
        for letter in group.letters:
            above = self._above(group, letter, thing)
            found[above] = found.get(above, "") + letter
        return list(found.values())

    def denies(self, profile: str, because: str) -> list[str]:
        """The explicit denies of a profile; ``because`` is how a rule ends."""
        label = has(profile)
        made = []
        for group in self.groups:
            if group.deny:
                for letters in self._alike(group, "object"):
                    operations = ", ".join(OPERATIONS[letter] for letter in letters)
                    when = both(label, self._is(group, "object"), self._above(group, letters[0], "object"))
                    made.append(f"deny {self.names[group]}_{letters[0]}: {operations} when {when} {because}")
            if group.deny and "r" in group.letters:
                when = both(label, opened(profile), self._is(group, "object"), self._above(group, "r", "object"))
                made.append(f"deny {self.names[group]}_on: read_on when {when} {because}")
        refused = dict.fromkeys(self._pair(rule) for rule in self.pairs if rule.qualifiers.deny)
        for number, pair in enumerate(refused, 1):
            made.append(f"deny {self.prefix}_links_denied_{number}: link_to when {both(label, pair)} {because}")
        return made

    # Descriptors

    def reads_on(self) -> list[tuple[str, str]]:
        """The allows for descriptors of others. What may be run is read by execve(2) itself, which asks the same hook."""
        found = dict.fromkeys((*self.granted("r", "object"), *self.granted("x", "object")))
        return [("read_on", when) for when in found]

    def granted(self, letter: str, thing: str) -> list[str]:
        """The conditions under which rules permit a letter."""
        return [
            both(self._is(each, thing), self._above(each, letter, thing))
            for each in self.groups
            if letter in each.letters and not each.deny
        ]

    def may(self, letter: str, thing: str) -> str:
        """The condition that the profile permits a letter for a thing."""
        grants = self.granted(letter, thing)
        refusals = [
            both(self._is(each, thing), self._above(each, letter, thing))
            for each in self.groups
            if letter in each.letters and each.deny
        ]
        if not grants:
            return "false"
        return both(either(*grants), f"not ({either(*refusals)})" if refusals else "")

    # Links

    def linking(self) -> tuple[list[str], list[str]]:
        """Lets, and the conditions under which pairs are permitted: the name to be, and the file that gets it."""
        lets: list[str] = []
        if any(not each.qualifiers.deny and each.subset for each in self.pairs):
            parts = []
            said: set[str] = set()
            for letter in "rwaxmk":
                new, old = self.may(letter, "new"), self.may(letter, "old")
                if new != "false" and new not in said:
                    said.add(new)
                    lets.append(f"let {self.prefix}_{letter}_new = {new}")
                    lets.append(f"let {self.prefix}_{letter}_old = {old}")
                    parts.append(f"(not {self.prefix}_{letter}_new or {self.prefix}_{letter}_old)")
            lets.append(f"let {self.prefix}_no_more = {' and '.join(parts) or 'true'}")
        allows = [self._pair(rule) for rule in self.pairs if not rule.qualifiers.deny]
        return lets, list(dict.fromkeys(allows))

    def _pair(self, rule: FileRule) -> str:
        old = f"old.dpath matches {quoted(rule.link_to)}" if rule.link_to else 'old.dpath != "/"'
        no_more = f"{self.prefix}_no_more" if rule.subset and not rule.qualifiers.deny else ""
        return both(f"new.dpath matches {quoted(rule.path)}", owned(rule.qualifiers.owner, "new"), old, no_more)

    # Programs

    def transitions(
        self, destinations: dict[ExecMode, Destination]
    ) -> tuple[list[tuple[str, frozenset[str]]], list[str]]:
        """What is tried in order to find the label behind an exec, and the conditions under which there is none."""
        steps: list[tuple[str, frozenset[str]]] = []
        missing: list[str] = []
        ordered = sorted(self.runs.items(), key=lambda each: (-each[0][3], not each[0][2]))
        for place, ((mode, owner, _, _), paths) in enumerate(ordered):
            here = both(f"object.dpath matches {texts(paths)}", owned(owner, "object"))
            to = destinations[mode]
            for glob, label in to.labels:
                steps.append((here if glob is None else both(here, f"object.dpath matches {quoted(glob.text)}"), label))
            fitting = [glob for glob, _ in to.labels if glob is not None]
            left = [path for path in paths if not within(Glob(path), fitting)]
            if to.fails and left and len(fitting) == len(to.labels):
                there = both(f"object.dpath matches {texts(left)}", owned(owner, "object"))
                before = [
                    both(f"object.dpath matches {texts(others)}", owned(other, "object"))
                    for (_, other, _, _), others in ordered[:place]
                ]
                fits = [f"object.dpath matches {quoted(glob.text)}" for glob in fitting]
                missing.append(both(there, *(f"not ({each})" for each in (*before, *fits))))
        return steps, missing


def opened(profile: str) -> str:
    """The condition that others opened a descriptor, tasks of other profiles.

    That of an unconfined task is not asked about again; that of one's own was asked about (``aa_file_perm``).
    """
    return f"object.openers != {{}} and not (object.openers has {quoted(profile)})"


def owned(owner: bool | None, thing: str) -> str:  # noqa: FBT001 - three answers, not two
    """The condition that a file is the task's own."""
    match owner:
        case True:
            return f"{thing}.owner == subject.fsuid"
        case False:
            return f"{thing}.owner != subject.fsuid"
        case _:
            return ""


class TooLong(Exception):
    """Comparing ways to run programs would take longer than the limit."""


def conflicts(files: Files) -> Sequence[tuple[str, str, str, str]]:
    """Pairs of paths that certainly meet and are run in different ways, which AppArmor's compiler refuses.

    Raises :class:`TooLong` where that takes more steps than ``MAX_STEPS``.
    """
    found = []
    entries = [
        (mode, exact, priority, Glob(path))
        for (mode, _, exact, priority), paths in files.runs.items()
        for path in dict.fromkeys(paths)
    ]
    left = MAX_STEPS
    for at, (mode, exact, priority, path) in enumerate(entries):
        for other, other_exact, other_priority, other_path in entries[at + 1 :]:
            left -= 1
            if mode == other or exact != other_exact or priority != other_priority:
                continue
            if path.prefix.startswith(other_path.prefix) or other_path.prefix.startswith(path.prefix):
                met, left = meet(path, other_path, left)
                if met:
                    found.append((path.text, written(mode), other_path.text, written(other)))
        if left < 0:
            raise TooLong
    return found


def meet(first: Glob, second: Glob, left: int) -> tuple[bool, int]:
    """Whether some path matches both globs: a walk over pairs of positions of their automata; and how many steps are left."""
    if first.exact is not None:
        return second.matches(first.exact), left
    if second.exact is not None:
        return first.matches(second.exact), left
    one, other = first.automaton, second.automaton
    seen, pending = {(0, 0)}, [(0, 0)]
    while pending:
        here, there = pending.pop()
        if one.accepting >> here & 1 and other.accepting >> there & 1:
            return True, left
        for one_after in _members(one.follows[here]):
            for other_after in _members(other.follows[there]):
                left -= 1
                if left < 0:
                    raise TooLong
                pair = (one_after, other_after)
                if pair not in seen and one.classes[one_after] & other.classes[other_after]:
                    seen.add(pair)
                    pending.append(pair)
    return False, left


def _members(positions: int) -> Iterable[int]:
    while positions:
        low = positions & -positions
        yield low.bit_length() - 1
        positions ^= low


def written(mode: ExecMode) -> str:
    """An exec mode as profiles write it."""
    kind = mode.kind.upper() if mode.scrubs and mode.kind != "i" else mode.kind
    return f"{kind}{mode.fallback}x" + (f" -> {mode.target}" if mode.target else "")
