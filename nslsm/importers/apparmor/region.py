"""Regions to be: what rules of one class permit and deny, before they are text; and what their makers share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from nslsm.diagnostics import Code
from nslsm.importers.apparmor.abi import Features
from nslsm.importers.apparmor.codes import LOST, NARROWED
from nslsm.importers.apparmor.file_rule import label_text
from nslsm.importers.apparmor.rule import Rule
from nslsm.importers.apparmor.text import either, texts
from nslsm.language.check.glob import Glob, GlobError

Tell = Callable[[Code, Rule, str], None]

UNCONFINED: Final = "unconfined"
NOBODY: Final = "false"
"""The condition that the other party is one of no names at all."""


@dataclass
class Region:
    """A region to be: what it is called, its operations, its allows, and the explicit denies beside it."""

    name: str
    operations: str
    because: str
    inbound: bool = False
    """Whether it is about what is done to tasks of the profile."""
    allows: list[tuple[str, str]] = field(default_factory=list)
    """Operations and conditions; an empty condition always holds."""
    denies: list[tuple[str, str]] = field(default_factory=list)
    """Operations and conditions."""

    def allow(self, operations: str, when: str = "") -> None:
        """Permit it, once."""
        if (operations, when) not in self.allows:
            self.allows.append((operations, when))

    def allow_all(self) -> None:
        """Permit all that it is about."""
        self.allows = [(self.operations, "")]

    def permitted(self) -> list[tuple[str, str]]:
        """The allows: operations of one condition together, and none beside one that always holds."""
        always = {each for operations, when in self.allows if not when for each in operations.split(", ")}
        together: dict[str, list[str]] = {}
        for operations, when in self.allows:
            kept = [each for each in operations.split(", ") if not when or each not in always]
            if kept:
                together.setdefault(when, []).extend(kept)
        return [(", ".join(dict.fromkeys(operations)), when) for when, operations in together.items()]

    def add(self, rule: Rule, operation: str, when: str) -> None:
        """What a rule says of an operation. A condition about nobody says nothing."""
        if when == NOBODY or when.endswith(f" and {NOBODY}"):
            return
        if rule.qualifiers.deny:
            self.denies.append((operation, when))
        else:
            self.allow(operation, when)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all that is said of one profile's rules rests on."""

    rules: tuple[Rule, ...]
    known: frozenset[str]
    """Names of profiles that the other party of a rule may have."""
    features: Features
    tell: Tell
    lenient: bool = False
    """Whether what no rule denies is permitted: in complain mode, or by a flag or rule that says so."""

    def of(self, *kinds: str) -> list[Rule]:
        """The rules of some kinds."""
        return [rule for rule in self.rules if rule.kind in kinds]

    def untold(self, rule: Rule, message: str) -> None:
        """A rule is left out: a loss where it denies, a stricter policy where it permits."""
        self.tell(LOST if rule.qualifiers.deny else NARROWED, rule, message)

    def peer(self, rule: Rule, side: str) -> str:
        """The condition that the other party is one that a rule names; empty: anybody."""
        patterns = rule.conditions.get("peer", ()) + rule.conditions.get("peer.label", ())
        if not patterns:
            return ""
        globs = []
        for each in patterns:
            try:
                globs.append(Glob(label_text(each)))
            except GlobError:
                self.untold(rule, f"`{each}` is no pattern of names")
        return self._among(globs, f"{side}.label")

    def _among(self, globs: Iterable[Glob], label: str) -> str:
        named = [name for name in self.known if any(glob.matches(name) for glob in globs)]
        made = []
        if named:
            made.append(f"{label} != {{}} and {label} - {texts(named)} == {{}}")
        if any(glob.matches(UNCONFINED) for glob in globs):
            made.append(f"{label} == {{}}")
        return either(*(f"({each})" if len(made) > 1 else each for each in made))
