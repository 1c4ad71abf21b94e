"""System V IPC, after ipc/util.c, ipc/msg.c, ipc/sem.c and ipc/shm.c: found by a key, used by an id, changed, removed."""

from typing import Final, NamedTuple

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import capable, require, same, shown
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.ipc import IpcObject
from nslsm.kernel.lifetimes import held, released
from nslsm.kernel.operations.ipc import PRIVATE, ControlIpc, GetIpc, OperateSemaphores
from nslsm.kernel.process import Special
from nslsm.kernel.refusal import Refused
from nslsm.kernel.spaces import Target, owner_of
from nslsm.kernel.state import State, moved_cells
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.ternary import any_of, member
from nslsm.protocol.things import Thing

_ALLOC: Final = {
    "queue": "msg_queue_alloc_security",
    "semaphores": "sem_alloc_security",
    "memory": "shm_alloc_security",
}
_ASSOCIATE: Final = {"queue": "msg_queue_associate", "semaphores": "sem_associate", "memory": "shm_associate"}
_CONTROL: Final = {"queue": "msg_queue_msgctl", "semaphores": "sem_semctl", "memory": "shm_shmctl"}

_READ: Final = frozenset({"read"})
_WRITE: Final = frozenset({"write"})
_NO_FLAGS: Final[frozenset[str]] = frozenset()
_BITS: Final = {"read": 4, "write": 2, "exec": 1}

_NEEDS: Final = {
    **dict.fromkeys(("stat", "msg_stat", "sem_stat", "shm_stat"), _READ),
    **dict.fromkeys(("getall", "getval", "getpid", "getncnt", "getzcnt"), _READ),
    **dict.fromkeys(("setall", "setval"), _WRITE),
}
"""Commands that the permission bits are asked about."""

_ABOUT_ALL: Final = ("info", "msg_info", "sem_info", "shm_info")
"""Commands that name no object."""

_NOT_FOUND: Final = (Errno.EINVAL, Errno.EIDRM)


class Wanted(NamedTuple):
    """What a call named by its id: None in a recording that does not show where it comes from."""

    object: IpcObject | None

    @property
    def thing(self) -> Thing | Unknown:
        """As rules see it."""
        return UNKNOWN if self.object is None else self.object.thing()


def named(context: Context, type_: str, number: int | Unknown) -> Wanted:
    """The object with that id: EINVAL where there is none (``ipc_obtain_object_check``)."""
    found = None if isinstance(number, Unknown) else context.state.ipc.objects.get((type_, number))
    if found is not None and found.space != context.thread.spaces.ipc:
        found = None
    if found is not None and found.removed and not is_attached(context.state, found):
        found = None
    context.insist(found is not None, Errno.EINVAL, f"there is no {_called(type_)} {shown(number)}")
    context.stops(*_NOT_FOUND)
    return Wanted(found)


def _called(type_: str) -> str:
    return {"queue": "message queue", "semaphores": "semaphore set", "memory": "shared memory"}[type_]


def is_attached(state: State, memory: IpcObject) -> bool:
    """Whether any process has shared memory attached (``shm_nattch``)."""
    targets = (description.target for description in state.descriptions.values())
    return any(isinstance(target, Special) and target.segment == memory.id for target in targets)


def _mode_allows(context: Context, found: IpcObject, wanted: frozenset[str] | Unknown) -> bool | Unknown:
    """The bits that count: the owner's for who owns or made it, the group's for members of its or its maker's."""
    if not wanted:
        return True
    mine = context.task.credentials
    if isinstance(found.mode, Unknown) or isinstance(wanted, Unknown):
        return UNKNOWN
    bits = sum(_BITS[right] for right in wanted)
    owns = any_of(same(mine.euid, found.creator), same(mine.euid, found.owner))
    groups = (found.group, found.creator_group)
    belongs = any_of(*(any_of(same(mine.egid, group), member(group, mine.groups)) for group in groups))
    if owns is True:
        shifts = [6]
    else:
        shifts = [3] if belongs is True else [0] if belongs is False else [3, 0]
        if isinstance(owns, Unknown):
            shifts.append(6)
    answers = {found.mode >> shift & bits == bits for shift in shifts}
    return answers.pop() if len(answers) == 1 else UNKNOWN


def _over(context: Context) -> int:
    """The user namespace whose capabilities count over the caller's ipc namespace."""
    return owner_of(context.state, Target("ipc", context.thread.spaces.ipc))


