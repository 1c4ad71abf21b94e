"""What a policy says, as a tree: one frozen node for each thing that can be said, with its place in the text.

Nodes that say the same thing are equal, wherever they stand: spans, comments and layout take no part in comparison.
Names are not resolved here and types are not known; :mod:`nslsm.language.check` does both.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

from nslsm.diagnostics.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything with a place in the text. Nodes that say the same thing are equal, wherever they stand."""

    span: Span = field(compare=False, repr=False)

    def children(self) -> "Iterator[Node]":
        """The nodes directly below this one, in the order of the text."""
        for name in _NAMES[type(self)]:
            value = getattr(self, name)
            if isinstance(value, Node):
                yield value
            elif type(value) is tuple and value and isinstance(value[0], Node):
                yield from value

    def walk(self) -> "Iterator[Node]":
        """This node and all below it, parents first. Iterative: depth is bounded by memory, not by the stack."""
        pending: list[Node] = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(tuple(node.children())))


class _Names(dict[type[Node], tuple[str, ...]]):
    """The fields of each class of nodes, its place apart."""

    def __missing__(self, class_: type[Node]) -> tuple[str, ...]:
        self[class_] = tuple(part.name for part in fields(class_) if part.name != "span")
        return self[class_]


_NAMES = _Names()


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A single name where it stands: what is declared, a member, an argument's keyword."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dotted(Node):
    """A qualified name, ``base.yama`` or ``host.clinic``."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.parts)


# Expressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Boolean(Node):
    """``true`` or ``false``."""

    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(Node):
    """``1001``, ``0o644``, ``0xff``; ``base`` (8, 10, 16) is how it was written."""

    value: int
    base: int = field(default=10, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class String(Node):
    """``"/srv/phi/**"``, escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLiteral(Node):
    """``8.8.8.8`` or ``[2001:db8::1]``."""

    value: IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLiteral(Node):
    """``10.0.0.0/8`` or ``[2001:db8::/32]``."""

    value: IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrnoLiteral(Node):
    """``EHOSTUNREACH``: words of the form ``E[A-Z0-9]+`` are errnos, never names."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Node):
    """A name used as a value: a let, a parameter, a fact, a flag, a capability; scopes and types decide which."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Node):
    """``base.name``: a fact, an attribute, a name of an imported module."""

    base: "Expr"
    name: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """``modality(subject.exe)``, ``subject.is_ancestor_of(object)``, ``basename(p)``."""

    function: "Expr"
    arguments: tuple["Expr", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLiteral(Node):
    """``{1001, 1002}``."""

    elements: tuple["Expr", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    """``not x``."""

    operand: "Expr"


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Node):
    """``a and b and c``: all operands of one run, at least two."""

    operands: tuple["Expr", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Node):
    """``a or b or c``: all operands of one run, at least two."""

    operands: tuple["Expr", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Node):
    """``left OP right``; OP is one of :data:`COMPARISONS`."""

    operator: str
    left: "Expr"
    right: "Expr"


COMPARISONS = (
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "not in",
    "has",
    "has all",
    "has any",
    "matches",
    "under",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Node):
    """``left OP right`` with ``+``, ``-`` (integers, sets) or ``&`` (sets); left-associative."""

    operator: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Node):
    """``then if condition else otherwise``."""

    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"


Expr: TypeAlias = (
    Boolean
    | Integer
    | String
    | AddressLiteral
    | NetworkLiteral
    | ErrnoLiteral
    | Reference
    | Member
    | Call
    | SetLiteral
    | Not
    | And
    | Or
    | Compare
    | Arithmetic
    | Conditional
)


