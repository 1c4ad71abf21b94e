"""States up to the names of things: two moments have one key where only the numbers that the kernel gave differ.

A kernel numbers what it makes: processes, descriptors, open files, directories' names, inodes, namespaces. Which number a thing
has says only when it was made, and nothing that a search can do or ask depends on it, unless a policy reads such a number
(:mod:`nslsm.simulation.exploration.symmetry` looks). So a key describes the whole moment with the numbers replaced by the
order in which a walk over the tasks meets the things. Equal keys mean that renaming turns one moment into the other: what can
happen in one can happen in the other, and the same claims break. The order of the tasks is settled by what is true of each,
and between equals by number: a bad choice there makes two keys of what could be one, which costs time and never an answer.

What no step can reach any more is told without its identity, or not at all: a second descriptor for a file that was opened
again, a socket that its step has left behind.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final, TypeAlias, TypeVar, cast

from nslsm.hooks.types import Unknown
from nslsm.kernel.files import FileSystem
from nslsm.kernel.process import Description, OpenSocket, Process, Slot, Special, Table
from nslsm.kernel.state import CellsOfThing, State
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import Credentials, Identity, NamespaceId, Task
from nslsm.simulation.exploration.bench import Moment
from nslsm.simulation.exploration.files import ABSENT, Files, described
from nslsm.simulation.exploration.surroundings import Surroundings

T = TypeVar("T")

MAX_MADE: Final = 20_000
"""How many parts of states are remembered with what they are told as."""

Key: TypeAlias = tuple[Hashable, ...]
"""What a moment is, compared by value: of two moments with one key, one is enough."""


class Canonical:
    """Makes keys. ``merging`` False: numbers stay what they are. ``named``: tasks that steps call by name."""

    def __init__(self, *, merging: bool = True, named: frozenset[str] = frozenset()) -> None:
        self.merging = merging
        self._named = named
        self._parts: dict[Hashable, int] = {}
        self._kept: dict[int, tuple[object, int]] = {}
        self._made: dict[int, tuple[object, object]] = {}

    def key(self, moment: Moment) -> Key:
        """The key of a moment."""
        return _Description(self, moment).key()

    def surroundings(self, moment: Moment, name: str) -> Surroundings | None:
        """All that a step of one task, which has to do with no other task, can depend on; None where others share in it.

        Equal surroundings, in whatever moments: the same steps come out the same.
        """
        return _Description(self, moment).surroundings(moment.names[name])

    def frame(self, moment: Moment) -> Hashable | None:
        """What a step that has to do with no other task leaves as it is: who there is, and whose child; None where tasks share.

        With it, what all have in common, and what is each one's own, a moment is told in full.
        """
        if any(each.users > 1 for each in moment.state.descriptions.values()):
            return None
        processes = moment.state.processes
        return (self._once(processes, lambda: self.part(processes)), tuple(sorted(moment.names.items())))

    def part(self, value: Hashable) -> int:
        """A number for a value, the same for equal values."""
        return self._parts.setdefault(value, len(self._parts))

    def credentials(self, credentials: Credentials) -> int:
        """A number for credentials, their namespace apart."""
        known = self._kept.get(id(credentials))
        if known is None:
            names = (name for name in Credentials.__slots__ if name not in ("__weakref__", "namespace"))
            value = self.part(("credentials", *(getattr(credentials, name) for name in names)))
            known = self._kept[id(credentials)] = (credentials, value)
        return known[1]

    def files(self, files: FileSystem) -> Files:
        """The files, described once for each object, as long as it is remembered."""
        return self._once(files, lambda: described(files, self.part, merging=self.merging))

    def namespaces(self, tree: NamespaceTree) -> int:
        """A number for the namespaces."""
        return self._once(tree, lambda: self.part(self._told(tree)))

    def attributes(self, cells: CellsOfThing, names: Callable[[NamespaceId], Hashable]) -> int:
        """A number for the attributes of one thing; ``names`` says what namespaces are called."""

        def told() -> int:
            items = ((str(names(cell[0])), cell.binding, cell.attribute, value) for cell, value in cells.items())
            return self.part(tuple(sorted((*item[:3], self.part(("value", item[3]))) for item in items)))

        return self._once(cells, told)

    def _once(self, of: object, make: Callable[[], T]) -> T:
        """What ``make`` makes of a value that never changes, for as long as that very value is remembered."""
        known = self._made.get(id(of))
        if known is None:
            if len(self._made) >= MAX_MADE:
                self._made.clear()
            known = self._made[id(of)] = (of, make())
        return cast("T", known[1])

    def _told(self, tree: NamespaceTree) -> Hashable:
        told = sorted(
            (
                *(each.path if self.merging else str(each.id), each.depth, each.sealed),
                tuple((one.name, one.mode.value) for one in each.bindings),
                *(self.part(("lock", each.lock)), self.part(("limits", each.limits))),
            )
            for each in tree.members.values()
        )
        return tuple(told)


class _Description:
    """One moment, being described."""

    def __init__(self, canonical: Canonical, moment: Moment) -> None:
        self._canonical = canonical
        self._part = canonical.part
        self._merging = canonical.merging
        self._named = canonical._named  # noqa: SLF001 - one subject in two classes
        self._moment = moment
        self._state: State = moment.state
        self._files = canonical.files(moment.state.files)
        self._pids: dict[int, int] = {}
        self._met: dict[tuple[str, int], int] = {}
        self._told: list[Hashable] = []
        names: dict[int, str] = {pid: name for name, pid in moment.names.items()}
        self._reach: dict[int, list[tuple[int, str]]] = {}
        for (name, path), number in moment.opened.items():
            self._reach.setdefault(moment.names[name], []).append((number, path))
        self._names = names

    def key(self) -> Key:
        state = self._state
        order = self._order()
        self._pids = {pid: rank for rank, pid in enumerate(order)} if self._merging else {pid: pid for pid in order}
        for number in sorted(state.processes):
            self._pids.setdefault(number, len(self._pids) if self._merging else number)
        tasks = tuple(self._part(self._task(pid)) for pid in order)
        processes = tuple(self._part(self._process(state.processes[number])) for number in self._groups())
        cells = tuple(sorted(self._cells_of(state.cells)))
        told = (self._files.part, self._canonical.namespaces(self._state.namespaces), self._part(self._rest()))
        return (*told, tasks, processes, cells, tuple(self._told))

    def surroundings(self, pid: int) -> Surroundings | None:
        state = self._state
        task, thread = state.tasks[pid], state.threads[pid]
        process = state.processes[task.tgid]
        shared = (state.places[thread.place], state.tables[thread.table], state.memories[thread.memory])
        if any(each.users > 1 for each in shared) or len(process.threads) > 1 or process.tracer is not None:
            return None
        self._pids = {pid: 0}
        own = self._part(self._task(pid)[3:])
        place = (self._files.names[shared[0].directory], self._files.names[shared[0].root], shared[0].mask)
        spaces = (thread.user_namespace, thread.mount_namespace, thread.spaces, thread.restricted)
        attributes = state.cells.get(task.identity)
        marks = ABSENT if attributes is None else self._attributes(attributes)
        kernel = (state.ipc, state.keys, state.spaces, state.user_spaces, tuple(sorted(state.unix_names)))
        namespaces = (self._canonical.namespaces(state.namespaces), self._part(self._usage()))
        by_itself = self._part((self._facts(task), spaces, marks, self._part(kernel), namespaces, process.subreaper))
        things = (identity for identity in state.cells if identity.kind != "task")
        written = {self._part(self._written(each)) for each in state.descriptions.values()}
        files = (self._files.part, tuple(sorted(self._cells_of(things))), tuple(sorted(written)))
        common = self._part((files, self._part(kernel), namespaces))
        told = self._part((by_itself, place, own, tuple(self._told)))
        with_files = self._part((by_itself, place, files))
        return Surroundings(by_itself, with_files, self._part((common, told)), common, told)

    def _written(self, description: Description) -> Hashable:
        """The name of a file that somebody has open for writing: it may keep others from running it (``ETXTBSY``)."""
        target, flags = description.target, description.flags
        writes = isinstance(flags, Unknown) or "write" in flags
        return self._files.names[target] if isinstance(target, int) and writes else None

    # The order of tasks

    def _order(self) -> list[int]:
        """The tasks by what is true of them, and of their parents and children; equals by number."""
        pids = sorted(self._state.tasks)
        if not self._merging:
            return pids
        colours = {pid: self._part(("task", *self._alone(pid))) for pid in pids}
        for _ in range(2):
            colours = {pid: self._part(("around", colours[pid], *self._around(pid, colours))) for pid in pids}
        return sorted(pids, key=lambda pid: (colours[pid], pid))

    def _alone(self, pid: int) -> tuple[Hashable, ...]:
        state, task, thread = self._state, self._state.tasks[pid], self._state.threads[pid]
        process = state.processes[task.tgid]
        cells = state.cells.get(task.identity)
        slots = self._glances(pid, state.tables[thread.table])
        place, memory = state.places[thread.place], state.memories[thread.memory]
        names = self._files.names
        around = (names[place.directory], names[place.root], place.mask, len(memory.areas))
        own = (process.subreaper, process.tracer is None, process.declared_tracer is None, len(process.threads))
        attributes = ABSENT if cells is None else self._attributes(cells)
        named = self._names[pid] if self._names.get(pid) in self._named else ""
        spaces = (thread.user_namespace, thread.mount_namespace, thread.spaces, thread.restricted)
        return (*self._facts(task), *around, *own, attributes, named, *spaces, slots)

    def _around(self, pid: int, colours: Mapping[int, int]) -> tuple[Hashable, ...]:
        process = self._state.processes[self._state.tasks[pid].tgid]
        children = sorted(colours.get(child, ABSENT) for child in process.children)
        others = (process.tgid, process.parent, process.tracer, process.declared_tracer, process.group, process.session)
        return (*(colours.get(each, each) if isinstance(each, int) else each for each in others), tuple(children))

    def _glances(self, pid: int, table: Table) -> tuple[int, ...]:
        """What is open, as far as a later step can have to do with it."""
        named: dict[int, list[str]] = {}
        for at, path in self._reach.get(pid, ()):
            named.setdefault(at, []).append(path)
        told = [self._part(("slot", self._glance(table.slots[at]), *sorted(paths))) for at, paths in named.items()]
        left = {
            self._part(("slot", self._glance(slot)))
            for at, slot in table.slots.items()
            if at not in named and not self._is_idle(slot)
        }
        return (*sorted(told), ABSENT, *sorted(left))

    def _glance(self, slot: Slot) -> Hashable:
        description = self._state.descriptions[slot.description]
        target = description.target
        if isinstance(target, OpenSocket):
            socket = target.socket
            kind: Hashable = (socket.family, socket.type, socket.path, socket.abstract, socket.port, target.listening)
        else:
            kind = target.kind if isinstance(target, Special) else self._files.names[target]
        return (kind, description.flags, slot.close_on_exec)

    def _facts(self, task: Task) -> tuple[Hashable, ...]:
        own = self._canonical.credentials(task.credentials)
        return (self._namespace(task.home), own, task.exe, task.comm, task.dumpable)

    def _namespace(self, number: NamespaceId) -> Hashable:
        """A namespace by its path, which no other has at the time."""
        if not self._merging or number not in self._state.namespaces.members:
            return number
        return self._state.namespaces.members[number].path

    def _pid(self, number: Hashable) -> Hashable:
        return self._pids.get(number, ("gone", number)) if isinstance(number, int) else number

    def _task(self, pid: int) -> tuple[Hashable, ...]:
        task, thread = self._state.tasks[pid], self._state.threads[pid]
        name = self._names.get(pid, "")
        seen = name if name in self._named or not self._merging else bool(name)
        relations = (self._pids[pid], self._pid(task.tgid), self._pid(task.ppid), seen)
        shared = (self._place(thread.place), self._table(pid, thread.table), self._memory(thread.memory))
        spaces = (thread.user_namespace, thread.mount_namespace, thread.spaces, thread.restricted)
        return (*relations, *self._facts(task), *shared, *spaces, thread.clone_demand, thread.unshare_demand)

    def _groups(self) -> list[int]:
        return sorted(self._state.processes, key=lambda number: self._pids[number])

    def _process(self, process: Process) -> tuple[Hashable, ...]:
        members = tuple(self._pid(pid) for pid in process.threads)
        children = tuple(sorted(self._pids.get(child, ABSENT) for child in process.children))
        relations = (self._pid(process.tgid), self._pid(process.parent), members, children)
        groups = (self._pid(process.group), self._pid(process.session))
        tracing = (self._pid(process.declared_tracer), self._pid(process.tracer), process.tracer_is_capable)
        return (*relations, *groups, process.subreaper, *tracing, process.parent_known)

    def _meet(self, kind: str, number: int) -> tuple[int, bool]:
        """The order in which a thing was met, and whether that is for the first time."""
        first = (kind, number) not in self._met
        return self._met.setdefault((kind, number), len(self._met) if self._merging else number), first

    def _place(self, number: int) -> int:
        label, first = self._meet("place", number)
        if first:
            place, names = self._state.places[number], self._files.names
            self._told.append(self._part(("place", label, names[place.directory], names[place.root], place.mask)))
        return label

    def _memory(self, number: int) -> int:
        label, first = self._meet("memory", number)
        if first:
            memory = self._state.memories[number]
            areas = tuple((area.start, area.end, self._open(area.description), area.charged) for area in memory.areas)
            files = (self._open(memory.program), self._open(memory.interpreter))
            rest = (memory.start_of_heap, memory.end_of_heap, memory.charged)
            self._told.append(self._part(("memory", label, areas, *files, *rest)))
        return label

    def _table(self, pid: int, number: int) -> Hashable:
        """A descriptor table as one task sees it: by which paths its steps can name what is open."""
        label, first = self._meet("table", number)
        table = self._state.tables[number]
        reached = {at for at, _ in self._reach.get(pid, ())} | self._reached_by_others(number)
        if first:
            self._told.append(self._part(("table", label, *self._slots(table, reached))))
        named = sorted((path, self._slot_label(table.slots[at])) for at, path in self._reach.get(pid, ()))
        return (label, *named)

    def _reached_by_others(self, table: int) -> set[int]:
        if len(self._state.tables) == len(self._state.threads):
            return set()
        return {at for pid, named in self._reach.items() if self._state.threads[pid].table == table for at, _ in named}

    def _slots(self, table: Table, reached: set[int]) -> tuple[Hashable, ...]:
        if not self._merging:
            return tuple(
                (at, self._open(slot.description), slot.close_on_exec) for at, slot in sorted(table.slots.items())
            )
        named = [slot for at, slot in table.slots.items() if at in reached]
        named.sort(key=lambda slot: (self._part(self._glance(slot)), slot.description))
        left = {self._left(slot) for at, slot in table.slots.items() if at not in reached}
        told = sorted(self._part(each) for each in left if each is not None)
        return (tuple(self._slot_label(slot) for slot in named), tuple(told))

    def _slot_label(self, slot: Slot) -> tuple[int, bool]:
        return self._open(slot.description), slot.close_on_exec

    def _left(self, slot: Slot) -> Hashable:
        """What a descriptor that no step can name still does: a file stays open. A socket that is left does nothing."""
        if self._is_idle(slot):
            return None
        description = self._state.descriptions[slot.description]
        if isinstance(description.target, int):
            return ("left", self._files.names[description.target], description.flags, slot.close_on_exec)
        return ("left", self._open(slot.description), slot.close_on_exec)

    def _is_idle(self, slot: Slot) -> bool:
        """Whether a descriptor that no step can name has nothing to do with anybody."""
        target = self._state.descriptions[slot.description].target
        if isinstance(target, OpenSocket):
            is_used = target.peer is not None or target.listening or target.waiting or target.queue
            return not is_used and slot.description not in self._state.unix_names.values()
        return isinstance(target, Special) and target.kind == "pidfd"

    def _open(self, number: int | None) -> int:
        """An open file description, told where it is met first."""
        if number is None:
            return ABSENT
        label, first = self._meet("description", number)
        if first:
            description = self._state.descriptions[number]
            self._told.append(self._part(("description", label, *self._target(description), description.flags)))
        return label

    def _target(self, description: Description) -> tuple[Hashable, ...]:
        target = description.target
        if isinstance(target, OpenSocket):
            socket = target.socket
            own = (self._namespace(socket.home), socket.family, socket.type, socket.protocol)
            where = (socket.address, socket.port, socket.path, socket.abstract)
            ends = (self._open(target.peer), target.listening, tuple(map(self._open, target.waiting)))
            queue = tuple(tuple(map(self._open, message)) for message in target.queue)
            return ("socket", *own, *where, *ends, queue)
        if isinstance(target, Special):
            pipe = () if target.ends is None else tuple(map(self._open, target.ends))
            process = ABSENT if target.process is None else self._pid(target.process)
            home = ABSENT if target.namespace is None else self._namespace(target.namespace)
            return ("special", target.kind, process, home, pipe, target.preparing, target.personalities, target.segment)
        return ("file", self._files.names[target])

    def _attributes(self, cells: CellsOfThing) -> int:
        return self._canonical.attributes(cells, self._namespace)

    def _cells_of(self, things: Iterable[Identity]) -> Iterable[int]:
        for thing in things:
            whose = self._thing(thing)
            if whose is not None:
                yield self._part(("cells", whose, self._attributes(self._state.cells[thing])))

    def _thing(self, thing: Identity) -> Hashable:
        """Whose attributes they are; None for a thing that nothing can be asked about any more."""
        if not self._merging or not isinstance(thing.name, int):
            return thing
        match thing.kind:
            case "task":
                return ("task", self._pid(thing.name))
            case "file":
                return ("file", self._files.inodes.get(thing.name, ("gone", thing.name)))
            case "namespace":
                return ("namespace", self._namespace(thing.name))
            case "socket":
                label = self._met.get(("description", thing.name))
                return None if label is None else ("socket", label)
        return thing

    def _rest(self) -> Hashable:
        state = self._state
        bound = tuple(sorted((path, self._open(number)) for path, number in state.unix_names.items()))
        usage = self._usage()
        kernel = (state.ipc, state.keys, state.spaces, state.user_spaces, state.unconfirmed)
        counters = () if self._merging else (state.next_pid, state.next_namespace, state.next_object)
        return (bound, usage, kernel, counters, *(() if self._merging else (state.holders,)))

    def _usage(self) -> tuple[Hashable, ...]:
        usage = self._state.usage.items()
        return tuple(sorted((str(self._namespace(number)), *used) for number, used in usage))
