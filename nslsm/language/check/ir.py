"""The typed program that the checker makes of a policy: names resolved, types known, operations expanded.

Evaluators, the digest and analyses work on this and never see the syntax tree. Expressions have a ``type``; rules have the
hooks that they are about as ``targets``. Everything is immutable and compares by meaning: spans take no part.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from nslsm.diagnostics.span import Span
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import Kind, SetOf, Type
from nslsm.language.check.glob import Glob
from nslsm.protocol.namespace import Limits, Mode
from nslsm.protocol.things import Value

# Expressions


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is known when the policy is checked."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the control; :func:`nslsm.language.program.instantiate` puts a Constant in its place."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that the request is about: ``subject``, ``object``, ``namespace``, or a hook's fact that is a thing (``old``)."""

    name: str
    type: Kind


@dataclass(frozen=True, slots=True)
class Argument:
    """A fact of the hook itself: ``flags``, ``port``."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class FactOf:
    """A fact of a thing: ``object.path``, ``object.parent`` (a thing again)."""

    thing: "Thing | FactOf"
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class AttributeOf:
    """An attribute that the control declares: ``subject.clinician``; ``attribute`` is its key, ``task.clinician``."""

    thing: "Thing | FactOf"
    attribute: str
    type: Type


@dataclass(frozen=True, slots=True)
class MethodOf:
    """A fact with arguments: ``subject.is_ancestor_of(object)``, ``object.xattr("security.capability", "")``."""

    thing: "Thing | FactOf"
    name: str
    arguments: tuple["Expr", ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Lookup:
    """A row of a table. ``lifted[i]``: the i-th argument is a set, and the answers for its elements are united.

    The table itself is found by ``table``, its qualified name, in :attr:`Control.tables`; one that is a parameter by
    :func:`of_parameter`, once that is filled in.
    """

    table: str
    keys: tuple["Expr", ...]
    lifted: tuple[bool, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Named:
    """A ``let``: evaluated once for each request and target, however often it is read.

    One ``let`` is one node wherever it means the same, so a program is a graph: whoever walks it goes by identity.
    """

    name: str
    value: "Expr"
    type: Type


@dataclass(frozen=True, slots=True)
class SetOfParts:
    """``{a, b}`` where an element is not a constant."""

    elements: tuple["Expr", ...]
    type: SetOf


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene's negation."""

    operand: "Expr"
    type: Type


