"""rename(2) and link(2), after ``do_renameat2``, ``vfs_rename``, ``do_linkat``, ``vfs_link``."""

from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import Unknown
from nslsm.kernel.checks import WRITE, permission
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.links import Changed, exchange, link, rename, unlink
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, lookup
from nslsm.kernel.operations.names import Link, Rename
from nslsm.kernel.operations.operation import At
from nslsm.kernel.paths import is_beneath, parent_of
from nslsm.kernel.state import with_files
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.names import may_create, may_delete, to_be_made, to_be_removed
from nslsm.kernel.world import World
from nslsm.protocol.things import File, Identity

_NO_FLAGS: Final[frozenset[str]] = frozenset()


def rename_file(context: Context, operation: Rename) -> Steps:
    """``path_rename``, permissions of both directories (and of a directory that moves), ``inode_rename``.

    Across directories our own ``path_reparent`` follows on ``path_rename``; with ``exchange`` for both files.
    """
    flags = _NO_FLAGS if isinstance(operation.flags, Unknown) else operation.flags
    old = yield from to_be_removed(context, operation.old)
    new = yield from _destination(context, operation.new, flags)
    context.stops(*LOOKUP_ERRORS, Errno.EEXIST, Errno.EXDEV, Errno.EROFS, Errno.EBUSY, Errno.EINVAL)
    _may_be_called(context, old, new)
    there = _standing_in(old, new)
    replaces = _replaces(context, new, flags)
    yield context.request("path_rename", old.file, old=old.file, new=there, flags=operation.flags, replaces=replaces)
    yield from _reparent(context, old.file, there, both="exchange" in flags)
    yield from may_delete(context, old.file)
    if _is_there(context, new, flags):
        yield from may_delete(context, new.file)
        _may_replace(context, old, new, flags)
    else:
        yield from may_create(context, new.path)
    yield from _may_move(context, old.file, there)
    yield context.request("inode_rename", old.file, old=old.file, new=there, flags=operation.flags)
    empty = isinstance(new.path, Unknown) or "exchange" in flags or not context.state.files.has_entries(new.path)
    context.insist(empty, Errno.ENOTEMPTY, f"{new.path} is not empty")
    context.stops()
    if not (_has_a_name(old.path) and _has_a_name(new.path)):
        return _half_known(context, old, new)
    assert isinstance(old.path, str)
    assert isinstance(new.path, str)
    if "exchange" in flags:
        return _changed(context, exchange(context.state.files, old.path, new.path))
    outcome = _changed(context, rename(context.state.files, old.path, new.path))
    return _followed(outcome, new.path, old.file)


def _destination(context: Context, at: At, flags: frozenset[str]) -> Asking[Found]:
    if "noreplace" in flags:
        return (yield from to_be_made(context, at))
    if "exchange" in flags:
        return (yield from to_be_removed(context, at))
    found = yield from lookup(context, at._replace(follow=False))
    if not isinstance(found.path, Unknown):
        directory = parent_of(found.path)
        context.insist(context.state.files.exists(directory), Errno.ENOENT, f"{directory} does not exist")
    return found


def _is_there(context: Context, new: Found, flags: frozenset[str]) -> bool:
    """Whether the destination is a file that is replaced; in the open world only one that was declared, made or held."""
    if "exchange" in flags:
        return True
    if context.state.files.world is World.OPEN and not isinstance(new.path, Unknown):
        return context.state.files.name_at(new.path) is not None
    return new.exists is True


def _replaces(context: Context, new: Found, flags: frozenset[str]) -> bool | Unknown:
    """Whether a file goes that has the new name, as far as that is known."""
    if flags & {"exchange", "noreplace"}:
        return False
    if context.state.files.world is World.OPEN:
        return _is_there(context, new, flags)
    return new.exists


def _standing_in(old: Found, new: Found) -> File:
    """The destination as rules see it: a file that is there, or one to be, which is what the source is."""
    if new.exists is True and not isinstance(new.file.type, Unknown):
        return new.file
    return new.file._replace(type=old.file.type)


