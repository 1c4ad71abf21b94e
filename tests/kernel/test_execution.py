from dataclasses import replace

import pytest

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, ordinary_credentials
from nslsm.kernel.event import Recorded
from nslsm.kernel.exec_credentials import Circumstances, exec_credentials
from nslsm.kernel.file_capabilities import FileCapabilities, read_capabilities
from nslsm.kernel.operations import (
    At,
    ChangeMode,
    ChangeOwner,
    Clone,
    Control,
    Descriptor,
    Execute,
    Fcntl,
    Open,
    Read,
    SetAttribute,
    Trace,
)
from nslsm.kernel.refusal import Refused
from nslsm.kernel.world import World
from nslsm.protocol.things import ALL_CAPABILITIES, NO_CAPABILITIES, Credentials, File, Identity
from tests.kernel.machine import Machine, denying

USER = ordinary_credentials(1000)
NET_RAW = frozenset({Capability.CAP_NET_RAW})


def program(mode: int | None = 0o755, owner: int = 0, group: int = 0) -> File:
    known = UNKNOWN if mode is None else mode
    return File("/p", Identity("file", 1), type="regular", owner=owner, group=group, mode=known)


def test_a_program_is_asked_about_from_its_file_to_its_credentials() -> None:
    machine = Machine(World.OPEN)
    pid = machine.process(1000)

    ran = machine.run(pid, Execute(At("/usr/bin/id")))

    assert ran.hooks == [
        "inode_permission",
        "file_open",
        "bprm_creds_for_exec",
        "file_permission",
        "bprm_check_security",
        "bprm_creds_from_file",
        "inode_permission",
        "bprm_committing_creds",
        "bprm_committed_creds",
    ]
    assert ran.the("file_open").argument("flags") == {"read", "exec"}
    assert ran.the("bprm_check_security").argument("filename") == "/usr/bin/id"
    assert (machine.task(pid).exe, machine.task(pid).comm) == ("/usr/bin/id", "id")
    assert ran.outcome.entering == ran.the("bprm_check_security")


def test_a_script_is_asked_about_and_then_its_interpreter() -> None:
    machine = Machine()
    machine.file("/srv/job", interpreter="/bin/sh")
    machine.file("/bin/sh")

    ran = machine.run(1, Execute(At("/srv/job")))

    assert [each.object.path for each in ran.requests if each.hook.name == "bprm_check_security"] == [
        "/srv/job",
        "/bin/sh",
    ]
    assert [each.object.path for each in ran.requests if each.hook.name == "bprm_creds_for_exec"] == ["/srv/job"]
    assert ran.the("bprm_creds_from_file").object.path == "/bin/sh"
    assert (machine.task(1).exe, machine.task(1).comm) == ("/bin/sh", "job")
    assert ran.outcome.entering.object.path == "/srv/job"


def test_interpreters_end_after_five() -> None:
    machine = Machine()
    machine.file("/a", interpreter="/a")

    assert machine.run(1, Execute(At("/a"))).errno is Errno.ELOOP


def test_what_may_not_be_executed_is_not_even_opened() -> None:
    machine = Machine()
    machine.file("/data", mode=0o644)

    ran = machine.run(1, Execute(At("/data")))

    assert ran.errno is Errno.EACCES
    assert "file_open" not in ran.hooks


def test_attributes_and_namespaces_are_told_on_the_state_after() -> None:
    machine = Machine(World.OPEN)
    machine.file("/su", mode=0o4755)
    pid = machine.process(1000)

    ran = machine.run(pid, Execute(At("/su")))

    assert ran.the("bprm_committing_creds").subject.credentials.euid == 0
    assert ran.the("bprm_creds_from_file").argument("new").euid == 0
    assert ran.the("bprm_creds_from_file").subject.credentials.euid == 1000


def test_a_denied_exec_leaves_the_old_program() -> None:
    machine = Machine(World.OPEN)
    before = machine.state

    assert machine.run(1, Execute(At("/bin/sh")), grant=denying("bprm_check_security")).outcome is None
    assert machine.state is before


def test_descriptors_marked_so_are_closed_and_shared_ones_become_its_own() -> None:
    machine = Machine(World.OPEN)
    pid = machine.process(1000)
    kept, marked = (Descriptor(machine.run(pid, Open(At("/etc/a"))).result) for _ in range(2))
    machine.run(pid, Fcntl(marked, "setfd", close_on_exec=True))
    other = machine.fork(pid, "files", "vm")

    machine.run(pid, Execute(At("/bin/sh")))

    assert machine.run(pid, Read(kept)).errno is None
    assert machine.run(pid, Read(marked)).errno is Errno.EBADF
    assert machine.run(other, Read(marked)).errno is None


