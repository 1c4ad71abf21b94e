"""The shapes that values and things have in JSON; :mod:`encode` and :mod:`decode` go there and back.

A truth value, an integer and a string are themselves; a set is an array, sorted. What JSON has no form for is an object
with one key that says what it is: ``{"unknown": true}``, ``{"address": "8.8.8.8"}``, ``{"capability": "CAP_KILL"}``. A thing
is an object with its ``kind``; a fact that is not in it is unknown.
"""

from typing import Literal, TypeAlias

from typing_extensions import TypeAliasType

from nslsm.wire.base import Model


class Escaped(Model):
    r"""Text that is no valid Unicode, such as a file name in another encoding: a stray byte is ``\xHH``, a backslash two."""

    escaped: str


class UnknownForm(Model):
    """Nobody knows (Model M2.9)."""

    unknown: Literal[True]


class NoAddressForm(Model):
    """The address of a socket that has none."""

    no_address: Literal[True]


class AddressForm(Model):
    """An IP address."""

    address: str


class NetworkForm(Model):
    """An IP network, ``10.0.0.0/8``."""

    network: str


class CapabilityForm(Model):
    """A capability, ``CAP_KILL``."""

    capability: str


class SignalForm(Model):
    """A signal, ``SIGTERM``."""

    signal: str


class ErrnoForm(Model):
    """An errno, ``EACCES``."""

    errno: str


Text: TypeAlias = str | Escaped
Names: TypeAlias = tuple[str, ...]
CapabilitySet: TypeAlias = Literal["all"] | Names
"""Capabilities by name in the order of their numbers, or ``all`` that Linux has."""


class IdentityForm(Model):
    """What a thing is, whatever it is called: the key under which its attributes are kept (Model M3.3)."""

    kind: str
    name: int | Text
    generation: int


class CredentialsForm(Model):
    """User and group ids, capabilities, securebits, and the number of the security namespace."""

    kind: Literal["credentials"]
    uid: int | None = None
    euid: int | None = None
    suid: int | None = None
    fsuid: int | None = None
    gid: int | None = None
    egid: int | None = None
    sgid: int | None = None
    fsgid: int | None = None
    groups: tuple[int, ...] | None = None
    effective: CapabilitySet | None = None
    permitted: CapabilitySet | None = None
    inheritable: CapabilitySet | None = None
    bounding: CapabilitySet | None = None
    ambient: CapabilitySet | None = None
    securebits: Names | None = None
    no_new_privs: bool | None = None
    namespace: int


class TaskForm(Model):
    """A task, as it was before the event."""

    kind: Literal["task"]
    pid: int
    tgid: int
    ppid: int
    exe: Text | None = None
    comm: Text | None = None
    dumpable: bool | None = None
    credentials: CredentialsForm


class FileForm(Model):
    """A file, by the path that led to it. ``xattrs`` are pairs of name and value, sorted."""

    kind: Literal["file"]
    path: Text | None = None
    identity: IdentityForm | None = None
    type: str | None = None
    owner: int | None = None
    group: int | None = None
    mode: int | None = None
    inode: int | None = None
    device: int | None = None
    filesystem: Text | None = None
    sha256: str | None = None
    xattrs: tuple[tuple[Text, Text], ...] | None = None


class SocketForm(Model):
    """A socket; ``address`` and ``port`` are what it is bound to."""

    kind: Literal["socket"]
    identity: IdentityForm | None = None
    home: int
    family: str | None = None
    type: str | None = None
    protocol: int | None = None
    address: str | NoAddressForm | None = None
    port: int | None = None
    path: Text | None = None
    abstract: Text | None = None


class NamespaceForm(Model):
    """A security namespace as rules see it."""

    kind: Literal["namespace"]
    id: int
    name: str
    path: str
    depth: int
    sealed: bool


class ThingForm(Model):
    """An object of any other kind. A fact that ``facts`` does not have is unknown."""

    kind: str
    identity: IdentityForm | None = None
    home: int | None = None
    facts: "dict[str, ValueForm]"


ObjectForm: TypeAlias = TaskForm | FileForm | SocketForm | NamespaceForm | CredentialsForm | ThingForm

ValueForm = TypeAliasType(
    "ValueForm",
    "bool | int | str | Escaped | UnknownForm | NoAddressForm | AddressForm | NetworkForm | CapabilityForm | SignalForm"
    " | ErrnoForm | tuple[ValueForm, ...] | ObjectForm",
)
"""Any value of a fact, an argument or an attribute."""

ThingForm.model_rebuild()
