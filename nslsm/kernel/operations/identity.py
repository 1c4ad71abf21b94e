"""Operations on who a task is: user and group ids, capabilities."""

from dataclasses import dataclass

from nslsm.hooks.types import Unknown
from nslsm.kernel.operations.operation import Operation
from nslsm.protocol.things import Capabilities


@dataclass(frozen=True, slots=True)
class SetUser(Operation):
    """setuid(2)."""

    uid: int | Unknown


@dataclass(frozen=True, slots=True)
class SetUsers(Operation):
    """setresuid(2), and setreuid(2) with ``saved`` None; -1 leaves an id as it is."""

    real: int | Unknown
    effective: int | Unknown
    saved: int | Unknown | None


@dataclass(frozen=True, slots=True)
class SetFileUser(Operation):
    """setfsuid(2). The old id is the result."""

    uid: int | Unknown


@dataclass(frozen=True, slots=True)
class SetGroupId(Operation):
    """setgid(2)."""

    gid: int | Unknown


@dataclass(frozen=True, slots=True)
class SetGroupIds(Operation):
    """setresgid(2), and setregid(2) with ``saved`` None; -1 leaves an id as it is."""

    real: int | Unknown
    effective: int | Unknown
    saved: int | Unknown | None


@dataclass(frozen=True, slots=True)
class SetFileGroup(Operation):
    """setfsgid(2). The old id is the result."""

    gid: int | Unknown


@dataclass(frozen=True, slots=True)
class SetSupplementaryGroups(Operation):
    """setgroups(2)."""

    groups: frozenset[int] | Unknown


@dataclass(frozen=True, slots=True)
class GetIds(Operation):
    """getuid(2), getresgid(2), getgroups(2), …: raises nothing, but a recording tells what the ids are.

    ``which`` are fields of credentials, in the order of ``Recorded.ids``: ``("uid",)``, ``("gid", "egid", "sgid")``;
    ``("groups",)`` for getgroups(2), whose ids are all of ``Recorded.ids``.
    """

    which: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetCapabilities(Operation):
    """capset(2)."""

    effective: Capabilities | Unknown
    permitted: Capabilities | Unknown
    inheritable: Capabilities | Unknown


@dataclass(frozen=True, slots=True)
class GetCapabilities(Operation):
    """capget(2); 0 is the caller. A recording may tell the three sets (``Recorded.capabilities``)."""

    pid: int = 0