@dataclass(frozen=True, slots=True)
class And:
    """Kleene's conjunction: false wins over unknown."""

    operands: tuple["Expr", ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Or:
    """Kleene's disjunction: true wins over unknown."""

    operands: tuple["Expr", ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Compare:
    """``== != < <= > >= in "not in" has "has all" "has any"``; the checker has made the types agree.

    ``in`` with a network or a set of networks on the right asks whether the address is in one of them.
    For an ordered enumeration, ``members`` gives the order.
    """

    operator: str
    left: "Expr"
    right: "Expr"
    type: Type
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matches:
    """``path matches patterns``. ``globs`` are compiled from ``patterns`` once that is a Constant, and None before."""

    path: "Expr"
    patterns: "Expr"
    globs: tuple[Glob, ...] | None = field(compare=False)
    type: Type


@dataclass(frozen=True, slots=True)
class Under:
    """``path under directory`` (or any of a set of directories): the directory itself, or beneath it."""

    path: "Expr"
    directories: "Expr"
    type: Type


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``+ -`` on 64-bit saturating integers (Model M3.5), ``&`` on their bits, ``+ - &`` on sets."""

    operator: str
    left: "Expr"
    right: "Expr"
    type: Type


@dataclass(frozen=True, slots=True)
class Conditional:
    """``then if condition else otherwise``."""

    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"
    type: Type


@dataclass(frozen=True, slots=True)
class Builtin:
    """``basename(p)``, ``size(s)``, ``context_type(c)`` and the other functions that are built in."""

    name: str
    arguments: tuple["Expr", ...]
    type: Type


Expr: TypeAlias = (
    Constant
    | Parameter
    | Thing
    | Argument
    | FactOf
    | AttributeOf
    | MethodOf
    | Lookup
    | Named
    | SetOfParts
    | Not
    | And
    | Or
    | Compare
    | Matches
    | Under
    | Arithmetic
    | Conditional
    | Builtin
)


# Rules


@dataclass(frozen=True, slots=True)
class Target:
    """One way in which a request is what a rule speaks of: its hook, where ``object`` is aimed, and a guard.

    ``at`` names the hook's fact that stands for ``object`` (``path_rename at new``), None for the object itself.
    """

    hook: str
    at: str | None = None
    guard: Expr | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule names: an operation (several targets) or a single hook (one). A family is several actions."""

    name: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny:
    """Denies a request that is one of ``actions`` where ``when`` holds. ``errno`` None: the hook's default."""

    id: str
    span: Span = field(compare=False, repr=False)
    inbound: bool
    actions: tuple[Action, ...]
    when: Expr | None
    errno: Errno | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """Lets its region's ``actions`` (by name) through where ``when`` holds."""

    id: str
    span: Span = field(compare=False, repr=False)
    actions: tuple[str, ...]
    when: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confine:
    """A region: where ``where`` holds, each of its actions that the request is must have an allow that matches."""

    id: str
    span: Span = field(compare=False, repr=False)
    actions: tuple[Action, ...]
    where: Expr | None
    errno: Errno | None
    because: str
    allows: tuple[Allow, ...]


@dataclass(frozen=True, slots=True)
class Assign:
    """``set thing.attribute = value``; ``attribute`` is the key, ``task.clinician``."""

    thing: Thing | FactOf
    attribute: str
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """``on [denied] actions when … set …`` (Model M3)."""

    id: str
    span: Span = field(compare=False, repr=False)
    denied: bool
    actions: tuple[Action, ...]
    when: Expr | None
    assignments: tuple[Assign, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """``[inbound] audit actions when …`` (Model M2.7)."""

    id: str
    span: Span = field(compare=False, repr=False)
    inbound: bool
    actions: tuple[Action, ...]
    when: Expr | None
    because: str


Rule: TypeAlias = Deny | Confine | Effect | Audit


# Controls


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A declared attribute; ``key`` is ``kind.name``. ``default`` may read the thing it is on, as ``object``."""

    key: str
    kind: Kind
    type: Type
    default: Expr
    foreign: Expr | None
    join: str | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TableOf:
    """The type of a parameter that a table is given for: what its keys and its answers are, ``trees`` as in :class:`Table`."""

    keys: tuple[Type, ...]
    trees: tuple[bool, ...]
    value: Type

    def __str__(self) -> str:
        keys = ", ".join("tree" if tree else str(key) for key, tree in zip(self.keys, self.trees, strict=True))
        return f"table ({keys}) -> {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A finite relation kept as data. ``rows`` maps a tuple of keys to the value (True for a table that is a set).

    ``trees[i]``: the i-th key is of type ``tree`` and answers for every path beneath it. ``otherwise`` is for a key
    that is missing: a constant of type ``value``. A key of type ``glob`` is a pattern: of the rows whose patterns match the
    path that is asked for, the one with the most specific pattern answers.
    """

    name: str
    keys: tuple[Type, ...]
    trees: tuple[bool, ...]
    value: Type
    rows: dict[tuple[Value, ...], Value] = field(repr=False, hash=False)
    otherwise: Value
    arranged: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What an evaluator keeps to find rows by."""

    @property
    def type(self) -> TableOf:
        """What a parameter must be declared as to take this table."""
        return TableOf(self.keys, self.trees, self.value)


ArgumentValue: TypeAlias = Constant | Table
"""What a parameter is filled with."""


def of_parameter(name: str) -> str:
    """What a :class:`Lookup` calls the table that is given for a parameter: no declared table has a name that begins so."""
    return f".{name}"


def is_parameter(table: str) -> bool:
    """Whether a :class:`Lookup` asks a table that is a parameter."""
    return table.startswith(".")


@dataclass(frozen=True, slots=True)
class Reference:
    """``@ref(hipaa, "164.312(a)(1)", coverage = partial)``."""

    catalogue: str
    id: str
    coverage: str


@dataclass(frozen=True, slots=True)
class Annotations:
    """What a control says about itself; carried into records and reports."""

    references: tuple[Reference, ...] = ()
    severity: str = ""
    title: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ParameterDeclaration:
    """A parameter with its default, a constant or a table, or None where the binding must give it."""

    name: str
    type: Type | TableOf
    default: ArgumentValue | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A control as checked; ``name`` is qualified by its module."""

    name: str
    doc: str
    annotations: Annotations
    parameters: tuple[ParameterDeclaration, ...]
    attributes: tuple[Attribute, ...]
    tables: tuple[Table, ...]
    rules: tuple[Rule, ...]
    span: Span = field(compare=False, repr=False)


# Policies and namespaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A control with its arguments (defaults filled in), the name it is bound under, and its mode."""

    name: str
    control: Control
    arguments: tuple[tuple[str, ArgumentValue], ...]
    mode: Mode
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A named list of bindings, the policies that it uses already unfolded into their controls."""

    name: str
    doc: str
    binds: tuple[Bind, ...]
    annotations: Annotations = Annotations()
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """``enter on actions when …`` (Model M5.5)."""

    actions: tuple[Action, ...]
    when: Expr | None
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A declared namespace with those inside it. ``lock``: the controls that may still be bound below, None for no lock."""

    name: str
    doc: str
    binds: tuple[Bind, ...]
    enters: tuple[Enter, ...]
    sealed: bool
    lock: tuple[Control, ...] | None
    limits: Limits
    children: tuple["Namespace", ...]
    annotations: Annotations = Annotations()
    span: Span = field(compare=False, repr=False)
