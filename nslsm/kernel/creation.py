"""Files that are about to be, and that have been made: who owns them, what they permit."""

from rpds import HashTrieMap

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.context import Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import Ended
from nslsm.kernel.inodes import Inode, as_file
from nslsm.kernel.links import made
from nslsm.kernel.lookup import parent
from nslsm.kernel.state import State
from nslsm.kernel.world import World
from nslsm.protocol.things import File, Identity

_SETGID = 0o2000


def inode_to_be(
    context: Context,
    path: str | Unknown,
    kind: str | Unknown,
    mode: int | Unknown,
    *,
    target: str | Unknown | None = None,
) -> Inode:
    """The inode that the calling task would make: its own, with the umask taken off ``mode``.

    Its group is the directory's where that has the set-group-id bit (``inode_init_owner``). A new file has no extended
    attributes; of a recorded one that is not certain, nor are its bits, which a default ACL may change.
    """
    credentials = context.task.credentials
    directory = parent(context, path)
    recorded = context.state.files.world is World.RECORDED
    group = credentials.fsgid
    if isinstance(directory.mode, Unknown):
        group = UNKNOWN
    elif directory.mode & _SETGID:
        group = directory.group
    mask = context.place.mask
    bits: int | Unknown = UNKNOWN
    if kind == "symlink":
        bits = 0o777
    elif not recorded and not isinstance(mode, Unknown) and not isinstance(mask, Unknown):
        bits = mode & ~mask & 0o7777
    return Inode(
        number=0,
        type=kind,
        owner=credentials.fsuid,
        group=group,
        mode=bits,
        xattrs=UNKNOWN if recorded else HashTrieMap(),
        target=target,
        unwritten=kind == "regular",
    )


def file_to_be(path: str | Unknown, inode: Inode) -> File:
    """The file that is about to be made, as rules see it: under its path, for it has no inode yet."""
    return as_file(replace(inode, kept=False), path)


def with_made(state: State, path: str | Unknown, inode: Inode) -> Ended:
    """The state with the file made. What was said of its path is said of its inode from now on."""
    if isinstance(path, Unknown):
        return Ended(state, {})
    files = made(state.files, path, inode)
    known = files.inode_at(path)
    state = replace(state, files=files)
    location = files.location(path)
    kept = known is not None and known.kept
    if not kept and location == path:
        return Ended(state, {})
    old = Identity("file", path)
    new = Identity("file", known.number if known is not None and kept else location)
    cells = state.cells
    of_thing = cells.get(old)
    if of_thing is not None:
        cells = cells.discard(old).insert(new, of_thing)
    return Ended(replace(state, cells=cells), {old: new})
