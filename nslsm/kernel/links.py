"""Names come and go: files are declared, made, held, linked, renamed, unlinked; and attributes stay with what they are about.

Each function answers with the files after, and, where identities change, with where attributes go: to another identity, or
(None) nowhere, because the file has ended (Model M3.3).
"""

from typing import Final

from rpds import HashTrieMap

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.entries import Changed, Rekeyed, is_no_directory, moved, named, unlinked, with_name
from nslsm.kernel.files import NO_PATHS, FileSystem
from nslsm.kernel.inodes import Inode, Name
from nslsm.kernel.mounting import forgotten as without_mount
from nslsm.kernel.mounting import unmounted
from nslsm.kernel.mounts import FIRST, NO_MOUNTS, UNMOUNTED
from nslsm.kernel.paths import is_beneath, parent_of
from nslsm.kernel.world import World
from nslsm.protocol.things import Identity


def declare(files: FileSystem, path: str, inode: Inode) -> FileSystem:
    """A file is there from now on, with exactly the facts of ``inode``, and the directories that lead to it.

    One that was declared before under this path is replaced. ``inode.number`` is not looked at.
    """
    path = files.location(path)
    files = _with_directory(files, parent_of(path))
    known = files.inode_of(path)
    if known is not None:
        return files.with_inode(
            replace(inode, number=known.number, kept=True, links=known.links, holders=known.holders)
        )
    return named(files, path, replace(inode, kept=True, links=1, holders=0))


def _with_directory(files: FileSystem, path: str) -> FileSystem:
    if path in files.paths:
        return files
    files = _with_directory(files, parent_of(path))
    if files.world is World.RECORDED:
        return named(files, path, Inode(number=0, type="directory", kept=True))
    return named(
        files, path, Inode(number=0, type="directory", owner=0, group=0, mode=0o755, kept=True, xattrs=HashTrieMap())
    )


def made(files: FileSystem, path: str, inode: Inode) -> FileSystem:
    """A system call has made a file. In the recorded world only symbolic links are remembered: they decide later paths."""
    if files.world is World.RECORDED and inode.target is None:
        return files.told(path, inode)
    if files.world is World.RECORDED and files.name_at(path) is not None:
        return files
    return declare(files, path, inode)


def hold(files: FileSystem, path: str | Unknown, *, directory: bool = False) -> tuple[FileSystem, int]:
    """Something refers to the file of that path from now on: the files after, and the number of its name."""
    if isinstance(path, Unknown):
        return _held(files, path, directory=directory)
    mount, location = files.spot(path)
    if mount == FIRST:
        return _held(files, location, directory=directory)
    plain = files.paths.get(location)
    through = files.through.get(mount)
    known = None if plain is None or through is None else through.get(plain)
    if known is not None:
        return hold_name(files, known), known
    files, plain = _held(files, location, directory=directory)
    return held_through(files, plain, mount)


def held_through(files: FileSystem, plain: int, mount: int) -> tuple[FileSystem, int]:
    """A name that is held is held through another mount than the first from now on."""
    number = files.next
    name = files.names[plain]
    through: HashTrieMap[int, int] = files.through.get(mount, HashTrieMap())
    held = replace(
        files,
        names=files.names.insert(number, replace(name, holders=1, gone=False, mount=mount, base=plain)),
        through=files.through.insert(mount, through.insert(plain, number)),
        next=number + 1,
    )
    return held, number


def hold_at(files: FileSystem, plain: int, mount: int) -> tuple[FileSystem, int]:
    """One more refers to a plain name, through a mount: the files after, and the number of the name as it is held."""
    through = files.through.get(mount)
    known = None if through is None else through.get(plain)
    if known is not None:
        return hold_name(files, known), known
    files = hold_name(files, plain)
    return (files, plain) if mount == FIRST else held_through(files, plain, mount)


def _held(files: FileSystem, path: str | Unknown, *, directory: bool) -> tuple[FileSystem, int]:
    number = None if isinstance(path, Unknown) else files.paths.get(path)
    if number is None:
        inode = replace(files.undeclared(path, directory=directory), holders=1)
        number = files.next + 1
        held = replace(
            files,
            inodes=files.inodes.insert(inode.number, inode),
            names=files.names.insert(number, Name(path, inode.number, holders=1)),
            paths=files.paths if isinstance(path, Unknown) else files.paths.insert(path, number),
            next=number + 1,
        )
        return held, number
    return hold_name(files, number), number


def hold_name(files: FileSystem, number: int, times: int = 1) -> FileSystem:
    """One more (or ``times`` more) refers to a name that is held already."""
    name = files.names[number]
    if name.base is not None:
        return replace(files, names=files.names.insert(number, replace(name, holders=name.holders + times)))
    inode = files.inodes[name.inode]
    return replace(
        files,
        inodes=files.inodes.insert(inode.number, replace(inode, holders=inode.holders + times)),
        names=files.names.insert(number, replace(name, holders=name.holders + times)),
    )


