"""The types that facts have, and the Python values that stand for them.

========================  =====================================================================
type                      a value is
========================  =====================================================================
``bool int string``       ``bool``, ``int`` (64 bits, saturating), ``str``
``path``                  ``str``, absolute, normalised, bytes that are not UTF-8 as surrogates
``address network``       ``ipaddress`` objects; ``NO_ADDRESS`` where a socket has none
``capability``            :class:`nslsm.hooks.linux.Capability`
``signal``                :class:`nslsm.hooks.linux.Signal`
``errno``                 :class:`nslsm.hooks.linux.Errno`
``Flags``                 ``frozenset[str]`` of member names
``Enumeration``           ``str``, one member name
``SetOf``                 ``frozenset`` of element values
``Kind``                  a value with one attribute per fact (:mod:`nslsm.protocol`)
========================  =====================================================================

A fact that nobody knows (Model M2.9) has the value :data:`UNKNOWN`, whatever its type.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, TypeAlias


class Unknown(Enum):
    """What a fact is that neither a world declares nor a trace carries (Model M2.9)."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


class NoAddress(Enum):
    """The address of a socket that has none (``AF_UNIX``, unbound): equal to itself only, in no network."""

    NO_ADDRESS = "none"

    def __repr__(self) -> str:
        return "NO_ADDRESS"


NO_ADDRESS: Final = NoAddress.NO_ADDRESS

Address: TypeAlias = IPv4Address | IPv6Address | NoAddress
Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type without parts: ``bool``, ``int``, ``string``, ``path``, …"""

    name: str

    def __str__(self) -> str:
        return self.name


BOOL: Final = Scalar("bool")
INT: Final = Scalar("int")
STRING: Final = Scalar("string")
PATH: Final = Scalar("path")
ADDRESS: Final = Scalar("address")
NETWORK: Final = Scalar("network")
CAPABILITY: Final = Scalar("capability")
SIGNAL: Final = Scalar("signal")
ERRNO: Final = Scalar("errno")
GLOB: Final = Scalar("glob")
"""A pattern of paths: for a table's key only, which is asked with a path."""

SCALARS: Final = (BOOL, INT, STRING, PATH, ADDRESS, NETWORK, CAPABILITY, SIGNAL, ERRNO)


@dataclass(frozen=True, slots=True)
class Flags:
    """A set of named bits, such as an open file's flags; ``flags has write`` asks for one."""

    name: str
    members: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Enumeration:
    """One of several names; in an ordered one, ``<`` compares places in ``members``."""

    name: str
    members: tuple[str, ...] = field(repr=False)
    ordered: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class SetOf:
    """A finite set of values of one type."""

    element: "Type"

    def __str__(self) -> str:
        return f"set of {self.element}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is certain of a fact's values beyond their type: so that a comparison with anything else is seen to be vain.

    A policy means the same without them.
    """

    least: int | None = None
    most: int | None = None
    longest: int | None = None
    """Bytes that a text has at most."""
    letters: str = ""
    """The only characters that it has."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that can be known about a request, a subject or an object."""

    name: str
    type: "Type"
    doc: str = field(compare=False)
    bounds: Bounds | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Method:
    """A fact with arguments: ``object.xattr("security.SMACK64", "_")``, ``subject.is_ancestor_of(object)``.

    ``optional`` says how many of the last parameters may be left out.
    """

    name: str
    parameters: tuple["Type", ...]
    result: "Type"
    doc: str = field(compare=False)
    optional: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of thing that has facts of its own: a task, a file, a socket, …

    ``facts`` is called for, not stored, because kinds refer to one another (a file has a parent, which is a file).
    Two kinds are the same where their names are.
    """

    name: str
    doc: str
    members: Callable[[], tuple[Fact | Method, ...]] = field(repr=False)

    def fact(self, name: str) -> Fact | None:
        """The fact called ``name``, or None."""
        return next((m for m in self.members() if isinstance(m, Fact) and m.name == name), None)

    def method(self, name: str) -> Method | None:
        """The method called ``name``, or None."""
        return next((m for m in self.members() if isinstance(m, Method) and m.name == name), None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kind) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name


Type: TypeAlias = Scalar | Flags | Enumeration | SetOf | Kind
