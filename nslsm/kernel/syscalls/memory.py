"""Memory mapped and protected, after ``vm_mmap_pgoff`` and ``do_mprotect_pkey``."""

from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.context import Context
from nslsm.kernel.event import Steps
from nslsm.kernel.lookup import opened
from nslsm.kernel.operations.files import Map, Protect, Unmap
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.opening import with_contents_changed
from nslsm.kernel.tree import memory_identity
from nslsm.protocol.things import File


def map_memory(context: Context, operation: Map) -> Steps:
    """``mmap_file``, for a file or for none; then ``mmap_addr``, where a recording tells the address."""
    context.stops(Errno.EBADF)
    file = File("", memory_identity(context.task.tgid), type="anonymous")
    if operation.descriptor is not None:
        file = opened(context, operation.descriptor).file
    protection = operation.protection
    yield context.request("mmap_file", file, reqprot=protection, prot=protection, flags=operation.flags)
    if context.recorded is not None and context.recorded.result is not None and not context.recorded.failed:
        yield context.request("mmap_addr", start=context.recorded.result)
    state = context.state
    if _writes_back(operation):
        context.stops()
        state = with_contents_changed(state, file.path)
    return context.done(state)


def _writes_back(operation: Map) -> bool:
    """Whether what is written to the memory may reach the file."""
    if operation.descriptor is None:
        return False
    writes = isinstance(operation.protection, Unknown) or "write" in operation.protection
    return writes and (isinstance(operation.flags, Unknown) or "shared" in operation.flags)


def protect(context: Context, operation: Protect) -> Steps:
    """``file_mprotect``. What is mapped at an address is not kept, so that the object is unknown."""
    context.stops(Errno.EINVAL, Errno.ENOMEM)
    protection = operation.protection
    yield context.request("file_mprotect", UNKNOWN, reqprot=protection, prot=protection)
    return context.done()


def unmap(context: Context, operation: Unmap) -> Steps:
    """``__vm_munmap``: nothing is asked."""
    del operation
    yield from ()
    return context.done()


HANDLERS: Final = (handles(Map, map_memory), handles(Protect, protect), handles(Unmap, unmap))
