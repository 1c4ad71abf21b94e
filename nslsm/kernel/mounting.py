"""Mounts come and go: made, put in place, copied, moved, taken off (fs/namespace.c); each answers with the table after."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.kernel.copying import replace
from nslsm.kernel.mounts import (
    FIRST,
    NO_MOUNTS,
    Mounted,
    MountNamespace,
    MountTable,
    Volume,
)
from nslsm.kernel.paths import Spot, is_in, repathed
from nslsm.kernel.propagation import Receiver, receivers, updated, without, without_sharing
from nslsm.kernel.refusal import Refused

MOUNT_MAX: Final = 100_000
"""How many mounts a namespace may have, /proc/sys/fs/mount-max; more are ENOSPC."""

LOCKABLE: Final = frozenset({"rdonly", "nosuid", "nodev", "noexec"})
"""The flags that stay on a mount that came from a more privileged namespace."""


class Copied(NamedTuple):
    """The table after a tree of mounts was copied."""

    table: MountTable
    top: int
    copies: Mapping[int, int]
    """Mounts to their copies."""


def with_volume(
    table: MountTable,
    kind: str,
    source: str,
    *,
    key: tuple[str, str] | None = None,
    empty: bool = False,
    user_namespace: int = FIRST,
    flags: frozenset[str] = frozenset(),
) -> tuple[MountTable, Volume]:
    """A new file system, which no mount shows yet."""
    number = table.next
    top = f"{kind.replace('/', '_')}:[{number}]"
    volume = Volume(
        number=number,
        type=kind,
        top=top,
        source=source,
        empty=empty,
        user_namespace=user_namespace,
        key=key,
        flags=flags,
        mounts=0,
    )
    table = replace(
        table,
        volumes=table.volumes.insert(number, volume),
        by_top=table.by_top.insert(top, number),
        by_key=table.by_key if key is None else table.by_key.insert(key, number),
        next=number + 1,
    )
    return table, volume


def with_mount(
    table: MountTable, volume: int, root: str, flags: frozenset[str] = frozenset()
) -> tuple[MountTable, int]:
    """A new mount of a file system, which is nowhere yet."""
    number = table.next
    table = _shown(replace(table, next=number + 1), volume, 1)
    return updated(table, Mounted(number=number, volume=volume, root=root, flags=flags)), number


def _shown(table: MountTable, volume: int, more: int) -> MountTable:
    known = table.volumes[volume]
    return replace(table, volumes=table.volumes.insert(volume, replace(known, mounts=known.mounts + more)))


def copied(
    table: MountTable,
    number: int,
    root: str,
    *,
    recursive: bool,
    slave: bool = False,
    unbindable: bool = False,
    room: int = MOUNT_MAX,
) -> Copied:
    """A tree of mounts is copied, which is nowhere then (``copy_tree``); its top shows ``root`` only.

    Without ``recursive`` the top alone. ``slave``: copies of what is shared only receive. ``unbindable``: mounts that may not
    be bound are copied too, for a new namespace; else they are left out, EPERM where they are locked. ENOSPC for more than
    ``room``.
    """
    copies: dict[int, int] = {}
    left_out: set[int] = set()
    for mount in table.subtree(number) if recursive else (table.mounts[number],):
        if mount.number != number:
            if mount.parent in left_out or (mount.parent == number and not is_in(mount.point, root)):
                left_out.add(mount.number)
                continue
            if mount.unbindable and not unbindable:
                if mount.locked:
                    raise Refused(Errno.EPERM, "a mount below may not be bound, and is locked")
                left_out.add(mount.number)
                continue
        if len(copies) == room:
            raise Refused(Errno.ENOSPC, f"a mount namespace has {MOUNT_MAX} mounts at most")
        shared_to_slave = slave and mount.group is not None
        copy = replace(
            mount,
            number=table.next,
            root=root if mount.number == number else mount.root,
            namespace=None,
            parent=None,
            point="",
            base=None,
            group=None if shared_to_slave else mount.group,
            master=mount.group if shared_to_slave else mount.master,
        )
        copies[mount.number] = copy.number
        table = updated(_shown(replace(table, next=table.next + 1), mount.volume, 1), copy)
        if mount.number != number:
            assert mount.parent is not None
            table = _put(table, copy.number, Spot(copies[mount.parent], mount.point))
    return Copied(table, copies[number], copies)


def _put(table: MountTable, number: int, spot: Spot) -> MountTable:
    """A tree's top gets a parent. What lies on its root already is part of the pile from now on."""
    mount, parent = table.mounts[number], table.mounts[spot.mount]
    base = parent.base if spot.location == parent.root and parent.base is not None else spot
    assert base is not None
    mount = replace(mount, parent=parent.number, point=spot.location, base=base)
    table = updated(table, mount)
    own = Spot(number, mount.root)
    pile = table.tops.get(own, number)
    tops = table.tops.discard(own) if pile != number else table.tops
    siblings = table.children.get(parent.number, NO_MOUNTS).insert(number)
    table = replace(table, tops=tops.insert(base, pile), children=table.children.insert(parent.number, siblings))
    return _rebased(table, pile, number, base)


