"""Operations on what a file is, beside its name and contents: status, permissions, owner, size, times, extended attributes."""

from dataclasses import dataclass

from nslsm.hooks.types import Unknown
from nslsm.kernel.operations.operation import At, Operation


@dataclass(frozen=True, slots=True)
class Status(Operation):
    """stat(2), lstat(2), fstat(2), newfstatat(2), statx(2). A recording may tell what it is (``Recorded.status``)."""

    at: At


@dataclass(frozen=True, slots=True)
class Access(Operation):
    """access(2), faccessat2(2): ``mask`` has ``read``, ``write``, ``exec``, or nothing (whether it exists).

    The real ids count unless ``effective`` (``AT_EACCESS``).
    """

    at: At
    mask: frozenset[str] | Unknown
    effective: bool = False


@dataclass(frozen=True, slots=True)
class ChangeMode(Operation):
    """chmod(2), fchmod(2), fchmodat(2). ``mode`` has no type bits."""

    at: At
    mode: int | Unknown


@dataclass(frozen=True, slots=True)
class ChangeOwner(Operation):
    """chown(2), lchown(2), fchown(2), fchownat(2); -1 leaves an id as it is."""

    at: At
    owner: int | Unknown
    group: int | Unknown


@dataclass(frozen=True, slots=True)
class Truncate(Operation):
    """truncate(2); with ``at.path`` None, ftruncate(2)."""

    at: At
    size: int | Unknown


@dataclass(frozen=True, slots=True)
class SetTimes(Operation):
    """utimensat(2), utimes(2), utime(2): to ``now``, or to times of the caller's choice."""

    at: At
    now: bool = True


@dataclass(frozen=True, slots=True)
class SetAttribute(Operation):
    """setxattr(2), lsetxattr(2), fsetxattr(2). ``value`` is text, bytes that are not UTF-8 as surrogates."""

    at: At
    name: str | Unknown
    value: str | Unknown


@dataclass(frozen=True, slots=True)
class GetAttribute(Operation):
    """getxattr(2), lgetxattr(2), fgetxattr(2)."""

    at: At
    name: str | Unknown


@dataclass(frozen=True, slots=True)
class ListAttributes(Operation):
    """listxattr(2), llistxattr(2), flistxattr(2)."""

    at: At


@dataclass(frozen=True, slots=True)
class RemoveAttribute(Operation):
    """removexattr(2), lremovexattr(2), fremovexattr(2)."""

    at: At
    name: str | Unknown
