"""Tests of policies, typed: what there is, what is done, what is expected. The simulation carries them out."""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from nslsm.diagnostics.span import Span
from nslsm.hooks.linux import Errno
from nslsm.language.check import ir
from nslsm.protocol.things import Value


@dataclass(frozen=True, slots=True)
class TaskName:
    """A task of the test, by its name there."""

    name: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``8.8.8.8:443``."""

    address: IPv4Address | IPv6Address
    port: int


StepValue: TypeAlias = Value | TaskName | Endpoint
"""What an operand can be: a value, a task, an address with a port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFixture:
    """A file exists. ``facts`` are those of files, ``xattrs`` (texts ``name=value``) and ``target`` (of a symbolic link)."""

    path: str
    facts: tuple[tuple[str, Value], ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFixture:
    """A task exists. ``namespace`` is the path of a declared one, from the root down: ``host.clinic``."""

    name: str
    namespace: str
    facts: tuple[tuple[str, Value], ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One outcome that a step must have. Empty texts and None stand for what was not said.

    ``by`` is a binding's name, a control's short or qualified name, or ``kernel``. ``within`` is a declared namespace's
    path from the root down, or the name of a namespace that the test made.
    """

    verdict: str
    """``allow``, ``deny``, ``would-deny`` or ``unknown``."""
    errno: Errno | None = None
    by: str = ""
    rule: str = ""
    within: str = ""
    unknown: str = ""
    """The fact that the verdict hangs on, as a rule reads it: ``object.sha256``."""
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A task does something: a system call of :data:`nslsm.language.check.steps.CALLS`, or raises a ``hook`` by its name.

    ``operands`` are in the order of the call's shape, None for one that was left out; ``named`` are by name: for a hook its
    facts, and ``object``. ``binds`` are what ``unshare … with`` binds.
    """

    task: str
    call: str
    hook: bool = False
    operands: tuple[StepValue | None, ...] = ()
    named: tuple[tuple[str, StepValue], ...] = ()
    binds: tuple[ir.Bind, ...] | None = None
    expected: tuple[Expected, ...] = ()
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """``expect ehr.phi_access.tainted == true``: an attribute of a task, a file or a namespace, compared with a constant.

    ``of`` is the task, a file's path, or a namespace's path; ``kind`` says which (``task``, ``file``, ``namespace``).
    ``control`` is a binding's name or a control's short or qualified name.
    """

    kind: str
    of: str
    control: str
    attribute: str
    operator: str
    value: ir.Constant
    negated: bool = False
    """Whether the comparison must not hold: ``expect not (…)``."""
    span: Span = field(compare=False, repr=False)


Step: TypeAlias = FileFixture | TaskFixture | Act | Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test. ``root`` is the top-level namespace that its tasks live under, None where it has none."""

    title: str
    module: str
    root: ir.Namespace | None
    steps: tuple[Step, ...]
    span: Span = field(compare=False, repr=False)
