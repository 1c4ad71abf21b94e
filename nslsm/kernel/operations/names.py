"""Operations on names: files, directories and links made, removed, renamed; where relative paths start."""

from dataclasses import dataclass

from nslsm.hooks.types import Unknown
from nslsm.kernel.operations.operation import At, Descriptor, Operation, PathText


@dataclass(frozen=True, slots=True)
class MakeDirectory(Operation):
    """mkdir(2), mkdirat(2)."""

    at: At
    mode: int | Unknown = 0o777


@dataclass(frozen=True, slots=True)
class MakeNode(Operation):
    """mknod(2), mknodat(2): a file, fifo, socket or device. ``type`` is of ``FILE_TYPE``, ``mode`` has no type bits.

    ``device``: what a device file stands for, makedev(3); 0 for others.
    """

    at: At
    type: str | Unknown
    mode: int | Unknown = 0o666
    device: int | Unknown = 0


@dataclass(frozen=True, slots=True)
class Unlink(Operation):
    """unlink(2), unlinkat(2); with ``directory``, rmdir(2) or ``AT_REMOVEDIR``."""

    at: At
    directory: bool = False


@dataclass(frozen=True, slots=True)
class Rename(Operation):
    """rename(2), renameat2(2); ``flags`` is of ``RENAME_FLAGS``."""

    old: At
    new: At
    flags: frozenset[str] | Unknown = frozenset()


@dataclass(frozen=True, slots=True)
class Link(Operation):
    """link(2), linkat(2): ``old.follow`` is False unless ``AT_SYMLINK_FOLLOW`` is given."""

    old: At
    new: At


@dataclass(frozen=True, slots=True)
class MakeSymbolicLink(Operation):
    """symlink(2), symlinkat(2): ``at`` becomes a link that says ``target``."""

    target: PathText
    at: At


@dataclass(frozen=True, slots=True)
class ReadLink(Operation):
    """readlink(2), readlinkat(2). A recording tells what the link says (``Recorded.text``)."""

    at: At


@dataclass(frozen=True, slots=True)
class ChangeDirectory(Operation):
    """chdir(2), fchdir(2)."""

    at: At


@dataclass(frozen=True, slots=True)
class ChangeRoot(Operation):
    """chroot(2)."""

    at: At


@dataclass(frozen=True, slots=True)
class GetDirectory(Operation):
    """getcwd(2): raises nothing, but a recording tells the current directory (``Recorded.text``)."""


@dataclass(frozen=True, slots=True)
class Watch(Operation):
    """inotify_add_watch(2), fanotify_mark(2): ``mask`` is of ``WATCH_MASK``, ``watched`` of ``WATCHED``."""

    at: At
    mask: frozenset[str] | Unknown
    watched: str = "inode"
    by: Descriptor | None = None


@dataclass(frozen=True, slots=True)
class FileSystemStatus(Operation):
    """statfs(2), fstatfs(2)."""

    at: At
