"""Kernel functions that Tetragon traces, to the hooks that they are, or that they lead to."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from nslsm.hooks.types import Unknown
from nslsm.importers.traces import hooked
from nslsm.importers.traces.shape import Json, item, number, text
from nslsm.importers.traces.tetragon.calls import path_of
from nslsm.kernel.constants import IP_PROTOCOLS
from nslsm.kernel.told import FileAt, SocketOf, TaskNumber, ToldRequest
from nslsm.protocol.things import Value

Fact: TypeAlias = Value | FileAt | TaskNumber | Unknown

_RENAMED: Final = MappingProxyType(
    {
        "security_bprm_check": "bprm_check_security",
        "security_create_user_ns": "userns_create",
        "security_file_alloc": "file_alloc_security",
        "security_file_free": "file_free_security",
        "security_inode_alloc": "inode_alloc_security",
        "security_inode_free": "inode_free_security",
        "security_prepare_creds": "cred_prepare",
        "security_transfer_creds": "cred_transfer",
        "security_sb_alloc": "sb_alloc_security",
        "security_sb_free": "sb_free_security",
        "security_settime64": "settime",
        "security_sk_alloc": "sk_alloc_security",
        "security_sk_clone": "sk_clone_security",
        "security_sk_free": "sk_free_security",
        "security_sock_rcv_skb": "socket_sock_rcv_skb",
        "security_vm_enough_memory_mm": "vm_enough_memory",
        "security_bpf_map_alloc": "bpf_map_alloc_security",
        "security_bpf_prog_alloc": "bpf_prog_alloc_security",
    }
)
"""Functions whose hook has another name than ``security_`` in front would say; ``security/security.c``."""

_LEADING: Final = MappingProxyType(
    {
        "tcp_connect": "socket_connect",
        "tcp_sendmsg": "socket_sendmsg",
        "udp_sendmsg": "socket_sendmsg",
        "tcp_recvmsg": "socket_recvmsg",
        "udp_recvmsg": "socket_recvmsg",
        "fd_install": "file_open",
        "vfs_read": "file_permission",
        "vfs_write": "file_permission",
        "cap_capable": "capable",
    }
)
"""Functions that are not hooks, but are reached where one was granted, or (``cap_capable``) stand behind one."""

_DIRECTORY_FIRST: Final = ("path_mknod", "path_mkdir", "path_symlink", "path_unlink", "path_rmdir")
"""Hooks whose first argument is the directory, and whose second the file: one path alone does not tell which it is."""

_TWO_NAMES: Final = ("path_rename", "path_link", "inode_rename", "inode_link")

_NUMBERS: Final[Mapping[str, tuple[tuple[str, Callable[[int | None], Fact]], ...]]] = MappingProxyType(
    {
        "file_permission": (("mask", hooked.access_mask),),
        "inode_permission": (("mask", hooked.access_mask),),
        "file_ioctl": (("cmd", hooked.plain),),
        "file_ioctl_compat": (("cmd", hooked.plain),),
        "mmap_file": (("reqprot", hooked.protection), ("prot", hooked.protection), ("flags", hooked.mapping_flags)),
        "file_mprotect": (("reqprot", hooked.protection), ("prot", hooked.protection)),
        "mmap_addr": (("start", hooked.plain),),
        "path_chmod": (("mode", hooked.mode),),
        "capable": (("cap", hooked.capability),),
        "task_kill": (("signal", hooked.signal),),
        "task_setnice": (("nice", hooked.plain),),
        "socket_listen": (("backlog", hooked.plain),),
        "socket_sendmsg": (("size", hooked.plain),),
    }
)
"""What the numbers mean that a hook is handed, in order."""

_STRINGS: Final = MappingProxyType(
    {
        "path_symlink": "target",
        "inode_getxattr": "name",
        "inode_setxattr": "name",
        "inode_removexattr": "name",
    }
)
"""The fact that the first string is."""

_INTEGERS: Final = ("int_arg", "uint_arg", "long_arg", "size_arg")
_FILES: Final = ("file_arg", "path_arg", "linux_binprm_arg")


def hook_of(function: str) -> str | None:
    """The hook that a kernel's function raises, or that it shows to have been granted; None where that is not known.

    >>> hook_of("security_file_open"), hook_of("security_bprm_check"), hook_of("tcp_connect"), hook_of("schedule")
    ('file_open', 'bprm_check_security', 'socket_connect', None)
    """
    if function.startswith("security_"):
        name = _RENAMED.get(function) or function.removeprefix("security_")
    else:
        name = _LEADING.get(function) or function.removeprefix("bpf_lsm_")
    return name if hooked.is_hook(name) else None


def request(hook: str, function: str, told: Sequence[Json]) -> ToldRequest:
    """The request of ``hook`` with what of it was recorded; ``function`` is what was traced."""
    paths = [hooked.file_at(path_of(item(each, kind) or {})) for each in told for kind in _FILES if kind in each]
    numbers = [number(each, kind) for each in told for kind in _INTEGERS if kind in each]
    facts: dict[str, Fact] = {}
    if hook == "mmap_file" and len(numbers) == 2:
        numbers = [numbers[0], *numbers]  # the function is handed one protection, the hook two
    if function == "fd_install":
        numbers = []
    if function in ("vfs_read", "vfs_write"):
        numbers = [4 if function == "vfs_read" else 2]
    for (name, meaning), value in zip(_NUMBERS.get(hook, ()), numbers, strict=False):
        facts[name] = meaning(value)
    if hook in _STRINGS:
        found = next((text(each, "string_arg") for each in told if "string_arg" in each), None)
        facts |= {} if found is None else {_STRINGS[hook]: found}
    for each in told:
        if "capability_arg" in each:
            facts["cap"] = hooked.capability(number(item(each, "capability_arg") or {}, "value"))
    socket = next((_socket(item(each, "sock_arg") or {}) for each in told if "sock_arg" in each), None)
    facts |= _peer(hook, told)
    if hook in _TWO_NAMES:
        if len(paths) == 4:
            facts |= {"old": paths[1], "new": paths[3]}
        return ToldRequest(hook, paths[1] if len(paths) == 4 else None, tuple(facts.items()))
    if hook in _DIRECTORY_FIRST:
        return ToldRequest(hook, paths[1] if len(paths) > 1 else None, tuple(facts.items()))
    if socket is None and hook.startswith("socket_"):
        socket = SocketOf()
    about = socket if socket is not None else paths[0] if paths else None
    return ToldRequest(hook, about, tuple(facts.items()))


def _socket(told: Json) -> SocketOf:
    protocol = IP_PROTOCOLS.number(text(told, "protocol") or "")
    return SocketOf(
        hooked.family(text(told, "family")),
        hooked.socket_type(text(told, "type")),
        hooked.plain(protocol),
        hooked.address(text(told, "saddr")),
        hooked.port(number(told, "sport")),
    )


def _peer(hook: str, told: Sequence[Json]) -> dict[str, Fact]:
    """The address that a hook of sockets is handed; that of a connection, where only the socket was recorded."""
    for each in told:
        if "sockaddr_arg" in each:
            given = item(each, "sockaddr_arg") or {}
            return _at(text(given, "family"), text(given, "addr"), number(given, "port"))
    for each in told:
        if "sock_arg" in each and hook in ("socket_connect", "socket_sendmsg"):
            given = item(each, "sock_arg") or {}
            return _at(text(given, "family"), text(given, "daddr"), number(given, "dport"))
    return {}


def _at(family: str | None, host: str | None, port: int | None) -> dict[str, Fact]:
    return {"family": hooked.family(family), "address": hooked.address(host), "port": hooked.port(port)}
