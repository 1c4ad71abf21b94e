"""Files as one kernel knows them: inodes, their names, and what a world says of those that nobody declared (Model M1, World).

Only what is declared, made by a simulated call, linked, or held (open, a current directory) is remembered; everything else is
answered from the world, so that memory does not grow with the paths of a trace.
"""

from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Self

from rpds import HashTrieMap, HashTrieSet

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.world import World
from nslsm.protocol.things import File, Identity

ROOT: Final = 0
"""The number of the root directory's inode, and of its name."""

MAX_LINKS: Final = 40
"""How many symbolic links a path may lead through, path_resolution(7); more are ELOOP."""

MADE_BY_THE_KERNEL: Final = ("/dev/", "/proc/", "/sys/")
"""Where the kernel makes the files: an open with O_CREAT there makes none."""

NO_PATHS: "Final[HashTrieSet[str]]" = HashTrieSet()
"""The children of a directory that has none."""

RECENT: Final = 4096
"""How many paths a replay remembers what a trace has told of, at least; twice as many at most."""

OPEN_WORLD_MODE: Final = 0o755
"""The permission bits of whatever is not declared in the open world; it is root's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inode:
    """A file, whatever it is called.

    ``kept``: it was declared, made, linked or unlinked, so that it is identified by ``number`` and remembered while it has a
    name or a holder. One that is not kept is identified by its path, and forgotten with its last holder.
    """

    number: int
    type: str | Unknown = UNKNOWN
    owner: int | Unknown = UNKNOWN
    group: int | Unknown = UNKNOWN
    mode: int | Unknown = UNKNOWN
    inode: int | Unknown = UNKNOWN
    device: int | Unknown = UNKNOWN
    filesystem: str | Unknown = UNKNOWN
    sha256: str | Unknown = UNKNOWN
    xattrs: "HashTrieMap[str, str] | Unknown" = UNKNOWN
    target: str | Unknown | None = None
    """What a symbolic link says."""
    interpreter: str | None = None
    """The program that a script's first line names, ``#!``; None for what is no script, or not known to be one."""
    unwritten: bool = False
    """It was made, and nobody has written to it: whether that takes privileges away was not looked at yet (``S_NOSEC``)."""
    kept: bool = False
    links: int = 1
    """How many names it has that are known."""
    holders: int = 0
    """How many descriptions, current directories and roots refer to it."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name of an inode, as open files and current directories refer to it: a rename changes the path under their feet."""

    path: str | Unknown
    inode: int
    holders: int = 0
    gone: bool = False
    """It was unlinked while it was held; ``path`` is what it was."""


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


def parent_of(path: str) -> str:
    """The directory that holds ``path``; the root's is the root.

    >>> parent_of("/etc/passwd"), parent_of("/etc"), parent_of("/")
    ('/etc', '/', '/')
    """
    return path.rpartition("/")[0] or "/"


def joined(directory: str, name: str) -> str:
    """The path of ``name`` in ``directory``.

    >>> joined("/", "etc"), joined("/etc", "passwd")
    ('/etc', '/etc/passwd')
    """
    return f"/{name}" if directory == "/" else f"{directory}/{name}"


def is_beneath(path: str, directory: str) -> bool:
    """Whether ``path`` is in the tree below ``directory``; a directory is not beneath itself."""
    return path.startswith(directory if directory == "/" else f"{directory}/") and path != directory


