"""The process tree: tasks made, taken in, ended, awaited; children that lose their parent (fork(2), exit(2), wait(2))."""

from typing import Final

from nslsm.hooks.types import Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import Ended, copy_table, drop_table, share_table
from nslsm.kernel.keys import with_keys
from nslsm.kernel.lifetimes import held, released
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.memory import copy_memory, drop_memory, share_memory
from nslsm.kernel.places import copy_place, drop_place, share_place
from nslsm.kernel.process import INIT, Process, Thread
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
    task = child_of(state, maker, pid, flags)
    thread = state.threads[maker]
    if "fs" in flags:
        state, place = share_place(state, thread.place), thread.place
    else:
        state, place = copy_place(state, thread.place)
    if "files" in flags:
        state, table = share_table(state, thread.table), thread.table
    else:
        state, table = copy_table(state, thread.table)
    if "vm" in flags:
        state, memory = share_memory(state, thread.memory), thread.memory
    else:
        state, memory = copy_memory(state, thread.memory)
    spaces = thread.spaces._replace(pid=thread.spaces.pid_for_children, time=thread.spaces.time_for_children)
    made = Thread(place, table, memory, thread.user_namespace, thread.mount_namespace, spaces, thread.restricted)
    state = replace(
        state,
        tasks=state.tasks.insert(pid, task),
        threads=state.threads.insert(pid, made),
        next_pid=max(state.next_pid, pid + 1),
        keys=state.keys.forked(maker, pid),
    )
    state = with_own(joined_spaces(state, made), task, flags, child=True).state
    state = held(state, task.home)
    if "thread" in flags:
        process = state.processes[task.tgid]
        grown = replace(process, threads=(*process.threads, pid))
        return replace(state, processes=state.processes.insert(task.tgid, grown))
    return _with_process(state, state.tasks[maker], task)


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


def _with_process(state: State, maker: Task, task: Task) -> State:
    """The new task's process, as a child of its parent."""
    old = state.processes[maker.tgid]
    process = Process(
        tgid=task.pid,
        parent=task.ppid,
        threads=(task.pid,),
        group=old.group,
        session=old.session,
        tracer_is_capable=old.tracer_is_capable,
        parent_known=task.ppid != 0 or old.parent_known,
    )
    cells = state.cells
    inherited = cells.get(maker.identity)
    if inherited is not None:
        cells = cells.insert(task.identity, inherited)
    processes = state.processes.insert(task.pid, process)
    return with_child(replace(state, processes=processes, cells=cells), task.ppid, task.pid)


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
    state = replace(
        state,
        tasks=state.tasks.discard(pid),
        threads=state.threads.discard(pid),
        processes=state.processes.insert(task.tgid, replace(process, threads=left)),
    )
    state = released(state, task.home)
    state, rekeyed = drop_table(state, thread.table)
    state, more = drop_place(state, thread.place)
    rekeyed.update(more)
    state, more = drop_memory(state, thread.memory)
    rekeyed.update(more)
    state, more = left_spaces(state, thread)
    rekeyed.update(more)
    state, forgotten = with_keys(state, state.keys.ended(pid, task.tgid, last=not left))
    rekeyed.update(forgotten)
    if left:
        return Ended(state, rekeyed)
    gone: Rekeyed = {Identity("task", task.tgid): None, memory_identity(task.tgid): None}
    state = replace(state, cells=moved_cells(state.cells, gone))
    return Ended(_orphaned(state, task.tgid), {**rekeyed, **gone})


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
    heir = _reaper(state, process)
    for child in process.children:
        state = _reparent(state, child, heir)
    parent = state.processes.get(process.parent)
    awaited = parent is not None and parent.tgid != INIT and state.files.world is not World.RECORDED
    if awaited and parent is not None and parent.threads:
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
    state = _without_child(state, process.parent, tgid)
    return replace(state, processes=state.processes.discard(tgid))


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
