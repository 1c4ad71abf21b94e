"""From what a system call names to a file: paths walked from the caller's directories, descriptors looked up."""

from typing import Final, NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import SEARCH, discretionary, mode_allows, permission
from nslsm.kernel.context import Asking, Context, Detail
from nslsm.kernel.files import MAX_LINKS, ROOT, Walk
from nslsm.kernel.mounts import UNMOUNTED
from nslsm.kernel.operations.operation import CWD, At, Descriptor
from nslsm.kernel.paths import parent_of
from nslsm.kernel.process import Description, OpenSocket, Special
from nslsm.kernel.process_links import is_there, led_to
from nslsm.kernel.state import State
from nslsm.protocol.things import File, Identity, Socket

LOOKUP_ERRORS: Final = (
    Errno.ENOENT,
    Errno.ENOTDIR,
    Errno.ELOOP,
    Errno.ENAMETOOLONG,
    Errno.EBADF,
    Errno.EFAULT,
    Errno.ESTALE,
)
"""How a call fails that does not find its file; no hook of the file's own has been raised by then."""

PATH_MAX: Final = 4096
"""Bytes of a path, the one that ends it included, ``include/uapi/linux/limits.h``."""
NAME_MAX: Final = 255
"""Bytes of one name in it."""

NOT_BEGUN: Final = (Errno.EINVAL, Errno.EMFILE, Errno.ENFILE, Errno.ENOSYS, Errno.ENOMEM, Errno.EFAULT)
"""How a call fails whose arguments, or the caller's limits, do not let it begin."""


EVERYWHERE: Final = frozenset(
    f"/{name}"
    for name in (
        *(
            "",
            "bin",
            "boot",
            "dev",
            "etc",
            "home",
            "lib",
            "lib64",
            "media",
            "mnt",
            "opt",
            "proc",
            "root",
            "run",
            "sbin",
        ),
        *(
            "srv",
            "sys",
            "tmp",
            "usr",
            "usr/bin",
            "usr/lib",
            "usr/sbin",
            "usr/share",
            "var",
            "var/lib",
            "var/log",
            "var/tmp",
        ),
    )
)
"""Directories that every system has, hier(7)."""


class Found(NamedTuple):
    """What a name led to. ``exists`` is unknown in a replay."""

    file: File
    exists: bool | Unknown
    must_be_directory: bool = False
    """The path ended in a slash."""
    flags: frozenset[str] | Unknown = UNKNOWN
    """How the description was opened, where a descriptor was named."""
    name: int | None = None
    """The number of the name that the descriptor's description refers to."""

    @property
    def path(self) -> str | Unknown:
        """The path that was found, from the global root."""
        return self.file.path


def lookup(context: Context, at: At, *, directory: bool = False) -> Asking[Found]:
    """The file that a system call names, whether it exists or not; ``directory``: it is used as one.

    Searches the directories on the way: ENOENT, ENOTDIR, EACCES, ELOOP for one of them (path_resolution(7)). Whether the
    last component exists is left to the caller.
    """
    if at.path is None:
        return by_descriptor(context, at.directory, directory=directory)
    if at.path == "":
        context.insist(False, Errno.ENOENT, "the path is empty")
    _short_enough(context, at.path)
    walk = walked(context, at)
    if context.recorded is not None:
        walk = _as_failed(context, walk, follow=at.follow)
    if context.searches or (context.simulated and not _is_clear(context, walk)):
        yield from _search(context, walk)
    context.insist(not walk.loops, Errno.ELOOP, f"too many symbolic links on the way to {walk.path}")
    files = context.state.files
    found = files.file_at(walk.path, directory=directory or walk.directory)
    exists = UNKNOWN if isinstance(walk.path, Unknown) else _exists(context, walk.path)
    return Found(found, exists, must_be_directory=walk.directory)


def _short_enough(context: Context, text: str | Unknown) -> None:
    """A path has less than ``PATH_MAX`` bytes, a name no more than ``NAME_MAX``; else ENAMETOOLONG, path_resolution(7)."""
    if isinstance(text, Unknown) or len(text) <= NAME_MAX // 4:
        return
    octets = text.encode(errors="surrogatepass")
    context.insist(len(octets) < PATH_MAX, Errno.ENAMETOOLONG, f"a path of {len(octets)} bytes is too long")
    longest = max(len(name) for name in octets.split(b"/"))
    context.insist(longest <= NAME_MAX, Errno.ENAMETOOLONG, f"a name of {longest} bytes is too long")


