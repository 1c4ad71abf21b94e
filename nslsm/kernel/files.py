"""Files as one kernel knows them: inodes, their names, and what a world says of those that nobody declared (Model M1, World).

Only what is declared, made by a simulated call, linked, or held (open, a current directory) is remembered; everything else is
answered from the world, so that memory does not grow with the paths of a trace.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple, Self

from rpds import HashTrieMap, HashTrieSet

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.inodes import Inode, Name, as_file
from nslsm.kernel.mounts import FIRST, UNMOUNTED, MountTable
from nslsm.kernel.paths import Hidden, Spot, joined, parent_of
from nslsm.kernel.world import World
from nslsm.protocol.things import File, Identity

ROOT: Final = 0
"""The number of the root directory's inode, and of its name."""

MAX_LINKS: Final = 40
"""How many symbolic links a path may lead through, path_resolution(7); more are ELOOP."""

MADE_BY_THE_KERNEL: Final = ("/dev/", "/proc/", "/sys/")
"""Where the kernel makes the files: an open with O_CREAT there makes none."""

DEVICES: Final = frozenset({"character_device", "block_device"})
"""The types of files that stand for devices."""

NO_PATHS: "Final[HashTrieSet[str]]" = HashTrieSet()
"""The children of a directory that has none."""

RECENT: Final = 4096
"""How many paths a replay remembers what a trace has told of, at least; twice as many at most."""

OPEN_WORLD_MODE: Final = 0o755
"""The permission bits of whatever is not declared in the open world; it is root's."""

_SEARCHED_BY_ALL: Final = 0o111


class Walk(NamedTuple):
    """Where a path leads."""

    path: str | Unknown
    passed: tuple[str, ...] = ()
    """The directories that are searched on the way, in order."""
    loops: bool = False
    """Too many symbolic links."""
    directory: bool = False
    """The path ends in a slash: only a directory will do."""
    links: tuple[tuple[int, str], ...] = ()
    """The symbolic links that are followed, each after so many of the directories of ``passed`` were searched."""


