"""Processes made: clone(2), after kernel/fork.c."""

from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.kernel.context import Context
from nslsm.kernel.copying import replace
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.namespaces import move, with_namespace
from nslsm.kernel.operations.processes import Clone
from nslsm.kernel.refusal import Refused
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.namespaces import demanded, make, may_confine_itself, without_demands
from nslsm.kernel.syscalls.spaces import may_make_spaces, may_make_user_space
from nslsm.kernel.tree import child_of, confirm, fork


def clone(context: Context, operation: Clone) -> Steps:
    """``copy_process``: ``userns_create`` for a user namespace, ``task_alloc``, CAP_SYS_ADMIN for others of Linux's."""
    context.stops(Errno.EINVAL, Errno.EAGAIN, Errno.ENOMEM, Errno.EFAULT, Errno.ENOSPC, Errno.EUSERS)
    flags = operation.flags
    if "thread" not in flags:
        yield from context.routine("cred_prepare")
    if "newuser" in flags:
        yield from may_make_user_space(context)
    if "newlsm" in flags:
        return (yield from _clone_into_namespace(context, flags))
    pid = context.state.next_pid
    if context.recorded is not None and context.recorded.result is not None and context.recorded.result > 0:
        pid = context.recorded.result
    child = context.state.tasks.get(pid) if pid in context.state.unconfirmed else None
    made = child_of(context.state, context.pid, pid, flags)
    yield context.request("task_alloc", made if child is None else replace(made, pid=pid), flags=flags)
    if "vm" not in flags:
        for _ in range(context.state.memories[context.thread.memory].accounted):
            yield from context.routine("vm_enough_memory")
    yield from may_make_spaces(context, flags)
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
    yield from may_make_spaces(context, flags)
    namespace = yield from make(context, demand)
    yield context.request("namespace_enter", namespace.facts())
    state = with_namespace(without_demands(context.state, context.pid), namespace)
    return context.done(move(fork(state, context.pid, pid, flags), pid, namespace.id), pid)


HANDLERS: Final = (handles(Clone, clone),)
