"""A file's attributes, read and changed, after ``vfs_getattr``, ``notify_change``.

A change of mode, owner, size or times asks its hooks first and the file's owner last: ``setattr_prepare`` runs inside the file
system.
"""

from collections.abc import Callable
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import WRITE, capable, failed_for, owner_or_capable, permission, same
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import Ended
from nslsm.kernel.event import FileStatus, Outcome, Steps
from nslsm.kernel.inodes import Inode
from nslsm.kernel.links import Rekeyed, keep
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, lookup
from nslsm.kernel.operations.attributes import (
    Access,
    ChangeMode,
    ChangeOwner,
    SetTimes,
    Status,
    Truncate,
)
from nslsm.kernel.operations.operation import At
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State, with_files
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.opening import with_contents_changed
from nslsm.kernel.world import World
from nslsm.protocol.things import NO_CAPABILITIES, File, Task

_SETUID: Final = 0o4000
_SETGID: Final = 0o2000


def there(context: Context, at: At) -> Asking[Found]:
    """A file that is there: ENOENT otherwise."""
    found = yield from lookup(context, at)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS)
    return found


def get_status(context: Context, operation: Status) -> Steps:
    """``vfs_getattr``: ``inode_getattr``. A recorded answer is remembered while the file is held, else for a while."""
    found = yield from there(context, operation.at)
    context.stops(Errno.EACCES)
    yield context.request("inode_getattr", found.file)
    told = None if context.recorded is None else context.recorded.status
    return context.done(context.state if told is None else _learnt(context.state, found, told))


def _learnt(state: State, found: Found, told: FileStatus) -> State:
    number = found.name
    if number is None and not isinstance(found.path, Unknown):
        number = state.files.name_at(found.path)
    if number is not None:
        inode = state.files.inodes[state.files.names[number].inode]
        return replace(state, files=state.files.with_inode(_with_status(inode, told)))
    if isinstance(found.path, Unknown):
        return state
    inode = _with_status(state.files.undeclared(state.files.location(found.path)), told)
    return replace(state, files=state.files.told(found.path, inode))


def _with_status(inode: Inode, told: FileStatus) -> Inode:
    known = {name: value for name, value in told._asdict().items() if not isinstance(value, Unknown)}
    return replace(inode, **known)


def access(context: Context, operation: Access) -> Steps:
    """``do_faccessat``: ``inode_permission`` with ``access``, for the real ids unless the effective ones are asked for."""
    own = _overrides(context)
    if operation.effective or own is context.task:
        return (yield from _access(context, operation, context.task))
    yield from context.routine("cred_prepare")
    try:
        outcome = yield from _access(context, operation, own)
    except Refused:
        yield from context.routine("cred_free")
        raise
    yield from context.routine("cred_free")
    return outcome


def _overrides(context: Context) -> Task:
    """Who asks: the task as its real user; itself where that is the same (``access_need_override_creds``, since 6.4)."""
    own = _as_real_user(context.task)
    unchanged = own.credentials == context.task.credentials
    return context.task if unchanged and context.since("6.12") else own


def _access(context: Context, operation: Access, subject: Task) -> Steps:
    found = yield from there(context, operation.at)
    mask = frozenset[str]() if isinstance(operation.mask, Unknown) else operation.mask
    if isinstance(operation.mask, Unknown) or mask:
        yield from permission(context, found.file, mask, "access", subject=subject)
    return context.done()


def _as_real_user(task: Task) -> Task:
    """The task as ``access_override_creds`` has it: its real ids, and root's capabilities where it really is root."""
    credentials = task.credentials
    effective = credentials.effective
    if credentials.securebits == frozenset() or (
        not isinstance(credentials.securebits, Unknown) and "no_setuid_fixup" not in credentials.securebits
    ):
        effective = credentials.permitted if credentials.uid == 0 else NO_CAPABILITIES
        if isinstance(credentials.uid, Unknown):
            effective = UNKNOWN
    changed = replace(credentials, fsuid=credentials.uid, fsgid=credentials.gid, effective=effective)
    return replace(task, credentials=changed)


