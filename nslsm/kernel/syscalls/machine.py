"""What only administrators do to a machine: clock, names, log, ports, quotas, swap space, accounting, restart."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import capable, permission, require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.event import Steps
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, lookup
from nslsm.kernel.operations.machine import (
    Account,
    AdjustClock,
    ControlQuota,
    DeviceStatus,
    GetSelfAttribute,
    HangUp,
    LoadLibrary,
    LookUpCookie,
    NameMachine,
    Reboot,
    SetClock,
    Swap,
    UseLog,
    UsePorts,
)
from nslsm.kernel.operations.operation import At
from nslsm.kernel.refusal import Refused
from nslsm.kernel.routine import new_file
from nslsm.kernel.spaces import Target, owner_of
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.opening import checked

_READ_WRITE: Final = frozenset({"read", "write"})

_OPEN_TO_ALL: Final = frozenset(
    {"getfmt", "sync", "getinfo", "xgetqstat", "xgetqstatv", "xquotasync"},
)
"""Quota commands that anybody may give; ``getquota`` for oneself too."""


def set_clock(context: Context, operation: SetClock) -> Steps:
    """``do_sys_settimeofday64``: ``settime``, in which capabilities(7) is the first module: CAP_SYS_TIME."""
    context.stops(Errno.EINVAL, Errno.EFAULT)
    yield context.request("settime", time=operation.time)
    yield from require(context, Capability.CAP_SYS_TIME, Errno.EPERM, "only CAP_SYS_TIME sets the clock", over=0)
    return context.done()


def adjust_clock(context: Context, operation: AdjustClock) -> Steps:
    """``timekeeping_validate_timex``: CAP_SYS_TIME to change anything, and once more to jump. No ``settime``."""
    context.stops(Errno.EFAULT)
    changes = operation.changes
    if changes is False or (
        isinstance(changes, Unknown) and context.recorded is not None and not context.recorded.failed
    ):
        return context.done()
    for _ in range(2 if operation.jumps else 1):
        yield from require(context, Capability.CAP_SYS_TIME, Errno.EPERM, "only CAP_SYS_TIME steers the clock", over=0)
        context.stops(Errno.EPERM)
    return context.done()


def name_machine(context: Context, operation: NameMachine) -> Steps:
    """``sys_sethostname``: CAP_SYS_ADMIN over the namespace that the name is of."""
    del operation
    over = owner_of(context.state, Target("uts", context.thread.spaces.uts))
    yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, "only CAP_SYS_ADMIN names a machine", over=over)
    return context.done()


def opened_by_kernel(context: Context, at: At, flags: frozenset[str]) -> Asking[Found]:
    """``file_open_name``: the kernel opens a file for itself, with the caller's rights."""
    return (yield from new_file(context, _opened(context, at, flags)))


def _opened(context: Context, at: At, flags: frozenset[str]) -> Asking[Found]:
    found = yield from lookup(context, at)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS)
    wanted = flags & {"read", "write", "exec"}
    yield from permission(context, found.file, wanted, "open")
    yield context.request("file_open", found.file, flags=flags)
    yield from checked(context)
    yield context.request("file_post_open", found.file, mask=wanted | {"open"})
    return found


def swap(context: Context, operation: Swap) -> Steps:
    """``sys_swapon``, ``sys_swapoff``: CAP_SYS_ADMIN; the file is opened to read and write; what was swapped out comes back."""
    yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, "swap space is for CAP_SYS_ADMIN", over=0)
    context.stops(Errno.EPERM)
    yield from opened_by_kernel(context, operation.at, _READ_WRITE)
    if operation.on:
        try:
            return context.done()
        except Refused:
            yield from context.routine("file_free_security")
            raise
    if not context.failed_with(Errno.EINVAL):
        yield from context.routine("vm_enough_memory")
    yield from context.routine("file_free_security")
    return context.done()


def reboot(context: Context, operation: Reboot) -> Steps:
    """``sys_reboot``: CAP_SYS_BOOT over the namespace of processes that ends."""
    del operation
    over = owner_of(context.state, Target("pid", context.thread.spaces.pid))
    yield from require(context, Capability.CAP_SYS_BOOT, Errno.EPERM, "only CAP_SYS_BOOT restarts", over=over)
    return context.done()


def use_log(context: Context, operation: UseLog) -> Steps:
    """``check_syslog_permissions``: CAP_SYSLOG, or CAP_SYS_ADMIN; then ``syslog``.

    ``kernel.dmesg_restrict`` is taken to be set: else nobody asks those who only read it all.
    """
    context.stops(Errno.EINVAL)
    held = yield from capable(context, Capability.CAP_SYSLOG, over=0)
    if held is not True or context.failed_with(Errno.EPERM):
        admin = yield from capable(context, Capability.CAP_SYS_ADMIN, over=0)
        context.stops(Errno.EPERM)
        if admin is not True:
            unknown = frozenset({"subject.effective"}) if UNKNOWN in (held, admin) else frozenset[str]()
            raise Refused(Errno.EPERM, "only CAP_SYSLOG uses the kernel's log", unknown)
    yield context.request("syslog", action=operation.action)
    return context.done()


