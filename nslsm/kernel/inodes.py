"""Inodes, their names, and a file as rules see it."""

from dataclasses import dataclass

from rpds import HashTrieMap

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.mounts import FIRST
from nslsm.protocol.things import File, Identity


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
    """One name of an inode, as open files and current directories refer to it: a rename changes the path under their feet.

    ``path`` is its location (:mod:`nslsm.kernel.mounts`).
    """

    path: str | Unknown
    inode: int
    holders: int = 0
    gone: bool = False
    """It was unlinked while it was held; ``path`` is what it was."""
    mount: int = FIRST
    """The mount through which it is held."""
    base: int | None = None
    """Where that is not the first mount: the number of the name that it stands for. Its ``path`` is what it was at first."""


def path_identity(path: str | Unknown) -> Identity | Unknown:
    """The identity of a file of which no inode is known (Model M3.3)."""
    return path if isinstance(path, Unknown) else Identity("file", path)


def as_file(inode: Inode, path: str | Unknown, location: str | Unknown | None = None) -> File:
    """An inode as rules see it, by the path that led to it. ``location`` is where it is, if that is not its path."""
    return File(
        path,
        Identity("file", inode.number) if inode.kept else path_identity(path if location is None else location),
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
