"""All that a kernel knows at one moment, as one persistent value (Model L4, L8): snapshots are references.

Nothing here is ever changed in place; a change makes a new :class:`State` that shares what is unchanged.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from rpds import HashTrieMap

from nslsm.hooks.types import Unknown
from nslsm.kernel.files import FileSystem
from nslsm.kernel.process import Process
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import Identity, NamespaceId, Task, Value


class CellKey(NamedTuple):
    """Whose attribute: private to one binding in one namespace (Model M3.1)."""

    namespace: NamespaceId
    binding: str
    attribute: str


Cells: TypeAlias = HashTrieMap[Identity, HashTrieMap[CellKey, Value | Unknown]]
"""What effects have set, by thing: dropped with the thing, and shared at fork in one step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Tasks and processes by number, namespaces, files, and the attributes that effects have set."""

    namespaces: NamespaceTree
    tasks: HashTrieMap[int, Task] = field(default_factory=HashTrieMap)
    processes: HashTrieMap[int, Process] = field(default_factory=HashTrieMap)
    """By tgid."""
    files: FileSystem = field(default_factory=FileSystem)
    cells: Cells = field(default_factory=HashTrieMap)
    next_pid: int = 1
    next_namespace: int = 1
    next_object: int = 1
