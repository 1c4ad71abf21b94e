"""Calls about names and attributes of files."""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.hooks.vocabulary import RENAME_FLAGS, WATCH_MASK
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.words import (
    argument,
    at,
    descriptor,
    has,
    named_or_opened,
    names,
    number,
    opened,
    path,
    words,
)
from nslsm.kernel import constants
from nslsm.kernel import operations as op
from nslsm.kernel.call import SystemCall
from nslsm.kernel.operations import At, Operation
from nslsm.kernel.spelling import flags_of, text_of

_ACCESS: Final = {"R_OK": "read", "W_OK": "write", "X_OK": "exec"}
_NODES: Final = {
    "S_IFREG": "regular",
    "S_IFIFO": "fifo",
    "S_IFSOCK": "socket",
    "S_IFCHR": "character_device",
    "S_IFBLK": "block_device",
    "S_IFDIR": "directory",
}


def _access(call: SystemCall, where: At, mask: int, flags: int | None = None) -> Operation:
    found = names(call, mask, constants.ACCESS_MODES)
    wanted = found if isinstance(found, Unknown) else frozenset(_ACCESS[name] for name in found if name in _ACCESS)
    return op.Access(where, wanted, effective=has(call, flags, constants.FACCESSAT_FLAGS, "AT_EACCESS"))


def _unlinkat(call: SystemCall) -> Operation:
    return op.Unlink(at(call, 0, 1, follow=False), has(call, 2, constants.AT_FLAGS, "AT_REMOVEDIR"))


def _rename(call: SystemCall, old: At, new: At, flags: int | None = None) -> Operation:
    how = frozenset[str]() if flags is None else words(call, flags, constants.RENAME_FLAGS, "RENAME_", RENAME_FLAGS)
    return op.Rename(old, new, how)


def _linkat(call: SystemCall) -> Operation:
    old = named_or_opened(call, 0, 1, None)
    if old.path is not None:
        old = old._replace(follow=has(call, 4, constants.AT_FLAGS, "AT_SYMLINK_FOLLOW"))
    return op.Link(old, at(call, 2, 3, follow=False))


def _mknod(call: SystemCall, where: At, mode: int) -> Operation:
    found = flags_of(argument(call, mode), constants.FILE_MODES)
    if found is None:
        return op.MakeNode(where, UNKNOWN, UNKNOWN, UNKNOWN)
    kind = next((_NODES[name] for name in found.names if name in _NODES), "regular")
    bits = number(call, mode, constants.FILE_MODES)
    plain = bits if isinstance(bits, Unknown) else bits & 0o7777
    return op.MakeNode(where, kind, plain, UNKNOWN if "device" in kind else 0)


def _mode(call: SystemCall, place: int) -> int | Unknown:
    return number(call, place, constants.FILE_MODES)


def _times(call: SystemCall, where: At, times: int) -> Operation:
    return op.SetTimes(where, now=times >= len(call.arguments) or argument(call, times) is None)


def _utimensat(call: SystemCall) -> Operation:
    where = opened(call, 0) if argument(call, 1) is None else named_or_opened(call, 0, 1, 3)
    return _times(call, where, 2)


def _attribute(call: SystemCall, where: At, *, value: bool = False) -> Operation:
    name = path(call, 1)
    if not value:
        return op.GetAttribute(where, name)
    text = text_of(argument(call, 2))
    return op.SetAttribute(where, name, UNKNOWN if text is None or text.cut else text.value)


def _watch(call: SystemCall) -> Operation:
    return op.Watch(at(call, None, 1), words(call, 2, _INOTIFY, "IN_", WATCH_MASK), by=descriptor(call, 0))


_INOTIFY: Final = constants.FD_FLAGS


