"""Processes made, ended, awaited, grouped, limited, after kernel/fork.c, kernel/exit.c, kernel/sys.c, kernel/sched."""

from collections.abc import Iterator
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import capable, require, same
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.memory import held_by
from nslsm.kernel.operations.processes import (
    Exit,
    GetGroup,
    GetPriority,
    GetScheduler,
    GetSession,
    Limit,
    MoveMemory,
    Quiet,
    SetGroup,
    SetMask,
    SetNice,
    SetPriority,
    SetScheduler,
    SetSession,
    Wait,
)
from nslsm.kernel.places import change_mask
from nslsm.kernel.refusal import Refused
from nslsm.kernel.routine import freed
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.inspection import inspect
from nslsm.kernel.ternary import Truth, any_of
from nslsm.kernel.tree import end_process, end_task, leader, reaped
from nslsm.protocol.things import Task


def leave(context: Context, operation: Exit) -> Steps:
    """``do_exit``, ``do_group_exit``: nothing is asked. What it alone had mapped or open is let go of.

    In a replay only the task that calls ends: the trace tells of each other one.
    """
    if operation.group and context.recorded is None:
        state, rekeyed = end_process(context.state, context.task.tgid)
    else:
        state, rekeyed = end_task(context.state, context.pid)
    if context.every:
        mapped = held_by(context.state, context.thread.memory)
        yield from freed(context, (*mapped, *(slot.description for slot in context.table.slots.values())), state)
    return Outcome(state, rekeyed=rekeyed)


def wait(context: Context, operation: Wait) -> Steps:
    """``kernel_wait4``: nothing is asked. A child that has ended is forgotten; ECHILD where there is none to wait for.

    Where none has ended yet, the result is 0, as with ``WNOHANG``: nothing blocks here.
    """
    yield from ()
    if context.recorded is not None:
        result = context.recorded.result
        ended = not context.recorded.failed and result is not None and result > 0 and not operation.keep
        return context.done(reaped(context.state, result) if ended and result is not None else None)
    everybody = context.process.children
    if operation.pid > 0:
        children = [operation.pid] if operation.pid in everybody else []
    else:
        children = [child for child in sorted(everybody) if _awaited(context, operation.pid, child)]
    if not children:
        raise Refused(Errno.ECHILD, "there is no such child to wait for")
    zombies = [child for child in children if not context.state.processes[child].threads]
    if not zombies:
        return Outcome(context.state)
    state = context.state if operation.keep else reaped(context.state, zombies[0])
    return Outcome(state, zombies[0])


def _awaited(context: Context, wanted: int, child: int) -> bool:
    if wanted == -1:
        return True
    group = context.process.group if wanted == 0 else -wanted
    return context.state.processes[child].group == group


def target(context: Context, pid: int) -> Task | None:
    """The task that a call names, 0 being the caller; ESRCH where there is none. None in a replay that does not know it."""
    if pid == 0:
        return context.task
    task = context.state.tasks.get(pid)
    task = leader(context.state, pid) if task is None else task
    context.insist(task is not None, Errno.ESRCH, f"there is no process {pid}")
    context.stops(Errno.ESRCH)
    return task


def set_group(context: Context, operation: SetGroup) -> Steps:
    """``sys_setpgid``: of the caller or a child of its, ``task_setpgid``."""
    context.stops(Errno.EINVAL)
    task = target(context, operation.pid)
    group: int | Unknown = operation.group
    if group == 0 and task is not None:
        group = task.tgid
    if task is not None:
        related = context.task.tgid in (task.tgid, task.ppid)
        context.insist(related, Errno.ESRCH, f"process {task.tgid} is no child of the caller")
    yield context.request("task_setpgid", UNKNOWN if task is None else task, pgid=group)
    context.stops()
    if task is None:
        return context.done()
    process = replace(context.state.processes[task.tgid], group=group)
    return context.done(replace(context.state, processes=context.state.processes.insert(task.tgid, process)))


