"""System calls that Tetragon traced by their functions: which arguments were recorded is up to the tracing policy."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from nslsm.importers.traces.shape import Json, item, number, text
from nslsm.kernel.call import ABSENT, Call, Fd, Pointer, Struct, Text, Value

NO_NUMBER: Final = 1 << 30
"""The number of a descriptor of which only the file is told: above all that Linux gives (``sysctl_nr_open``)."""

_FUNCTION: Final = re.compile(r"(?:__(?:x64|arm64|ia32|se|do)_)?sys_([a-z0-9_]+)", re.ASCII)


def _taking(table: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({name: kinds for kinds, names in table.items() for name in names.split()})


TAKES: Final = _taking(
    {
        "pii": "open mknod",
        "pi": "creat mkdir chmod access truncate umount2 inotify_add_watch delete_module memfd_create mq_open",
        "p": "unlink rmdir chdir chroot readlink stat lstat acct swapoff",
        "pp": "rename link symlink pivot_root removexattr lremovexattr getxattr lgetxattr",
        "pia": "chown lchown",
        "fpii": "openat mknodat",
        "fpi": "unlinkat mkdirat fchmodat faccessat faccessat2 newfstatat open_tree utimensat",
        "fpiii": "fchownat",
        "fp": "readlinkat finit_module",
        "fpfpi": "renameat renameat2 linkat move_mount",
        "pfp": "symlinkat",
        "fbi": "read write readv writev getdents64",
        "fbii": "pread64 pwrite64",
        "f": "close dup fchdir fsync accept getsockname getpeername epoll_create",
        "fi": "fchmod ftruncate dup2 listen shutdown flock setns accept4",
        "fii": "fchown dup3 fcntl ioctl lseek",
        "fai": "connect bind",
        "fbiiai": "sendto recvfrom",
        "fbi_": "sendmsg recvmsg",
        "pvv": "execve",
        "fpvvi": "execveat",
        "iii": "socket mprotect tgkill setresuid setresgid kexec_load",
        "ii": "kill tkill setreuid setregid setpgid",
        "i": "setuid setgid setfsuid setfsgid unshare exit_group umask personality",
        "iiii": "ptrace",
        "iiiii": "prctl",
        "iiiifi": "mmap",
        "pppi": "mount",
        "ibi": "bpf",
        "bip": "init_module",
        "ppbii": "setxattr lsetxattr",
        "fpbii": "fsetxattr",
    }
)
"""What each call takes: path, descriptor, integer, buffer, address, vector. What is told goes to the next that fits."""

_KINDS: Final = {
    "int_arg": "if",
    "uint_arg": "i",
    "long_arg": "i",
    "size_arg": "i",
    "string_arg": "p",
    "path_arg": "fp",
    "file_arg": "fp",
    "bytes_arg": "b",
    "truncated_bytes_arg": "b",
    "sock_arg": "f",
    "sockaddr_arg": "a",
}


def call_of(function: str) -> str | None:
    """The system call that a kernel's function is the entry of.

    >>> call_of("__x64_sys_openat"), call_of("sys_read"), call_of("tcp_connect")
    ('openat', 'read', None)
    """
    match = _FUNCTION.fullmatch(function)
    return None if match is None else match[1]


def arguments(name: str, told: Sequence[Json]) -> tuple[Value, ...]:
    """The arguments of a call, each where it belongs; :data:`~nslsm.kernel.call.ABSENT` for those that were not recorded."""
    takes = TAKES.get(name, "")
    values: list[Value] = [ABSENT] * max(6, len(takes))
    place = 0
    for each in told:
        kind = next((kind for kind in _KINDS if kind in each), None)
        fits = (
            None if kind is None else next((at for at in range(place, len(takes)) if takes[at] in _KINDS[kind]), None)
        )
        if kind is None or fits is None:
            continue
        values[fits] = _value(takes[fits], kind, each)
        place = fits + 1
    for at, kind in enumerate(takes):
        if kind == "f" and values[at] is ABSENT:
            values[at] = Fd(NO_NUMBER)
    return tuple(values)


def path_of(told: Json) -> str | None:
    """The path of a file argument; older versions leave the first slash out, or split it at the mount point."""
    path, mount = text(told, "path"), text(told, "mount")
    if not path:
        return None
    if path.startswith("/") or re.match(r"[a-z_]+:", path) is not None:
        return path
    return f"{(mount or '').rstrip('/')}/{path}"


def _value(takes: str, kind: str, each: Json) -> Value:
    match kind:
        case "int_arg" | "uint_arg" | "long_arg" | "size_arg":
            found = number(each, kind)
            return ABSENT if found is None else found if takes == "f" or found < 0 else Pointer(found)
        case "string_arg":
            string = text(each, kind)
            return ABSENT if string is None else Text(string)
        case "file_arg" | "path_arg":
            path = path_of(item(each, kind) or {})
            if takes == "f":
                return Fd(NO_NUMBER, path)
            return ABSENT if path is None else Text(path)
        case "sock_arg":
            socket = item(each, kind) or {}
            return Fd(
                NO_NUMBER, _SOCKETS.get((text(socket, "family") or "", text(socket, "type") or ""), "socket") + ":[0]"
            )
        case "sockaddr_arg":
            return _address(item(each, kind) or {})
        case _:
            return ABSENT


_SOCKETS: Final = {
    ("AF_INET", "SOCK_STREAM"): "TCP",
    ("AF_INET6", "SOCK_STREAM"): "TCPv6",
    ("AF_INET", "SOCK_DGRAM"): "UDP",
    ("AF_INET6", "SOCK_DGRAM"): "UDPv6",
    ("AF_UNIX", "SOCK_STREAM"): "UNIX-STREAM",
    ("AF_UNIX", "SOCK_DGRAM"): "UNIX-DGRAM",
}


def _address(told: Json) -> Value:
    host, port = text(told, "addr"), number(told, "port")
    family = "AF_INET6" if host is not None and ":" in host else text(told, "family") or "AF_INET"
    if host is None or family not in ("AF_INET", "AF_INET6"):
        return ABSENT
    return inet(host, port)


def inet(host: str, port: int | None) -> Struct:
    """An internet address as other traces write it."""
    to: Value = ABSENT if port is None else Call("htons", (port,))
    if ":" in host:
        return Struct((("sa_family", 10), ("sin6_port", to), ("sin6_addr", Call("inet_pton", (None, Text(host))))))
    return Struct((("sa_family", 2), ("sin_port", to), ("sin_addr", Call("inet_addr", (Text(host),)))))
