from dataclasses import replace

import pytest
from rpds import HashTrieMap

from nslsm.hooks.linux import Errno, Signal
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, appeared
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import (
    At,
    ChangeDirectory,
    Clone,
    Close,
    Control,
    Descriptor,
    Exit,
    GetGroup,
    GetScheduler,
    Kill,
    Limit,
    Open,
    Read,
    SetGroup,
    SetMask,
    SetNice,
    SetSession,
    Unshare,
    Wait,
)
from nslsm.kernel.process import INIT
from nslsm.kernel.state import CellKey
from nslsm.kernel.world import World
from tests.kernel.machine import Machine, denying

KEY = CellKey(0, "c", "task.tainted")


def taint(machine: Machine, pid: int, value: bool = True) -> None:
    cells = machine.state.cells.insert(machine.task(pid).identity, HashTrieMap({KEY: value}))
    machine.state = replace(machine.state, cells=cells)


def tainted(machine: Machine, pid: int) -> object:
    of_thing = machine.state.cells.get(machine.task(pid).identity)
    return None if of_thing is None else of_thing.get(KEY)


def recording() -> tuple[Machine, int]:
    machine = Machine(World.RECORDED)
    return machine, machine.process(credentials=UNKNOWN_CREDENTIALS, pid=100, parent=0, directory="/")


def test_a_child_is_a_copy_of_its_parent() -> None:
    machine = Machine()
    parent = machine.process(1000, exe="/bin/sh", comm="sh")

    ran = machine.run(parent, Clone())

    child = machine.task(ran.result)
    assert ran.hooks == ["task_alloc"]
    assert ran.the("task_alloc").object == child
    assert (child.ppid, child.tgid, child.exe, child.comm) == (parent, child.pid, "/bin/sh", "sh")
    assert child.credentials is machine.task(parent).credentials


def test_attributes_pass_on_at_fork_and_part_ways_afterwards() -> None:
    machine = Machine()
    parent = machine.process(1000)
    taint(machine, parent)

    child = machine.fork(parent)
    taint(machine, parent, value=False)

    assert tainted(machine, child) is True


def test_threads_share_the_attributes_of_their_process() -> None:
    machine = Machine()
    process = machine.process(1000)
    thread = machine.fork(process, "thread", "vm", "sighand", "fs", "files")

    taint(machine, thread)

    assert machine.task(thread).tgid == process
    assert tainted(machine, process) is True


def test_a_denied_fork_makes_nothing() -> None:
    machine = Machine()
    before = machine.state

    assert machine.run(1, Clone(), grant=denying("task_alloc")).outcome is None
    assert machine.state is before


def test_descriptors_are_shared_or_copied_as_asked_for() -> None:
    machine = Machine(World.OPEN)
    parent = machine.process(1000)
    number = Descriptor(machine.run(parent, Open(At("/etc/a"))).result)
    sharing, copying = machine.fork(parent, "files", "vm"), machine.fork(parent)

    machine.run(parent, Close(number))

    assert machine.run(sharing, Read(number)).errno is Errno.EBADF
    assert machine.run(copying, Read(number)).the("file_permission").object.path == "/etc/a"


def test_the_current_directory_is_shared_or_copied_as_asked_for() -> None:
    machine = Machine(World.OPEN)
    parent = machine.process(1000)
    sharing, copying = machine.fork(parent, "fs", "vm"), machine.fork(parent)

    machine.run(parent, ChangeDirectory(At("/srv")))

    assert machine.run(sharing, Open(At("a"))).the("file_open").object.path == "/srv/a"
    assert machine.run(copying, Open(At("a"))).the("file_open").object.path == "/a"


def test_who_stops_sharing_has_a_copy() -> None:
    machine = Machine(World.OPEN)
    parent = machine.process(1000)
    child = machine.fork(parent, "fs", "files", "vm")

    machine.run(child, Unshare(frozenset({"fs", "files"})))
    machine.run(parent, ChangeDirectory(At("/srv")))

    assert machine.run(child, Open(At("a"))).the("file_open").object.path == "/a"


def test_a_sibling_has_its_makers_parent() -> None:
    machine = Machine()
    parent = machine.process(1000)
    child = machine.fork(parent)

    sibling = machine.fork(child, "parent")

    assert machine.task(sibling).ppid == parent


