"""Values and things back from their JSON forms. What no form stands for is a ValueError."""

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final, TypeVar

from rpds import HashTrieMap

from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import NO_ADDRESS, UNKNOWN, Address, Unknown
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
from nslsm.wire.forms import (
    AddressForm,
    CapabilityForm,
    CapabilitySet,
    CredentialsForm,
    ErrnoForm,
    Escaped,
    FileForm,
    IdentityForm,
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

_ESCAPE: Final = re.compile(r"\\(?:\\|x([0-9a-f]{2})|u\{([0-9a-f]{1,6})\}|(.?))", re.DOTALL)


def text(form: Text) -> str:
    r"""Text as it was, stray bytes as surrogates.

    >>> text(Escaped(escaped=r"/srv/\xe9\\"))
    '/srv/\udce9\\'
    """
    return form if isinstance(form, str) else _ESCAPE.sub(_unescaped, form.escaped)


def _unescaped(match: "re.Match[str]") -> str:
    byte, character, rest = match.groups()
    if byte is not None:
        return chr(0xDC00 + int(byte, 16))
    if character is not None:
        return chr(int(character, 16))
    if rest is not None:
        raise ValueError(f"no escape `\\{rest}`")
    return "\\"


def value(form: ValueForm) -> Value | Unknown:
    """The value that a form stands for."""
    match form:
        case UnknownForm():
            return UNKNOWN
        case bool() | int():
            return form
        case str() | Escaped():
            return text(form)
        case NoAddressForm():
            return NO_ADDRESS
        case AddressForm():
            return ip_address(form.address)
        case NetworkForm():
            return ip_network(form.network)
        case CapabilityForm():
            return capability(form.capability)
        case SignalForm():
            return _named(Signal.__members__, form.signal, "signal")
        case ErrnoForm():
            return errno(form.errno)
        case tuple():
            return frozenset(_member(part) for part in form)
    return thing(form)


def _member(form: ValueForm) -> Value:
    member = value(form)
    if not isinstance(member, Unknown):
        return member
    raise ValueError("a set has no unknown member")


def capability(name: str) -> Capability:
    """The capability of that name."""
    return _named(Capability.__members__, name, "capability")


def errno(name: str) -> Errno:
    """The errno of that name."""
    return _named(Errno.__members__, name, "errno")


def _named(members: Mapping[str, T], name: str, what: str) -> T:
    if name not in members:
        raise ValueError(f"no {what} is called `{name}`")
    return members[name]


def thing(form: ObjectForm) -> Object:
    """The thing that a form stands for."""
    match form:
        case TaskForm():
            return task(form)
        case FileForm():
            return _file(form)
        case SocketForm():
            return _socket(form)
        case NamespaceForm():
            return NamespaceFacts(form.id, form.name, form.path, form.depth, form.sealed)
        case CredentialsForm():
            return credentials(form)
        case ThingForm():
            facts = HashTrieMap({name: value(fact) for name, fact in form.facts.items()})
            return Thing(kind=form.kind, identity=_identity(form.identity), home=form.home, facts=facts)


def task(form: TaskForm) -> Task:
    """A task with its credentials."""
    return Task(
        pid=form.pid,
        tgid=form.tgid,
        ppid=form.ppid,
        credentials=credentials(form.credentials),
        exe=_text(form.exe),
        comm=_text(form.comm),
        dumpable=_known(form.dumpable),
    )


def credentials(form: CredentialsForm) -> Credentials:
    """Credentials: equal to the ones that were written, though not the same object."""
    return Credentials(
        uid=_known(form.uid),
        euid=_known(form.euid),
        suid=_known(form.suid),
        fsuid=_known(form.fsuid),
        gid=_known(form.gid),
        egid=_known(form.egid),
        sgid=_known(form.sgid),
        fsgid=_known(form.fsgid),
        groups=UNKNOWN if form.groups is None else frozenset(form.groups),
        effective=_capabilities(form.effective),
        permitted=_capabilities(form.permitted),
        inheritable=_capabilities(form.inheritable),
        bounding=_capabilities(form.bounding),
        ambient=_capabilities(form.ambient),
        securebits=UNKNOWN if form.securebits is None else frozenset(form.securebits),
        no_new_privs=_known(form.no_new_privs),
        namespace=form.namespace,
    )


def identity(form: IdentityForm) -> Identity:
    """An identity."""
    name = form.name if isinstance(form.name, int) else text(form.name)
    return Identity(form.kind, name, form.generation)


def _file(form: FileForm) -> File:
    xattrs = form.xattrs
    return File(
        path=_text(form.path),
        identity=_identity(form.identity),
        type=_known(form.type),
        owner=_known(form.owner),
        group=_known(form.group),
        mode=_known(form.mode),
        inode=_known(form.inode),
        device=_known(form.device),
        filesystem=_text(form.filesystem),
        sha256=_known(form.sha256),
        xattrs=UNKNOWN if xattrs is None else HashTrieMap({text(name): text(content) for name, content in xattrs}),
    )


def _socket(form: SocketForm) -> Socket:
    return Socket(
        identity=_identity(form.identity),
        home=form.home,
        family=_known(form.family),
        type=_known(form.type),
        protocol=_known(form.protocol),
        address=_address(form.address),
        port=_known(form.port),
        path=_text(form.path),
        abstract=_text(form.abstract),
    )


def _address(form: str | NoAddressForm | None) -> Address | Unknown:
    if form is None:
        return UNKNOWN
    return NO_ADDRESS if isinstance(form, NoAddressForm) else ip_address(form)


def _identity(form: IdentityForm | None) -> Identity | Unknown:
    return UNKNOWN if form is None else identity(form)


def _known(form: T | None) -> T | Unknown:
    return UNKNOWN if form is None else form


def _text(form: Text | None) -> str | Unknown:
    return UNKNOWN if form is None else text(form)


def _capabilities(form: CapabilitySet | None) -> Capabilities | Unknown:
    if form is None:
        return UNKNOWN
    return ALL_CAPABILITIES if form == "all" else frozenset(capability(name) for name in form)
