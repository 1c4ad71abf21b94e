"""Linux's own namespaces: left and entered, unshare(2), setns(2), after kernel/fork.c and kernel/nsproxy.c."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import copy_table, drop_table
from nslsm.kernel.event import Steps
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.lookup import Opened, opened
from nslsm.kernel.namespaces import move, with_namespace
from nslsm.kernel.operations.processes import EnterNamespaces, Unshare
from nslsm.kernel.places import change_directory, change_root, copy_place, drop_place
from nslsm.kernel.refusal import Refused
from nslsm.kernel.requests import request_of
from nslsm.kernel.spaces import (
    FLAGS,
    KINDS,
    MAX_LEVEL,
    Target,
    entered,
    has_power,
    level_of,
    number_of,
    owner_of,
    target_at,
    with_own,
)
from nslsm.kernel.state import State, seen_by
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.identity import with_credentials
from nslsm.kernel.syscalls.inspection import inspect
from nslsm.kernel.syscalls.namespaces import demanded, make, may_confine_itself, without_demands
from nslsm.kernel.tree import inside_user_namespace, leader

NAMESPACE_FLAGS: Final = frozenset(FLAGS) - {"newuser"}
"""Linux's own namespaces that need CAP_SYS_ADMIN over the user namespace."""

_KERNEL_SOCKETS: Final = (
    ("netlink", "dgram", 0),
    ("netlink", "dgram", 16),
    ("netlink", "dgram", 9),
    ("netlink", "dgram", 15),
    ("netlink", "dgram", 10),
    ("inet", "dgram", 0),
    ("netlink", "dgram", 4),
    ("inet6", "raw", 58),
    ("inet6", "raw", 58),
    ("inet6", "raw", 58),
    ("inet6", "raw", 6),
)
"""The sockets that the kernel makes in each network namespace for its own use, ``setup_net``.

They speak for routes, generic netlink, audit, uevents, look-ups of routes, errors of IPv4, socket diagnosis, ICMPv6, neighbour
discovery, multicast listeners, resets of TCP.
"""
_LOOPBACK_FILES: Final = 87
"""How many files and directories of sysfs the loopback device gets, with one queue each way (``netdev_register_kobject``)."""


def may_make_user_space(context: Context) -> Asking[None]:
    """``create_user_ns``: ENOSPC where they nest too deep; the maker's ids are its own, and it is in no chroot (EPERM)."""
    if level_of(context.state, context.thread.user_namespace) > MAX_LEVEL:
        context.insist(False, Errno.ENOSPC, f"user namespaces nest {MAX_LEVEL} deep at most")
    at_root = context.state.files.path_of(context.place.root) == "/"
    context.insist(at_root, Errno.EPERM, "a user namespace is not made in a chroot")
    yield context.request("userns_create")


def may_make_spaces(context: Context, flags: frozenset[str]) -> Asking[None]:
    """``copy_namespaces``, ``unshare_nsproxy_namespaces``: CAP_SYS_ADMIN, which the maker of a user namespace has inside it.

    With a namespace of IPC a file system of message queues is made, with one of networks the sockets that the kernel itself
    uses there: the hooks are asked about them too.
    """
    if not flags & NAMESPACE_FLAGS:
        return
    reason = "namespaces are made with CAP_SYS_ADMIN"
    if "newuser" not in flags:
        yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, reason)
    else:
        inside = replace(context.task, credentials=inside_user_namespace(context.task.credentials))
        none = frozenset[str]()
        granted = yield request_of(
            "capable", inside, cap=Capability.CAP_SYS_ADMIN, initial_user_namespace=False, flags=none
        )
        if not granted:
            raise Refused(Errno.EPERM, reason)
    context.stops(Errno.EPERM)
    if "newipc" in flags:
        yield from _new_queues(context)
    if "newnet" in flags:
        yield from _new_network(context)


def _new_queues(context: Context) -> Asking[None]:
    """``mq_init_ns``."""
    yield from context.routine("sb_alloc_security")
    yield from context.routine("inode_alloc_security")
    yield from context.routine("d_instantiate")
    yield from context.routine("sb_set_mnt_opts")
    yield from context.routine("sb_free_mnt_opts")


def _new_network(context: Context) -> Asking[None]:
    """``setup_net``: the kernel's own sockets, and the files of the loopback device."""
    for family, kind, protocol in _KERNEL_SOCKETS:
        lite = family == "netlink"
        yield context.request("socket_create", family=family, type=kind, protocol=protocol, kern=True)
        yield from context.routine("inode_alloc_security")
        if not lite:
            yield from context.routine("sk_alloc_security")
        yield context.request("socket_post_create", UNKNOWN, family=family, type=kind, protocol=protocol, kern=True)
        if lite:
            yield from context.routine("sk_alloc_security")
    for _ in range(_LOOPBACK_FILES):
        yield from context.routine("kernfs_init_security")