DECODERS: Final[Mapping[str, Decoder]] = {
    "stat": lambda call: op.Status(at(call, None, 0)),
    "stat64": lambda call: op.Status(at(call, None, 0)),
    "lstat": lambda call: op.Status(at(call, None, 0, follow=False)),
    "lstat64": lambda call: op.Status(at(call, None, 0, follow=False)),
    "fstat": lambda call: op.Status(opened(call, 0)),
    "fstat64": lambda call: op.Status(opened(call, 0)),
    "newfstatat": lambda call: op.Status(named_or_opened(call, 0, 1, 3)),
    "fstatat64": lambda call: op.Status(named_or_opened(call, 0, 1, 3)),
    "statx": lambda call: op.Status(named_or_opened(call, 0, 1, 2)),
    "statfs": lambda call: op.FileSystemStatus(at(call, None, 0)),
    "fstatfs": lambda call: op.FileSystemStatus(opened(call, 0)),
    "access": lambda call: _access(call, at(call, None, 0), 1),
    "faccessat": lambda call: _access(call, at(call, 0, 1), 2),
    "faccessat2": lambda call: _access(call, named_or_opened(call, 0, 1, 3), 2, 3),
    "chmod": lambda call: op.ChangeMode(at(call, None, 0), _mode(call, 1)),
    "fchmod": lambda call: op.ChangeMode(opened(call, 0), _mode(call, 1)),
    "fchmodat": lambda call: op.ChangeMode(at(call, 0, 1), _mode(call, 2)),
    "fchmodat2": lambda call: op.ChangeMode(named_or_opened(call, 0, 1, 3), _mode(call, 2)),
    "chown": lambda call: op.ChangeOwner(at(call, None, 0), number(call, 1), number(call, 2)),
    "lchown": lambda call: op.ChangeOwner(at(call, None, 0, follow=False), number(call, 1), number(call, 2)),
    "fchown": lambda call: op.ChangeOwner(opened(call, 0), number(call, 1), number(call, 2)),
    "fchownat": lambda call: op.ChangeOwner(named_or_opened(call, 0, 1, 4), number(call, 2), number(call, 3)),
    "truncate": lambda call: op.Truncate(at(call, None, 0), number(call, 1)),
    "ftruncate": lambda call: op.Truncate(opened(call, 0), number(call, 1)),
    "utime": lambda call: _times(call, at(call, None, 0), 1),
    "utimes": lambda call: _times(call, at(call, None, 0), 1),
    "futimesat": lambda call: _times(call, at(call, 0, 1), 2),
    "utimensat": _utimensat,
    "mkdir": lambda call: op.MakeDirectory(at(call, None, 0, follow=False), _mode(call, 1)),
    "mkdirat": lambda call: op.MakeDirectory(at(call, 0, 1, follow=False), _mode(call, 2)),
    "mknod": lambda call: _mknod(call, at(call, None, 0, follow=False), 1),
    "mknodat": lambda call: _mknod(call, at(call, 0, 1, follow=False), 2),
    "unlink": lambda call: op.Unlink(at(call, None, 0, follow=False)),
    "unlinkat": _unlinkat,
    "rmdir": lambda call: op.Unlink(at(call, None, 0, follow=False), directory=True),
    "rename": lambda call: _rename(call, at(call, None, 0, follow=False), at(call, None, 1, follow=False)),
    "renameat": lambda call: _rename(call, at(call, 0, 1, follow=False), at(call, 2, 3, follow=False)),
    "renameat2": lambda call: _rename(call, at(call, 0, 1, follow=False), at(call, 2, 3, follow=False), 4),
    "link": lambda call: op.Link(at(call, None, 0, follow=False), at(call, None, 1, follow=False)),
    "linkat": _linkat,
    "symlink": lambda call: op.MakeSymbolicLink(path(call, 0), at(call, None, 1, follow=False)),
    "symlinkat": lambda call: op.MakeSymbolicLink(path(call, 0), at(call, 1, 2, follow=False)),
    "readlink": lambda call: op.ReadLink(at(call, None, 0, follow=False)),
    "readlinkat": lambda call: op.ReadLink(at(call, 0, 1, follow=False)),
    "chdir": lambda call: op.ChangeDirectory(at(call, None, 0)),
    "fchdir": lambda call: op.ChangeDirectory(opened(call, 0)),
    "chroot": lambda call: op.ChangeRoot(at(call, None, 0)),
    "getcwd": lambda _: op.GetDirectory(),
    "getxattr": lambda call: _attribute(call, at(call, None, 0)),
    "lgetxattr": lambda call: _attribute(call, at(call, None, 0, follow=False)),
    "fgetxattr": lambda call: _attribute(call, opened(call, 0)),
    "setxattr": lambda call: _attribute(call, at(call, None, 0), value=True),
    "lsetxattr": lambda call: _attribute(call, at(call, None, 0, follow=False), value=True),
    "fsetxattr": lambda call: _attribute(call, opened(call, 0), value=True),
    "listxattr": lambda call: op.ListAttributes(at(call, None, 0)),
    "llistxattr": lambda call: op.ListAttributes(at(call, None, 0, follow=False)),
    "flistxattr": lambda call: op.ListAttributes(opened(call, 0)),
    "removexattr": lambda call: op.RemoveAttribute(at(call, None, 0), path(call, 1)),
    "lremovexattr": lambda call: op.RemoveAttribute(at(call, None, 0, follow=False), path(call, 1)),
    "fremovexattr": lambda call: op.RemoveAttribute(opened(call, 0), path(call, 1)),
    "inotify_add_watch": _watch,
}
"""What each call about names and attributes asks of the kernel."""
