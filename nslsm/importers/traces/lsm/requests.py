"""Rows to hook requests: what each was about, and which facts of it were recorded. All else is unknown."""

from dataclasses import replace
from typing import Final

from rpds import HashTrieMap

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.importers.traces import hooked
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS
from nslsm.kernel.seen.fields import FIELDS, Means, read
from nslsm.kernel.seen.hook import Json, SeenHook
from nslsm.kernel.told import About, FileAt, SocketOf, TaskNumber, ToldRequest
from nslsm.protocol.things import Credentials, File, Thing, Value

NAMELESS: Final = frozenset({"pipefs", "sockfs", "anon_inodefs", "nsfs"})
"""File systems whose files have no path: ``/`` says nothing."""

_CREDENTIALS: Final = frozenset({"old", "new"})


def request(seen: SeenHook, whole: str | None) -> ToldRequest:
    """The request that a row tells of. ``whole`` is the last path from the root that its call named.

    Hooks of inodes know no mount, so that their rows have paths that begin where a file system is mounted; they are known
    where the call named the same file by its whole path before.
    """
    told = seen.told or {}
    facts: dict[str, Value | FileAt | TaskNumber | Unknown] = {}
    things: dict[str, dict[str, Value | FileAt | Unknown]] = {}
    for field in FIELDS.get(seen.hook, ()):
        value = read(field, told)
        place, _, rest = field.place.partition(".")
        if value is None or place == "subject":
            continue
        if field.means is Means.PATH and place != "path" and rest == "path":
            value_at = _file(value, told, whole)
            if isinstance(value_at, Unknown):
                continue
            things.setdefault(place, {})[rest] = value_at
        elif rest:
            things.setdefault(place, {})[rest] = value
        else:
            facts[place] = value
    for place, parts in things.items():
        if place in _CREDENTIALS and "path" not in parts:
            facts[place] = _credentials(parts)
        elif place != "object" and isinstance(parts.get("path"), FileAt):
            facts[place] = parts["path"]
    return ToldRequest(seen.hook, _about(seen.hook, things, told), tuple(facts.items()))


def path_of(seen: SeenHook) -> str | None:
    """The path from the root that a row names first."""
    path = (seen.told or {}).get("path")
    absolute = (seen.told or {}).get("abs") is not False
    return path if isinstance(path, str) and absolute and path.startswith("/") else None


def _file(value: Value | Unknown, told: Json, whole: str | None) -> FileAt | Unknown:
    if not isinstance(value, str) or (value == "/" and told.get("fs") in NAMELESS):
        return UNKNOWN
    if told.get("abs") is False:
        return hooked.file_at(whole) if whole is not None and value != "/" and whole.endswith(value) else UNKNOWN
    return hooked.file_at(value)


def _about(hook: str, things: dict[str, dict[str, Value | FileAt | Unknown]], told: Json) -> About:
    kind = CATALOGUE[hook].object
    parts = things.get("object") or things.get("old") or {}
    path = parts.get("path")
    match None if kind is None else kind.name:
        case None:
            return None
        case "file":
            if told.get("anon") is True:
                return File("", UNKNOWN, type="anonymous")
            return path if isinstance(path, FileAt) else UNKNOWN
        case "task":
            number = parts.get("pid")
            return TaskNumber(number) if isinstance(number, int) else UNKNOWN
        case "socket":
            family, sort = parts.get("family", UNKNOWN), parts.get("type", UNKNOWN)
            return SocketOf(_word(family), _word(sort))
        case "mount":
            known: HashTrieMap[str, Value | Unknown] = HashTrieMap()
            for name, value in parts.items():
                known = known.insert(name, value.path if isinstance(value, FileAt) else value)
            return Thing(kind="mount", identity=UNKNOWN, facts=known)
    return UNKNOWN


def _word(value: Value | FileAt | Unknown) -> str | Unknown:
    return value if isinstance(value, str) else UNKNOWN


def _credentials(parts: dict[str, Value | FileAt | Unknown]) -> Credentials:
    """Credentials of which a row tells some ids, or sets of capabilities."""
    known = {name: value for name, value in parts.items() if name in Credentials.__slots__}
    return replace(UNKNOWN_CREDENTIALS, **known)  # type: ignore[arg-type]
