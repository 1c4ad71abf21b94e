"""Operations on security namespaces (Model M5). Linux has none of them yet; names and errnos follow the proposals.

The proposals: "LSM namespacing API" on the linux-security-module list, August 2025 to March 2026 (``lsm_unshare``,
``lsm_set_self_attr`` with ``LSM_ATTR_CLONE_NEWLSM`` and ``LSM_ATTR_UNSHARE_NEWLSM``, ``CLONE_NEWLSM``).
"""

from dataclasses import dataclass
from typing import TypeAlias

from nslsm.kernel.operations.operation import Descriptor, Operation
from nslsm.protocol.namespace import Binding, Demand, Entry, Limits
from nslsm.protocol.things import NamespaceId

Target: TypeAlias = "NamespaceId | Descriptor"
"""A namespace by its number, or by a handle: a descriptor that :class:`NamespaceOpen` gave."""


@dataclass(frozen=True, slots=True)
class NamespaceUnshare(Operation):
    """``lsm_unshare``: a child of the caller's namespace is made, ``bindings`` are bound in it, the process moves into it.

    The makers of the bindings are set to the new namespace (Model M1, Binding). The namespace's number is the result.
    ``limits`` None: as much as the parent has.
    """

    name: str
    bindings: tuple[Binding, ...] = ()
    entry: Entry | None = None
    sealed: bool = False
    lock: frozenset[str] | None = None
    limits: Limits | None = None

    @property
    def demand(self) -> Demand:
        """The namespace to be."""
        return Demand(self.name, self.bindings, self.entry, self.sealed, self.lock, self.limits)


@dataclass(frozen=True, slots=True)
class NamespaceEnter(Operation):
    """``lsm_enter``: the caller's process moves down into a descendant of its namespace."""

    target: Target


@dataclass(frozen=True, slots=True)
class NamespaceBind(Operation):
    """``lsm_bind``: controls are bound in the caller's namespace or in a descendant, one of them or none.

    ``sequence``, where given, is the target's as the caller knows it: where it has changed since, nothing is done.
    """

    target: Target
    bindings: tuple[Binding, ...]
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class NamespaceSeal(Operation):
    """``lsm_seal``: bindings, ``enter on`` declarations, limits and lock are final (Model M5.3)."""

    target: Target


@dataclass(frozen=True, slots=True)
class NamespaceLock(Operation):
    """``lsm_lock``: from now on no descendant may bind a control whose origin is not in ``controls`` (Model M5.3)."""

    target: Target
    controls: frozenset[str]


@dataclass(frozen=True, slots=True)
class NamespaceOpen(Operation):
    """A handle: a descriptor that stands for a namespace and keeps it alive. The descriptor is the result."""

    target: NamespaceId


@dataclass(frozen=True, slots=True)
class SetSelfAttribute(Operation):
    """``lsm_set_self_attr``: what the next clone(2) or unshare(2) with ``CLONE_NEWLSM`` is to make; None takes it back.

    ``attribute`` is ``clone_newlsm`` or ``unshare_newlsm``, ``LSM_ATTR_CLONE_NEWLSM`` and ``LSM_ATTR_UNSHARE_NEWLSM``.
    """

    attribute: str
    demand: Demand | None