def walked(context: Context, at: At) -> Walk:
    """Where a path leads, and through which directories."""
    text = at.path
    assert text is not None
    place, files = context.place, context.state.files
    root = "/" if place.root == ROOT and files.mounts is UNMOUNTED else files.path_of(place.root)
    start = UNKNOWN if isinstance(text, Unknown) or text.startswith("/") else directory_path(context, at.directory)
    return files.walk(
        start,
        "/" if isinstance(root, Unknown) else root,
        text,
        follow=at.follow,
        tgid=context.task.tgid,
        led_to=lambda location: led_to(context.state, context.task.pid, location),
    )


def _as_failed(context: Context, walk: Walk, *, follow: bool) -> Walk:
    """What a recorded errno tells of a path: ENOTDIR that the last directory is none, ELOOP that the end is a loop.

    ENOENT may be for any directory on the way. It is taken to be for the first that nobody has seen, of those that not every
    system has.
    """
    if context.searches and context.failed_with(Errno.ENOENT):
        for number, directory in enumerate(walk.passed[1:], 1):
            if directory not in EVERYWHERE and context.state.files.exists(directory) is not True:
                return walk._replace(passed=walk.passed[:number])
    if context.failed_with(Errno.ENOTDIR) and len(walk.passed) > 1:
        return walk._replace(passed=walk.passed[:-1])
    if (
        follow
        and context.failed_with(Errno.ELOOP)
        and not walk.loops
        and walk.passed
        and not isinstance(walk.path, Unknown)
    ):
        first = len(walk.passed)
        rounds = range(MAX_LINKS)
        passed = (*walk.passed, *(walk.passed[-1] for _ in rounds))
        return walk._replace(passed=passed, links=(*walk.links, *((first + each, walk.path) for each in rounds)))
    return walk


def directory_path(context: Context, directory: Descriptor) -> str | Unknown:
    """Where a path that is relative to ``directory`` starts; what a trace remarks comes first."""
    if directory.annotation is not None and directory.annotation.startswith("/"):
        return directory.annotation
    if directory.number == CWD.number:
        return context.state.files.path_of(context.place.directory)
    return by_descriptor(context, directory, directory=True).path


def _is_clear(context: Context, walk: Walk) -> bool:
    """Whether the directories on the way are there and let everybody through, and no link is followed: nothing is asked."""
    files = context.state.files
    return not walk.links and all(map(files.lets_through, walk.passed))


def _search(context: Context, walk: Walk) -> Asking[None]:
    files = context.state.files
    links = dict(walk.links)
    for number, path in enumerate(walk.passed, 1):
        file = files.file_at(path, directory=True)
        context.insist(_exists(context, path), Errno.ENOENT, f"{path} does not exist")
        context.insist(file.type == "directory", Errno.ENOTDIR, f"{path} is no directory")
        yield from _search_one(context, file)
        if number in links:
            yield from _follow(context, links[number])
        if number < len(walk.passed):
            yield from _revalidated(context, walk.passed[number])
    if not isinstance(walk.path, Unknown):
        yield from _revalidated(context, walk.path)


def _exists(context: Context, path: str) -> bool | Unknown:
    there = path.startswith("/proc/") and is_there(context.state, context.pid, path)
    return there or context.state.files.exists(path)


def _search_one(context: Context, directory: File) -> Asking[None]:
    """``may_lookup``. In a replay of a call that failed, the search went well wherever bits are not known to forbid it."""
    allowed = mode_allows(context.task.credentials, directory, SEARCH)
    if context.failed_with(Errno.EACCES) and allowed is not False:
        if context.searches:
            yield context.request("inode_permission", directory, mask=SEARCH)
    elif context.searches:
        yield from permission(context, directory, SEARCH)
    else:
        yield from discretionary(context, context.task, directory, SEARCH)


def _follow(context: Context, path: str) -> Asking[None]:
    """``pick_link``: a symbolic link on the way. A simulated one is always asked about, since it could be refused."""
    if context.searches or context.simulated:
        yield context.request("inode_follow_link", context.state.files.file_at(path)._replace(type="symlink"))


def _revalidated(context: Context, path: str) -> Asking[None]:
    """``pid_revalidate``: what is below /proc/PID is labelled anew as its process is, whenever it is looked up."""
    if context.detail is Detail.EVERY and path.startswith("/proc/"):
        number = path.split("/", 3)[2]
        if number.isdigit():
            process = context.state.tasks.get(int(number))
            yield from context.routine("task_to_inode", process)


class Opened(NamedTuple):
    """What a descriptor refers to."""

    file: File
    """Also for what is no file by name: then its path is empty, and its type says what it is."""
    socket: Socket | Unknown | None
    """None where it is no socket."""
    flags: frozenset[str] | Unknown = UNKNOWN
    description: int | None = None
    """The number of the description; None where nobody saw it opened."""
    name: int | None = None
    """The number of the name that the description refers to."""
    special: Special | None = None


