"""Files by handles, marks on files, secret memory, other processes' memory, after fs/fhandle.c, fs/notify/fanotify, mm."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.address_space import pages
from nslsm.kernel.anonymous import anonymous_file, file_of_its_own, installed
from nslsm.kernel.checks import READ, WRITE, capable, owner_or_capable, permission, require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.descriptors import describe_path, install, lowest_free
from nslsm.kernel.event import Steps
from nslsm.kernel.lookup import LOOKUP_ERRORS, lookup, opened, opened_by
from nslsm.kernel.operations.machine import (
    AdviseProcess,
    CacheStatus,
    GetHandle,
    MakeNotifier,
    MakeSecretMemory,
    Mark,
    OpenByHandle,
    RemapPages,
)
from nslsm.kernel.process import Special
from nslsm.kernel.refusal import Refused
from nslsm.kernel.routine import new_file
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.inspection import inspect
from nslsm.kernel.syscalls.opening import checked
from nslsm.kernel.tree import leader
from nslsm.protocol.things import File

_NO_FLAGS: Final[frozenset[str]] = frozenset()


def get_handle(context: Context, operation: GetHandle) -> Steps:
    """``sys_name_to_handle_at``: the path is looked up, and nothing asked about the file."""
    found = yield from lookup(context, operation.at)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    return context.done()


def open_by_handle(context: Context, operation: OpenByHandle) -> Steps:
    """``do_handle_open``: CAP_DAC_READ_SEARCH over the machine, for no directory on the way is searched; then as open(2)."""
    context.stops(Errno.EINVAL, Errno.EFAULT, Errno.EBADF)
    reason = "only CAP_DAC_READ_SEARCH opens files by handles"
    yield from require(context, Capability.CAP_DAC_READ_SEARCH, Errno.EPERM, reason, over=0)
    context.stops(Errno.EPERM, Errno.ESTALE, Errno.ENOMEM)
    return (yield from new_file(context, _open(context, operation)))


def _open(context: Context, operation: OpenByHandle) -> Steps:
    recorded = context.recorded
    path = operation.path
    if recorded is not None and recorded.descriptor is not None and recorded.descriptor.annotation is not None:
        path = recorded.descriptor.annotation
    exists = UNKNOWN if isinstance(path, Unknown) else context.state.files.exists(path)
    context.insist(exists, Errno.ESTALE, "the handle stands for no file that is there")
    file = context.state.files.file_at(path)
    known = _NO_FLAGS if isinstance(operation.flags, Unknown) else operation.flags
    wanted = known & {"read", "write"}
    yield from permission(context, file, wanted, "open")
    flags = operation.flags if isinstance(operation.flags, Unknown) else operation.flags - {"close_on_exec", "nonblock"}
    yield context.request("file_open", file, flags=flags)
    yield from checked(context)
    yield context.request("file_post_open", file, mask=wanted | {"open"})
    context.stops()
    state, description = describe_path(context.state, path, flags)
    number = lowest_free(context.table)
    if recorded is not None and recorded.result is not None:
        number = recorded.result
    closes = "close_on_exec" in known
    state, rekeyed = install(state, context.thread.table, number, description, close_on_exec=closes)
    return context.done(state, number)._replace(rekeyed=rekeyed)


def make_notifier(context: Context, operation: MakeNotifier) -> Steps:
    """``sys_fanotify_init``: CAP_SYS_ADMIN, without which it is told less; again for each limit; CAP_AUDIT_WRITE."""
    context.stops(Errno.EINVAL, Errno.EMFILE)
    yield from capable(context, Capability.CAP_SYS_ADMIN, over=0)
    for _ in range(operation.unlimited):
        yield from require(
            context, Capability.CAP_SYS_ADMIN, Errno.EPERM, "limits are lifted for CAP_SYS_ADMIN", over=0
        )
    if operation.audits:
        reason = "answers are recorded for CAP_AUDIT_WRITE"
        yield from require(context, Capability.CAP_AUDIT_WRITE, Errno.EPERM, reason, over=0)
    context.stops(Errno.EPERM)
    yield from anonymous_file(context)
    return installed(context, Special("fanotify"), close_on_exec=operation.close_on_exec)


def mark(context: Context, operation: Mark) -> Steps:
    """``do_fanotify_mark``: CAP_SYS_ADMIN for whole mounts; then the file is had to read, and ``path_notify``."""
    context.stops(Errno.EINVAL, Errno.EBADF)
    opened(context, operation.notifier)
    admin = yield from capable(context, Capability.CAP_SYS_ADMIN, over=0)
    if operation.watched != "inode":
        context.stops(Errno.EPERM)
        if admin is not True:
            raise Refused(Errno.EPERM, "whole mounts are watched with CAP_SYS_ADMIN only")
    if operation.at is None:
        return context.done()
    found = yield from lookup(context, operation.at)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS)
    yield from permission(context, found.file, READ)
    yield context.request("path_notify", found.file, mask=operation.mask, watched=operation.watched)
    return context.done()


def make_secret_memory(context: Context, operation: MakeSecretMemory) -> Steps:
    """``secretmem_file_create``: a file of its own, about which ``inode_init_security_anon`` is asked."""
    context.stops(Errno.EINVAL, Errno.ENOSYS, Errno.EMFILE)
    yield from file_of_its_own(context, "[secretmem]")
    return installed(context, Special("memfd_secret"), close_on_exec=operation.close_on_exec)


def advise_process(context: Context, operation: AdviseProcess) -> Steps:
    """``sys_process_madvise``: a look into the process, then CAP_SYS_NICE; since 6.13 not for one's own."""
    context.stops(Errno.EBADF, Errno.ESRCH, Errno.EINVAL, Errno.EFAULT)
    special = opened(context, operation.process).special
    number = None if special is None else special.process
    context.insist(number is not None, Errno.EBADF, "the descriptor is no process's")
    task = None if number is None else leader(context.state, number)
    context.insist(task is not None, Errno.ESRCH, "the process has ended")
    yield from inspect(context, task, number or 0, frozenset({"read", "fscreds"}), Errno.EACCES)
    own = task is not None and task.tgid == context.task.tgid
    if not (own and context.since("7.2")):
        reason = "only CAP_SYS_NICE advises on another's memory"
        yield from require(context, Capability.CAP_SYS_NICE, Errno.EPERM, reason, over=0)
    return context.done()


