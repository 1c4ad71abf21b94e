"""Security namespaces and what they bind: values, linked by ids in a persistent tree (Model M1, M5)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple, Protocol

from rpds import HashTrieMap

from nslsm.hooks.types import Unknown
from nslsm.protocol.control import Control
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceFacts, NamespaceId
from nslsm.protocol.view import View


class Mode(Enum):
    """Whether a binding's denials count (Model M2.5)."""

    ENFORCE = "enforce"
    COMPLAIN = "complain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A control in a namespace, under a name unique there; ``maker`` is the namespace that bound it (Model M1, Binding)."""

    name: str
    control: Control
    mode: Mode = Mode.ENFORCE
    maker: NamespaceId = 0


class Entry(Protocol):
    """``enter on HOOK when …``: whether a request moves its process in (Model M5.5)."""

    def matches(self, request: Request, view: View) -> bool | Unknown:
        """True, False, or UNKNOWN where the condition hangs on unknown facts: then the process stays, flagged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a namespace and those below it may grow to (Model M5.4)."""

    depth: int = 64
    namespaces: int = 65_536
    bindings: int = 1_024
    set_size: int = 65_536


class Demand(NamedTuple):
    """A namespace that somebody asks for: its name, and what it is to start with (Model M5.1)."""

    name: str
    bindings: tuple[Binding, ...] = ()
    entry: Entry | None = None
    sealed: bool = False
    lock: frozenset[str] | None = None
    limits: Limits | None = None
    """None: as much as the parent has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A security namespace (Model M1). ``lock`` None is no lock; the empty set locks out every further control."""

    id: NamespaceId
    name: str
    parent: NamespaceId | None
    path: str
    depth: int
    bindings: tuple[Binding, ...] = ()
    entry: Entry | None = None
    sealed: bool = False
    lock: frozenset[str] | None = None
    limits: Limits = Limits()
    sequence: int = 0
    """How often its bindings, seal, lock or limits have changed."""

    def facts(self) -> NamespaceFacts:
        """What rules see of it."""
        return NamespaceFacts(self.id, self.name, self.path, self.depth, self.sealed)


@dataclass(frozen=True, slots=True)
class NamespaceTree:
    """All namespaces of one kernel, persistent: a change makes a new tree that shares what is unchanged."""

    members: "HashTrieMap[NamespaceId, Namespace]"
    children: "HashTrieMap[NamespaceId, tuple[NamespaceId, ...]]" = field(default_factory=HashTrieMap)
    """In the order of creation, which is the order of declaration."""
    root: NamespaceId = 0
    named: "HashTrieMap[tuple[NamespaceId, str], NamespaceId]" = field(
        default_factory=HashTrieMap, repr=False, compare=False
    )
    """Children by parent and name: of ten thousand siblings one is found as quickly as of ten."""

    def __getitem__(self, identifier: NamespaceId) -> Namespace:
        return self.members[identifier]

    def lineage(self, identifier: NamespaceId) -> Iterator[Namespace]:
        """The namespace, its parent, … the root: nearest first (Model M1, Lineage)."""
        namespace: Namespace | None = self.members[identifier]
        while namespace is not None:
            yield namespace
            namespace = None if namespace.parent is None else self.members[namespace.parent]

    def contains(self, ancestor: NamespaceId, identifier: NamespaceId) -> bool:
        """Whether ``identifier`` is in the subtree of ``ancestor``, itself included."""
        return any(namespace.id == ancestor for namespace in self.lineage(identifier))

    def child(self, identifier: NamespaceId, name: str) -> Namespace | None:
        """The child of that name, or None."""
        found = self.named.get((identifier, name))
        return None if found is None else self.members.get(found)

    def by_path(self, path: str) -> Namespace | None:
        """The namespace with that path from the root down, or None."""
        names = path.split(".")
        namespace: Namespace | None = self.members[self.root]
        if namespace is None or names[0] != namespace.name:
            return None
        for name in names[1:]:
            if namespace is None:
                return None
            namespace = self.child(namespace.id, name)
        return namespace

    def without(self, identifier: NamespaceId) -> "NamespaceTree":
        """The tree without a namespace that has no children."""
        gone = self.members[identifier]
        children, named = self.children.discard(identifier), self.named
        if gone.parent is not None:
            siblings = children.get(gone.parent, ())
            if identifier in siblings:
                place = siblings.index(identifier)
                siblings = siblings[:place] + siblings[place + 1 :]
            children = children.insert(gone.parent, siblings) if siblings else children.discard(gone.parent)
            named = named.discard((gone.parent, gone.name))
        return replace(self, members=self.members.discard(identifier), children=children, named=named)

    def with_namespace(self, namespace: Namespace) -> "NamespaceTree":
        """The tree with ``namespace`` added, or in the place of the one with its id."""
        if namespace.id in self.members or namespace.parent is None:
            return replace(self, members=self.members.insert(namespace.id, namespace))
        siblings = self.children.get(namespace.parent, ())
        return NamespaceTree(
            self.members.insert(namespace.id, namespace),
            self.children.insert(namespace.parent, (*siblings, namespace.id)),
            self.root,
            self.named.insert((namespace.parent, namespace.name), namespace.id),
        )
