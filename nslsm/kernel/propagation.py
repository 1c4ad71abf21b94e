"""How mounts are shared: peer groups and their slaves, mount_namespaces(7), after fs/pnode.c."""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias, TypeVar

from rpds import HashTrieMap, HashTrieSet

from nslsm.kernel.copying import replace
from nslsm.kernel.mounts import NO_MOUNTS, Mounted, MountTable

_Key = TypeVar("_Key", int, str)
Index: TypeAlias = "HashTrieMap[_Key, HashTrieSet[int]]"
"""Groups or locations to mounts."""


def updated(table: MountTable, mount: Mounted) -> MountTable:
    """The table with ``mount`` in the place of the one with its number, or with one more; what is looked up by follows."""
    before = table.mounts.get(mount.number)
    peers, slaves, roots, points = table.peers, table.slaves, table.roots, table.points
    if before is None or before.group != mount.group:
        peers = _moved(peers, mount.number, None if before is None else before.group, mount.group)
    if before is None or before.master != mount.master:
        slaves = _moved(slaves, mount.number, None if before is None else before.master, mount.master)
    if before is None or before.root != mount.root:
        roots = _moved(roots, mount.number, None if before is None else before.root, mount.root)
    if before is None or before.point != mount.point:
        points = _moved(points, mount.number, None if before is None else before.point or None, mount.point or None)
    return replace(
        table,
        mounts=table.mounts.insert(mount.number, mount),
        peers=peers,
        slaves=slaves,
        roots=roots,
        points=points,
    )


def without(table: MountTable, number: int) -> MountTable:
    """The table without a mount that is nowhere."""
    mount = table.mounts[number]
    table = without_sharing(table, number)
    return replace(table, mounts=table.mounts.discard(number), roots=_moved(table.roots, number, mount.root, None))


def _moved(index: "Index[_Key]", number: int, before: _Key | None, after: _Key | None) -> "Index[_Key]":
    if before == after:
        return index
    if before is not None:
        left = index.get(before, NO_MOUNTS).discard(number)
        index = index.insert(before, left) if len(left) else index.discard(before)
    if after is not None:
        index = index.insert(after, index.get(after, NO_MOUNTS).insert(number))
    return index


def without_sharing(table: MountTable, number: int) -> MountTable:
    """A mount leaves its peers and its master. Where it was the last of its peers, its slaves get its master."""
    mount = table.mounts[number]
    table = updated(table, replace(mount, group=None, master=None, unbindable=False))
    if mount.group is not None and mount.group not in table.peers:
        for slave in sorted(table.slaves.get(mount.group, NO_MOUNTS)):
            table = updated(table, replace(table.mounts[slave], master=mount.master))
    return table


def changed(table: MountTable, number: int, kind: str) -> MountTable:
    """A mount becomes ``shared``, ``private``, ``slave`` or ``unbindable`` (``change_mnt_propagation``)."""
    mount = table.mounts[number]
    if kind == "shared":
        if mount.group is not None:
            return updated(table, replace(mount, unbindable=False))
        return updated(replace(table, next=table.next + 1), replace(mount, group=table.next, unbindable=False))
    if kind == "slave":
        if mount.group is None:
            return table
        left = updated(table, replace(mount, group=None))
        if mount.group in left.peers:
            return updated(left, replace(mount, group=None, master=mount.group))
        return _orphaned(left, mount)
    table = without_sharing(table, number)
    return updated(table, replace(table.mounts[number], unbindable=True)) if kind == "unbindable" else table


def _orphaned(table: MountTable, mount: Mounted) -> MountTable:
    """The last of its peers has become a slave: it has only its own master, and so have its slaves."""
    assert mount.group is not None
    for slave in sorted(table.slaves.get(mount.group, NO_MOUNTS)):
        table = updated(table, replace(table.mounts[slave], master=mount.master))
    return table


class Receiver(NamedTuple):
    """A mount on which something is to appear as well, because it appears on one that it shares with."""

    mount: int
    above: int | None
    """The receiver whose peer it is or from whose group it receives; None for the mount where it all begins."""
    slave: bool
    """Whether it only receives from that one."""
    group: bool
    """Whether it has peers of its own, to whom it passes on what it receives."""


def receivers(table: MountTable, number: int) -> Iterator[Receiver]:
    """The mounts that get what is mounted on another, those first from which others receive (``propagation_next``).

    None that is nowhere yet: what is about to be put in place does not receive itself.
    """
    mount = table.mounts[number]
    if mount.group is None:
        return
    pending: list[tuple[int, int, int | None]] = [(mount.group, number, None)]
    seen = {mount.group}
    while pending:
        group, first, above = pending.pop()
        for peer in sorted(table.peers.get(group, NO_MOUNTS)):
            if peer != first and table.mounts[peer].namespace is not None:
                yield Receiver(peer, above, slave=False, group=True)
        for slave in sorted(table.slaves.get(group, NO_MOUNTS)):
            own = table.mounts[slave].group
            if table.mounts[slave].namespace is None:
                continue
            if own is None:
                yield Receiver(slave, above, slave=True, group=False)
            elif own not in seen:
                seen.add(own)
                yield Receiver(slave, above, slave=True, group=True)
                pending.append((own, slave, slave))
