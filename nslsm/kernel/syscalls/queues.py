"""POSIX message queues, after ipc/mqueue.c: files in a file system of their own, which is searched, opened and unlinked in."""

from typing import Final

from nslsm.hooks.kinds import OPENING
from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import CHANGE_ENTRIES, SEARCH, capable, permission, unsticky
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.creation import file_to_be, inode_to_be, with_made
from nslsm.kernel.descriptors import describe_path, install, lowest_free
from nslsm.kernel.event import Steps
from nslsm.kernel.inodes import Inode
from nslsm.kernel.links import Rekeyed, unlink
from nslsm.kernel.lookup import opened
from nslsm.kernel.operations.ipc import (
    OpenMessageQueue,
    ReceiveFromMessageQueue,
    SendToMessageQueue,
    UnlinkMessageQueue,
)
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import with_files
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.world import World
from nslsm.protocol.things import File, Identity

QUEUES: Final = "/dev/mqueue"
"""Where message queues are found as files, mq_overview(7)."""

_DIRECTORY: Final = File(QUEUES, Identity("file", QUEUES), "directory", 0, 0, 0o1777, filesystem="mqueue")
_NOT_BEGUN: Final = (Errno.EINVAL, Errno.EMFILE, Errno.ENFILE, Errno.ENAMETOOLONG, Errno.EFAULT, Errno.ENOMEM)
_NO_FLAGS: Final[frozenset[str]] = frozenset()


def _searched(context: Context, name: str | Unknown) -> Asking[str | Unknown]:
    """``lookup_one_len``: the directory is searched for the name, which has no slash in it (EACCES)."""
    if not isinstance(name, Unknown):
        sound = bool(name) and "/" not in name and name not in (".", "..")
        context.insist(sound, Errno.EACCES, "a queue's name has one slash, in front")
        if not sound:
            context.stops(Errno.EACCES, Errno.ENOENT)
    if context.searches:
        yield context.request("inode_permission", _DIRECTORY, mask=SEARCH)
    return UNKNOWN if isinstance(name, Unknown) else f"{QUEUES}/{name}"


def open_queue(context: Context, operation: OpenMessageQueue) -> Steps:
    """``do_mq_open``: the queue is made (``inode_create``), or its permissions asked for; then ``file_open``."""
    context.stops(*_NOT_BEGUN)
    flags = operation.flags
    known = _NO_FLAGS if isinstance(flags, Unknown) else flags & frozenset(OPENING)
    path = yield from _searched(context, operation.name)
    context.stops(Errno.ENOENT, Errno.EEXIST)
    inode: Inode | None = None
    if _creates(context, path, known):
        inode = inode_to_be(context, path, "regular", operation.mode)
        file = file_to_be(path, inode)._replace(filesystem="mqueue")
        yield from permission(context, _DIRECTORY, CHANGE_ENTRIES)
        yield context.request("inode_create", file, mode=operation.mode)
        yield from context.routine("inode_alloc_security", file)
        yield from capable(context, Capability.CAP_SYS_RESOURCE, over=0)
        yield from context.routine("d_instantiate", file)
    else:
        exists = UNKNOWN if isinstance(path, Unknown) else context.state.files.exists(path)
        context.insist(exists, Errno.ENOENT, f"there is no queue {operation.name}")
        context.insist(not known >= {"create", "exclusive"}, Errno.EEXIST, f"there is a queue {operation.name}")
        file = context.state.files.file_at(path)._replace(filesystem="mqueue")
        yield from permission(context, file, known & {"read", "write"})
    yield from context.routine("file_alloc_security")
    told = known if inode is None else known | {"created"}
    yield context.request("file_open", file, flags=flags if isinstance(flags, Unknown) else told)
    context.stops()
    state, rekeyed = context.state, Rekeyed()
    if inode is not None:
        state, rekeyed = with_made(state, path, inode)
    state, description = describe_path(state, path, flags if isinstance(flags, Unknown) else known)
    number = lowest_free(context.table)
    if context.recorded is not None and context.recorded.result is not None:
        number = context.recorded.result
    state, ended = install(state, context.thread.table, number, description, close_on_exec=True)
    return context.done(state, number)._replace(rekeyed={**rekeyed, **ended})


def _creates(context: Context, path: str | Unknown, flags: frozenset[str]) -> bool:
    """Whether the queue is made, as for a file: see :mod:`nslsm.kernel.syscalls.opening`."""
    if "create" not in flags or isinstance(path, Unknown):
        return False
    remembered = context.state.files.inode_at(path) is not None
    if context.simulated:
        if "exclusive" in flags and context.state.files.world is World.OPEN:
            return not remembered
        return context.state.files.exists(path) is False
    return "exclusive" in flags or not remembered


def unlink_queue(context: Context, operation: UnlinkMessageQueue) -> Steps:
    """``sys_mq_unlink``: as unlink(2) is in a sticky directory, by names alone: ``inode_unlink``, no ``path_unlink``."""
    context.stops(Errno.EINVAL, Errno.ENAMETOOLONG, Errno.EFAULT)
    path = yield from _searched(context, operation.name)
    exists = UNKNOWN if isinstance(path, Unknown) else context.state.files.exists(path)
    context.insist(exists, Errno.ENOENT, f"there is no queue {operation.name}")
    context.stops(Errno.ENOENT)
    file = context.state.files.file_at(path)._replace(filesystem="mqueue")
    yield from permission(context, _DIRECTORY, CHANGE_ENTRIES)
    yield from unsticky(context, _DIRECTORY, file)
    yield context.request("inode_unlink", file)
    context.stops()
    if isinstance(path, Unknown):
        return context.done()
    inode = context.state.files.inode_at(path)
    if inode is None or not inode.holders:
        yield from context.routine("inode_free_security", file)
    changed = unlink(context.state.files, path)
    return context.done(with_files(context.state, changed))._replace(rekeyed=changed.rekeyed)


def send(context: Context, operation: SendToMessageQueue) -> Steps:
    """``do_mq_timedsend``: a message is made; nothing is asked about the queue, which is open."""
    context.stops(Errno.EBADF, Errno.EINVAL, Errno.EMSGSIZE, Errno.EFAULT)
    opened(context, operation.descriptor)
    yield from context.routine("msg_msg_alloc_security")
    try:
        return context.done()
    except Refused:
        yield from context.routine("msg_msg_free_security")
        raise


def receive(context: Context, operation: ReceiveFromMessageQueue) -> Steps:
    """``do_mq_timedreceive``: nothing is asked about the queue, which is open; the message goes."""
    opened(context, operation.descriptor)
    context.stops()
    yield from context.routine("msg_msg_free_security")
    return context.done()


HANDLERS: Final = (
    handles(OpenMessageQueue, open_queue),
    handles(UnlinkMessageQueue, unlink_queue),
    handles(SendToMessageQueue, send),
    handles(ReceiveFromMessageQueue, receive),
)
