"""The things that requests are about: credentials, tasks, files, sockets, …, each an immutable value.

A fact of a thing (:mod:`nslsm.hooks.kinds`) is the attribute of the same name, except the few that depend on who asks or on
the whole state (``foreign``, ``namespace``, ``parent`` and the relations between tasks): those are asked of a
:class:`nslsm.protocol.view.View`. A fact that nobody knows is :data:`nslsm.hooks.types.UNKNOWN`.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from rpds import HashTrieMap

from nslsm.hooks.linux import Capability
from nslsm.hooks.types import NO_ADDRESS, UNKNOWN, Address, Network, Unknown

NamespaceId: TypeAlias = int
Capabilities: TypeAlias = frozenset[Capability]

ALL_CAPABILITIES: Final[Capabilities] = frozenset(Capability)
NO_CAPABILITIES: Final[Capabilities] = frozenset()


class Identity(NamedTuple):
    """What an object is, whatever it is called: the key under which its attributes are kept (Model M3.3).

    ``kind`` is a kind's name; ``name`` a process number, an inode number, a path where no inode is known; ``generation``
    tells a new thing from an old one that had the same name.
    """

    kind: str
    name: int | str
    generation: int = 0


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True)
class Credentials:
    """Who a task is and what it may: immutable; a change makes a new object, credentials(7), capabilities(7).

    Kernels intern them, so that equal credentials are one object. ``namespace`` is the security namespace.
    """

    uid: int | Unknown = 0
    euid: int | Unknown = 0
    suid: int | Unknown = 0
    fsuid: int | Unknown = 0
    gid: int | Unknown = 0
    egid: int | Unknown = 0
    sgid: int | Unknown = 0
    fsgid: int | Unknown = 0
    groups: frozenset[int] | Unknown = frozenset()
    effective: Capabilities | Unknown = NO_CAPABILITIES
    permitted: Capabilities | Unknown = NO_CAPABILITIES
    inheritable: Capabilities | Unknown = NO_CAPABILITIES
    bounding: Capabilities | Unknown = ALL_CAPABILITIES
    ambient: Capabilities | Unknown = NO_CAPABILITIES
    securebits: frozenset[str] | Unknown = frozenset()
    no_new_privs: bool | Unknown = False
    namespace: NamespaceId = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The kernel's unit of execution (Model M1), as it is before the event."""

    pid: int
    tgid: int
    ppid: int
    credentials: Credentials
    exe: str | Unknown = UNKNOWN
    comm: str | Unknown = UNKNOWN
    dumpable: bool | Unknown = True

    @property
    def identity(self) -> Identity:
        """The process: its threads share attributes (Model M3.1)."""
        return Identity("task", self.tgid)

    @property
    def home(self) -> NamespaceId:
        """The namespace that the task is in now (Model M1, Home)."""
        return self.credentials.namespace


class File(NamedTuple):
    """A file, directory, device or other inode, by the path that led to it."""

    path: str | Unknown
    identity: Identity | Unknown
    type: str | Unknown = UNKNOWN
    owner: int | Unknown = UNKNOWN
    group: int | Unknown = UNKNOWN
    mode: int | Unknown = UNKNOWN
    inode: int | Unknown = UNKNOWN
    device: int | Unknown = UNKNOWN
    filesystem: str | Unknown = UNKNOWN
    sha256: str | Unknown = UNKNOWN
    xattrs: "HashTrieMap[str, str] | Unknown" = UNKNOWN
    """All of the file's extended attributes, or UNKNOWN; one known to be absent is not in it."""

    @property
    def dpath(self) -> str | Unknown:
        """The path, with a slash behind it where this is a directory; unknown where it is not known whether it is one."""
        if isinstance(self.path, Unknown) or isinstance(self.type, Unknown):
            return UNKNOWN
        return f"{self.path}/" if self.type == "directory" and not self.path.endswith("/") else self.path


class Socket(NamedTuple):
    """A socket; ``address`` and ``port`` are what it is bound to."""

    identity: Identity | Unknown
    home: NamespaceId
    family: str | Unknown = UNKNOWN
    type: str | Unknown = UNKNOWN
    protocol: int | Unknown = UNKNOWN
    address: Address | Unknown = NO_ADDRESS
    port: int | Unknown = 0
    path: str | Unknown = ""
    abstract: str | Unknown = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An object of any other kind (IPC, key, bpf, mount, module, a user-space object): a kind's name and its facts.

    A fact that ``facts`` does not hold is unknown. ``home`` is None for what belongs to no task.
    """

    kind: str
    identity: Identity | Unknown
    home: NamespaceId | None = None
    facts: "HashTrieMap[str, Value | Unknown]" = field(default_factory=HashTrieMap)


class NamespaceFacts(NamedTuple):
    """A security namespace as rules see it: ``namespace.path``, or the object of ``namespace_bind``."""

    id: NamespaceId
    name: str
    path: str
    depth: int
    sealed: bool

    @property
    def identity(self) -> Identity:
        """The key of the namespace's one cell per attribute (Model M3.1)."""
        return Identity("namespace", self.id)


Object: TypeAlias = Task | File | Socket | Thing | NamespaceFacts | Credentials

Value: TypeAlias = bool | int | str | Address | Network | frozenset["Value"] | Object
"""What a known fact or expression can be; see the table in :mod:`nslsm.hooks.types`."""
