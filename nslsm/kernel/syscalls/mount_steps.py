"""Mounting step by step, fsopen(2) to move_mount(2), after fs/fsopen.c and fs/namespace.c; mounts looked at, statmount(2)."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import describe, describe_path, install, lowest_free
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, Opened, lookup, opened
from nslsm.kernel.mounts import FIRST
from nslsm.kernel.operations.mounts import (
    ConfigureFileSystem,
    InspectMounts,
    MountFileSystem,
    MoveMount,
    OpenFileSystem,
    OpenTree,
    PickFileSystem,
    SetMountAttributes,
)
from nslsm.kernel.operations.operation import At
from nslsm.kernel.process import Preparing, Special
from nslsm.kernel.propagation import updated
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.mounting import (
    OWN_FLAGS,
    cloned,
    has_place,
    may_mount,
    moved_to,
    root_of_mount,
    shared_anew,
    with_table,
)
from nslsm.kernel.syscalls.preparing import kind_of, made_by, may_have, tree_made
from nslsm.kernel.volume_types import SB_FLAGS, VolumeType, volume_type
from nslsm.kernel.volumes import held_root, mount_thing, with_mounted
from nslsm.protocol.things import File, Thing

_SETS: Final = frozenset({"set_flag", "set_string", "set_binary", "set_path", "set_path_empty", "set_fd"})
_CONTEXT: Final = "fscontext"
_PATH: Final = frozenset({"path"})


def _described(context: Context, state: State, description: int, *, close_on_exec: bool) -> Outcome:
    number = lowest_free(context.table)
    if context.recorded is not None and context.recorded.result is not None:
        number = context.recorded.result
    state, rekeyed = install(state, context.thread.table, number, description, close_on_exec=close_on_exec)
    return context.done(state, number)._replace(rekeyed=rekeyed)


def _prepared(context: Context, preparing: Preparing, *, close_on_exec: bool) -> Steps:
    """``fscontext_create_fd``."""
    yield from context.routine("d_instantiate")
    yield from context.routine("file_alloc_security")
    context.stops()
    state, description = describe(context.state, Special(_CONTEXT, preparing=preparing), frozenset({"read", "write"}))
    return _described(context, state, description, close_on_exec=close_on_exec)


def open_file_system(context: Context, operation: OpenFileSystem) -> Steps:
    """``sys_fsopen``: CAP_SYS_ADMIN over the mount namespace; ENODEV for a kind that there is not."""
    yield from may_mount(context)
    context.stops(Errno.EINVAL, Errno.EFAULT)
    yield from kind_of(context, operation.type)
    return (yield from _prepared(context, Preparing(operation.type), close_on_exec=operation.close_on_exec))


def pick_file_system(context: Context, operation: PickFileSystem) -> Steps:
    """``sys_fspick``: CAP_SYS_ADMIN over the mount namespace, and a mount's root."""
    yield from may_mount(context)
    found = yield from _found(context, operation.at)
    context.stops(Errno.EINVAL)
    mount = root_of_mount(context, found, "only a mount has a file system to pick")
    volume = None if mount is None else context.state.files.mounts.volumes[mount.volume]
    kind: str | Unknown = UNKNOWN if volume is None or volume.type is None else volume.type
    preparing = Preparing(kind, volume=FIRST if volume is None else volume.number)
    return (yield from _prepared(context, preparing, close_on_exec=operation.close_on_exec))


def _found(context: Context, at: At) -> Asking[Found]:
    found = yield from lookup(context, at)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS)
    return found


def _preparation(context: Context, found: Opened) -> Preparing | None:
    """What a descriptor of fsopen(2) or fspick(2) prepares; EINVAL for another."""
    known = None if found.special is None else found.special.preparing
    context.insist(known is not None, Errno.EINVAL, "the descriptor prepares no mount")
    context.stops(Errno.EBADF)
    return known


def _thing(preparing: Preparing | None) -> Thing:
    if preparing is None:
        return mount_thing(UNKNOWN, UNKNOWN, UNKNOWN)
    return mount_thing(UNKNOWN, preparing.type, preparing.source)


