"""prctl(2), after ``sys_prctl`` and ``cap_task_prctl``: ``task_prctl`` first, then what the option needs."""

from typing import Final

from nslsm.hooks.kinds import SECUREBITS
from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.credentials import may_raise_ambient, may_set_securebits, with_ambient, without_bounding
from nslsm.kernel.event import Steps
from nslsm.kernel.operations.processes import Control
from nslsm.kernel.process import ANYBODY
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.execution import COMM_LENGTH
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.identity import with_credentials
from nslsm.kernel.ternary import Truth, member
from nslsm.protocol.things import NO_CAPABILITIES

AMBIENT_RAISE: Final = 2
AMBIENT_LOWER: Final = 3
AMBIENT_CLEAR_ALL: Final = 4
"""Second argument of ``PR_CAP_AMBIENT``, ``include/uapi/linux/prctl.h``."""


def control(context: Context, operation: Control) -> Steps:
    """``sys_prctl``: ``task_prctl``, then the option."""
    argument = _number(operation, 0)
    yield context.request("task_prctl", option=operation.option, argument=argument)
    context.stops(Errno.EINVAL, Errno.EFAULT)
    if operation.option in _NEW_CREDENTIALS or (operation.option == "cap_ambient" and argument in _AMBIENT_CHANGES):
        yield from context.routine("cred_prepare")
    state = yield from _option(context, operation)
    return context.done(state)


_NEW_CREDENTIALS: Final = frozenset({"set_securebits", "set_keepcaps"})
_AMBIENT_CHANGES: Final = frozenset({AMBIENT_RAISE, AMBIENT_LOWER, AMBIENT_CLEAR_ALL})
"""What makes new credentials (``cap_task_prctl``); ``PR_CAPBSET_DROP`` does so once it may."""


def _number(operation: Control, place: int) -> int | Unknown:
    if place >= len(operation.arguments):
        return 0
    argument = operation.arguments[place]
    return argument if isinstance(argument, int) else UNKNOWN


def _option(context: Context, operation: Control) -> Asking[State]:
    value = _number(operation, 0)
    match operation.option:
        case "capbset_drop":
            return (yield from _drop_bounding(context, value))
        case "cap_ambient":
            return _ambient(context, value, _number(operation, 1))
        case "set_securebits":
            return _set_securebits(context, value)
        case "set_keepcaps":
            return _set_keepcaps(context, value)
        case "set_no_new_privs":
            context.insist(value == 1, Errno.EINVAL, "no_new_privs can only be set")
            new = replace(context.task.credentials, no_new_privs=True)
            context.stops()
            return with_credentials(context, context.state, new)
        case "set_dumpable":
            context.insist(value in (0, 1), Errno.EINVAL, "dumpable is 0 or 1")
            context.stops()
            return _for_process(context, UNKNOWN if isinstance(value, Unknown) else value == 1)
        case "set_ptracer":
            return _declare_tracer(context, value)
        case "set_child_subreaper":
            context.stops()
            process = replace(context.process, subreaper=value != 0)
            return replace(context.state, processes=context.state.processes.insert(process.tgid, process))
        case "set_name":
            context.stops()
            return _named(context, operation)
    return context.state


def _drop_bounding(context: Context, value: int | Unknown) -> Asking[State]:
    """``cap_prctl_drop``: CAP_SETPCAP."""
    yield from require(context, Capability.CAP_SETPCAP, Errno.EPERM, "only CAP_SETPCAP shrinks the bounding set")
    capability: Capability | Unknown = UNKNOWN
    if not isinstance(value, Unknown):
        known = value in set(Capability)
        context.insist(known, Errno.EINVAL, f"there is no capability {value}")
        if not known:
            return context.state
        capability = Capability(value)
    yield from context.routine("cred_prepare")
    context.stops()
    return with_credentials(context, context.state, without_bounding(context.task.credentials, capability))