def test_linuxs_own_namespaces_need_the_capability_unless_a_user_namespace_comes_with_them() -> None:
    machine = Machine()
    pid = machine.process(1000)

    refused = machine.run(pid, Clone(frozenset({"newuts"})))
    granted = machine.run(pid, Clone(frozenset({"newuser", "newuts"})))

    assert refused.errno is Errno.EPERM
    assert granted.hooks == ["userns_create", "task_alloc", "capable"]
    assert granted.the("capable").argument("initial_user_namespace") is False
    assert machine.task(granted.result).credentials.effective


def test_capabilities_in_a_user_namespace_are_none_over_the_machine() -> None:
    machine = Machine()
    machine.file("/a", mode=0)
    pid = machine.process(1000)
    machine.run(pid, Unshare(frozenset({"newuser"})))

    assert machine.run(pid, Open(At("/a"))).errno is Errno.EACCES


def test_an_ended_process_waits_for_its_parent_and_is_forgotten_with_its_attributes() -> None:
    machine = Machine()
    parent = machine.process(1000)
    child = machine.fork(parent)
    taint(machine, child)

    assert machine.run(parent, Wait()).result == 0
    machine.run(child, Exit(3))
    assert child not in machine.state.tasks
    assert len(machine.state.cells) == 0
    assert machine.run(parent, Kill(child, Signal.SIGTERM)).errno is None
    assert machine.run(parent, Wait()).result == child
    assert machine.run(parent, Wait()).errno is Errno.ECHILD
    assert child not in machine.state.processes


def test_exit_ends_a_thread_and_exit_group_the_process() -> None:
    machine = Machine()
    process = machine.process(1000)
    thread = machine.fork(process, "thread")

    machine.run(process, Exit(0, group=False))
    assert thread in machine.state.tasks
    assert process in machine.state.processes

    machine.run(thread, Exit(0))
    assert process not in machine.state.processes


def test_orphans_go_to_the_nearest_subreaper_and_else_to_init() -> None:
    machine = Machine()
    reaper = machine.process(1000)
    machine.run(reaper, Control("set_child_subreaper", (1,)))
    middle = machine.fork(reaper)
    leaf = machine.fork(middle)
    other = machine.process(1000)
    orphan = machine.fork(other)

    machine.run(middle, Exit())
    machine.run(other, Exit())

    assert machine.task(leaf).ppid == reaper
    assert machine.task(orphan).ppid == INIT


def test_nothing_is_left_of_processes_that_come_and_go() -> None:
    machine = Machine(World.OPEN)
    parent = machine.process(1000)
    machine.run(parent, Open(At("/etc/a")))
    before = machine.state

    for _ in range(20):
        child = machine.fork(parent)
        machine.run(child, Open(At("/tmp/x")))
        machine.run(child, Exit())
        machine.run(parent, Wait())

    after = machine.state
    for part in ("tasks", "processes", "threads", "places", "tables", "descriptions"):
        assert len(getattr(after, part)) == len(getattr(before, part)), part
    assert len(after.files.inodes) == len(before.files.inodes)


def test_the_umask_is_told_and_counts_for_what_is_made() -> None:
    machine = Machine()

    assert machine.run(1, SetMask(0o077)).result == 0o022
    ran = machine.run(1, Open(At("/new"), frozenset({"write", "create"}), 0o666))

    assert ran.the("path_mknod").object.mode == 0o600


def test_asking_after_oneself_asks_no_hook() -> None:
    machine = Machine()
    pid = machine.process(1000)

    assert machine.run(pid, GetGroup(0)).hooks == []
    assert machine.run(pid, GetGroup(pid)).hooks == ["task_getpgid"]
    assert machine.run(pid, GetGroup(999)).errno is Errno.ESRCH


def test_groups_are_set_for_oneself_and_ones_children() -> None:
    machine = Machine()
    pid = machine.process(1000)
    child = machine.fork(pid)

    assert machine.run(pid, SetGroup(child, 0)).the("task_setpgid").argument("pgid") == child
    assert machine.run(child, SetGroup(pid, 0)).errno is Errno.ESRCH
    assert machine.run(child, GetGroup()).result == child
    assert machine.run(child, SetSession()).errno is Errno.EPERM