def _may_be_called(context: Context, old: Found, new: Found) -> None:
    if isinstance(old.path, Unknown) or isinstance(new.path, Unknown):
        return
    context.insist(not is_beneath(new.path, old.path), Errno.EINVAL, f"{new.path} is below {old.path}")
    context.insist(old.path != "/" and new.path != "/", Errno.EBUSY, "the root stays")
    files = context.state.files
    across = files.is_across(parent_of(old.path), parent_of(new.path))
    context.insist(not across, Errno.EXDEV, f"{old.path} and {new.path} are on different mounts")
    mounted = files.is_mount_point(old.path) or files.is_mount_point(new.path)
    context.insist(not mounted, Errno.EBUSY, f"{old.path} or {new.path} is a mount point")


def _may_replace(context: Context, old: Found, new: Found, flags: frozenset[str]) -> None:
    if "exchange" in flags:
        return
    moves_directory = old.file.type == "directory"
    if new.file.type == "directory":
        context.insist(moves_directory, Errno.EISDIR, f"{new.path} is a directory")
    else:
        context.insist(not moves_directory, Errno.ENOTDIR, f"{new.path} is no directory")


def _reparent(context: Context, old: File, new: File, *, both: bool = False) -> Asking[None]:
    """Our own hook: a file comes under another directory."""
    if _holder(old) is not None and _holder(old) == _holder(new):
        return
    yield context.request("path_reparent", old, old=old, new=new)
    if both:
        yield context.request("path_reparent", new, old=new, new=old)


def _holder(file: File) -> str | None:
    """The path of the directory that holds a file, where it is known."""
    return None if isinstance(file.path, Unknown) else parent_of(file.path)


def _may_move(context: Context, old: File, new: File) -> Asking[None]:
    """A directory that gets another parent is itself written to (``vfs_rename``)."""
    moves = _holder(old) is not None and _holder(new) is not None and _holder(old) != _holder(new)
    if old.type == "directory" and moves:
        yield from permission(context, old, WRITE)


def _half_known(context: Context, old: Found, new: Found) -> Outcome:
    """A recorded rename of which one end is unknown, or has no name (a pipe): whatever had the other's has it no longer."""
    for path in (new.path, old.path):
        if _has_a_name(path):
            assert isinstance(path, str)
            return _changed(context, unlink(context.state.files, path))
    return context.done()


def _has_a_name(path: str | Unknown) -> bool:
    return not isinstance(path, Unknown) and path.startswith("/")


def _followed(outcome: Outcome, new: str, old: File) -> Outcome:
    """What the event says of the name to be, it says of the file that has it now, where that is known by its inode."""
    if not isinstance(old.identity, Identity) or isinstance(old.identity.name, str):
        return outcome
    return outcome._replace(rekeyed={**outcome.rekeyed, Identity("file", new): old.identity})


def _changed(context: Context, changed: Changed) -> Outcome:
    return context.done(with_files(context.state, changed))._replace(rekeyed=changed.rekeyed)


def link_file(context: Context, operation: Link) -> Steps:
    """``path_link``, ``path_reparent`` across directories, ``inode_permission`` of the new name's directory, ``inode_link``."""
    old = yield from lookup(context, operation.old)
    context.insist(old.exists, Errno.ENOENT, f"{old.path} does not exist")
    new = yield from to_be_made(context, operation.new)
    if isinstance(old.path, str) and isinstance(new.path, str):
        across = context.state.files.is_across(old.path, parent_of(new.path))
        context.insist(not across, Errno.EXDEV, f"{old.path} and {new.path} are on different mounts")
    context.stops(*LOOKUP_ERRORS, Errno.EXDEV, Errno.EEXIST, Errno.EROFS)
    there = new.file._replace(type=old.file.type)
    yield context.request("path_link", old.file, old=old.file, new=there)
    yield from _reparent(context, old.file, there)
    yield from may_create(context, new.path)
    context.insist(old.file.type != "directory", Errno.EPERM, f"{old.path} is a directory")
    context.stops(Errno.EPERM, Errno.EMLINK)
    yield context.request("inode_link", old.file, old=old.file, new=there)
    context.stops()
    yield from context.routine("d_instantiate", old.file)
    if isinstance(old.path, Unknown) or isinstance(new.path, Unknown) or old.path == new.path:
        return context.done()
    outcome = _changed(context, link(context.state.files, old.path, new.path))
    return _followed(outcome, new.path, outcome.state.files.file_at(new.path))


HANDLERS: Final = (handles(Rename, rename_file), handles(Link, link_file))
