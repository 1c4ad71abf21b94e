"""Messages through System V queues, shared memory attached and detached, after ipc/msg.c and ipc/shm.c."""

from collections.abc import Iterator
from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.address_space import PAGE, Area, pages
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import describe
from nslsm.kernel.event import Steps
from nslsm.kernel.ipc import IpcObject, Message
from nslsm.kernel.memory import mapped, unmapped
from nslsm.kernel.operations.ipc import AttachMemory, DetachMemory, ReceiveMessage, SendMessage
from nslsm.kernel.process import Special
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.ipc import Wanted, destroyed, is_attached, named, permitted, without
from nslsm.kernel.syscalls.memory import measured
from nslsm.protocol.things import File, Identity

_LONGEST: Final = 8192
"""Bytes that a message has at most, ``msg_ctlmax``."""


def send(context: Context, operation: SendMessage) -> Steps:
    """``do_msgsnd``: the message is made, then ``ipc_permission`` and ``msg_queue_msgsnd`` of the queue."""
    context.stops(Errno.EFAULT, Errno.ENOMEM)
    kind, size = operation.message_type, operation.size
    sound = (isinstance(kind, Unknown) or kind >= 1) and (isinstance(size, Unknown) or 0 <= size <= _LONGEST)
    context.insist(sound, Errno.EINVAL, "a message has a type above 0, and 8192 bytes at most")
    if not sound:
        context.stops(Errno.EINVAL)
    yield from context.routine("msg_msg_alloc_security")
    try:
        wanted = named(context, "queue", operation.id)
        yield from permitted(context, wanted, frozenset({"write"}))
        yield context.request("msg_queue_msgsnd", wanted.thing, message_type=kind, size=size, flags=operation.flags)
        context.stops()
    except Refused:
        yield from context.routine("msg_msg_free_security")
        raise
    if wanted.object is None:
        return context.done()
    grown = replace(wanted.object, messages=(*wanted.object.messages, Message(kind, size)))
    return context.done(replace(context.state, ipc=context.state.ipc.with_object(grown)))


def receive(context: Context, operation: ReceiveMessage) -> Steps:
    """``do_msgrcv``: ``ipc_permission``, then ``msg_queue_msgrcv`` for each message that fits, until one is granted.

    Where none is, ENOMSG, as with IPC_NOWAIT: nothing blocks here.
    """
    wanted = named(context, "queue", operation.id)
    yield from permitted(context, wanted, frozenset({"read"}))
    context.stops(Errno.ENOMSG)
    taking = _taken if context.recorded is None else _recorded
    taken = yield from taking(context, operation, wanted)
    if taken is None:
        raise Refused(Errno.ENOMSG, "no message of this type waits that may be taken, and nothing blocks here")
    context.stops()
    flags = frozenset[str]() if isinstance(operation.flags, Unknown) else operation.flags
    yield from context.routine("msg_msg_free_security")
    size = taken.size if isinstance(taken.size, int) else 0
    if wanted.object is None or "copy" in flags:
        return context.done(result=size)
    messages = list(wanted.object.messages)
    if taken in messages:
        messages.remove(taken)
    fewer = replace(wanted.object, messages=tuple(messages))
    return context.done(replace(context.state, ipc=context.state.ipc.with_object(fewer)), size)


def _asks(context: Context, operation: ReceiveMessage, wanted: Wanted, message: Message) -> Asking[bool]:
    return (
        yield context.request(
            "msg_queue_msgrcv",
            wanted.thing,
            wanted_type=operation.wanted_type,
            message_type=message.type,
            size=message.size,
        )
    )


def _recorded(context: Context, operation: ReceiveMessage, wanted: Wanted) -> Asking[Message | None]:
    """The message that a recording shows was taken."""
    size = None if context.recorded is None or context.recorded.failed else context.recorded.result
    message = Message(operation.message_type, UNKNOWN if size is None else size)
    yield from _asks(context, operation, wanted, message)
    return message


def _taken(context: Context, operation: ReceiveMessage, wanted: Wanted) -> Asking[Message | None]:
    """``find_msg``: the first that fits; with a negative type, of those the one with the lowest."""
    if wanted.object is None:
        return None
    best: Message | None = None
    for message in _fitting(operation, wanted.object):
        lower = best is None or (
            isinstance(message.type, int) and isinstance(best.type, int) and message.type < best.type
        )
        if not lower:
            continue
        if (yield from _asks(context, operation, wanted, message)):
            best = message
            if not (isinstance(operation.wanted_type, int) and operation.wanted_type < 0) or message.type == 1:
                break
    return best


