"""The kinds of things that hooks are about, and the facts that each has.

A request's subject and object are values with one attribute per fact; ``old``, ``new`` and ``parent`` are such values
too. Model M1 (Object), M4 (foreign).
"""

from typing import Final

from nslsm.hooks.commands import IPC_TYPE
from nslsm.hooks.types import (
    ADDRESS,
    BOOL,
    CAPABILITY,
    INT,
    PATH,
    STRING,
    Bounds,
    Enumeration,
    Fact,
    Flags,
    Kind,
    Method,
    SetOf,
)

IDS: Final = Bounds(0, 2**32 - 1)
"""User and group ids, ``include/uapi/linux/posix_types.h``: 32 bits without a sign."""
PORTS: Final = Bounds(0, 2**16 - 1)
"""Ports of TCP, UDP and SCTP: 16 bits; 0 where there is none."""
NATURAL: Final = Bounds(0)

FILE_TYPE: Final = Enumeration(
    "file_type",
    ("regular", "directory", "symlink", "fifo", "socket", "character_device", "block_device", "anonymous"),
)
OPENING: Final = (
    *("read", "write", "append", "truncate", "create", "exclusive"),
    *("exec", "directory", "nofollow", "path", "temporary"),
)
"""What open(2) can be asked for."""
OPEN_FLAGS: Final = Flags("open_flags", (*OPENING, "created"))
"""``created`` (FMODE_CREATED): the same call has made the file. Recordings of hooks do not tell it."""
ACCESS_MASK: Final = Flags("access_mask", ("exec", "write", "read", "append", "access", "open", "chdir"))
PROTECTION: Final = Flags("protection", ("read", "write", "exec"))
SECUREBITS: Final = Flags(
    "securebits",
    (
        "noroot",
        "noroot_locked",
        "no_setuid_fixup",
        "no_setuid_fixup_locked",
        "keep_caps",
        "keep_caps_locked",
        "no_cap_ambient_raise",
        "no_cap_ambient_raise_locked",
    ),
)
SOCKET_FAMILY: Final = Enumeration(
    "socket_family",
    ("unspec", "unix", "inet", "inet6", "netlink", "packet", "bluetooth", "can", "vsock", "alg", "xdp", "key", "other"),
)
SOCKET_TYPE: Final = Enumeration(
    "socket_type", ("stream", "dgram", "raw", "rdm", "seqpacket", "dccp", "packet", "other")
)


def _credential_facts() -> tuple[Fact | Method, ...]:
    capabilities = SetOf(CAPABILITY)
    return (
        Fact("uid", INT, "real user id", IDS),
        Fact("euid", INT, "effective user id", IDS),
        Fact("suid", INT, "saved user id", IDS),
        Fact("fsuid", INT, "user id for file access", IDS),
        Fact("gid", INT, "real group id", IDS),
        Fact("egid", INT, "effective group id", IDS),
        Fact("sgid", INT, "saved group id", IDS),
        Fact("fsgid", INT, "group id for file access", IDS),
        Fact("groups", SetOf(INT), "supplementary group ids"),
        Fact("effective", capabilities, "capabilities in force; reading them does not ask the `capable` hook"),
        Fact("permitted", capabilities, "capabilities that may be made effective"),
        Fact("inheritable", capabilities, "capabilities that may pass through execve with the file's consent"),
        Fact("bounding", capabilities, "capabilities that execve may grant at all"),
        Fact("ambient", capabilities, "capabilities that pass through execve of an unprivileged program"),
        Fact("securebits", SECUREBITS, "how the kernel treats uid 0, capabilities(7)"),
        Fact("no_new_privs", BOOL, "execve grants nothing new"),
    )


def _task_facts() -> tuple[Fact | Method, ...]:
    return (
        *_credential_facts(),
        Fact("pid", INT, "the task's number, never reused in a run", NATURAL),
        Fact("tgid", INT, "the process's number: the pid of its first thread", NATURAL),
        Fact("ppid", INT, "the parent process's number", NATURAL),
        Fact("exe", PATH, "the program that the process runs"),
        Fact("comm", STRING, "the task's short name, 15 bytes", Bounds(longest=15)),
        Fact("dumpable", BOOL, "whether others of the same user may look inside, prctl(2) PR_SET_DUMPABLE"),
        Fact("namespace", STRING, "the security namespace, from the root down: `host.clinic`"),
        Fact("foreign", BOOL, "its home is outside the subtree of the namespace that asks (Model M4.1)"),
        Method("is_ancestor_of", (TASK,), BOOL, "is a process above the other in the process tree, or the same"),
        Method(
            "accepts_tracer",
            (TASK,),
            BOOL,
            "declared the other, or anybody, as its tracer, prctl(2) PR_SET_PTRACER, or has it as its tracer already",
        ),
        Method("same_process_as", (TASK,), BOOL, "is a thread of the same process"),
    )


