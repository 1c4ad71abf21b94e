"""Operations on the machine as a whole: clock, names, log, swap space, modules; and on files in ways that few use."""

from dataclasses import dataclass
from typing import Final

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.operations.operation import At, Descriptor, Operation


@dataclass(frozen=True, slots=True)
class SetClock(Operation):
    """settimeofday(2), clock_settime(2) of ``CLOCK_REALTIME``: ``time`` in seconds since 1970; unknown for a zone only."""

    time: int | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class AdjustClock(Operation):
    """adjtimex(2), clock_adjtime(2): ``changes`` unless it only asks; ``jumps`` where it adds to the time."""

    changes: bool | Unknown
    jumps: bool = False


@dataclass(frozen=True, slots=True)
class NameMachine(Operation):
    """sethostname(2), setdomainname(2)."""

    name: str | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Swap(Operation):
    """swapon(2); with ``on`` False swapoff(2)."""

    at: At
    on: bool = True


@dataclass(frozen=True, slots=True)
class Reboot(Operation):
    """reboot(2)."""


@dataclass(frozen=True, slots=True)
class UseLog(Operation):
    """syslog(2): ``action`` is of ``SYSLOG_ACTION``."""

    action: str | Unknown


@dataclass(frozen=True, slots=True)
class ControlQuota(Operation):
    """quotactl(2): ``command`` is of ``QUOTA_COMMAND``, ``type`` of ``QUOTA_TYPE``.

    ``device`` is the block device; ``file`` what holds the quotas, for ``quotaon``.
    """

    command: str | Unknown
    type: str | Unknown = "user"
    id: int | Unknown = 0
    device: At | None = None
    file: At | None = None


@dataclass(frozen=True, slots=True)
class Account(Operation):
    """acct(2): None stops it."""

    at: At | None


@dataclass(frozen=True, slots=True)
class UsePorts(Operation):
    """iopl(2), ioperm(2): ``more`` where the caller may reach more of the machine's ports than before."""

    more: bool | Unknown = True


@dataclass(frozen=True, slots=True)
class GetHandle(Operation):
    """name_to_handle_at(2)."""

    at: At


@dataclass(frozen=True, slots=True)
class OpenByHandle(Operation):
    """open_by_handle_at(2): ``path`` is where the file is that the handle stands for; a trace tells it beside the result."""

    path: str | Unknown = UNKNOWN
    flags: frozenset[str] | Unknown = frozenset({"read"})


@dataclass(frozen=True, slots=True)
class MakeNotifier(Operation):
    """fanotify_init(2): ``unlimited`` says how many limits it wants lifted, ``audits`` whether its answers are recorded."""

    unlimited: int = 0
    audits: bool = False
    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class Mark(Operation):
    """fanotify_mark(2): ``mask`` is of ``WATCH_MASK``, ``watched`` of ``WATCHED``. ``at`` None takes all marks away."""

    notifier: Descriptor
    at: At | None
    mask: frozenset[str] | Unknown = frozenset()
    watched: str = "inode"


@dataclass(frozen=True, slots=True)
class AdviseProcess(Operation):
    """process_madvise(2): of the process that a descriptor stands for."""

    process: Descriptor


@dataclass(frozen=True, slots=True)
class RemapPages(Operation):
    """remap_file_pages(2): ``length`` bytes from ``start`` on show other parts of the file that is mapped there."""

    start: int | Unknown
    length: int | Unknown


@dataclass(frozen=True, slots=True)
class CacheStatus(Operation):
    """cachestat(2)."""

    descriptor: Descriptor


@dataclass(frozen=True, slots=True)
class HangUp(Operation):
    """vhangup(2)."""


@dataclass(frozen=True, slots=True)
class DeviceStatus(Operation):
    """ustat(2): of the file system on a device."""


@dataclass(frozen=True, slots=True)
class LoadLibrary(Operation):
    """uselib(2)."""

    at: At


@dataclass(frozen=True, slots=True)
class LookUpCookie(Operation):
    """lookup_dcookie(2), which Linux has no more since 6.7."""


@dataclass(frozen=True, slots=True)
class MakeSecretMemory(Operation):
    """memfd_secret(2). The descriptor is the result."""

    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class GetSelfAttribute(Operation):
    """lsm_get_self_attr(2): ``attribute`` is the name in small letters without ``LSM_ATTR_``."""

    attribute: str | Unknown


@dataclass(frozen=True, slots=True)
class LoadModule(Operation):
    """finit_module(2), or, without a descriptor, init_module(2)."""

    descriptor: Descriptor | None = None
    size: int | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class UnloadModule(Operation):
    """delete_module(2)."""

    name: str | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class LoadKernel(Operation):
    """kexec_file_load(2), or, without descriptors, kexec_load(2). ``initrd`` None where it has none."""

    kernel: Descriptor | None = None
    initrd: Descriptor | None = None


MACHINE: Final[tuple[type[Operation], ...]] = (
    SetClock,
    AdjustClock,
    NameMachine,
    Swap,
    Reboot,
    UseLog,
    ControlQuota,
    Account,
    UsePorts,
    GetHandle,
    OpenByHandle,
    MakeNotifier,
    Mark,
    AdviseProcess,
    RemapPages,
    CacheStatus,
    HangUp,
    DeviceStatus,
    LoadLibrary,
    LookUpCookie,
    MakeSecretMemory,
    GetSelfAttribute,
    LoadModule,
    UnloadModule,
    LoadKernel,
)
"""All of them."""
