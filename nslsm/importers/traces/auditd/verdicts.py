"""What other security modules recorded of their own: the hooks that their records tell of, where no system call's record does.

Sources: AppArmor's ``security/apparmor/include/audit.h`` (operations) and ``file.h``; SELinux's ``avc.c`` and ``classmap.h``;
Landlock's ``security/landlock/audit.c``. A permission that several hooks ask for tells of none.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from nslsm.hooks.linux import Capability, Signal
from nslsm.hooks.types import UNKNOWN, Address, Unknown
from nslsm.importers.traces import hooked
from nslsm.importers.traces.auditd.records import Record, string
from nslsm.kernel.call import Described, SeenFile
from nslsm.kernel.event import Recorded
from nslsm.kernel.requests import hook_called
from nslsm.kernel.told import FileAt, SocketOf, TaskNumber, Told, ToldRequest
from nslsm.protocol.things import Value


class Verdict(NamedTuple):
    """What a module recorded of one task: the requests that it was asked about, and what came of them."""

    task: int
    operation: Told
    recorded: Recorded


def _each(text: str, form: str = "{}") -> dict[str, str]:
    return {name: form.format(name) for name in text.split()}


APPARMOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_each("mknod mkdir rmdir unlink symlink link chmod chown truncate", "path_{}"),
        "rename_src": "path_rename",
        "rename_dest": "path_rename",
        "getattr": "inode_getattr",
        "open": "file_open",
        "file_perm": "file_permission",
        "file_mmap": "mmap_file",
        **_each("file_receive file_lock file_mprotect capable userns_create"),
        "exec": "bprm_creds_for_exec",
        "ptrace": "ptrace_access_check",
        "signal": "task_kill",
        "setrlimit": "task_setrlimit",
        **_each(
            "create bind connect listen accept sendmsg recvmsg getsockname getpeername getsockopt setsockopt",
            "socket_{}",
        ),
        "sock_shutdown": "socket_shutdown",
        "socket_shutdown": "socket_shutdown",
        "mount": "sb_mount",
        "umount": "sb_umount",
        "pivotroot": "sb_pivotroot",
    }
)
"""AppArmor's operations, to the hook whose handler records them."""

_FILES: Final = MappingProxyType(
    {
        "open": "file_open",
        "getattr": "inode_getattr",
        "setattr": "inode_setattr",
        "lock": "file_lock",
        "ioctl": "file_ioctl",
        "map": "mmap_file",
        "link": "inode_link",
        "rename": "inode_rename",
        "unlink": "inode_unlink",
        "create": "inode_create",
        "execute_no_trans": "bprm_creds_for_exec",
    }
)
_SOCKETS: Final = MappingProxyType(
    {
        **_each("create bind connect listen accept shutdown", "socket_{}"),
        "getopt": "socket_getsockopt",
        "setopt": "socket_setsockopt",
        "name_bind": "socket_bind",
        "name_connect": "socket_connect",
        "node_bind": "socket_bind",
        "connectto": "unix_stream_connect",
    }
)
_OTHERS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("dir", "create"): "inode_mkdir",
        ("dir", "rmdir"): "inode_rmdir",
        ("lnk_file", "create"): "inode_symlink",
        **{(kind, "create"): "inode_mknod" for kind in ("chr_file", "blk_file", "fifo_file", "sock_file")},
        ("process", "fork"): "task_alloc",
        **{("process", sent): "task_kill" for sent in ("sigkill", "sigstop", "signal", "signull")},
        ("process", "ptrace"): "ptrace_access_check",
        ("process", "setpgid"): "task_setpgid",
        ("process", "getpgid"): "task_getpgid",
        ("process", "getsession"): "task_getsid",
        ("process", "getsched"): "task_getscheduler",
        ("process", "setrlimit"): "task_setrlimit",
        ("process", "setcap"): "capset",
        ("process", "getcap"): "capget",
        ("filesystem", "mount"): "sb_mount",
        ("filesystem", "unmount"): "sb_umount",
        ("filesystem", "getattr"): "sb_statfs",
        ("system", "module_request"): "kernel_module_request",
        ("user_namespace", "create"): "userns_create",
        ("bpf", "map_create"): "bpf_map_create",
        ("bpf", "prog_load"): "bpf_prog_load",
    }
)
_FILE_CLASSES: Final = ("file", "dir", "lnk_file", "chr_file", "blk_file", "fifo_file", "sock_file")
_CAPABILITY_CLASSES: Final = ("capability", "capability2", "cap_userns", "cap2_userns")