def test_a_thread_that_executes_ends_the_others_and_takes_over_the_number() -> None:
    machine = Machine(World.OPEN)
    pid = machine.process(1000)
    thread = machine.fork(pid, "thread", "fs", "files", "vm", "sighand")

    machine.run(thread, Execute(At("/bin/true")))

    assert thread not in machine.state.tasks
    assert machine.state.processes[pid].threads == (pid,)
    assert machine.task(pid).exe == "/bin/true"


def test_a_short_name_has_fifteen_bytes() -> None:
    machine = Machine(World.OPEN)

    machine.run(1, Execute(At("/bin/a-very-long-program-name")))

    assert machine.task(1).comm == "a-very-long-pro"


def test_set_user_id_counts_unless_no_new_privs() -> None:
    machine = Machine()
    machine.file("/bin/su", mode=0o4755)
    plain, confined = machine.process(1000), machine.process(1000)
    machine.run(confined, Control("set_no_new_privs", (1,)))

    machine.run(plain, Execute(At("/bin/su")))
    machine.run(confined, Execute(At("/bin/su")))

    assert (machine.task(plain).credentials.euid, machine.task(plain).credentials.uid) == (0, 1000)
    assert machine.task(plain).credentials.effective == ALL_CAPABILITIES
    assert machine.task(plain).dumpable is False
    assert machine.task(confined).credentials.euid == 1000
    assert machine.task(confined).credentials.permitted == NO_CAPABILITIES


def test_a_traced_process_gains_nothing_that_its_tracer_could_not_have() -> None:
    machine = Machine()
    machine.file("/bin/su", mode=0o4755)
    tracer = machine.process(1000)
    tracee = machine.fork(tracer)
    machine.run(tracer, Trace("attach", tracee))

    machine.run(tracee, Execute(At("/bin/su")))

    assert machine.task(tracee).credentials.euid == 1000


def test_who_shares_its_root_with_others_gains_nothing() -> None:
    machine = Machine()
    machine.file("/bin/su", mode=0o4755)
    pid = machine.process(1000)
    machine.run(pid, Clone(frozenset({"fs"})))

    machine.run(pid, Execute(At("/bin/su")))

    assert machine.task(pid).credentials.euid == 1000


def test_a_file_gives_its_capabilities_and_a_new_owner_takes_them_off() -> None:
    machine = Machine()
    machine.file("/bin/ping")
    machine.run(1, SetAttribute(At("/bin/ping"), "security.capability", "cap_net_raw=ep"))
    before, after = machine.process(1000), machine.process(1000)

    machine.run(before, Execute(At("/bin/ping")))
    machine.run(1, ChangeOwner(At("/bin/ping"), 7, -1))
    machine.run(after, Execute(At("/bin/ping")))

    assert machine.task(before).credentials.effective == NET_RAW
    assert machine.task(after).credentials.effective == NO_CAPABILITIES


def test_a_new_owner_takes_the_set_id_bits_off() -> None:
    machine = Machine()
    machine.file("/bin/su")
    machine.run(1, ChangeMode(At("/bin/su"), 0o6755))

    machine.run(1, ChangeOwner(At("/bin/su"), 1000, -1))

    assert machine.state.files.file_at("/bin/su").mode == 0o755


def test_a_file_of_the_open_world_carries_nothing() -> None:
    machine = Machine(World.OPEN)
    pid = machine.process(1000)

    machine.run(pid, Execute(At("/usr/bin/ehr")))

    assert machine.task(pid).credentials.permitted == NO_CAPABILITIES


@pytest.mark.parametrize(
    "value",
    ["cap_net_raw=ep", "cap_net_raw+ep", "0x0100000200200000000000000000000000000000", "cap_net_raw+p cap_net_raw+e"],
)
def test_file_capabilities_are_read_however_they_are_written(value: str) -> None:
    if value.startswith("0x"):
        assert read_capabilities("0x01000002" + "00200000" + "00000000" * 3).permitted == NET_RAW
        return
    assert read_capabilities(value) == FileCapabilities(NET_RAW, NO_CAPABILITIES, effective=True)


@pytest.mark.parametrize("value", ["", "0xzz", "0x00", "nonsense", "cap_nope+ep", "\x01"])
def test_file_capabilities_that_say_nothing_readable_are_unknown(value: str) -> None:
    assert read_capabilities(value) is UNKNOWN


