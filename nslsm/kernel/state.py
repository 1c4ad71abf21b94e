"""All that a kernel knows at one moment, as one persistent value: a snapshot is a reference (ADR 0003).

Nothing here is ever changed in place; a change makes a new :class:`State` that shares what is unchanged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from rpds import HashTrieMap, HashTrieSet

from nslsm.hooks.types import Unknown
from nslsm.kernel.address_space import Memory
from nslsm.kernel.copying import replace
from nslsm.kernel.files import FileSystem
from nslsm.kernel.ipc import Ipc
from nslsm.kernel.keys import Keys
from nslsm.kernel.links import Changed
from nslsm.kernel.paths import is_beneath
from nslsm.kernel.process import Description, Place, Process, Table, Thread
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import Identity, NamespaceId, Task, Value


class CellKey(NamedTuple):
    """Whose attribute: private to one binding in one namespace (Model M3.1)."""

    namespace: NamespaceId
    binding: str
    attribute: str


CellsOfThing: TypeAlias = "HashTrieMap[CellKey, Value | Unknown]"


class Usage(NamedTuple):
    """How much of its limits a namespace uses up: namespaces below it, bindings in it and below (Model M5.4)."""

    namespaces: int
    bindings: int


class Space(NamedTuple):
    """A namespace of Linux's own that is neither of mounts nor of users; the first ones are not noted."""

    kind: str
    user_namespace: int
    users: int = 0


class IdRange(NamedTuple):
    """``length`` ids from ``inside`` on stand for as many from ``outside`` on, user_namespaces(7)."""

    inside: int
    outside: int
    length: int


class UserSpace(NamedTuple):
    """A user namespace but the first. ``outside`` ids of its maps are those of the first, whatever is in between."""

    parent: int
    owner: int | Unknown
    """Effective user id of who made it."""
    level: int
    users_map: tuple[IdRange, ...] | Unknown = ()
    groups_map: tuple[IdRange, ...] | Unknown = ()
    users: int = 0


Cells: TypeAlias = "HashTrieMap[Identity, CellsOfThing]"
"""What effects have set, by thing: dropped with the thing, and shared at fork in one step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Tasks and processes by number, namespaces, files, and the attributes that effects have set."""

    namespaces: NamespaceTree
    tasks: "HashTrieMap[int, Task]" = field(default_factory=HashTrieMap)
    processes: "HashTrieMap[int, Process]" = field(default_factory=HashTrieMap)
    """By tgid."""
    threads: "HashTrieMap[int, Thread]" = field(default_factory=HashTrieMap)
    """By pid."""
    places: "HashTrieMap[int, Place]" = field(default_factory=HashTrieMap)
    tables: "HashTrieMap[int, Table]" = field(default_factory=HashTrieMap)
    memories: "HashTrieMap[int, Memory]" = field(default_factory=HashTrieMap)
    descriptions: "HashTrieMap[int, Description]" = field(default_factory=HashTrieMap)
    unix_names: "HashTrieMap[str, int]" = field(default_factory=HashTrieMap)
    """Bound unix sockets: a path, or ``@`` and an abstract name, to the description of the socket."""
    files: FileSystem = field(default_factory=FileSystem)
    ipc: Ipc = field(default_factory=Ipc)
    keys: Keys = field(default_factory=Keys)
    spaces: "HashTrieMap[int, Space]" = field(default_factory=HashTrieMap)
    user_spaces: "HashTrieMap[int, UserSpace]" = field(default_factory=HashTrieMap)
    cells: Cells = field(default_factory=HashTrieMap)
    unconfirmed: "HashTrieSet[int]" = field(default_factory=HashTrieSet)
    """In a replay: tasks that were seen before the call that made them had returned; some of them may have ended again."""
    usage: "HashTrieMap[NamespaceId, Usage]" = field(default_factory=HashTrieMap)
    """How much of their limits namespaces use up, of those below which any was made since."""
    holders: "HashTrieMap[NamespaceId, int]" = field(default_factory=HashTrieMap)
    """Tasks, objects and handles that keep a namespace alive, for those that nothing declares (Model M5.6)."""
    next_pid: int = 1
    next_namespace: int = 1
    next_object: int = 1


def moved_cells(cells: Cells, rekeyed: Mapping[Identity, Identity | None], *, trees: bool = False) -> Cells:
    """The attributes after their things have moved to other keys, or (None) have ended.

    ``trees``: directories may be among them, so that files beneath which are known by their paths move along.
    """
    if not len(cells) or not rekeyed:
        return cells
    moves = {**_beneath(cells, rekeyed), **rekeyed} if trees else rekeyed
    taken = [(new, cells[old]) for old, new in moves.items() if old in cells]
    for old in moves:
        cells = cells.discard(old)
    for new, of_thing in taken:
        if new is not None:
            cells = cells.insert(new, of_thing)
    return cells


def _beneath(cells: Cells, rekeyed: Mapping[Identity, Identity | None]) -> dict[Identity, Identity | None]:
    renamed = [
        (old.name, new.name)
        for old, new in rekeyed.items()
        if new is not None and isinstance(old.name, str) and isinstance(new.name, str)
    ]
    beneath: dict[Identity, Identity | None] = {}
    for identity in cells:
        if identity.kind != "file" or not isinstance(identity.name, str):
            continue
        for old, new in renamed:
            if is_beneath(identity.name, old):
                beneath[identity] = identity._replace(name=new + identity.name[len(old) :])
    return beneath


def seen_by(state: State, pid: int) -> State:
    """The state with files as a task sees them: paths lead through its mount namespace."""
    thread = state.threads.get(pid)
    namespace = 0 if thread is None else thread.mount_namespace
    if state.files.viewer == namespace:
        return state
    return replace(state, files=replace(state.files, viewer=namespace))


def with_files(state: State, changed: Changed) -> State:
    """The state with other files, attributes having followed them."""
    if not changed.rekeyed:
        return replace(state, files=changed.files)
    cells = moved_cells(state.cells, changed.rekeyed, trees=changed.trees)
    return replace(state, files=changed.files, cells=cells)