def remap_pages(context: Context, operation: RemapPages) -> Steps:
    """``sys_remap_file_pages``: as if it were mapped anew: ``mmap_file``, ``mmap_addr``."""
    context.stops(Errno.EINVAL)
    start = operation.start
    file: File | Unknown = UNKNOWN
    if isinstance(start, int):
        areas = context.state.memories[context.thread.memory].within(start, start + 1)
        context.insist(bool(areas) and areas[0].description is not None, Errno.EINVAL, "no file is mapped there")
        number = areas[0].description if areas else None
        if number is not None:
            file = opened_by(context.state, number, context.state.descriptions[number]).file
    yield context.request("mmap_file", file, flags=frozenset({"shared", "fixed"}))
    if isinstance(start, int):
        yield context.request("mmap_addr", start=start // pages(1) * pages(1))
    return context.done()


def cache_status(context: Context, operation: CacheStatus) -> Steps:
    """``can_do_cachestat``, since 6.14: open to write, or one's own, or one that one may write to; EPERM."""
    found = opened(context, operation.descriptor)
    context.stops(Errno.EBADF, Errno.EFAULT, Errno.EINVAL, Errno.EOPNOTSUPP, Errno.ENOSYS)
    writes = not isinstance(found.flags, Unknown) and "write" in found.flags
    if context.since("7.2") and not writes and not _is_unknown(context, found.flags):
        yield from _may_look(context, found.file)
    return context.done()


def _is_unknown(context: Context, flags: frozenset[str] | Unknown) -> bool:
    return isinstance(flags, Unknown) and context.recorded is not None and not context.recorded.failed


def _may_look(context: Context, file: File) -> Asking[None]:
    try:
        yield from owner_or_capable(context, file)
    except Refused as refused:
        if context.recorded is not None:
            raise
        try:
            yield from permission(context, file, WRITE)
        except Refused:
            raise refused from None


HANDLERS: Final = (
    handles(GetHandle, get_handle),
    handles(OpenByHandle, open_by_handle),
    handles(MakeNotifier, make_notifier),
    handles(Mark, mark),
    handles(MakeSecretMemory, make_secret_memory),
    handles(AdviseProcess, advise_process),
    handles(RemapPages, remap_pages),
    handles(CacheStatus, cache_status),
)