def test_capabilities_for_another_namespaces_root_do_not_count_here() -> None:
    assert read_capabilities("0x00000003" + "00200000" + "00000000" * 3 + "e8030000") is None


class TestUnknown:
    """What nobody knows makes unknown what hangs on it, and no more."""

    def test_the_real_id_stays_known_whatever_the_file_is(self) -> None:
        after = exec_credentials(USER, program(None), UNKNOWN)

        assert after.uid == 1000
        assert after.euid is UNKNOWN
        assert after.permitted is UNKNOWN

    def test_with_no_new_privs_all_ids_stay_known(self) -> None:
        after = exec_credentials(replace(USER, no_new_privs=True), program(None), UNKNOWN)

        assert (after.euid, after.fsuid, after.egid) == (1000, 1000, 1000)
        assert after.permitted == after.effective == NO_CAPABILITIES

    def test_under_an_unprivileged_tracer_a_users_credentials_stay_known(self) -> None:
        after = exec_credentials(USER, program(None), UNKNOWN, Circumstances(watched=True))

        assert (after.euid, after.egid) == (1000, 1000)
        assert after.permitted == NO_CAPABILITIES

    def test_roots_program_has_all_capabilities_whatever_its_file_carries(self) -> None:
        after = exec_credentials(ordinary_credentials(0), program(0o755), UNKNOWN)

        assert after.permitted == after.effective == ALL_CAPABILITIES

    def test_nothing_is_known_of_a_task_of_which_nothing_was_known(self) -> None:
        after = exec_credentials(UNKNOWN_CREDENTIALS, program(0o755), None)

        assert after.euid is UNKNOWN
        assert after.effective is UNKNOWN


def test_a_program_that_insists_on_what_the_bounding_set_withholds_is_refused() -> None:
    old = replace(USER, bounding=NO_CAPABILITIES)

    with pytest.raises(Refused) as refused:
        exec_credentials(old, program(), FileCapabilities(NET_RAW, NO_CAPABILITIES, effective=True))

    assert refused.value.errno is Errno.EPERM


def test_until_6_16_an_id_counted_as_changed_if_it_was_not_the_real_one() -> None:
    old = Credentials(uid=1000, euid=0, suid=0, fsuid=0, ambient=NET_RAW, permitted=NET_RAW, inheritable=NET_RAW)

    before = exec_credentials(old, program(), None, Circumstances(compares_effective=False))
    since = exec_credentials(old, program(), None, Circumstances(compares_effective=True))

    assert before.ambient == NO_CAPABILITIES
    assert since.ambient == NET_RAW


class TestReplay:
    """What a recording shows of execve(2)."""

    def recording(self) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED)
        return machine, machine.process(1000, pid=100, parent=0, directory="/w")

    @pytest.mark.parametrize(
        ("errno", "hooks"),
        [
            (Errno.E2BIG, []),
            (Errno.ENOENT, []),
            (Errno.EACCES, []),
            (Errno.ETXTBSY, ["inode_permission"]),
            (
                Errno.ENOEXEC,
                ["inode_permission", "file_open", "bprm_creds_for_exec", "file_permission", "bprm_check_security"],
            ),
        ],
    )
    def test_a_failed_call_raised_what_it_reached(self, errno: Errno, hooks: list[str]) -> None:
        machine, pid = self.recording()

        ran = machine.run(pid, Execute(At("./tool")), Recorded(-1, errno))

        assert ran.hooks == hooks
        assert machine.task(pid).exe is UNKNOWN

    def test_the_program_is_what_was_executed_from_the_current_directory(self) -> None:
        machine, pid = self.recording()

        machine.run(pid, Execute(At("./tool")), Recorded(0))

        assert (machine.task(pid).exe, machine.task(pid).comm) == ("/w/tool", "tool")

    def test_what_happened_is_not_refused_afterwards(self) -> None:
        machine, pid = self.recording()
        machine.file("/w/tool", xattrs={"security.capability": "cap_net_raw=ep"})
        old = replace(machine.task(pid).credentials, bounding=NO_CAPABILITIES)
        machine.state = replace(
            machine.state, tasks=machine.state.tasks.insert(pid, replace(machine.task(pid), credentials=old))
        )

        assert machine.run(pid, Execute(At("tool")), Recorded(0)).errno is None
        assert machine.task(pid).exe == "/w/tool"
