"""Parts of states as numbers, the same for equal ones: worked out once for each object, which never changes."""

from collections.abc import Callable, Hashable
from typing import Final, TypeVar, cast

from nslsm.kernel.files import FileSystem
from nslsm.kernel.state import CellsOfThing
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import Credentials, NamespaceId
from nslsm.simulation.exploration.files import Files, described

T = TypeVar("T")

MAX_MADE: Final = 20_000
"""How many parts of states are remembered with what they are told as."""


class Parts:
    """What parts of states are told as; the arguments are those of ``Canonical``."""

    def __init__(self, *, merging: bool = True, named: frozenset[str] = frozenset()) -> None:
        self.merging = merging
        self.named = named
        self._parts: dict[Hashable, int] = {}
        self._kept: dict[int, tuple[object, int]] = {}
        self._made: dict[int, tuple[object, object]] = {}
        self._owned: dict[Hashable, tuple[object, object]] = {}

    def part(self, value: Hashable) -> int:
        """A number for a value, the same for equal values."""
        return self._parts.setdefault(value, len(self._parts))

    def credentials(self, credentials: Credentials) -> int:
        """A number for credentials, their namespace apart."""
        known = self._kept.get(id(credentials))
        if known is None:
            names = (name for name in Credentials.__slots__ if name not in ("__weakref__", "namespace"))
            value = self.part(("credentials", *(getattr(credentials, name) for name in names)))
            known = self._kept[id(credentials)] = (credentials, value)
        return known[1]

    def files(self, files: FileSystem) -> Files:
        """The files, described once for each object, as long as it is remembered."""
        return self.once_for(files, lambda: described(files, self.part, merging=self.merging))

    def namespaces(self, tree: NamespaceTree) -> int:
        """A number for the namespaces."""
        return self.once_for(tree, lambda: self.part(self._told(tree)))

    def attributes(self, cells: CellsOfThing, names: Callable[[NamespaceId], Hashable]) -> int:
        """A number for the attributes of one thing; ``names`` says what namespaces are called."""

        def told() -> int:
            items = ((str(names(cell[0])), cell.binding, cell.attribute, value) for cell, value in cells.items())
            return self.part(tuple(sorted((*item[:3], self.part(("value", item[3]))) for item in items)))

        return self.once_for(cells, told)

    def once_for(self, of: object, make: Callable[[], T]) -> T:
        """What ``make`` makes of a value that never changes, for as long as that very value is remembered."""
        known = self._made.get(id(of))
        if known is None:
            if len(self._made) >= MAX_MADE:
                self._made.clear()
            known = self._made[id(of)] = (of, make())
        return cast("T", known[1])

    def once(self, kind: str, of: tuple[object, ...], beside: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` makes of values that never change, and of ``beside``, while those very values are remembered."""
        key = (kind, beside, *map(id, of))
        known = self._owned.get(key)
        if known is None:
            if len(self._owned) >= MAX_MADE:
                self._owned.clear()
            known = self._owned[key] = (of, make())
        return cast("T", known[1])

    def _told(self, tree: NamespaceTree) -> Hashable:
        told = sorted(
            (
                *(each.path if self.merging else str(each.id), each.depth, each.sealed),
                tuple((one.name, one.mode.value) for one in each.bindings),
                *(self.part(("lock", each.lock)), self.part(("limits", each.limits))),
            )
            for each in tree.members.values()
        )
        return tuple(told)
