"""The wire format of declared namespaces: what each binds, and who may still change it."""

from typing import ClassVar, Literal

from nslsm.controls.policy import PolicyControl
from nslsm.engine.explain.wording import worded_head
from nslsm.language.check import ir
from nslsm.language.program.digest import control_digest, policy_digest
from nslsm.wire import encode
from nslsm.wire.base import Document, Model
from nslsm.wire.decision import ReferenceRecord
from nslsm.wire.forms import ValueForm
from nslsm.wire.record import references


class BindingRecord(Model):
    """A control in a namespace."""

    name: str
    control: str
    arguments: dict[str, ValueForm]
    """Those that were given and the defaults of those that were not."""
    mode: Literal["enforce", "complain"]
    digest: str
    """The digest of the control with its arguments filled in (Model M6.1)."""
    severity: str | None = None
    title: str | None = None
    owner: str | None = None
    references: tuple[ReferenceRecord, ...]


class LockRecord(Model):
    """A control that may still be bound below; ``origin`` is the digest that the lock names (Model M5.3)."""

    control: str
    origin: str


class LimitsRecord(Model):
    """What the namespace and those below it may grow to (Model M5.4)."""

    depth: int
    namespaces: int
    bindings: int
    set_size: int


class NamespaceRecord(Model):
    """A declared namespace with those inside it."""

    name: str
    path: str
    doc: str | None = None
    sealed: bool
    enter: tuple[str, ...]
    """``enter on`` declarations, as they read."""
    bindings: tuple[BindingRecord, ...]
    inherited: tuple[str, ...]
    """The bindings above that hold here too, ``namespace.path:binding``, nearest first."""
    lock: tuple[LockRecord, ...] | None = None
    """Absent: there is no lock."""
    limits: LimitsRecord
    children: "tuple[NamespaceRecord, ...]"


class TreeRecord(Document):
    """The top-level namespaces of a policy."""

    name: ClassVar[str] = "tree"

    record: Literal["tree"] = "tree"
    version: Literal[1] = 1
    policy: str
    """The digest of all of them (Model M6.1)."""
    namespaces: tuple[NamespaceRecord, ...]


def to_tree(*roots: ir.Namespace) -> TreeRecord:
    """The record of some top-level namespaces."""
    return TreeRecord(policy=policy_digest(roots), namespaces=tuple(_namespace(root, "", ()) for root in roots))


def _namespace(namespace: ir.Namespace, above: str, inherited: tuple[str, ...]) -> NamespaceRecord:
    path = f"{above}.{namespace.name}" if above else namespace.name
    below = (*(f"{path}:{bind.name}" for bind in namespace.binds), *inherited)
    limits = namespace.limits
    return NamespaceRecord(
        name=namespace.name,
        path=path,
        doc=namespace.doc.strip() or None,
        sealed=namespace.sealed,
        enter=tuple(worded_head(enter.actions, enter.when) for enter in namespace.enters),
        bindings=tuple(_binding(bind) for bind in namespace.binds),
        inherited=inherited,
        lock=None
        if namespace.lock is None
        else tuple(LockRecord(control=control.name, origin=control_digest(control)) for control in namespace.lock),
        limits=LimitsRecord(
            depth=limits.depth,
            namespaces=limits.namespaces,
            bindings=limits.bindings,
            set_size=limits.set_size,
        ),
        children=tuple(_namespace(child, path, below) for child in namespace.children),
    )


def _binding(bind: ir.Bind) -> BindingRecord:
    said = bind.control.annotations
    return BindingRecord(
        name=bind.name,
        control=bind.control.name,
        arguments={name: _argument(value) for name, value in bind.arguments},
        mode=bind.mode.value,
        digest=PolicyControl(bind.control, dict(bind.arguments)).digest,
        severity=said.severity or None,
        title=said.title or None,
        owner=said.owner or None,
        references=references(said.references),
    )


def _argument(value: ir.ArgumentValue) -> ValueForm:
    """What a parameter is filled with: its value, or the name of the table, whose rows are in the digest."""
    return value.name if isinstance(value, ir.Table) else encode.value(value.value)
