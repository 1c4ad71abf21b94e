"""mount(2), umount2(2), pivot_root(2), after ``path_mount``, ``path_umount`` and ``pivot_root`` in fs/namespace.c."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.hooks.vocabulary import MOUNT_CHANGE
from nslsm.kernel.checks import require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.event import Steps
from nslsm.kernel.files import FileSystem
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, lookup
from nslsm.kernel.mounting import attached, copied, moved
from nslsm.kernel.mounts import FIRST, Mounted, MountTable
from nslsm.kernel.operations.mounts import Mount
from nslsm.kernel.operations.operation import CWD, At
from nslsm.kernel.paths import is_in
from nslsm.kernel.propagation import changed, updated
from nslsm.kernel.spaces import Target, has_power, held_space, location_of, owner_of, target_at
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.preparing import kind_of, made_by, may_have, options_read, tree_made
from nslsm.kernel.volume_types import volume_type
from nslsm.kernel.volumes import is_space_file, mount_at, mount_thing, mounted_thing, with_mounted, with_space_file
from nslsm.protocol.things import Thing

OWN_FLAGS: Final = frozenset(
    {"rdonly", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime", "nosymfollow", "strictatime"}
)
"""Flags that one mount has, whatever others of the same file system have (``MNT_*``)."""
_PROPAGATION: Final = ("shared", "private", "slave", "unbindable")
_NONE: Final = frozenset[str]()


def mount(context: Context, operation: Mount) -> Steps:
    """``path_mount``: the target is looked up, ``sb_mount``, CAP_SYS_ADMIN over the mount namespace; then what flags say."""
    found = yield from lookup(context, operation.target)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    if not (_names_a_source(context, operation) and found.exists is True):
        context.stops(*LOOKUP_ERRORS)
    flags = _NONE if isinstance(operation.flags, Unknown) else operation.flags
    change = change_of(operation.flags)
    thing = _to_be(context, operation, found, change)
    yield context.request(
        "sb_mount", thing, change=change, flags=operation.flags, target=found.file, options=operation.options
    )
    yield from may_mount(context, also_later=change in ("new", "remount"))
    match change:
        case "remount_bind":
            return (yield from _with_flags(context, found, flags))
        case "remount":
            return (yield from _remount(context, operation, found, flags))
        case "bind":
            return (yield from _bind(context, operation, found, recursive="rec" in flags))
        case "propagation":
            return (yield from _share(context, found, flags))
        case "move":
            return (yield from _move(context, operation, found))
        case "new":
            return (yield from _new(context, operation, found, flags))
    return context.done()


def _names_a_source(context: Context, operation: Mount) -> bool:
    """Whether a path that does not lead anywhere may be the source's."""
    change = change_of(operation.flags)
    kind = None if isinstance(operation.type, Unknown) else volume_type(operation.type, context.profile)
    return change in ("bind", "move") or (change == "new" and kind is not None and kind.stored)


def change_of(flags: frozenset[str] | Unknown) -> str | Unknown:
    """What mount(2) is asked to do, a member of ``MOUNT_CHANGE``, in the order in which ``path_mount`` looks at its flags.

    >>> change_of(frozenset({"bind", "rdonly"})), change_of(frozenset({"remount", "bind"}))
    ('bind', 'remount_bind')
    """
    if isinstance(flags, Unknown):
        return UNKNOWN
    if "remount" in flags:
        return "remount_bind" if "bind" in flags else "remount"
    if "bind" in flags:
        return "bind"
    if flags & set(_PROPAGATION):
        return "propagation"
    return "move" if "move" in flags else MOUNT_CHANGE.members[0]


def _to_be(context: Context, operation: Mount, found: Found, change: str | Unknown) -> Thing:
    kind: str | Unknown = operation.type
    number = None
    if change != "new":
        there = mount_at(context.state.files, found.path)
        number = None if there is None or change in ("bind", "move") else there.number
        kind = UNKNOWN
        if number is not None and there is not None:
            known = context.state.files.mounts.volumes[there.volume].type
            kind = UNKNOWN if known is None else known
    return mount_thing(found.path, kind, operation.source, number)


def owner_here(context: Context) -> int:
    """The user namespace that owns the caller's mount namespace."""
    return owner_of(context.state, Target("mnt", context.thread.mount_namespace))