def opened(context: Context, descriptor: Descriptor) -> Opened:
    """What a descriptor refers to: EBADF where that is nothing.

    What a trace remarks beside the number wins over what was seen of the descriptor before, because a trace may leave calls
    out. A descriptor that nobody saw opened and nothing is remarked about is an unknown thing.
    """
    slot = context.table.slots.get(descriptor.number)
    context.insist(slot is not None, Errno.EBADF, f"descriptor {descriptor.number} is not open")
    if slot is None:
        return remarked(context, descriptor)
    description = context.state.descriptions[slot.description]
    known = opened_by(context.state, slot.description, description)
    if _contradicts(context, descriptor, known):
        return remarked(context, descriptor)
    return known


def opened_by(state: State, number: int, description: Description) -> Opened:
    """What an open file description refers to."""
    target = description.target
    match target:
        case int():
            return Opened(state.files.file_named(target), None, description.flags, number, target)
        case OpenSocket():
            file = File("", Identity("file", f"socket:[{number}]"), type="socket")
            return Opened(file, target.socket, description.flags, number)
        case Special(kind="unknown"):
            return Opened(File(UNKNOWN, UNKNOWN), UNKNOWN, description.flags, number)
        case Special():
            kind = "fifo" if target.kind == "pipe" else "anonymous"
            file = File("", target.identity(number), type=kind)
            return Opened(file, None, description.flags, number, special=target)


def _contradicts(context: Context, descriptor: Descriptor, known: Opened) -> bool:
    remark = descriptor.annotation
    if remark is None or known.special is not None:
        return False
    if known.name is None:
        return remark.startswith("/")
    if descriptor.deleted or context.state.files.is_gone(known.name):
        return False
    path = context.state.files.path_of(known.name)
    return not isinstance(path, Unknown) and path != remark


_SOCKET_REMARKS: Final[dict[str, tuple[str | Unknown, str | Unknown]]] = {
    "TCP": ("inet", "stream"),
    "TCPv6": ("inet6", "stream"),
    "UDP": ("inet", "dgram"),
    "UDPv6": ("inet6", "dgram"),
    "RAW": ("inet", "raw"),
    "RAWv6": ("inet6", "raw"),
    "PING": ("inet", "dgram"),
    "PINGv6": ("inet6", "dgram"),
    "UNIX": ("unix", UNKNOWN),
    "UNIX-STREAM": ("unix", "stream"),
    "UNIX-DGRAM": ("unix", "dgram"),
    "UNIX-SEQPACKET": ("unix", "seqpacket"),
    "NETLINK": ("netlink", UNKNOWN),
    "socket": (UNKNOWN, UNKNOWN),
}
"""What a remark on a socket begins with, ``strace -yy``, and the family and type that it tells."""


def remarked(context: Context, descriptor: Descriptor) -> Opened:
    """What a trace's remark on a descriptor tells."""
    remark = descriptor.annotation
    if remark is None:
        return Opened(File(UNKNOWN, UNKNOWN), UNKNOWN)
    if remark.startswith("/"):
        file = context.state.files.file_at(remark)
        return Opened(file._replace(identity=UNKNOWN) if descriptor.deleted else file, None)
    kind = remark.partition(":")[0]
    if kind in _SOCKET_REMARKS:
        family, socket_type = _SOCKET_REMARKS[kind]
        home = context.task.home
        socket = Socket(UNKNOWN, home, family, socket_type, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
        return Opened(File("", UNKNOWN, type="socket"), socket)
    return Opened(File("", UNKNOWN, type="fifo" if kind == "pipe" else "anonymous"), None)


def by_descriptor(context: Context, descriptor: Descriptor, *, directory: bool = False) -> Found:
    """The file that an open descriptor, or the current directory, stands for: EBADF, or ENOTDIR for what is no directory."""
    files = context.state.files
    if descriptor.number == CWD.number:
        place = context.place.directory
        if descriptor.annotation is not None and files.path_of(place) != descriptor.annotation:
            return Found(files.file_at(descriptor.annotation, directory=True), exists=True)
        return Found(files.file_named(place), exists=True, name=place)
    found = opened(context, descriptor)
    file = found.file
    if directory and isinstance(file.type, Unknown):
        file = file._replace(type="directory")
    if directory:
        context.insist(file.type == "directory", Errno.ENOTDIR, f"descriptor {descriptor.number} is no directory")
    return Found(file, exists=True, flags=found.flags, name=found.name)


def parent(context: Context, path: str | Unknown) -> File:
    """The directory that holds a path."""
    return context.state.files.file_at(path if isinstance(path, Unknown) else parent_of(path), directory=True)
