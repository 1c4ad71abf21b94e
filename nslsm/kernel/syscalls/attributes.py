"""A file's attributes, read and changed, after ``vfs_getattr``, ``notify_change``, ``vfs_setxattr``.

A change of mode, owner, size or times asks its hooks first and the file's owner last: ``setattr_prepare`` runs inside the file
system.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import READ, WRITE, capable, failed_for, owner_or_capable, permission, require, same
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.descriptors import Ended
from nslsm.kernel.event import FileStatus, Outcome, Steps
from nslsm.kernel.file_capabilities import ATTRIBUTE as CAPABILITIES_ATTRIBUTE
from nslsm.kernel.file_capabilities import read_capabilities
from nslsm.kernel.files import Inode
from nslsm.kernel.links import Rekeyed, keep
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, lookup
from nslsm.kernel.operations.attributes import (
    Access,
    ChangeMode,
    ChangeOwner,
    GetAttribute,
    ListAttributes,
    RemoveAttribute,
    SetAttribute,
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
    return _changed(context, found, lambda inode: replace(inode, mode=operation.mode))


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
    yield from _set_attributes(context, found.file, *changes, "ctime", owner=owner, group=group)
    yield from _may_give(context, found.file, owner, group)
    context.stops()
    return _changed(context, found, lambda inode: _given(inode, owner, group))


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


def _changed(context: Context, found: Found, change: Callable[[Inode], Inode]) -> Outcome:
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
    yield from _set_attributes(context, found.file, "size", "mtime", "ctime", size=operation.size)
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


def set_attribute(context: Context, operation: SetAttribute) -> Steps:
    """``vfs_setxattr``: ``xattr_permission``, ``inode_setxattr``, ``inode_post_setxattr``; ACLs since 6.2 have their own."""
    found = yield from there(context, operation.at)
    context.stops(Errno.EROFS, Errno.EINVAL, Errno.ERANGE, Errno.E2BIG)
    name, value = operation.name, operation.value
    if name == CAPABILITIES_ATTRIBUTE:
        yield from _may_give_capabilities(context, found.file, value)
    yield from _attribute_permission(context, found.file, name, WRITE)
    if _is_acl(context, name):
        yield context.request("inode_set_acl", found.file, name=name)
        yield context.request("inode_post_set_acl", found.file, name=name)
    else:
        yield context.request("inode_setxattr", found.file, name=name, value=value)
        context.stops()
        yield context.request("inode_post_setxattr", found.file, name=name, value=value)
    context.stops()
    return _changed(context, found, lambda inode: _with_attribute(inode, name, value))


def _may_give_capabilities(context: Context, file: File, value: str | Unknown) -> Asking[None]:
    """``cap_convert_nscap``: CAP_SETFCAP over the file, then for the whole file system if the value names no user namespace."""
    yield from require(
        context, Capability.CAP_SETFCAP, Errno.EPERM, f"{file.path} gets capabilities by CAP_SETFCAP only"
    )
    context.stops(Errno.EPERM)
    if isinstance(value, Unknown) or read_capabilities(value) is not None:
        yield from capable(context, Capability.CAP_SETFCAP)


def _with_attribute(inode: Inode, name: str | Unknown, value: str | Unknown) -> Inode:
    if isinstance(inode.xattrs, Unknown):
        return inode
    if isinstance(name, Unknown) or isinstance(value, Unknown):
        return replace(inode, xattrs=UNKNOWN)
    return replace(inode, xattrs=inode.xattrs.insert(name, value))


def _is_acl(context: Context, name: str | Unknown) -> bool:
    return context.since("6.12") and not isinstance(name, Unknown) and name.startswith("system.posix_acl_")


def _attribute_permission(context: Context, file: File, name: str | Unknown, wanted: frozenset[str]) -> Asking[None]:
    """``xattr_permission``: ``trusted.*`` is for CAP_SYS_ADMIN, ``user.*`` as the file's contents; others see to themselves."""
    if isinstance(name, Unknown):
        return
    if name.startswith("trusted."):
        held = yield from capable(context, Capability.CAP_SYS_ADMIN, over=0)
        if held is not True:
            errno = Errno.EPERM if "write" in wanted else Errno.ENODATA
            raise Refused(errno, f"{name} is for CAP_SYS_ADMIN", frozenset() if held is False else _EFFECTIVE)
    elif name.startswith("user."):
        yield from permission(context, file, wanted)


