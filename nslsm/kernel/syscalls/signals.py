"""Signals and tracing, after ``check_kill_permission`` (kernel/signal.c) and ``ptrace_attach`` (kernel/ptrace.c)."""

from collections.abc import Iterator
from typing import Final

from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS
from nslsm.kernel.checks import capable, failed_for, same
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import install, lowest_free
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.lookup import opened_by
from nslsm.kernel.operations.signals import (
    Compare,
    Kill,
    KillByDescriptor,
    KillThread,
    ReachMemory,
    TakeDescriptor,
    Trace,
)
from nslsm.kernel.process import INIT
from nslsm.kernel.refusal import Refused
from nslsm.kernel.requests import request_of
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.inspection import inspect
from nslsm.kernel.syscalls.processes import target
from nslsm.kernel.ternary import Truth, all_of, any_of, equal
from nslsm.kernel.tree import end_process, leader
from nslsm.protocol.things import File, Task

_ATTACH: Final = frozenset({"attach", "realcreds"})
_READ: Final = frozenset({"read", "realcreds"})


def kill(context: Context, operation: Kill) -> Steps:
    """``kill_something_info``: one process; or a group, or all: then each is asked for, and who may not be reached is left out.

    A process that has ended and was not awaited yet takes any signal, and nobody is asked.
    """
    context.stops(Errno.ESRCH, Errno.EINVAL)
    zombie = context.state.processes.get(operation.pid)
    if zombie is not None and not zombie.threads:
        return context.done()
    if operation.pid > 0:
        task = target(context, operation.pid)
        yield from _may_signal(context, task, operation.signal)
        yield context.request("task_kill", UNKNOWN if task is None else task, signal=operation.signal)
        return _delivered(context, [] if task is None else [task], operation.signal)
    reached: list[Task] = []
    refused = False
    for task in _members(context, operation.pid):
        if task is None:
            yield context.request("task_kill", UNKNOWN, consequence=Consequence.ELEMENT, signal=operation.signal)
        elif (yield from _reaches(context, task, operation.signal)):
            reached.append(task)
        else:
            refused = True
    context.insist(bool(reached) or refused, Errno.ESRCH, "there is no such process group")
    context.insist(bool(reached), Errno.EPERM, "none of the processes may be signalled")
    return _delivered(context, reached, operation.signal)


def _reaches(context: Context, task: Task, signal: Signal | Unknown) -> Asking[bool]:
    try:
        yield from _may_signal(context, task, signal)
    except Refused:
        if context.failed_with(Errno.EPERM):
            raise
        return False
    granted = yield context.request("task_kill", task, consequence=Consequence.ELEMENT, signal=signal)
    return granted


def _members(context: Context, pid: int) -> Iterator[Task | None]:
    """The processes that ``pid`` 0, -1 or below names, in the order of their numbers.

    For -1 all but init and the caller. None in a replay where nobody is known to be in the group.
    """
    group = context.process.group if pid == 0 else -pid
    some = False
    for tgid in sorted(context.state.processes):
        task = leader(context.state, tgid)
        if task is None:
            continue
        if pid == -1:
            if tgid not in (INIT, context.task.tgid):
                some = True
                yield task
        elif equal(context.state.processes[tgid].group, group) is True:
            some = True
            yield task
    if not some and context.recorded is not None:
        yield None


def _may_signal(context: Context, task: Task | None, signal: Signal | Unknown) -> Asking[None]:
    """Same user, or CAP_KILL; SIGCONT also within a session (``check_kill_permission``); EPERM."""
    yield from failed_for(context, Capability.CAP_KILL)
    if task is None or task.tgid == context.task.tgid:
        return
    mine, theirs = context.task.credentials, task.credentials
    related: Truth = any_of(*(same(one, other) for one in (mine.euid, mine.uid) for other in (theirs.suid, theirs.uid)))
    if related is True or (isinstance(related, Unknown) and context.recorded is not None):
        return
    held = yield from capable(context, Capability.CAP_KILL, over=context.state.threads[task.pid].user_namespace)
    if held is True:
        return
    session = context.state.processes[task.tgid].session
    if signal == Signal.SIGCONT and all_of(equal(session, context.process.session)) is True:
        return
    uncertain = isinstance(related, Unknown) or isinstance(held, Unknown)
    unknown = frozenset({"object.uid"}) if uncertain else frozenset[str]()
    raise Refused(Errno.EPERM, f"process {task.tgid} is user {theirs.uid}'s, not user {mine.euid}'s", unknown)


def _delivered(context: Context, tasks: list[Task], signal: Signal | Unknown) -> Outcome:
    """In a simulation SIGKILL ends its targets; what other signals do there hangs on handlers that are not kept."""
    context.stops()
    state, rekeyed = context.state, Rekeyed()
    if context.simulated and signal == Signal.SIGKILL:
        for task in tasks:
            state, ended = end_process(state, task.tgid)
            rekeyed.update(ended)
    return context.done(state)._replace(rekeyed=rekeyed)


def kill_thread(context: Context, operation: KillThread) -> Steps:
    """``do_tkill``: one thread."""
    context.stops(Errno.ESRCH, Errno.EINVAL)
    task = context.state.tasks.get(operation.pid)
    fits = task is not None and operation.tgid in (None, task.tgid)
    context.insist(fits, Errno.ESRCH, f"there is no thread {operation.pid}")
    yield from _may_signal(context, task, operation.signal)
    yield context.request("task_kill", UNKNOWN if task is None else task, signal=operation.signal)
    return _delivered(context, [] if task is None else [task], operation.signal)