def _kind(context: Context, preparing: Preparing | None) -> VolumeType | None:
    if preparing is None or isinstance(preparing.type, Unknown):
        return None
    return volume_type(preparing.type, context.profile)


def configure_file_system(context: Context, operation: ConfigureFileSystem) -> Steps:
    """``sys_fsconfig``: an option is asked about; to make the file system, CAP_SYS_ADMIN, then ``sb_kern_mount``.

    To change one, CAP_SYS_ADMIN over it, then ``sb_remount``.
    """
    found = opened(context, operation.descriptor)
    preparing = _preparation(context, found)
    thing = _thing(preparing)
    command = operation.command
    if command in _SETS:
        context.stops(Errno.EOPNOTSUPP, Errno.EBUSY)
        if operation.key not in SB_FLAGS:
            yield context.request("fs_context_parse_param", thing, key=operation.key, value=operation.value)
        context.stops()
        if preparing is not None and operation.key == "source" and isinstance(operation.value, str):
            preparing = preparing._replace(source=operation.value)
        return context.done(_with_preparing(context.state, found, preparing))
    if command in ("cmd_create", "cmd_create_excl"):
        fresh = preparing is None or (preparing.volume is None and not preparing.ready)
        context.insist(fresh, Errno.EBUSY, "the file system is made already")
        context.stops(Errno.EBUSY)
        kind = _kind(context, preparing)
        yield from may_have(context, kind, Errno.EPERM)
        yield from tree_made(context, thing, kind, "none" if preparing is None else preparing.source)
        yield context.request("sb_kern_mount", thing)
        context.stops()
        ready = None if preparing is None else preparing._replace(ready=True)
        return context.done(_with_preparing(context.state, found, ready))
    if command == "cmd_reconfigure":
        yield from _reconfigured(context, preparing, thing)
    context.stops()
    return context.done()


def _reconfigured(context: Context, preparing: Preparing | None, thing: Thing) -> Asking[None]:
    number = None if preparing is None else preparing.volume
    picked = preparing is None or number is not None
    context.insist(picked, Errno.EBUSY, "there is no file system to change yet")
    context.stops(Errno.EBUSY)
    volume = None if number is None else context.state.files.mounts.volumes.get(number)
    over = FIRST if volume is None else volume.user_namespace
    reason = "a file system's options are for CAP_SYS_ADMIN over it"
    yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, reason, over=over)
    context.stops(Errno.EPERM)
    yield context.request("sb_remount", thing)


def _with_preparing(state: State, found: Opened, preparing: Preparing | None) -> State:
    """The state in which a descriptor prepares something else."""
    if found.description is None or preparing is None:
        return state
    known = state.descriptions[found.description]
    changed = replace(known, target=Special(_CONTEXT, preparing=preparing))
    return replace(state, descriptions=state.descriptions.insert(found.description, changed))


def mount_file_system(context: Context, operation: MountFileSystem) -> Steps:
    """``sys_fsmount``: CAP_SYS_ADMIN over the mount namespace; the mount is nowhere yet."""
    yield from may_mount(context)
    found = opened(context, operation.descriptor)
    preparing = _preparation(context, found)
    context.stops(Errno.EINVAL, Errno.EBUSY)
    ready = preparing is None or preparing.ready
    context.insist(ready, Errno.EINVAL, "the file system is not made yet")
    yield from context.routine("sb_free_mnt_opts", _thing(preparing))
    yield from context.routine("file_alloc_security")
    context.stops()
    kind = _kind(context, preparing)
    if preparing is None or kind is None or not isinstance(preparing.type, str):
        state, description = describe_path(context.state, UNKNOWN, _PATH, directory=True)
        return _described(context, state, description, close_on_exec=operation.close_on_exec)
    flags = frozenset[str]() if isinstance(operation.flags, Unknown) else operation.flags & OWN_FLAGS
    files, volume = made_by(context, kind, preparing.type, preparing.source, frozenset())
    files, number = with_mounted(files, volume, flags)
    files, name = held_root(files, number)
    state = _with_preparing(
        replace(context.state, files=files), found, preparing._replace(ready=False, volume=volume.number)
    )
    state, description = describe(state, name, _PATH)
    return _described(context, state, description, close_on_exec=operation.close_on_exec)


