"""What SELinux asks at which hooks: each operation of ``std.selinux`` with the class and permissions that it needs.

After the hook functions of security/selinux/hooks.c and include/classmap.h, Linux 6.12. The table is data: who writes rules
from it says where contexts come from. Words for contexts, as ``source`` and ``target``:

===================  =================================================================================
``subject``          of the task that the hook calls so
``object``           of what the hook is about; ``object.parent`` of the directory that holds it
``own``              of the caller's own socket (the fact ``own``)
``target``           of the file or directory that something is mounted on (the fact ``target``)
``opener``           of the task that opened the descriptor
``after``            of the task, once the program runs
``wanted``           the same, as it would be if ``no_new_privs`` were not set
``made``             of the file to be, which has a name in ``object.parent``
``made_anonymous``   of the file to be that has none, of class ``anon_inode``
``made_socket``      of the socket to be
``made_message``     of the message that is sent to ``object``, a queue
``written``          in the value of an extended attribute that is written; of a task's attribute likewise
``filesystem``       of the file system: that ``object`` is, or is on
``port``             of ``port`` with ``LETS["port_protocol"]``, by the policy's ports
``node``             of ``address``, by the policy's nodes
``kernel``           of the initial SID of this name
===================  =================================================================================

:data:`TARGETS` has the expressions of those that are not ``NAME.context``. A control that has these rules declares the
attribute ``context`` of tasks, files, sockets, IPC objects, keys and BPF objects, ``file.opener`` (empty until somebody opened
the file), and lets of the names in :data:`TARGETS`. Conditions are joined by ``and`` without more ado.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from nslsm.importers.selinux.class_names import FILES, INTERNET, IPC, SOCKETS, lets
from nslsm.importers.selinux.unasked import NOT_ASKED, UNASKED

__all__ = [
    "APPROXIMATED",
    "ASKED",
    "CONDITIONS",
    "LETS",
    "NOT_ASKED",
    "REFUSED",
    "TARGETS",
    "UNASKED",
    "Asked",
    "Refused",
]


class Asked(NamedTuple):
    """One question: may ``source`` have all of ``permissions`` of a class on ``target``?"""

    name: str
    """The name of the rule."""
    operation: str
    """Of ``std.selinux``."""
    target: str
    classes: tuple[str, ...]
    """The classes that it can be, in the kernel's names."""
    class_of: str
    """The let that gives the class; empty where there is one."""
    permissions: tuple[str, ...]
    """Asked together; empty where ``permission_of`` says which."""
    condition: str = ""
    source: str = "subject"
    permission_of: str = ""
    """The let that gives the permission."""
    capability: str = ""
    """The policy's capability without which it is not asked; behind ``not``, one with which it is not asked."""
    errno: str = "EACCES"
    """Empty: the hook's own, which is all that can be where no program sees it."""


class Refused(NamedTuple):
    """What SELinux refuses whatever the policy says."""

    name: str
    operation: str
    errno: str
    condition: str
    because: str


LETS: Final[Mapping[str, str]] = lets()
"""What ``class_of`` and ``permission_of`` name, for policies with the capability ``extended_socket_class``; those without it
take ``class_names.lets(extended=False)``."""

TARGETS: Final[Mapping[str, str]] = {
    "opener": "object.opener",
    "after": "context_after",
    "made": "context_made",
    "made_anonymous": "context_made_anonymous",
    "made_socket": "context_made_socket",
    "made_message": "context_made_message",
    "written": "value",
    "filesystem": "context_of_filesystem",
    "port": "context_of_port",
    "node": "context_of_node",
    "kernel": "context_of_kernel",
}
"""The expressions of contexts by their words; of others it is ``WORD.context``."""

_IS_FILE: Final = 'object.type != anonymous and (object.type != socket or object.path under "/")'
_ELSEWHERE: Final = 'object.opener != "" and object.opener != subject.context'
_STAYS: Final = "context_after == subject.context"
_TRANSITS: Final = "context_after != subject.context"


def _file(name: str, permission: str, *, capability: str = "") -> Asked:
    """Of a file; not of memory, of files of the kernel's own, and of sockets as files."""
    return Asked(name, name, "object", FILES, "file_class", (permission,), _IS_FILE, capability=capability)


def _own(name: str, class_: str, *permissions: str) -> Asked:
    """Of one's own context."""
    return Asked(name, name, "subject", (class_,), "", permissions)


def _on(name: str, class_: str, *permissions: str, target: str = "object", errno: str = "EACCES") -> Asked:
    return Asked(name, name, target, (class_,), "", permissions, errno=errno)


