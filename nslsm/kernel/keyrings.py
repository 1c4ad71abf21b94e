"""How a call finds a key, after security/keys/process_keys.c and keyring.c: named, searched for, made, and its permissions."""

from collections.abc import Callable
from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import same, shown
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.keys import ALL, GROUP, NEEDS, OTHERS, OWNER, POSSESSOR, Key
from nslsm.kernel.operations.keys import (
    PROCESS_KEYRING,
    SESSION_KEYRING,
    THREAD_KEYRING,
    USER_KEYRING,
    USER_SESSION_KEYRING,
)
from nslsm.kernel.state import State
from nslsm.kernel.ternary import any_of, member

_OWN: Final = ALL << POSSESSOR | NEEDS["view"] << OWNER
_SESSION: Final = _OWN | NEEDS["read"] << OWNER
_USERS: Final = (ALL & ~NEEDS["setattr"]) << POSSESSOR | ALL << OWNER
"""The permissions of keyrings of threads and processes, of sessions, of users."""

_NESTED: Final = 6
"""How deep keyrings in keyrings are searched (``KEYRING_SEARCH_MAX_DEPTH``)."""

_NOT_FOUND: Final = (Errno.ENOKEY, Errno.EINVAL)
_NO_LONGER: Final = (Errno.EKEYREVOKED, Errno.EKEYEXPIRED, Errno.EKEYREJECTED)

CHANGEABLE: Final = ("user", "logon", "big_key", "encrypted", "trusted")
"""Types whose keys can be given other contents (``key_type.update``)."""


