"""bpf(2), after kernel/bpf/syscall.c, inode.c and verifier.c; perf_event_open(2), after kernel/events/core.c."""

from collections.abc import Mapping
from typing import Final

from rpds import HashTrieMap

from nslsm.hooks.commands import BPF_MAP_TYPE, BPF_PROGRAM_TYPE
from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Enumeration, Unknown
from nslsm.kernel.anonymous import anonymous_file, either, installed
from nslsm.kernel.checks import permission, require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.creation import file_to_be, inode_to_be, with_made
from nslsm.kernel.event import Steps
from nslsm.kernel.lookup import LOOKUP_ERRORS, lookup
from nslsm.kernel.operations.bpf import Bpf
from nslsm.kernel.process import Special
from nslsm.kernel.refusal import Refused
from nslsm.kernel.routine import new_inode
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.names import may_create, to_be_made
from nslsm.protocol.things import Identity, Thing, Value

_ADMIN: Final = frozenset(
    {
        *("prog_get_next_id", "map_get_next_id", "btf_get_next_id", "link_get_next_id"),
        *("prog_get_fd_by_id", "map_get_fd_by_id", "btf_get_fd_by_id", "link_get_fd_by_id"),
        *("task_fd_query", "enable_stats"),
    }
)
"""Commands for CAP_SYS_ADMIN only: they reach what others made."""

_MADE: Final[Mapping[str, str]] = {
    "map_create": "bpf-map",
    "map_get_fd_by_id": "bpf-map",
    "prog_load": "bpf-prog",
    "prog_get_fd_by_id": "bpf-prog",
    "link_create": "bpf_link",
    "link_get_fd_by_id": "bpf_link",
    "raw_tracepoint_open": "bpf_link",
    "btf_load": "btf",
    "btf_get_fd_by_id": "btf",
    "iter_create": "bpf_iter",
    "enable_stats": "bpf-stats",
    "token_create": "bpf-token",
}
"""Commands whose result is a descriptor, and of what."""

_ARRAYS: Final = frozenset({"array", "percpu_array", "prog_array", "perf_event_array", "cgroup_array", "array_of_maps"})
"""Maps before whose making CAP_PERFMON is asked about: with it the verifier need not guard against speculation."""

_PRIVILEGED_MAPS: Final = frozenset(
    {
        *("stack_trace", "lru_hash", "lru_percpu_hash", "lpm_trie", "cpumap", "reuseport_sockarray", "queue", "stack"),
        *("sk_storage", "struct_ops", "inode_storage", "task_storage", "bloom_filter", "cgrp_storage", "arena"),
    }
)
_NETWORK_MAPS: Final = frozenset({"sockmap", "sockhash", "devmap", "devmap_hash", "xskmap"})

_UNPRIVILEGED_PROGRAMS: Final = frozenset({"socket_filter", "cgroup_skb"})
_NETWORK_PROGRAMS: Final = frozenset(
    {
        *("sched_cls", "sched_act", "xdp", "lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local", "sk_skb", "sk_msg"),
        *("flow_dissector", "cgroup_device", "cgroup_sock", "cgroup_sock_addr", "cgroup_sockopt", "cgroup_sysctl"),
        *("sock_ops", "ext", "netfilter"),
    }
)
_TRACING_PROGRAMS: Final = frozenset(
    {
        *("kprobe", "tracepoint", "perf_event", "raw_tracepoint", "raw_tracepoint_writable", "tracing", "lsm"),
        *("struct_ops", "ext"),
    }
)
_GUARDS: Final = 4
"""How often ``bpf_check`` asks whether the program may do without a guard: leaks, uninitialised stack, two of Spectre's."""


def _needs(context: Context, capability: Capability) -> Asking[None]:
    """EPERM without the capability, or CAP_SYS_ADMIN."""
    has = yield from either(context, capability)
    if has is not True:
        context.stops(Errno.EPERM)
        unknown = frozenset({"subject.effective"}) if isinstance(has, Unknown) else frozenset[str]()
        raise Refused(Errno.EPERM, f"only {capability.name} may", unknown)


def bpf(context: Context, operation: Bpf) -> Steps:
    """``__sys_bpf``: before 6.5 CAP_BPF first, without which nothing is made; ``bpf``; then what the command needs.

    Programs without privileges make nothing: ``kernel.unprivileged_bpf_disabled`` is taken to be set, as distributions do.
    """
    command = "other" if isinstance(operation.command, Unknown) else operation.command
    context.stops(Errno.EFAULT, Errno.E2BIG, Errno.ENOSYS)
    if not context.since("6.12"):
        yield from _first(context, makes=command in ("map_create", "prog_load"))
    yield context.request("bpf", cmd=operation.command)
    if command == "obj_pin":
        return (yield from _pin(context, operation))
    if command == "obj_get":
        return (yield from _opened(context, operation))
    yield from _may(context, operation, command)
    context.stops()
    if command == "map_get_fd_by_id":
        yield context.request("bpf_map", UNKNOWN, mask=operation.access)
    if command == "prog_get_fd_by_id":
        yield context.request("bpf_prog", UNKNOWN)
    if command == "token_create":
        yield context.request("bpf_token_create", _thing(context, operation))
    kind = _MADE.get(command)
    if kind is None:
        return context.done()
    yield from anonymous_file(context)
    return installed(context, Special(kind), close_on_exec=True)


