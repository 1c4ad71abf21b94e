"""What a control may read beside the request: the state before the event, as its binding sees it (Model M3, M4)."""

from enum import Enum
from typing import Final, Protocol

from nslsm.hooks.types import Unknown
from nslsm.protocol.things import File, Identity, NamespaceFacts, Object, Task, Value


class Unset(Enum):
    """No effect has set this cell yet: the attribute has its default (Model M3.3)."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


class View(Protocol):
    """The state before the event, seen from one binding in one namespace."""

    @property
    def namespace(self) -> NamespaceFacts:
        """The namespace that the binding is in."""

    def cell(self, attribute: str, thing: Identity) -> Value | Unknown | Unset:
        """What effects have made of this binding's ``attribute`` (``task.clinician``) of ``thing``."""

    def foreign(self, thing: Object) -> bool:
        """Whether the thing's home is outside the subtree of the binding's namespace (Model M4.1); files never are."""

    def parent(self, file: File) -> File | Unknown:
        """The directory that holds the file."""

    def namespace_path(self, task: Task) -> str:
        """The task's security namespace, from the root down."""

    def is_ancestor_of(self, one: Task, other: Task) -> bool | Unknown:
        """Whether ``one``'s process is ``other``'s, or above it in the process tree."""

    def accepts_tracer(self, one: Task, other: Task) -> bool | Unknown:
        """Whether ``one`` declared ``other`` (or an ancestor of it), or anybody, as its tracer: prctl(2) PR_SET_PTRACER."""