# Types and parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeName(Node):
    """``int``, ``path``, ``set of string``, ``enum (low, medium, high)``, ``tree`` (a table's key), or a table's type."""

    name: str
    element: "TypeName | None" = None
    """What a ``set of`` holds; then ``name`` is ``set``. Or the type of a table's value, None where it has none."""
    members: tuple[Name, ...] = ()
    """The ordered members of an ``enum``."""
    keys: tuple["Parameter", ...] = ()
    """The keys of a ``table`` that a control takes; then ``name`` is ``table``, and ``element`` the type of its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Node):
    """``store: path = "/srv/phi/**"``."""

    name: Name
    type: TypeName
    default: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument(Node):
    """``scope = 2`` in a binding, ``owner = 0`` in a fixture."""

    name: Name
    value: Expr


# Annotations


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationArgument(Node):
    """One argument of an annotation: positional where ``name`` is None."""

    name: Name | None
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation(Node):
    """``@ref(hipaa, "164.312(a)(1)", coverage = partial)``."""

    name: Name
    arguments: tuple[AnnotationArgument, ...]


# Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRef(Node):
    """A hook, a family (``inode_*``) or an operation, as a rule names it; dotted where it comes from a module."""

    name: Dotted


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny(Node):
    """``[inbound] deny [name:] hooks [when …] [with ERRNO] [because "…"]``."""

    name: Name | None
    inbound: bool
    hooks: tuple[HookRef, ...]
    when: Expr | None
    errno: ErrnoLiteral | None
    because: String | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow(Node):
    """``allow hooks [when …]``, inside ``confine`` only."""

    name: Name | None
    hooks: tuple[HookRef, ...]
    when: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confine(Node):
    """``confine [name:] hooks [where …] [with ERRNO] [because "…"] { allow … }``."""

    name: Name | None
    hooks: tuple[HookRef, ...]
    where: Expr | None
    errno: ErrnoLiteral | None
    because: String | None
    allows: tuple[Allow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Node):
    """``set subject.clinician = true``; the target is a ``Member`` of subject, object, old, new or namespace."""

    target: Member
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class On(Node):
    """``on [denied] [name:] hooks [when …] set …``: an effect (Model M3)."""

    name: Name | None
    denied: bool
    hooks: tuple[HookRef, ...]
    when: Expr | None
    assignments: tuple[Assign, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Node):
    """``[inbound] audit [name:] hooks [when …]``: an observer (Model M2.7)."""

    name: Name | None
    inbound: bool
    hooks: tuple[HookRef, ...]
    when: Expr | None
    because: String | None


Rule: TypeAlias = Deny | Confine | On | Audit


# Declarations


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(Node):
    """``attr task.label: string = "_" foreign "?" join first``."""

    kind: Name
    name: Name
    type: TypeName
    default: Expr | None
    foreign: Expr | None
    join: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Let(Node):
    """``let clinicians = {1001, 1002}``, in a module or in a control."""

    name: Name
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Control(Node):
    """A named unit of judgement (Model M1)."""

    annotations: tuple[Annotation, ...]
    name: Name
    parameters: tuple[Parameter, ...]
    doc: String | None
    members: tuple["Attribute | Let | Rule", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationHook(Node):
    """``file_open when flags has write``; ``path_rename at new`` re-aims ``object`` at another fact that is a thing."""

    hook: HookRef
    at: Name | None
    when: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Node):
    """``operation write = file_open when flags has write, path_unlink, …``."""

    name: Name
    doc: String | None
    hooks: tuple[OperationHook, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Node):
    """``"User" "web" -> {"r", "w"}``; without a value, the table is a set."""

    keys: tuple[Expr, ...]
    value: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Node):
    """``table modality(program: path) -> set of int = from "modalities.csv" else {}``."""

    name: Name
    keys: tuple[Parameter, ...]
    value: TypeName | None
    """None for a table that is a set of keys; a look-up is then a bool."""
    source: String | None
    rows: tuple[Row, ...]
    otherwise: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use(Node):
    """``use base.yama(scope = 2) as y in complain``, and ``bind …``, which says the same in a namespace."""

    target: Dotted
    arguments: tuple[Argument, ...]
    alias: Name | None
    mode: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Node):
    """A named list of controls and policies, in order."""

    annotations: tuple[Annotation, ...]
    name: Name
    parameters: tuple[Parameter, ...]
    doc: String | None
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter(Node):
    """``enter on exec when …`` (Model M5.5)."""

    hooks: tuple[HookRef, ...]
    when: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal(Node):
    """``seal`` (Model M5.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock(Node):
    """``lock { base.yama, hipaa.phi_access }`` (Model M5.3)."""

    controls: tuple[Dotted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Node):
    """``limit depth = 4`` (Model M5.4)."""

    name: Name
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace(Node):
    """A namespace's declaration, with those inside it."""

    annotations: tuple[Annotation, ...]
    name: Name
    doc: String | None
    members: tuple["Use | Enter | Seal | Lock | Limit | Namespace", ...]


# Tests


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Node):
    """``allow``, ``deny EACCES by c in ns``, ``would-deny by c``, ``unknown object.sha256``, or ``ERRNO`` of the kernel."""

    verdict: str
    """``allow``, ``deny``, ``would-deny`` or ``unknown``."""
    errno: ErrnoLiteral | None
    by: Dotted | None
    rule: Name | None
    """The rule's name where ``by control#rule`` was written."""
    within: Dotted | None
    unknown: Expr | None
    """The fact that ``unknown`` names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStep(Node):
    """``file "/srv/phi/7.hl7" { owner = 0, mode = 0o666 }``: a file exists."""

    path: "String | Reference"
    """A reference to a name of the test's ``for``."""
    facts: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStep(Node):
    """``task ehr in clinic { uid = 1001 }``: a task exists."""

    name: Name
    namespace: Dotted
    facts: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Node):
    """``8.8.8.8:443`` or ``[2001:db8::1]:443``."""

    address: IPv4Address | IPv6Address
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStep(Node):
    """``ehr open "/srv/phi/7.hl7" -> allow``: a system call, or a hook by its name, by a named task.

    ``fork kid`` and ``unshare "k" with hospital`` are such steps too: their operands are in ``operands`` and ``policy``.
    """

    task: Name
    call: Name
    operands: tuple["Expr | Endpoint", ...]
    named: tuple[Argument, ...]
    policy: Use | None
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect(Node):
    """``expect ehr.phi_access.tainted == true``: task (or file, in quotes), control, attribute."""

    condition: Expr


