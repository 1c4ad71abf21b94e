"""The process tree: tasks made, taken in, ended, awaited; children that lose their parent (fork(2), exit(2), wait(2))."""

from typing import Final, TypeVar

from rpds import HashTrieMap

from nslsm.hooks.types import Unknown
from nslsm.kernel.address_space import Memory
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import Ended, copy_table, held_by_slots, share_table, slots_let_go
from nslsm.kernel.keys import with_keys
from nslsm.kernel.lifetimes import held, released
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.memory import all_let_go, copy_memory, held_in, share_memory
from nslsm.kernel.places import copy_place, held_again, let_go_of, share_place
from nslsm.kernel.process import INIT, Place, Process, Table, Thread
from nslsm.kernel.spaces import joined_spaces, left_spaces, with_own
from nslsm.kernel.state import State, moved_cells
from nslsm.kernel.world import World
from nslsm.protocol.things import ALL_CAPABILITIES, Credentials, Identity, Task

MAX_GENERATIONS: Final = 1_024
"""How many generations of processes are looked through upwards. A recording that is damaged may have them go in a circle."""


def fork(state: State, maker: int, pid: int, flags: frozenset[str] = frozenset()) -> State:
    """The state with task ``pid`` made by task ``maker`` as clone(2) does with ``flags`` (``CLONE_FLAGS``).

    A process of its own starts with its maker's attributes (Model M3.3) and in its maker's namespace (Model M5.6).
    """
    maker_task, thread = state.tasks[maker], state.threads[maker]
    task = child_of(state, maker, pid, flags)
    state, place, table, memory = _shared(state, thread, flags) if flags & _SHARING else _copied(state, thread)
    spaces = thread.spaces
    if spaces.pid != spaces.pid_for_children or spaces.time != spaces.time_for_children:
        spaces = spaces._replace(pid=spaces.pid_for_children, time=spaces.time_for_children)
    made = Thread(place, table, memory, thread.user_namespace, thread.mount_namespace, spaces, thread.restricted)
    processes, cells = state.processes, state.cells
    if "thread" in flags:
        process = processes[task.tgid]
        processes = processes.insert(task.tgid, replace(process, threads=(*process.threads, pid)))
    else:
        processes = _with_process(processes, maker_task, task)
        inherited = cells.get(maker_task.identity)
        cells = cells if inherited is None else cells.insert(task.identity, inherited)
    state = replace(
        state,
        tasks=state.tasks.insert(pid, task),
        threads=state.threads.insert(pid, made),
        processes=processes,
        cells=cells,
        next_pid=max(state.next_pid, pid + 1),
        keys=state.keys.forked(maker, pid),
    )
    return held(with_own(joined_spaces(state, made), task, flags, child=True).state, task.home)


_SHARING: Final = frozenset({"fs", "files", "vm"})


def _copied(state: State, thread: Thread) -> tuple[State, int, int, int]:
    """The state with a place, a table and a memory like a task's: what nobody shares can be the very same value."""
    place, table, memory = state.places[thread.place], state.tables[thread.table], state.memories[thread.memory]
    descriptions = held_by_slots(state.descriptions, table)
    for number in held_in(memory):
        known = descriptions[number]
        descriptions = descriptions.insert(number, replace(known, users=known.users + 1))
    first = state.next_object
    copied = replace(
        state,
        files=held_again(state.files, place),
        descriptions=descriptions,
        places=state.places.insert(first, place if place.users == 1 else replace(place, users=1)),
        tables=state.tables.insert(first + 1, table if table.users == 1 else replace(table, users=1)),
        memories=state.memories.insert(first + 2, memory if memory.users == 1 else replace(memory, users=1)),
        next_object=first + 3,
    )
    return copied, first, first + 1, first + 2


def _shared(state: State, thread: Thread, flags: frozenset[str]) -> tuple[State, int, int, int]:
    """The state with a place, a table and a memory like a task's, or shared with it, as ``flags`` say."""
    if "fs" in flags:
        state, place = share_place(state, thread.place), thread.place
    else:
        state, place = copy_place(state, thread.place)
    if "files" in flags:
        state, table = share_table(state, thread.table), thread.table
    else:
        state, table = copy_table(state, thread.table)
    if "vm" in flags:
        return share_memory(state, thread.memory), place, table, thread.memory
    state, memory = copy_memory(state, thread.memory)
    return state, place, table, memory


