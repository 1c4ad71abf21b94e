from dataclasses import replace

from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, ordinary_credentials
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import (
    At,
    Compare,
    Control,
    Descriptor,
    Kill,
    KillByDescriptor,
    KillThread,
    Open,
    OpenSpecial,
    ReachMemory,
    Read,
    SetGroup,
    SetSession,
    TakeDescriptor,
    Trace,
)
from nslsm.kernel.world import World
from nslsm.protocol.request import Request
from tests.kernel.machine import Machine, denying


def test_ones_own_processes_are_signalled_without_a_capability() -> None:
    machine = Machine()
    one, other = machine.process(1000), machine.process(1000)

    ran = machine.run(one, Kill(other, Signal.SIGTERM))

    assert ran.hooks == ["task_kill"]
    assert ran.the("task_kill").object.pid == other
    assert ran.the("task_kill").consequence is Consequence.FATAL


def test_anothers_process_is_refused_before_the_hook_and_reached_with_the_capability() -> None:
    machine = Machine()
    user, root = machine.process(1000), machine.process(0)

    refused = machine.run(user, Kill(root, Signal.SIGTERM))
    granted = machine.run(root, Kill(user, Signal.SIGTERM))

    assert (refused.errno, refused.hooks) == (Errno.EPERM, ["capable"])
    assert refused.the("capable").argument("cap") is Capability.CAP_KILL
    assert granted.hooks == ["capable", "task_kill"]
    assert machine.run(user, Kill(4711, Signal.SIGTERM)).errno is Errno.ESRCH


def test_sigcont_is_free_within_a_session() -> None:
    machine = Machine()
    shell = machine.process(1000)
    machine.run(shell, SetSession())
    child = machine.fork(shell)
    task = machine.task(child)
    machine.state = replace(
        machine.state, tasks=machine.state.tasks.insert(child, replace(task, credentials=ordinary_credentials(1001)))
    )

    assert machine.run(shell, Kill(child, Signal.SIGCONT)).errno is None
    assert machine.run(shell, Kill(child, Signal.SIGTERM)).errno is Errno.EPERM


def test_one_protected_process_does_not_protect_its_group() -> None:
    machine = Machine()
    sender = machine.process(1000)
    group = [machine.process(1000) for _ in range(3)]
    for pid in group:
        machine.state = replace(
            machine.state,
            processes=machine.state.processes.insert(pid, replace(machine.state.processes[pid], group=group[0])),
        )
    protected = group[1]

    def spares(request: Request) -> bool:
        return request.hook.name != "task_kill" or request.object.pid != protected

    ran = machine.run(sender, Kill(-group[0], Signal.SIGKILL), grant=spares)

    assert [request.object.pid for request in ran.requests] == group
    assert {request.consequence for request in ran.requests} == {Consequence.ELEMENT}
    assert ran.errno is None
    assert protected in machine.state.tasks
    assert group[0] not in machine.state.tasks


def test_minus_one_reaches_all_but_init_and_oneself() -> None:
    machine = Machine()
    sender, one, other = machine.process(0), machine.process(0), machine.process(0)

    ran = machine.run(sender, Kill(-1, Signal.SIGTERM))

    assert [request.object.pid for request in ran.requests] == [one, other]


def test_a_group_of_which_nobody_may_be_reached_is_eperm_and_an_empty_one_esrch() -> None:
    machine = Machine()
    user, root = machine.process(1000), machine.process(0)

    assert machine.run(user, Kill(-root, Signal.SIGTERM)).errno is Errno.EPERM
    assert machine.run(user, Kill(-999, Signal.SIGTERM)).errno is Errno.ESRCH
    everybody = machine.run(root, Kill(-user, Signal.SIGTERM), grant=denying("task_kill"))
    assert everybody.errno is Errno.EPERM


def test_a_thread_is_signalled_by_its_number_in_its_process() -> None:
    machine = Machine()
    process = machine.process(1000)
    thread = machine.fork(process, "thread")

    assert machine.run(process, KillThread(thread, Signal.SIGTERM, process)).the("task_kill").object.pid == thread
    assert machine.run(process, KillThread(thread, Signal.SIGTERM, 1)).errno is Errno.ESRCH


def test_a_process_is_signalled_by_a_descriptor_that_stands_for_it() -> None:
    machine = Machine()
    one, other = machine.process(1000), machine.process(1000)
    number = Descriptor(machine.run(one, OpenSpecial("pidfd", pid=other)).result)

    assert machine.run(one, KillByDescriptor(number, Signal.SIGTERM)).the("task_kill").object.pid == other
    assert machine.run(one, KillByDescriptor(Descriptor(9), Signal.SIGTERM)).errno is Errno.EBADF


def test_same_user_and_dumpable_lets_a_tracer_in() -> None:
    machine = Machine()
    one, other = machine.process(1000), machine.process(1000)

    ran = machine.run(one, Trace("attach", other))

    assert ran.hooks == ["ptrace_access_check"]
    assert ran.the("ptrace_access_check").argument("mode") == {"attach", "realcreds"}
    assert machine.state.processes[other].tracer == one