def _socket(name: str, permission: str) -> Asked:
    return Asked(name, name, "object", SOCKETS, "socket_class", (permission,))


def _ipc(name: str, *permissions: str) -> Asked:
    return Asked(name, name, "object", IPC, "ipc_class", permissions)


_FILE_ASKED: Final = (
    _file("file_opening", "open", capability="open_perms"),
    *(
        Asked(f"new_file_{word}", f"new_file_{word}", "made", ("file",), "", (permission,), capability=capability)
        for word, permission, capability in (
            ("opening", "open", "open_perms"),
            ("read", "read", ""),
            ("write", "write", ""),
            ("append", "append", ""),
        )
    ),
    _file("file_read", "read"),
    _file("file_write", "write"),
    _file("file_append", "append"),
    _file("file_execute", "execute"),
    _file("file_cut_by_name", "open", capability="open_perms"),
    _file("file_map", "map"),
    _file("file_command", "ioctl"),
    _file("file_close_on_exec", "ioctl", capability="not ioctl_skip_cloexec"),
    _file("file_take_lock", "lock"),
    _file("file_get_attributes", "getattr"),
    _file("file_set_attributes", "setattr"),
    _file("file_link", "link"),
    _file("file_unlink", "unlink"),
    _file("file_rename", "rename"),
    _file("file_quotas", "quotaon"),
    _file("file_watch", "watch"),
    _file("file_watch_mount", "watch_mount"),
    _file("file_watch_filesystem", "watch_sb"),
    _file("file_watch_mounts", "watch_mountns"),
    _file("file_watch_and_decide", "watch_with_perm"),
    _file("file_watch_reads", "watch_reads"),
    Asked("file_mount_on", "file_mount_on", "target", FILES, "target_class", ("mounton",)),
    Asked("file_relabel_from", "file_relabel", "object", FILES, "file_class", ("relabelfrom",), _IS_FILE),
    Asked("file_relabel_to", "file_relabel", "written", FILES, "file_class", ("relabelto",), _IS_FILE),
    Asked("descriptor_use", "descriptor_use", "opener", ("fd",), "", ("use",), _ELSEWHERE),
    _on("file_create", "file", "create", target="made"),
    _on("directory_create", "dir", "create", target="made"),
    _on("symlink_create", "lnk_file", "create", target="made"),
    Asked("node_create", "node_create", "made", FILES, "file_class", ("create",)),
    _on("anonymous_create", "anon_inode", "create", target="made_anonymous"),
    _on("directory_search", "dir", "search"),
    _on("directory_add_name", "dir", "add_name", "search", target="object.parent"),
    _on("directory_remove_name", "dir", "remove_name", "search", target="object.parent"),
    _on("directory_remove", "dir", "rmdir"),
    _on("directory_reparent", "dir", "reparent"),
)
_FILESYSTEM_ASKED: Final = (
    Asked("filesystem_hold", "any_create", "filesystem", ("filesystem",), "", ("associate",), source="made"),
    Asked("filesystem_relabel", "file_relabel", "filesystem", ("filesystem",), "", ("associate",), source="written"),
    _on("filesystem_mount", "filesystem", "mount", target="filesystem"),
    _on("filesystem_remount", "filesystem", "remount", target="filesystem"),
    _on("filesystem_unmount", "filesystem", "unmount", target="filesystem"),
    _on("filesystem_status", "filesystem", "getattr", target="filesystem"),
    _on("filesystem_set_quota", "filesystem", "quotamod", target="filesystem"),
    _on("filesystem_get_quota", "filesystem", "quotaget", target="filesystem"),
    Asked("filesystem_watch", "file_watch_filesystem", "filesystem", ("filesystem",), "", ("watch",)),
)
_PROCESS_ASKED: Final = (
    Asked("program_stays", "program_run", "object", ("file",), "", ("execute_no_trans",), _STAYS),
    Asked("program_transits", "program_run", "after", ("process",), "", ("transition",), _TRANSITS),
    Asked("program_enters", "program_run", "object", ("file",), "", ("entrypoint",), _TRANSITS, source="after"),
    _own("process_fork", "process", "fork"),
    _on("process_signal_child", "process", "sigchld"),
    _on("process_signal_kill", "process", "sigkill"),
    _on("process_signal_stop", "process", "sigstop"),
    _on("process_signal_none", "process", "signull"),
    _on("process_signal", "process", "signal"),
    _on("process_look", "file", "read"),
    _on("process_trace", "process", "ptrace"),
    _on("process_get_scheduling", "process", "getsched"),
    _on("process_set_scheduling", "process", "setsched"),
    _on("process_get_group", "process", "getpgid"),
    _on("process_set_group", "process", "setpgid"),
    _on("process_get_session", "process", "getsession"),
    _on("process_get_capabilities", "process", "getcap"),
    _own("process_set_capabilities", "process", "setcap"),
    _on("process_get_limits", "process", "getrlimit"),
    _on("process_set_limits", "process", "setrlimit"),
    _own("process_writable_code", "process", "execmem"),
    _own("process_low_memory", "memprotect", "mmap_zero"),
    Asked(
        *("process_use_capability", "process_use_capability", "subject"),
        ("capability", "cap_userns"),
        "capability_class",
        (),
        permission_of="capability_name",
        errno="",
    ),
    Asked(
        *("process_use_capability2", "process_use_capability2", "subject"),
        ("capability2", "cap2_userns"),
        "capability2_class",
        (),
        permission_of="capability_name",
        errno="",
    ),
    _own("process_set_keyboard", "capability", "sys_tty_config"),
    _own("user_namespace_create", "user_namespace", "create"),
)
_SOCKET_ASKED: Final = (
    Asked("socket_making", "socket_making", "made_socket", SOCKETS, "made_socket_class", ("create",)),
    _socket("socket_binding", "bind"),
    Asked(
        *("socket_binding_name", "socket_binding_name", "port", INTERNET, "socket_class", ("name_bind",)),
        source="object",
    ),
    Asked(
        *("socket_binding_node", "socket_binding_node", "node", INTERNET, "socket_class", ("node_bind",)),
        source="object",
    ),
    _socket("socket_connecting", "connect"),
    Asked(
        *("socket_connecting_name", "socket_connecting_name", "port"),
        ("tcp_socket", "dccp_socket", "sctp_socket"),
        "socket_class",
        ("name_connect",),
        'socket_class in {"tcp_socket", "dccp_socket", "sctp_socket"}',
        source="object",
    ),
    _socket("socket_listening", "listen"),
    _socket("socket_accepting", "accept"),
    _socket("socket_reading", "read"),
    _socket("socket_writing", "write"),
    _socket("socket_get_names", "getattr"),
    _socket("socket_get_option", "getopt"),
    _socket("socket_set_option", "setopt"),
    _socket("socket_shutting", "shutdown"),
    Asked("unix_connect_to", "unix_connect_to", "object", ("unix_stream_socket",), "", ("connectto",), source="own"),
    Asked(
        *("unix_send_to", "unix_send_to", "object", ("unix_dgram_socket", "unix_stream_socket", "socket")),
        "socket_class",
        ("sendto",),
        source="own",
    ),
    _own("tunnel_create", "tun_socket", "create"),
    _own("tunnel_attach_queue", "tun_socket", "attach_queue"),
    _own("tunnel_open", "tun_socket", "relabelfrom", "relabelto"),
)
_IPC_ASKED: Final = (
    Asked("ipc_create", "ipc_create", "subject", IPC, "ipc_class", ("create",)),
    _ipc("ipc_associate", "associate"),
    _ipc("ipc_permission_read", "unix_read"),
    _ipc("ipc_permission_write", "unix_write"),
    _ipc("ipc_status", "getattr", "associate"),
    _ipc("ipc_set", "setattr"),
    _ipc("ipc_destroy", "destroy"),
    _on("ipc_machine", "system", "ipc_info", target="kernel"),
    _on("message_send", "msgq", "write"),
    Asked("message_send_it", "message_send", "made_message", ("msg",), "", ("send",)),
    Asked("message_enqueue", "message_send", "object", ("msgq",), "", ("enqueue",), source="made_message"),
    _on("message_receive", "msgq", "read", errno=""),
    _on("semaphore_get_attributes", "sem", "getattr"),
    _on("semaphore_read", "sem", "read"),
    _on("semaphore_write", "sem", "write"),
    _on("memory_read", "shm", "read"),
    _on("memory_write", "shm", "write"),
    _on("memory_lock", "shm", "lock"),
    _on("key_view", "key", "view"),
    _on("key_read", "key", "read"),
    _on("key_write", "key", "write"),
    _on("key_search", "key", "search"),
    _on("key_link", "key", "link"),
    _on("key_set_attributes", "key", "setattr"),
    _own("binder_manage", "binder", "set_context_mgr"),
    _on("binder_call", "binder", "call", errno=""),
    _on("binder_transfer", "binder", "transfer", errno=""),
)
_MACHINE_ASKED: Final = (
    _on("system_request_module", "system", "module_request", target="kernel"),
    _on("system_load_module_file", "system", "module_load"),
    _own("system_load_module_data", "system", "module_load"),
    _on("system_log_read", "system", "syslog_read", target="kernel"),
    _on("system_log_console", "system", "syslog_console", target="kernel"),
    _on("system_log_change", "system", "syslog_mod", target="kernel"),
    _on("kernel_create_as", "kernel_service", "create_files_as"),
    _own("bpf_make_map", "bpf", "map_create"),
    _own("bpf_load_program", "bpf", "prog_load"),
    _on("bpf_map_read", "bpf", "map_read"),
    _on("bpf_map_write", "bpf", "map_write"),
    _on("bpf_program_run", "bpf", "prog_run"),
    _own("measurement_open", "perf_event", "open"),
    _own("measurement_cpu", "perf_event", "cpu"),
    _own("measurement_kernel", "perf_event", "kernel"),
    _own("measurement_tracepoint", "perf_event", "tracepoint"),
    _own("measurement_read", "perf_event", "read"),
    _own("measurement_write", "perf_event", "write"),
    _own("ring_poll", "io_uring", "sqpoll"),
    _own("ring_credentials", "io_uring", "override_creds"),
    _on("ring_command", "io_uring", "cmd"),
)