def unshare(context: Context, operation: Unshare) -> Steps:
    """``ksys_unshare``: ``userns_create`` for a user namespace, CAP_SYS_ADMIN for others."""
    context.stops(Errno.EINVAL, Errno.ENOMEM, Errno.ENOSPC, Errno.EUSERS)
    flags = operation.flags
    if "newuser" in flags:
        alone = len(context.process.threads) == 1
        context.insist(alone, Errno.EINVAL, "a process with several threads stays in its user namespace")
        yield from context.routine("cred_prepare")
        yield from may_make_user_space(context)
    yield from may_make_spaces(context, flags)
    context.stops()
    state, rekeyed = _with_own(context, flags)
    if "newlsm" in flags:
        yield from may_confine_itself(context)
        namespace = yield from make(context, demanded(context, "unshare_newlsm"))
        yield context.request("namespace_enter", namespace.facts())
        state = with_namespace(without_demands(state, context.pid), namespace)
        state = move(state, context.task.tgid, namespace.id)
    state, more = with_own(state, context.task, flags, child=False)
    if "newuser" in flags:
        state = with_credentials(context, state, inside_user_namespace(context.task.credentials))
    return context.done(state)._replace(rekeyed={**rekeyed, **more})


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
    """``sys_setns``: a process that a descriptor stands for is looked into; then each namespace asks for its capabilities.

    CAP_SYS_ADMIN over the user namespace that owns it and over the caller's; for mounts CAP_SYS_CHROOT too
    (``mntns_install``); for a user namespace over that one alone (``userns_install``).
    """
    context.stops(Errno.EBADF, Errno.EINVAL)
    found = opened(context, operation.descriptor)
    if "newuser" in operation.flags:
        yield from context.routine("cred_prepare")
    targets = yield from _targets(context, operation, found)
    if not operation.flags and any(kind == "user" for kind, _ in targets):
        yield from context.routine("cred_prepare")
    own = context.thread.user_namespace
    for kind, number in targets:
        yield from _may_enter(context, kind, number, own)
        if kind == "user" and number is not None:
            own = number
    context.stops()
    state, rekeyed = context.state, Rekeyed()
    for kind, number in targets:
        if number is not None:
            state, more = entered(state, context.pid, Target(kind, number))
            rekeyed.update(more)
        if kind == "mnt":
            state, more = _at_its_root(state, context.pid, known=number is not None)
            rekeyed.update(more)
        if kind == "user":
            state = with_credentials(context, state, inside_user_namespace(context.task.credentials))
    return context.done(state)._replace(rekeyed=rekeyed)


def _at_its_root(state: State, pid: int, *, known: bool) -> tuple[State, Rekeyed]:
    """In another mount namespace a task's root and current directory are its root (``mntns_install``)."""
    state = seen_by(state, pid)
    place = state.threads[pid].place
    state, rekeyed = change_directory(state, place, "/" if known else UNKNOWN)
    if known:
        state, more = change_root(state, place, "/")
        rekeyed.update(more)
    return state, rekeyed


_ORDER: Final = ("user", "mnt", "uts", "ipc", "pid", "cgroup", "net", "time")
"""In which they are entered where a process names several (``validate_nsset``)."""


def _targets(context: Context, operation: EnterNamespaces, found: Opened) -> Asking[list[tuple[str, int | None]]]:
    """What is to be entered: kinds, and numbers as far as they are known. EINVAL for a descriptor that stands for nothing."""
    wanted = [kind for kind in _ORDER if any(FLAGS[flag] == kind for flag in operation.flags & FLAGS.keys())]
    special = found.special
    if special is not None and special.process is not None:
        context.insist(bool(wanted), Errno.EINVAL, "setns(2) of a process needs flags")
        task = leader(context.state, special.process)
        yield from inspect(context, task, special.process, frozenset({"read", "realcreds"}))
        thread = None if task is None else context.state.threads[task.pid]
        return [(kind, None if thread is None else number_of(thread, kind)) for kind in wanted]
    path = found.file.path
    target = None if isinstance(path, Unknown) else target_at(context.state, context.state.files.location(path))
    if target is not None:
        fits = not wanted or wanted == [target.kind]
        context.insist(fits, Errno.EINVAL, f"the descriptor stands for a namespace of another kind: {target.kind}")
        return [target]
    context.insist(False, Errno.EINVAL, f"descriptor {operation.descriptor.number} stands for no namespace")
    remark = (operation.descriptor.annotation or "").partition(":")[0].rpartition("/")[2]
    kinds = wanted or [remark if remark in KINDS else "uts"]
    return [(kind, None) for kind in kinds]


def _may_enter(context: Context, kind: str, number: int | None, own: int) -> Asking[None]:
    """What each kind of namespace asks of who enters it."""
    over = own if number is None else owner_of(context.state, Target(kind, number))
    admin = Capability.CAP_SYS_ADMIN
    match kind:
        case "user":
            another = number is None or number != context.thread.user_namespace
            context.insist(another, Errno.EINVAL, "the task is in that user namespace already")
            needed: tuple[tuple[Capability, int], ...] = ((admin, over),)
        case "mnt":
            needed = ((admin, over), (Capability.CAP_SYS_CHROOT, own), (admin, own))
        case "cgroup":
            needed = ((admin, own), (admin, over))
        case _:
            needed = ((admin, over), (admin, own))
    for capability, space in needed:
        yield from require(context, capability, Errno.EPERM, f"{capability.name} is needed to enter it", over=space)
        lacks = has_power(context.state, context.task, context.thread.user_namespace, space, capability) is False
        if context.failed_with(Errno.EPERM) and lacks:
            context.stops()


HANDLERS: Final = (
    handles(Unshare, unshare),
    handles(EnterNamespaces, enter_namespaces),
)
