"""The files of a moment as keys of states tell them: by paths, and what nobody holds any longer by an order."""

from collections.abc import Callable, Hashable, Mapping
from typing import Final, NamedTuple

from nslsm.kernel.files import FileSystem
from nslsm.kernel.inodes import Inode, Name
from nslsm.kernel.mounts import FIRST, UNMOUNTED

ABSENT: Final = -1


class Files(NamedTuple):
    """The files of a moment: what they are, and what their names and inodes are called in a key."""

    part: int
    names: Mapping[int, Hashable]
    """By number what each name is called in a key: by its path, where that is enough."""
    inodes: Mapping[int, Hashable]


def described(files: FileSystem, part: Callable[[Hashable], int], *, merging: bool) -> Files:
    """The files of a moment; ``part`` makes numbers of values. ``merging`` False: numbers stay what they are."""
    known = dict(files.names.items())
    places = sorted(
        (str(name.path), name.gone, name.mount, ABSENT if name.base is None else name.base, number)
        for number, name in known.items()
    )
    order = [place[-1] for place in places]
    names: dict[int, Hashable] = {}
    inodes: dict[int, Hashable] = {}
    for rank, number in enumerate(order):
        name = known[number]
        plain = name.base is None and name.mount == FIRST and not name.gone and isinstance(name.path, str)
        names[number] = number if not merging else name.path if plain else ("name", rank)
        if plain:
            inodes.setdefault(name.inode, name.path)
    if len(inodes) < len(files.inodes):
        for number in (*(known[number].inode for number in order), *sorted(files.inodes)):
            inodes.setdefault(number, ("inode", len(inodes)))
    if not merging:
        inodes = {number: number for number in inodes}
    held = dict(files.inodes.items())
    remembered = [number for number in order if not merging or _is_remembered(known[number], held)]
    told: list[Hashable] = []
    for number in remembered:
        name = known[number]
        base = None if name.base is None else names[name.base]
        told.append((names[number], name.path, inodes[name.inode], name.gone, name.mount, base))
    for number in dict.fromkeys([known[number].inode for number in remembered]):
        inode = held[number]
        facts = (inode.type, inode.owner, inode.group, inode.mode, inode.inode, inode.device, inode.filesystem)
        content = (inode.sha256, inode.xattrs, inode.target, inode.interpreter, inode.unwritten, inode.kept)
        told.append((inodes[number], *facts, *content, inode.links))
    ranks = {number: rank for rank, number in enumerate(order)} if files.through else {}
    paths = tuple(sorted((path, ranks[number]) for path, number in files.paths.items())) if files.through else ()
    through = tuple(
        sorted(
            (mount, tuple(sorted((ranks[plain], ranks[own]) for plain, own in through.items())))
            for mount, through in files.through.items()
        )
    )
    rest = (files.missing, files.recent, files.older, files.kind, files.world, files.symlinks)
    mounts = None if files.mounts is UNMOUNTED else files.mounts
    counter = None if merging else files.next
    return Files(part((tuple(told), paths, through, rest, mounts, counter)), names, inodes)


def _is_remembered(name: Name, inodes: Mapping[int, Inode]) -> bool:
    """Whether a name, or its file, is other than what the world says of the path: else it only is held by somebody."""
    return inodes[name.inode].kept or name.gone or name.mount != FIRST