ASKED: Final[tuple[Asked, ...]] = (
    *_FILE_ASKED,
    *_FILESYSTEM_ASKED,
    *_PROCESS_ASKED,
    *_SOCKET_ASKED,
    *_IPC_ASKED,
    *_MACHINE_ASKED,
)
"""All that a rule can deny."""

CONDITIONS: Final[tuple[Asked, ...]] = (
    Asked("attribute_exec", "process_attribute_exec", "subject", ("process",), "", ("setexec",)),
    Asked("attribute_files", "process_attribute_files", "subject", ("process",), "", ("setfscreate",)),
    Asked("attribute_keys", "process_attribute_keys", "subject", ("process",), "", ("setkeycreate",)),
    Asked("attribute_key", "process_attribute_keys", "written", ("key",), "", ("create",), 'value != ""'),
    Asked("attribute_sockets", "process_attribute_sockets", "subject", ("process",), "", ("setsockcreate",)),
    Asked("attribute_current", "process_attribute_current", "subject", ("process",), "", ("setcurrent",)),
    Asked("attribute_transition", "process_attribute_current", "written", ("process",), "", ("dyntransition",)),
    Asked(
        *("program_gains", "program_run", "wanted", ("process2",), "", ("nnp_transition",), "subject.no_new_privs"),
        capability="nnp_nosuid_transition",
    ),
)
"""What decides an effect, not a verdict: whether a task's attribute changes, at a hook whose answer is none
(``setprocattr``), and whether a program runs in another context in spite of ``no_new_privs``: without it, in the same one."""

