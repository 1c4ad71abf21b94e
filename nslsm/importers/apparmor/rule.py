"""What profiles say, as values: profiles with their rules, in the words of apparmor.d(5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from nslsm.diagnostics.span import Span
from nslsm.importers.apparmor.abi import USUAL, Features

LETTERS: Final = "rwaxmkl"
"""What a file rule can permit: read, write, append, execute, map as code, lock, link."""


class ExecMode(NamedTuple):
    """What becomes of a program that is run: ``ix`` inherit, ``ux`` unconfined, ``px`` a profile, ``cx`` a child profile."""

    kind: str
    """``i``, ``u``, ``p`` or ``c``."""
    fallback: str = ""
    """``i`` or ``u`` where there is no such profile; empty: the program is not run."""
    scrubs: bool = False
    """Whether the environment is cleaned."""
    target: str = ""
    """The profile that is named by ``->``, or nothing: the one that attaches to the program."""


@dataclass(frozen=True, slots=True)
class Qualifiers:
    """What may stand before a rule."""

    deny: bool = False
    audit: bool = False
    owner: bool | None = None
    """True: files of the task's own; False: files of others; None: all."""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class FileRule:
    """``owner /path rw,`` and its kin."""

    span: Span
    qualifiers: Qualifiers
    path: str
    letters: frozenset[str]
    mode: ExecMode | None = None
    link_to: str = ""
    subset: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """Any other rule: its kind, what stands before ``peer``, and what stands in it."""

    span: Span
    qualifiers: Qualifiers
    kind: str
    access: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    conditions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """``set``, ``type``, ``fstype``, … and of the other party ``peer``, ``peer.label``, ``peer.name``."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile; ``name`` with that of its parent before it (``daemon//helper``)."""

    name: str
    span: Span
    attachment: str
    flags: Mapping[str, str]
    """Its flags, each with its value: ``error`` has one."""
    rules: tuple["FileRule | Rule", ...]
    children: tuple["Profile", ...] = ()
    is_hat: bool = False
    also: tuple[str, ...] = ()
    """What else it attaches to, by aliases."""
    features: Features = USUAL
    """The ABI that its rules are written for."""

    @property
    def permits_everything(self) -> bool:
        """Whether what no rule denies is permitted."""
        open_ = any(isinstance(each, Rule) and each.kind == "all" and not each.qualifiers.deny for each in self.rules)
        return open_ or "default_allow" in self.flags

    def all(self) -> tuple["Profile", ...]:
        """It, and all profiles in it."""
        return (self, *(inner for child in self.children for inner in child.all()))


@dataclass(frozen=True, slots=True)
class Module:
    """What one file holds."""

    name: str
    profiles: tuple[Profile, ...]
    variables: Mapping[str, tuple[str, ...]]
    aliases: tuple[tuple[str, str], ...]
