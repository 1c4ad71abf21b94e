"""What a binding may read of the state before an event, as seen from its namespace (Model M3.1, M4.1)."""

from collections.abc import Iterator
from typing import NamedTuple

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.paths import parent_of
from nslsm.kernel.process import ANYBODY
from nslsm.kernel.state import CellKey, State
from nslsm.kernel.world import World
from nslsm.protocol.things import File, Identity, NamespaceFacts, NamespaceId, Object, Socket, Task, Thing, Value
from nslsm.protocol.view import UNSET, Unset


class BindingView(NamedTuple):
    """The state before the event, seen from the binding ``binding`` of a namespace: a :class:`nslsm.protocol.view.View`."""

    state: State
    namespace_id: NamespaceId
    binding: str

    @property
    def namespace(self) -> NamespaceFacts:
        """The namespace that the binding is in."""
        return self.state.namespaces[self.namespace_id].facts()

    def cell(self, attribute: str, thing: Identity) -> Value | Unknown | Unset:
        """What effects have made of this binding's ``attribute`` of ``thing``."""
        of_thing = self.state.cells.get(thing)
        if of_thing is None:
            return UNSET
        return of_thing.get(CellKey(self.namespace_id, self.binding, attribute), UNSET)

    def foreign(self, thing: Object) -> bool:
        """Whether the thing's home is outside the subtree of the binding's namespace (Model M4.1); files never are."""
        home = thing.home if isinstance(thing, Task | Socket | Thing) else None
        if home is None or home == self.namespace_id:
            return False
        return not self.state.namespaces.contains(self.namespace_id, home)

    def parent(self, file: File) -> File | Unknown:
        """The directory that holds the file; unknown where its path is, or where it has none."""
        if isinstance(file.path, Unknown) or not file.path.startswith("/"):
            return UNKNOWN
        return self.state.files.file_at(parent_of(file.path), directory=True)

    def namespace_path(self, task: Task) -> str:
        """The task's security namespace, from the root down."""
        return self.state.namespaces[task.home].path

    def is_ancestor_of(self, one: Task, other: Task) -> bool | Unknown:
        """Whether ``one``'s process is ``other``'s, or above it in the process tree."""
        if one.tgid == other.tgid or one.tgid in lineage_of(self.state, other):
            return True
        return UNKNOWN if _roots_unknown(self.state, one, other) else False

    def accepts_tracer(self, one: Task, other: Task) -> bool | Unknown:
        """Whether ``one`` declared ``other`` (or an ancestor of it), or anybody, as its tracer: prctl(2) PR_SET_PTRACER.

        Who traces it already counts as declared (``ptracer_exception_found``).
        """
        process = self.state.processes.get(one.tgid)
        if process is None:
            return UNKNOWN if self.state.files.world is World.RECORDED else False
        if process.tracer == other.tgid:
            return True
        if process.declared_tracer is None:
            return False
        return process.declared_tracer in (ANYBODY, other.tgid) or process.declared_tracer in lineage_of(
            self.state, other
        )


def lineage_of(state: State, task: Task) -> Iterator[int]:
    """The processes above a task's, its parent first."""
    seen = {task.tgid}
    number = _parent(state, task.tgid, task.ppid)
    while number and number not in seen:
        yield number
        seen.add(number)
        process = state.processes.get(number)
        task_above = state.tasks.get(number)
        number = process.parent if process is not None else task_above.ppid if task_above is not None else 0


def _parent(state: State, tgid: int, default: int) -> int:
    process = state.processes.get(tgid)
    return default if process is None else process.parent


def _roots_unknown(state: State, one: Task, other: Task) -> bool:
    """Whether ``one`` may be above ``other`` although nothing shows it: the tree above ``other`` ends in the dark."""
    if state.files.world is not World.RECORDED:
        return False
    if one.tgid not in state.processes:
        return True
    top = other.tgid
    for number in lineage_of(state, other):
        if number in state.processes:
            top = number
    process = state.processes.get(top)
    if process is not None and process.parent_known:
        return False
    return top not in lineage_of(state, one)
