"""The types of the language: by name, by what they hold, and by what a bare word can mean where one is expected."""

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from typing import Final

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.kinds import KINDS
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import (
    CAPABILITY,
    ERRNO,
    PATH,
    SCALARS,
    SIGNAL,
    STRING,
    Enumeration,
    Fact,
    Flags,
    Kind,
    Method,
    Scalar,
    SetOf,
    Type,
)
from nslsm.protocol.things import Value

INT_MAX: Final = 2**63 - 1
"""The largest integer (Model M3.5)."""

INT_MIN: Final = -(2**63)
"""The smallest integer (Model M3.5)."""

TEXTS: Final = (STRING, PATH)
"""The types whose values are text: either can be held against a glob."""

_NAMED_MEMBERS: Final[Mapping[Scalar, type[IntEnum]]] = {CAPABILITY: Capability, SIGNAL: Signal, ERRNO: Errno}


@cache
def members_of_kind(kind: Kind) -> Mapping[str, Fact | Method]:
    """The facts and methods of a kind, by name."""
    return {member.name: member for member in kind.members()}


@cache
def named_types() -> Mapping[str, Type]:
    """The types that have a name: the scalars, and the enumerations and flags of the catalogue's facts."""
    found: dict[str, Type] = {scalar.name: scalar for scalar in SCALARS}
    facts = [member for kind in KINDS for member in kind.members() if isinstance(member, Fact)]
    facts += [fact for hook in CATALOGUE.values() for fact in hook.facts]
    for fact in facts:
        if isinstance(fact.type, Enumeration | Flags):
            found.setdefault(fact.type.name, fact.type)
    return found


def flag_of(flags: Flags) -> Enumeration:
    """The type of one member of ``flags``."""
    return Enumeration(flags.name, flags.members)


def element_of(type_: Type) -> Type | None:
    """What a set holds; a single flag for flags; None where the type is no set."""
    match type_:
        case SetOf():
            return type_.element
        case Flags():
            return flag_of(type_)
        case _:
            return None


def is_ordered(type_: Type) -> bool:
    """Whether ``<`` compares two values of the type."""
    return type_ == Scalar("int") or (isinstance(type_, Enumeration) and type_.ordered)


def member_names(type_: Type | None) -> tuple[str, ...]:
    """The words that are values of the type: an enumeration's members, capabilities, signals, errnos."""
    match type_:
        case Enumeration():
            return type_.members
        case Scalar() if type_ in _NAMED_MEMBERS:
            return tuple(_NAMED_MEMBERS[type_].__members__)
        case _:
            return ()


def member(type_: Type | None, name: str) -> Value | None:
    """The value that the word ``name`` is where ``type_`` is expected, or None.

    >>> member(CAPABILITY, "CAP_KILL")
    <Capability.CAP_KILL: 5>
    """
    match type_:
        case Enumeration():
            return name if name in type_.members else None
        case Scalar() if type_ in _NAMED_MEMBERS:
            return _NAMED_MEMBERS[type_].__members__.get(name)
        case _:
            return None


def article(type_: Type) -> str:
    """The type as it stands in a sentence: ``an `int` ``, ``a `path` ``."""
    text = str(type_)
    return f"an `{text}`" if text[:1] in "aeiou" else f"a `{text}`"


def path_fault(text: str) -> str | None:
    """Why no path can be ``text``, or None: paths are absolute and normalised, or name something without a name.

    The kernel calls a file that has no name ``anon_inode:[eventfd]``, ``pipe:[4711]``; a socket without one has the
    empty path.
    """
    if not text or text == "/":
        return None
    if not text.startswith("/"):
        head, colon, _ = text.partition(":")
        named = colon and head.replace("_", "").isalnum()
        return None if named else "a path is absolute: it starts with `/`"
    if "\0" in text:
        return "a path holds no zero byte"
    parts = text.split("/")[1:]
    if "" in parts:
        return "a path has no `/` at its end and no `//` in it"
    if "." in parts or ".." in parts:
        return "a path has no part `.` or `..`"
    return None
