"""Processes made, ended, awaited, grouped, limited, after kernel/fork.c, kernel/exit.c, kernel/sys.c, kernel/sched."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import capable, require, same
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.descriptors import copy_table, drop_table
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.lookup import opened
from nslsm.kernel.namespaces import move, with_namespace
from nslsm.kernel.operations.processes import (
    Clone,
    EnterNamespaces,
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
    Unshare,
    Wait,
)
from nslsm.kernel.places import change_directory, change_mask, copy_place, drop_place
from nslsm.kernel.refusal import Refused
from nslsm.kernel.requests import request_of
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.identity import with_credentials
from nslsm.kernel.syscalls.inspection import inspect
from nslsm.kernel.syscalls.namespaces import demanded, make, may_confine_itself, without_demands
from nslsm.kernel.ternary import Truth, any_of
from nslsm.kernel.tree import child_of, confirm, end_process, end_task, fork, inside_user_namespace, leader, reaped
from nslsm.protocol.things import Task

NAMESPACE_FLAGS: Final = frozenset({"newns", "newcgroup", "newuts", "newipc", "newpid", "newnet", "newtime"})
"""Linux's own namespaces that need CAP_SYS_ADMIN over the user namespace."""


def clone(context: Context, operation: Clone) -> Steps:
    """``copy_process``: ``userns_create`` for a user namespace, ``task_alloc``, CAP_SYS_ADMIN for others of Linux's."""
    context.stops(Errno.EINVAL, Errno.EAGAIN, Errno.ENOMEM, Errno.EFAULT, Errno.ENOSPC, Errno.EUSERS)
    flags = operation.flags
    if "newuser" in flags:
        yield context.request("userns_create")
    if "newlsm" in flags:
        return (yield from _clone_into_namespace(context, flags))
    pid = context.state.next_pid
    if context.recorded is not None and context.recorded.result is not None and context.recorded.result > 0:
        pid = context.recorded.result
    child = context.state.tasks.get(pid) if pid in context.state.unconfirmed else None
    made = child_of(context.state, context.pid, pid, flags)
    yield context.request("task_alloc", made if child is None else replace(made, pid=pid), flags=flags)
    yield from _may_unshare(context, flags)
    context.stops()
    if context.recorded is None:
        return Outcome(fork(context.state, context.pid, pid, flags), pid)
    if context.recorded.result is None:
        return Outcome(context.state)
    return Outcome(confirm(context.state, context.pid, pid, flags), pid)


def _clone_into_namespace(context: Context, flags: frozenset[str]) -> Steps:
    """``CLONE_NEWLSM``: the child begins in the security namespace that lsm_set_self_attr asked for, which is made now.

    EINVAL for a thread, which is where its process is, and where nothing was asked for.
    """
    if "thread" in flags:
        raise Refused(Errno.EINVAL, "a thread cannot be in a namespace of its own")
    demand = demanded(context, "clone_newlsm")
    yield from may_confine_itself(context)
    pid = context.state.next_pid
    yield context.request("task_alloc", child_of(context.state, context.pid, pid, flags), flags=flags)
    yield from _may_unshare(context, flags)
    namespace = yield from make(context, demand)
    yield context.request("namespace_enter", namespace.facts())
    state = with_namespace(without_demands(context.state, context.pid), namespace)
    return context.done(move(fork(state, context.pid, pid, flags), pid, namespace.id), pid)


def _may_unshare(context: Context, flags: frozenset[str]) -> Asking[None]:
    """``copy_namespaces``: CAP_SYS_ADMIN, which the maker of a user namespace has inside it."""
    if not flags & NAMESPACE_FLAGS:
        return
    if "newuser" not in flags:
        yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, "namespaces are made with CAP_SYS_ADMIN")
        return
    inside = replace(context.task, credentials=inside_user_namespace(context.task.credentials))
    none = frozenset[str]()
    granted = yield request_of(
        "capable", inside, cap=Capability.CAP_SYS_ADMIN, initial_user_namespace=False, flags=none
    )
    if not granted:
        raise Refused(Errno.EPERM, "namespaces are made with CAP_SYS_ADMIN")


