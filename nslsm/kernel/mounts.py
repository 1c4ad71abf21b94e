"""Mounts as values: which tree of files shows where, in each mount namespace of Linux's, mount_namespaces(7).

A file has one *location*: its path in the file system that holds it. Files of the first file system have plain paths for
locations; those of another begin with its own name, ``tmpfs:[3]/x``. A mount shows a location's tree at a *spot*: a location
as it is seen through another mount. So a file that is bound elsewhere is the same file, whatever path leads to it.

Nothing here changes a table; :mod:`nslsm.kernel.mounting` does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rpds import HashTrieMap, HashTrieSet

from nslsm.kernel.paths import Spot, joined

FIRST: Final = 0
"""The number of the first mount, of its file system, and of the mount namespace and the user namespace that it is in."""

NO_MOUNTS: "Final[HashTrieSet[int]]" = HashTrieSet()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """One mount (the kernel's ``struct mount``)."""

    number: int
    volume: int
    """The file system that it shows."""
    root: str
    """The location that is to be seen where it is mounted."""
    namespace: int | None = None
    """The mount namespace that it is in; None where it is nowhere: not put in place yet, or unmounted while in use."""
    parent: int | None = None
    """The mount on which it is; None for the root of a tree."""
    point: str = ""
    """The location, seen through the parent, on which it is."""
    base: Spot | None = None
    """Where the pile of mounts begins that lie on one another here: its spot, seen through what is below the pile."""
    flags: frozenset[str] = frozenset()
    """Members of ``MOUNT_FLAGS`` that are one mount's own: ``rdonly``, ``nosuid``, ``nodev``, ``noexec``, …"""
    locked_flags: frozenset[str] = frozenset()
    """Those that who is in a less privileged namespace cannot take away."""
    locked: bool = False
    """It cannot be taken off what it covers: it came from a more privileged namespace together with it."""
    group: int | None = None
    """The peer group in which mounts below it are shared; None where they are not."""
    master: int | None = None
    """The peer group from which it receives mounts, but does not give any, ``MS_SLAVE``."""
    unbindable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A file system (the kernel's ``struct super_block``)."""

    number: int
    type: str | None
    """Its name in /proc/filesystems; None for the first one, of which nobody said."""
    top: str
    """The location of its root directory."""
    source: str = "none"
    empty: bool = False
    """Only what was made in it exists, whatever the world."""
    user_namespace: int = FIRST
    key: tuple[str, str] | None = None
    """What makes a second mount of the same one show it again: its type, and its device or namespace."""
    flags: frozenset[str] = frozenset()
    mounts: int = 1
    """How many mounts show it."""


class MountNamespace(NamedTuple):
    """One mount namespace: the tree below ``root``."""

    root: int
    user_namespace: int = FIRST
    users: int = 0
    """Tasks that are in it, and descriptors and files that stand for it; the first one stays whoever is in it."""
    mounts: int = 1


_ROOT: Final = Mounted(number=FIRST, volume=FIRST, root="/", namespace=FIRST, group=FIRST)


@dataclass(frozen=True, slots=True, kw_only=True)
class MountTable:
    """All mounts of one kernel, in whichever namespace, persistent."""

    mounts: "HashTrieMap[int, Mounted]" = field(default_factory=lambda: HashTrieMap({FIRST: _ROOT}))
    roots: "HashTrieMap[str, HashTrieSet[int]]" = field(
        default_factory=lambda: HashTrieMap({"/": NO_MOUNTS.insert(FIRST)})
    )
    """Locations to the mounts that show them where they are mounted."""
    points: "HashTrieMap[str, HashTrieSet[int]]" = field(default_factory=HashTrieMap)
    """Locations to the mounts that are mounted on them, seen through whichever mount."""
    tops: "HashTrieMap[Spot, int]" = field(default_factory=HashTrieMap)
    """Spots on which something is mounted, to the topmost of the pile there."""
    children: "HashTrieMap[int, HashTrieSet[int]]" = field(default_factory=HashTrieMap)
    """Mounts to those that are on them."""
    peers: "HashTrieMap[int, HashTrieSet[int]]" = field(
        default_factory=lambda: HashTrieMap({FIRST: NO_MOUNTS.insert(FIRST)})
    )
    """Peer groups to their members."""
    slaves: "HashTrieMap[int, HashTrieSet[int]]" = field(default_factory=HashTrieMap)
    """Peer groups to the mounts that receive from them."""
    volumes: "HashTrieMap[int, Volume]" = field(
        default_factory=lambda: HashTrieMap({FIRST: Volume(number=FIRST, type=None, top="/")})
    )
    by_top: "HashTrieMap[str, int]" = field(default_factory=lambda: HashTrieMap({"/": FIRST}))
    """The locations of root directories to their file systems."""
    by_key: "HashTrieMap[tuple[str, str], int]" = field(default_factory=HashTrieMap)
    namespaces: "HashTrieMap[int, MountNamespace]" = field(
        default_factory=lambda: HashTrieMap({FIRST: MountNamespace(FIRST)})
    )
    next: int = 1

    def volume_at(self, location: str) -> Volume | None:
        """The file system that holds a location; None for one that has ended."""
        top = "/" if location.startswith("/") else location.partition("/")[0]
        number = self.by_top.get(top)
        return None if number is None else self.volumes[number]

    def is_plain(self, namespace: int) -> bool:
        """Whether, in a mount namespace, every path is its own location: nothing is mounted but the first file system."""
        known = self.namespaces.get(namespace)
        return known is None or (known.mounts == 1 and self.mounts[known.root].root == "/")

    def start(self, namespace: int) -> Spot:
        """The root of a namespace's tree; of one that has ended, of the first."""
        known = self.namespaces.get(namespace, self.namespaces[FIRST])
        return Spot(known.root, self.mounts[known.root].root)

    def below(self, spot: Spot) -> Spot:
        """What is to be seen at a spot: the root of what is mounted there last, or the spot itself (``lookup_mnt``)."""
        top = self.tops.get(spot)
        if top is None:
            mount = self.mounts[spot.mount]
            if mount.base is None or mount.root != spot.location:
                return spot
            top = self.tops.get(mount.base, spot.mount)
        return Spot(top, self.mounts[top].root)

    def above(self, spot: Spot, root: Spot) -> Spot:
        """Where ``..`` leads from a spot, for a task whose root is ``root`` (``follow_dotdot``): never above its root."""
        mount = self.mounts[spot.mount]
        if spot != root and spot.location == mount.root:
            if mount.base is None or self._passes(mount, root):
                return self.below(spot)
            spot = mount.base
            mount = self.mounts[spot.mount]
        if spot in (root, (mount.number, mount.root)):
            return self.below(spot)
        return self.below(Spot(spot.mount, spot.location.rpartition("/")[0] or "/"))

    def _passes(self, mount: Mounted, root: Spot) -> bool:
        """Whether the way down through a pile of mounts passes a root, which lies in it."""
        other = self.mounts[root.mount]
        if other.base != mount.base or other.root != root.location:
            return False
        below = mount
        while below.parent is not None and below.base == mount.base:
            below = self.mounts[below.parent]
            if below.number == root.mount:
                return True
        return False

    def text(self, spot: Spot) -> str:
        """The path of a spot from the root of the tree that it is in (``d_path``)."""
        parts: list[str] = []
        mount = self.mounts.get(spot.mount)
        location = spot.location
        while mount is not None:
            parts.append(_within(location, mount.root))
            if mount.base is None:
                break
            location = mount.base.location
            mount = self.mounts.get(mount.base.mount)
        return "".join(reversed(parts)) or "/"

    def spot(self, namespace: int, path: str) -> Spot:
        """Where an absolute path leads that has no links and no ``..``, from the root of a namespace."""
        at = self.start(namespace)
        if not len(self.tops):
            return Spot(at.mount, path if at.location == "/" else _under(at.location, path))
        for component in path.split("/"):
            if component:
                at = self.below(Spot(at.mount, joined(at.location, component)))
        return at

    def subtree(self, number: int) -> Iterator[Mounted]:
        """A mount and all below it, parents first, in the order of their numbers."""
        pending = [number]
        while pending:
            mount = self.mounts[pending.pop()]
            yield mount
            pending.extend(sorted(self.children.get(mount.number, NO_MOUNTS), reverse=True))

    def is_within(self, number: int, other: int) -> bool:
        """Whether a mount is another one, or somewhere on it."""
        mount: Mounted | None = self.mounts[number]
        while mount is not None:
            if mount.number == other:
                return True
            mount = None if mount.parent is None else self.mounts.get(mount.parent)
        return False

    def is_mounted_on(self, location: str, namespace: int) -> bool:
        """Whether something is mounted on a location in a namespace (``is_local_mountpoint``)."""
        return any(self.mounts[each].namespace == namespace for each in self.points.get(location, NO_MOUNTS))


UNMOUNTED: Final = MountTable()
"""The table of a kernel in which nothing was ever mounted but the first file system."""


def _within(location: str, top: str) -> str:
    """What follows in a location after that of a directory it is in; all of it where it is in another place."""
    if location == top:
        return ""
    if top == "/":
        return location if location.startswith("/") else f"/{location}"
    if location.startswith(f"{top}/"):
        return location[len(top) :]
    rest = location.partition("/")[2]
    return f"/{rest}" if rest else ""


def _under(top: str, path: str) -> str:
    return top if path == "/" else f"{top}{path}"
