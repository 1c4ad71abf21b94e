"""What holds of a kernel's state whatever is done to it."""

from collections import Counter
from itertools import count, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, appeared
from nslsm.kernel.files import ROOT
from nslsm.kernel.namespaces import _counted, usage_of
from nslsm.kernel.operations import (
    OPERATIONS,
    At,
    Bind,
    Descriptor,
    Listen,
    MakeSocket,
    MakeSocketPair,
    NetworkAddress,
    Open,
    OpenSpecial,
    Operation,
    SetUser,
)
from nslsm.kernel.paths import parent_of
from nslsm.kernel.process import OpenSocket, Special
from nslsm.kernel.state import State
from nslsm.kernel.syscalls import HANDLERS
from nslsm.kernel.tree import end_task
from nslsm.kernel.world import World
from tests.kernel.machine import Machine
from tests.kernel.mount_soundness import sound_mounts
from tests.kernel.mounts_at_random import mounting
from tests.kernel.operations_at_random import operations, recordings


def sound(state: State) -> None:
    """AssertionError where the state contradicts itself."""
    _sharing_is_counted(state)
    _names_and_inodes_agree(state)
    _processes_and_tasks_agree(state)
    _nothing_is_kept_of_what_ended(state)
    _namespaces_live_as_long_as_they_are_held(state)
    sound_mounts(state)


def _namespaces_live_as_long_as_they_are_held(state: State) -> None:
    tree = state.namespaces
    held = Counter(task.home for task in state.tasks.values())
    held.update(each.target.socket.home for each in state.descriptions.values() if isinstance(each.target, OpenSocket))
    handles = (each.target.namespace for each in state.descriptions.values() if isinstance(each.target, Special))
    held.update(each for each in handles if each is not None)
    held.update(each.home for each in state.ipc.objects.values())
    held.update(each.home for each in state.keys.keys.values())
    assert all(number in tree.members for number in held)
    for number, holders in state.holders.items():
        assert holders == held[number]
        assert holders or tree.children.get(number), "nothing holds it, and it is still there"
    for number, namespace in tree.members.items():
        assert namespace.parent is None or number in tree.children[namespace.parent]
        assert usage_of(state, number) == _counted(tree, number)


def _sharing_is_counted(state: State) -> None:
    places = Counter(thread.place for thread in state.threads.values())
    tables = Counter(thread.table for thread in state.threads.values())
    assert places == {number: place.users for number, place in state.places.items()}
    assert tables == {number: table.users for number, table in state.tables.items()}
    slots = Counter(slot.description for table in state.tables.values() for slot in table.slots.values())
    for description in state.descriptions.values():
        if isinstance(description.target, OpenSocket):
            slots.update(each for message in description.target.queue for each in message)
    memories = Counter(thread.memory for thread in state.threads.values())
    assert memories == {number: memory.users for number, memory in state.memories.items()}
    for memory in state.memories.values():
        images = (each for each in (memory.program, memory.interpreter) if each is not None)
        slots.update((*images, *(area.description for area in memory.areas if area.description is not None)))
        assert all(one.end <= other.start for one, other in pairwise(memory.areas))
    assert slots == {number: description.users for number, description in state.descriptions.items()}
    for table in state.tables.values():
        assert table.lowest_free == next(number for number in count() if number not in table.slots)
    names = Counter({ROOT: 1})
    names.update(place.directory for place in state.places.values())
    names.update(place.root for place in state.places.values())
    names.update(each.target for each in state.descriptions.values() if isinstance(each.target, int))
    names.update(name.base for name in state.files.names.values() if name.base is not None)
    assert names == Counter({number: name.holders for number, name in state.files.names.items() if name.holders})


def _names_and_inodes_agree(state: State) -> None:
    files = state.files
    holders, links = Counter(), Counter()
    for number, name in files.names.items():
        assert name.inode in files.inodes
        if name.base is not None:
            assert files.names[name.base].inode == name.inode
            assert name.holders > 0
            continue
        holders[name.inode] += name.holders
        links[name.inode] += not name.gone and isinstance(name.path, str)
        if not name.gone and isinstance(name.path, str):
            assert files.paths[name.path] == number
        else:
            assert name.holders > 0
    for number, inode in files.inodes.items():
        assert inode.number == number
        assert inode.holders == holders[number]
        assert inode.kept or inode.holders
        assert inode.holders or inode.links
        if inode.kept:
            assert inode.links == links[number]
    for path, number in files.paths.items():
        assert files.names[number].path == path
        kept = files.inodes[files.names[number].inode].kept
        if "/" in path[1:] or (path.startswith("/") and path != "/"):
            assert (path in files.children.get(parent_of(path), ())) == kept
    for directory, children in files.children.items():
        assert len(children)
        assert all(parent_of(child) == directory and child in files.paths for child in children)
    assert files.symlinks == sum(files.inode_of(path).target is not None for path in files.paths)