def test_anothers_priority_needs_the_capability() -> None:
    machine = Machine()
    mine, theirs = machine.process(1000), machine.process(1001)

    assert machine.run(mine, SetNice(5)).hooks == ["task_setnice"]
    assert machine.run(mine, SetNice(5, "process", theirs)).errno is Errno.EPERM
    assert machine.run(mine, SetNice(-5)).errno is Errno.EACCES
    assert machine.run(1, SetNice(-5, "process", theirs)).the("task_setnice").object.pid == theirs
    assert machine.run(mine, GetScheduler(theirs)).hooks == ["task_getscheduler"]


def test_limits_of_others_have_a_hook_more() -> None:
    machine = Machine()
    mine, other = machine.process(1000), machine.process(1000)

    assert machine.run(mine, Limit("nofile", reads=True)).hooks == []
    assert machine.run(mine, Limit("nofile", writes=True, soft=1, hard=2)).hooks == ["task_setrlimit"]
    ran = machine.run(mine, Limit("nofile", other, reads=True, writes=True, soft=1, hard=2))
    assert ran.hooks == ["task_prlimit", "task_setrlimit"]
    assert ran.the("task_prlimit").argument("flags") == {"read", "write"}


class TestReplay:
    """What a recording shows of processes."""

    def test_a_child_has_the_number_that_the_recording_says(self) -> None:
        machine, pid = recording()

        machine.run(pid, Clone(), Recorded(4711))

        assert machine.task(4711).ppid == pid

    def test_a_child_that_was_seen_before_its_call_returned_is_taken_in_as_it_is(self) -> None:
        machine, pid = recording()
        taint(machine, pid)
        machine.state = appeared(machine.state, 4711, pid)
        machine.run(4711, ChangeDirectory(At("/srv")), Recorded(0))

        ran = machine.run(pid, Clone(), Recorded(4711))

        assert ran.hooks == ["task_alloc"]
        assert tainted(machine, 4711) is True
        opened = machine.run(4711, Open(At("x")), Recorded(3))
        assert opened.the("file_open").object.path == "/srv/x"

    def test_a_child_that_has_ended_before_its_call_returned_stays_ended(self) -> None:
        machine, pid = recording()
        machine.state = appeared(machine.state, 4711, pid)
        machine.run(4711, Exit(), Recorded(None))

        machine.run(pid, Clone(), Recorded(4711))

        assert 4711 not in machine.state.tasks
        assert 4711 not in machine.state.processes
        assert len(machine.state.unconfirmed) == 0

    def test_a_child_of_which_nobody_knew_the_parent_gets_what_it_would_have_inherited(self) -> None:
        machine, pid = recording()
        known = replace(UNKNOWN_CREDENTIALS, uid=1000)
        machine.state = replace(
            machine.state, tasks=machine.state.tasks.insert(pid, replace(machine.task(pid), credentials=known))
        )
        taint(machine, pid)
        machine.state = appeared(machine.state, 4711, None)
        assert machine.task(4711).credentials.uid is UNKNOWN

        machine.run(pid, Clone(), Recorded(4711))

        assert machine.task(4711).credentials.uid == 1000
        assert machine.task(4711).ppid == pid
        assert tainted(machine, 4711) is True

    @pytest.mark.parametrize("maker", [100, None])
    def test_a_thread_that_was_seen_early_is_a_thread(self, maker: int | None) -> None:
        machine, pid = recording()
        flags = frozenset({"thread", "vm", "files", "fs", "sighand"})
        machine.state = appeared(machine.state, 4711, maker, flags)

        machine.run(pid, Clone(flags), Recorded(4711))

        assert machine.task(4711).tgid == pid
        assert set(machine.state.processes[pid].threads) == {pid, 4711}

    def test_a_number_that_is_used_again_is_a_new_task(self) -> None:
        machine, pid = recording()
        machine.run(pid, Clone(), Recorded(4711))
        taint(machine, 4711)

        machine.run(pid, Clone(), Recorded(4711))

        assert tainted(machine, 4711) is None

    def test_a_call_that_failed_made_nobody(self) -> None:
        machine, pid = recording()

        ran = machine.run(pid, Clone(), Recorded(-1, Errno.EAGAIN))

        assert ran.hooks == []
        assert len(machine.state.tasks) == 1

    def test_whoever_the_trace_saw_end_is_not_waited_for(self) -> None:
        machine, pid = recording()
        machine.run(pid, Clone(), Recorded(4711))

        machine.run(4711, Exit(), Recorded(None))

        assert 4711 not in machine.state.processes
        assert machine.run(pid, Wait(), Recorded(4711)).errno is None