def _rebased(table: MountTable, upper: int, lower: int, base: Spot) -> MountTable:
    while upper != lower:
        mount = table.mounts[upper]
        table = updated(table, replace(mount, base=base))
        assert mount.parent is not None
        upper = mount.parent
    return table


def _taken(table: MountTable, number: int) -> MountTable:
    """A mount leaves its parent, with all that is on it."""
    mount = table.mounts[number]
    if mount.parent is None:
        return table
    base = mount.base
    assert base is not None
    parent = table.mounts[mount.parent]
    pile = table.tops[base]
    in_pile = parent.base == base and parent.root == mount.point
    tops = table.tops.insert(base, parent.number) if in_pile else table.tops.discard(base)
    siblings = table.children[parent.number].discard(number)
    children = (
        table.children.insert(parent.number, siblings) if len(siblings) else table.children.discard(parent.number)
    )
    table = replace(table, tops=tops, children=children)
    own = Spot(number, mount.root)
    if pile != number:
        table = _rebased(replace(table, tops=table.tops.insert(own, pile)), pile, number, own)
    return updated(table, replace(table.mounts[number], parent=None, point="", base=None))


def _in_namespace(table: MountTable, number: int, namespace: int | None) -> MountTable:
    """A tree of mounts is in a namespace from now on; ENOSPC where that has no room for it."""
    for mount in tuple(table.subtree(number)):
        if mount.namespace == namespace:
            continue
        table = _counted(table, mount.namespace, -1)
        table = _counted(table, namespace, 1)
        table = updated(table, replace(mount, namespace=namespace))
    return table


def _counted(table: MountTable, namespace: int | None, more: int) -> MountTable:
    known = None if namespace is None else table.namespaces.get(namespace)
    if known is None or namespace is None:
        return table
    if known.mounts + more > MOUNT_MAX:
        raise Refused(Errno.ENOSPC, f"a mount namespace has {MOUNT_MAX} mounts at most")
    counted = known._replace(mounts=known.mounts + more)
    return replace(table, namespaces=table.namespaces.insert(namespace, counted))


def attached(table: MountTable, number: int, spot: Spot) -> MountTable:
    """A tree of mounts is put in place, on top of what is mounted there, and with it copies wherever that place is shared.

    What is mounted on something shared is shared itself (``attach_recursive_mnt``).
    """
    spot = table.below(spot)
    parent = table.mounts[spot.mount]
    if parent.group is not None:
        table = _all_shared(table, number)
    goals = [each for each in receivers(table, parent.number) if is_in(spot.location, table.mounts[each.mount].root)]
    _have_room(table, number, goals)
    table = _in_namespace(_put(table, number, spot), number, parent.namespace)
    sources: dict[int | None, int] = {None: number}
    for goal in goals:
        made = copied(
            table, sources.get(goal.above, number), table.mounts[number].root, recursive=True, slave=goal.slave
        )
        table = made.table
        if goal.slave and goal.group:
            table = _all_shared(table, made.top)
            sources[goal.mount] = made.top
        receiver = table.mounts[goal.mount]
        here = table.below(Spot(goal.mount, spot.location))
        table = _in_namespace(_put(table, made.top, here), made.top, receiver.namespace)
        if _user_namespace(table, receiver.namespace) != _user_namespace(table, parent.namespace):
            table = locked(table, made.top)
            table = updated(table, replace(table.mounts[made.top], locked=False))
    return table


def _have_room(table: MountTable, number: int, goals: Sequence[Receiver]) -> None:
    """``count_mounts``: ENOSPC before anything is copied where a namespace would get more mounts than it may have."""
    size = sum(1 for _ in table.subtree(number))
    for namespace, times in Counter(table.mounts[goal.mount].namespace for goal in goals).items():
        known = None if namespace is None else table.namespaces.get(namespace)
        if known is not None and known.mounts + size * times > MOUNT_MAX:
            raise Refused(Errno.ENOSPC, f"a mount namespace has {MOUNT_MAX} mounts at most")


def _user_namespace(table: MountTable, namespace: int | None) -> int:
    known = None if namespace is None else table.namespaces.get(namespace)
    return FIRST if known is None else known.user_namespace


def _all_shared(table: MountTable, number: int) -> MountTable:
    for mount in tuple(table.subtree(number)):
        if mount.group is None:
            table = updated(replace(table, next=table.next + 1), replace(mount, group=table.next, unbindable=False))
    return table


def locked(table: MountTable, number: int) -> MountTable:
    """A tree of mounts cannot be taken apart, nor lose its restrictions (``lock_mnt_tree``)."""
    for mount in tuple(table.subtree(number)):
        kept = mount.locked_flags | (mount.flags & LOCKABLE)
        table = updated(table, replace(mount, locked=True, locked_flags=kept))
    return table


