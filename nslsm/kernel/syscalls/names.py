"""Names made and removed, after ``fs/namei.c``: the path hook first, then the directory's permissions, then the inode hook."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import Unknown
from nslsm.kernel.checks import CHANGE_ENTRIES, permission, require, unsticky
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.creation import file_to_be, inode_to_be, with_made
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.files import DEVICES
from nslsm.kernel.inodes import Inode
from nslsm.kernel.links import unlink
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, lookup, parent
from nslsm.kernel.operations.names import MakeDirectory, MakeNode, MakeSymbolicLink, ReadLink, Unlink
from nslsm.kernel.operations.operation import At
from nslsm.kernel.routine import new_inode
from nslsm.kernel.state import with_files
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.inspection import follow_into, is_link_of_process
from nslsm.kernel.world import World
from nslsm.protocol.things import File


def to_be_made(context: Context, at: At, *, directory: bool = False) -> Asking[Found]:
    """A name that is about to be made (``filename_create``): ENOENT where its directory is missing, EEXIST where it is there.

    In the open world, where all files exist, one that a call is to make does not, unless it was declared or made.
    """
    found = yield from lookup(context, at._replace(follow=False), directory=directory)
    taken = found.exists
    if context.state.files.world is World.OPEN and not isinstance(found.path, Unknown):
        taken = context.state.files.name_at(found.path) is not None
    context.insist(taken is False, Errno.EEXIST, f"{found.path} exists")
    holder = parent(context, found.path)
    exists = holder.path if isinstance(holder.path, Unknown) else context.state.files.exists(holder.path)
    context.insist(exists, Errno.ENOENT, f"{holder.path} does not exist")
    context.stops(*LOOKUP_ERRORS, Errno.EEXIST, Errno.EROFS, Errno.EINVAL)
    return found


def to_be_removed(context: Context, at: At, *, directory: bool = False) -> Asking[Found]:
    """A name that is about to be removed or renamed: ENOENT where there is none."""
    found = yield from lookup(context, at._replace(follow=False), directory=directory)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    return found


def may_create(context: Context, path: str | Unknown) -> Asking[None]:
    """``may_create``: the directory may be searched and written to."""
    yield from permission(context, parent(context, path), CHANGE_ENTRIES)


def may_delete(context: Context, file: File) -> Asking[None]:
    """``may_delete``: the directory may be searched and written to, and lets this caller remove this name."""
    directory = parent(context, file.path)
    yield from permission(context, directory, CHANGE_ENTRIES)
    yield from unsticky(context, directory, file)
    context.stops(Errno.EPERM, Errno.EISDIR, Errno.ENOTDIR)


def make_directory(context: Context, operation: MakeDirectory) -> Steps:
    """``do_mkdirat``, ``vfs_mkdir``: ``path_mkdir``, ``inode_permission`` of the parent, ``inode_mkdir``."""
    found = yield from to_be_made(context, operation.at, directory=True)
    inode = inode_to_be(context, found.path, "directory", operation.mode)
    file = file_to_be(found.path, inode)
    yield context.request("path_mkdir", file, mode=operation.mode)
    yield from may_create(context, found.path)
    yield context.request("inode_mkdir", file, mode=operation.mode)
    context.stops()
    yield from new_inode(context, file)
    return _made(context, found, inode)


def make_node(context: Context, operation: MakeNode) -> Steps:
    """``do_mknodat``: ``path_mknod``, ``inode_permission`` of the parent; ``inode_create`` for a regular file (``vfs_create``).

    For others ``inode_mknod`` (``vfs_mknod``), before which devices need CAP_MKNOD.
    """
    found = yield from to_be_made(context, operation.at)
    inode = inode_to_be(context, found.path, operation.type, operation.mode)
    file = file_to_be(found.path, inode)
    yield context.request("path_mknod", file, mode=operation.mode, device_number=operation.device)
    yield from may_create(context, found.path)
    if operation.type == "regular":
        yield context.request("inode_create", file, mode=operation.mode)
    else:
        if operation.type in DEVICES:
            yield from require(
                context, Capability.CAP_MKNOD, Errno.EPERM, "devices are made with CAP_MKNOD only", over=0
            )
        context.stops(Errno.EPERM)
        yield context.request("inode_mknod", file, mode=operation.mode, device_number=operation.device)
    outcome = _made(context, found, inode)
    yield from new_inode(context, file)
    yield context.request("path_post_mknod", file)
    return outcome


def make_symbolic_link(context: Context, operation: MakeSymbolicLink) -> Steps:
    """``do_symlinkat``, ``vfs_symlink``: ``path_symlink``, ``inode_permission`` of the parent, ``inode_symlink``."""
    found = yield from to_be_made(context, operation.at)
    inode = inode_to_be(context, found.path, "symlink", 0o777, target=operation.target)
    file = file_to_be(found.path, inode)
    yield context.request("path_symlink", file, target=operation.target)
    yield from may_create(context, found.path)
    yield context.request("inode_symlink", file, target=operation.target)
    context.stops()
    yield from new_inode(context, file)
    return _made(context, found, inode)


def _made(context: Context, found: Found, inode: Inode) -> Outcome:
    context.stops()
    state, rekeyed = with_made(context.state, found.path, inode)
    return context.done(state)._replace(rekeyed=rekeyed)


def remove(context: Context, operation: Unlink) -> Steps:
    """``do_unlinkat``: ``path_unlink``, ``inode_permission`` of the parent, ``inode_unlink``; ``do_rmdir`` likewise."""
    found = yield from to_be_removed(context, operation.at, directory=operation.directory)
    context.stops(*(each for each in LOOKUP_ERRORS if each is not Errno.ENOTDIR), Errno.EROFS)
    verb = "rmdir" if operation.directory else "unlink"
    yield context.request(f"path_{verb}", found.file)
    yield from may_delete(context, found.file)
    _may_go(context, found, directory=operation.directory)
    context.stops(Errno.EBUSY)
    yield context.request(f"inode_{verb}", found.file)
    empty = isinstance(found.path, Unknown) or not context.state.files.has_entries(found.path)
    context.insist(empty, Errno.ENOTEMPTY, f"{found.path} is not empty")
    context.stops()
    if isinstance(found.path, Unknown):
        return context.done()
    changed = unlink(context.state.files, found.path)
    if context.state.files.name_at(found.path) is None or _is_last(context, found.path):
        yield from context.routine("inode_free_security", found.file)
    return context.done(with_files(context.state, changed))._replace(rekeyed=changed.rekeyed)


def _is_last(context: Context, path: str) -> bool:
    """Whether a file goes with this name: it has no other, and nobody has it open."""
    inode = context.state.files.inode_at(path)
    return inode is not None and inode.links <= 1 and not inode.holders


def _may_go(context: Context, found: Found, *, directory: bool) -> None:
    """What ``may_delete`` and ``vfs_rmdir`` ask of what is to be removed."""
    if directory:
        context.insist(found.file.type == "directory", Errno.ENOTDIR, f"{found.path} is no directory")
        context.insist(found.path != "/", Errno.EBUSY, "the root stays")
    else:
        context.insist(found.file.type != "directory", Errno.EISDIR, f"{found.path} is a directory")
    mounted = isinstance(found.path, str) and context.state.files.is_mount_point(found.path)
    context.insist(not mounted, Errno.EBUSY, f"{found.path} is a mount point")


def read_link(context: Context, operation: ReadLink) -> Steps:
    """``do_readlinkat``: ``inode_readlink``."""
    found = yield from lookup(context, operation.at._replace(follow=False))
    context.stops(*LOOKUP_ERRORS, Errno.EINVAL)
    if not is_link_of_process(found.path):
        context.stops(Errno.EACCES)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.insist(found.file.type == "symlink", Errno.EINVAL, f"{found.path} is no symbolic link")
    file = found.file._replace(type="symlink") if isinstance(found.file.type, Unknown) else found.file
    yield context.request("inode_readlink", file)
    yield from follow_into(context, found.path)
    return context.done()


HANDLERS: Final = (
    handles(MakeDirectory, make_directory),
    handles(MakeNode, make_node),
    handles(MakeSymbolicLink, make_symbolic_link),
    handles(Unlink, remove),
    handles(ReadLink, read_link),
)