def _fitting(operation: ReceiveMessage, queue: IpcObject) -> Iterator[Message]:
    kind = operation.wanted_type
    excepts = not isinstance(operation.flags, Unknown) and "except" in operation.flags
    for message in queue.messages:
        if isinstance(kind, Unknown) or isinstance(message.type, Unknown):
            continue
        fits = kind == 0 or (message.type <= -kind if kind < 0 else (message.type == kind) != excepts)
        if fits:
            yield message


def attach(context: Context, operation: AttachMemory) -> Steps:
    """``do_shmat``: ``ipc_permission``, ``shm_shmat``; then it is mapped as a file is: ``mmap_file``, ``mmap_addr``."""
    wanted = named(context, "memory", operation.id)
    flags = frozenset[str]() if isinstance(operation.flags, Unknown) else operation.flags
    protection = frozenset({"read"})
    protection |= frozenset() if "rdonly" in flags else {"write"}
    protection |= {"exec"} if "exec" in flags else frozenset()
    yield from permitted(context, wanted, protection)
    yield context.request("shm_shmat", wanted.thing, flags=operation.flags)
    yield from context.routine("file_alloc_security")
    shared = {"shared"} if operation.start == 0 else {"shared", "fixed"}
    file = _file(operation, wanted)
    yield context.request("mmap_file", file, reqprot=protection, prot=protection, flags=frozenset(shared))
    yield from measured(context, protection)
    start = _placed(context, operation, wanted)
    yield context.request("mmap_addr", start=start)
    context.stops()
    size = UNKNOWN if wanted.object is None else wanted.object.size
    if isinstance(start, Unknown) or isinstance(size, Unknown) or wanted.object is None:
        return context.done()
    attached = Special("sysv_memory", segment=wanted.object.id)
    state, description = describe(context.state, attached, frozenset({"read", "write"}))
    state, rekeyed = mapped(state, context.thread.memory, Area(start, start + pages(size), description))
    return context.done(state, start)._replace(rekeyed=rekeyed)


def _file(operation: AttachMemory, wanted: Wanted) -> File:
    """The file behind it, which the kernel names by the key (``newseg``)."""
    found = wanted.object
    if found is None or isinstance(found.key, Unknown):
        return File(UNKNOWN, UNKNOWN, "regular", filesystem="tmpfs")
    name = f"/SYSV{found.key & 0xFFFFFFFF:08x}"
    identity = Identity("file", f"{name}:[{operation.id}]")
    return File(name, identity, "regular", found.creator, found.creator_group, 0o777, filesystem="tmpfs")


def _placed(context: Context, operation: AttachMemory, wanted: Wanted) -> int | Unknown:
    recorded = context.recorded
    if recorded is not None and not recorded.failed and recorded.result is not None:
        return recorded.result
    if operation.start != 0:
        return operation.start
    size = UNKNOWN if wanted.object is None else wanted.object.size
    if recorded is not None or isinstance(size, Unknown):
        return UNKNOWN
    return context.state.memories[context.thread.memory].room(size)


def detach(context: Context, operation: DetachMemory) -> Steps:
    """``ksys_shmdt``: nothing is asked. Removed memory that nobody has attached any more goes."""
    context.stops()
    area, segment = _attached_at(context, operation.start)
    context.insist(area is not None, Errno.EINVAL, "no shared memory is attached there")
    yield from context.routine("file_free_security")
    if area is None or segment is None:
        return context.done()
    state, rekeyed = unmapped(context.state, context.thread.memory, area.start, max(area.end, area.start + PAGE))
    memory = state.ipc.objects.get(("memory", segment))
    if memory is not None and memory.removed and not is_attached(state, memory):
        yield from destroyed(context)
        gone = without(context, state, memory)
        return gone._replace(rekeyed={**rekeyed, **gone.rekeyed})
    return context.done(state)._replace(rekeyed=rekeyed)


def _attached_at(context: Context, start: int | Unknown) -> tuple[Area | None, int | None]:
    if isinstance(start, Unknown):
        return None, None
    for area in context.state.memories[context.thread.memory].within(start, start + 1):
        if area.start == start and area.description is not None:
            segment = _segment(context.state, area.description)
            if segment is not None:
                return area, segment
    return None, None


def _segment(state: State, description: int) -> int | None:
    target = state.descriptions[description].target
    return target.segment if isinstance(target, Special) else None


HANDLERS: Final = (
    handles(SendMessage, send),
    handles(ReceiveMessage, receive),
    handles(AttachMemory, attach),
    handles(DetachMemory, detach),
)
