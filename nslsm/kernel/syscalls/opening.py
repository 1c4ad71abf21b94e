"""open(2) and its kin, after ``do_filp_open``: path_openat, lookup_open, may_open, do_dentry_open, do_open."""

from typing import Final

from nslsm.hooks.kinds import OPENING
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import CHANGE_ENTRIES, permission
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.creation import file_to_be, inode_to_be, with_made
from nslsm.kernel.descriptors import describe, describe_path, install, installed_new, lowest_free
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.files import DEVICES, MADE_BY_THE_KERNEL
from nslsm.kernel.inodes import Inode
from nslsm.kernel.links import Rekeyed, hold_unnamed
from nslsm.kernel.lookup import LOOKUP_ERRORS, NOT_BEGUN, Found, lookup, parent
from nslsm.kernel.operations.files import Open
from nslsm.kernel.routine import new_file, new_inode
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.inspection import follow_into, open_inside
from nslsm.kernel.world import World
from nslsm.protocol.things import File

_FLAGS: Final = frozenset(OPENING)
_NO_FLAGS: Final[frozenset[str]] = frozenset()
_MARK: Final = "close_on_exec"
_PARTICULAR: Final = frozenset({"create", "exclusive", "directory"})
"""Flags by which an open of a file that is there may fail."""
_CREATED: Final = frozenset({"created"})


def open_file(context: Context, operation: Open) -> Steps:
    """``do_sys_openat2``: the path is looked up, the file made or its permissions asked for, then ``file_open``."""
    context.stops(*NOT_BEGUN)
    flags = operation.flags
    known = _NO_FLAGS if isinstance(flags, Unknown) else flags
    opening = _open_temporary if "temporary" in known else _open
    return (yield from new_file(context, opening(context, operation, known)))


def _open(context: Context, operation: Open, known: frozenset[str]) -> Steps:
    follow = "nofollow" not in known and not known >= {"create", "exclusive"}
    at = operation.at if follow == operation.at.follow else operation.at._replace(follow=follow)
    found = yield from lookup(context, at, directory="directory" in known)
    if follow and _is_in_proc(found.path):
        yield from follow_into(context, found.path)
    found = _as_recorded(context, found)
    context.stops(*LOOKUP_ERRORS, Errno.EEXIST, Errno.EISDIR, Errno.EROFS)
    created = _creates(context, found, known)
    inode = None
    if created:
        inode = inode_to_be(context, found.path, "regular", operation.mode)
        found = found._replace(file=file_to_be(found.path, inode))
        yield from _create(context, found, operation.mode)
    else:
        _may_exist(context, found, known)
        if "path" in known:
            return _opened(context, context.state, found, operation, None)
        yield from permission(context, found.file, *_wanted(known))
    context.stops(Errno.ETXTBSY, Errno.EPERM)
    flags = operation.flags
    told = flags if isinstance(flags, Unknown) else flags & _FLAGS | (_CREATED if created else _NO_FLAGS)
    yield context.request("file_open", found.file, flags=told)
    if context.failed_with(Errno.ENXIO) and _is_device(found):
        yield context.request("kernel_module_request", UNKNOWN)
    context.stops(Errno.ENXIO)
    if _is_in_proc(found.path):
        yield from open_inside(context, found.path)
    yield from checked(context)
    mask = _NO_FLAGS if created else _mask(known)
    yield context.request("file_post_open", found.file, mask=UNKNOWN if isinstance(flags, Unknown) else mask)
    state = context.state
    if "truncate" in known and not created and _is_truncated(found):
        yield from truncate_open(context, found.file)
        state = with_contents_changed(state, found.path)
    return _opened(context, state, found, operation, inode)


def _is_in_proc(path: str | Unknown) -> bool:
    """Whether a path may lead into a process."""
    return not isinstance(path, Unknown) and path.startswith("/proc/")


def _is_device(found: Found) -> bool:
    """Whether a driver that is not there is looked for (``chrdev_open``): a device, or what is kept where devices are."""
    if isinstance(found.file.type, Unknown):
        return not isinstance(found.path, Unknown) and found.path.startswith("/dev/")
    return found.file.type in DEVICES


