"""Extended attributes, read and changed, after ``vfs_setxattr``, ``vfs_getxattr``, ``vfs_removexattr`` (fs/xattr.c)."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import READ, WRITE, capable, permission, require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.event import Steps
from nslsm.kernel.file_capabilities import ATTRIBUTE as CAPABILITIES_ATTRIBUTE
from nslsm.kernel.file_capabilities import read_capabilities
from nslsm.kernel.inodes import Inode
from nslsm.kernel.operations.attributes import GetAttribute, ListAttributes, RemoveAttribute, SetAttribute
from nslsm.kernel.refusal import Refused
from nslsm.kernel.syscalls.attributes import changed, there
from nslsm.kernel.syscalls.handler import handles
from nslsm.protocol.things import File


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
    return changed(context, found, lambda inode: _with_attribute(inode, name, value))


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
        yield from capable(context, Capability.CAP_SYS_ADMIN, over=0, noaudit=True)
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
    return changed(context, found, lambda inode: _without_attribute(inode, name))


def _without_attribute(inode: Inode, name: str | Unknown) -> Inode:
    if isinstance(inode.xattrs, Unknown) or isinstance(name, Unknown):
        return replace(inode, xattrs=UNKNOWN)
    return replace(inode, xattrs=inode.xattrs.discard(name))


HANDLERS: Final = (
    handles(SetAttribute, set_attribute),
    handles(GetAttribute, get_attribute),
    handles(ListAttributes, list_attributes),
    handles(RemoveAttribute, remove_attribute),
)
