"""Where statements stand: blocks, optional parts, what was inherited; and the names that are seen there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.codes import SYNTAX

Arguments: TypeAlias = "Mapping[str, tuple[Item, Scope]]"


class Optional:
    """A part that counts only where all its names are declared, and all parts around it count."""

    __slots__ = ("enabled", "inside", "name")

    def __init__(self, name: str, inside: "Optional | None") -> None:
        self.name, self.inside, self.enabled = name, inside, True

    @property
    def counts(self) -> bool:
        """Whether it is taken."""
        part: Optional | None = self
        while part is not None:
            if not part.enabled:
                return False
            part = part.inside
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Where a name is looked for: what it may be with, from the nearest block outwards."""

    prefix: str
    """Of what is declared here: ``block.``, or nothing."""
    around: tuple[str, ...]
    """The prefixes that are tried, in order."""
    arguments: Arguments = field(default_factory=dict)
    """Of the macro that is called: what each parameter stands for, and where that was written."""
    own: frozenset[str] = frozenset()
    """What the macro declares itself, where it is called."""

    def candidates(self, name: str) -> Iterator[str]:
        """The full names that a name may mean."""
        if name.startswith("."):
            yield name[1:]
            return
        if name in self.own:
            yield self.prefix + name
        for prefix in self.around:
            yield prefix + name


class Placed(Form):
    """A statement that sees other names than what it stands in."""

    __slots__ = ("scope",)

    scope: Scope


class Statement(NamedTuple):
    """A statement where it counts."""

    form: Form
    scope: Scope
    optional: Optional | None


@dataclass(slots=True, eq=False)
class Block:
    """A namespace, or the whole; what is in it in order, blocks and optional parts as themselves."""

    name: str
    """Its full name, and a dot; empty for the whole."""
    outer: "Block | None"
    items: list["Form | Block | Part | Inherited"] = field(default_factory=list)
    blocks: dict[str, "Block"] = field(default_factory=dict)
    macros: dict[str, Form] = field(default_factory=dict)
    abstract: bool = False
    inherited: bool | None = False
    """Whether what it inherits is in it; None: that is being done."""
    origin: tuple[str, ...] = ()
    """The prefixes around what it was copied from: names are looked for there last."""

    def around(self) -> tuple[str, ...]:
        """The prefixes of names that are seen here."""
        found: list[str] = []
        last: list[str] = []
        block: Block | None = self
        while block is not None:
            found.append(block.name)
            last += block.origin
            block = block.outer
        return tuple(dict.fromkeys((*found, *last)))


@dataclass(slots=True, eq=False)
class Part:
    """An optional part, with what is in it."""

    form: Form
    items: list["Form | Block | Part | Inherited"]
    missing: bool = False
    """Whether something that shapes blocks is not there: then the part does not count."""


@dataclass(slots=True, eq=False)
class Inherited:
    """What came from another block."""

    around: tuple[str, ...]
    """The prefixes around that block."""
    items: list["Form | Block | Part | Inherited"]


def given(item: Item, scope: Scope) -> tuple[Item, Scope]:
    """What a word stands for where macros are called: their arguments, and where those were written."""
    while isinstance(item, str) and item in scope.arguments:
        item, scope = scope.arguments[item]
    return item, scope


def named(form: Form) -> str:
    """The name that a statement gives, or speaks of."""
    if len(form) < 2 or not isinstance(form[1], str):
        raise fault(SYNTAX, form, f"`{form[0]}` is followed by a name")
    return form[1]
