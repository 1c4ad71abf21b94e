import pytest

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import At, Clone, Control, Descriptor, MakeDirectory, Open, SetUser
from nslsm.kernel.operations.rings import EnterRing, MakeRuleset, RegisterRing, RestrictSelf, SetUpRing
from nslsm.kernel.world import World
from tests.kernel.machine import Machine, without


def test_a_ring_is_an_anonymous_file_that_is_asked_about() -> None:
    machine = Machine(profile="6.1")

    ran = machine.run(machine.process(1000), SetUpRing(), detail=Detail.EVERY)

    assert ran.hooks == [
        "capable", "inode_alloc_security", "inode_init_security_anon", "d_instantiate", "file_alloc_security"
    ]  # fmt: skip
    asked = ran.the("capable")
    assert (asked.argument("cap"), asked.argument("flags")) == (Capability.CAP_IPC_LOCK, {"noaudit"})
    assert ran.the("inode_init_security_anon").argument("name") == "[io_uring]"
    assert ran.errno is None


def test_the_newest_kernel_asks_whether_there_may_be_rings_at_all() -> None:
    machine = Machine()

    assert machine.run(machine.process(1000), SetUpRing()).hooks[0] == "uring_allowed"


def test_a_polling_thread_is_asked_about() -> None:
    machine = Machine()

    assert "uring_sqpoll" in machine.run(machine.process(0), SetUpRing(polls=True)).hooks
    assert "uring_sqpoll" not in machine.run(machine.process(0), SetUpRing()).hooks


def test_a_call_with_registered_credentials_is_asked_about_with_them() -> None:
    machine = Machine()
    pid = machine.process(0)
    ring = Descriptor(machine.run(pid, SetUpRing()).result)
    number = machine.run(pid, RegisterRing(ring, "register_personality")).result
    machine.run(pid, SetUser(1000))

    ran = machine.run(pid, EnterRing(ring, number))

    assert ran.hooks == ["uring_override_creds"]
    assert ran.the("uring_override_creds").object.uid == 0
    assert machine.run(pid, EnterRing(ring)).hooks == []
    assert machine.run(pid, EnterRing(ring, 9)).hooks == []
    assert machine.run(pid, EnterRing(Descriptor(99))).errno is Errno.EBADF


def test_restricting_oneself_needs_no_new_privs_or_cap_sys_admin() -> None:
    machine = Machine()
    user, bound, root = machine.process(1000), machine.process(1000), machine.process(0)
    machine.run(bound, Control("set_no_new_privs", (1,)))
    rules = [Descriptor(machine.run(pid, MakeRuleset()).result) for pid in (user, bound, root)]

    assert machine.run(user, RestrictSelf(rules[0])).errno is Errno.EPERM
    assert machine.run(bound, RestrictSelf(rules[1]), detail=Detail.EVERY).hooks == ["cred_prepare"]
    asked = machine.run(root, RestrictSelf(rules[2])).the("capable")
    assert (asked.argument("cap"), asked.argument("flags")) == (Capability.CAP_SYS_ADMIN, {"noaudit"})
    assert machine.run(root, RestrictSelf(rules[2]), grant=without("CAP_SYS_ADMIN")).errno is Errno.EPERM


def test_unknown_no_new_privs_lets_nobody_restrict_itself_in_a_simulation() -> None:
    machine = Machine()
    pid = machine.process(credentials=UNKNOWN_CREDENTIALS)
    ruleset = Descriptor(machine.run(pid, MakeRuleset()).result)

    ran = machine.run(pid, RestrictSelf(ruleset))

    assert (ran.errno, ran.outcome.unknown) == (Errno.EPERM, {"subject.no_new_privs"})


def test_asking_for_the_version_opens_nothing() -> None:
    machine = Machine()
    pid = machine.process(1000)

    ran = machine.run(pid, MakeRuleset(asks=True), detail=Detail.EVERY)

    assert ran.hooks == []
    assert not len(machine.state.tables[machine.state.threads[pid].table].slots)


@pytest.mark.parametrize(("recorded", "hooks"), [(Recorded(0), []), (Recorded(-1, Errno.EPERM), ["capable"])])
def test_a_recorded_restriction_asked_for_the_capability_where_it_failed(recorded: Recorded, hooks: list[str]) -> None:
    machine = Machine(World.RECORDED)
    pid = machine.process(credentials=UNKNOWN_CREDENTIALS, pid=100, parent=0)

    assert machine.run(pid, RestrictSelf(Descriptor(3, "anon_inode:[landlock-ruleset]")), recorded).hooks == hooks


def test_what_a_recorded_ring_submits_is_not_seen() -> None:
    machine = Machine(World.RECORDED)
    pid = machine.process(1000, pid=100, parent=0)

    assert machine.run(pid, SetUpRing(UNKNOWN), Recorded(3)).errno is None
    assert machine.run(pid, EnterRing(Descriptor(3)), Recorded(1)).hooks == []


class TestRestricted:
    """What a recording of a task that has restricted itself tells."""

    def restricted(self) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED)
        pid = machine.process(1000, pid=100, parent=0)
        machine.run(pid, RestrictSelf(Descriptor(3)), Recorded(0))
        return machine, pid

    def test_an_open_that_failed_was_refused_when_it_was_asked_about(self) -> None:
        machine, pid = self.restricted()

        ran = machine.run(pid, Open(At("/a")), Recorded(-1, Errno.EACCES), detail=Detail.EVERY)

        assert ran.hooks[-2:] == ["file_open", "file_free_security"]
        assert "capable" not in ran.hooks

    def test_so_was_a_name_that_was_not_made(self) -> None:
        machine, pid = self.restricted()

        assert machine.run(pid, MakeDirectory(At("/a/b")), Recorded(-1, Errno.EACCES)).hooks == ["path_mkdir"]

    def test_a_child_is_restricted_too_and_another_task_is_not(self) -> None:
        machine, pid = self.restricted()
        child = machine.run(pid, Clone(), Recorded(101)).result
        other = machine.process(1000, pid=102, parent=0)
        refused = Recorded(-1, Errno.EACCES)

        assert "file_open" in machine.run(child, Open(At("/a")), refused).hooks
        assert "file_open" not in machine.run(other, Open(At("/a")), refused).hooks

    def test_bits_that_refuse_already_have_refused(self) -> None:
        machine, pid = self.restricted()
        machine.file("/secret", mode=0o600)

        assert "file_open" not in machine.run(pid, Open(At("/secret")), Recorded(-1, Errno.EACCES)).hooks
