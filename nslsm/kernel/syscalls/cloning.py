"""Processes made, and what they share left: clone(2), unshare(2), setns(2), after kernel/fork.c and kernel/nsproxy.c."""

from dataclasses import replace
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.checks import require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.descriptors import copy_table, drop_table
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.lookup import opened
from nslsm.kernel.namespaces import move, with_namespace
from nslsm.kernel.operations.processes import Clone, EnterNamespaces, Unshare
from nslsm.kernel.places import change_directory, copy_place, drop_place
from nslsm.kernel.refusal import Refused
from nslsm.kernel.requests import request_of
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.identity import with_credentials
from nslsm.kernel.syscalls.inspection import inspect
from nslsm.kernel.syscalls.namespaces import demanded, make, may_confine_itself, without_demands
from nslsm.kernel.tree import child_of, confirm, fork, inside_user_namespace, leader

NAMESPACE_FLAGS: Final = frozenset({"newns", "newcgroup", "newuts", "newipc", "newpid", "newnet", "newtime"})
"""Linux's own namespaces that need CAP_SYS_ADMIN over the user namespace."""


def clone(context: Context, operation: Clone) -> Steps:
    """``copy_process``: ``userns_create`` for a user namespace, ``task_alloc``, CAP_SYS_ADMIN for others of Linux's."""
    context.stops(Errno.EINVAL, Errno.EAGAIN, Errno.ENOMEM, Errno.EFAULT, Errno.ENOSPC, Errno.EUSERS)
    flags = operation.flags
    if "thread" not in flags:
        yield from context.routine("cred_prepare")
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
    if "vm" not in flags:
        for _ in range(context.state.memories[context.thread.memory].accounted):
            yield from context.routine("vm_enough_memory")
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


HANDLERS: Final = (
    handles(Clone, clone),
    handles(Unshare, unshare),
    handles(EnterNamespaces, enter_namespaces),
)
