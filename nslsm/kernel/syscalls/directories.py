"""Where relative paths start, and what is watched: chdir(2), chroot(2), inotify_add_watch(2), statfs(2)."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import Unknown
from nslsm.kernel.checks import READ, SEARCH, permission, require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.event import Steps
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, lookup
from nslsm.kernel.operations.names import ChangeDirectory, ChangeRoot, FileSystemStatus, GetDirectory, Watch
from nslsm.kernel.operations.operation import At
from nslsm.kernel.places import change_directory, change_root
from nslsm.kernel.syscalls.handler import handles


def _directory(context: Context, at: At) -> Asking[Found]:
    """A directory that the caller may enter: ``inode_permission`` with ``exec`` and ``chdir``."""
    found = yield from lookup(context, at, directory=True)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.insist(found.file.type == "directory", Errno.ENOTDIR, f"{found.path} is no directory")
    context.stops(*LOOKUP_ERRORS)
    yield from permission(context, found.file, SEARCH, "chdir")
    return found


def change_current(context: Context, operation: ChangeDirectory) -> Steps:
    """``sys_chdir``, ``sys_fchdir``: ``inode_permission`` of the directory."""
    found = yield from _directory(context, operation.at)
    context.stops()
    state, rekeyed = change_directory(context.state, context.thread.place, found.path, name=found.name)
    return context.done(state)._replace(rekeyed=rekeyed)


def change_root_directory(context: Context, operation: ChangeRoot) -> Steps:
    """``sys_chroot``: ``inode_permission``, CAP_SYS_CHROOT, ``path_chroot``."""
    found = yield from _directory(context, operation.at)
    yield from require(context, Capability.CAP_SYS_CHROOT, Errno.EPERM, "chroot needs CAP_SYS_CHROOT")
    context.stops(Errno.EPERM)
    yield context.request("path_chroot", found.file)
    context.stops()
    state, rekeyed = change_root(context.state, context.thread.place, found.path)
    return context.done(state)._replace(rekeyed=rekeyed)


def get_directory(context: Context, operation: GetDirectory) -> Steps:
    """``sys_getcwd``: nothing is asked. A recorded answer settles a current directory that was unknown."""
    del operation
    yield from ()
    told = None if context.recorded is None else context.recorded.text
    known = context.state.files.path_of(context.place.directory)
    root = context.state.files.path_of(context.place.root)
    if isinstance(told, str) and told.startswith("/") and isinstance(known, Unknown) and root == "/":
        state, rekeyed = change_directory(context.state, context.thread.place, told)
        return context.done(state)._replace(rekeyed=rekeyed)
    return context.done()


def watch(context: Context, operation: Watch) -> Steps:
    """``inotify_find_inode``, ``fanotify_find_path``: ``inode_permission`` to read, ``path_notify``."""
    found = yield from lookup(context, operation.at)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS, Errno.EINVAL)
    yield from permission(context, found.file, READ)
    yield context.request("path_notify", found.file, mask=operation.mask, watched=operation.watched)
    return context.done()


def file_system_status(context: Context, operation: FileSystemStatus) -> Steps:
    """``vfs_statfs``: ``sb_statfs``."""
    found = yield from lookup(context, operation.at)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS, Errno.EACCES)
    yield context.request("sb_statfs", found.file)
    return context.done()


HANDLERS: Final = (
    handles(ChangeDirectory, change_current),
    handles(ChangeRoot, change_root_directory),
    handles(GetDirectory, get_directory),
    handles(Watch, watch),
    handles(FileSystemStatus, file_system_status),
)
