"""Directory entries by location: made, removed, moved; and attributes stay with what they are about.

A function that may end or rename something answers with the files after, and with where attributes go: to another identity,
or (None) nowhere, because the file has ended (Model M3.3).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from rpds import HashTrieMap, HashTrieSet

from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.copying import replace
from nslsm.kernel.files import NO_PATHS, FileSystem
from nslsm.kernel.inodes import Inode, Name, as_file
from nslsm.kernel.mounting import relocated
from nslsm.kernel.mounts import UNMOUNTED
from nslsm.kernel.paths import parent_of, repathed
from nslsm.kernel.world import World
from nslsm.protocol.things import Identity

Rekeyed: TypeAlias = dict[Identity, Identity | None]
Children: TypeAlias = "HashTrieMap[str, HashTrieSet[str]]"


class Changed(NamedTuple):
    """The files after a change, and where the attributes of those that it touched go."""

    files: FileSystem
    rekeyed: Rekeyed
    trees: bool = False
    """Whether a directory may have moved, and files beneath it that are known by their paths."""


def named(files: FileSystem, path: str, inode: Inode) -> FileSystem:
    """A new inode under a new name; two numbers are taken."""
    inode = replace(inode, number=files.next)
    after = replace(files, inodes=files.inodes.insert(inode.number, inode), next=files.next + 1)
    return with_name(after, path, inode)


def with_name(files: FileSystem, path: str, inode: Inode) -> FileSystem:
    """An inode gets a name; one number is taken."""
    number = files.next
    children = files.children
    if inode.kept:
        directory = parent_of(path)
        children = children.insert(directory, children.get(directory, NO_PATHS).insert(path))
    return replace(
        files,
        names=files.names.insert(number, Name(path, inode.number)),
        paths=files.paths.insert(path, number),
        children=children,
        missing=files.missing.discard(path),
        symlinks=files.symlinks + (inode.target is not None),
        next=number + 1,
    )


def unlinked(files: FileSystem, path: str) -> Changed:
    """A name is removed; attributes go with the last one, unless somebody still holds the file."""
    number = files.paths.get(path)
    missing = files.missing.insert(path) if files.world is World.OPEN else files.missing
    files = files.telling(path, None)
    if number is None:
        return Changed(replace(files, missing=missing), {Identity("file", path): None})
    name = files.names[number]
    inode = files.inodes[name.inode]
    inode = replace(inode, links=inode.links - 1)
    rekeyed: Rekeyed = {}
    before = as_file(inode, path).identity
    assert isinstance(before, Identity)
    names = files.names.insert(number, replace(name, gone=True)) if name.holders else files.names.discard(number)
    inodes = files.inodes
    if inode.links or inode.holders:
        if not inode.kept:
            inode = replace(inode, kept=True)
            rekeyed[before] = Identity("file", inode.number)
        inodes = inodes.insert(inode.number, inode)
    else:
        inodes = inodes.discard(inode.number)
        rekeyed[before] = None
    changed = replace(
        files,
        inodes=inodes,
        names=names,
        paths=files.paths.discard(path),
        children=_without_child(files.children, path),
        missing=missing,
        symlinks=files.symlinks - (inode.target is not None),
    )
    return Changed(changed, rekeyed)


def _without_child(children: Children, path: str) -> Children:
    directory = parent_of(path)
    siblings = children.get(directory)
    if siblings is None or path not in siblings:
        return children
    siblings = siblings.discard(path)
    return children.insert(directory, siblings) if len(siblings) else children.discard(directory)


def moved(files: FileSystem, moves: Mapping[str, str]) -> FileSystem:
    """Files are called otherwise from now on, and whatever is beneath them with them."""
    affected = {path: files.paths[path] for path in _affected(files, moves)}
    names, paths, children = files.names, files.paths, files.children
    for path in affected:
        paths = paths.discard(path)
        children = _without_child(children, path)
    for path, number in affected.items():
        new = repathed(path, moves)
        assert new is not None
        name = names[number]
        names = names.insert(number, replace(name, path=new))
        paths = paths.insert(new, number)
        if files.inodes[name.inode].kept:
            directory = parent_of(new)
            children = children.insert(directory, children.get(directory, NO_PATHS).insert(new))
    missing = files.missing
    for path in tuple(missing):
        new = repathed(path, moves)
        if new is not None:
            missing = missing.discard(path).insert(new)
    mounts = files.mounts if files.mounts is UNMOUNTED else relocated(files.mounts, moves)
    return replace(files, names=names, paths=paths, children=children, missing=missing, mounts=mounts)


def _affected(files: FileSystem, moves: Mapping[str, str]) -> Iterable[str]:
    """The remembered paths that moves touch: those of kept inodes by the tree, those that are merely held by looking."""
    found = {old for old in moves if old in files.paths}
    if files.world is World.CLOSED:
        pending = list(moves)
        while pending:
            for child in files.children.get(pending.pop(), NO_PATHS):
                found.add(child)
                pending.append(child)
        return found
    if all(is_no_directory(files, old) for old in moves):
        return found
    return found.union(path for path in files.paths if repathed(path, moves) is not None)


def is_no_directory(files: FileSystem, path: str) -> bool:
    """Whether a file is known to be none."""
    inode = files.inode_of(path)
    return inode is not None and inode.type not in (UNKNOWN, "directory")
