"""Code that becomes part of the kernel, or takes its place, after kernel/module, kernel/kexec.c and fs/kernel_read_file.c."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.event import Steps
from nslsm.kernel.lookup import opened
from nslsm.kernel.operations.machine import LoadKernel, LoadModule, UnloadModule
from nslsm.kernel.operations.operation import Descriptor
from nslsm.kernel.syscalls.handler import handles

_UNSIGNED: Final = (Errno.EKEYREJECTED, Errno.ENOKEY, Errno.ENOPKG, Errno.EBADMSG)


def read_by_kernel(context: Context, descriptor: Descriptor, purpose: str) -> Asking[None]:
    """``kernel_read_file``, ``file_permission`` as it is read, ``kernel_post_read_file`` with all of it."""
    source = opened(context, descriptor)
    readable = UNKNOWN if isinstance(source.flags, Unknown) else "read" in source.flags
    context.insist(readable, Errno.EBADF, f"descriptor {descriptor.number} was not opened to read")
    context.insist(source.file.type == "regular", Errno.EINVAL, "it is no regular file")
    context.stops(Errno.EBADF, Errno.EINVAL, Errno.ETXTBSY, Errno.EFBIG)
    yield context.request("kernel_read_file", source.file, purpose=purpose, contents=True)
    yield context.request("file_permission", source.file, mask=frozenset({"read"}))
    yield context.request("kernel_post_read_file", source.file, purpose=purpose)
    yield from context.routine("current_getsecid_subj")


def load_module(context: Context, operation: LoadModule) -> Steps:
    """``may_init_module``: CAP_SYS_MODULE; the module is read; then its signature, without which ``locked_down`` is asked.

    Modules are taken not to be signed in a simulation. In a replay of one that was loaded, nobody knows, and nothing is asked.
    """
    yield from require(context, Capability.CAP_SYS_MODULE, Errno.EPERM, "only CAP_SYS_MODULE loads modules", over=0)
    size = operation.size
    if operation.descriptor is not None:
        context.stops(Errno.EPERM)
        yield from read_by_kernel(context, operation.descriptor, "module")
    else:
        context.stops(Errno.ENOEXEC, Errno.EPERM, Errno.EFAULT, Errno.ENOMEM)
        yield context.request("kernel_load_data", purpose="module", contents=True)
        yield context.request("kernel_post_load_data", purpose="module", size=size)
    context.stops(*_UNSIGNED)
    if context.recorded is None:
        yield context.request("locked_down", reason="module_signature")
    return context.done()


def unload_module(context: Context, operation: UnloadModule) -> Steps:
    """``sys_delete_module``: CAP_SYS_MODULE."""
    del operation
    yield from require(context, Capability.CAP_SYS_MODULE, Errno.EPERM, "only CAP_SYS_MODULE unloads modules", over=0)
    return context.done()


def load_kernel(context: Context, operation: LoadKernel) -> Steps:
    """``kexec_load_check``, ``sys_kexec_file_load``: CAP_SYS_BOOT; the kernel, and what it starts from, are read.

    It is taken not to be signed. kexec_load(2) brings it in memory: ``kernel_load_data``, and ``locked_down``.
    """
    yield from require(context, Capability.CAP_SYS_BOOT, Errno.EPERM, "only CAP_SYS_BOOT loads kernels", over=0)
    context.stops(Errno.EPERM)
    if operation.kernel is None:
        yield context.request("kernel_load_data", purpose="kexec_image", contents=False)
        yield context.request("locked_down", reason="kexec")
        return context.done()
    yield from read_by_kernel(context, operation.kernel, "kexec_image")
    context.stops(*_UNSIGNED)
    if context.recorded is None:
        yield context.request("locked_down", reason="kexec")
    if operation.initrd is not None:
        yield from read_by_kernel(context, operation.initrd, "kexec_initramfs")
    return context.done()


HANDLERS: Final = (
    handles(LoadModule, load_module),
    handles(UnloadModule, unload_module),
    handles(LoadKernel, load_kernel),
)
