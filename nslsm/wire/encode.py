"""Values and things to their JSON forms."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, TypeVar

from rpds import HashTrieMap

from nslsm.audit.canonical import canonical_json
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import NO_ADDRESS, NoAddress, Unknown
from nslsm.protocol.things import (
    ALL_CAPABILITIES,
    Capabilities,
    Credentials,
    File,
    Identity,
    NamespaceFacts,
    Object,
    Socket,
    Task,
    Thing,
    Value,
)
from nslsm.wire.base import Model, canonical
from nslsm.wire.forms import (
    AddressForm,
    CapabilityForm,
    CapabilitySet,
    CredentialsForm,
    ErrnoForm,
    Escaped,
    FileForm,
    IdentityForm,
    Names,
    NamespaceForm,
    NetworkForm,
    NoAddressForm,
    ObjectForm,
    SignalForm,
    SocketForm,
    TaskForm,
    Text,
    ThingForm,
    UnknownForm,
    ValueForm,
)

T = TypeVar("T")

_FIRST_BYTE, _LAST_BYTE = "\udc80", "\udcff"
_FIRST_SURROGATE, _LAST_SURROGATE = "\ud800", "\udfff"

_NO_ADDRESS: Final = NoAddressForm(no_address=True)
_UNKNOWN: Final = UnknownForm(unknown=True)


def text(value: str) -> Text:
    r"""Text as it is, or escaped where it is no valid Unicode.

    >>> text("/srv/é"), text("/srv/\udce9")
    ('/srv/é', Escaped(escaped='/srv/\\xe9'))
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        return Escaped(escaped="".join(_character(character) for character in value))
    return value


def _character(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if _FIRST_BYTE <= character <= _LAST_BYTE:
        return f"\\x{ord(character) - 0xDC00:02x}"
    if _FIRST_SURROGATE <= character <= _LAST_SURROGATE:
        return f"\\u{{{ord(character):x}}}"
    return character


def value(known: Value | Unknown) -> ValueForm:
    """A value in its JSON form.

    >>> value(frozenset({"write", "read"})), value(Capability.CAP_KILL), value(True)
    (('read', 'write'), CapabilityForm(capability='CAP_KILL'), True)
    """
    match known:
        case Unknown():
            return _UNKNOWN
        case bool():
            return known
        case Capability():
            return CapabilityForm(capability=known.name)
        case Signal():
            return SignalForm(signal=known.name)
        case Errno():
            return ErrnoForm(errno=known.name)
        case int():
            return int(known)
        case str():
            return text(known)
        case NoAddress():
            return _NO_ADDRESS
        case IPv4Address() | IPv6Address():
            return AddressForm(address=str(known))
        case IPv4Network() | IPv6Network():
            return NetworkForm(network=str(known))
        case frozenset():
            return tuple(sorted((value(member) for member in known), key=_order))
    return thing(known)


def _order(form: ValueForm) -> tuple[int, int, str]:
    """Integers by size, all else by its canonical form: a set has one order."""
    if isinstance(form, int):
        return (0, form, "")
    if isinstance(form, Model):
        return (2, 0, canonical(form))
    if isinstance(form, tuple):
        return (3, 0, canonical_json([_dumped(part) for part in form]))
    return (1, 0, str(form))


def _dumped(form: ValueForm) -> object:
    if isinstance(form, tuple):
        return [_dumped(part) for part in form]
    return form.model_dump(mode="json", exclude_none=True) if isinstance(form, Model) else form


def thing(known: Object) -> ObjectForm:
    """A thing in its JSON form: what is unknown of it is left out."""
    match known:
        case Task():
            return task(known)
        case File():
            return _file(known)
        case Socket():
            return _socket(known)
        case NamespaceFacts():
            return NamespaceForm(
                kind="namespace", id=known.id, name=known.name, path=known.path, depth=known.depth, sealed=known.sealed
            )
        case Credentials():
            return credentials(known)
        case Thing():
            facts = {name: value(known.facts[name]) for name in sorted(known.facts)}
            return ThingForm(kind=known.kind, identity=_identity(known.identity), home=known.home, facts=facts)
    raise TypeError(f"a {type(known).__name__} is no thing")


def task(known: Task) -> TaskForm:
    """A task with its credentials."""
    return TaskForm(
        kind="task",
        pid=known.pid,
        tgid=known.tgid,
        ppid=known.ppid,
        exe=_text(known.exe),
        comm=_text(known.comm),
        dumpable=_plain(known.dumpable),
        credentials=credentials(known.credentials),
    )


def credentials(known: Credentials) -> CredentialsForm:
    """Credentials; all capabilities that there are, are ``all``."""
    return CredentialsForm(
        kind="credentials",
        uid=_plain(known.uid),
        euid=_plain(known.euid),
        suid=_plain(known.suid),
        fsuid=_plain(known.fsuid),
        gid=_plain(known.gid),
        egid=_plain(known.egid),
        sgid=_plain(known.sgid),
        fsgid=_plain(known.fsgid),
        groups=None if isinstance(known.groups, Unknown) else tuple(sorted(known.groups)),
        effective=_capabilities(known.effective),
        permitted=_capabilities(known.permitted),
        inheritable=_capabilities(known.inheritable),
        bounding=_capabilities(known.bounding),
        ambient=_capabilities(known.ambient),
        securebits=None if isinstance(known.securebits, Unknown) else _names(known.securebits),
        no_new_privs=_plain(known.no_new_privs),
        namespace=known.namespace,
    )


def identity(known: Identity) -> IdentityForm:
    """An identity."""
    name = known.name if isinstance(known.name, int) else text(known.name)
    return IdentityForm(kind=known.kind, name=name, generation=known.generation)


def _file(known: File) -> FileForm:
    return FileForm(
        kind="file",
        path=_text(known.path),
        identity=_identity(known.identity),
        type=_plain(known.type),
        owner=_plain(known.owner),
        group=_plain(known.group),
        mode=_plain(known.mode),
        inode=_plain(known.inode),
        device=_plain(known.device),
        filesystem=_text(known.filesystem),
        sha256=_plain(known.sha256),
        xattrs=_xattrs(known.xattrs),
    )


def _xattrs(known: "HashTrieMap[str, str] | Unknown") -> tuple[tuple[Text, Text], ...] | None:
    if isinstance(known, Unknown):
        return None
    return tuple((text(name), text(known[name])) for name in sorted(known))


def _socket(known: Socket) -> SocketForm:
    address = known.address
    return SocketForm(
        kind="socket",
        identity=_identity(known.identity),
        home=known.home,
        family=_plain(known.family),
        type=_plain(known.type),
        protocol=_plain(known.protocol),
        address=None if isinstance(address, Unknown) else _NO_ADDRESS if address is NO_ADDRESS else str(address),
        port=_plain(known.port),
        path=_text(known.path),
        abstract=_text(known.abstract),
    )


def _identity(known: Identity | Unknown) -> IdentityForm | None:
    return None if isinstance(known, Unknown) else identity(known)


def _plain(known: T | Unknown) -> T | None:
    return None if isinstance(known, Unknown) else known


def _text(known: str | Unknown) -> Text | None:
    return None if isinstance(known, Unknown) else text(known)


def _names(known: Iterable[str]) -> Names:
    return tuple(sorted(known))


def _capabilities(known: Capabilities | Unknown) -> CapabilitySet | None:
    if isinstance(known, Unknown):
        return None
    return "all" if known == ALL_CAPABILITIES else tuple(capability.name for capability in sorted(known))