def moved(table: MountTable, number: int, spot: Spot) -> MountTable:
    """A mount goes elsewhere, with all that is on it (``do_move_mount``)."""
    return attached(_taken(table, number), number, spot)


def also_unmounted(table: MountTable, number: int) -> list[int]:
    """The copies of a mount on those that its parent shares with, which go with it (``propagate_umount``).

    One stays that something else is mounted on.
    """
    mount = table.mounts[number]
    if mount.parent is None:
        return []
    found = []
    for each in receivers(table, mount.parent):
        child = _mounted_at(table, Spot(each.mount, mount.point))
        if child is not None and not child.locked and not len(table.children.get(child.number, NO_MOUNTS)):
            found.append(child.number)
    return found


def _mounted_at(table: MountTable, spot: Spot) -> Mounted | None:
    """The mount whose parent and point are exactly these; others may lie on it."""
    mount = table.mounts[spot.mount]
    base = mount.base if mount.base is not None and mount.root == spot.location else spot
    number = table.tops.get(base)
    while number is not None:
        mount = table.mounts[number]
        if mount.parent == spot.mount:
            return mount if mount.point == spot.location else None
        number = mount.parent if mount.base == base else None
    return None


def unmounted(table: MountTable, number: int) -> tuple[MountTable, tuple[int, ...]]:
    """A mount and all that is on it are taken out of the tree (``umount_tree``): the table, and what is nowhere now."""
    gone = [mount.number for mount in table.subtree(number)]
    for each in reversed(gone):
        mount = table.mounts[each]
        table = _counted(_taken(table, each), mount.namespace, -1)
        table = without_sharing(table, each)
        table = updated(table, replace(table.mounts[each], namespace=None, locked=False))
    return table, tuple(gone)


def forgotten(table: MountTable, number: int) -> tuple[MountTable, Volume | None]:
    """A mount that is nowhere has ended: the table without it, and its file system where this was the last that showed it."""
    mount = table.mounts[number]
    table = _shown(without(table, number), mount.volume, -1)
    volume = table.volumes[mount.volume]
    if volume.mounts or volume.number == FIRST:
        return table, None
    by_key = table.by_key
    if volume.key is not None and by_key.get(volume.key) == volume.number:
        by_key = by_key.discard(volume.key)
    table = replace(
        table,
        volumes=table.volumes.discard(volume.number),
        by_top=table.by_top.discard(volume.top),
        by_key=by_key,
    )
    return table, volume


def with_namespace(table: MountTable, old: int, number: int, user_namespace: int) -> Copied:
    """A new mount namespace with a copy of all mounts of another (``copy_mnt_ns``).

    In another user namespace than the old one, the copies only receive from what they came from, and are locked.
    """
    known = table.namespaces.get(old, table.namespaces[FIRST])
    less = known.user_namespace != user_namespace
    root = table.mounts[known.root].root
    made = copied(table, known.root, root, recursive=True, slave=less, unbindable=True)
    table = locked(made.table, made.top) if less else made.table
    namespace = MountNamespace(made.top, user_namespace, users=0, mounts=0)
    table = replace(table, namespaces=table.namespaces.insert(number, namespace))
    return made._replace(table=_in_namespace(table, made.top, number))


def pivoted(table: MountTable, namespace: int, old_root: int, new_root: int, put_old: Spot) -> MountTable:
    """``new_root`` takes the place of ``old_root``, which is mounted at ``put_old`` (``pivot_root``)."""
    table = _taken(table, new_root)
    before = table.mounts[old_root]
    known = table.namespaces[namespace]
    if before.parent is None:
        table = replace(table, namespaces=table.namespaces.insert(namespace, known._replace(root=new_root)))
    else:
        place = Spot(before.parent, before.point)
        table = _put(_taken(table, old_root), new_root, place)
    old = table.mounts[old_root]
    table = updated(table, replace(old, locked=False))
    table = updated(table, replace(table.mounts[new_root], locked=old.locked))
    return _put(table, old_root, table.below(put_old))


def relocated(table: MountTable, moves: Mapping[str, str]) -> MountTable:
    """Files are called otherwise from now on: what is mounted on them or shows them follows."""
    touched = {
        number
        for index in (table.roots, table.points)
        for location in index
        if repathed(location, moves) is not None
        for number in index[location]
    }
    if not touched:
        return table
    tops = table.tops
    new = {spot: repathed(spot.location, moves) for spot in tops}
    for spot, location in new.items():
        tops = tops if location is None else tops.discard(spot)
    for spot, location in new.items():
        tops = tops if location is None else tops.insert(Spot(spot.mount, location), table.tops[spot])
    table = replace(table, tops=tops)
    for mount in tuple(table.mounts.values()):
        base = None if mount.base is None else repathed(mount.base.location, moves)
        if mount.number in touched or base is not None:
            changed = replace(
                mount,
                root=repathed(mount.root, moves) or mount.root,
                point=repathed(mount.point, moves) or mount.point,
                base=mount.base if mount.base is None or base is None else Spot(mount.base.mount, base),
            )
            table = updated(table, changed)
    return table