def may_mount(context: Context, *, also_later: bool = False) -> Asking[None]:
    """``may_mount``: CAP_SYS_ADMIN over the user namespace that owns the mount namespace; else EPERM.

    A recorded EPERM of one who had it comes from elsewhere: from what is asked about the file system (``also_later``), or from
    the security module that was asked before.
    """
    over = owner_here(context)
    admin = Capability.CAP_SYS_ADMIN
    own = context.thread.user_namespace
    power = has_power(context.state, context.task, own, over, admin)
    later = also_later and own != FIRST
    if context.failed_with(Errno.EPERM) and power is True and not later:
        context.stops()
    yield from require(context, admin, Errno.EPERM, "mounts are for CAP_SYS_ADMIN", over=over)
    if not (later and power is True):
        context.stops(Errno.EPERM)


def root_of_mount(context: Context, found: Found, what: str) -> Mounted | None:
    """The mount of which a path is the root, in the caller's namespace: EINVAL where it is none. None in a replay's dark."""
    mount = mount_at(context.state.files, found.path)
    if mount is None or mount.namespace != context.thread.mount_namespace:
        context.insist(False, Errno.EINVAL, f"{found.path} is no mount point: {what}")
        return None
    return mount


def _with_flags(context: Context, found: Found, flags: frozenset[str]) -> Steps:
    """``do_reconfigure_mnt``: the flags of one mount change. EPERM for one that a less privileged namespace may not lose."""
    yield from ()
    context.stops()
    mount = root_of_mount(context, found, "only a mount has flags")
    if mount is None:
        return context.done()
    wanted = flags & OWN_FLAGS
    context.insist(
        mount.locked_flags <= wanted, Errno.EPERM, f"{found.path} keeps {_words(mount.locked_flags - wanted)}"
    )
    table = updated(context.state.files.mounts, replace(mount, flags=wanted))
    return context.done(with_table(context.state, table))


def _words(flags: frozenset[str]) -> str:
    return ", ".join(sorted(flags))


def with_table(state: State, table: MountTable) -> State:
    """The state with other mounts."""
    return replace(state, files=replace(state.files, mounts=table))


def _remount(context: Context, operation: Mount, found: Found, flags: frozenset[str]) -> Steps:
    """``do_remount``: options are read, CAP_SYS_ADMIN over the file system's user namespace, ``sb_remount``."""
    mount = root_of_mount(context, found, "only a mount has options")
    volume = None if mount is None else context.state.files.mounts.volumes[mount.volume]
    if mount is not None:
        wanted = flags & OWN_FLAGS
        context.insist(mount.locked_flags <= wanted, Errno.EPERM, f"{found.path} keeps its flags")
    context.stops(Errno.EINVAL)
    thing = mount_thing(found.path, UNKNOWN, UNKNOWN) if mount is None else mounted_thing(context.state.files, mount)
    kind = None if volume is None or volume.type is None else volume_type(volume.type, context.profile)
    yield from options_read(context, thing, kind, operation.options)
    over = FIRST if volume is None else volume.user_namespace
    reason = "a file system's options are for CAP_SYS_ADMIN over it"
    yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, reason, over=over)
    context.stops(Errno.EPERM)
    yield context.request("sb_remount", thing)
    yield from context.routine("sb_free_mnt_opts", thing)
    context.stops()
    if mount is None or volume is None:
        return context.done()
    table = updated(context.state.files.mounts, replace(mount, flags=flags & OWN_FLAGS))
    changed_volume = replace(volume, flags=flags & {"rdonly"})
    table = replace(table, volumes=table.volumes.insert(volume.number, changed_volume))
    return context.done(with_table(context.state, table))


def _source(context: Context, operation: Mount) -> Asking[Found]:
    """What is to be bound or moved: ENOENT, EINVAL where no path is given."""
    context.insist(operation.source != "", Errno.EINVAL, "nothing to bind is named")
    context.stops(Errno.EINVAL)
    found = yield from lookup(context, At(operation.source, CWD))
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS)
    return found


def has_place(path: str | Unknown) -> bool:
    """Whether something can be mounted from or on a path: it is known, and stands for a file in the tree."""
    return isinstance(path, str) and path.startswith("/")


