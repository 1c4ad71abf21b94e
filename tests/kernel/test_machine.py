import pytest

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import At, Clone, Descriptor, Map, Open, OpenSpecial, Operation, SetSelfAttribute, Unshare
from nslsm.kernel.operations import machine as op
from nslsm.kernel.world import World
from tests.kernel.machine import Machine, Ran

RW = frozenset({"read", "write"})

PRIVILEGED: dict[Operation, tuple[Capability, list[str]]] = {
    op.SetClock(1700000000): (Capability.CAP_SYS_TIME, ["settime", "capable"]),
    op.AdjustClock(changes=True): (Capability.CAP_SYS_TIME, ["capable"]),
    op.AdjustClock(changes=True, jumps=True): (Capability.CAP_SYS_TIME, ["capable", "capable"]),
    op.NameMachine("x"): (Capability.CAP_SYS_ADMIN, ["capable"]),
    op.Reboot(): (Capability.CAP_SYS_BOOT, ["capable"]),
    op.HangUp(): (Capability.CAP_SYS_TTY_CONFIG, ["capable"]),
    op.UsePorts(): (Capability.CAP_SYS_RAWIO, ["capable", "locked_down"]),
    op.UseLog("clear"): (Capability.CAP_SYSLOG, ["capable", "syslog"]),
    op.ControlQuota("setquota"): (Capability.CAP_SYS_ADMIN, ["capable", "quotactl"]),
    op.Account(None): (Capability.CAP_SYS_PACCT, ["capable"]),
    op.UnloadModule("m"): (Capability.CAP_SYS_MODULE, ["capable"]),
    op.LoadModule(): (
        Capability.CAP_SYS_MODULE,
        ["capable", "kernel_load_data", "kernel_post_load_data", "locked_down"],
    ),
    op.LoadKernel(): (Capability.CAP_SYS_BOOT, ["capable", "kernel_load_data", "locked_down"]),
}


@pytest.mark.parametrize("operation", PRIVILEGED, ids=str)
def test_administration_needs_its_capability_and_asks_its_hooks(operation: Operation) -> None:
    machine = Machine()
    capability, hooks = PRIVILEGED[operation]

    allowed = machine.run(machine.process(0), operation)
    refused = machine.run(machine.process(1000), operation)

    assert (allowed.hooks, allowed.errno) == (hooks, None)
    assert allowed.the("capable").argument("cap") is capability
    assert refused.errno is Errno.EPERM
    assert refused.hooks[-1] == "capable"


def test_what_only_asks_needs_nothing() -> None:
    machine = Machine()
    user = machine.process(1000)

    assert machine.run(user, op.AdjustClock(changes=False)).hooks == []
    assert machine.run(user, op.UsePorts(more=False)).hooks == []
    assert machine.run(user, op.ControlQuota("getquota", "user", 1000)).hooks == ["quotactl"]
    assert machine.run(user, op.ControlQuota("getquota", "user", 5)).errno is Errno.EPERM


def test_the_log_is_also_for_cap_sys_admin() -> None:
    machine = Machine(World.RECORDED)
    pid = machine.process(0, pid=100, parent=0)

    refused = machine.run(pid, op.UseLog("read_all"), Recorded(-1, Errno.EPERM))

    assert [each.argument("cap") for each in refused.requests] == [Capability.CAP_SYSLOG, Capability.CAP_SYS_ADMIN]


def test_who_owns_a_namespace_of_names_names_its_machine() -> None:
    machine = Machine()
    user = machine.process(1000)

    assert machine.run(user, op.NameMachine("x")).errno is Errno.EPERM
    machine.run(user, Unshare(frozenset({"newuser", "newuts"})))
    assert machine.run(user, op.NameMachine("x")).errno is None
    assert machine.run(user, op.SetClock(5)).errno is Errno.EPERM


def test_swap_space_is_opened_to_read_and_write() -> None:
    machine = Machine()
    root = machine.process(0)
    machine.file("/swap", mode=0o600)

    on = machine.run(root, op.Swap(At("/swap")), detail=Detail.EVERY)
    off = machine.run(root, op.Swap(At("/swap"), on=False), detail=Detail.EVERY)

    assert [each for each in on.hooks if each != "inode_permission"] == [
        "capable", "file_alloc_security", "file_open", "file_post_open"
    ]  # fmt: skip
    assert on.the("file_open").argument("flags") == RW
    assert off.hooks[-2:] == ["vm_enough_memory", "file_free_security"]
    assert machine.run(root, op.Swap(At("/none"))).errno is Errno.ENOENT