def path_identity(path: str | Unknown) -> Identity | Unknown:
    """The identity of a file of which no inode is known (Model M3.3)."""
    return path if isinstance(path, Unknown) else Identity("file", path)


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
    """Paths to the numbers of names."""
    children: "HashTrieMap[str, HashTrieSet[str]]" = field(default_factory=HashTrieMap)
    """Directories to the paths in them, of kept inodes only."""
    missing: "HashTrieSet[str]" = field(default_factory=HashTrieSet)
    """In the open world: paths that were removed, or renamed away."""
    recent: "HashTrieMap[str, Inode | None]" = field(default_factory=HashTrieMap)
    """In the recorded world: what was told of paths that nobody holds now; None for one that was removed."""
    older: "HashTrieMap[str, Inode | None]" = field(default_factory=HashTrieMap)
    """What was told before that: dropped when ``recent`` is full."""
    kind: str | Unknown = UNKNOWN
    """The name of the file system that holds what nobody declared, outside the places where the kernel makes files."""
    symlinks: int = 0
    """How many symbolic links are known: where there are none, a path is what it says."""
    next: int = 1

    def inode_at(self, path: str) -> Inode | None:
        """The inode that is remembered under ``path``, links not followed, or None."""
        number = self.paths.get(path)
        return None if number is None else self.inodes[self.names[number].inode]

    def exists(self, path: str) -> bool | Unknown:
        """Whether there is a file of that path; unknown where only the recording could tell."""
        if path in self.paths:
            return True
        match self.world:
            case World.CLOSED:
                return False
            case World.OPEN:
                return not self._is_missing(path)
            case World.RECORDED:
                told = self.told_of(path)
                return UNKNOWN if isinstance(told, Unknown) else told is not None

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
        inode = self.inode_at(path)
        if inode is not None:
            return as_file(inode, path)
        if self.world is World.CLOSED:
            kind: str | Unknown = "directory" if directory else UNKNOWN
            return File(path, Identity("file", path), type=kind, xattrs=HashTrieMap())
        return as_file(self.undeclared(path, directory=directory), path)

    def undeclared(self, path: str | Unknown, *, directory: bool = False) -> Inode:
        """An inode that nobody declared, with the facts that the world gives it, or that a trace has told lately."""
        kind = self._kind_at(path)
        if self.world is World.OPEN:
            made_up = "directory" if directory else "regular"
            return Inode(number=self.next, type=made_up, owner=0, group=0, mode=OPEN_WORLD_MODE, filesystem=kind)
        told = None if isinstance(path, Unknown) else self.told_of(path)
        if isinstance(told, Inode):
            type_ = "directory" if directory and isinstance(told.type, Unknown) else told.type
            return replace(told, number=self.next, type=type_, kept=False, links=1, holders=0)
        return Inode(number=self.next, type="directory" if directory else UNKNOWN, filesystem=kind)

    def _kind_at(self, path: str | Unknown) -> str | Unknown:
        """The file system of a path that nobody declared."""
        if isinstance(self.kind, Unknown) or isinstance(path, Unknown) or path.startswith(MADE_BY_THE_KERNEL):
            return UNKNOWN
        return self.kind

    def told_of(self, path: str) -> Inode | Unknown | None:
        """What a trace has told lately of a path that nobody holds: None for one that was removed."""
        return self.recent.get(path, self.older.get(path, UNKNOWN))

    def told(self, path: str, inode: Inode | None) -> Self:
        """The files after a trace has told something of a path. Nothing but the recorded world needs to remember it."""
        if self.world is not World.RECORDED:
            return self
        recent = self.recent.insert(path, inode)
        if len(recent) >= RECENT:
            return replace(self, recent=HashTrieMap(), older=recent)
        return replace(self, recent=recent)

    def file_named(self, number: int) -> File:
        """The file that an open description or a current directory refers to."""
        name = self.names[number]
        return as_file(self.inodes[name.inode], name.path)

    def walk(self, start: str | Unknown, root: str, text: str | Unknown, *, follow: bool = True, tgid: int = 0) -> Walk:
        """Where the path ``text`` leads from the directory ``start``, for a task whose root is ``root``.

        ``..`` stops at the root. Symbolic links that are known are followed, the last one only if ``follow`` or where the
        path ends in a slash; ``/proc/self`` leads to process ``tgid``. Nothing is said of existence. path_resolution(7).
        """
        if isinstance(text, Unknown):
            return Walk(UNKNOWN)
        at = root if text.startswith("/") else start
        if isinstance(at, Unknown):
            return Walk(UNKNOWN)
        directory = text.endswith("/")
        pending = _components(text)
        passed: list[str] = []
        links: list[tuple[int, str]] = []
        while pending:
            component = pending.pop()
            passed.append(at)
            if component == ".":
                continue
            if component == "..":
                at = at if at == root else parent_of(at)
                continue
            step = joined(at, component)
            target = self._link(step, component, tgid) if pending or follow or directory else None
            if target is None:
                at = step
                continue
            if len(links) == MAX_LINKS:
                return Walk(step, tuple(passed), loops=True, links=tuple(links))
            links.append((len(passed), step))
            if isinstance(target, Unknown):
                return Walk(UNKNOWN, tuple(passed), links=tuple(links))
            at = root if target.startswith("/") else at
            pending.extend(_components(target))
        return Walk(at, tuple(passed), directory=directory, links=tuple(links))

    def _link(self, path: str, component: str, tgid: int) -> str | Unknown | None:
        if component == "self" and path == "/proc/self" and tgid:
            return str(tgid)
        inode = self.inode_at(path) if self.symlinks else None
        return None if inode is None else inode.target

    def with_inode(self, inode: Inode) -> Self:
        """The files with ``inode`` in the place of the one with its number."""
        return replace(self, inodes=self.inodes.insert(inode.number, inode))


def _components(text: str) -> list[str]:
    return [part for part in reversed(text.split("/")) if part]


def as_file(inode: Inode, path: str | Unknown) -> File:
    """An inode as rules see it, by the path that led to it."""
    return File(
        path,
        Identity("file", inode.number) if inode.kept else path_identity(path),
        inode.type,
        inode.owner,
        inode.group,
        inode.mode,
        inode.inode,
        inode.device,
        inode.filesystem,
        inode.sha256,
        inode.xattrs,
    )
