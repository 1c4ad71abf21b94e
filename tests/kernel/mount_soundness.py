"""Whether a table of mounts, and what is held through its mounts, fits together."""

from collections import Counter

from nslsm.kernel.files import FileSystem
from nslsm.kernel.mounts import FIRST, MountTable, Spot
from nslsm.kernel.state import State


def sound_mounts(state: State) -> None:
    """AssertionError where mounts, or what is looked up by, contradict themselves."""
    table = state.files.mounts
    _trees(table)
    _indices(table)
    _volumes(state.files, table)
    _held(state.files, table)
    users = Counter(thread.mount_namespace for thread in state.threads.values())
    for number, namespace in table.namespaces.items():
        assert number == FIRST or namespace.users >= users[number] > 0 or namespace.users > 0
        assert namespace.mounts == sum(mount.namespace == number for mount in table.mounts.values())


def _trees(table: MountTable) -> None:
    tops: dict[Spot, int] = {}
    children: dict[int, set[int]] = {}
    for number, mount in table.mounts.items():
        assert mount.number == number
        if mount.parent is None:
            assert mount.base is None
            assert mount.namespace is None or table.namespaces[mount.namespace].root == number
            continue
        children.setdefault(mount.parent, set()).add(number)
        parent = table.mounts[mount.parent]
        assert parent.namespace == mount.namespace
        piled = parent.root == mount.point and parent.base is not None
        assert mount.base == (parent.base if piled else Spot(mount.parent, mount.point))
        above = [each for each in table.mounts.values() if each.parent == number and each.point == mount.root]
        assert len(above) <= 1
        if not above:
            assert mount.base is not None
            assert mount.base not in tops
            tops[mount.base] = number
    assert dict(table.tops.items()) == tops
    assert {number: set(each) for number, each in table.children.items()} == children


def _indices(table: MountTable) -> None:
    for index, of in (
        (table.peers, lambda mount: mount.group),
        (table.slaves, lambda mount: mount.master),
        (table.roots, lambda mount: mount.root),
        (table.points, lambda mount: mount.point or None),
    ):
        expected: dict[object, set[int]] = {}
        for number, mount in table.mounts.items():
            if of(mount) is not None:
                expected.setdefault(of(mount), set()).add(number)
        assert {key: set(each) for key, each in index.items()} == expected
    assert all(master in table.peers for master in table.slaves)


def _volumes(files: FileSystem, table: MountTable) -> None:
    shown = Counter(mount.volume for mount in table.mounts.values())
    for number, volume in table.volumes.items():
        assert volume.mounts == shown[number]
        assert volume.mounts > 0 or number == FIRST
        assert table.by_top[volume.top] == number
        assert volume.top in files.paths
    assert all(number in table.volumes for number in table.by_key.values())
    for path in files.paths:
        assert not path or table.volume_at(path) is not None or path.startswith("deleted:[")


def _held(files: FileSystem, table: MountTable) -> None:
    through = {(name.mount, name.base): number for number, name in files.names.items() if name.base is not None}
    assert through == {
        (mount, plain): number for mount, names in files.through.items() for plain, number in names.items()
    }
    assert all(mount in table.mounts for mount, _ in through)
    in_use = set(files.through)
    for mount in table.mounts.values():
        top = mount
        while top.parent is not None:
            top = table.mounts[top.parent]
        if top.namespace is None and top.number != FIRST:
            assert any(each.number in in_use for each in table.subtree(top.number)), mount
