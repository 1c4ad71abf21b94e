"""Names come and go: files are declared, made, held, linked, renamed, unlinked; and attributes stay with what they are about.

Each function answers with the files after, and, where identities change, with where attributes go: to another identity, or
(None) nowhere, because the file has ended (Model M3.3).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from rpds import HashTrieMap, HashTrieSet

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.files import NO_PATHS, FileSystem, Inode, Name, as_file, is_beneath, parent_of
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


def declare(files: FileSystem, path: str, inode: Inode) -> FileSystem:
    """A file is there from now on, with exactly the facts of ``inode``, and the directories that lead to it.

    One that was declared before under this path is replaced. ``inode.number`` is not looked at.
    """
    files = _with_directory(files, parent_of(path))
    known = files.inode_at(path)
    if known is not None:
        return files.with_inode(
            replace(inode, number=known.number, kept=True, links=known.links, holders=known.holders)
        )
    return _named(files, path, replace(inode, kept=True, links=1, holders=0))


def _with_directory(files: FileSystem, path: str) -> FileSystem:
    if path in files.paths:
        return files
    files = _with_directory(files, parent_of(path))
    if files.world is World.RECORDED:
        return _named(files, path, Inode(number=0, type="directory", kept=True))
    return _named(
        files, path, Inode(number=0, type="directory", owner=0, group=0, mode=0o755, kept=True, xattrs=HashTrieMap())
    )


def made(files: FileSystem, path: str, inode: Inode) -> FileSystem:
    """A system call has made a file. In the recorded world only symbolic links are remembered: they decide later paths."""
    if files.world is World.RECORDED and inode.target is None:
        return files.told(path, inode)
    if files.world is World.RECORDED and path in files.paths:
        return files
    return declare(files, path, inode)


def _named(files: FileSystem, path: str, inode: Inode) -> FileSystem:
    """A new inode under a new name; two numbers are taken."""
    inode = replace(inode, number=files.next)
    named = replace(files, inodes=files.inodes.insert(inode.number, inode), next=files.next + 1)
    return _with_name(named, path, inode)


def _with_name(files: FileSystem, path: str, inode: Inode) -> FileSystem:
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


def hold(files: FileSystem, path: str | Unknown, *, directory: bool = False) -> tuple[FileSystem, int]:
    """Something refers to the file of that path from now on: the files after, and the number of its name."""
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


def hold_name(files: FileSystem, number: int) -> FileSystem:
    """One more refers to a name that is held already."""
    name = files.names[number]
    inode = files.inodes[name.inode]
    return replace(
        files,
        inodes=files.inodes.insert(inode.number, replace(inode, holders=inode.holders + 1)),
        names=files.names.insert(number, replace(name, holders=name.holders + 1)),
    )


def release(files: FileSystem, number: int) -> Changed:
    """One fewer refers to a name. What nobody refers to and nothing keeps is forgotten."""
    name = files.names[number]
    inode = files.inodes[name.inode]
    inode = replace(inode, holders=inode.holders - 1)
    name = replace(name, holders=name.holders - 1)
    files = replace(files, inodes=files.inodes.insert(inode.number, inode), names=files.names.insert(number, name))
    if name.holders:
        return Changed(files, {})
    if name.gone or (not inode.kept and not inode.holders):
        paths = files.paths
        if not name.gone and not isinstance(name.path, Unknown):
            paths = paths.discard(name.path)
            files = files.told(name.path, inode)
        files = replace(files, names=files.names.discard(number), paths=paths)
    if inode.holders or (inode.kept and inode.links):
        return Changed(files, {})
    files = replace(files, inodes=files.inodes.discard(inode.number))
    return Changed(files, {Identity("file", inode.number): None} if inode.kept else {})


def unlink(files: FileSystem, path: str) -> Changed:
    """A name is removed. Attributes go with the last name, unless somebody still holds the file."""
    number = files.paths.get(path)
    missing = files.missing.insert(path) if files.world is World.OPEN else files.missing
    files = files.told(path, None)
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


def link(files: FileSystem, old: str, new: str) -> Changed:
    """A file gets one more name. From now on it is identified by its inode, so that both names share attributes.

    What had the name before, as a recording may have it that did not show its end, has it no longer.
    """
    gone = unlink(files, new) if new in files.paths else Changed(files, {})
    changed = keep(gone.files, old)
    inode = changed.files.inode_at(old)
    assert inode is not None
    inode = replace(inode, links=inode.links + 1)
    rekeyed: Rekeyed = {**gone.rekeyed, Identity("file", new): None, **changed.rekeyed}
    return Changed(_with_name(changed.files.with_inode(inode), new, inode), rekeyed)


def keep(files: FileSystem, path: str, *, directory: bool = False) -> Changed:
    """The file of that path is remembered from now on, and identified by its inode."""
    known = files.inode_at(path)
    if known is None:
        files, number = hold(files, path, directory=directory)
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
    source, target = files.inode_at(old), files.inode_at(new)
    if old == new or (source is not None and source is target):
        return Changed(files, {})
    rekeyed: Rekeyed = {}
    told = files.told_of(old)
    if files.world is World.RECORDED or files.exists(new) is not False:
        replaced = unlink(files, new)
        files, rekeyed = replaced.files, replaced.rekeyed
    moved = _moved(_forgetful(files, old, new, told), {old: new})
    if moved.world is World.OPEN:
        moved = replace(moved, missing=moved.missing.discard(new).insert(old))
    rekeyed[Identity("file", old)] = Identity("file", new)
    return Changed(moved, rekeyed, trees=not _is_no_directory(files, old))


def _forgetful(files: FileSystem, old: str, new: str, told: Inode | Unknown | None) -> FileSystem:
    """What a trace has told of a file goes with its name; what it told of files in a directory that moves is forgotten."""
    if files.world is not World.RECORDED:
        return files
    if not isinstance(told, Inode) or told.type in (UNKNOWN, "directory"):
        files = replace(files, recent=HashTrieMap(), older=HashTrieMap())
    if isinstance(told, Inode):
        files = files.told(new, told)
    return files.told(old, None)


def exchange(files: FileSystem, one: str, other: str) -> Changed:
    """Two files take each other's names, renameat2(2) ``RENAME_EXCHANGE``."""
    rekeyed: Rekeyed = {Identity("file", a): Identity("file", b) for a, b in ((one, other), (other, one))}
    forgetful = replace(files, recent=HashTrieMap(), older=HashTrieMap())
    return Changed(_moved(forgetful, {one: other, other: one}), rekeyed, trees=True)


