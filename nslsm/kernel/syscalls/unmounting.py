"""umount2(2) and pivot_root(2), after ``path_umount`` and ``pivot_root`` in fs/namespace.c."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.event import Steps
from nslsm.kernel.files import FileSystem
from nslsm.kernel.links import Rekeyed, without_mounts
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, lookup
from nslsm.kernel.mounting import also_unmounted, pivoted
from nslsm.kernel.mounts import FIRST, NO_MOUNTS, Mounted, MountTable, Volume
from nslsm.kernel.operations.mounts import PivotRoot, Unmount
from nslsm.kernel.operations.operation import At
from nslsm.kernel.paths import Spot
from nslsm.kernel.spaces import released_space, target_at
from nslsm.kernel.state import State, with_files
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.mounting import may_mount, with_table
from nslsm.kernel.volumes import NSFS, files_in, mount_at, mount_thing, mounted_thing, refers_elsewhere


def unmount(context: Context, operation: Unmount) -> Steps:
    """``path_umount``: CAP_SYS_ADMIN, then ``sb_umount``; the last mount of a file system takes that with it."""
    context.stops(Errno.EFAULT)
    flags = frozenset[str]() if isinstance(operation.flags, Unknown) else operation.flags
    found = yield from lookup(context, operation.at._replace(follow="nofollow" not in flags))
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS)
    yield from may_mount(context)
    mount = _mounted(context, found)
    context.stops(Errno.EINVAL)
    if "force" in flags:
        reason = "only CAP_SYS_ADMIN over the machine unmounts by force"
        yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, reason, over=FIRST)
    files = context.state.files
    thing = mount_thing(found.path, found.file.filesystem, UNKNOWN) if mount is None else mounted_thing(files, mount)
    yield context.request("sb_umount", thing, flags=operation.flags)
    context.stops()
    if mount is None:
        return context.done()
    if mount.number == files.names[context.place.root].mount and "detach" not in flags:
        return context.done(_read_only(context.state, mount))
    if "detach" not in flags:
        busy = is_busy(files, mount.number)
        context.insist(not busy, Errno.EBUSY, f"{found.path} is in use")
    if mount.parent is None:
        context.insist(False, Errno.EINVAL, "the root of all mounts stays")
        return context.done()
    return (yield from _gone(context, mount))


def _mounted(context: Context, found: Found) -> Mounted | None:
    """``can_umount``: EINVAL for what is no mount's root, is in another namespace, or covers what may not be uncovered."""
    mount = mount_at(context.state.files, found.path)
    here = mount is not None and mount.namespace == context.thread.mount_namespace
    context.insist(here, Errno.EINVAL, f"{found.path} is no mount point")
    if mount is None or not here:
        return None
    context.insist(not mount.locked, Errno.EINVAL, f"what {found.path} covers may not be uncovered")
    return mount


def is_busy(files: FileSystem, number: int) -> bool:
    """Whether something is mounted on a mount, or somebody refers to a file through it (``propagate_mount_busy``)."""
    if len(files.mounts.children.get(number, NO_MOUNTS)) or number in files.through:
        return True
    if number != FIRST:
        return False
    through = sum(len(held) for held in files.through.values())
    plain = sum(name.holders for name in files.names.values() if name.base is None)
    return plain - through > 1


def _read_only(state: State, mount: Mounted) -> State:
    """The root of the caller's own files is not unmounted, it can be read only from then on (``do_umount_root``)."""
    table = state.files.mounts
    volume = table.volumes[mount.volume]
    volumes = table.volumes.insert(volume.number, replace(volume, flags=volume.flags | {"rdonly"}))
    return with_table(state, replace(table, volumes=volumes))


def _gone(context: Context, mount: Mounted) -> Steps:
    """``umount_tree``, with the copies on what is shared; then file systems end that nobody shows any more."""
    state = context.state
    before = state.files.mounts
    rekeyed: Rekeyed = {}
    volumes: set[int] = set()
    for number in (*also_unmounted(before, mount.number), mount.number):
        if number in state.files.mounts.mounts:
            volumes.update(each.volume for each in state.files.mounts.subtree(number))
            changed = without_mounts(state.files, number)
            rekeyed.update(changed.rekeyed)
            state = with_files(state, changed)
    for number in sorted(volumes):
        volume = before.volumes[number]
        if number not in state.files.mounts.volumes:
            yield from _ended(context, volume)
            target = target_at(state, volume.top) if volume.type == NSFS else None
            if target is not None:
                state, more = released_space(state, target)
                rekeyed.update(more)
    return context.done(state)._replace(rekeyed=rekeyed)