def get_group(context: Context, operation: GetGroup) -> Steps:
    """``do_getpgid``: ``task_getpgid``, unless the caller asks after itself."""
    task = target(context, operation.pid)
    if operation.pid:
        yield context.request("task_getpgid", UNKNOWN if task is None else task)
    group = context.state.processes[task.tgid].group if task is not None else UNKNOWN
    return context.done(result=group if isinstance(group, int) else 0)


def set_session(context: Context, operation: SetSession) -> Steps:
    """``ksys_setsid``: nothing is asked."""
    del operation
    yield from ()
    context.stops()
    tgid = context.task.tgid
    context.insist(context.process.group != tgid, Errno.EPERM, "the process leads its group")
    process = replace(context.process, group=tgid, session=tgid)
    return context.done(replace(context.state, processes=context.state.processes.insert(tgid, process)), tgid)


def get_session(context: Context, operation: GetSession) -> Steps:
    """``sys_getsid``: ``task_getsid``, unless the caller asks after itself."""
    task = target(context, operation.pid)
    if operation.pid:
        yield context.request("task_getsid", UNKNOWN if task is None else task)
    session = context.state.processes[task.tgid].session if task is not None else UNKNOWN
    return context.done(result=session if isinstance(session, int) else 0)


def _same_user(context: Context, task: Task) -> Truth:
    """``check_same_owner``: the caller's effective id is the other's real or effective one."""
    mine, theirs = context.task.credentials, task.credentials
    return any_of(same(mine.euid, theirs.uid), same(mine.euid, theirs.euid))


def _own_or_capable(context: Context, task: Task | None, capability: Capability, errno: Errno) -> Asking[None]:
    """The kernel goes on for the caller's own processes, or with the capability."""
    if task is None or task.tgid == context.task.tgid:
        return
    own = _same_user(context, task)
    if own is True or (isinstance(own, Unknown) and context.recorded is not None):
        return
    held = yield from capable(context, capability, over=context.state.threads[task.pid].user_namespace)
    if held is not True:
        uncertain = isinstance(own, Unknown) or isinstance(held, Unknown)
        unknown = frozenset({"object.uid"}) if uncertain else frozenset[str]()
        raise Refused(errno, f"process {task.tgid} is another user's", unknown)


def set_nice(context: Context, operation: SetNice) -> Steps:
    """``sys_setpriority``: of each process, its owner or CAP_SYS_NICE; CAP_SYS_NICE to be favoured; ``task_setnice``."""
    context.stops(Errno.EINVAL, Errno.ESRCH)
    for task in _named(context, operation.which, operation.who):
        yield from _own_or_capable(context, task, Capability.CAP_SYS_NICE, Errno.EPERM)
        if not isinstance(operation.nice, Unknown) and operation.nice < 0:
            reason = "a nice value below 0 needs CAP_SYS_NICE"
            yield from require(context, Capability.CAP_SYS_NICE, Errno.EACCES, reason)
        yield context.request("task_setnice", UNKNOWN if task is None else task, nice=operation.nice)
    return context.done()


def _named(context: Context, which: str, who: int) -> Iterator[Task | None]:
    """The processes that setpriority(2) names, in the order of their numbers."""
    if which == "process":
        yield target(context, who)
        return
    for tgid in sorted(context.state.processes):
        process = context.state.processes[tgid]
        task = leader(context.state, tgid)
        if task is None:
            continue
        if which == "group" and process.group == (who or context.process.group):
            yield task
        if which == "user" and task.credentials.uid == (who or context.task.credentials.uid):
            yield task


def set_scheduler(context: Context, operation: SetScheduler) -> Steps:
    """``__sched_setscheduler``, ``sched_setaffinity``: its owner or CAP_SYS_NICE, ``task_setscheduler``."""
    context.stops(Errno.EINVAL, Errno.EFAULT)
    task = target(context, operation.pid)
    yield from _own_or_capable(context, task, Capability.CAP_SYS_NICE, Errno.EPERM)
    context.stops(Errno.EPERM)
    yield context.request("task_setscheduler", UNKNOWN if task is None else task)
    return context.done()