def _bind(context: Context, operation: Mount, found: Found, *, recursive: bool) -> Steps:
    """``do_loopback``: the source is looked up; a copy of the mount that it is in is put at the target."""
    source = yield from _source(context, operation)
    path = source.path
    files = context.state.files
    target = None if isinstance(path, Unknown) else target_at(context.state, files.location(path))
    if target is not None and not is_space_file(files.location(str(path))):
        yield from context.routine("inode_alloc_security")
        yield from context.routine("d_instantiate")
    context.stops()
    if not (has_place(path) and has_place(found.path)):
        return context.done()
    assert isinstance(path, str)
    assert isinstance(found.path, str)
    state = context.state
    if target is not None:
        loops = target.kind == "mnt" and target.number <= context.thread.mount_namespace
        context.insist(not loops, Errno.EINVAL, "a mount namespace would keep itself")
        if files.mounts.volume_at(location_of(target)) is None:
            state = held_space(state, target)
        files, volume = with_space_file(state.files, target)
        files, number = with_mounted(files, volume, _NONE)
    else:
        files, number = cloned(context, files, path, recursive=recursive)
    same_kind(context, source, found, Errno.ENOTDIR)
    return context.done(with_files_at(context, files, number, found.path, state))


def cloned(context: Context, files: FileSystem, path: str, *, recursive: bool) -> tuple[FileSystem, int]:
    """A copy of the mount that a path is in, from there on, which is nowhere yet (``__do_loopback``).

    EINVAL for what may not be bound, for what is in no namespace of the caller's, and for what would uncover something.
    """
    context.insist(path.startswith("/"), Errno.EINVAL, "what has no path is not bound")
    spot = files.spot(path)
    mount = files.mounts.mounts[spot.mount]
    context.insist(not mount.unbindable, Errno.EINVAL, f"{path} is on a mount that may not be bound")
    here = mount.namespace == context.thread.mount_namespace
    context.insist(here, Errno.EINVAL, f"{path} is in another mount namespace")
    if not recursive:
        below = (files.mounts.mounts[each] for each in files.mounts.children.get(mount.number, ()))
        hides = any(each.locked and is_in(each.point, spot.location) for each in below)
        context.insist(not hides, Errno.EINVAL, f"what is mounted below {path} may not be uncovered")
    made = copied(files.mounts, mount.number, spot.location, recursive=recursive)
    table = updated(made.table, replace(made.table.mounts[made.top], locked=False, unbindable=False))
    return replace(files, mounts=table), made.top


def same_kind(context: Context, source: Found, target: Found, errno: Errno) -> None:
    """A directory is mounted on a directory, and anything else on what is none (``graft_tree``)."""
    directories = [each.file.type == "directory" for each in (source, target)]
    context.insist(directories[0] == directories[1], errno, f"{source.path} and {target.path}: only one is a directory")


def with_files_at(context: Context, files: FileSystem, number: int, path: str, state: State | None = None) -> State:
    """The state with a mount put in place; EINVAL where that is not in the caller's namespace."""
    spot = files.mounts.below(files.spot(path))
    parent = files.mounts.mounts[spot.mount]
    here = parent.namespace == context.thread.mount_namespace
    context.insist(here, Errno.EINVAL, f"{path} is in another mount namespace")
    if not here:
        return context.state
    state = context.state if state is None else state
    return replace(state, files=replace(files, mounts=attached(files.mounts, number, spot)))


def _share(context: Context, found: Found, flags: frozenset[str]) -> Steps:
    """``do_change_type``: CAP_SYS_ADMIN once more (``may_change_propagation``), then how mounts below are shared changes."""
    admin = Capability.CAP_SYS_ADMIN
    context.stops(Errno.EINVAL)
    kinds = [kind for kind in _PROPAGATION if kind in flags]
    only = not flags - {"rec", "silent", *_PROPAGATION} and len(kinds) == 1
    context.insist(only, Errno.EINVAL, "mounts are shared in one way, and nothing else is changed with it")
    mount = root_of_mount(context, found, "only a mount is shared")
    yield from require(context, admin, Errno.EPERM, "mounts are for CAP_SYS_ADMIN", over=owner_here(context))
    context.stops()
    if mount is None or not kinds:
        return context.done()
    table = shared_anew(context.state.files.mounts, mount.number, kinds[0], recursive="rec" in flags)
    return context.done(with_table(context.state, table))


