"""System V IPC as values: queues, semaphores and shared memory that outlive who made them, after ipc/util.c."""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from rpds import HashTrieMap

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.operations.ipc import PRIVATE
from nslsm.protocol.things import Identity, NamespaceId, Thing, Value

Number: TypeAlias = tuple[str, int]
"""What names an object: its type, of ``IPC_TYPE``, and its id, which no two have, in whichever ipc namespace."""


class Message(NamedTuple):
    """One message in a queue."""

    type: int | Unknown
    size: int | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class IpcObject:
    """One object (``struct kern_ipc_perm`` and what is around it). What a recording does not show is unknown."""

    type: str
    id: int
    home: NamespaceId
    space: int = 0
    """The ipc namespace that it is in."""
    key: int | Unknown = PRIVATE
    owner: int | Unknown = UNKNOWN
    group: int | Unknown = UNKNOWN
    creator: int | Unknown = UNKNOWN
    creator_group: int | Unknown = UNKNOWN
    mode: int | Unknown = UNKNOWN
    size: int | Unknown = UNKNOWN
    """How many semaphores it has, or bytes of memory."""
    messages: tuple[Message, ...] = ()
    removed: bool = False
    """Shared memory that goes as soon as nobody has it attached (``SHM_DEST``)."""

    @property
    def identity(self) -> Identity:
        """The key of its attributes."""
        return Identity("ipc", f"{self.type}:{self.id}")

    def thing(self) -> Thing:
        """The object as rules see it."""
        facts: dict[str, Value | Unknown] = {
            "type": self.type,
            "key": self.key,
            "owner": self.owner,
            "group": self.group,
            "mode": self.mode,
        }
        return Thing(kind="ipc", identity=self.identity, home=self.home, facts=HashTrieMap(facts))


@dataclass(frozen=True, slots=True)
class Ipc:
    """All objects of a machine."""

    objects: "HashTrieMap[Number, IpcObject]" = field(default_factory=HashTrieMap)
    next: int = 0
    """The id of the next new object; ids are never used again."""

    def found(self, type_: str, key: int, space: int) -> IpcObject | None:
        """The object that programs in an ipc namespace find by ``key`` (``ipc_findkey``)."""
        if key == PRIVATE:
            return None
        return next(
            (each for each in self.objects.values() if (each.type, each.key, each.space) == (type_, key, space)), None
        )

    def with_object(self, changed: IpcObject) -> "Ipc":
        """With an object that is new, or is otherwise than before."""
        number = (changed.type, changed.id)
        return replace(self, objects=self.objects.insert(number, changed), next=max(self.next, changed.id + 1))

    def without(self, gone: IpcObject) -> "Ipc":
        """Without an object."""
        return replace(self, objects=self.objects.discard((gone.type, gone.id)))
