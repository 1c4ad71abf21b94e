"""What an event is described by: the context that a task acts in, and the cell that it acts on."""

from collections.abc import Collection, Mapping
from typing import Final, cast

from rpds import HashTrieMap

from nslsm.hooks.linux import Capability
from nslsm.hooks.types import NoAddress, Unknown
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, NamespaceFacts, Socket, Task, Thing
from nslsm.protocol.view import UNSET, View

EMPTY: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of nothing: what stands for the contents of a file with a pseudonym."""

IDENTITY: Final = "task.identity"
"""The attribute that holds who a task is: the coefficient of its program being run, in hexadecimal."""

_IDS: Final = ("uid", "euid", "suid", "gid", "egid", "sgid", "fsuid", "fsgid")


def context(request: Request) -> Mapping[str, object]:
    """The context of an event: the user ids and the effective capabilities of the task (TSEM's ``COE``)."""
    credentials = request.subject.credentials
    ids: dict[str, object] = {name: plain(getattr(credentials, name)) for name in _IDS}
    return {**ids, "effective": plain(credentials.effective)}


def cell(request: Request, view: View, pseudonyms: Collection[str]) -> Mapping[str, object]:
    """What an event is about: the object and the facts of its hook (TSEM's ``CELL``).

    A task is described by who it is, never by its number, so that a second run of a workload has the same cells. A file
    whose path is among ``pseudonyms`` is described as if it were empty: its contents may change.
    """
    facts = {
        fact.name: described(value, view, pseudonyms)
        for fact, value in zip(request.hook.facts, request.arguments, strict=True)
        if fact.name not in ("pid", "tgid")
    }
    return {"object": described(request.object, view, pseudonyms), "facts": facts}


def described(value: object, view: View, pseudonyms: Collection[str]) -> object:
    """A thing by what it is, not by the numbers that this run gave it."""
    match value:
        case File():
            digest = EMPTY if value.path in pseudonyms else plain(value.sha256)
            kept = ("path", "type", "owner", "group", "mode", "filesystem")
            return {**{name: plain(getattr(value, name)) for name in kept}, "sha256": digest}
        case Task():
            found = view.cell(IDENTITY, value.identity)
            return {"task": None if found is UNSET else plain(found)}
        case Socket():
            said = ("family", "type", "protocol", "address", "port", "path", "abstract")
            return {name: plain(getattr(value, name)) for name in said}
        case Credentials():
            return {name: plain(getattr(value, name)) for name in (*_IDS, "effective", "permitted", "no_new_privs")}
        case NamespaceFacts():
            return {"namespace": value.path}
        case Thing():
            return {
                "kind": value.kind,
                **{name: described(each, view, pseudonyms) for name, each in value.facts.items()},
            }
        case _:
            return plain(value)


def plain(value: object) -> object:
    """A value as JSON has it; what is not known is a question mark in an object, which no value is."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Unknown):
        return {"?": True}
    if isinstance(value, Capability):
        return value.name
    if isinstance(value, int):
        return int(value)
    if isinstance(value, NoAddress):
        return ""
    if isinstance(value, frozenset):
        return sorted((plain(each) for each in value), key=str)
    if isinstance(value, HashTrieMap):
        pairs = cast("HashTrieMap[str, str]", value)
        return {key: pairs[key] for key in sorted(pairs)}
    return str(value)
