"""Calls on the machine as a whole, and those that few programs make."""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.commands import QUOTA_COMMAND, QUOTA_TYPE, SYSLOG_ACTION
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.hooks.vocabulary import WATCH_MASK
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.files import open_flags
from nslsm.importers.traces.decode.words import (
    argument,
    at,
    descriptor,
    has,
    in_words,
    named_or_opened,
    names,
    number,
    opened,
    path,
    word,
)
from nslsm.kernel import command_constants, constants
from nslsm.kernel.call import Call, SystemCall
from nslsm.kernel.operations import At, MoveMemory, Operation, Quiet, SetSelfAttribute
from nslsm.kernel.operations import machine as op
from nslsm.kernel.spelling import bare, fd_of, name_of, number_of, process_of, struct_of, text_of


def _seconds(call: SystemCall, place: int) -> int | Unknown:
    time = struct_of(argument(call, place))
    found = None if time is None or not time.has("tv_sec") else number_of(time.get("tv_sec"))
    return UNKNOWN if found is None else found


def _clock_settime(call: SystemCall) -> Operation:
    if name_of(argument(call, 0), command_constants.CLOCKS) != "CLOCK_REALTIME":
        return Quiet(call.name)
    return op.SetClock(_seconds(call, 1))


def _adjust(call: SystemCall, place: int) -> Operation:
    wanted = struct_of(argument(call, place))
    if wanted is None or not wanted.has("modes"):
        return op.AdjustClock(UNKNOWN)
    modes = number_of(wanted.get("modes"), command_constants.ADJUSTMENTS)
    if modes is None:
        return op.AdjustClock(UNKNOWN)
    only_reads = modes in (0, 0xA001)
    return op.AdjustClock(not only_reads, bool(modes & 0x100) and not modes & 0x8000)


def _name(call: SystemCall) -> Operation:
    text = text_of(argument(call, 0))
    return op.NameMachine(UNKNOWN if text is None or text.cut else text.value)


def _log(call: SystemCall) -> Operation:
    return op.UseLog(word(call, 0, command_constants.SYSLOG_ACTIONS, "SYSLOG_ACTION_", SYSLOG_ACTION.members))


def _quota(call: SystemCall) -> Operation:
    """``quotactl(QCMD(Q_GETQUOTA, USRQUOTA), "/dev/sda1", 1000, {…})``."""
    whole = bare(argument(call, 0))
    table, kinds = command_constants.QUOTA_COMMANDS, command_constants.QUOTA_TYPES
    if isinstance(whole, Call) and whole.name == "QCMD" and len(whole.arguments) == 2:
        command, kind = name_of(whole.arguments[0], table), name_of(whole.arguments[1], kinds)
    else:
        packed = number_of(whole)
        command = None if packed is None else table.named((packed & 0xFFFFFFFF) >> 8).name
        kind = None if packed is None else kinds.named(packed & 0xFF).name
    words = ("" if command is None else command.removeprefix("Q_").lower(), _QUOTA_TYPES.get(kind or "", "other"))
    device = None if argument(call, 1) is None else at(call, None, 1)
    file = at(call, None, 3) if words[0] == "quotaon" and len(call.arguments) > 3 else None
    told = words[0] if words[0] in QUOTA_COMMAND.members else "other"
    return op.ControlQuota(told, words[1], number(call, 2) if len(call.arguments) > 2 else 0, device, file)


_QUOTA_TYPES: Final = dict(zip(("USRQUOTA", "GRPQUOTA", "PRJQUOTA"), QUOTA_TYPE.members, strict=False))


def _ports(call: SystemCall) -> Operation:
    found = number(call, 2 if call.name == "ioperm" else 0)
    return op.UsePorts(found if isinstance(found, Unknown) else found > 0)


def _notifier(call: SystemCall) -> Operation:
    found = names(call, 0, command_constants.FANOTIFY_FLAGS)
    known = frozenset[str]() if isinstance(found, Unknown) else found
    unlimited = len(known & {"FAN_UNLIMITED_QUEUE", "FAN_UNLIMITED_MARKS"})
    return op.MakeNotifier(unlimited, "FAN_ENABLE_AUDIT" in known, "FAN_CLOEXEC" in known)