def _ambient(context: Context, verb: int | Unknown, value: int | Unknown) -> State:
    old = context.task.credentials
    if verb == AMBIENT_CLEAR_ALL:
        context.stops()
        return with_credentials(context, context.state, replace(old, ambient=NO_CAPABILITIES))
    if verb not in (AMBIENT_RAISE, AMBIENT_LOWER) or isinstance(value, Unknown):
        return context.state
    context.insist(value in set(Capability), Errno.EINVAL, f"there is no capability {value}")
    if value not in set(Capability):
        return context.state
    capability = Capability(value)
    if verb == AMBIENT_RAISE:
        reason = f"{capability.name} is not both permitted and inheritable, or securebits forbid it"
        context.insist(may_raise_ambient(old, capability), Errno.EPERM, reason, "subject.permitted")
    context.stops()
    return with_credentials(context, context.state, with_ambient(old, capability, raised=verb == AMBIENT_RAISE))


def _setpcap(context: Context) -> Truth:
    """Asked of the task's set directly (``cap_capable``), not of the hook."""
    return member(Capability.CAP_SETPCAP, context.task.credentials.effective)


def _set_securebits(context: Context, value: int | Unknown) -> State:
    old = context.task.credentials
    if isinstance(value, Unknown):
        context.stops()
        return with_credentials(context, context.state, replace(old, securebits=UNKNOWN))
    new = frozenset(name for place, name in enumerate(SECUREBITS.members) if value >> place & 1)
    allowed = may_set_securebits(old.securebits, new)
    context.insist(allowed, Errno.EPERM, "a securebit is locked", "subject.securebits")
    context.insist(_setpcap(context), Errno.EPERM, "only CAP_SETPCAP changes securebits", "subject.effective")
    context.stops()
    return with_credentials(context, context.state, replace(old, securebits=new))


def _set_keepcaps(context: Context, value: int | Unknown) -> State:
    old = context.task.credentials
    context.insist(value in (0, 1), Errno.EINVAL, "keepcaps is 0 or 1")
    if isinstance(old.securebits, Unknown):
        return context.state
    context.insist("keep_caps_locked" not in old.securebits, Errno.EPERM, "keep_caps is locked")
    context.stops()
    new = old.securebits | {"keep_caps"} if value == 1 else old.securebits - {"keep_caps"}
    return with_credentials(context, context.state, replace(old, securebits=new))


def _for_process(context: Context, dumpable: bool | Unknown) -> State:  # noqa: FBT001
    tasks = context.state.tasks
    for pid in context.process.threads:
        tasks = tasks.insert(pid, replace(tasks[pid], dumpable=dumpable))
    return replace(context.state, tasks=tasks)


def _declare_tracer(context: Context, value: int | Unknown) -> State:
    """``yama_task_prctl``: 0 takes it back, -1 is anybody, else a process."""
    context.stops()
    if isinstance(value, Unknown):
        return context.state
    number = ANYBODY if value in (-1, 2**64 - 1) else value
    declared: int | None = number or None
    if declared not in (None, ANYBODY):
        task = context.state.tasks.get(number)
        if task is None and context.simulated:
            raise Refused(Errno.EINVAL, f"there is no process {number}")
        declared = number if task is None else task.tgid
    process = replace(context.process, declared_tracer=declared)
    return replace(context.state, processes=context.state.processes.insert(process.tgid, process))


def _named(context: Context, operation: Control) -> State:
    name = operation.arguments[0] if operation.arguments else UNKNOWN
    comm: str | Unknown = UNKNOWN
    if isinstance(name, str):
        cut = name.encode("utf-8", "surrogateescape")[:COMM_LENGTH]
        comm = cut.decode("utf-8", "surrogateescape")
    task = replace(context.task, comm=comm)
    return replace(context.state, tasks=context.state.tasks.insert(task.pid, task))


HANDLERS: Final = (handles(Control, control),)