LANDLOCK: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_each("fs.execute fs.write_file fs.read_file fs.read_dir", "file_open"),
        "fs.remove_dir": "path_rmdir",
        "fs.remove_file": "path_unlink",
        "fs.make_dir": "path_mkdir",
        "fs.make_sym": "path_symlink",
        **_each("fs.make_char fs.make_reg fs.make_sock fs.make_fifo fs.make_block", "path_mknod"),
        "fs.truncate": "path_truncate",
        "fs.ioctl_dev": "file_ioctl",
        "net.bind_tcp": "socket_bind",
        "net.connect_tcp": "socket_connect",
        "ptrace": "ptrace_access_check",
        "scope.signal": "task_kill",
    }
)
"""What Landlock's rights are asked for at. ``fs.refer`` is asked for by links and by renames."""

_AVC: Final = re.compile(r"avc:\s+(denied|granted)\s+\{([ a-z0-9_]{1,2000})\}\s+for\b")
_RIGHTS: Final = {"r": "read", "w": "write", "a": "append", "x": "exec", "m": "exec"}
_RESTRICTIVE: Final = ("DENIED",)

Facts = dict[str, "Value | FileAt | TaskNumber | Unknown"]


def verdict(record: Record, domains: Mapping[str, int]) -> Verdict | None:
    """The request that an AVC or LANDLOCK_ACCESS record tells of; None where it tells of none for sure, or not whose.

    ``domains`` are Landlock's, with the processes that made them: its records do not say which of those inside it was.
    """
    if record.kind == "LANDLOCK_ACCESS":
        return _landlock(record, domains)
    if "apparmor" in record.fields:
        return _apparmor(record)
    return _selinux(record)


def subject(record: Record, task: int) -> Described:
    """Who was asked about, and what is known of the file, as far as the record says."""
    path, owner = record.string("name"), record.number("ouid")
    ids = ((name, record.number(name)) for name in ("uid", "fsuid"))
    files: tuple[SeenFile, ...] = ()
    if path is not None and path.startswith("/") and owner is not None and ".." not in path.split("/"):
        files = (SeenFile(path, owner=owner),)
    return Described(
        task=task,
        line=record.line,
        time=record.time / 1000 if record.time else None,
        comm=record.string("comm"),
        exe=record.string("exe"),
        ids=tuple((name, number) for name, number in ids if number is not None),
        files=files,
    )


def made_domain(record: Record) -> tuple[str, int] | None:
    """The domain that a LANDLOCK_DOMAIN record tells of, and the process that made it."""
    name, task = record.fields.get("domain", ""), record.number("pid")
    return (name[:40], task) if name and task is not None and task > 0 else None


def _apparmor(record: Record) -> Verdict | None:
    operation = record.string("operation") or ""
    hook, task = APPARMOR.get(operation), record.number("pid")
    if hook is None or task is None or task <= 0:
        return None
    facts: Facts = {}
    file = hooked.file_at(record.string("name"))
    about: FileAt | SocketOf | TaskNumber | Unknown | None = file
    if hook == "file_permission":
        asked = record.string("requested_mask") or ""
        facts["mask"] = frozenset(_RIGHTS[letter] for letter in asked if letter in _RIGHTS)
    elif hook == "file_open":
        asked = record.string("requested_mask") or ""
        facts["flags"] = frozenset(_RIGHTS[letter] for letter in asked if letter in "rwa")
    elif hook == "path_link":
        facts["new"], facts["old"] = file, hooked.file_at(record.string("target"))
    elif hook == "capable":
        facts["cap"] = hooked.capability(record.number("capability"))
    elif hook == "task_kill":
        about, facts["signal"] = UNKNOWN, _signal(record.fields.get("signal", ""))
    elif hook == "ptrace_access_check":
        about = UNKNOWN
    elif hook.startswith("socket_"):
        about, facts = _sockets(record)
    denied = record.string("apparmor") in _RESTRICTIVE
    return _told(task, hook, about, facts, denied=denied)


def _sockets(record: Record) -> tuple[SocketOf, Facts]:
    """The socket, with its own end, and the other end's address."""
    family = hooked.family(record.string("family"))
    kind = hooked.socket_type(record.string("sock_type"))
    protocol = hooked.plain(record.number("protocol"))
    about = SocketOf(
        family, kind, protocol, hooked.address(record.fields.get("laddr")), hooked.port(record.number("lport"))
    )
    facts: Facts = {"family": family, "type": kind, "protocol": protocol}
    if "faddr" in record.fields or "fport" in record.fields:
        facts["address"] = hooked.address(record.fields.get("faddr"))
        facts["port"] = hooked.port(record.number("fport"))
    return about, facts