def test_accounts_are_written_to_regular_files_only() -> None:
    machine = Machine()
    root = machine.process(0)
    machine.file("/log")
    machine.file("/dir", type="directory")

    ran = machine.run(root, op.Account(At("/log")))

    assert ran.the("file_open").argument("flags") == {"write", "append"}
    assert machine.run(root, op.Account(At("/dir"))).errno is Errno.EACCES


def test_quotas_are_switched_on_with_the_file_that_holds_them() -> None:
    machine = Machine()
    machine.file("/aquota.user")
    machine.file("/dev/sda1", type="block_device")

    ran = machine.run(machine.process(0), op.ControlQuota("quotaon", "user", 0, At("/dev/sda1"), At("/aquota.user")))

    assert ran.hooks == ["capable", "quotactl", "quota_on"]
    assert ran.the("quota_on").object.path == "/aquota.user"


def test_a_handle_opens_a_file_without_a_search_and_for_cap_dac_read_search_only() -> None:
    machine = Machine()
    machine.file("/secret", type="directory", mode=0)
    machine.file("/secret/f")
    root, user = machine.process(0), machine.process(1000)

    ran = machine.run(root, op.OpenByHandle("/secret/f"), detail=Detail.EVERY)

    assert [each for each in ran.hooks if each != "current_getsecid_subj"] == [
        "capable", "file_alloc_security", "inode_permission", "file_open", "file_post_open"
    ]  # fmt: skip
    assert machine.run(user, op.OpenByHandle("/secret/f")).errno is Errno.EPERM
    assert machine.run(root, op.OpenByHandle("/gone")).errno is Errno.ESTALE
    assert machine.run(user, op.GetHandle(At("/secret/f"))).errno is Errno.EACCES


def test_marks_are_asked_about_and_whole_mounts_are_for_cap_sys_admin() -> None:
    machine = Machine(World.OPEN)
    user = machine.process(1000)
    notifier = Descriptor(machine.run(user, op.MakeNotifier()).result)

    marked = machine.run(user, op.Mark(notifier, At("/a"), frozenset({"open"})))

    assert marked.hooks == ["capable", "inode_permission", "path_notify"]
    assert marked.the("path_notify").argument("watched") == "inode"
    assert machine.run(user, op.Mark(notifier, At("/a"), frozenset({"open"}), "mount")).errno is Errno.EPERM
    assert machine.run(user, op.Mark(notifier, None)).hooks == ["capable"]
    assert machine.run(user, op.MakeNotifier(unlimited=1)).errno is Errno.EPERM


def test_secret_memory_is_a_file_of_its_own() -> None:
    machine = Machine()

    ran = machine.run(machine.process(1000), op.MakeSecretMemory(), detail=Detail.EVERY)

    assert ran.hooks == [
        "inode_alloc_security", "inode_init_security_anon", "d_instantiate", "file_alloc_security"
    ]  # fmt: skip
    assert ran.the("inode_init_security_anon").argument("name") == "[secretmem]"


@pytest.mark.parametrize(("profile", "errno"), [("6.1", Errno.EPERM), ("7.2", None)])
def test_advising_on_ones_own_memory_needs_cap_sys_nice_in_older_kernels(profile: str, errno: Errno | None) -> None:
    machine = Machine(profile=profile)
    user = machine.process(1000)
    own = Descriptor(machine.run(user, OpenSpecial("pidfd", pid=user)).result)

    assert machine.run(user, op.AdviseProcess(own)).errno is errno


def test_advising_on_anothers_memory_is_a_look_into_it() -> None:
    machine = Machine()
    root = machine.process(0)
    other = machine.run(root, Clone()).result
    pidfd = Descriptor(machine.run(root, OpenSpecial("pidfd", pid=other)).result)

    assert machine.run(root, op.AdviseProcess(pidfd)).hooks == ["ptrace_access_check", "capable"]


def test_pages_are_shown_anew_as_if_they_were_mapped() -> None:
    machine = Machine()
    user = machine.process(1000)
    machine.file("/d", mode=0o666)
    number = machine.run(user, Open(At("/d"), RW)).result
    start = machine.run(user, Map(Descriptor(number), RW, frozenset({"shared"}), 4096)).result

    ran = machine.run(user, op.RemapPages(start, 4096))

    assert ran.hooks == ["mmap_file", "mmap_addr"]
    assert ran.the("mmap_file").object.path == "/d"
    assert machine.run(user, op.RemapPages(4096, 4096)).errno is Errno.EINVAL