def child_of(state: State, maker: int, pid: int, flags: frozenset[str]) -> Task:
    """The task that ``maker`` would make: a copy of itself (``copy_process``)."""
    task = state.tasks[maker]
    credentials = inside_user_namespace(task.credentials) if "newuser" in flags else task.credentials
    if "thread" in flags:
        return replace(task, pid=pid, credentials=credentials)
    parent = state.processes[task.tgid].parent if "parent" in flags else task.tgid
    return replace(task, pid=pid, tgid=pid, ppid=parent, credentials=credentials)


def inside_user_namespace(credentials: Credentials) -> Credentials:
    """The credentials of the first task of a user namespace: all capabilities in it, user_namespaces(7)."""
    none: frozenset[str] = frozenset()
    return replace(
        credentials,
        permitted=ALL_CAPABILITIES,
        effective=ALL_CAPABILITIES,
        inheritable=frozenset(),
        bounding=ALL_CAPABILITIES,
        ambient=frozenset(),
        securebits=none,
    )


def _with_process(processes: "HashTrieMap[int, Process]", maker: Task, task: Task) -> "HashTrieMap[int, Process]":
    """The new task's process, as a child of its parent."""
    old = processes[maker.tgid]
    process = Process(
        tgid=task.pid,
        parent=task.ppid,
        threads=(task.pid,),
        group=old.group,
        session=old.session,
        tracer_is_capable=old.tracer_is_capable,
        parent_known=task.ppid != 0 or old.parent_known,
    )
    processes = processes.insert(task.pid, process)
    parent = processes.get(task.ppid)
    if parent is None:
        return processes
    return processes.insert(task.ppid, replace(parent, children=parent.children.insert(task.pid)))


def with_child(state: State, parent: int, child: int) -> State:
    """The state with ``child`` among the children of ``parent``, where that is a process that is known."""
    process = state.processes.get(parent)
    if process is None:
        return state
    grown = replace(process, children=process.children.insert(child))
    return replace(state, processes=state.processes.insert(parent, grown))


def _without_child(state: State, parent: int, child: int) -> State:
    process = state.processes.get(parent)
    if process is None or child not in process.children:
        return state
    shrunk = replace(process, children=process.children.discard(child))
    return replace(state, processes=state.processes.insert(parent, shrunk))


def confirm(state: State, maker: int, pid: int, flags: frozenset[str]) -> State:
    """The call by which ``maker`` made ``pid`` has returned in a replay: the task is taken in, whatever was seen of it before.

    What it did meanwhile stands; what nobody knew of it (its parent, its ids, its attributes) comes from its maker. Where it
    has ended already, there is nothing to do.
    """
    if pid not in state.unconfirmed:
        if pid in state.tasks:
            state = end_task(state, pid).state
        return fork(state, maker, pid, flags)
    state = replace(state, unconfirmed=state.unconfirmed.discard(pid))
    task = state.tasks.get(pid)
    if task is None or task.tgid != pid or state.processes[pid].parent_known:
        return state
    expected = child_of(state, maker, pid, flags)
    if descends(state, expected.ppid, pid):
        return state  # two tasks that made each other: the recording is damaged
    inherited = state.cells.get(state.tasks[maker].identity)
    cells = state.cells
    if inherited is not None:
        own = cells.get(task.identity)
        cells = cells.insert(task.identity, inherited if own is None else inherited.update(own))
    state = replace(state, cells=cells)
    task = replace(task, ppid=expected.ppid, credentials=_completed(task.credentials, expected.credentials))
    task = replace(task, exe=expected.exe if isinstance(task.exe, Unknown) else task.exe)
    task = replace(task, comm=expected.comm if isinstance(task.comm, Unknown) else task.comm)
    process = replace(state.processes[task.tgid], parent=expected.ppid, parent_known=True)
    state = replace(state, tasks=state.tasks.insert(pid, task), processes=state.processes.insert(task.tgid, process))
    if "thread" in flags:
        return _joined(state, pid, expected.tgid)
    return with_child(state, expected.ppid, pid)


