"""Whether a request is what the catalogue says of its hook: kind of object, types of facts."""

from ipaddress import IPv4Address, IPv6Address

from nslsm.hooks.linux import Capability, Signal
from nslsm.hooks.types import (
    ADDRESS,
    BOOL,
    CAPABILITY,
    INT,
    NO_ADDRESS,
    PATH,
    SIGNAL,
    STRING,
    Enumeration,
    Flags,
    Kind,
    SetOf,
    Type,
    Unknown,
)
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, NamespaceFacts, Socket, Task, Thing

CLASSES = {
    "file": File,
    "task": Task,
    "socket": Socket,
    "credentials": Credentials,
    "namespace": NamespaceFacts,
}


def conforms(request: Request) -> None:
    """AssertionError where it is not."""
    hook = request.hook
    assert isinstance(request.subject, Task), hook.name
    assert len(request.arguments) == len(hook.facts), hook.name
    for fact, value in zip(hook.facts, request.arguments, strict=True):
        assert isinstance(value, Unknown) or fits(value, fact.type), (hook.name, fact.name, value)
    if hook.object is None:
        assert request.object is None, hook.name
    else:
        assert request.object is not None, hook.name
        assert isinstance(request.object, Unknown) or fits(request.object, hook.object), (hook.name, request.object)


def fits(value: object, type_: Type) -> bool:
    """Whether a known value is of a type."""
    match type_:
        case Kind():
            if type_.name in CLASSES:
                return isinstance(value, CLASSES[type_.name]) and _is_sound(value)
            return isinstance(value, Thing) and value.kind == type_.name
        case Flags():
            return isinstance(value, frozenset) and value <= set(type_.members)
        case Enumeration():
            return value in type_.members
        case SetOf():
            return isinstance(value, frozenset) and all(fits(each, type_.element) for each in value)
    if type_ == BOOL:
        return isinstance(value, bool)
    if type_ == INT:
        return isinstance(value, int) and not isinstance(value, bool)
    if type_ == STRING:
        return isinstance(value, str)
    if type_ == PATH:
        return isinstance(value, str) and (value == "" or _is_path(value))
    if type_ == ADDRESS:
        return value is NO_ADDRESS or isinstance(value, IPv4Address | IPv6Address)
    if type_ == CAPABILITY:
        return isinstance(value, Capability)
    if type_ == SIGNAL:
        return isinstance(value, Signal)
    raise AssertionError(f"no rule for the type {type_}")


def _is_path(value: str) -> bool:
    return value == "/" or (value.startswith("/") and not value.endswith("/") and "//" not in value)


def _is_sound(value: object) -> bool:
    """What a thing's own fields must be like."""
    if isinstance(value, File):
        path_fits = isinstance(value.path, Unknown) or value.path == "" or _is_path(value.path)
        from nslsm.hooks.kinds import FILE_TYPE

        type_fits = isinstance(value.type, Unknown) or value.type in FILE_TYPE.members
        return path_fits and type_fits
    return True