REFUSED: Final[tuple[Refused, ...]] = (
    Refused("label_stays", "file_unlabel", "EACCES", "", "nobody takes a label off"),
    Refused(
        "label_of_another",
        "file_relabel",
        "EPERM",
        "subject.fsuid != object.owner and not (subject.effective has CAP_FOWNER)",
        "who relabels a file owns it, or has CAP_FOWNER",
    ),
)

APPROXIMATED: Final[Mapping[str, str]] = {
    "process_set_limits": "SELinux asks where the hard limit changes; the old one is not told, so all changes are asked about",
    "process_writable_code": (
        "what mprotect(2) makes both writable and executable is taken to be private, and the heap and the stack, of which"
        " SELinux asks execheap and execstack first, to be memory like any other"
    ),
    "process_low_memory": "the limit is a setting of the kernel's build, taken to be 64 KiB",
    "socket_binding_name": "the range of ports for clients is a setting, taken to be 32768 to 60999",
    "socket_binding": "of several addresses that sctp_bindx(3) gives, the first is told",
    "file_unlink": "that a rename replaces a file is told to path_rename alone, where SELinux has no hook",
    "directory_remove": "the same, of directories",
    "directory_remove_name": "the same, of the directory that the replaced file is in",
    "file_read": "files of /proc/PID are taken to be of the task that opens them; into others it looks by `process_look`",
    "file_cut_by_name": "SELinux asks later, at inode_setattr, where a name is not told from a descriptor",
    "tunnel_attach_queue": "the device's context is taken to be the caller's",
    "tunnel_open": "the device's context is taken to be the caller's",
    "measurement_read": "the measurement's context is taken to be the caller's",
    "measurement_write": "the measurement's context is taken to be the caller's",
    "ring_credentials": "the context of the credentials is taken to be the caller's",
    "message_send_it": "a message has the context that is computed when it is sent, and it is not kept",
}
"""Where our hooks tell less than SELinux knows: by the name of what is asked, what is done instead."""