Step: TypeAlias = FileStep | TaskStep | CallStep | Expect


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow(Node):
    """``"/srv/phi/7" 10.0.0.1:443``: what the names of a test's ``for`` stand for, once."""

    cells: tuple[Expr | Endpoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRows(Node):
    """``for path, port in { "/a" 80, "/b" 443 }``, or ``for path in charts``, a ``let`` that is a set."""

    names: tuple[Name, ...]
    rows: tuple[CaseRow, ...]
    source: Dotted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Node):
    """A test of the policy, beside it or in its file; with ``cases``, once for each row."""

    title: String
    cases: CaseRows | None = None
    steps: tuple[Step, ...]


# Claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Given(Node):
    """``given { file "/srv/b/records" task worker in tenant_a }``: what there is where the search for a break begins."""

    steps: tuple[FileStep | TaskStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Node):
    """``open``, or with operands ``connect 10.0.0.1:443``: what any task may try, as a step of a test without its task."""

    call: Name
    operands: tuple[Expr | Endpoint, ...]
    named: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Try(Node):
    """``try open, rename, setuid 0``: all that tasks may try."""

    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Never(Node):
    """``never read in tenant_a when object.tenant == "b"``: what no task there may ever be granted."""

    hooks: tuple[HookRef, ...]
    namespace: Dotted
    when: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Node):
    """What a person wants to be true of a policy; no part of any decision."""

    annotations: tuple[Annotation, ...]
    name: Name
    doc: String | None
    given: Given | None
    attempts: Try | None
    nevers: tuple[Never, ...]


# Modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Import(Node):
    """``import std.operations (read, write)``, ``import base``, ``import base.yama as y``."""

    module: Dotted
    names: tuple[Name, ...]
    alias: Name | None


Item: TypeAlias = Let | Table | Operation | Control | Policy | Namespace | Test | Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(Node):
    """A comment, kept for the formatter; the text includes the ``#``."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Module(Node):
    """One file of the language."""

    language: Integer | None
    name: Dotted | None
    doc: String | None
    imports: tuple[Import, ...]
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)
