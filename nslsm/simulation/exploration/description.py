"""One moment, described up to the names of things (:mod:`nslsm.simulation.exploration.canonical`): its key and its parts."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeAlias

from nslsm.hooks.types import Unknown
from nslsm.kernel.address_space import Memory
from nslsm.kernel.process import Description as Opened
from nslsm.kernel.process import OpenSocket, Place, Process, Slot, Special, Table, Thread
from nslsm.kernel.state import CellsOfThing, State
from nslsm.protocol.things import Identity, NamespaceId, Task
from nslsm.simulation.exploration.bench import Moment
from nslsm.simulation.exploration.files import ABSENT
from nslsm.simulation.exploration.parts import Parts
from nslsm.simulation.exploration.surroundings import Surroundings

Key: TypeAlias = tuple[Hashable, ...]
"""What a moment is, compared by value: of two moments with one key, one is enough."""


class Description:
    """One moment, being described."""

    def __init__(self, parts: Parts, moment: Moment) -> None:
        self._parts = parts
        self._part = parts.part
        self._merging = parts.merging
        self._named = parts.named
        self.moment = moment
        self._state: State = moment.state
        self._files = parts.files(moment.state.files)
        self._pids: dict[int, int] = {}
        self._met: dict[tuple[str, int], int] = {}
        self._told: list[Hashable] = []
        self._common: tuple[int, int, tuple[int, ...]] | None = None
        names: dict[int, str] = {pid: name for name, pid in moment.names.items()}
        self._reach: dict[int, list[tuple[int, str]]] = {}
        for (name, path), number in moment.opened.items():
            self._reach.setdefault(moment.names[name], []).append((number, path))
        self._names = names

    def key(self) -> Key:
        """What the moment is."""
        state = self._state
        self._met, self._told = {}, []
        order = self._order()
        self._pids = {pid: rank for rank, pid in enumerate(order)} if self._merging else {pid: pid for pid in order}
        for number in sorted(state.processes):
            self._pids.setdefault(number, len(self._pids) if self._merging else number)
        tasks = tuple(self._part(self._task(pid)) for pid in order)
        processes = tuple(self._part(self._process(state.processes[number])) for number in self._groups())
        cells = tuple(sorted(self._cells_of(state.cells)))
        told = (self._files.part, self._parts.namespaces(self._state.namespaces), self._part(self._rest()))
        return (*told, tasks, processes, cells, tuple(self._told))

    def surroundings(self, pid: int) -> Surroundings | None:
        """What steps of one task depend on; None where others share in it."""
        state = self._state
        task, thread = state.tasks[pid], state.threads[pid]
        process = state.processes[task.tgid]
        shared = (state.places[thread.place], state.tables[thread.table], state.memories[thread.memory])
        if any(each.users > 1 for each in shared) or len(process.threads) > 1 or process.tracer is not None:
            return None
        self._pids, self._met, self._told = {pid: 0}, {}, []
        own, beside = self._own(pid, task, thread, *shared)
        place = (self._files.names[shared[0].directory], self._files.names[shared[0].root], shared[0].mask)
        spaces = (thread.user_namespace, thread.mount_namespace, thread.spaces, thread.restricted)
        attributes = state.cells.get(task.identity)
        marks = ABSENT if attributes is None else self._attributes(attributes)
        if self._common is None:
            self._common = self._kernel()
        kernel, namespaces, written = self._common
        by_itself = self._part((self._facts(task), spaces, marks, kernel, namespaces, process.subreaper))
        files = (self._files.part, self._things(), written)
        common = self._part((files, kernel, namespaces))
        told = self._part((by_itself, place, own, beside))
        with_files = self._part((by_itself, place, files))
        return Surroundings(by_itself, with_files, self._part((common, told)), common, told)

    def _own(
        self, pid: int, task: Task, thread: Thread, place: Place, table: Table, memory: Memory
    ) -> tuple[int, tuple[Hashable, ...]]:
        """What is a task's own, and what it refers to: told once for as long as all of it is what it was."""
        numbers = [slot.description for slot in table.slots.values()]
        numbers += [each for each in (memory.program, memory.interpreter) if each is not None]
        numbers += [area.description for area in memory.areas if area.description is not None]
        opened = [self._state.descriptions[number] for number in numbers]
        if not all(isinstance(each.target, int) for each in opened):
            return self._part(self._task(pid)[3:]), tuple(self._told)
        names = self._files.names
        called = [names[each.target] for each in opened if isinstance(each.target, int)]
        reached = tuple(self._reach.get(pid, ()))
        beside = (self._names.get(pid), names[place.directory], names[place.root], *called, ABSENT, *reached)
        home = self._namespace(task.home)
        found = self._parts.once(
            "own",
            (task, thread, place, table, memory, *opened),
            (home, *beside),
            lambda: (self._part(self._task(pid)[3:]), tuple(self._told)),
        )
        self._met = {}  # of its own it has no socket, which alone could be asked for
        return found

    def _kernel(self) -> tuple[int, int, tuple[int, ...]]:
        """What all tasks have in common apart from files and attributes: and the files that somebody may write to."""
        state = self._state
        parts = (state.ipc, state.keys, state.spaces, state.user_spaces)
        once = self._parts.once
        of = (*parts, state.unix_names)
        kernel = once("kernel", of, (), lambda: self._part((*parts, tuple(sorted(state.unix_names)))))
        tree = state.namespaces
        namespaces = once(
            "namespaces",
            (tree, state.usage),
            (),
            lambda: self._part((self._parts.namespaces(tree), self._part(self._usage()))),
        )
        written = {self._part(self._written(each)) for each in state.descriptions.values()}
        return kernel, namespaces, tuple(sorted(written))

    def _things(self) -> tuple[int, ...]:
        """The attributes of things other than tasks. Sockets are told by what the task has met before."""
        cells = self._state.cells
        things = [identity for identity in cells if identity.kind != "task"]
        return tuple(sorted(self._cells_of(things))) if things else ()

    def _written(self, description: Opened) -> Hashable:
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
            if len(set(colours.values())) == len(pids):
                break  # what is told apart already stays so
            colours = {pid: self._part(("around", colours[pid], *self._around(pid, colours))) for pid in pids}
        return sorted(pids, key=lambda pid: (colours[pid], pid))

    def _alone(self, pid: int) -> tuple[Hashable, ...]:
        state, task, thread = self._state, self._state.tasks[pid], self._state.threads[pid]
        process = state.processes[task.tgid]
        cells = state.cells.get(task.identity)
        slots = self._glances(pid, state.tables[thread.table]) if len(state.tables[thread.table].slots) else (ABSENT,)
        place, memory = state.places[thread.place], state.memories[thread.memory]
        names = self._files.names
        attributes = ABSENT if cells is None else self._attributes(cells)
        around = (names[place.directory], names[place.root], place.mask, len(memory.areas))
        own = (process.subreaper, process.tracer is None, process.declared_tracer is None, len(process.threads))
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
        own = self._parts.credentials(task.credentials)
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

    def _target(self, description: Opened) -> tuple[Hashable, ...]:
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
        return self._parts.attributes(cells, self._namespace)

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
