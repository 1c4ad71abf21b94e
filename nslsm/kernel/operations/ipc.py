"""Operations on what processes share by a number or a name: System V IPC, sysvipc(7), and POSIX queues, mq_overview(7)."""

from dataclasses import dataclass
from typing import Final

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.operations.operation import Descriptor, Operation

PRIVATE: Final = 0
"""``IPC_PRIVATE``: the key of an object that nobody else finds by it."""


@dataclass(frozen=True, slots=True)
class GetIpc(Operation):
    """msgget(2), semget(2), shmget(2): the object with that key, or a new one; its id is the result.

    ``type`` is of ``IPC_TYPE``, ``flags`` of ``IPC_FLAGS``; ``size`` is how many semaphores, or bytes of memory.
    """

    type: str
    key: int | Unknown = PRIVATE
    flags: frozenset[str] | Unknown = frozenset()
    mode: int | Unknown = 0
    size: int | Unknown = 0


@dataclass(frozen=True, slots=True)
class ControlIpc(Operation):
    """msgctl(2), semctl(2), shmctl(2): ``command`` is of ``IPC_COMMAND``; the rest is what ``IPC_SET`` brings."""

    type: str
    id: int | Unknown
    command: str | Unknown
    owner: int | Unknown = UNKNOWN
    group: int | Unknown = UNKNOWN
    mode: int | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class SendMessage(Operation):
    """msgsnd(2)."""

    id: int | Unknown
    message_type: int | Unknown = 1
    size: int | Unknown = 0
    flags: frozenset[str] | Unknown = frozenset()


@dataclass(frozen=True, slots=True)
class ReceiveMessage(Operation):
    """msgrcv(2): a message of ``wanted_type``; ``message_type`` is what a recording shows that it was."""

    id: int | Unknown
    wanted_type: int | Unknown = 0
    flags: frozenset[str] | Unknown = frozenset()
    message_type: int | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class OperateSemaphores(Operation):
    """semop(2), semtimedop(2): ``alter`` unless all are only waited for to be 0. ``last`` is the highest number among them."""

    id: int | Unknown
    alter: bool | Unknown = True
    last: int | Unknown = 0


@dataclass(frozen=True, slots=True)
class AttachMemory(Operation):
    """shmat(2): ``flags`` is of ``ATTACH_FLAGS``. The address is the result; ``start`` 0 leaves it to the kernel."""

    id: int | Unknown
    flags: frozenset[str] | Unknown = frozenset()
    start: int | Unknown = 0


@dataclass(frozen=True, slots=True)
class DetachMemory(Operation):
    """shmdt(2)."""

    start: int | Unknown


@dataclass(frozen=True, slots=True)
class OpenMessageQueue(Operation):
    """mq_open(2): ``name`` has no slash in front, ``flags`` are those of open(2). The descriptor is the result."""

    name: str | Unknown
    flags: frozenset[str] | Unknown = frozenset({"read"})
    mode: int | Unknown = 0


@dataclass(frozen=True, slots=True)
class UnlinkMessageQueue(Operation):
    """mq_unlink(2)."""

    name: str | Unknown


@dataclass(frozen=True, slots=True)
class SendToMessageQueue(Operation):
    """mq_send(3), mq_timedsend(2)."""

    descriptor: Descriptor


@dataclass(frozen=True, slots=True)
class ReceiveFromMessageQueue(Operation):
    """mq_receive(3), mq_timedreceive(2)."""

    descriptor: Descriptor


IPC: Final[tuple[type[Operation], ...]] = (
    GetIpc,
    ControlIpc,
    SendMessage,
    ReceiveMessage,
    OperateSemaphores,
    AttachMemory,
    DetachMemory,
    OpenMessageQueue,
    UnlinkMessageQueue,
    SendToMessageQueue,
    ReceiveFromMessageQueue,
)
"""All of them."""