def _signal(name: str) -> Signal | Unknown:
    found = Signal.__members__.get(f"SIG{name.strip(chr(34)).upper()}")
    return UNKNOWN if found is None else found


def _selinux(record: Record) -> Verdict | None:
    match, task = _AVC.search(record.text), record.number("pid")
    if match is None or task is None or task <= 0:
        return None
    kind = record.fields.get("tclass", "")
    requests: list[ToldRequest] = []
    for permission in match[2].split():
        hook = _hook(kind, permission)
        if hook is not None and not any(each.hook == hook for each in requests):
            requests.append(_request(record, kind, permission, hook))
    if not requests:
        return None
    failed = match[1] == "denied" and record.fields.get("permissive") != "1"
    return Verdict(task, Told(tuple(requests)), _came(requests[0].hook, denied=failed))


def _hook(kind: str, permission: str) -> str | None:
    if kind in _CAPABILITY_CLASSES:
        return "capable"
    found = _OTHERS.get((kind, permission))
    if found is None and kind in _FILE_CLASSES:
        found = _FILES.get(permission)
    if found is None and kind.endswith("_socket"):
        found = _SOCKETS.get(permission)
    return found


def _request(record: Record, kind: str, permission: str, hook: str) -> ToldRequest:
    facts: Facts = {}
    about: FileAt | SocketOf | Unknown | None = UNKNOWN
    if kind in _FILE_CLASSES:
        about = hooked.file_at(record.string("path"))
    elif kind.endswith("_socket"):
        family = {"unix": "unix", "netlink": "netlink", "packet": "packet"}.get(kind.partition("_")[0])
        own = _host(record, "laddr", "saddr"), _port(record, "lport", "src")
        about = SocketOf(hooked.family(family), UNKNOWN, UNKNOWN, *own)
        if hook == "socket_bind":
            facts["address"], facts["port"] = own
        elif hook == "socket_connect":
            facts["address"], facts["port"] = _host(record, "faddr", "daddr"), _port(record, "fport", "dest")
    elif hook == "capable":
        facts["cap"] = _capability(record, permission)
    elif hook == "task_kill" and permission in ("sigkill", "sigstop", "signull"):
        facts["signal"] = {"sigkill": Signal.SIGKILL, "sigstop": Signal.SIGSTOP}.get(permission, Signal.NONE)
    if hook == "file_ioctl":
        facts["cmd"] = hooked.plain(record.number("ioctlcmd", 16))
    return ToldRequest(hook, about, tuple(facts.items()))


def _host(record: Record, *names: str) -> Address | Unknown:
    return next((hooked.address(record.fields[name]) for name in names if name in record.fields), UNKNOWN)


def _port(record: Record, *names: str) -> int | Unknown:
    return next((hooked.port(record.number(name)) for name in names if name in record.fields), UNKNOWN)


def _capability(record: Record, permission: str) -> Capability | Unknown:
    named = Capability.__members__.get(f"CAP_{permission.upper()}")
    return hooked.capability(record.number("capability")) if named is None else named


def _landlock(record: Record, domains: Mapping[str, int]) -> Verdict | None:
    task = domains.get(record.fields.get("domain", "")[:40])
    hooks = [LANDLOCK.get(blocker) for blocker in record.fields.get("blockers", "").split(",")]
    hook = hooks[0] if len(set(hooks)) == 1 else None
    if task is None or hook is None:
        return None
    facts: Facts = {}
    about: FileAt | SocketOf | TaskNumber | Unknown | None = hooked.file_at(string(record.fields.get("path", "")))
    if hook in ("socket_bind", "socket_connect"):
        about = SocketOf(UNKNOWN, "stream")
        facts["address"], facts["port"] = _host(record, "saddr", "daddr"), _port(record, "src", "dest")
    elif hook in ("ptrace_access_check", "task_kill"):
        target = record.number("opid")
        about = UNKNOWN if target is None else TaskNumber(target)
    return _told(task, hook, about, facts, denied=True)


def _told(
    task: int,
    hook: str,
    about: FileAt | SocketOf | TaskNumber | Unknown | None,
    facts: Facts,
    *,
    denied: bool,
) -> Verdict:
    request = ToldRequest(hook, about, tuple(facts.items()))
    return Verdict(task, Told((request,)), _came(hook, denied=denied))


def _came(hook: str, *, denied: bool) -> Recorded:
    return Recorded(None, hook_called(hook).default_errno) if denied else Recorded(0)
