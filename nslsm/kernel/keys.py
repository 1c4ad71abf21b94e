"""Keys and keyrings as values, and which of them are whose, after security/keys: keyrings(7)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rpds import HashTrieMap

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.lifetimes import held, released
from nslsm.protocol.things import Identity, NamespaceId, Thing, Value

if TYPE_CHECKING:
    from nslsm.kernel.state import State

POSSESSOR: Final = 24
OWNER: Final = 16
GROUP: Final = 8
OTHERS: Final = 0
"""Where the rights of each class stand in a key's permissions, ``include/linux/key.h``."""

ALL: Final = 0x3F
NEEDS: Final = {"view": 0x01, "read": 0x02, "write": 0x04, "search": 0x08, "link": 0x10, "setattr": 0x20}
"""The bits of one class. What is not here is asked of modules only."""

UNSEEN: Final = 1 << 40
"""The first number that a recording's keys have whose own it does not show: above all that Linux gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key, or keyring: then ``links`` are the keys in it, by number."""

    serial: int
    type: str | Unknown
    description: str | Unknown
    home: NamespaceId
    owner: int | Unknown = UNKNOWN
    group: int | Unknown = UNKNOWN
    mode: int | Unknown = UNKNOWN
    links: tuple[int, ...] = ()
    revoked: bool = False

    @property
    def identity(self) -> Identity:
        """The key of its attributes."""
        return Identity("key", self.serial)

    def thing(self) -> Thing:
        """The key as rules see it."""
        facts: dict[str, Value | Unknown] = {
            "type": self.type,
            "description": self.description,
            "owner": self.owner,
            "group": self.group,
            "mode": self.mode,
        }
        return Thing(kind="key", identity=self.identity, home=self.home, facts=HashTrieMap(facts))


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys, and the keyrings that threads, processes, sessions and users have."""

    keys: "HashTrieMap[int, Key]" = field(default_factory=HashTrieMap)
    threads: "HashTrieMap[int, int]" = field(default_factory=HashTrieMap)
    """By the task's number."""
    processes: "HashTrieMap[int, int]" = field(default_factory=HashTrieMap)
    """By the process's number."""
    sessions: "HashTrieMap[int, int]" = field(default_factory=HashTrieMap)
    """By the task's number: children share their parent's."""
    users: "HashTrieMap[str, int]" = field(default_factory=HashTrieMap)
    """By description: ``_uid.1000``, ``_uid_ses.1000``, ``.user_reg``."""
    next: int = 1

    def with_key(self, key: Key) -> "Keys":
        """With a key that is new, or is otherwise than before."""
        following = key.serial + 1 if key.serial < UNSEEN else self.next
        return replace(self, keys=self.keys.insert(key.serial, key), next=max(self.next, following))

    def unseen(self) -> int:
        """A number for a key of which a recording does not show it."""
        return max((UNSEEN, *(serial + 1 for serial in self.keys)))

    def linked(self, keyring: int, key: int) -> "Keys":
        """With a key in a keyring, in place of one that is called the same there."""
        holder, new = self.keys.get(keyring), self.keys.get(key)
        if holder is None or new is None:
            return self
        others = tuple(each for each in holder.links if not self._same(each, new))
        return self.with_key(replace(holder, links=(*others, key)))

    def _same(self, one: int, other: Key) -> bool:
        known = self.keys.get(one)
        return known is not None and (known.type, known.description) == (other.type, other.description)

    def unlinked(self, keyring: int, key: int | None = None) -> "Keys":
        """Without a key in a keyring; without any, where none is said."""
        holder = self.keys.get(keyring)
        if holder is None:
            return self
        left = () if key is None else tuple(each for each in holder.links if each != key)
        return self.with_key(replace(holder, links=left))

    def renumbered(self, old: int, new: int) -> "Keys":
        """With the number of a key that a recording tells later."""
        known = self.keys.get(old)
        if known is None or new in self.keys:
            return self
        keys = self.keys.discard(old).insert(new, replace(known, serial=new))
        for serial, key in self.keys.items():
            if old in key.links:
                keys = keys.insert(
                    serial, replace(key, links=tuple(new if each == old else each for each in key.links))
                )
        return Keys(
            keys,
            _renamed(self.threads, old, new),
            _renamed(self.processes, old, new),
            _renamed(self.sessions, old, new),
            HashTrieMap({name: new if each == old else each for name, each in self.users.items()}),
            max(self.next, new + 1),
        )

    def forked(self, maker: int, pid: int) -> "Keys":
        """A task was made: it has its maker's session (``copy_creds``)."""
        session = self.sessions.get(maker)
        return self if session is None else replace(self, sessions=self.sessions.insert(pid, session))

    def executed(self, pid: int, tgid: int, session: int | None) -> "Keys":
        """A process runs another program: what it kept for itself is gone, its session stays (``prepare_exec_creds``)."""
        if pid not in self.threads and tgid not in self.processes and session == self.sessions.get(tgid):
            return self
        sessions = self.sessions.discard(pid)
        if session is not None:
            sessions = sessions.insert(tgid, session)
        threads, processes = self.threads.discard(pid), self.processes.discard(tgid)
        return replace(self, threads=threads, processes=processes, sessions=sessions).collected()

    def ended(self, pid: int, tgid: int, *, last: bool) -> "Keys":
        """A task has ended, and with its ``last`` task a process."""
        gone = last and tgid in self.processes
        if pid not in self.threads and pid not in self.sessions and not gone:
            return self
        processes = self.processes.discard(tgid) if gone else self.processes
        threads, sessions = self.threads.discard(pid), self.sessions.discard(pid)
        return replace(self, threads=threads, processes=processes, sessions=sessions).collected()

    def collected(self) -> "Keys":
        """Without keys that nobody refers to any more (security/keys/gc.c)."""
        anchors = (*self.threads.values(), *self.processes.values(), *self.sessions.values(), *self.users.values())
        kept = set(self._reached(anchors))
        gone = [serial for serial in self.keys if serial not in kept]
        keys = self.keys
        for serial in gone:
            keys = keys.discard(serial)
        return replace(self, keys=keys) if gone else self

    def _reached(self, start: Iterable[int]) -> Iterator[int]:
        left, seen = list(start), set[int]()
        while left:
            serial = left.pop()
            if serial in seen or serial not in self.keys:
                continue
            seen.add(serial)
            yield serial
            left.extend(self.keys[serial].links)


def with_keys(state: "State", keys: Keys) -> "tuple[State, dict[Identity, None]]":
    """The state with other keys, and the identities that ended: namespaces are held by what is at home in them (Model M5.6)."""
    if keys is state.keys:
        return state, {}
    before, after = state.keys.keys, keys.keys
    for serial, key in after.items():
        if serial not in before:
            state = held(state, key.home)
    gone = [key for serial, key in before.items() if serial not in after]
    cells = state.cells
    for key in gone:
        state = released(state, key.home)
        cells = cells.discard(key.identity)
    return replace(state, keys=keys, cells=cells), {key.identity: None for key in gone}


def _renamed(holders: "HashTrieMap[int, int]", old: int, new: int) -> "HashTrieMap[int, int]":
    return HashTrieMap({holder: new if each == old else each for holder, each in holders.items()})