def change_mode(context: Context, operation: ChangeMode) -> Steps:
    """``chmod_common``: ``path_chmod``, ``inode_setattr``; then the file's owner, or CAP_FOWNER."""
    found = yield from there(context, operation.at)
    context.stops(Errno.EROFS, Errno.EACCES)
    yield context.request("path_chmod", found.file, mode=operation.mode)
    yield from _set_attributes(context, found.file, "mode", "ctime", mode=operation.mode)
    yield from owner_or_capable(context, found.file)
    context.stops()
    return changed(context, found, lambda inode: replace(inode, mode=operation.mode))


def _set_attributes(
    context: Context,
    file: File,
    *changes: str,
    mode: int | Unknown = -1,
    owner: int | Unknown = -1,
    group: int | Unknown = -1,
    size: int | Unknown = -1,
) -> Asking[None]:
    changed = frozenset(changes)
    yield context.request("inode_setattr", file, changes=changed, mode=mode, owner=owner, group=group, size=size)
    yield context.request("inode_post_setattr", file, changes=changed)


def change_owner(context: Context, operation: ChangeOwner) -> Steps:
    """``chown_common``: ``path_chown``, ``inode_setattr``; then CAP_CHOWN, or the owner for a group of its own."""
    found = yield from there(context, operation.at)
    context.stops(Errno.EROFS, Errno.EACCES)
    owner, group = operation.owner, operation.group
    yield context.request("path_chown", found.file, owner=owner, group=group)
    if found.file.type != "directory":
        yield context.request("inode_need_killpriv", found.file)
    changes = [name for name, value in (("owner", owner), ("group", group)) if value != -1]
    mode: int | Unknown = -1
    if found.file.type != "directory":
        mode = _without_setuid(found.file.mode)
        changes += ["kill_suid"] if mode == -1 else ["kill_suid", "mode"]
    yield from _set_attributes(context, found.file, *changes, "ctime", mode=mode, owner=owner, group=group)
    yield from _may_give(context, found.file, owner, group)
    context.stops()
    return changed(context, found, lambda inode: _given(inode, owner, group))


def _without_setuid(mode: int | Unknown) -> int | Unknown:
    """The mode that a program with the set-uid bit has without it (``notify_change``); -1 where that changes nothing."""
    if isinstance(mode, Unknown) or not mode & _SETUID:
        return -1
    return mode & ~_SETUID


def _may_give(context: Context, file: File, owner: int | Unknown, group: int | Unknown) -> Asking[None]:
    """``chown_ok``, ``chgrp_ok``; EPERM. In a replay the capability is asked for where it is known to have been needed."""
    if owner == -1 and group == -1:
        return
    yield from failed_for(context, Capability.CAP_CHOWN)
    credentials = context.task.credentials
    owns = same(credentials.fsuid, file.owner)
    keeps = True if owner == -1 else same(owner, file.owner)
    member: bool | Unknown = True if group == -1 else same(group, file.group)
    if member is not True and not isinstance(group, Unknown):
        groups = credentials.groups
        known = frozenset[int]() if isinstance(groups, Unknown) else groups
        member = (
            True if group == credentials.fsgid or group in known else UNKNOWN if isinstance(groups, Unknown) else member
        )
    conditions = {owns, keeps, member}
    if conditions == {True} or (False not in conditions and context.recorded is not None):
        return
    held = yield from capable(context, Capability.CAP_CHOWN)
    if held is not True:
        unknown = False not in conditions or isinstance(held, Unknown)
        raise Refused(
            Errno.EPERM, "only CAP_CHOWN gives files away", frozenset({"object.owner"}) if unknown else frozenset()
        )


def _given(inode: Inode, owner: int | Unknown, group: int | Unknown) -> Inode:
    """The inode with another owner: a program loses its set-id bits (``ATTR_KILL_SUID``), a file its capabilities."""
    mode = inode.mode
    if inode.type != "directory" and not isinstance(mode, Unknown):
        mode &= ~_SETUID
        mode &= ~_SETGID if mode & 0o010 else ~0
    xattrs = inode.xattrs
    if not isinstance(xattrs, Unknown):
        xattrs = xattrs.discard("security.capability")
    return replace(
        inode,
        owner=inode.owner if owner == -1 else owner,
        group=inode.group if group == -1 else group,
        mode=mode,
        xattrs=xattrs,
    )