def _ended(context: Context, volume: Volume) -> Asking[None]:
    """``generic_shutdown_super``: its inodes are freed, and what modules keep about it, namespaces' files apart."""
    for _ in range(files_in(context.state.files, volume)):
        yield from context.routine("inode_free_security")
    if volume.type != NSFS:
        thing = mount_thing(UNKNOWN, UNKNOWN if volume.type is None else volume.type, volume.source)
        yield from context.routine("sb_delete", thing)
        yield from context.routine("sb_free_security", thing)


def pivot_root(context: Context, operation: PivotRoot) -> Steps:
    """``pivot_root``: CAP_SYS_ADMIN, both paths are looked up, ``sb_pivotroot``; only then is it seen whether they fit."""
    yield from may_mount(context)
    new = yield from _directory(context, operation.new_root)
    old = yield from _directory(context, operation.put_old)
    context.stops(*LOOKUP_ERRORS)
    yield context.request("sb_pivotroot", new.file, put_old=old.file)
    context.stops()
    state, rekeyed = _pivoted(context, new, old)
    return context.done(state)._replace(rekeyed=rekeyed)


def _directory(context: Context, at: At) -> Asking[Found]:
    found = yield from lookup(context, at, directory=True)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.insist(found.file.type == "directory", Errno.ENOTDIR, f"{found.path} is no directory")
    return found


def _pivoted(context: Context, new: Found, old: Found) -> tuple[State, Rekeyed]:
    """The state with another root: EBUSY where it is the root, EINVAL where it is no mount, or the old one has no place."""
    state = context.state
    files = state.files
    root = files.names[context.place.root]
    plain = root if root.base is None else files.names[root.base]
    new_root, old_root = mount_at(files, new.path), files.mounts.mounts[root.mount]
    if new_root is None or isinstance(old.path, Unknown) or isinstance(plain.path, Unknown):
        context.insist(False, Errno.EINVAL, f"{new.path} is no mount point")
        return state, {}
    put_old = files.spot(old.path)
    there = files.mounts.mounts[put_old.mount]
    namespace = context.thread.mount_namespace
    context.insist(new_root.number != old_root.number, Errno.EBUSY, f"{new.path} is on the root's own mount")
    context.insist(there.number != old_root.number, Errno.EBUSY, f"{old.path} is on the root's own mount")
    fits = (
        (new_root.namespace == there.namespace == old_root.namespace == namespace, "all are in one mount namespace"),
        (not new_root.locked, f"{new.path} is locked in its place"),
        (plain.path == old_root.root, "the root is a mount point"),
        (new_root.parent is not None, f"{new.path} is mounted on something"),
        (files.mounts.is_within(there.number, new_root.number), f"{old.path} is below {new.path}"),
        (files.mounts.is_within(new_root.number, old_root.number), f"{new.path} can be reached from the root"),
        (not _shared_above(files.mounts, new_root, old_root), "nothing that moves is on what is shared"),
    )
    sound = True
    for fit, reason in fits:
        context.insist(fit, Errno.EINVAL, f"pivot_root(2) wants that {reason}")
        sound = sound and fit
    if not sound or new_root.number == old_root.number:
        return state, {}
    table = pivoted(files.mounts, namespace, old_root.number, new_root.number, put_old)
    return refers_elsewhere(with_table(state, table), Spot(old_root.number, old_root.root), new_root.number)


def _shared_above(table: MountTable, new: Mounted, old: Mounted) -> bool:
    """Whether the parents of what moves are shared (``IS_MNT_SHARED``)."""
    parents = (table.mounts[each] for each in (new.parent, old.parent) if each is not None)
    return any(each.group is not None for each in parents)


HANDLERS: Final = (
    handles(Unmount, unmount),
    handles(PivotRoot, pivot_root),
)