def test_another_user_or_what_is_not_dumpable_needs_the_capability_and_is_refused_before_the_hook() -> None:
    machine = Machine()
    user, theirs, root = machine.process(1000), machine.process(1001), machine.process(0)
    secret = machine.process(1000)
    machine.run(secret, Control("set_dumpable", (0,)))

    for target in (theirs, secret):
        refused = machine.run(user, Trace("attach", target))
        assert (refused.errno, refused.hooks) == (Errno.EPERM, ["capable"])
        assert machine.run(root, Trace("seize", target)).hooks[-1] == "ptrace_access_check"


def test_nobody_traces_itself_and_a_thread_is_oneself() -> None:
    machine = Machine()
    process = machine.process(1000)
    thread = machine.fork(process, "thread")

    assert machine.run(process, Trace("attach", thread)).errno is Errno.EPERM
    assert machine.run(process, ReachMemory(thread)).hooks == []


def test_traceme_is_asked_of_the_parent() -> None:
    machine = Machine()
    parent = machine.process(1000)
    child = machine.fork(parent)

    request = machine.run(child, Trace("traceme")).the("ptrace_traceme")

    assert (request.subject.pid, request.object.pid) == (parent, child)


def test_unknown_ids_never_let_a_tracer_in() -> None:
    machine = Machine()
    one, other = machine.process(1000), machine.process(credentials=UNKNOWN_CREDENTIALS)

    ran = machine.run(one, Trace("attach", other))

    assert ran.errno is Errno.EPERM
    assert ran.outcome.unknown == {"object.uid"}


def test_a_descriptor_is_taken_out_of_another_process() -> None:
    machine = Machine(World.OPEN)
    one, other = machine.process(1000), machine.process(1000)
    theirs = machine.run(other, Open(At("/etc/a"))).result
    pidfd = Descriptor(machine.run(one, OpenSpecial("pidfd", pid=other)).result)

    ran = machine.run(one, TakeDescriptor(pidfd, theirs))

    assert ran.hooks == ["ptrace_access_check", "file_receive"]
    assert ran.the("file_receive").consequence is Consequence.FATAL
    assert machine.run(one, Read(Descriptor(ran.result))).the("file_permission").object.path == "/etc/a"


def test_comparing_looks_into_those_that_are_not_oneself() -> None:
    machine = Machine()
    one, other = machine.process(1000), machine.process(1000)

    assert machine.run(one, Compare(one, other)).hooks == ["ptrace_access_check"]


class TestReplay:
    """What a recording shows of signals."""

    def recording(self) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED)
        return machine, machine.process(credentials=UNKNOWN_CREDENTIALS, pid=100, parent=0)

    def test_somebody_outside_the_recording_is_unknown(self) -> None:
        machine, pid = self.recording()

        assert machine.run(pid, Kill(1, Signal.SIGTERM), Recorded(0)).the("task_kill").object is UNKNOWN
        assert machine.run(pid, Kill(0, Signal.SIGTERM), Recorded(0)).the("task_kill").object is UNKNOWN

    def test_a_refusal_asked_for_the_capability_only(self) -> None:
        machine, pid = self.recording()
        other = machine.process(credentials=UNKNOWN_CREDENTIALS, pid=101, parent=100)

        assert machine.run(pid, Kill(other, Signal.SIGTERM), Recorded(-1, Errno.EPERM)).hooks == ["capable"]
        assert machine.run(pid, Kill(999, Signal.SIGTERM), Recorded(-1, Errno.ESRCH)).hooks == []

    def test_a_deadly_signal_ends_nobody_before_the_trace_says_so(self) -> None:
        machine, pid = self.recording()
        other = machine.process(credentials=UNKNOWN_CREDENTIALS, pid=101, parent=100)

        machine.run(pid, Kill(other, Signal.SIGKILL), Recorded(0))

        assert other in machine.state.tasks

    def test_a_tracer_that_nobody_recorded_is_a_task_of_which_nothing_is_known(self) -> None:
        machine, pid = self.recording()

        subject = machine.run(pid, Trace("traceme"), Recorded(0)).the("ptrace_traceme").subject

        assert subject.credentials.uid is UNKNOWN

    def test_groups_that_were_set_are_known(self) -> None:
        machine, pid = self.recording()
        other = machine.process(credentials=UNKNOWN_CREDENTIALS, pid=101, parent=100)
        machine.run(pid, SetGroup(other, 0), Recorded(0))

        ran = machine.run(pid, Kill(-other, Signal.SIGTERM), Recorded(0))

        assert [request.object.pid for request in ran.requests] == [other]

    def test_a_refused_tracer_had_other_ids_unless_they_are_known_to_be_the_same(self) -> None:
        machine = Machine(World.RECORDED)
        one = machine.process(1000, pid=100, parent=0)
        same, other = machine.process(1000, pid=101, parent=100), machine.process(1001, pid=102, parent=100)
        refused = Recorded(-1, Errno.EPERM)

        assert machine.run(one, Trace("attach", same), refused).hooks == ["ptrace_access_check"]
        assert machine.run(one, Trace("attach", other), refused).hooks == ["capable"]