def kill_by_descriptor(context: Context, operation: KillByDescriptor) -> Steps:
    """``sys_pidfd_send_signal``: the process that the descriptor stands for."""
    context.stops(Errno.ESRCH, Errno.EINVAL, Errno.EBADF)
    task = _process_of(context, operation.descriptor.number)
    context.insist(task is not None, Errno.ESRCH, "the process has ended")
    yield from _may_signal(context, task, operation.signal)
    yield context.request("task_kill", UNKNOWN if task is None else task, signal=operation.signal)
    return _delivered(context, [] if task is None else [task], operation.signal)


def _process_of(context: Context, number: int) -> Task | None:
    slot = context.table.slots.get(number)
    context.insist(slot is not None, Errno.EBADF, f"descriptor {number} is not open")
    if slot is None:
        return None
    special = opened_by(context.state, slot.description, context.state.descriptions[slot.description]).special
    context.insist(special is not None and special.process is not None, Errno.EBADF, "the descriptor is no process's")
    if special is None or special.process is None:
        return None
    return leader(context.state, special.process)


def trace(context: Context, operation: Trace) -> Steps:
    """``sys_ptrace``: to attach or seize looks into the process, ``traceme`` asks about the parent; the rest ask nothing."""
    context.stops(Errno.ESRCH, Errno.EINVAL, Errno.EIO, Errno.EFAULT)
    if operation.request == "traceme":
        parent = leader(context.state, context.process.parent) or _outsider(context)
        yield request_of("ptrace_traceme", parent, context.task)
        context.stops()
        return context.done(_traced(context.state, context.task.tgid, context.process.parent))
    if operation.request in ("attach", "seize"):
        task = target(context, operation.pid)
        foreign = task is None or task.tgid != context.task.tgid
        context.insist(foreign, Errno.EPERM, "nobody traces itself")
        yield from inspect(context, task, operation.pid, _ATTACH)
        context.stops()
        if task is not None:
            return context.done(_traced(context.state, task.tgid, context.task.tgid))
    if operation.request == "detach" and operation.pid in context.state.tasks:
        context.stops()
        return context.done(_traced(context.state, context.state.tasks[operation.pid].tgid, None))
    return context.done()


def _outsider(context: Context) -> Task:
    """A parent that no recording shows: nothing is known of it, and it is in no namespace below the root."""
    number = context.process.parent
    credentials = replace(UNKNOWN_CREDENTIALS, namespace=context.state.namespaces.root)
    return Task(pid=number, tgid=number, ppid=0, credentials=credentials, dumpable=UNKNOWN)


def _traced(state: State, tgid: int, tracer: int | None) -> State:
    process = replace(state.processes[tgid], tracer=tracer)
    return replace(state, processes=state.processes.insert(tgid, process))


def reach_memory(context: Context, operation: ReachMemory) -> Steps:
    """``process_vm_rw_core``, ``mm_access``: a look into the process, whether it is read or written."""
    context.stops(Errno.ESRCH, Errno.EINVAL, Errno.EFAULT)
    task = target(context, operation.pid)
    yield from inspect(context, task, operation.pid, _ATTACH)
    return context.done()


def take_descriptor(context: Context, operation: TakeDescriptor) -> Steps:
    """``pidfd_getfd``: a look into the process, then ``file_receive``, whose denial fails the call."""
    context.stops(Errno.ESRCH, Errno.EINVAL, Errno.EBADF)
    task = _process_of(context, operation.process.number)
    yield from inspect(context, task, 0 if task is None else task.tgid, _ATTACH)
    description = None
    if task is not None:
        slot = context.state.tables[context.state.threads[task.pid].table].slots.get(operation.number)
        context.insist(slot is not None, Errno.EBADF, f"process {task.tgid} has no descriptor {operation.number}")
        description = None if slot is None else slot.description
    file, flags = File(UNKNOWN, UNKNOWN), UNKNOWN
    if description is not None:
        known = opened_by(context.state, description, context.state.descriptions[description])
        yield context.request("file_receive", known.file, consequence=Consequence.FATAL, flags=known.flags)
    else:
        yield context.request("file_receive", file, consequence=Consequence.FATAL, flags=flags)
    context.stops()
    number = lowest_free(context.table)
    if context.recorded is not None and context.recorded.result is not None:
        number = context.recorded.result
    if description is None:
        return context.done(result=number)
    state, rekeyed = install(context.state, context.thread.table, number, description, close_on_exec=True)
    return context.done(state, number)._replace(rekeyed=rekeyed)


def compare(context: Context, operation: Compare) -> Steps:
    """``sys_kcmp``: a look into each of the two."""
    context.stops(Errno.ESRCH, Errno.EINVAL, Errno.EBADF)
    for pid in (operation.one, operation.other):
        task = target(context, pid)
        yield from inspect(context, task, pid, _READ)
    return context.done()


HANDLERS: Final = (
    handles(Kill, kill),
    handles(KillThread, kill_thread),
    handles(KillByDescriptor, kill_by_descriptor),
    handles(Trace, trace),
    handles(ReachMemory, reach_memory),
    handles(TakeDescriptor, take_descriptor),
    handles(Compare, compare),
)