def release(files: FileSystem, number: int) -> Changed:
    """One fewer refers to a name. What nobody refers to and nothing keeps is forgotten."""
    name = files.names[number]
    if name.holders > 1:
        return Changed(hold_name(files, number, -1), {})
    if name.base is not None:
        return _released_through(files, number, name)
    inode = files.inodes[name.inode]
    inode = replace(inode, holders=inode.holders - 1)
    forgotten = name.gone or (not inode.kept and not inode.holders)
    ended = not (inode.holders or (inode.kept and inode.links))
    path = None if not forgotten or name.gone or isinstance(name.path, Unknown) else name.path
    after = replace(
        files,
        inodes=files.inodes.discard(inode.number) if ended else files.inodes.insert(inode.number, inode),
        names=files.names.discard(number) if forgotten else files.names.insert(number, replace(name, holders=0)),
        paths=files.paths if path is None else files.paths.discard(path),
    )
    if path is not None:
        after = after.telling(path, inode)
    return Changed(after, {Identity("file", inode.number): None} if ended and inode.kept else {})


def _released_through(files: FileSystem, number: int, name: Name) -> Changed:
    assert name.base is not None
    fewer = replace(name, holders=name.holders - 1)
    if fewer.holders:
        return Changed(replace(files, names=files.names.insert(number, fewer)), {})
    left = files.through[name.mount].discard(name.base)
    through = files.through.insert(name.mount, left) if len(left) else files.through.discard(name.mount)
    changed = release(replace(files, names=files.names.discard(number), through=through), name.base)
    if len(left) or changed.files.mounts.mounts[name.mount].namespace is not None:
        return changed
    tree = [mount.number for mount in changed.files.mounts.subtree(top_of_tree(changed.files, name.mount))]
    if any(each in changed.files.through for each in tree):
        return changed
    files, ended, _ = without_mounts(changed.files, top_of_tree(changed.files, name.mount))
    return Changed(files, {**changed.rekeyed, **ended})


def top_of_tree(files: FileSystem, mount: int) -> int:
    """The mount at the top of the tree that a mount is in."""
    parent = files.mounts.mounts[mount].parent
    while parent is not None:
        mount, parent = parent, files.mounts.mounts[parent].parent
    return mount


def without_mounts(files: FileSystem, number: int) -> Changed:
    """A mount is taken off, with all that is on it. Those that are still in use stay, nowhere, until they no longer are."""
    table, gone = unmounted(files.mounts, number)
    rekeyed: Rekeyed = {}
    files = replace(files, mounts=table)
    for each in gone:
        if each in files.through or each == FIRST:
            continue
        root = files.mounts.mounts[each].root
        table, volume = without_mount(files.mounts, each)
        files = replace(files, mounts=table)
        rekeyed[Identity("mount", each)] = None
        if volume is not None:
            files, ended, _ = _without_volume(files, volume.top)
            rekeyed.update(ended)
        elif root.startswith(DELETED) and root not in table.roots:
            files, ended, _ = unlinked(files, root)
            rekeyed.update(ended)
    return Changed(files, rekeyed)


def _without_volume(files: FileSystem, top: str) -> Changed:
    """A file system has ended, and with it all that was in it."""
    rekeyed: Rekeyed = {}
    pending, found = [top], []
    while pending:
        location = pending.pop()
        found.append(location)
        pending.extend(sorted(files.children.get(location, NO_PATHS)))
    if files.world is World.RECORDED:
        found.extend(sorted(location for location in files.paths if is_beneath(location, top)))
    for location in reversed(found):
        if location in files.paths:
            files, ended, _ = unlinked(files, location)
            rekeyed.update(ended)
    missing = files.missing
    for location in tuple(missing):
        missing = missing.discard(location) if location == top or is_beneath(location, top) else missing
    return Changed(replace(files, missing=missing), rekeyed)


DELETED: Final = "deleted:["
"""How the location begins of a file that was removed while a mount shows it."""


def unlink(files: FileSystem, path: str) -> Changed:
    """A name is removed. Attributes go with the last name, unless somebody still holds the file.

    What is mounted on it in other namespaces is taken off; where a mount shows it, it stays there, and nowhere else. The root
    of a file system has no name that could go: a recording that has it so knows of mounts that it did not show.
    """
    location = files.location(path)
    if location in files.mounts.by_top:
        return Changed(files, {})
    if files.mounts is UNMOUNTED:
        return unlinked(files, location)
    rekeyed: Rekeyed = {}
    for each in sorted(files.mounts.points.get(location, NO_MOUNTS)):
        if each in files.mounts.mounts and files.mounts.mounts[each].point == location:
            files, ended, _ = without_mounts(files, each)
            rekeyed.update(ended)
    if location in files.mounts.roots and location in files.paths:
        apart = f"{DELETED}{files.next}]"
        files = moved(replace(files, next=files.next + 1), {location: apart})
        return Changed(files, {**rekeyed, Identity("file", location): Identity("file", apart)}, trees=True)
    changed = unlinked(files, location)
    return changed._replace(rekeyed={**rekeyed, **changed.rekeyed})


