"""Operations on security namespaces (Model M5)."""

from dataclasses import dataclass

from nslsm.kernel.operations.operation import Operation
from nslsm.protocol.namespace import Binding, Entry


@dataclass(frozen=True, slots=True)
class NamespaceUnshare(Operation):
    """``lsm_unshare``: a child of the caller's namespace is made, ``bindings`` are bound in it, the process moves into it.

    The makers of the bindings are set to the new namespace (Model M1, Binding). The namespace's number is the result.
    """

    name: str
    bindings: tuple[Binding, ...] = ()
    entry: Entry | None = None
    sealed: bool = False
    lock: frozenset[str] | None = None