def leave(context: Context, operation: Exit) -> Steps:
    """``do_exit``, ``do_group_exit``: nothing is asked.

    In a replay only the task that calls ends: the trace tells of each other one.
    """
    yield from ()
    if operation.group and context.recorded is None:
        state, rekeyed = end_process(context.state, context.task.tgid)
    else:
        state, rekeyed = end_task(context.state, context.pid)
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
    children = [child for child in sorted(context.process.children) if _awaited(context, operation.pid, child)]
    if not children:
        raise Refused(Errno.ECHILD, "there is no such child to wait for")
    zombies = [child for child in children if not context.state.processes[child].threads]
    if not zombies:
        return Outcome(context.state)
    state = context.state if operation.keep else reaped(context.state, zombies[0])
    return Outcome(state, zombies[0])


def _awaited(context: Context, wanted: int, child: int) -> bool:
    if wanted > 0:
        return child == wanted
    group = context.process.group if wanted == 0 else -wanted
    return wanted == -1 or context.state.processes[child].group == group


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
    held = yield from capable(context, capability)
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
    if operation.io_class == "realtime" and (yield from capable(context, Capability.CAP_SYS_ADMIN)) is not True:
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


def unshare(context: Context, operation: Unshare) -> Steps:
    """``ksys_unshare``: ``userns_create`` for a user namespace, CAP_SYS_ADMIN for others."""
    context.stops(Errno.EINVAL, Errno.ENOMEM, Errno.ENOSPC, Errno.EUSERS)
    flags = operation.flags
    if "newuser" in flags:
        yield context.request("userns_create")
    yield from _may_unshare(context, flags)
    context.stops()
    state, rekeyed = _with_own(context, flags)
    if "newlsm" in flags:
        yield from may_confine_itself(context)
        namespace = yield from make(context, demanded(context, "unshare_newlsm"))
        yield context.request("namespace_enter", namespace.facts())
        state = with_namespace(without_demands(state, context.pid), namespace)
        state = move(state, context.task.tgid, namespace.id)
    if "newuser" in flags:
        inside = inside_user_namespace(context.task.credentials)
        thread = replace(state.threads[context.pid], user_namespace=context.pid)
        state = replace(state, threads=state.threads.insert(context.pid, thread))
        state = with_credentials(context, state, inside)
    return context.done(state)._replace(rekeyed=rekeyed)


def _with_own(context: Context, flags: frozenset[str]) -> tuple[State, Rekeyed]:
    """The state in which the caller shares neither what ``fs`` nor what ``files`` names; a mount namespace implies ``fs``."""
    state, rekeyed = context.state, Rekeyed()
    thread = context.thread
    if flags & {"fs", "newns", "newuser"} and state.places[thread.place].users > 1:
        shared = thread.place
        state, own = copy_place(state, shared)
        state, ended = drop_place(state, shared)
        rekeyed.update(ended)
        thread = replace(thread, place=own)
    if "files" in flags and state.tables[thread.table].users > 1:
        shared = thread.table
        state, own = copy_table(state, shared)
        state, ended = drop_table(state, shared)
        rekeyed.update(ended)
        thread = replace(thread, table=own)
    return replace(state, threads=state.threads.insert(context.pid, thread)), rekeyed


def enter_namespaces(context: Context, operation: EnterNamespaces) -> Steps:
    """``sys_setns``: a process that a descriptor stands for is looked into; CAP_SYS_ADMIN over both user namespaces.

    For a mount namespace CAP_SYS_CHROOT too (``mntns_install``).
    """
    context.stops(Errno.EBADF, Errno.EINVAL)
    special = opened(context, operation.descriptor).special
    if special is not None and special.process is not None:
        task = leader(context.state, special.process)
        yield from inspect(context, task, special.process, frozenset({"read", "realcreds"}))
    needed: tuple[Capability, ...] = (Capability.CAP_SYS_ADMIN, Capability.CAP_SYS_ADMIN)
    if "newns" in operation.flags:
        needed = (Capability.CAP_SYS_ADMIN, Capability.CAP_SYS_CHROOT, Capability.CAP_SYS_ADMIN)
    for capability in needed:
        yield from require(context, capability, Errno.EPERM, f"{capability.name} is needed to enter it")
    context.stops()
    if "newns" not in operation.flags:
        return context.done()
    state, rekeyed = change_directory(context.state, context.thread.place, UNKNOWN)
    return context.done(state)._replace(rekeyed=rekeyed)


def quiet(context: Context, operation: Quiet) -> Steps:
    """A system call that raises nothing."""
    del operation
    yield from ()
    return context.done()


HANDLERS: Final = (
    handles(Clone, clone),
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
    handles(Unshare, unshare),
    handles(EnterNamespaces, enter_namespaces),
    handles(Quiet, quiet),
)