_LABELS: Final = "security."
"""What begins the names of attributes that security modules keep."""

_EFFECTIVE: Final = frozenset({"subject.effective"})


def get_attribute(context: Context, operation: GetAttribute) -> Steps:
    """``vfs_getxattr``: ``xattr_permission``, ``inode_getxattr``; ACLs have ``inode_get_acl`` since 6.2.

    A label is asked for of the module that keeps it (``inode_getsecurity``).
    """
    found = yield from there(context, operation.at)
    context.stops(Errno.ERANGE)
    yield from _attribute_permission(context, found.file, operation.name, READ)
    hook = "inode_get_acl" if _is_acl(context, operation.name) else "inode_getxattr"
    yield context.request(hook, found.file, name=operation.name)
    if not isinstance(operation.name, Unknown) and operation.name.startswith(_LABELS):
        yield context.request("inode_getsecurity", found.file, name=operation.name.removeprefix(_LABELS))
    xattrs = found.file.xattrs
    if not isinstance(xattrs, Unknown) and not isinstance(operation.name, Unknown):
        context.insist(operation.name in xattrs, Errno.ENODATA, f"{found.path} has no {operation.name}")
    return context.done()


def list_attributes(context: Context, operation: ListAttributes) -> Steps:
    """``vfs_listxattr``: ``inode_listxattr``. tmpfs lists ``trusted.*`` for CAP_SYS_ADMIN only (``simple_xattr_list``)."""
    found = yield from there(context, operation.at)
    yield context.request("inode_listxattr", found.file)
    if found.file.filesystem == "tmpfs":
        yield from capable(context, Capability.CAP_SYS_ADMIN, over=0)
    return context.done()


def remove_attribute(context: Context, operation: RemoveAttribute) -> Steps:
    """``vfs_removexattr``: ``xattr_permission``, ``inode_removexattr``, ``inode_post_removexattr``."""
    found = yield from there(context, operation.at)
    context.stops(Errno.EROFS, Errno.EINVAL)
    name = operation.name
    yield from _attribute_permission(context, found.file, name, WRITE)
    acl = _is_acl(context, name)
    yield context.request("inode_remove_acl" if acl else "inode_removexattr", found.file, name=name)
    xattrs = found.file.xattrs
    if not isinstance(xattrs, Unknown) and not isinstance(name, Unknown):
        context.insist(name in xattrs, Errno.ENODATA, f"{found.path} has no {name}")
    context.stops()
    yield context.request("inode_post_remove_acl" if acl else "inode_post_removexattr", found.file, name=name)
    return _changed(context, found, lambda inode: _without_attribute(inode, name))


def _without_attribute(inode: Inode, name: str | Unknown) -> Inode:
    if isinstance(inode.xattrs, Unknown) or isinstance(name, Unknown):
        return replace(inode, xattrs=UNKNOWN)
    return replace(inode, xattrs=inode.xattrs.discard(name))


HANDLERS: Final = (
    handles(Status, get_status),
    handles(Access, access),
    handles(ChangeMode, change_mode),
    handles(ChangeOwner, change_owner),
    handles(Truncate, truncate),
    handles(SetTimes, set_times),
    handles(SetAttribute, set_attribute),
    handles(GetAttribute, get_attribute),
    handles(ListAttributes, list_attributes),
    handles(RemoveAttribute, remove_attribute),
)
