"""What each system call asks, in the order in which Linux asks it, and what it leaves: one file a family."""

from types import MappingProxyType
from typing import Final

from nslsm.kernel.syscalls import (
    attributes,
    bpf,
    cloning,
    control,
    descriptors,
    directories,
    execution,
    extended_attributes,
    handles,
    identity,
    ipc,
    keys,
    machine,
    measuring,
    meeting,
    memory,
    modules,
    mount_steps,
    mounting,
    names,
    namespaces,
    opening,
    processes,
    queues,
    renaming,
    rings,
    sharing,
    signals,
    sockets,
    spaces,
    unmounting,
)
from nslsm.kernel.syscalls.handler import Handler

FAMILIES: Final = (
    opening.HANDLERS,
    descriptors.HANDLERS,
    memory.HANDLERS,
    names.HANDLERS,
    renaming.HANDLERS,
    directories.HANDLERS,
    attributes.HANDLERS,
    extended_attributes.HANDLERS,
    execution.HANDLERS,
    processes.HANDLERS,
    cloning.HANDLERS,
    spaces.HANDLERS,
    mounting.HANDLERS,
    unmounting.HANDLERS,
    mount_steps.HANDLERS,
    control.HANDLERS,
    identity.HANDLERS,
    sockets.HANDLERS,
    meeting.HANDLERS,
    signals.HANDLERS,
    namespaces.HANDLERS,
    ipc.HANDLERS,
    sharing.HANDLERS,
    queues.HANDLERS,
    keys.HANDLERS,
    bpf.HANDLERS,
    measuring.HANDLERS,
    rings.HANDLERS,
    machine.HANDLERS,
    handles.HANDLERS,
    modules.HANDLERS,
)
"""The handlers of each family of system calls, files first."""

HANDLERS: Final = MappingProxyType({operation: handler for family in FAMILIES for operation, handler in family})
"""Operations to what handles them."""

__all__ = ["FAMILIES", "HANDLERS", "Handler"]