class Rings:
    """One call's dealings with keys. ``state`` is what it has come to: keyrings are made on the way."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.state: State = context.state
        self._possessed: dict[int, bool] = {}

    def allocate(
        self, type_: str | Unknown, description: str | Unknown, mode: int, serial: int | None = None
    ) -> Asking[Key]:
        """``key_alloc``: a new key of the caller's."""
        keys, mine = self.state.keys, self.context.task.credentials
        number = serial if serial is not None else keys.next if self.context.recorded is None else keys.unseen()
        key = Key(
            serial=number,
            type=type_,
            description=description,
            home=self.context.task.home,
            owner=mine.fsuid,
            group=mine.fsgid,
            mode=mode,
        )
        yield self.context.request("key_alloc", key.thing())
        self.state = replace(self.state, keys=keys.with_key(key))
        return key

    def find(
        self, number: int | Unknown, need: str, *, create: bool = False, partial: bool = False
    ) -> Asking[Key | None]:
        """``lookup_user_key``: a keyring of the caller's, or any key, searched for to see whether it is in one of them.

        Then its permissions, and ``key_permission``. None in a recording that does not show where it comes from.
        """
        key = yield from self._named(number, create=create)
        possessed = True
        if isinstance(number, Unknown) or number > 0:
            possessed = (yield from self._possesses(key)) if key is not None else False
        if key is not None:
            self._possessed[key.serial] = possessed
        if need != "unlink" and not partial and key is not None:
            self.context.insist(not key.revoked, Errno.EKEYREVOKED, f"key {key.serial} was revoked")
        if need != "unlink" and not partial:
            self.context.stops(*_NO_LONGER)
        yield from self.permitted(key, need)
        return key

    def readable(self, key: Key | None) -> Asking[None]:
        """``keyctl_read_key``: by its permissions, or because the caller possesses it: then whatever is answered."""
        if key is None or not self._possessed[key.serial]:
            yield from self.permitted(key, "read")
        elif self.allows(key, "read", possessed=True) is True:
            yield self.context.request("key_permission", key.thing(), consequence=Consequence.PROBE, need="read")

    def permitted(self, key: Key | None, need: str) -> Asking[None]:
        """``key_task_permission``: EACCES; then ``key_permission``."""
        possessed = key is not None and self._possessed.get(key.serial, True)
        allowed = UNKNOWN if key is None else self.allows(key, need, possessed=possessed)
        if allowed is not True:
            self.context.stops(Errno.EACCES)
        reason = f"key {shown(UNKNOWN if key is None else key.serial)} does not let itself be had for this: {need}"
        self.context.insist(allowed, Errno.EACCES, reason, "object.owner")
        yield self.context.request("key_permission", UNKNOWN if key is None else key.thing(), need=need)

    def allows(self, key: Key, need: str, *, possessed: bool) -> bool | Unknown:
        """Whether a key's permissions let the caller have it for ``need``; who possesses it has the possessor's rights too."""
        bits = NEEDS.get(need)
        if bits is None:
            return True
        if isinstance(key.mode, Unknown):
            return UNKNOWN
        mine = self.context.task.credentials
        owns = same(mine.fsuid, key.owner)
        belongs = any_of(same(mine.fsgid, key.group), member(key.group, mine.groups))
        if not key.mode >> GROUP & ALL:
            belongs = False
        classes = [OWNER] if owns is not False else []
        if owns is not True:
            classes += [GROUP] if belongs is not False else []
            classes += [OTHERS] if belongs is not True else []
        rights = key.mode >> POSSESSOR if possessed else 0
        answers = {(key.mode >> each | rights) & bits == bits for each in classes}
        return answers.pop() if len(answers) == 1 else UNKNOWN

    def _named(self, number: int | Unknown, *, create: bool) -> Asking[Key | None]:
        if isinstance(number, Unknown):
            self.context.stops(*_NOT_FOUND)
            self.context.insist(UNKNOWN, Errno.ENOKEY, "nobody knows which key")
            return None
        if number == THREAD_KEYRING:
            return (yield from self._own("threads", self.context.pid, "_tid", create=create))
        if number == PROCESS_KEYRING:
            return (yield from self._own("processes", self.context.task.tgid, "_pid", create=create))
        if number == SESSION_KEYRING:
            return (yield from self._session(create=create))
        if number in (USER_KEYRING, USER_SESSION_KEYRING):
            both = yield from self.of_user()
            return both[0 if number == USER_KEYRING else 1]
        self.context.insist(number > 0, Errno.EINVAL, f"there is no keyring {number}")
        key = self.state.keys.keys.get(number)
        if key is None:
            self.context.stops(*_NOT_FOUND)
        self.context.insist(key is not None, Errno.ENOKEY, f"there is no key {number}")
        return key

    def _own(self, holders: str, holder: int, description: str, *, create: bool) -> Asking[Key | None]:
        """A thread's or process's keyring, which is made when it is first asked for (``install_…_keyring``)."""
        keys = self.state.keys
        serial = getattr(keys, holders).get(holder)
        if serial is not None:
            return keys.keys[serial]
        if not create:
            self.context.stops(Errno.ENOKEY)
            self.context.insist(False, Errno.ENOKEY, f"the caller has no keyring {description}")
            return None
        yield from self.context.routine("cred_prepare")
        made = yield from self.allocate("keyring", description, _OWN)
        keys = self.state.keys
        self.state = replace(
            self.state, keys=replace(keys, **{holders: getattr(keys, holders).insert(holder, made.serial)})
        )
        return made

    def _session(self, *, create: bool) -> Asking[Key | None]:
        """The session's keyring. Who has none gets one, or the user's. A recording's programs are taken to have one."""
        keys = self.state.keys
        serial = keys.sessions.get(self.context.pid)
        if serial is not None:
            return keys.keys[serial]
        if self.context.recorded is not None:
            return None
        _, of_user = yield from self.of_user()
        if create:
            return (yield from self.join(None))
        yield from self.context.routine("cred_prepare")
        self._joined(of_user)
        return of_user

    def _joined(self, session: Key) -> None:
        keys = self.state.keys
        self.state = replace(
            self.state, keys=replace(keys, sessions=keys.sessions.insert(self.context.pid, session.serial))
        )

    def join(self, name: str | Unknown | None, serial: int | None = None) -> Asking[Key]:
        """``join_session_keyring``: a new session, or the one called ``name`` where the caller may search it."""
        yield from self.context.routine("cred_prepare")
        if name is not None:
            for key in self.state.keys.keys.values():
                fits = (key.type, key.description, key.revoked) == ("keyring", name, False)
                if fits and self.allows(key, "search", possessed=False) is True and (yield from self._searched(key)):
                    self._joined(key)
                    return key
        made = yield from self.allocate("keyring", "_ses" if name is None else name, _SESSION, serial)
        self._joined(made)
        return made

    def of_user(self) -> Asking[tuple[Key, Key]]:
        """``look_up_user_keyrings``: the user's keyring and its default session, made when they are first asked for."""
        uid = self.context.task.credentials.uid
        if ".user_reg" not in self.state.keys.users:
            register = yield from self.allocate("keyring", ".user_reg", _USERS)
            self._users(".user_reg", register)
        register = self.state.keys.keys[self.state.keys.users[".user_reg"]]
        found = []
        for prefix in ("_uid", "_uid_ses"):
            name = f"{prefix}.{shown(uid)}"
            serial = self.state.keys.users.get(name)
            yield from self._searched(register)
            if serial is None:
                key = yield from self.allocate("keyring", name, _USERS)
                self._users(name, key)
            else:
                key = self.state.keys.keys[serial]
                yield from self._searched(key)
            found.append(key)
        keys = self.state.keys.linked(found[1].serial, found[0].serial)
        self.state = replace(self.state, keys=keys)
        return keys.keys[found[0].serial], keys.keys[found[1].serial]

    def _users(self, name: str, key: Key) -> None:
        keys = self.state.keys
        self.state = replace(self.state, keys=replace(keys, users=keys.users.insert(name, key.serial)))

    def _searched(self, key: Key) -> Asking[bool]:
        """``key_permission`` on the way of a search: what is refused is passed over."""
        thing = key.thing()
        return (yield self.context.request("key_permission", thing, consequence=Consequence.ELEMENT, need="search"))

    def _possesses(self, key: Key) -> Asking[bool]:
        serial = key.serial
        found = yield from self.search(key, lambda each: each.serial == serial)
        return found is not None

    def search(self, like: Key, fits: Callable[[Key], bool]) -> Asking[Key | None]:
        """``search_cred_keyrings_rcu``: the thread's, the process's and the session's keyring, or the user's session.

        ``like`` has the type and description that are searched for.
        """
        keys = self.state.keys
        session = keys.sessions.get(self.context.pid)
        if session is None:
            session = keys.users.get(f"_uid_ses.{shown(self.context.task.credentials.uid)}")
        starts = (keys.threads.get(self.context.pid), keys.processes.get(self.context.task.tgid), session)
        for serial in starts:
            keyring = None if serial is None else keys.keys.get(serial)
            if keyring is not None:
                found = yield from self.search_in(keyring, like, fits)
                if found is not None:
                    return found
        return None

    def search_in(self, keyring: Key, like: Key, fits: Callable[[Key], bool], *, depth: int = 0) -> Asking[Key | None]:
        """``keyring_search_rcu``: in one keyring, then in keyrings in it."""
        if self.allows(keyring, "search", possessed=True) is not True or not (yield from self._searched(keyring)):
            return None
        if depth == 0 and _alike(keyring, like) and fits(keyring) and (yield from self._found(keyring)):
            return keyring
        members = [key for serial in keyring.links if (key := self.state.keys.keys.get(serial)) is not None]
        for key in members:
            if _alike(key, like) and fits(key) and (yield from self._found(key)):
                return key
        for key in members:
            if key.type == "keyring" and depth < _NESTED:
                found = yield from self.search_in(key, like, fits, depth=depth + 1)
                if found is not None:
                    return found
        return None

    def _found(self, key: Key) -> Asking[bool]:
        """``keyring_search_iterator``: what fits must let itself be searched for."""
        return self.allows(key, "search", possessed=True) is True and (yield from self._searched(key))


def _alike(key: Key, like: Key) -> bool:
    return (key.type, key.description) == (like.type, like.description)
