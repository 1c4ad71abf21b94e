"""What a request is about, in a few words: the file, the address, the process, the capability."""

from enum import IntEnum
from ipaddress import IPv6Address

from nslsm.hooks.types import NO_ADDRESS, Unknown
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, NamespaceFacts, Object, Socket, Task, Thing, Value

UNKNOWN_THING = "?"
"""What stands for a name that nobody knows."""


def object_of(request: Request) -> str:
    """The request's object, and what the hook's facts add where the object alone says little; not escaped.

    The empty text where there is nothing to name.
    """
    match request.object:
        case Socket():
            return _peer(request) or _socket(request.object)
        case File():
            new = _fact(request, "new")
            named = name_of(request.object)
            return f"{named} -> {name_of(new)}" if isinstance(new, File) else named
        case None:
            return _peer(request) or _only_fact(request)
        case Unknown():
            return UNKNOWN_THING
    return name_of(request.object)


def name_of(thing: Object) -> str:
    """What a thing is called; not escaped."""
    match thing:
        case File():
            return UNKNOWN_THING if isinstance(thing.path, Unknown) else thing.path
        case Task():
            return f"process {thing.tgid}" + ("" if isinstance(thing.exe, Unknown) else f" ({thing.exe})")
        case Socket():
            return _socket(thing)
        case NamespaceFacts():
            return f"namespace {thing.path}"
        case Credentials():
            return "credentials"
        case Thing():
            name = next((thing.facts[fact] for fact in ("name", "path") if fact in thing.facts), None)
            return f"{thing.kind} {name}" if isinstance(name, str) else thing.kind


def _fact(request: Request, name: str) -> Value | Unknown | None:
    return None if request.hook.fact(name) is None else request.argument(name)


def _peer(request: Request) -> str:
    """The far end of a connection, where the hook tells of one."""
    address, port = _fact(request, "address"), _fact(request, "port")
    path, abstract = _fact(request, "path"), _fact(request, "abstract")
    if address is not None and not isinstance(address, Unknown) and address is not NO_ADDRESS:
        host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
        return f"{host}:{UNKNOWN_THING if port is None or isinstance(port, Unknown) else port}"
    if isinstance(path, str) and path:
        return path
    return f"@{abstract}" if isinstance(abstract, str) and abstract else ""


def _socket(socket: Socket) -> str:
    kinds = [kind for kind in (socket.family, socket.type) if isinstance(kind, str)]
    return f"{' '.join(kinds)} socket".lstrip()


def _only_fact(request: Request) -> str:
    """The capability of ``capable``, the name of a module: the first fact that names something."""
    for value in request.arguments:
        if isinstance(value, IntEnum):
            return value.name
        if isinstance(value, str) and value:
            return value
    return ""