def checked(context: Context) -> Asking[None]:
    """``ima_file_check``, in kernels that have IMA: who opens is told to its rules."""
    return context.routine("current_getsecid_subj")


def _is_truncated(found: Found) -> bool:
    """Whether O_TRUNC counts: for regular files, and for what nobody knows to be another kind, devices aside."""
    if isinstance(found.file.type, Unknown):
        return isinstance(found.path, Unknown) or not found.path.startswith(MADE_BY_THE_KERNEL)
    return found.file.type == "regular"


def _as_recorded(context: Context, found: Found) -> Found:
    """In a replay, the path that the kernel found, where the trace remarks it beside the new descriptor."""
    recorded = context.recorded
    remark = None if recorded is None or recorded.descriptor is None else recorded.descriptor.annotation
    if remark is None or not remark.startswith("/") or remark == found.path:
        return found
    directory = found.file.type == "directory"
    return found._replace(file=context.state.files.file_at(remark, directory=directory))


def _creates(context: Context, found: Found, flags: frozenset[str]) -> bool:
    """Whether the open makes the file.

    In the open world, where all files exist, one that is to be made with O_EXCL does not. In a replay O_CREAT is taken to
    make the file unless it is known to exist.
    """
    if "create" not in flags or isinstance(found.path, Unknown):
        return False
    remembered = context.state.files.name_at(found.path) is not None
    if context.simulated:
        if "exclusive" in flags and context.state.files.world is World.OPEN:
            return not remembered
        return found.exists is False
    if "exclusive" in flags:
        return not context.failed_with(Errno.EEXIST)
    return not remembered and found.exists is not True and not found.path.startswith(MADE_BY_THE_KERNEL)


def _may_exist(context: Context, found: Found, flags: frozenset[str]) -> None:
    """What ``do_open`` and ``lookup_open`` ask of a file that is there."""
    path = found.path
    if (
        found.exists is True
        and found.file.type == "regular"
        and not found.must_be_directory
        and not flags & _PARTICULAR
    ):
        return
    context.insist(found.exists, Errno.ENOENT, f"{path} does not exist")
    context.insist(not flags >= {"create", "exclusive"}, Errno.EEXIST, f"{path} exists")
    kind = found.file.type
    context.insist(
        kind != "symlink" or "path" in flags, Errno.ELOOP, f"{path} is a symbolic link, and may not be followed"
    )
    if "directory" in flags or found.must_be_directory:
        context.insist(kind == "directory", Errno.ENOTDIR, f"{path} is no directory")
    if flags & {"write", "truncate", "create"} and kind == "directory":
        context.insist(False, Errno.EISDIR, f"{path} is a directory")


def _wanted(flags: frozenset[str]) -> tuple[frozenset[str], str]:
    wanted = flags & {"read", "write"}
    return (wanted | {"write"} if "truncate" in flags else wanted), "open"


def _mask(flags: frozenset[str]) -> frozenset[str]:
    """The access mode in the words of ``ACCESS_MASK``."""
    return _wanted(flags)[0] | {"open"} | (flags & {"append"})


def _create(context: Context, found: Found, mode: int | Unknown) -> Asking[None]:
    """``may_o_create``, then ``may_open`` of the new file, which asks for nothing but ``open``."""
    yield context.request("path_mknod", found.file, mode=mode, device_number=0)
    directory = parent(context, found.path)
    yield from permission(context, directory, CHANGE_ENTRIES)
    yield context.request("inode_create", found.file, mode=mode)
    context.stops(Errno.ENOSPC, Errno.EDQUOT)
    yield from new_inode(context, found.file)
    yield context.request("path_post_mknod", found.file)
    yield context.request("inode_permission", found.file, mask=frozenset({"open"}))


