"""Paths and locations as text: what holds what, and paths that do not lead where they say."""

from collections.abc import Mapping
from typing import NamedTuple


class Spot(NamedTuple):
    """A place in the tree: a location, seen through a mount (the kernel's ``struct path``)."""

    mount: int
    location: str


class Hidden(str):
    """A path that leads elsewhere than it says: a mount covers what it stands for, or no path leads there.

    It is what Linux would show for the file (``d_path``), and equal to any other text that says the same; ``spot`` is where
    it leads, ``top`` the location where its mount begins.
    """

    __slots__ = ("spot", "top")

    spot: Spot
    top: str

    @classmethod
    def at(cls, text: str, spot: Spot, top: str) -> "Hidden":
        """The path ``text`` that stands for ``spot``, on a mount that shows ``top``."""
        hidden = cls(text)
        hidden.spot = spot
        hidden.top = top
        return hidden

    def parent(self) -> "Hidden":
        """The directory that holds it; where its mount begins, itself.

        >>> Hidden.at("/x", Spot(2, "tmpfs:[2]/x"), "tmpfs:[2]").parent().spot
        Spot(mount=2, location='tmpfs:[2]')
        """
        if self.spot.location == self.top:
            return self
        text, location = (str(each).rpartition("/")[0] or "/" for each in (self, self.spot.location))
        return Hidden.at(text, Spot(self.spot.mount, location), self.top)


def parent_of(path: str) -> str:
    """The directory that holds ``path``; the root's is the root.

    >>> parent_of("/etc/passwd"), parent_of("/etc"), parent_of("/")
    ('/etc', '/', '/')
    """
    if isinstance(path, Hidden):
        return path.parent()
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


def is_in(location: str, directory: str) -> bool:
    """Whether a location is a directory's, or beneath it: below ``/`` are those of the first file system only.

    >>> is_in("/a", "/"), is_in("tmpfs:[2]/a", "/"), is_in("tmpfs:[2]", "tmpfs:[2]")
    (True, False, True)
    """
    return location == directory or is_beneath(location, directory)


def repathed(path: str, moves: Mapping[str, str]) -> str | None:
    """What ``path`` is called after ``moves`` of files and directories; None where none of them touches it.

    >>> repathed("/a/x", {"/a": "/b"}), repathed("/ab", {"/a": "/b"})
    ('/b/x', None)
    """
    for old, new in moves.items():
        if path == old:
            return new
        if is_beneath(path, old):
            return new + path[len(old) :]
    return None
