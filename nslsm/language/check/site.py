"""What an expression can read where it stands: the subject, the object and the facts of the hooks that a rule is about.

A rule may use only what all its hooks have. A :class:`Site` says what that is, and where something is lacking, which hook
lacks it.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

from nslsm.hooks.kinds import NAMESPACE, TASK
from nslsm.hooks.model import Hook
from nslsm.hooks.types import Fact, Kind, Method, Type
from nslsm.language.check.findings import listed
from nslsm.language.check.types import members_of_kind

MAX_NAMED_HOOKS: Final = 4
"""How many hooks a finding names before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class Aim:
    """One way in which a request can be what a rule is about: a hook, and the fact that stands for ``object``."""

    hook: Hook
    at: str | None = None

    @property
    def object(self) -> Kind | None:
        """The kind of thing that ``object`` is here; None where there is none."""
        if self.at is None:
            return self.hook.object
        fact = self.hook.fact(self.at)
        return fact.type if fact is not None and isinstance(fact.type, Kind) else None

    def __str__(self) -> str:
        return self.hook.name if self.at is None else f"{self.hook.name} at {self.at}"

    def __hash__(self) -> int:
        return hash((self.hook.name, self.at))


@dataclass(frozen=True, slots=True)
class Lack:
    """Why something cannot be read here, as a finding says it."""

    message: str
    notes: tuple[str, ...] = ()


Objects: TypeAlias = tuple[tuple[Aim | None, Kind], ...]


@dataclass(frozen=True)
class Site:
    """The place of an expression. ``aims`` are its rule's; ``thing`` is what ``object`` is in an attribute's default.

    With neither, the expression is constant: it can read nothing.
    """

    aims: tuple[Aim, ...] = ()
    thing: Kind | None = None
    wording: str = "here"
    """Where this is, in a sentence: ``in a default``."""
    _facts: dict[str, "Type | Lack | None"] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def key(self) -> Hashable:
        """Equal for sites at which every expression means the same."""
        return (frozenset(self.aims), self.thing)

    def named_thing(self, name: str) -> Kind | Lack:
        """The kind of ``subject``, ``object`` or ``namespace``."""
        if name == "object":
            return self._object
        if not self.aims:
            where = f" {self.wording}" if self.thing is None else " in an attribute's default: only `object`"
            return Lack(f"`{name}` cannot be read{where}")
        return TASK if name == "subject" else NAMESPACE

    @cached_property
    def _object(self) -> Kind | Lack:
        if self.thing is not None:
            return self.thing
        if not self.aims:
            return Lack(f"`object` cannot be read {self.wording}")
        without = [aim for aim in self.aims if aim.object is None]
        if without:
            return Lack(f"{hooks(without)} {'has' if len(without) == 1 else 'have'} no object")
        kinds = dict.fromkeys(aim.object for aim in self.aims if aim.object is not None)
        return next(iter(kinds)) if len(kinds) == 1 else _joint(tuple(kinds))

    def fact(self, name: str) -> Type | Lack | None:
        """The type of the hooks' fact ``name``; None where no hook here has it."""
        if name not in self._facts:
            self._facts[name] = self._fact(name)
        return self._facts[name]

    def _fact(self, name: str) -> Type | Lack | None:
        found = [(aim, aim.hook.fact(name)) for aim in self.aims]
        types: dict[Type, Aim] = {}
        for aim, fact in found:
            if fact is not None:
                types.setdefault(fact.type, aim)
        if not types:
            return None
        without = [aim for aim, fact in found if fact is None]
        if without:
            has = "has" if len(without) == 1 else "have"
            return Lack(f"{hooks(without)} {has} no fact `{name}`")
        if len(types) > 1:
            kinds = " and ".join(f"`{type_}` at `{aim}`" for type_, aim in types.items())
            return Lack(f"`{name}` is of different types at the hooks of this rule: {kinds}")
        return next(iter(types))

    def fact_names(self) -> list[str]:
        """The facts that all hooks here have."""
        names = [{fact.name for fact in aim.hook.facts} for aim in self.aims]
        return sorted(set.intersection(*names)) if names else []

    def objects_without(self, name: str) -> list[Aim]:
        """The aims whose object has no fact or method called ``name``."""
        return [aim for aim in self.aims if aim.object is None or name not in members_of_kind(aim.object)]


CONSTANT: Final = Site(wording="in a constant")
"""The site of what must be constant."""


def hooks(aims: list[Aim]) -> str:
    """The hooks as a sentence lists them."""
    return listed(dict.fromkeys(str(aim) for aim in aims), MAX_NAMED_HOOKS)


def _joint(kinds: tuple[Kind, ...]) -> Kind:
    """What several kinds of thing have in common."""
    first, *others = (members_of_kind(kind) for kind in kinds)

    def common() -> tuple[Fact | Method, ...]:
        return tuple(
            member for name, member in first.items() if all(_alike(member, other.get(name)) for other in others)
        )

    return Kind(" or ".join(sorted(kind.name for kind in kinds)), "what these kinds have in common", common)


def _alike(one: Fact | Method, other: Fact | Method | None) -> bool:
    if isinstance(one, Fact):
        return isinstance(other, Fact) and other.type == one.type
    return isinstance(other, Method) and (other.parameters, other.result) == (one.parameters, one.result)
