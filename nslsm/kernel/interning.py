"""One object for equal credentials, so that "same subject as before" is an identity test (ADR 0004)."""

from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from nslsm.protocol.things import Credentials


@dataclass(frozen=True, slots=True, eq=False)
class CredentialTable:
    """The credentials of one kernel that somebody still has. It belongs to one thread, as its kernel does."""

    _known: "WeakValueDictionary[Credentials, Credentials]" = field(default_factory=WeakValueDictionary)

    def intern(self, credentials: Credentials) -> Credentials:
        """The one object that stands for credentials equal to these."""
        return self._known.setdefault(credentials, credentials)

    def __len__(self) -> int:
        return len(self._known)
