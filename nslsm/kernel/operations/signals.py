"""Operations on other processes: signals, and looking into them."""

from dataclasses import dataclass

from nslsm.hooks.linux import Signal
from nslsm.hooks.types import Unknown
from nslsm.kernel.operations.operation import Descriptor, Operation


@dataclass(frozen=True, slots=True)
class Kill(Operation):
    """kill(2), rt_sigqueueinfo(2): ``pid`` a process; 0 the caller's group; -1 all that may be reached; else group ``-pid``."""

    pid: int
    signal: Signal | Unknown


@dataclass(frozen=True, slots=True)
class KillThread(Operation):
    """tgkill(2), tkill(2) and rt_tgsigqueueinfo(2): thread ``pid``, of process ``tgid`` where the call names one."""

    pid: int
    signal: Signal | Unknown
    tgid: int | None = None


@dataclass(frozen=True, slots=True)
class KillByDescriptor(Operation):
    """pidfd_send_signal(2)."""

    descriptor: Descriptor
    signal: Signal | Unknown


@dataclass(frozen=True, slots=True)
class Trace(Operation):
    """ptrace(2): ``request`` is ``traceme``, ``attach``, ``seize``, ``detach``, or any other in small letters."""

    request: str | Unknown
    pid: int = 0


@dataclass(frozen=True, slots=True)
class ReachMemory(Operation):
    """process_vm_readv(2), process_vm_writev(2), process_madvise(2)."""

    pid: int
    write: bool = False


@dataclass(frozen=True, slots=True)
class TakeDescriptor(Operation):
    """pidfd_getfd(2): a copy of descriptor ``number`` of the process that ``process`` stands for. The copy is the result."""

    process: Descriptor
    number: int


@dataclass(frozen=True, slots=True)
class Compare(Operation):
    """kcmp(2): whether two processes share something."""

    one: int
    other: int
