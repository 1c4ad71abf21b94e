"""Which hooks each system call raises, in order, on which condition, and which function of Linux that follows.

The handlers in :mod:`nslsm.kernel.syscalls` do it; this is the same knowledge for people and for tests, which hold the two
together. Where a call looks up a path, ``inode_permission`` also comes first for each directory on the way, where a kernel is
asked to raise it there (``Context.detail``). ``capable`` comes wherever permission bits or ids do not suffice.
"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from nslsm.kernel.mapping.bpf import BPF
from nslsm.kernel.mapping.communication import COMMUNICATION
from nslsm.kernel.mapping.entry import Mapped, Raised
from nslsm.kernel.mapping.files import FILES
from nslsm.kernel.mapping.ipc import IPC
from nslsm.kernel.mapping.keys import KEYS
from nslsm.kernel.mapping.machine import MACHINE
from nslsm.kernel.mapping.mounts import MOUNTS
from nslsm.kernel.mapping.processes import PROCESSES
from nslsm.kernel.operations import Operation

MAPPING: Final = (*FILES, *PROCESSES, *COMMUNICATION, *IPC, *KEYS, *BPF, *MOUNTS, *MACHINE)
"""Every operation, in the order of :data:`nslsm.kernel.operations.OPERATIONS`."""

_BY_OPERATION: Final = MappingProxyType({entry.operation: entry for entry in MAPPING})


def raised_by(operation: type[Operation]) -> Mapped:
    """What an operation raises.

    >>> from nslsm.kernel.operations import Truncate
    >>> [raised.hook for raised in raised_by(Truncate).raises if raised.when.startswith("by its name")]
    ['inode_permission', 'path_truncate']
    """
    return _BY_OPERATION[operation]


def raisers_of(hook: str) -> Iterator[Mapped]:
    """The operations that raise a hook.

    >>> [call for entry in raisers_of("path_chroot") for call in entry.calls]
    ['chroot']
    """
    return (entry for entry in MAPPING if any(raised.hook == hook for raised in entry.raises))


__all__ = ["MAPPING", "Mapped", "Raised", "raised_by", "raisers_of"]
