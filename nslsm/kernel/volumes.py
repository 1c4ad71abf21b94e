"""File systems beside the first: made or found again when somebody mounts one, shown to rules."""

from typing import Final

from rpds import HashTrieMap

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.entries import Rekeyed
from nslsm.kernel.files import FileSystem
from nslsm.kernel.inodes import Inode, Name
from nslsm.kernel.links import hold, release
from nslsm.kernel.mounting import with_mount, with_volume
from nslsm.kernel.mounts import FIRST, Mounted, MountTable, Volume
from nslsm.kernel.paths import Hidden, Spot
from nslsm.kernel.process import Thread
from nslsm.kernel.spaces import KINDS, Target, location_of, number_of
from nslsm.kernel.state import State, with_files
from nslsm.kernel.volume_types import VolumeType
from nslsm.kernel.world import World
from nslsm.protocol.things import Identity, Task, Thing

NSFS: Final = "nsfs"
"""The file system whose files stand for namespaces."""


def key_of(kind: VolumeType, source: str, thread: Thread) -> tuple[str, str] | None:
    """What makes two mounts show one file system: its device, or the namespace that has one; None where each is new."""
    if kind.stored:
        return "device", source
    if kind.single:
        number = 0 if kind.space is None or kind.name.startswith("cgroup") else number_of(thread, kind.space)
        return kind.name, str(number)
    return None


def volume_known(table: MountTable, kind: VolumeType, source: str, thread: Thread) -> Volume | None:
    """The file system that a mount would show again; None where it would be made."""
    key = key_of(kind, source, thread)
    number = None if key is None else table.by_key.get(key)
    return None if number is None else table.volumes[number]


def with_file_system(
    files: FileSystem,
    kind: VolumeType,
    name: str,
    source: str,
    *,
    thread: Thread,
    maker: Task,
    owner: int,
    flags: frozenset[str],
) -> tuple[FileSystem, Volume]:
    """The files with a file system that was made, or with the one that is known already.

    Its root directory is its maker's. In a closed world it is empty; in others only what the kernel makes anew is, and the
    rest is as the world has it.
    """
    known = volume_known(files.mounts, kind, source, thread)
    if known is not None:
        return files, known
    empty = kind.name in ("tmpfs", "ramfs", "mqueue", "hugetlbfs") or files.world is World.CLOSED
    table, volume = with_volume(
        files.mounts,
        name,
        source,
        key=key_of(kind, source, thread),
        empty=empty,
        user_namespace=owner if kind.by_users else FIRST,
        flags=flags,
    )
    recorded = files.world is World.RECORDED
    root = Inode(
        number=files.next,
        type="directory",
        owner=UNKNOWN if recorded else maker.credentials.fsuid if kind.made else 0,
        group=UNKNOWN if recorded else maker.credentials.fsgid if kind.made else 0,
        mode=UNKNOWN if recorded else kind.root_mode,
        filesystem=kind.name,
        xattrs=UNKNOWN if recorded else HashTrieMap(),
        kept=True,
    )
    return _rooted(replace(files, mounts=table), volume.top, root), volume


def _rooted(files: FileSystem, location: str, inode: Inode) -> FileSystem:
    """A file that is in no directory: the root of a file system, what stands for a namespace."""
    number = inode.number + 1
    return replace(
        files,
        inodes=files.inodes.insert(inode.number, inode),
        names=files.names.insert(number, Name(location, inode.number)),
        paths=files.paths.insert(location, number),
        next=number + 1,
    )


def with_mounted(files: FileSystem, volume: Volume, flags: frozenset[str]) -> tuple[FileSystem, int]:
    """The files with one more mount of a file system, which is nowhere yet."""
    table, number = with_mount(files.mounts, volume.number, volume.top, flags)
    return replace(files, mounts=table), number


def with_space_file(files: FileSystem, target: Target) -> tuple[FileSystem, Volume]:
    """The files with the one that stands for a namespace, so that it can be bound: it is its own little file system."""
    location = location_of(target)
    known = files.mounts.volume_at(location)
    if known is not None:
        return files, known
    number = files.mounts.next
    volume = Volume(number=number, type=NSFS, top=location, source=NSFS, mounts=0, empty=True)
    table = replace(
        files.mounts,
        volumes=files.mounts.volumes.insert(number, volume),
        by_top=files.mounts.by_top.insert(location, number),
        next=number + 1,
    )
    inode = Inode(
        number=files.next,
        type="regular",
        owner=0,
        group=0,
        mode=0o444,
        filesystem=NSFS,
        xattrs=HashTrieMap(),
        kept=True,
    )
    return _rooted(replace(files, mounts=table), location, inode), volume


def held_root(files: FileSystem, mount: int) -> tuple[FileSystem, int]:
    """Something refers to the root of a mount: the files after, and the number of the name."""
    shown = files.mounts.mounts[mount]
    return hold(files, Hidden.at("/", Spot(mount, shown.root), shown.root))


def mount_at(files: FileSystem, path: str | Unknown) -> Mounted | None:
    """The mount of which a path is the root; None where it is none's."""
    if isinstance(path, Unknown) or not path.startswith("/"):
        return None
    spot = files.spot(path)
    mount = files.mounts.mounts[spot.mount]
    return mount if mount.root == spot.location else None


def mount_thing(
    path: str | Unknown,
    filesystem: str | Unknown,
    source: str | Unknown,
    number: int | None = None,
) -> Thing:
    """A mount as rules see it; ``number`` is that of one that is there already."""
    facts: HashTrieMap[str, str | Unknown] = HashTrieMap(
        {"path": str(path) if isinstance(path, str) else path, "filesystem": filesystem, "source": source}
    )
    return Thing(kind="mount", identity=UNKNOWN if number is None else Identity("mount", number), facts=facts)


def mounted_thing(files: FileSystem, mount: Mounted) -> Thing:
    """A mount that is there, as rules see it."""
    volume = files.mounts.volumes[mount.volume]
    path = files.mounts.text(Spot(mount.number, mount.root))
    kind: str | Unknown = UNKNOWN if volume.type is None else volume.type.partition(".")[0]
    return mount_thing(path, kind, UNKNOWN if volume.type is None else volume.source, mount.number)


def files_in(files: FileSystem, volume: Volume) -> int:
    """How many files of a file system are remembered, its root included."""
    pending, count = [volume.top], 0
    while pending:
        location = pending.pop()
        count += 1
        pending.extend(files.children.get(location, ()))
    told = sum(location.startswith(f"{volume.top}/") for seen in (files.recent, files.older) for location in seen)
    return count + told


def refers_elsewhere(state: State, old: Spot, new: int) -> tuple[State, Rekeyed]:
    """Tasks whose root or current directory was ``old`` have the root of mount ``new`` instead (``chroot_fs_refs``)."""
    rekeyed: Rekeyed = {}
    for number in sorted(state.places):
        place = state.places[number]
        for which in ("directory", "root"):
            name = state.files.names[getattr(place, which)]
            plain = name if name.base is None else state.files.names[name.base]
            if (name.mount, plain.path) != old:
                continue
            files, held = held_root(state.files, new)
            let_go = release(files, getattr(place, which))
            state = with_files(state, let_go)
            rekeyed.update(let_go.rekeyed)
            place = replace(place, **{which: held})
        state = replace(state, places=state.places.insert(number, place))
    return state, rekeyed


def is_space_file(location: str) -> bool:
    """Whether a location is that of a file that stands for a namespace.

    >>> is_space_file("uts:[4]"), is_space_file("tmpfs:[4]")
    (True, False)
    """
    return location.partition(":")[0] in KINDS and not location.startswith("/")