def get_scheduler(context: Context, operation: GetScheduler) -> Steps:
    """``sched_getaffinity``, ``sys_sched_getscheduler``: ``task_getscheduler``."""
    context.stops(Errno.EINVAL, Errno.EFAULT)
    task = target(context, operation.pid)
    yield context.request("task_getscheduler", UNKNOWN if task is None else task)
    return context.done()


def set_io_priority(context: Context, operation: SetPriority) -> Steps:
    """``set_task_ioprio``: its owner or CAP_SYS_NICE; CAP_SYS_ADMIN or CAP_SYS_NICE for real time; ``task_setioprio``."""
    context.stops(Errno.EINVAL)
    task = target(context, operation.pid)
    if operation.io_class == "realtime" and (yield from capable(context, Capability.CAP_SYS_ADMIN, over=0)) is not True:
        reason = "the real-time class needs CAP_SYS_ADMIN or CAP_SYS_NICE"
        yield from require(context, Capability.CAP_SYS_NICE, Errno.EPERM, reason)
    yield from _own_or_capable(context, task, Capability.CAP_SYS_NICE, Errno.EPERM)
    thing = UNKNOWN if task is None else task
    yield context.request("task_setioprio", thing, io_class=operation.io_class, priority=operation.priority)
    return context.done()


def get_io_priority(context: Context, operation: GetPriority) -> Steps:
    """``sys_ioprio_get``: ``task_getioprio``."""
    context.stops(Errno.EINVAL)
    task = target(context, operation.pid)
    yield context.request("task_getioprio", UNKNOWN if task is None else task)
    return context.done()


def limit(context: Context, operation: Limit) -> Steps:
    """``sys_prlimit64``: another's by CAP_SYS_RESOURCE or equal ids, ``task_prlimit``; a new one, ``task_setrlimit``."""
    context.stops(Errno.EINVAL, Errno.EFAULT)
    task = target(context, operation.pid)
    thing = UNKNOWN if task is None else task
    if task is None or task.tgid != context.task.tgid:
        yield from _own_or_capable(context, task, Capability.CAP_SYS_RESOURCE, Errno.EPERM)
        ways = (("read", operation.reads), ("write", operation.writes))
        yield context.request("task_prlimit", thing, flags=frozenset(name for name, has in ways if has))
    if operation.writes:
        context.stops(Errno.EPERM)
        soft, hard = operation.soft, operation.hard
        yield context.request("task_setrlimit", thing, resource=operation.resource, soft=soft, hard=hard)
    return context.done()


def move_memory(context: Context, operation: MoveMemory) -> Steps:
    """``find_mm_struct``, ``kernel_migrate_pages``: a look into the process (ptrace(2)), ``task_movememory``."""
    task = target(context, operation.pid)
    if task is not context.task:
        yield from inspect(context, task, operation.pid, frozenset({"read", "realcreds"}))
    yield context.request("task_movememory", UNKNOWN if task is None else task)
    return context.done()


def set_mask(context: Context, operation: SetMask) -> Steps:
    """``sys_umask``: nothing is asked."""
    yield from ()
    old = context.place.mask
    mask = operation.mask if isinstance(operation.mask, Unknown) else operation.mask & 0o777
    state = change_mask(context.state, context.thread.place, mask)
    return context.done(state, old if isinstance(old, int) else 0)


def quiet(context: Context, operation: Quiet) -> Steps:
    """A system call that raises nothing."""
    del operation
    yield from ()
    return context.done()


HANDLERS: Final = (
    handles(Exit, leave),
    handles(Wait, wait),
    handles(SetGroup, set_group),
    handles(GetGroup, get_group),
    handles(SetSession, set_session),
    handles(GetSession, get_session),
    handles(SetNice, set_nice),
    handles(SetScheduler, set_scheduler),
    handles(GetScheduler, get_scheduler),
    handles(SetPriority, set_io_priority),
    handles(GetPriority, get_io_priority),
    handles(Limit, limit),
    handles(MoveMemory, move_memory),
    handles(SetMask, set_mask),
    handles(Quiet, quiet),
)
