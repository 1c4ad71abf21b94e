"""Operations on sockets: made, named, connected, spoken through."""

from dataclasses import dataclass
from typing import NamedTuple

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.operations.operation import Descriptor, NetworkAddress, Operation


@dataclass(frozen=True, slots=True)
class MakeSocket(Operation):
    """socket(2); the descriptor is the result. Words are of ``SOCKET_FAMILY`` and ``SOCKET_TYPE``."""

    family: str | Unknown
    type: str | Unknown
    protocol: int | Unknown = 0
    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class MakeSocketPair(Operation):
    """socketpair(2). A recording tells the two descriptors (``Recorded.descriptors``)."""

    family: str | Unknown
    type: str | Unknown
    protocol: int | Unknown = 0
    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class Bind(Operation):
    """bind(2)."""

    descriptor: Descriptor
    address: NetworkAddress


@dataclass(frozen=True, slots=True)
class Connect(Operation):
    """connect(2)."""

    descriptor: Descriptor
    address: NetworkAddress


@dataclass(frozen=True, slots=True)
class Listen(Operation):
    """listen(2)."""

    descriptor: Descriptor
    backlog: int | Unknown = 0


@dataclass(frozen=True, slots=True)
class Accept(Operation):
    """accept(2), accept4(2); the new descriptor is the result."""

    descriptor: Descriptor
    close_on_exec: bool = False


class RouteRequest(NamedTuple):
    """One message over netlink: whether it is to change something, and whether the kernel answers at once."""

    changes: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class Send(Operation):
    """sendto(2), sendmsg(2), and one message of sendmmsg(2). ``address`` None: to whom the socket is connected."""

    descriptor: Descriptor
    address: NetworkAddress | None = None
    size: int | Unknown = UNKNOWN
    descriptors: tuple[Descriptor, ...] = ()
    """Descriptors that go with it (``SCM_RIGHTS``)."""
    requests: "tuple[RouteRequest, ...]" = ()
    """What it asks of the kernel's routing, rtnetlink(7), as far as a trace shows it."""


@dataclass(frozen=True, slots=True)
class Receive(Operation):
    """recvfrom(2), recvmsg(2), and one message of recvmmsg(2); ``flags`` is of ``MESSAGE_FLAGS``.

    A recording tells descriptors that came with it, under their new numbers (``Recorded.descriptors``).
    """

    descriptor: Descriptor
    flags: frozenset[str] | Unknown = frozenset()
    size: int | Unknown = UNKNOWN
    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class GetSocketName(Operation):
    """getsockname(2); a recording tells the address that the socket is bound to (``Recorded.address``)."""

    descriptor: Descriptor


@dataclass(frozen=True, slots=True)
class GetPeerName(Operation):
    """getpeername(2)."""

    descriptor: Descriptor


@dataclass(frozen=True, slots=True)
class GetSocketOption(Operation):
    """getsockopt(2), by the numbers of level and option."""

    descriptor: Descriptor
    level: int | Unknown
    option: int | Unknown


@dataclass(frozen=True, slots=True)
class SetSocketOption(Operation):
    """setsockopt(2), by the numbers of level and option."""

    descriptor: Descriptor
    level: int | Unknown
    option: int | Unknown


@dataclass(frozen=True, slots=True)
class Shutdown(Operation):
    """shutdown(2); ``how`` is of ``SHUTDOWN``."""

    descriptor: Descriptor
    how: str | Unknown
