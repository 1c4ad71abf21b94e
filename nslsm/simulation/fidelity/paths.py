"""When a path that a kernel had for a file is the one that we have."""

import re
from typing import Final

NAMELESS: Final = frozenset({"pipefs", "sockfs", "anon_inodefs", "nsfs", "bpf", "dax", "mqueue"})
"""File systems whose files have no path: a kernel shows ``/`` for them, a trace ``pipe:[7]``."""

_CUT: Final = "…"
_PROCESS: Final = re.compile(r"^((?:/proc)?)/(?:self|thread-self|[0-9]+)(?=/|$)")
_THREAD: Final = re.compile(r"/task/[0-9]+(?=/|$)")
_NUMBERED: Final = re.compile(r"^(?:pipe|socket|anon_inode|mnt|uts|ipc|net|pid|user|cgroup|time):")


def same_path(ours: str, theirs: str, *, filesystem: str | None, whole: bool) -> bool:
    """Whether two paths are one file's.

    ``whole`` False: theirs begins where the file system is mounted, so that ours ends in it. Processes are numbered
    otherwise in each run, and `/proc/self` is one of them, so that their numbers do not count.

    >>> same_path("/srv/data/a", "/a", filesystem="tmpfs", whole=False)
    True
    >>> same_path("/proc/self/maps", "/proc/1023/maps", filesystem="proc", whole=True)
    True
    """
    if theirs == "/" and filesystem in NAMELESS:
        return ours == "" or _NUMBERED.match(ours) is not None or ours == "/"
    ours = ours.removesuffix(" (deleted)")
    if filesystem in (None, "proc"):
        ours, theirs = _unnumbered(ours), _unnumbered(theirs)
    if theirs.startswith(_CUT):
        return ours.endswith(theirs.removeprefix(_CUT))
    if ours == theirs:
        return True
    return not whole and (theirs == "/" or ours.endswith(theirs))


def _unnumbered(path: str) -> str:
    return _THREAD.sub("/task/N", _PROCESS.sub(r"\1/N", path))