def open_tree(context: Context, operation: OpenTree) -> Steps:
    """``sys_open_tree``: a descriptor of a path; of a copy of its mount, nowhere yet, for CAP_SYS_ADMIN only."""
    context.stops(Errno.EINVAL)
    if operation.clone:
        yield from may_mount(context)
    found = yield from _found(context, operation.at)
    yield from context.routine("file_alloc_security")
    context.stops()
    state = context.state
    if operation.clone and isinstance(found.path, str) and (context.simulated or has_place(found.path)):
        files, number = cloned(context, state.files, found.path, recursive=operation.recursive)
        files, name = held_root(files, number)
        state, description = describe(replace(state, files=files), name, _PATH)
    else:
        state, description = describe_path(state, found.path, _PATH)
    return _described(context, state, description, close_on_exec=operation.close_on_exec)


def move_mount(context: Context, operation: MoveMount) -> Steps:
    """``sys_move_mount``: CAP_SYS_ADMIN over the mount namespace, both paths are looked up, ``move_mount``."""
    yield from may_mount(context)
    source = yield from _found(context, operation.source)
    target = yield from _found(context, operation.target)
    shown = mount_thing(source.path, source.file.filesystem, UNKNOWN)
    yield context.request("move_mount", shown, target=target.file)
    context.stops()
    if operation.group:
        return context.done(_in_group(context, source, target))
    return context.done(moved_to(context, source, target))


def _in_group(context: Context, source: Found, target: Found) -> State:
    """``do_set_group``: a mount that is private joins the peers of another."""
    one = root_of_mount(context, source, "only a mount has peers")
    other = root_of_mount(context, target, "only a mount has peers")
    if one is None or other is None:
        return context.state
    fits = one.volume == other.volume and other.group is None and other.master is None
    context.insist(fits, Errno.EINVAL, f"{target.path} has peers, or shows another file system")
    if not fits:
        return context.state
    changed = replace(other, group=one.group, master=one.master)
    return with_table(context.state, updated(context.state.files.mounts, changed))


def set_mount_attributes(context: Context, operation: SetMountAttributes) -> Steps:
    """``sys_mount_setattr``: CAP_SYS_ADMIN over the mount namespace; flags of a mount, or of all below it too, change."""
    yield from may_mount(context)
    context.stops(Errno.EINVAL, Errno.EFAULT)
    found = yield from _found(context, operation.at)
    context.stops()
    mount = root_of_mount(context, found, "only a mount has attributes")
    if mount is None or isinstance(operation.set, Unknown) or isinstance(operation.clear, Unknown):
        return context.done()
    table = context.state.files.mounts
    for each in tuple(table.subtree(mount.number)) if operation.recursive else (mount,):
        flags = (each.flags - operation.clear) | operation.set
        kept = each.locked_flags <= flags
        context.insist(kept, Errno.EPERM, f"{found.path} keeps flags of a more privileged namespace")
        table = updated(table, replace(each, flags=flags & OWN_FLAGS))
    if isinstance(operation.propagation, str) and operation.propagation:
        table = shared_anew(table, mount.number, operation.propagation, recursive=operation.recursive)
    return context.done(with_table(context.state, table))


def inspect_mounts(context: Context, operation: InspectMounts) -> Steps:
    """``do_statmount``, ``do_listmount``: ``sb_statfs`` of the root of the mount."""
    del operation
    context.stops(Errno.EINVAL, Errno.ENOENT, Errno.EFAULT, Errno.EPERM)
    yield context.request("sb_statfs", File(UNKNOWN, UNKNOWN, type="directory"))
    return context.done()


HANDLERS: Final = (
    handles(OpenFileSystem, open_file_system),
    handles(PickFileSystem, pick_file_system),
    handles(ConfigureFileSystem, configure_file_system),
    handles(MountFileSystem, mount_file_system),
    handles(OpenTree, open_tree),
    handles(MoveMount, move_mount),
    handles(SetMountAttributes, set_mount_attributes),
    handles(InspectMounts, inspect_mounts),
)