def test_what_is_in_memory_of_a_file_is_told_to_who_may_write_to_it() -> None:
    machine, old = Machine(), Machine(profile="6.12")
    for each in (machine, old):
        each.file("/etc/passwd", mode=0o644)
    ran: list[Ran] = []
    for each in (machine, old):
        user = each.process(1000)
        number = each.run(user, Open(At("/etc/passwd"))).result
        ran.append(each.run(user, op.CacheStatus(Descriptor(number))))

    assert [each.errno for each in ran] == [Errno.EPERM, None]
    assert ran[1].hooks == []


def test_a_module_is_read_from_its_file() -> None:
    machine = Machine()
    root = machine.process(0)
    machine.file("/m.ko")
    number = machine.run(root, Open(At("/m.ko"))).result

    ran = machine.run(root, op.LoadModule(Descriptor(number)))

    assert ran.hooks == ["capable", "kernel_read_file", "file_permission", "kernel_post_read_file", "locked_down"]
    assert ran.the("kernel_read_file").argument("purpose") == "module"
    assert ran.the("kernel_read_file").object.path == "/m.ko"


def test_a_kernel_and_what_it_starts_from_are_read() -> None:
    machine = Machine()
    root = machine.process(0)
    machine.file("/vmlinuz")
    machine.file("/initrd")
    files = [Descriptor(machine.run(root, Open(At(path))).result) for path in ("/vmlinuz", "/initrd")]

    ran = machine.run(root, op.LoadKernel(*files))

    purposes = [each.argument("purpose") for each in ran.requests if each.hook.name == "kernel_read_file"]
    assert purposes == ["kexec_image", "kexec_initramfs"]
    assert ran.the("locked_down").argument("reason") == "kexec"


def test_attributes_of_modules_are_asked_for_and_none_is_kept() -> None:
    machine, old = Machine(), Machine(profile="6.1")
    user = machine.process(1000)

    asked = machine.run(user, op.GetSelfAttribute("current"))
    changed = machine.run(user, SetSelfAttribute("exec", None))

    assert (asked.hooks, asked.errno) == (["getselfattr"], Errno.EOPNOTSUPP)
    assert (changed.hooks, changed.errno) == (["setselfattr"], Errno.EOPNOTSUPP)
    assert old.run(old.process(0), op.GetSelfAttribute("current")).errno is Errno.ENOSYS


def test_a_library_is_opened_to_be_executed_and_a_device_asked_about() -> None:
    machine = Machine()
    machine.file("/lib.so", mode=0o755)
    user = machine.process(1000)

    assert machine.run(user, op.LoadLibrary(At("/lib.so"))).the("file_open").argument("flags") == {"read", "exec"}
    assert machine.run(user, op.DeviceStatus()).the("sb_statfs").object is UNKNOWN
    assert machine.run(user, op.LookUpCookie()).errno is Errno.ENOSYS


class TestReplay:
    """What a recording shows of administration."""

    def recording(self) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED, profile="6.1")
        return machine, machine.process(0, pid=100, parent=0)

    @pytest.mark.parametrize("operation", [op.NameMachine("x"), op.HangUp(), op.Reboot(), op.UnloadModule()], ids=str)
    def test_a_refusal_had_asked_for_the_capability(self, operation: Operation) -> None:
        machine, pid = self.recording()

        assert machine.run(pid, operation, Recorded(-1, Errno.EPERM)).hooks == ["capable"]

    def test_what_was_no_module_was_not_read(self) -> None:
        machine, pid = self.recording()

        assert machine.run(pid, op.LoadModule(None, 4), Recorded(-1, Errno.ENOEXEC)).hooks == ["capable"]

    def test_a_stale_handle_asked_for_the_capability_only(self) -> None:
        machine, pid = self.recording()

        assert machine.run(pid, op.OpenByHandle(), Recorded(-1, Errno.ESTALE)).hooks == ["capable"]

    def test_the_file_of_a_handle_is_the_one_that_the_trace_remarks(self) -> None:
        machine, pid = self.recording()

        ran = machine.run(pid, op.OpenByHandle(), Recorded(3, None, Descriptor(3, "/etc/passwd")))

        assert ran.the("file_open").object.path == "/etc/passwd"