def link(files: FileSystem, old: str, new: str) -> Changed:
    """A file gets one more name. From now on it is identified by its inode, so that both names share attributes.

    What had the name before, as a recording may have it that did not show its end, has it no longer.
    """
    old, taken = files.location(old), files.location(new)
    if old == taken or taken in files.mounts.by_top:
        return Changed(files, {})
    gone = unlink(files, new) if taken in files.paths else Changed(files, {})
    new = taken
    changed = _kept(gone.files, old)
    inode = changed.files.inode_of(old)
    assert inode is not None
    inode = replace(inode, links=inode.links + 1)
    rekeyed: Rekeyed = {**gone.rekeyed, Identity("file", new): None, **changed.rekeyed}
    return Changed(with_name(changed.files.with_inode(inode), new, inode), rekeyed)


def keep(files: FileSystem, path: str, *, directory: bool = False) -> Changed:
    """The file of that path is remembered from now on, and identified by its inode."""
    return _kept(files, files.location(path), directory=directory)


def _kept(files: FileSystem, path: str, *, directory: bool = False) -> Changed:
    known = files.inode_of(path)
    if known is None:
        files, number = _held(files, path, directory=directory)
        known = files.inodes[files.names[number].inode]
        name = files.names[number]
        files = replace(files, names=files.names.insert(number, replace(name, holders=0)))
        known = replace(known, holders=0)
    elif known.kept:
        return Changed(files, {})
    files = files.with_inode(replace(known, kept=True))
    above = parent_of(path)
    siblings = files.children.get(above, NO_PATHS).insert(path)
    files = replace(files, children=files.children.insert(above, siblings))
    return Changed(files, {Identity("file", path): Identity("file", known.number)})


def rename(files: FileSystem, old: str, new: str) -> Changed:
    """``old`` is called ``new`` from now on, and whatever is below it with it; what ``new`` was is unlinked.

    Two names of one file: nothing happens, rename(2).
    """
    there = files.exists(new)
    target = files.inode_at(new)
    known, taken = files.location(old), files.location(new)
    source = files.inode_of(known)
    tops = files.mounts.by_top
    if known == taken or known in tops or taken in tops or (source is not None and source is target):
        return Changed(files, {})
    rekeyed: Rekeyed = {}
    told = files.told_at(known)
    if files.world is World.RECORDED or there is not False:
        replaced = unlink(files, new)
        files, rekeyed = replaced.files, replaced.rekeyed
    old, new = known, taken
    after = moved(_forgetful(files, old, new, told), {old: new})
    if after.world is World.OPEN:
        after = replace(after, missing=after.missing.discard(new).insert(old))
    rekeyed[Identity("file", old)] = Identity("file", new)
    return Changed(after, rekeyed, trees=not is_no_directory(files, old))


def _forgetful(files: FileSystem, old: str, new: str, told: Inode | Unknown | None) -> FileSystem:
    """What a trace has told of a file goes with its name; what it told of files in a directory that moves is forgotten."""
    if files.world is not World.RECORDED:
        return files
    if not isinstance(told, Inode) or told.type in (UNKNOWN, "directory"):
        files = replace(files, recent=HashTrieMap(), older=HashTrieMap())
    if isinstance(told, Inode):
        files = files.telling(new, told)
    return files.telling(old, None)


def exchange(files: FileSystem, one: str, other: str) -> Changed:
    """Two files take each other's names, renameat2(2) ``RENAME_EXCHANGE``."""
    one, other = files.location(one), files.location(other)
    if one in files.mounts.by_top or other in files.mounts.by_top:
        return Changed(files, {})
    rekeyed: Rekeyed = {Identity("file", a): Identity("file", b) for a, b in ((one, other), (other, one))}
    forgetful = replace(files, recent=HashTrieMap(), older=HashTrieMap())
    return Changed(moved(forgetful, {one: other, other: one}), rekeyed, trees=True)


def hold_unnamed(files: FileSystem, path: str | Unknown, inode: Inode) -> tuple[FileSystem, int]:
    """A file without a name that somebody holds, open(2) ``O_TMPFILE``; ``path`` is what the kernel would show for it."""
    number = files.next
    path = path if isinstance(path, Unknown) else files.location(path)
    inode = replace(inode, number=number, kept=True, links=0, holders=1)
    name = number + 1
    held = replace(
        files,
        inodes=files.inodes.insert(number, inode),
        names=files.names.insert(name, Name(path, number, holders=1, gone=True)),
        next=name + 1,
    )
    return held, name


__all__ = [
    "Changed",
    "Rekeyed",
    "declare",
    "exchange",
    "held_through",
    "hold",
    "hold_at",
    "hold_name",
    "hold_unnamed",
    "keep",
    "link",
    "made",
    "release",
    "rename",
    "top_of_tree",
    "unlink",
    "without_mounts",
]