def _first(context: Context, *, makes: bool) -> Asking[None]:
    """Before 6.5 every command asks; those that make something fail without."""
    has = yield from either(context, Capability.CAP_BPF)
    if makes:
        context.stops(Errno.EPERM)
        if has is not True:
            unknown = frozenset({"subject.effective"}) if isinstance(has, Unknown) else frozenset[str]()
            raise Refused(Errno.EPERM, "only CAP_BPF makes BPF programs and maps", unknown)


def _may(context: Context, operation: Bpf, command: str) -> Asking[None]:
    """What a command needs beside ``bpf``, and what it makes."""
    old = not context.since("6.12")
    if command in _ADMIN:
        yield from require(context, Capability.CAP_SYS_ADMIN, Errno.EPERM, "others made it", over=0)
        context.stops(Errno.EPERM)
    match command:
        case "map_create":
            yield from _map(context, operation, old=old)
        case "prog_load":
            yield from _program(context, operation, old=old)
        case "map_freeze" | "btf_load" | "token_create":
            yield from _needs(context, Capability.CAP_BPF)
        case "prog_query":
            yield from _needs(context, Capability.CAP_NET_ADMIN)


def _thing(context: Context, operation: Bpf) -> Thing:
    facts: HashTrieMap[str, Value | Unknown] = HashTrieMap({"name": operation.name})
    return Thing(kind="bpf", identity=Identity("bpf", context.state.next_object), home=context.task.home, facts=facts)


def _word(kind: str | Unknown, words: Enumeration) -> str | Unknown:
    """A type in the catalogue's words; one that is none of them is ``other``."""
    return kind if isinstance(kind, Unknown) or kind in words.members else "other"


def _map(context: Context, operation: Bpf, *, old: bool) -> Asking[None]:
    """``map_create``: what its type needs, ``bpf_map_create`` (before 6.9 ``bpf_map_alloc_security``), ``bpf_map``."""
    context.stops(Errno.EINVAL)
    kind = _word(operation.type, BPF_MAP_TYPE)
    if not old:
        yield from _needs(context, Capability.CAP_BPF)
    if kind in _NETWORK_MAPS:
        yield from _needs(context, Capability.CAP_NET_ADMIN)
    elif kind in _PRIVILEGED_MAPS:
        yield from _needs(context, Capability.CAP_BPF)
    elif kind in _ARRAYS:
        yield from either(context, Capability.CAP_PERFMON)
    context.stops(Errno.EPERM, Errno.ENOMEM)
    thing = _thing(context, operation)
    yield context.request("bpf_map_alloc_security" if old else "bpf_map_create", thing, map_type=kind)
    yield context.request("bpf_map", thing, mask=operation.access)


def _program(context: Context, operation: Bpf, *, old: bool) -> Asking[None]:
    """``bpf_prog_load``: what its type needs, the program's hook, what the verifier may spare it, ``bpf_prog``."""
    kind = _word(operation.type, BPF_PROGRAM_TYPE)
    yield from either(context, Capability.CAP_BPF)
    if kind not in _UNPRIVILEGED_PROGRAMS:
        yield from _needs(context, Capability.CAP_BPF)
    if kind in _NETWORK_PROGRAMS:
        yield from _needs(context, Capability.CAP_NET_ADMIN)
    if kind in _TRACING_PROGRAMS:
        yield from _needs(context, Capability.CAP_PERFMON)
    context.stops(Errno.EPERM, Errno.E2BIG, Errno.ENOMEM)
    thing = _thing(context, operation)
    yield context.request("bpf_prog_alloc_security" if old else "bpf_prog_load", thing, program_type=kind)
    yield from either(context, Capability.CAP_BPF)
    for _ in range(_GUARDS):
        yield from either(context, Capability.CAP_PERFMON)
    yield from either(context, Capability.CAP_BPF)
    context.stops(Errno.EACCES, Errno.EINVAL)
    yield from either(context, Capability.CAP_BPF)
    yield context.request("bpf_prog", thing)


def _pin(context: Context, operation: Bpf) -> Steps:
    """``bpf_obj_do_pin``: a name for it, as for any file: ``path_mknod``, ``inode_create``."""
    if operation.at is None:
        return context.done()
    found = yield from to_be_made(context, operation.at)
    inode = inode_to_be(context, found.path, "regular", 0o600)
    file = file_to_be(found.path, inode)
    yield context.request("path_mknod", file, mode=0o600, device_number=0)
    context.stops(Errno.EPERM)
    yield from may_create(context, found.path)
    yield context.request("inode_create", file, mode=0o600)
    context.stops()
    yield from new_inode(context, file, labelled=False)
    state, rekeyed = with_made(context.state, found.path, inode)
    return context.done(state)._replace(rekeyed=rekeyed)


def _opened(context: Context, operation: Bpf) -> Steps:
    """``bpf_obj_do_get``: the file is had for what the descriptor is for; then the hook of the map or the program.

    Which of the two it is, nothing shows: a map.
    """
    if operation.at is None:
        return context.done()
    found = yield from lookup(context, operation.at)
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS)
    yield from permission(context, found.file, operation.access)
    yield context.request("bpf_map", UNKNOWN, mask=operation.access)
    yield from anonymous_file(context)
    return installed(context, Special("bpf-map"), close_on_exec=True)


HANDLERS: Final = (handles(Bpf, bpf),)
