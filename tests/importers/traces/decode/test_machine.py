"""Calls on the machine as strace writes them."""

import pytest

from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.operations import CWD, At, Descriptor, MoveMemory, Operation, Quiet, SetSelfAttribute
from nslsm.kernel.operations import machine as op
from tests.importers.traces.decode.test_decode import decoded

ASKED: dict[str, Operation] = {
    "clock_settime(CLOCK_REALTIME, {tv_sec=1700000000, tv_nsec=0}) = 0": op.SetClock(1700000000),
    "clock_settime(CLOCK_MONOTONIC, {tv_sec=1, tv_nsec=0}) = -1 EINVAL (Invalid argument)": Quiet("clock_settime"),
    "settimeofday(NULL, {tz_minuteswest=0, tz_dsttime=0}) = 0": op.SetClock(),
    "adjtimex({modes=0, offset=0}) = 5 (TIME_ERROR)": op.AdjustClock(changes=False),
    "clock_adjtime(CLOCK_REALTIME, {modes=ADJ_SETOFFSET, offset=0}) = 0": op.AdjustClock(changes=True, jumps=True),
    "adjtimex({modes=ADJ_FREQUENCY|ADJ_STATUS, offset=0}) = 0": op.AdjustClock(changes=True),
    'sethostname("inner", 5) = 0': op.NameMachine("inner"),
    'swapon("/swap", SWAP_FLAG_DISCARD) = 0': op.Swap(At("/swap")),
    'swapoff("/swap") = 0': op.Swap(At("/swap"), on=False),
    "reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF) = 0": op.Reboot(),
    'syslog(SYSLOG_ACTION_READ_ALL, "x", 100) = 1': op.UseLog("read_all"),
    "syslog(10 /* SYSLOG_ACTION_SIZE_BUFFER */, NULL, 0) = 1": op.UseLog("size_buffer"),
    'quotactl(QCMD(Q_GETQUOTA, USRQUOTA), "/dev/sda1", 1000, {dqb_bhardlimit=0}) = 0': op.ControlQuota(
        "getquota", "user", 1000, At("/dev/sda1")
    ),
    'quotactl(QCMD(Q_QUOTAON, GRPQUOTA), "/dev/sda1", 2, "/aquota.group") = 0': op.ControlQuota(
        "quotaon", "group", 2, At("/dev/sda1"), At("/aquota.group")
    ),
    "acct(NULL) = 0": op.Account(None),
    "iopl(3) = 0": op.UsePorts(more=True),
    "iopl(0) = 0": op.UsePorts(more=False),
    "ioperm(0x80, 1, 1) = 0": op.UsePorts(more=True),
    'name_to_handle_at(AT_FDCWD, "a", {handle_bytes=128}, [1], 0) = 0': op.GetHandle(At("a", CWD, follow=False)),
    "open_by_handle_at(3</mnt>, {handle_bytes=8}, O_RDONLY|O_CLOEXEC) = 4": op.OpenByHandle(
        UNKNOWN, frozenset({"read", "close_on_exec"})
    ),
    "fanotify_init(FAN_CLASS_NOTIF|FAN_CLOEXEC|FAN_UNLIMITED_QUEUE, O_RDONLY) = 3": op.MakeNotifier(
        1, close_on_exec=True
    ),
    'fanotify_mark(3, FAN_MARK_ADD|FAN_MARK_MOUNT, FAN_OPEN_PERM|FAN_ONDIR, AT_FDCWD, "/srv") = 0': op.Mark(
        Descriptor(3), At("/srv", CWD), frozenset({"open_permission", "on_directory"}), "mount"
    ),
    "fanotify_mark(3, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL) = 0": op.Mark(Descriptor(3), None),
    "process_madvise(3, [{iov_base=0x1000, iov_len=1}], 1, MADV_COLD, 0) = 1": op.AdviseProcess(Descriptor(3)),
    "remap_file_pages(0x10000, 4096, 0, 1, 0) = 0": op.RemapPages(0x10000, 4096),
    "cachestat(3, {off=0, len=0}, {nr_cache=1}, 0) = 0": op.CacheStatus(Descriptor(3)),
    "vhangup() = -1 EPERM (Operation not permitted)": op.HangUp(),
    "ustat(makedev(0x8, 0x1), {f_tfree=1}) = 0": op.DeviceStatus(),
    'uselib("/lib/x.so") = -1 ENOSYS (Function not implemented)': op.LoadLibrary(At("/lib/x.so")),
    "memfd_secret(FD_CLOEXEC) = 3": op.MakeSecretMemory(close_on_exec=True),
    "memfd_secret(0) = 3": op.MakeSecretMemory(),
    "lsm_get_self_attr(LSM_ATTR_CURRENT, NULL, [32], 0) = 1": op.GetSelfAttribute("current"),
    "lsm_set_self_attr(101 /* LSM_ATTR_EXEC */, {id=1}, 32, 0) = 0": SetSelfAttribute("exec", None),
    "move_pages(0, 1, [0x1000], NULL, [0], 0) = 0": Quiet("move_pages"),
    "move_pages(7, 1, [0x1000], NULL, [0], 0) = 0": MoveMemory(7),
    'init_module(0x7ffe, 1024, "") = -1 ENOEXEC (Exec format error)': op.LoadModule(None, 1024),
    'finit_module(3</m.ko>, "", 0) = 0': op.LoadModule(Descriptor(3, "/m.ko")),
    'delete_module("m", O_NONBLOCK) = 0': op.UnloadModule("m"),
    "kexec_load(0x1000, 1, 0x7ffe, KEXEC_ARCH_DEFAULT) = 0": op.LoadKernel(),
    'kexec_file_load(3</k>, -1, 5, "quiet", KEXEC_FILE_NO_INITRAMFS) = 0': op.LoadKernel(Descriptor(3, "/k")),
}


@pytest.mark.parametrize("line", ASKED, ids=range(len(ASKED)))
def test_a_call_is_what_it_asks(line: str) -> None:
    assert decoded(line).operation == ASKED[line]


@pytest.mark.parametrize("line", ["lsm_list_modules([100], [8], 0) = 1", "vmsplice(4, [], 0, 0) = 0", "sysfs(3) = 20"])
def test_these_raise_no_hook(line: str) -> None:
    assert decoded(line).silent
