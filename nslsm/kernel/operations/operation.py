"""What all operations share: the base class, and how a system call names a file or a descriptor."""

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from nslsm.hooks.types import NO_ADDRESS, Address, Unknown

PathText: TypeAlias = str | Unknown
"""A path as the caller wrote it: relative, with ``..``, through links; UNKNOWN where a trace has cut it short."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One system call with its arguments decoded: what a task asks of the kernel.

    Flags and commands are in the catalogue's words (:mod:`nslsm.hooks.vocabulary`, :mod:`nslsm.hooks.kinds`), whichever
    tool told of the call.
    """


class Descriptor(NamedTuple):
    """A file descriptor as a system call names it, with what a trace remarks about it."""

    number: int
    annotation: str | None = None
    """A path from the global root, or the kernel's name of what has none: ``pipe:[6323]``; None where nothing is remarked."""
    deleted: bool = False
    """The trace remarks that the file had no name any more."""


CWD: Final = Descriptor(-100)
"""``AT_FDCWD``: paths are relative to the current directory. A trace may annotate it as any other."""


class At(NamedTuple):
    """A file as a system call names it: a path from a directory, or, where ``path`` is None, an open descriptor.

    ``At("etc/passwd", Descriptor(5))`` is what openat(2) does; ``At(None, Descriptor(3))`` what fchmod(2) does, or any call
    with ``AT_EMPTY_PATH`` and an empty path.
    """

    path: PathText | None
    directory: Descriptor = CWD
    follow: bool = True
    """Whether a symbolic link at the end of the path is followed: False for lstat(2), ``AT_SYMLINK_NOFOLLOW``."""


class NetworkAddress(NamedTuple):
    """What bind(2), connect(2) and sendto(2) are given; the parts that its family lacks have their defaults."""

    family: str | Unknown
    """One of :data:`nslsm.hooks.kinds.SOCKET_FAMILY`'s members."""
    address: Address | Unknown = NO_ADDRESS
    port: int | Unknown = 0
    path: PathText = ""
    """A unix socket's path, as written; empty where it has none."""
    abstract: str | Unknown = ""
    """A unix socket's abstract name, without the zero byte; empty where it has none."""