def _open_temporary(context: Context, operation: Open, flags: frozenset[str]) -> Steps:
    """``do_tmpfile``: a file without a name in a directory; there is no ``path_mknod``."""
    found = yield from lookup(context, operation.at, directory=True)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.insist(found.file.type == "directory", Errno.ENOTDIR, f"{found.path} is no directory")
    context.stops(*LOOKUP_ERRORS, Errno.EOPNOTSUPP, Errno.EISDIR)
    yield from permission(context, found.file, CHANGE_ENTRIES)
    path = UNKNOWN if isinstance(found.path, Unknown) else f"{found.path.rstrip('/')}/#{context.state.files.next}"
    path = _as_recorded(context, found._replace(file=found.file._replace(path=path))).path
    inode = inode_to_be(context, path, "regular", operation.mode)
    file = file_to_be(path, inode)
    yield from new_inode(context, file)
    yield context.request("inode_post_create_tmpfile", file)
    yield context.request("file_open", file, flags=flags & _FLAGS | _CREATED)
    yield context.request("inode_permission", file, mask=frozenset({"open"}))
    yield context.request("file_post_open", file, mask=frozenset({"open"}))
    files, name = hold_unnamed(context.state.files, path, inode)
    state, description = describe(replace(context.state, files=files), name, flags & _FLAGS)
    return _installed(context, state, description, operation, {})


def truncate_open(context: Context, file: File) -> Asking[None]:
    """``handle_truncate``: by the open file since 6.2, by its path before."""
    yield context.request("file_truncate" if context.since("6.12") else "path_truncate", file)
    changes = frozenset({"size", "mtime", "ctime", "open"})
    yield context.request("inode_setattr", file, changes=changes, mode=-1, owner=-1, group=-1, size=0)


def with_contents_changed(state: State, path: str | Unknown) -> State:
    """The state after somebody changed what a file says: a hash that was declared holds no longer."""
    inode = None if isinstance(path, Unknown) else state.files.inode_at(path)
    if inode is None or (isinstance(inode.sha256, Unknown) and not inode.unwritten):
        return state
    return replace(state, files=state.files.with_inode(replace(inode, sha256=UNKNOWN, unwritten=False)))


def privileges_looked_at(context: Context, file: File) -> Asking[None]:
    """``__file_remove_privs``: before a new file is first written to, the kernel asks whether it has privileges to lose.

    tmpfs then takes memory for its contents (``shmem_alloc_and_acct_folio``).
    """
    inode = None if isinstance(file.path, Unknown) else context.state.files.inode_at(file.path)
    if inode is not None and inode.unwritten:
        yield context.request("inode_need_killpriv", file)
        if file.filesystem == "tmpfs":
            yield from context.routine("vm_enough_memory")


def _opened(context: Context, state: State, found: Found, operation: Open, inode: Inode | None) -> Outcome:
    context.stops()
    rekeyed: Rekeyed = {}
    if inode is not None:
        state, rekeyed = with_made(state, found.path, inode)
    flags = operation.flags if isinstance(operation.flags, Unknown) else operation.flags & _FLAGS
    directory = found.file.type == "directory"
    if context.recorded is None and state.files.world is not World.RECORDED:
        table, marked = context.thread.table, not isinstance(operation.flags, Unknown) and _MARK in operation.flags
        number = lowest_free(state.tables[table])
        opened = installed_new(state, table, number, found.path, flags, directory=directory, close_on_exec=marked)
        return Outcome(opened.state, number, rekeyed={**rekeyed, **opened.rekeyed})
    state, description = describe_path(state, found.path, flags, directory=directory)
    if inode is not None and state.files.world is World.RECORDED and not isinstance(found.path, Unknown):
        held = state.files.inode_at(found.path)
        if held is not None and not held.kept:
            known = replace(held, type=inode.type, owner=inode.owner, unwritten=inode.unwritten)
            state = replace(state, files=state.files.with_inode(known))
    return _installed(context, state, description, operation, rekeyed)


def _installed(context: Context, state: State, description: int, operation: Open, rekeyed: Rekeyed) -> Outcome:
    table = context.thread.table
    number = lowest_free(state.tables[table])
    if context.recorded is not None:
        context.stops()
        number = number if context.recorded.result is None else context.recorded.result
    close_on_exec = not isinstance(operation.flags, Unknown) and _MARK in operation.flags
    state, ended = install(state, table, number, description, close_on_exec=close_on_exec)
    done = context.done(state, number)
    return done._replace(rekeyed={**rekeyed, **ended}) if rekeyed or ended else done


HANDLERS: Final = (handles(Open, open_file),)