def descends(state: State, descendant: int, ancestor: int) -> bool:
    """Whether a process is another or comes from it, or is from more than :data:`MAX_GENERATIONS` below to tell."""
    above, steps = descendant, 0
    while above and above != ancestor and steps < MAX_GENERATIONS:
        process = state.processes.get(above)
        above, steps = (0 if process is None else process.parent), steps + 1
    return above != 0


def _completed(credentials: Credentials, known: Credentials) -> Credentials:
    """Credentials with what was unknown of them taken from others."""
    fields = (name for name in Credentials.__slots__ if name not in ("__weakref__", "namespace"))
    unknown = {name: getattr(known, name) for name in fields if isinstance(getattr(credentials, name), Unknown)}
    return replace(credentials, namespace=known.namespace, **unknown)


def _joined(state: State, pid: int, tgid: int) -> State:
    """A task that was taken for a process of its own turns out to be a thread of another."""
    own = state.processes[pid]
    process = state.processes[tgid]
    tasks = state.tasks.insert(pid, replace(state.tasks[pid], tgid=tgid, ppid=process.parent))
    processes = state.processes.discard(pid).insert(tgid, replace(process, threads=(*process.threads, pid)))
    mine, theirs = Identity("task", pid), Identity("task", tgid)
    cells = state.cells
    if mine in cells:
        cells = moved_cells(cells, {mine: None if theirs in cells else theirs})
    state = replace(state, tasks=tasks, processes=processes, cells=cells)
    for child in own.children:
        state = _reparent(state, child, tgid)
    return state


def end_task(state: State, pid: int) -> Ended:
    """A task ends: exit(2). With its last task the process ends."""
    task = state.tasks.get(pid)
    if task is None:
        return Ended(state, {})
    thread = state.threads[pid]
    process = state.processes[task.tgid]
    left = tuple(other for other in process.threads if other != pid)
    place, table, memory = state.places[thread.place], state.tables[thread.table], state.memories[thread.memory]
    state = replace(
        state,
        tasks=state.tasks.discard(pid),
        threads=state.threads.discard(pid),
        processes=state.processes.insert(task.tgid, replace(process, threads=left)),
        places=_fewer(state.places, thread.place, place),
        tables=_fewer(state.tables, thread.table, table),
        memories=_fewer(state.memories, thread.memory, memory),
    )
    state = released(state, task.home)
    rekeyed: Rekeyed = {}
    if table.users == 1:
        state, more = slots_let_go(state, table)
        rekeyed.update(more)
    if place.users == 1:
        state, more = let_go_of(state, place)
        rekeyed.update(more)
    if memory.users == 1:
        state, more = all_let_go(state, held_in(memory))
        rekeyed.update(more)
    state, more = left_spaces(state, thread)
    rekeyed.update(more)
    keys = state.keys.ended(pid, task.tgid, last=not left)
    if keys is not state.keys:
        state, forgotten = with_keys(state, keys)
        rekeyed.update(forgotten)
    if left:
        return Ended(state, rekeyed)
    gone: Rekeyed = {Identity("task", task.tgid): None, memory_identity(task.tgid): None}
    if len(state.cells):
        state = replace(state, cells=moved_cells(state.cells, gone))
    return Ended(_orphaned(state, task.tgid), {**rekeyed, **gone})


_Counted = TypeVar("_Counted", Place, Table, Memory)


def _fewer(known: "HashTrieMap[int, _Counted]", number: int, value: _Counted) -> "HashTrieMap[int, _Counted]":
    """One fewer task uses a value; nobody, if it was the last."""
    if value.users == 1:
        return known.discard(number)
    return known.insert(number, replace(value, users=value.users - 1))


def memory_identity(tgid: int) -> Identity:
    """What a process's memory is, where no file is mapped: the object of ``mmap_file`` without one."""
    return Identity("file", f"memory:[{tgid}]")