def repathed(path: str, moves: Mapping[str, str]) -> str | None:
    """What ``path`` is called after ``moves`` of files and directories; None where none of them touches it.

    >>> repathed("/a/x", {"/a": "/b"}), repathed("/ab", {"/a": "/b"})
    ('/b/x', None)
    """
    for old, new in moves.items():
        if path == old:
            return new
        if is_beneath(path, old):
            return new + path[len(old) :]
    return None


def _moved(files: FileSystem, moves: Mapping[str, str]) -> FileSystem:
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
    return replace(files, names=names, paths=paths, children=children, missing=missing)


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
    if all(_is_no_directory(files, old) for old in moves):
        return found
    return found.union(path for path in files.paths if repathed(path, moves) is not None)


def _is_no_directory(files: FileSystem, path: str) -> bool:
    inode = files.inode_at(path)
    return inode is not None and inode.type not in (UNKNOWN, "directory")


def hold_unnamed(files: FileSystem, path: str | Unknown, inode: Inode) -> tuple[FileSystem, int]:
    """A file without a name that somebody holds, open(2) ``O_TMPFILE``; ``path`` is what the kernel would show for it."""
    number = files.next
    inode = replace(inode, number=number, kept=True, links=0, holders=1)
    name = number + 1
    held = replace(
        files,
        inodes=files.inodes.insert(number, inode),
        names=files.names.insert(name, Name(path, number, holders=1, gone=True)),
        next=name + 1,
    )
    return held, name