def control_quota(context: Context, operation: ControlQuota) -> Steps:
    """``sys_quotactl``: the file and the device are looked up; CAP_SYS_ADMIN but for looking; ``quotactl``, ``quota_on``."""
    command = operation.command
    file = None
    if command == "quotaon" and operation.file is not None:
        file = (yield from lookup(context, operation.file)).file
    if operation.device is not None:
        yield from lookup(context, operation.device)
    context.stops(*LOOKUP_ERRORS, Errno.ENOTBLK, Errno.ENODEV, Errno.ENOSYS)
    own = command in ("getquota", "xgetquota") and _is_own(context, operation)
    if command not in _OPEN_TO_ALL and not own:
        reason = "quotas are for CAP_SYS_ADMIN"
        yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, reason, over=0)
        context.stops(Errno.EPERM)
    id_ = operation.id
    yield context.request("quotactl", UNKNOWN, cmd=command, quota_type=operation.type, id=id_)
    if command == "quotaon":
        context.stops(Errno.EINVAL, Errno.ESRCH)
        yield context.request("quota_on", UNKNOWN if file is None else file)
    return context.done()


def _is_own(context: Context, operation: ControlQuota) -> bool:
    mine = context.task.credentials
    if operation.type == "user":
        return operation.id == mine.euid
    groups = frozenset[int]() if isinstance(mine.groups, Unknown) else mine.groups
    return operation.type == "group" and (operation.id == mine.egid or operation.id in groups)


def account(context: Context, operation: Account) -> Steps:
    """``sys_acct``: CAP_SYS_PACCT; the file is opened to append."""
    reason = "only CAP_SYS_PACCT keeps accounts of processes"
    yield from require(context, Capability.CAP_SYS_PACCT, Errno.EPERM, reason, over=0)
    context.stops(Errno.EPERM)
    if operation.at is not None:
        found = yield from opened_by_kernel(context, operation.at, frozenset({"write", "append"}))
        context.insist(found.file.type == "regular", Errno.EACCES, f"{found.path} is no regular file", "object.type")
    return context.done()


def use_ports(context: Context, operation: UsePorts) -> Steps:
    """``sys_iopl``, ``ksys_ioperm``: for more than before CAP_SYS_RAWIO, then ``locked_down``."""
    context.stops(Errno.EINVAL)
    if operation.more is False:
        return context.done()
    yield from require(context, Capability.CAP_SYS_RAWIO, Errno.EPERM, "only CAP_SYS_RAWIO reaches ports", over=0)
    context.stops(Errno.EPERM)
    yield context.request("locked_down", reason="ioport")
    return context.done()


def hang_up(context: Context, operation: HangUp) -> Steps:
    """``sys_vhangup``: CAP_SYS_TTY_CONFIG."""
    del operation
    reason = "only CAP_SYS_TTY_CONFIG hangs a terminal up"
    yield from require(context, Capability.CAP_SYS_TTY_CONFIG, Errno.EPERM, reason, over=0)
    return context.done()


def device_status(context: Context, operation: DeviceStatus) -> Steps:
    """``vfs_ustat``: ``sb_statfs`` of the file system on the device, of which nothing is known."""
    del operation
    context.stops(Errno.EINVAL)
    yield context.request("sb_statfs", UNKNOWN)
    return context.done()


def load_library(context: Context, operation: LoadLibrary) -> Steps:
    """``sys_uselib``: the file is opened to be read and executed."""
    context.stops(Errno.ENOSYS)
    yield from opened_by_kernel(context, operation.at, frozenset({"read", "exec"}))
    yield from context.routine("file_free_security")
    return context.done()


def look_up_cookie(context: Context, operation: LookUpCookie) -> Steps:
    """``do_lookup_dcookie``: CAP_SYS_ADMIN; gone since 6.7."""
    del operation
    context.stops(Errno.ENOSYS)
    context.insist(not context.since("6.12"), Errno.ENOSYS, "Linux has this call no more")
    yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, "cookies are for CAP_SYS_ADMIN", over=0)
    return context.done()


def get_self_attribute(context: Context, operation: GetSelfAttribute) -> Steps:
    """``security_getselfattr``: whichever module keeps the attribute; none does here, EOPNOTSUPP. ENOSYS before 6.8."""
    context.stops(Errno.EINVAL, Errno.ENOSYS, Errno.EFAULT)
    context.insist(context.since("6.12"), Errno.ENOSYS, "this kernel has no such call")
    yield context.request("getselfattr", name=operation.attribute)
    context.insist(False, Errno.EOPNOTSUPP, f"no module keeps an attribute called {operation.attribute}")
    return context.done()


HANDLERS: Final = (
    handles(SetClock, set_clock),
    handles(AdjustClock, adjust_clock),
    handles(NameMachine, name_machine),
    handles(Swap, swap),
    handles(Reboot, reboot),
    handles(UseLog, use_log),
    handles(ControlQuota, control_quota),
    handles(Account, account),
    handles(UsePorts, use_ports),
    handles(HangUp, hang_up),
    handles(DeviceStatus, device_status),
    handles(LoadLibrary, load_library),
    handles(LookUpCookie, look_up_cookie),
    handles(GetSelfAttribute, get_self_attribute),
)
