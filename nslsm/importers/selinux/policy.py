"""A policy of SELinux, flat: every name resolved, macros, blocks and optional parts gone, sets as their members.

What secilc(8) would put into a binary policy, but for one thing: rules keep the attributes that they were written with, so that
an answer can be explained by them. Names are those of the binary policy (``block.name`` within blocks).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from nslsm.diagnostics import Span

SELF = "self"
"""As the target of a rule: the type of the source itself."""

Triple: TypeAlias = tuple[str, str, str]
"""Source (a type or an attribute), target (the same, or ``self``), class."""
Vectors: TypeAlias = Mapping[Triple, frozenset[str]]
"""Permissions by triple; what several rules say of one is united."""


class Level(NamedTuple):
    """A sensitivity and categories."""

    sensitivity: str
    categories: frozenset[str]


class Range(NamedTuple):
    """From the lower to the higher level."""

    low: Level
    high: Level


class Context(NamedTuple):
    """``user:role:type:range``."""

    user: str
    role: str
    type: str
    range: Range


class User(NamedTuple):
    """What a user of SELinux may be."""

    roles: frozenset[str]
    """Roles; attributes of roles resolved."""
    level: Level
    range: Range


# Conditions of booleans, and expressions of constraints, are trees of tuples: an operator's name first.


class Operand(NamedTuple):
    """A word in a constraint: ``u1 u2 u3 r1 r2 r3 t1 t2 t3 l1 l2 h1 h2``, or a set of names."""

    word: str
    """Empty for names."""
    names: frozenset[str] = frozenset()
    """Users, roles or types; attributes are left as they are (see ``Policy.attributes`` and ``role_attributes``)."""


class Comparison(NamedTuple):
    """``eq neq dom domby incomp`` between two operands."""

    operator: Literal["eq", "neq", "dom", "domby", "incomp"]
    left: Operand
    right: Operand


class Logical(NamedTuple):
    """``and or not xor eq neq`` over others."""

    operator: Literal["and", "or", "not", "xor", "eq", "neq"]
    operands: tuple["Expression", ...]


class Boolean(NamedTuple):
    """A boolean's value, in the condition of a ``booleanif``."""

    name: str


Expression: TypeAlias = Comparison | Logical | Boolean


class Constraint(NamedTuple):
    """``constrain``, ``mlsconstrain``, ``validatetrans`` or ``mlsvalidatetrans``."""

    classes: Mapping[str, frozenset[str]]
    """Permissions by class; none for validatetrans."""
    expression: Expression
    span: Span


class Conditional(NamedTuple):
    """One branch of a ``booleanif``; the other branch is a second one, whose condition is ``not`` of the first's."""

    condition: Expression
    allows: Vectors
    dontaudits: Vectors
    auditallows: Vectors
    transitions: Mapping[Triple, str]
    changes: Mapping[Triple, str] = {}
    members: Mapping[Triple, str] = {}


class NeverAllow(NamedTuple):
    """What no rule may allow."""

    source: frozenset[str]
    """Types; attributes resolved."""
    target: frozenset[str]
    """Types, attributes resolved; ``self`` as it is."""
    permissions: Mapping[str, frozenset[str]]
    span: Span


class FileContext(NamedTuple):
    """A line of file_contexts: a regular expression for whole paths, a kind of file, a context (None: ``<<none>>``)."""

    path: str
    kind: Literal["any", "file", "dir", "char", "block", "socket", "pipe", "symlink"]
    context: Context | None


class Port(NamedTuple):
    """``portcon``."""

    protocol: str
    first: int
    last: int
    context: Context


class Node(NamedTuple):
    """``nodecon``: address and mask as they are written."""

    address: str
    mask: str
    context: Context


class Default(NamedTuple):
    """``defaultuser`` and the like, for one class; what is None is as the kernel has it without them."""

    user: Literal["source", "target"] | None = None
    role: Literal["source", "target"] | None = None
    type: Literal["source", "target"] | None = None
    range: tuple[Literal["source", "target", "glblub"], Literal["low", "high", "low-high"] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole; what is not declared is empty."""

    classes: Mapping[str, tuple[str, ...]]
    """Permissions of each class, those of its common first, in order."""
    mls: bool
    handle_unknown: Literal["allow", "deny", "reject"] = "deny"
    types: tuple[str, ...] = ()
    """In the order of declaration."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Of types, sensitivities (``s:`` before both) and categories (``c:`` before both)."""
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Types of each attribute."""
    bounds: Mapping[str, str] = field(default_factory=dict)
    """``typebounds``: the parent of a type."""
    permissive: frozenset[str] = frozenset()
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Types of each role; ``object_r`` has all."""
    role_attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)
    sensitivities: tuple[str, ...] = ()
    """In order of dominance, lowest first."""
    categories: tuple[str, ...] = ()
    """In order."""
    sensitivity_categories: Mapping[str, frozenset[str]] = field(default_factory=dict)
    booleans: Mapping[str, bool] = field(default_factory=dict)
    capabilities: frozenset[str] = frozenset()
    """What the policy says that it can (``policycap``)."""
    tunables: Mapping[str, bool] = field(default_factory=dict)
    """Already decided: what hung on them is in, or is not."""
    allows: Vectors = field(default_factory=dict)
    dontaudits: Vectors = field(default_factory=dict)
    auditallows: Vectors = field(default_factory=dict)
    extended: tuple[tuple[str, Triple, Span], ...] = ()
    """``allowx``, ``dontauditx`` and the like: which, of what, and where."""
    neverallows: tuple[NeverAllow, ...] = ()
    conditionals: tuple[Conditional, ...] = ()
    transitions: Mapping[Triple, str] = field(default_factory=dict)
    """``typetransition``: sources and targets may be attributes."""
    named_transitions: Mapping[tuple[str, str, str, str], str] = field(default_factory=dict)
    """Those for one name; the name last."""
    changes: Mapping[Triple, str] = field(default_factory=dict)
    """``typechange``."""
    members: Mapping[Triple, str] = field(default_factory=dict)
    """``typemember``."""
    role_allows: frozenset[tuple[str, str]] = frozenset()
    """Pairs of roles, attributes resolved."""
    role_transitions: Mapping[Triple, str] = field(default_factory=dict)
    """By role, type (or attribute) and class."""
    range_transitions: Mapping[Triple, Range] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    mls_constraints: tuple[Constraint, ...] = ()
    validations: tuple[Constraint, ...] = ()
    """``validatetrans`` and ``mlsvalidatetrans``."""
    defaults: Mapping[str, Default] = field(default_factory=dict)
    """By class."""
    initial: Mapping[str, Context] = field(default_factory=dict)
    """Contexts of initial SIDs."""
    files: tuple[FileContext, ...] = ()
    ports: tuple[Port, ...] = ()
    nodes: tuple[Node, ...] = ()
    interfaces: tuple[tuple[str, Context, Context], ...] = ()
    file_systems: Mapping[str, tuple[str, Context]] = field(default_factory=dict)
    """``fsuse``: xattr, task or trans, by the name of a file system."""
    generic: tuple[tuple[str, str, str, Context], ...] = ()
    """``genfscon``: file system, path, kind of file, context."""
    other: tuple[tuple[str, Span], ...] = ()
    """Statements that are understood and have no place here (Xen's, InfiniBand's, …): what, and where."""