def permitted(context: Context, wanted: Wanted, mask: frozenset[str] | Unknown) -> Asking[None]:
    """``ipcperms``: by its bits or by CAP_IPC_OWNER; then ``ipc_permission``; else EACCES.

    A recorded EACCES is taken to come from the bits, unless they are known to allow it: then from a module.
    """
    allowed = UNKNOWN if wanted.object is None else _mode_allows(context, wanted.object, mask)
    if context.failed_with(Errno.EACCES) and allowed is not True:
        yield from capable(context, Capability.CAP_IPC_OWNER, over=_over(context))
        context.stops()
    if allowed is False or (isinstance(allowed, Unknown) and context.recorded is None):
        held_too = yield from capable(context, Capability.CAP_IPC_OWNER, over=_over(context))
        if held_too is not True:
            uncertain = isinstance(allowed, Unknown) or isinstance(held_too, Unknown)
            unknown = frozenset({"object.mode"}) if uncertain else frozenset[str]()
            raise Refused(Errno.EACCES, "its permission bits do not allow it", unknown)
    yield context.request("ipc_permission", wanted.thing, mask=mask)
    context.stops(Errno.EACCES)


def get(context: Context, operation: GetIpc) -> Steps:
    """``ipcget``: a new object (``msg_queue_alloc_security``), or one that is there (``ipc_permission``, ``…_associate``)."""
    context.stops(Errno.EINVAL, Errno.ENOENT, Errno.EEXIST, Errno.ENOMEM)
    flags = _NO_FLAGS if isinstance(operation.flags, Unknown) else operation.flags
    found, makes = _found(context, operation, flags)
    if makes:
        return (yield from _make(context, operation))
    context.insist(found is not None, Errno.ENOENT, f"no {_called(operation.type)} has this key")
    context.insist(not flags >= {"create", "exclusive"}, Errno.EEXIST, f"a {_called(operation.type)} has this key")
    if found is not None and isinstance(operation.size, int) and isinstance(found.size, int):
        context.insist(operation.size <= found.size, Errno.EINVAL, f"it has {found.size} only")
    wanted = Wanted(found)
    yield from permitted(context, wanted, _asked_for(operation.mode))
    yield context.request(_ASSOCIATE[operation.type], wanted.thing, flags=operation.flags)
    return context.done(result=0 if found is None else found.id)


def _found(context: Context, operation: GetIpc, flags: frozenset[str]) -> tuple[IpcObject | None, bool]:
    """The object that is there, and whether one is made.

    In a replay IPC_CREAT is taken to make one unless it is known to exist.
    """
    ipc, key = context.state.ipc, operation.key
    by_key = None if isinstance(key, Unknown) else ipc.found(operation.type, key, context.thread.spaces.ipc)
    if context.recorded is None:
        context.insist(UNKNOWN if isinstance(key, Unknown) else True, Errno.ENOENT, "nobody knows which key")
        return by_key, key == PRIVATE or (by_key is None and "create" in flags)
    number = context.recorded.result
    if number is not None and not context.recorded.failed:
        by_key = ipc.objects.get((operation.type, number))
    if key == PRIVATE or flags >= {"create", "exclusive"}:
        return None, True
    return by_key, by_key is None and "create" in flags and not context.failed_with(Errno.EACCES)


def _asked_for(mode: int | Unknown) -> frozenset[str] | Unknown:
    """The rights that the mode of a ``…get`` call asks for: those of all three classes together (``ipcperms``)."""
    if isinstance(mode, Unknown):
        return UNKNOWN
    bits = mode >> 6 | mode >> 3 | mode
    return frozenset(right for right, bit in _BITS.items() if bits & bit)


def _make(context: Context, operation: GetIpc) -> Steps:
    """``newque``, ``newary``, ``newseg``."""
    type_, credentials = operation.type, context.task.credentials
    sized = operation.type == "queue" or operation.size != 0
    context.insist(sized, Errno.EINVAL, f"a {_called(type_)} has at least one")
    if type_ != "queue":
        context.stops(Errno.ENOSPC)
    number = context.state.ipc.next
    if context.recorded is not None and context.recorded.result is not None:
        number = context.recorded.result
    new = IpcObject(
        type=type_,
        id=number,
        home=context.task.home,
        space=context.thread.spaces.ipc,
        key=operation.key,
        owner=credentials.euid,
        group=credentials.egid,
        creator=credentials.euid,
        creator_group=credentials.egid,
        mode=operation.mode if isinstance(operation.mode, Unknown) else operation.mode & 0o777,
        size=operation.size,
    )
    yield context.request(_ALLOC[type_], new.thing())
    if type_ == "memory":
        yield from context.routine("vm_enough_memory")
        yield from context.routine("inode_alloc_security")
        yield from context.routine("d_instantiate")
        yield from context.routine("file_alloc_security")
    context.stops()
    state = held(context.state, new.home)
    return context.done(replace(state, ipc=state.ipc.with_object(new)), number)


