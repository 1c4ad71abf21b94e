"""One object for equal credentials, so that "same subject as before" is an identity test (ADR 0004)."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from nslsm.protocol.things import Credentials

REMEMBERED: Final = 1 << 10
"""Of how many credentials, and how many circumstances of each, it is remembered what execution makes of them."""


@dataclass(frozen=True, slots=True, eq=False)
class CredentialTable:
    """The credentials of one kernel that somebody still has. It belongs to one thread, as its kernel does."""

    _known: "WeakValueDictionary[Credentials, Credentials]" = field(default_factory=WeakValueDictionary)
    _executed: dict[int, tuple[Credentials, dict[Hashable, Credentials]]] = field(default_factory=dict)

    def intern(self, credentials: Credentials) -> Credentials:
        """The one object that stands for credentials equal to these."""
        return self._known.setdefault(credentials, credentials)

    def executing(self, old: Credentials, circumstances: Hashable, make: Callable[[], Credentials]) -> Credentials:
        """What a program's execution makes of credentials in certain circumstances: worked out once."""
        known = self._executed.get(id(old))
        if known is None or known[0] is not old:
            if len(self._executed) >= REMEMBERED:
                self._executed.clear()
            known = self._executed[id(old)] = (old, {})
        new = known[1].get(circumstances)
        if new is None:
            if len(known[1]) >= REMEMBERED:
                known[1].clear()
            new = known[1][circumstances] = self.intern(make())
        return new

    def __len__(self) -> int:
        return len(self._known)