def _mark(call: SystemCall) -> Operation:
    """Notifier, flags, mask (one argument, though it takes two registers), directory, path."""
    flags = names(call, 1, command_constants.FANOTIFY_MARKS)
    known = frozenset[str]() if isinstance(flags, Unknown) else flags
    watched = "filesystem" if "FAN_MARK_FILESYSTEM" in known else "mount" if "FAN_MARK_MOUNT" in known else "inode"
    if "FAN_MARK_FLUSH" in known:
        return op.Mark(descriptor(call, 0), None, frozenset(), watched)
    events = names(call, 2, command_constants.FANOTIFY_EVENTS)
    if not isinstance(events, Unknown):
        events = frozenset(_EVENTS.get(name, name) for name in events)
    mask = in_words(events, "FAN_", WATCH_MASK)
    where = opened(call, 3) if argument(call, 4) is None else at(call, 3, 4, follow="FAN_MARK_DONT_FOLLOW" not in known)
    return op.Mark(descriptor(call, 0), where, mask, watched)


_EVENTS: Final = {
    "FAN_OPEN_PERM": "FAN_OPEN_PERMISSION",
    "FAN_ACCESS_PERM": "FAN_ACCESS_PERMISSION",
    "FAN_OPEN_EXEC_PERM": "FAN_OPEN_EXEC_PERMISSION",
    "FAN_ONDIR": "FAN_ON_DIRECTORY",
    "FAN_Q_OVERFLOW": "FAN_OVERFLOW",
    "FAN_FS_ERROR": "FAN_ERROR",
}
"""Events whose words are others than their C names."""


def _get_handle(call: SystemCall) -> Operation:
    follow = has(call, 4, constants.AT_FLAGS, "AT_SYMLINK_FOLLOW")
    return op.GetHandle(named_or_opened(call, 0, 1, None)._replace(follow=follow))


def _account(call: SystemCall) -> Operation:
    return op.Account(None if argument(call, 0) is None else At(path(call, 0)))


def _move_pages(call: SystemCall) -> Operation:
    pid = process_of(argument(call, 0))
    return Quiet(call.name) if pid in (0, None) else MoveMemory(pid or 0)


def _attribute(call: SystemCall) -> str | Unknown:
    name = name_of(argument(call, 0), command_constants.SELF_ATTRIBUTES)
    return UNKNOWN if name is None else name.removeprefix("LSM_ATTR_").lower()


def _set_attribute(call: SystemCall) -> Operation:
    attribute = _attribute(call)
    return SetSelfAttribute("" if isinstance(attribute, Unknown) else attribute, None)


def _load_kernel(call: SystemCall) -> Operation:
    initrd = descriptor(call, 1)
    return op.LoadKernel(descriptor(call, 0), None if initrd.number < 0 else initrd)


def _secret(call: SystemCall) -> Operation:
    flags = argument(call, 0)
    return op.MakeSecretMemory(fd_of(flags) is None and "CLOEXEC" in repr(flags))


DECODERS: Final[Mapping[str, Decoder]] = {
    "settimeofday": lambda call: op.SetClock(_seconds(call, 0)),
    "clock_settime": _clock_settime,
    "adjtimex": lambda call: _adjust(call, 0),
    "clock_adjtime": lambda call: _adjust(call, 1),
    "sethostname": _name,
    "setdomainname": _name,
    "swapon": lambda call: op.Swap(at(call, None, 0)),
    "swapoff": lambda call: op.Swap(at(call, None, 0), on=False),
    "reboot": lambda _: op.Reboot(),
    "syslog": _log,
    "quotactl": _quota,
    "acct": _account,
    "iopl": _ports,
    "ioperm": _ports,
    "name_to_handle_at": _get_handle,
    "open_by_handle_at": lambda call: op.OpenByHandle(UNKNOWN, open_flags(argument(call, 2))),
    "fanotify_init": _notifier,
    "fanotify_mark": _mark,
    "process_madvise": lambda call: op.AdviseProcess(descriptor(call, 0)),
    "remap_file_pages": lambda call: op.RemapPages(number(call, 0), number(call, 1)),
    "cachestat": lambda call: op.CacheStatus(descriptor(call, 0)),
    "vhangup": lambda _: op.HangUp(),
    "ustat": lambda _: op.DeviceStatus(),
    "uselib": lambda call: op.LoadLibrary(at(call, None, 0)),
    "lookup_dcookie": lambda _: op.LookUpCookie(),
    "memfd_secret": _secret,
    "lsm_get_self_attr": lambda call: op.GetSelfAttribute(_attribute(call)),
    "lsm_set_self_attr": _set_attribute,
    "move_pages": _move_pages,
    "init_module": lambda call: op.LoadModule(None, number(call, 1)),
    "finit_module": lambda call: op.LoadModule(descriptor(call, 0)),
    "delete_module": lambda call: op.UnloadModule(path(call, 0)),
    "kexec_load": lambda _: op.LoadKernel(),
    "kexec_file_load": _load_kernel,
}
"""What each of these calls asks of the kernel."""