def control(context: Context, operation: ControlIpc) -> Steps:
    """msgctl(2), semctl(2), shmctl(2): ``ipc_permission`` to look or set values, the owner or CAP_SYS_ADMIN to change."""
    hook, command = _CONTROL[operation.type], operation.command
    context.stops(*_NOT_FOUND, Errno.ERANGE, Errno.ENOSYS)
    if command in _ABOUT_ALL:
        yield context.request(hook, UNKNOWN, cmd=command)
        return context.done()
    wanted = named(context, operation.type, operation.id)
    needs = None if isinstance(command, Unknown) else _NEEDS.get(command)
    if needs is not None:
        yield from permitted(context, wanted, needs)
    if command in ("rmid", "set"):
        yield from _owned(context, wanted)
    yield context.request(hook, wanted.thing, cmd=command)
    if command in ("lock", "unlock"):
        yield from _may_lock(context, wanted)
    context.stops()
    if wanted.object is None:
        return context.done()
    if command == "rmid":
        return (yield from _remove(context, wanted.object))
    if command == "set":
        changed = replace(
            wanted.object,
            owner=operation.owner,
            group=operation.group,
            mode=operation.mode if isinstance(operation.mode, Unknown) else operation.mode & 0o777,
        )
        return context.done(replace(context.state, ipc=context.state.ipc.with_object(changed)))
    return context.done()


def _mine(context: Context, wanted: Wanted) -> bool | Unknown:
    if wanted.object is None:
        return UNKNOWN
    mine = context.task.credentials.euid
    return any_of(same(mine, wanted.object.creator), same(mine, wanted.object.owner))


def _owned(context: Context, wanted: Wanted) -> Asking[None]:
    """``ipcctl_obtain_check``: its owner, who made it, or CAP_SYS_ADMIN; EPERM."""
    mine = _mine(context, wanted)
    if context.failed_with(Errno.EPERM) and mine is not True:
        yield from capable(context, Capability.CAP_SYS_ADMIN, over=_over(context))
        context.stops()
    if mine is True or (isinstance(mine, Unknown) and context.recorded is not None):
        return
    yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, "it is another user's", over=_over(context))


def _may_lock(context: Context, wanted: Wanted) -> Asking[None]:
    """``shmctl_do_lock``: CAP_IPC_LOCK, or its owner."""
    may = yield from capable(context, Capability.CAP_IPC_LOCK, over=_over(context))
    context.stops(Errno.EPERM)
    allowed = any_of(may, _mine(context, wanted))
    if allowed is not True and context.recorded is None:
        unknown = frozenset({"object.owner"}) if isinstance(allowed, Unknown) else frozenset[str]()
        raise Refused(Errno.EPERM, "only its owner, or CAP_IPC_LOCK, keeps it in memory", unknown)


def _remove(context: Context, gone: IpcObject) -> Steps:
    """``freeque``, ``freeary``, ``do_shm_rmid``: shared memory stays as long as somebody has it attached."""
    if gone.type == "memory" and is_attached(context.state, gone):
        kept = replace(gone, removed=True, key=PRIVATE)
        return context.done(replace(context.state, ipc=context.state.ipc.with_object(kept)))
    for _ in gone.messages:
        yield from context.routine("msg_msg_free_security")
    if gone.type == "memory":
        yield from destroyed(context)
    return without(context, context.state, gone)


def destroyed(context: Context) -> Asking[None]:
    """``shm_destroy``: the file behind shared memory goes."""
    yield from context.routine("inode_free_security")
    yield from context.routine("file_free_security")


def without(context: Context, state: State, gone: IpcObject) -> Outcome:
    """The object is no more, and what was said of it is forgotten."""
    ended = {gone.identity: None}
    state = replace(state, ipc=state.ipc.without(gone), cells=moved_cells(state.cells, ended))
    return context.done(released(state, gone.home))._replace(rekeyed=ended)


def operate(context: Context, operation: OperateSemaphores) -> Steps:
    """``do_semtimedop``: write permission to change them, read permission to wait for 0; ``sem_semop``."""
    context.stops(Errno.E2BIG, Errno.EFBIG, Errno.EFAULT, Errno.ENOMEM)
    wanted = named(context, "semaphores", operation.id)
    size = UNKNOWN if wanted.object is None else wanted.object.size
    if isinstance(size, int) and isinstance(operation.last, int):
        context.insist(operation.last < size, Errno.EFBIG, f"the set has {size} semaphores")
    alters = not isinstance(operation.alter, Unknown) and operation.alter
    yield from permitted(context, wanted, _WRITE if alters else _READ)
    yield context.request("sem_semop", wanted.thing, alter=operation.alter)
    return context.done()


HANDLERS: Final = (
    handles(GetIpc, get),
    handles(ControlIpc, control),
    handles(OperateSemaphores, operate),
)