def shared_anew(table: MountTable, number: int, kind: str, *, recursive: bool) -> MountTable:
    """A mount, or with ``recursive`` all below it too, is shared in another way."""
    numbers = [each.number for each in table.subtree(number)] if recursive else [number]
    for each in numbers:
        table = changed(table, each, kind)
    return table


def _move(context: Context, operation: Mount, found: Found) -> Steps:
    """``do_move_mount_old``: a mount goes elsewhere, with all that is on it."""
    source = yield from _source(context, operation)
    context.stops()
    return context.done(moved_to(context, source, found))


def moved_to(context: Context, source: Found, target: Found) -> State:
    """``do_move_mount``: the state with a mount put in place or moved.

    EINVAL for what is no mount's root, what is locked, what is on something shared; ELOOP for a place on the mount itself.
    """
    if not (has_place(source.path) and has_place(target.path)):
        context.insist(False, Errno.EINVAL, "what has no path is not mounted")
        return context.state
    assert isinstance(source.path, str)
    assert isinstance(target.path, str)
    files = context.state.files
    mount = mount_at(files, source.path)
    if mount is None:
        context.insist(False, Errno.EINVAL, f"{source.path} is no mount point")
        return context.state
    known = files.mounts
    if mount.namespace is not None:
        here = mount.namespace == context.thread.mount_namespace and mount.parent is not None
        context.insist(here, Errno.EINVAL, f"{source.path} cannot be moved")
        if mount.parent is None:
            return context.state
        shared = known.mounts[mount.parent].group is not None
        context.insist(not shared, Errno.EINVAL, f"{source.path} is mounted on what is shared, and stays")
    context.insist(not mount.locked, Errno.EINVAL, f"{source.path} is locked in its place")
    same_kind(context, source, target, Errno.EINVAL)
    spot = known.below(files.spot(target.path))
    there = known.mounts[spot.mount]
    if there.group is not None:
        binds = not any(each.unbindable for each in known.subtree(mount.number))
        context.insist(binds, Errno.EINVAL, "what may not be bound is not put on what is shared")
    loops = known.is_within(there.number, mount.number)
    context.insist(not loops, Errno.ELOOP, f"{target.path} is on the mount that is to be moved")
    here = there.namespace == context.thread.mount_namespace
    context.insist(here, Errno.EINVAL, f"{target.path} is in another mount namespace")
    if loops or not here:
        return context.state
    return with_table(context.state, moved(known, mount.number, spot))


def _new(context: Context, operation: Mount, found: Found, flags: frozenset[str]) -> Steps:
    """``do_new_mount``: the kind of file system is found, its options read, CAP_SYS_ADMIN asked for, the file system made."""
    context.insist(operation.type != "", Errno.EINVAL, "no kind of file system is named")
    kind = yield from kind_of(context, operation.type)
    thing = mount_thing(found.path, operation.type, operation.source)
    if operation.source != "":
        yield context.request("fs_context_parse_param", thing, key="source", value=operation.source)
    yield from options_read(context, thing, kind, operation.options)
    context.stops(Errno.EINVAL)
    yield from may_have(context, kind, Errno.EPERM)
    context.stops(*LOOKUP_ERRORS, Errno.ENOTBLK, Errno.EACCES, Errno.ENXIO)
    source = operation.source if isinstance(operation.source, str) else "unknown"
    yield from tree_made(context, thing, kind, source)
    yield context.request("sb_kern_mount", thing)
    yield from context.routine("sb_free_mnt_opts", thing)
    context.stops()
    if kind is None or not isinstance(found.path, str) or isinstance(operation.type, Unknown):
        return context.done()
    context.insist(has_place(found.path), Errno.EINVAL, "what has no path is not mounted on")
    if not has_place(found.path):
        return context.done()
    files, volume = made_by(context, kind, operation.type, source, flags)
    there = mount_at(context.state.files, found.path)
    same = there is not None and there.volume == volume.number
    context.insist(not same, Errno.EBUSY, f"the same is mounted at {found.path} already")
    context.insist(found.file.type == "directory", Errno.ENOTDIR, f"{found.path} is no directory")
    files, number = with_mounted(files, volume, flags & OWN_FLAGS)
    return context.done(with_files_at(context, files, number, found.path))


HANDLERS: Final = (handles(Mount, mount),)
