"""Calls on System V IPC and on POSIX message queues."""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.commands import ATTACH_FLAGS, IPC_COMMAND
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.files import open_flags
from nslsm.importers.traces.decode.words import argument, descriptor, names, number, path, words
from nslsm.kernel import command_constants, constants
from nslsm.kernel.call import Array, Struct, SystemCall, Value
from nslsm.kernel.constant_table import Constants
from nslsm.kernel.operations import Operation
from nslsm.kernel.operations import ipc as op
from nslsm.kernel.spelling import number_of, outcome, struct_of

_WORDS: Final = {
    "IPC_CREAT": "create",
    "IPC_EXCL": "exclusive",
    "IPC_NOWAIT": "nowait",
    "MSG_NOERROR": "noerror",
    "MSG_EXCEPT": "except",
    "MSG_COPY": "copy",
}
_COMMANDS: Final = {
    "queue": command_constants.QUEUE_COMMANDS,
    "semaphores": command_constants.SEMAPHORE_COMMANDS,
    "memory": command_constants.MEMORY_COMMANDS,
}


def _flags(call: SystemCall, place: int, table: Constants) -> frozenset[str] | Unknown:
    found = names(call, place, table)
    return found if isinstance(found, Unknown) else frozenset(_WORDS[name] for name in found if name in _WORDS)


def _get(type_: str, flags: int, size: int | None) -> Decoder:
    def decode(call: SystemCall) -> Operation:
        table = command_constants.IPC_GET_FLAGS
        mode = number(call, flags, table)
        return op.GetIpc(
            type_,
            number(call, 0, command_constants.IPC_KEYS),
            _flags(call, flags, table),
            mode if isinstance(mode, Unknown) else mode & 0o777,
            0 if size is None else number(call, size),
        )

    return decode


def _control(type_: str, place: int, brought: int) -> Decoder:
    def decode(call: SystemCall) -> Operation:
        found = names(call, place, _COMMANDS[type_])
        command: str | Unknown = UNKNOWN
        if not isinstance(found, Unknown):
            plain = [name.removeprefix("IPC_").lower() for name in found - {"IPC_64"}]
            word = plain[0] if len(plain) == 1 else "other"
            word = {"shm_lock": "lock", "shm_unlock": "unlock"}.get(word, word)
            command = word if word in IPC_COMMAND.members else "other"
        owner, group, mode = _permissions(call.argument(brought)) if command == "set" else (UNKNOWN, UNKNOWN, UNKNOWN)
        return op.ControlIpc(type_, number(call, 0), command, owner, group, mode)

    return decode


def _permissions(value: Value) -> tuple[int | Unknown, int | Unknown, int | Unknown]:
    """What ``IPC_SET`` brings: owner, group and mode of ``struct ipc_perm``, which is the first member."""
    whole = struct_of(value)
    inner = None if whole is None else next((struct_of(each) for _, each in whole.fields), None)

    def one(name: str) -> int | Unknown:
        found = number_of(inner.get(name)) if inner is not None and inner.has(name) else None
        return UNKNOWN if found is None else found

    return one("uid"), one("gid"), one("mode")


def _message_type(value: Value) -> int | Unknown:
    message = outcome(value)
    if not isinstance(message, Struct) or not message.fields:
        return UNKNOWN
    found = number_of(message.get("mtype") if message.has("mtype") else message.fields[0][1])
    return UNKNOWN if found is None else found


def _operate(call: SystemCall) -> Operation:
    listed = outcome(argument(call, 1))
    if not isinstance(listed, Array):
        return op.OperateSemaphores(number(call, 0), UNKNOWN, UNKNOWN)
    ones = [struct_of(each) for each in listed.items]
    changes = [_member(each, "sem_op", 1) for each in ones]
    which = [_member(each, "sem_num", 0) for each in ones]
    numbers = [each for each in which if isinstance(each, int)]
    alter: bool | Unknown = any(each != 0 for each in changes if isinstance(each, int))
    if not alter and (listed.cut or UNKNOWN in changes):
        alter = UNKNOWN
    last = UNKNOWN if listed.cut or len(numbers) < len(which) or not numbers else max(numbers)
    return op.OperateSemaphores(number(call, 0), alter, last)


def _member(one: Struct | None, name: str, place: int) -> int | Unknown:
    if one is None or place >= len(one.fields):
        return UNKNOWN
    found = number_of(one.get(name) if one.has(name) else one.fields[place][1])
    return UNKNOWN if found is None else found


def _open(call: SystemCall) -> Operation:
    mode = number(call, 2, constants.FILE_MODES) if len(call.arguments) > 2 else 0
    return op.OpenMessageQueue(path(call, 0), open_flags(argument(call, 1)), mode)


DECODERS: Final[Mapping[str, Decoder]] = {
    "msgget": _get("queue", 1, None),
    "semget": _get("semaphores", 2, 1),
    "shmget": _get("memory", 2, 1),
    "msgctl": _control("queue", 1, 2),
    "semctl": _control("semaphores", 2, 3),
    "shmctl": _control("memory", 1, 2),
    "msgsnd": lambda call: op.SendMessage(
        number(call, 0),
        _message_type(argument(call, 1)),
        number(call, 2),
        _flags(call, 3, command_constants.MESSAGE_FLAGS),
    ),
    "msgrcv": lambda call: op.ReceiveMessage(
        number(call, 0),
        number(call, 3),
        _flags(call, 4, command_constants.MESSAGE_FLAGS),
        _message_type(argument(call, 1)),
    ),
    "semop": _operate,
    "semtimedop": _operate,
    "shmat": lambda call: op.AttachMemory(
        number(call, 0), words(call, 2, constants.SHMAT_FLAGS, "SHM_", ATTACH_FLAGS), number(call, 1)
    ),
    "shmdt": lambda call: op.DetachMemory(number(call, 0)),
    "mq_open": _open,
    "mq_unlink": lambda call: op.UnlinkMessageQueue(path(call, 0)),
    "mq_timedsend": lambda call: op.SendToMessageQueue(descriptor(call, 0)),
    "mq_timedreceive": lambda call: op.ReceiveFromMessageQueue(descriptor(call, 0)),
}
"""What each call on IPC asks of the kernel."""