def changed(context: Context, found: Found, change: Callable[[Inode], Inode]) -> Outcome:
    """The call's outcome, the file's facts changed: remembered from now on, except in a replay, where it is only while held."""
    state, rekeyed = changed_inode(context.state, found, change)
    return context.done(state)._replace(rekeyed=rekeyed)


def changed_inode(state: State, found: Found, change: Callable[[Inode], Inode]) -> Ended:
    """The state with the facts of the file that was found changed."""
    number = found.name
    rekeyed: Rekeyed = {}
    gone = number is not None and state.files.is_gone(number)
    if state.files.world is World.OPEN and not gone and not isinstance(found.path, Unknown):
        kept = keep(state.files, found.path, directory=found.file.type == "directory")
        state, rekeyed = with_files(state, kept), kept.rekeyed
    if number is None and not isinstance(found.path, Unknown):
        number = state.files.name_at(found.path)
    if number is None:
        return Ended(_told(state, found, change), rekeyed)
    inode = state.files.inodes[state.files.names[number].inode]
    return Ended(replace(state, files=state.files.with_inode(change(inode))), rekeyed)


def _told(state: State, found: Found, change: Callable[[Inode], Inode]) -> State:
    """In a replay, a file that nobody holds: what was told of it lately has changed."""
    told = UNKNOWN if isinstance(found.path, Unknown) else state.files.told_of(found.path)
    if not isinstance(told, Inode) or isinstance(found.path, Unknown):
        return state
    return replace(state, files=state.files.told(found.path, change(told)))


def truncate(context: Context, operation: Truncate) -> Steps:
    """``vfs_truncate``: ``inode_permission`` to write, ``path_truncate``, ``inode_setattr``.

    ``do_sys_ftruncate`` asks no permission again, and since 6.2 ``file_truncate`` in the place of ``path_truncate``.
    """
    found = yield from there(context, operation.at)
    by_descriptor = operation.at.path is None
    context.insist(found.file.type != "directory", Errno.EISDIR, f"{found.path} is a directory")
    context.stops(Errno.EINVAL, Errno.EISDIR)
    if by_descriptor and not isinstance(found.flags, Unknown):
        context.insist("write" in found.flags, Errno.EINVAL, "the descriptor was not opened to write")
    if not by_descriptor:
        yield from permission(context, found.file, WRITE)
        context.stops(Errno.EROFS, Errno.EPERM, Errno.ETXTBSY)
    hook = "file_truncate" if by_descriptor and context.since("6.12") else "path_truncate"
    yield context.request(hook, found.file)
    times = ("mtime", "ctime") if by_descriptor else ()
    yield from _set_attributes(context, found.file, "size", *times, size=operation.size)
    return context.done(with_contents_changed(context.state, found.path))


def set_times(context: Context, operation: SetTimes) -> Steps:
    """``vfs_utimes``: to now by who owns the file or may write to it; ``inode_setattr``; to other times by its owner."""
    found = yield from there(context, operation.at)
    context.stops(Errno.EROFS)
    if operation.now:
        yield from _may_touch(context, found.file)
        yield from _set_attributes(context, found.file, "atime", "mtime", "ctime", "touch")
    else:
        yield from _set_attributes(
            context, found.file, "atime", "mtime", "ctime", "atime_set", "mtime_set", "times_set"
        )
        yield from owner_or_capable(context, found.file)
    return context.done()


def _may_touch(context: Context, file: File) -> Asking[None]:
    owns = same(context.task.credentials.fsuid, file.owner)
    if owns is True or (isinstance(owns, Unknown) and context.recorded is not None):
        return
    if (yield from capable(context, Capability.CAP_FOWNER)) is not True:
        yield from permission(context, file, WRITE)


HANDLERS: Final = (
    handles(Status, get_status),
    handles(Access, access),
    handles(ChangeMode, change_mode),
    handles(ChangeOwner, change_owner),
    handles(Truncate, truncate),
    handles(SetTimes, set_times),
)