def end_process(state: State, tgid: int) -> Ended:
    """All tasks of a process end: exit_group(2), a deadly signal."""
    rekeyed: Rekeyed = {}
    process = state.processes.get(tgid)
    for pid in process.threads if process is not None else ():
        state, ended = end_task(state, pid)
        rekeyed.update(ended)
    return Ended(state, rekeyed)


def _orphaned(state: State, tgid: int) -> State:
    """A process has ended: its children get another parent, and it waits, a zombie, for its own to ask after it.

    The nearest subreaper above adopts, else init (``find_new_reaper``). Nobody asks after a child of init's, of a process that
    nobody knows, or in a replay, where the recording knows.
    """
    process = state.processes[tgid]
    if len(process.children):
        heir = _reaper(state, process)
        for child in process.children:
            state = _reparent(state, child, heir)
    parent = state.processes.get(process.parent)
    awaited = parent is not None and parent.tgid != INIT and state.files.world is not World.RECORDED
    if awaited and parent is not None and parent.threads:
        if not len(process.children):
            return state
        zombie = replace(process, children=type(process.children)())
        return replace(state, processes=state.processes.insert(tgid, zombie))
    return reaped(state, tgid)


def _reaper(state: State, process: Process) -> int:
    above, steps = state.processes.get(process.parent), 0
    while above is not None and steps < MAX_GENERATIONS:
        if above.subreaper and above.threads:
            return above.tgid
        above, steps = state.processes.get(above.parent), steps + 1
    init = state.processes.get(INIT)
    return INIT if init is not None and init.threads and init.tgid != process.tgid else 0


def _reparent(state: State, child: int, heir: int) -> State:
    process = state.processes.get(child)
    if process is None:
        return state
    if not process.threads and heir in (0, INIT):
        return replace(state, processes=state.processes.discard(child))
    tasks = state.tasks
    for pid in process.threads:
        tasks = tasks.insert(pid, replace(tasks[pid], ppid=heir))
    processes = state.processes.insert(child, replace(process, parent=heir))
    return with_child(replace(state, tasks=tasks, processes=processes), heir, child)


def reaped(state: State, tgid: int) -> State:
    """A process that has ended is forgotten: its parent has asked after it, or nobody will."""
    process = state.processes.get(tgid)
    if process is None or process.threads:
        return state
    processes = state.processes.discard(tgid)
    parent = processes.get(process.parent)
    if parent is not None and tgid in parent.children:
        processes = processes.insert(process.parent, replace(parent, children=parent.children.discard(tgid)))
    return replace(state, processes=processes)


def leader(state: State, tgid: int) -> Task | None:
    """The task that stands for a process: its first, or the eldest that lives."""
    process = state.processes.get(tgid)
    if process is None or not process.threads:
        return None
    return state.tasks[tgid if tgid in process.threads else process.threads[0]]


def update_process(state: State, process: Process) -> State:
    """The state with ``process`` in the place of the one with its number."""
    return replace(state, processes=state.processes.insert(process.tgid, process))


def update_task(state: State, task: Task) -> State:
    """The state with ``task`` in the place of the one with its number."""
    return replace(state, tasks=state.tasks.insert(task.pid, task))


def take_over(state: State, pid: int) -> Ended:
    """All other tasks of a task's process end, and it goes on under the process's number (``de_thread``, execve(2))."""
    task = state.tasks[pid]
    rekeyed: Rekeyed = {}
    for other in state.processes[task.tgid].threads:
        if other != pid:
            state, ended = end_task(state, other)
            rekeyed.update(ended)
    if pid == task.tgid:
        return Ended(state, rekeyed)
    process = replace(state.processes[task.tgid], threads=(task.tgid,))
    state = replace(
        state,
        tasks=state.tasks.discard(pid).insert(task.tgid, replace(task, pid=task.tgid)),
        threads=state.threads.discard(pid).insert(task.tgid, state.threads[pid]),
        processes=state.processes.insert(task.tgid, process),
    )
    return Ended(state, rekeyed)