def _file_facts() -> tuple[Fact | Method, ...]:
    return (
        Fact("path", PATH, "the path by which it is reached, from the global root"),
        Fact("dpath", STRING, "the path, with a slash behind it where it is a directory, as AppArmor's rules have it"),
        Fact("type", FILE_TYPE, "what stat(2) says it is"),
        Fact("owner", INT, "user id of its owner", IDS),
        Fact("group", INT, "group id of its group", IDS),
        Fact("mode", INT, "permission bits, with set-uid, set-gid and sticky", Bounds(0, 0o7777)),
        Fact("inode", INT, "inode number", NATURAL),
        Fact("device", INT, "number of the device that holds it", NATURAL),
        Fact("filesystem", STRING, "name of the file system's type: ext4, tmpfs, proc"),
        Fact(
            "sha256",
            STRING,
            "SHA-256 of the contents, hexadecimal, small letters",
            Bounds(longest=64, letters="0123456789abcdef"),
        ),
        Fact("parent", FILE, "the directory that holds it"),
        Method(
            "xattr", (STRING, STRING), STRING, "an extended attribute, or the second argument where it is absent", 1
        ),
    )


def _socket_facts() -> tuple[Fact | Method, ...]:
    return (
        Fact("family", SOCKET_FAMILY, "address family"),
        Fact("type", SOCKET_TYPE, "stream, dgram, …"),
        Fact("protocol", INT, "protocol number"),
        Fact("address", ADDRESS, "the address it is bound to"),
        Fact("port", INT, "the port it is bound to; 0 where there is none", PORTS),
        Fact("path", PATH, "a unix socket's path; empty where there is none"),
        Fact("abstract", STRING, "a unix socket's abstract name; empty where there is none"),
        Fact("foreign", BOOL, "its home is outside the subtree of the namespace that asks (Model M4.1)"),
    )


def _owned_facts() -> tuple[Fact | Method, ...]:
    return (
        Fact("owner", INT, "user id of its owner", IDS),
        Fact("group", INT, "group id of its group", IDS),
        Fact("mode", INT, "permission bits"),
        Fact("foreign", BOOL, "its home is outside the subtree of the namespace that asks (Model M4.1)"),
    )


def _ipc_facts() -> tuple[Fact | Method, ...]:
    return (
        Fact("type", IPC_TYPE, "a message queue, a set of semaphores, or shared memory"),
        Fact("key", INT, "the number by which programs find it; 0 for one that is private"),
        *_owned_facts(),
    )


def _key_facts() -> tuple[Fact | Method, ...]:
    return (
        Fact("type", STRING, "the name of its type: `keyring`, `user`, `logon`"),
        Fact("description", STRING, "what it is called, such as `_ses`"),
        *_owned_facts(),
    )


def _namespace_facts() -> tuple[Fact | Method, ...]:
    return (
        Fact("name", STRING, "its name among its siblings"),
        Fact("path", STRING, "its name from the root down: `host.clinic`"),
        Fact("depth", INT, "how many namespaces are above it", NATURAL),
        Fact("sealed", BOOL, "its bindings, moves, limits and lock are final (Model M5.3)"),
    )


def _mount_facts() -> tuple[Fact | Method, ...]:
    return (
        Fact("path", PATH, "where it is mounted"),
        Fact("filesystem", STRING, "name of the file system's type"),
        Fact("source", STRING, "what is mounted"),
    )


def _user_object_facts() -> tuple[Fact | Method, ...]:
    return (
        Fact("name", STRING, "what its manager calls it"),
        Fact("foreign", BOOL, "its home is outside the subtree of the namespace that asks (Model M4.1)"),
    )


def _named_facts() -> tuple[Fact | Method, ...]:
    return (Fact("name", STRING, "its name"),)


CREDENTIALS: Final = Kind("credentials", "user and group ids, capabilities, securebits", _credential_facts)
TASK: Final = Kind("task", "a task with its credentials, program and place in the process tree", _task_facts)
FILE: Final = Kind("file", "a file, directory, device or other inode, by the path that led to it", _file_facts)
SOCKET: Final = Kind("socket", "a socket", _socket_facts)
IPC: Final = Kind("ipc", "a System V IPC object: a message queue, a set of semaphores, shared memory", _ipc_facts)
KEY: Final = Kind("key", "a key or keyring", _key_facts)
BPF: Final = Kind("bpf", "a BPF map, program or token", _named_facts)
MOUNT: Final = Kind("mount", "a mount or superblock", _mount_facts)
MODULE: Final = Kind("module", "a kernel module", _named_facts)
NAMESPACE: Final = Kind("namespace", "a security namespace", _namespace_facts)
USER_OBJECT: Final = Kind(
    "user_object", "what a program manages for others: a window, a message, a row", _user_object_facts
)
OTHER: Final = Kind("other", "an object of the kernel that policies name by the hook's facts only", lambda: ())

KINDS: Final = (CREDENTIALS, TASK, FILE, SOCKET, IPC, KEY, BPF, MOUNT, MODULE, NAMESPACE, USER_OBJECT, OTHER)