def _processes_and_tasks_agree(state: State) -> None:
    assert set(state.tasks) == set(state.threads)
    for pid, task in state.tasks.items():
        assert task.pid == pid
        process = state.processes[task.tgid]
        assert pid in process.threads
        assert task.ppid == process.parent
    for tgid, process in state.processes.items():
        assert process.tgid == tgid
        assert all(state.tasks[pid].tgid == tgid for pid in process.threads)
        for child in process.children:
            assert state.processes[child].parent == tgid
        if process.parent in state.processes:
            assert tgid in state.processes[process.parent].children


def _nothing_is_kept_of_what_ended(state: State) -> None:
    living = {tgid for tgid, process in state.processes.items() if process.threads}
    for identity in state.cells:
        if identity.kind == "task":
            assert identity.name in living
        if identity.kind == "file" and isinstance(identity.name, int):
            assert identity.name in state.files.inodes
    for number in state.unix_names.values():
        assert number in state.descriptions


def busy(world: World) -> Machine:
    """A kernel in which root's process and a user's share open files, sockets and a process to signal."""
    machine = Machine(world)
    machine.file("/a/b/c", owner=1000)
    machine.file("/d/x", mode=0o4777)
    machine.file("/l", target="/d")
    first = machine.process(0, directory="/a")
    one = NetworkAddress("unix", abstract="one")
    for operation in (
        Open(At("/d/x"), frozenset({"read", "write"})),
        MakeSocketPair("unix", "dgram"),
        MakeSocket("unix", "stream"),
        Bind(Descriptor(3), one),
        Listen(Descriptor(3)),
        OpenSpecial("pidfd", pid=1),
        Open(At("/a"), frozenset({"read", "directory"})),
    ):
        machine.run(first, operation)
    machine.run(machine.fork(first), SetUser(1000))
    return machine


def test_every_operation_has_a_handler() -> None:
    assert set(OPERATIONS) == set(HANDLERS)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from((World.CLOSED, World.OPEN)),
    st.lists(st.tuples(st.integers(0, 3), operations), max_size=25),
    st.data(),
)
def test_a_simulated_state_never_contradicts_itself(
    world: World, calls: list[tuple[int, Operation]], data: st.DataObject
) -> None:
    machine = busy(world)

    for turn, operation in calls:
        alive = sorted(machine.state.tasks)
        if not alive:
            break
        denied = data.draw(st.sampled_from((None, None, "capable", "file_receive", "task_kill")))
        machine.run(
            alive[turn % len(alive)], operation, grant=lambda request, denied=denied: request.hook.name != denied
        )
        sound(machine.state)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), operations, recordings), max_size=25), st.data())
def test_a_recorded_state_never_contradicts_itself_whatever_a_trace_says(calls: list, data: st.DataObject) -> None:
    machine = Machine(World.RECORDED)
    machine.process(credentials=UNKNOWN_CREDENTIALS, pid=100, parent=0, directory="/a", parent_known=False)
    machine.process(1000, pid=101, parent=100)

    for turn, operation, recorded in calls:
        alive = sorted(machine.state.tasks)
        if not alive:
            break
        pid = alive[turn % len(alive)]
        denied = data.draw(st.sampled_from((None, None, "capable", "task_kill")))
        machine.run(pid, operation, recorded, grant=lambda request, denied=denied: request.hook.name != denied)
        step = data.draw(st.sampled_from(("go on", "go on", "appear", "end")))
        if step == "appear" and 31 not in machine.state.tasks:
            maker = data.draw(st.sampled_from((None, *sorted(machine.state.tasks))))
            machine.state = appeared(
                machine.state, 31, maker, data.draw(st.sampled_from((frozenset(), frozenset({"thread"}))))
            )
        elif step == "end":
            machine.state = end_task(machine.state, pid).state
        sound(machine.state)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from((World.CLOSED, World.OPEN)),
    st.lists(st.tuples(st.integers(0, 3), st.one_of(mounting, mounting, operations)), max_size=30),
)
def test_mounts_never_contradict_themselves(world: World, calls: list[tuple[int, Operation]]) -> None:
    machine = busy(world)

    for turn, operation in calls:
        alive = sorted(machine.state.tasks)
        if not alive:
            break
        machine.run(alive[turn % len(alive)], operation)
        sound(machine.state)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), operations), max_size=15))
def test_the_same_calls_make_the_same_state(calls: list[tuple[int, Operation]]) -> None:
    def outcome() -> tuple[object, ...]:
        machine = busy(World.OPEN)
        answers = []
        for turn, operation in calls:
            alive = sorted(machine.state.tasks)
            if alive:
                ran = machine.run(alive[turn % len(alive)], operation)
                answers.append((ran.requests, ran.errno, ran.result))
        return (answers, machine.state)

    assert outcome() == outcome()