def _root() -> "HashTrieMap[int, Inode]":
    root = Inode(
        number=ROOT, type="directory", owner=0, group=0, mode=0o755, kept=True, holders=1, xattrs=HashTrieMap()
    )
    return HashTrieMap({ROOT: root})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """All files, persistent; :mod:`nslsm.kernel.links` changes it."""

    world: World = World.CLOSED
    inodes: "HashTrieMap[int, Inode]" = field(default_factory=_root)
    names: "HashTrieMap[int, Name]" = field(default_factory=lambda: HashTrieMap({ROOT: Name("/", ROOT, holders=1)}))
    paths: "HashTrieMap[str, int]" = field(default_factory=lambda: HashTrieMap({"/": ROOT}))
    """Locations to the numbers of names."""
    children: "HashTrieMap[str, HashTrieSet[str]]" = field(default_factory=HashTrieMap)
    """Directories to the locations in them, of kept inodes only."""
    missing: "HashTrieSet[str]" = field(default_factory=HashTrieSet)
    """In the open world: paths that were removed, or renamed away."""
    recent: "HashTrieMap[str, Inode | None]" = field(default_factory=HashTrieMap)
    """In the recorded world: what was told of paths that nobody holds now; None for one that was removed."""
    older: "HashTrieMap[str, Inode | None]" = field(default_factory=HashTrieMap)
    """What was told before that: dropped when ``recent`` is full."""
    kind: str | Unknown = UNKNOWN
    """The name of the file system that holds what nobody declared, outside the places where the kernel makes files."""
    mounts: MountTable = UNMOUNTED
    viewer: int = field(default=FIRST, compare=False)
    """The mount namespace from which paths are seen: that of the task whose call is under way."""
    through: "HashTrieMap[int, HashTrieMap[int, int]]" = field(default_factory=HashTrieMap)
    """Mounts other than the first to the names that are held through them: numbers of plain names to those of theirs."""
    symlinks: int = 0
    """How many symbolic links are known: where there are none, a path is what it says."""
    next: int = 1

    def spot(self, path: str) -> Spot:
        """Where a path leads that has no links and no ``..``, as the viewer sees it."""
        if self.mounts is UNMOUNTED or not path.startswith("/"):
            return Spot(FIRST, path)
        return path.spot if isinstance(path, Hidden) else self.mounts.spot(self.viewer, path)

    def location(self, path: str) -> str:
        """The location of the file to which a path leads that has no links and no ``..``, as the viewer sees it."""
        return path if self.mounts is UNMOUNTED else self.spot(path).location

    def shown(self, spot: Spot) -> str:
        """The path that Linux would show for a spot; one that leads elsewhere for the viewer remembers what it stands for."""
        if self.mounts is UNMOUNTED:
            return spot.location
        text = self.mounts.text(spot)
        if self.mounts.spot(self.viewer, text) == spot:
            return text
        return Hidden.at(text, spot, self.mounts.mounts[spot.mount].root)

    def path_of(self, number: int) -> str | Unknown:
        """The path of what an open description or a current directory refers to."""
        name = self.names[number]
        plain = name if name.base is None else self.names[name.base]
        if self.mounts is UNMOUNTED or isinstance(plain.path, Unknown):
            return plain.path
        return self.shown(Spot(name.mount, plain.path))

    def is_gone(self, number: int) -> bool:
        """Whether the name that an open description refers to was removed."""
        name = self.names[number]
        return name.gone if name.base is None else self.names[name.base].gone

    def name_at(self, path: str) -> int | None:
        """The number of the name that is remembered under ``path``, or None."""
        return self.paths.get(self.location(path))

    def has_entries(self, path: str) -> bool:
        """Whether any file is known to be in the directory ``path``."""
        return self.location(path) in self.children

    def is_mount_point(self, path: str) -> bool:
        """Whether something is mounted on a path in the viewer's namespace, or what it leads to is mounted on (``EBUSY``)."""
        if self.mounts is UNMOUNTED:
            return False
        spot = self.spot(path)
        mount = self.mounts.mounts[spot.mount]
        at_root = spot.location == mount.root and mount.base is not None
        return at_root or self.mounts.is_mounted_on(spot.location, self.viewer)

    def is_across(self, one: str, other: str) -> bool:
        """Whether two paths lead through different mounts, so that no file can be renamed or linked from one to the other."""
        return self.mounts is not UNMOUNTED and self.spot(one).mount != self.spot(other).mount

    def is_read_only(self, path: str) -> bool:
        """Whether nothing can be changed there: the mount or its file system was mounted to be read only (``EROFS``)."""
        return "rdonly" in self.mount_flags(path)

    def mount_flags(self, path: str) -> frozenset[str]:
        """The flags of the mount through which a path leads, and of its file system; members of ``MOUNT_FLAGS``."""
        if self.mounts is UNMOUNTED:
            return frozenset()
        mount = self.mounts.mounts[self.spot(path).mount]
        return mount.flags | self.mounts.volumes[mount.volume].flags

    def inode_at(self, path: str) -> Inode | None:
        """The inode that is remembered under ``path``, links not followed, or None."""
        return self.inode_of(self.location(path))

    def inode_of(self, location: str) -> Inode | None:
        """The inode that is remembered under a location, or None."""
        number = self.paths.get(location)
        return None if number is None else self.inodes[self.names[number].inode]

    def exists(self, path: str) -> bool | Unknown:
        """Whether there is a file of that path; unknown where only the recording could tell."""
        location = self.location(path)
        if location in self.paths:
            return True
        match self.world:
            case World.CLOSED:
                return False
            case World.OPEN:
                return not self._is_missing(location) and not self._is_in_empty(location)
            case World.RECORDED:
                told = self.told_at(location)
                return UNKNOWN if isinstance(told, Unknown) else told is not None

    def lets_through(self, path: str) -> bool:
        """Whether a path is certain to be a directory that everybody may search; False where that takes a closer look."""
        if self.mounts is not UNMOUNTED:
            return False
        number = self.paths.get(path)
        if number is None:
            return self.world is World.OPEN and not len(self.missing)
        inode = self.inodes[self.names[number].inode]
        mode = inode.mode
        return (
            inode.type == "directory" and not isinstance(mode, Unknown) and mode & _SEARCHED_BY_ALL == _SEARCHED_BY_ALL
        )

    def _is_in_empty(self, location: str) -> bool:
        """Whether a location is in a file system that holds only what was made in it."""
        volume = None if location.startswith("/") else self.mounts.volume_at(location)
        return volume is not None and volume.empty

    def _is_missing(self, path: str) -> bool:
        if not len(self.missing):
            return False
        while path != "/":
            if path in self.missing:
                return True
            path = parent_of(path)
            if path in self.paths:
                return False
        return False

    def file_at(self, path: str | Unknown, *, directory: bool = False) -> File:
        """The file of that path as rules see it, links not followed.

        ``directory``: it is used as one, which settles its type where nothing else does. Whether it exists is another
        question.
        """
        if isinstance(path, Unknown):
            return File(path, UNKNOWN, type="directory" if directory else UNKNOWN)
        location = path if self.mounts is UNMOUNTED else self.spot(path).location
        number = self.paths.get(location)
        if number is not None:
            return as_file(self.inodes[self.names[number].inode], path, location)
        if self.world is World.CLOSED:
            kind: str | Unknown = "directory" if directory else UNKNOWN
            return File(path, Identity("file", location), type=kind, xattrs=HashTrieMap())
        return as_file(self.undeclared(location, directory=directory), path, location)

    def undeclared(self, location: str | Unknown, *, directory: bool = False) -> Inode:
        """An inode that nobody declared, with the facts that the world gives it, or that a trace has told lately."""
        kind = self.kind_at(location)
        if self.world is World.OPEN:
            made_up = "directory" if directory else "regular"
            return Inode(number=self.next, type=made_up, owner=0, group=0, mode=OPEN_WORLD_MODE, filesystem=kind)
        told = None if isinstance(location, Unknown) else self.told_at(location)
        if isinstance(told, Inode):
            type_ = "directory" if directory and isinstance(told.type, Unknown) else told.type
            return replace(told, number=self.next, type=type_, kept=False, links=1, holders=0)
        return Inode(number=self.next, type="directory" if directory else UNKNOWN, filesystem=kind)

    def kind_at(self, location: str | Unknown) -> str | Unknown:
        """The type of the file system that holds a location that nobody declared."""
        if isinstance(location, Unknown):
            return UNKNOWN
        if not location.startswith("/"):
            volume = self.mounts.volume_at(location)
            return UNKNOWN if volume is None or volume.type is None else volume.type
        return UNKNOWN if location.startswith(MADE_BY_THE_KERNEL) else self.kind

    def told_of(self, path: str) -> Inode | Unknown | None:
        """What a trace has told lately of a path that nobody holds: None for one that was removed."""
        return self.told_at(self.location(path))

    def told_at(self, location: str) -> Inode | Unknown | None:
        """What a trace has told lately of a location that nobody holds."""
        return self.recent.get(location, self.older.get(location, UNKNOWN))

    def told(self, path: str, inode: Inode | None) -> Self:
        """The files after a trace has told something of a path. Nothing but the recorded world needs to remember it."""
        return self.telling(self.location(path), inode)

    def telling(self, location: str, inode: Inode | None) -> Self:
        """The files after a trace has told something of a location."""
        if self.world is not World.RECORDED:
            return self
        recent = self.recent.insert(location, inode)
        if len(recent) >= RECENT:
            return replace(self, recent=HashTrieMap(), older=recent)
        return replace(self, recent=recent)

    def file_named(self, number: int) -> File:
        """The file that an open description or a current directory refers to."""
        name = self.names[number]
        plain = name if name.base is None else self.names[name.base]
        return as_file(self.inodes[name.inode], self.path_of(number), plain.path)

    def walk(
        self,
        start: str | Unknown,
        root: str,
        text: str | Unknown,
        *,
        follow: bool = True,
        tgid: int = 0,
        led_to: Callable[[str], str | Unknown | None] | None = None,
    ) -> Walk:
        """Where the path ``text`` leads from the directory ``start``, for a task whose root is ``root``.

        ``..`` stops at the root. Symbolic links that are known are followed, the last one only if ``follow`` or where the
        path ends in a slash; ``/proc/self`` leads to process ``tgid``. ``led_to`` knows the links that lead to a thing
        instead of along a path. Nothing is said of existence. path_resolution(7).
        """
        if isinstance(text, Unknown) or (isinstance(start, Unknown) and not text.startswith("/")):
            return Walk(UNKNOWN)
        if root == "/" and not self.symlinks and self.mounts is UNMOUNTED and text.startswith("/"):
            straight = _straight(text)
            if straight is not None:
                return straight
        top = self.spot(root)
        mount, at = top if isinstance(start, Unknown) or text.startswith("/") else self.spot(start)
        plain = self.mounts is UNMOUNTED
        directory = text.endswith("/")
        pending = _components(text)
        passed: list[Spot] = []
        links: list[tuple[int, Spot]] = []
        while pending:
            component = pending.pop()
            here = Spot(mount, at)
            passed.append(here)
            if component == ".":
                continue
            if component == "..":
                if not plain:
                    mount, at = self.mounts.above(here, top)
                elif at != top.location:
                    at = parent_of(at)
                continue
            step = Spot(mount, joined(at, component))
            if not plain:
                step = self.mounts.below(step)
            followed = bool(pending or follow or directory)
            thing = led_to(step.location) if led_to is not None and followed else None
            target = self._link(step.location, component, tgid) if followed and thing is None else thing
            if target is None:
                mount, at = step
                continue
            if len(links) == MAX_LINKS:
                return self._led(step, passed, links, loops=True)
            links.append((len(passed), step))
            if isinstance(target, Unknown):
                return self._led(UNKNOWN, passed, links)
            if thing is not None:
                mount, at = self.spot(target)
                continue
            mount, at = top if target.startswith("/") else here
            pending.extend(_components(target))
        return self._led(Spot(mount, at), passed, links, directory=directory)

    def _led(
        self,
        end: Spot | Unknown,
        passed: list[Spot],
        links: list[tuple[int, Spot]],
        *,
        loops: bool = False,
        directory: bool = False,
    ) -> Walk:
        """Where a path has led, in paths."""
        return Walk(
            end if isinstance(end, Unknown) else self.shown(end),
            tuple(self.shown(each) for each in passed),
            loops,
            directory,
            tuple((number, self.shown(each)) for number, each in links),
        )

    def _link(self, location: str, component: str, tgid: int) -> str | Unknown | None:
        if component == "self" and tgid and self._is_self(location):
            return str(tgid)
        inode = self.inode_of(location) if self.symlinks else None
        return None if inode is None else inode.target

    def _is_self(self, location: str) -> bool:
        """Whether a location is that of ``/proc/self``, wherever proc is mounted."""
        if location.startswith("/"):
            return location == "/proc/self"
        volume = self.mounts.volume_at(location)
        return volume is not None and volume.type == "proc" and location == f"{volume.top}/self"

    def with_inode(self, inode: Inode) -> Self:
        """The files with ``inode`` in the place of the one with its number."""
        return replace(self, inodes=self.inodes.insert(inode.number, inode))


@lru_cache(maxsize=1 << 14)
def _straight(text: str) -> Walk | None:
    """Where an absolute path leads where nothing is mounted and there are no links; None where it may lead to a process."""
    components = text.split("/")
    if ".." in components or "." in components or "proc" in components:
        return None
    at, passed = "/", []
    for component in components:
        if component:
            passed.append(at)
            at = joined(at, component)
    return Walk(at, tuple(passed), directory=text.endswith("/"))


def _components(text: str) -> list[str]:
    return [part for part in reversed(text.split("/")) if part]
