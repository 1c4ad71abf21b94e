"""The words that facts of hooks are told in: enumerations and sets of flags that belong to no kind of thing.

Unless a type says otherwise, a member is the C name in small letters without its prefix: ``CLONE_NEWUSER`` is ``newuser``,
``F_SETFL`` is ``setfl``. Bits that have no member here are left out of the set of flags; a value that has none in an
enumeration is ``other``. Sources: the kernel's user-space headers, and the manual page named with each type.
"""

from typing import Final

from nslsm.hooks.types import Enumeration, Flags

FCNTL_COMMAND: Final = Enumeration(
    "fcntl_command",
    (
        "dupfd",
        "getfd",
        "setfd",
        "getfl",
        "setfl",
        "getlk",
        "setlk",
        "setlkw",
        "setown",
        "getown",
        "setsig",
        "getsig",
        "setown_ex",
        "getown_ex",
        "getowner_uids",
        "ofd_getlk",
        "ofd_setlk",
        "ofd_setlkw",
        "setlease",
        "getlease",
        "notify",
        "dupfd_query",
        "created_query",
        "cancellk",
        "dupfd_cloexec",
        "setpipe_sz",
        "getpipe_sz",
        "add_seals",
        "get_seals",
        "get_rw_hint",
        "set_rw_hint",
        "get_file_rw_hint",
        "set_file_rw_hint",
        "getdeleg",
        "setdeleg",
        "other",
    ),
)
"""Commands of fcntl(2); the 64-bit variants of 32-bit programs (``F_GETLK64``) count as the plain ones."""

FILE_LOCK: Final = Enumeration("file_lock", ("shared", "exclusive", "unlock"))
"""Locks of flock(2) and fcntl(2), and leases: ``F_RDLCK``, ``F_WRLCK``, ``F_UNLCK``."""

MMAP_FLAGS: Final = Flags(
    "mmap_flags",
    (
        "shared",
        "private",
        "fixed",
        "anonymous",
        "low_2gb",
        "growsdown",
        "denywrite",
        "executable",
        "locked",
        "noreserve",
        "populate",
        "nonblock",
        "stack",
        "hugetlb",
        "sync",
        "fixed_noreplace",
        "uninitialized",
        "droppable",
    ),
)
"""Flags of mmap(2). ``MAP_SHARED_VALIDATE`` is ``shared``, ``MAP_32BIT`` is ``low_2gb``."""

RENAME_FLAGS: Final = Flags("rename_flags", ("noreplace", "exchange", "whiteout"))
"""Flags of renameat2(2)."""

WATCH_MASK: Final = Flags(
    "watch_mask",
    (
        "access",
        "modify",
        "attrib",
        "close_write",
        "close_nowrite",
        "open",
        "moved_from",
        "moved_to",
        "create",
        "delete",
        "delete_self",
        "move_self",
        "open_exec",
        "unmount",
        "overflow",
        "error",
        "open_permission",
        "access_permission",
        "open_exec_permission",
        "pre_access",
        "mount_attach",
        "mount_detach",
        "rename",
        "on_directory",
    ),
)
"""What a watch asks to be told of, inotify(7) and fanotify_mark(2); the ``_permission`` ones let the watcher say no."""

WATCHED: Final = Enumeration("watched", ("inode", "mount", "filesystem", "mount_namespace", "other"))
"""How much a watch covers, fanotify_mark(2)."""

ATTRIBUTES: Final = Flags(
    "attributes",
    (
        "mode",
        "owner",
        "group",
        "size",
        "atime",
        "mtime",
        "ctime",
        "atime_set",
        "mtime_set",
        "times_set",
        "touch",
        "force",
        "kill_suid",
        "kill_sgid",
        "kill_priv",
        "open",
    ),
)
"""Which attributes of a file change (``ATTR_*`` of ``include/linux/fs.h``).

``atime_set`` and ``mtime_set``: to a time of the caller's choice, not to now. ``kill_*``: set-uid, set-gid and file
capabilities go, because somebody writes to the file. ``open``: by an open with O_TRUNC.
"""

INODE_FLAGS: Final = Flags(
    "inode_flags",
    (
        "realtime",
        "prealloc",
        "immutable",
        "append",
        "sync",
        "noatime",
        "nodump",
        "rtinherit",
        "projinherit",
        "nosymlinks",
        "extsize",
        "extszinherit",
        "nodefrag",
        "filestream",
        "dax",
        "cowextsize",
        "verity",
        "hasattr",
    ),
)
"""Flags that a file system keeps with an inode (``FS_XFLAG_*``), ioctl_iflags(2)."""

INTEGRITY_PROOF: Final = Enumeration(
    "integrity_proof", ("dmverity_signature", "dmverity_root_hash", "fsverity_signature", "other")
)
"""What the kernel has found out about where data come from (``LSM_INT_*`` of ``include/linux/security.h``)."""

MOUNT_CHANGE: Final = Enumeration("mount_change", ("new", "bind", "move", "remount", "remount_bind", "propagation"))
"""What mount(2) is asked to do, by the flags that choose (``path_mount``).

``new`` mounts a file system, ``bind`` makes a tree visible elsewhere too, ``remount`` changes a file system's options,
``remount_bind`` those of one mount, ``propagation`` how mounts below it are shared, mount_namespaces(7).
"""

MOUNT_FLAGS: Final = Flags(
    "mount_flags",
    (
        "rdonly",
        "nosuid",
        "nodev",
        "noexec",
        "synchronous",
        "remount",
        "mandlock",
        "dirsync",
        "nosymfollow",
        "noatime",
        "nodiratime",
        "bind",
        "move",
        "rec",
        "silent",
        "posixacl",
        "unbindable",
        "private",
        "slave",
        "shared",
        "relatime",
        "kernmount",
        "i_version",
        "strictatime",
        "lazytime",
    ),
)
"""Flags of mount(2), ``MS_*``; ``rec`` stands for all mounts below too."""

UNMOUNT_FLAGS: Final = Flags("unmount_flags", ("force", "detach", "expire", "nofollow"))
"""Flags of umount2(2), ``MNT_*`` and ``UMOUNT_NOFOLLOW``; ``detach`` unmounts what is in use, as soon as it no longer is."""

CLONE_FLAGS: Final = Flags(
    "clone_flags",
    (
        "newtime",
        "vm",
        "fs",
        "files",
        "sighand",
        "pidfd",
        "ptrace",
        "vfork",
        "parent",
        "thread",
        "newns",
        "sysvsem",
        "settls",
        "parent_settid",
        "child_cleartid",
        "detached",
        "untraced",
        "child_settid",
        "newcgroup",
        "newuts",
        "newipc",
        "newuser",
        "newpid",
        "newnet",
        "io",
        "clear_sighand",
        "into_cgroup",
        "newlsm",
    ),
)
"""Flags of clone(2); fork(2) has none of them, vfork(2) has ``vm`` and ``vfork``.

``newlsm`` is the proposed ``CLONE_NEWLSM``, "LSM namespacing API", February 2026.
"""

RESOURCE: Final = Enumeration(
    "resource",
    (
        "cpu",
        "fsize",
        "data",
        "stack",
        "core",
        "rss",
        "nproc",
        "nofile",
        "memlock",
        "address_space",
        "locks",
        "sigpending",
        "msgqueue",
        "nice",
        "rtprio",
        "rttime",
    ),
)
"""Resources that setrlimit(2) limits; ``RLIMIT_AS`` is ``address_space``."""

PRLIMIT_FLAGS: Final = Flags("prlimit_flags", ("read", "write"))
"""Whether prlimit(2) asks for the old limit or brings a new one (``LSM_PRLIMIT_*``)."""

IO_CLASS: Final = Enumeration("io_class", ("none", "realtime", "best_effort", "idle", "other"))
"""Classes of input and output scheduling (``IOPRIO_CLASS_*``), ioprio_set(2)."""

SETID_FLAGS: Final = Flags("setid_flags", ("id", "re", "res", "fs"))
"""Which call changes ids: ``id`` is setuid(2), ``re`` setreuid(2), ``res`` setresuid(2), ``fs`` setfsuid(2); groups alike."""

CAPABLE_FLAGS: Final = Flags("capable_flags", ("noaudit", "insetid"))
"""How a capability is asked about: without leaving a record, or on behalf of setuid(2) and its kin (``CAP_OPT_*``)."""

PTRACE_MODE: Final = Flags("ptrace_mode", ("read", "attach", "noaudit", "fscreds", "realcreds"))
"""How deep a look into another process goes, ptrace(2), "Ptrace access mode checking"."""

MESSAGE_FLAGS: Final = Flags(
    "message_flags",
    (
        "oob",
        "peek",
        "dontroute",
        "trunc",
        "dontwait",
        "eor",
        "waitall",
        "confirm",
        "errqueue",
        "nosignal",
        "more",
        "waitforone",
        "zerocopy",
        "fastopen",
        "cmsg_cloexec",
    ),
)
"""Flags of recvmsg(2) and sendmsg(2)."""

SHUTDOWN: Final = Enumeration("shutdown", ("read", "write", "both", "other"))
"""Which half of a connection ends, shutdown(2)."""

BINDING_MODE: Final = Enumeration("binding_mode", ("complain", "enforce"), ordered=True)
"""Whether a binding's denials count, or are recorded only (Model M1, Binding)."""

PRCTL_OPTION: Final = Enumeration(
    "prctl_option",
    (
        "set_pdeathsig",
        "get_pdeathsig",
        "get_dumpable",
        "set_dumpable",
        "get_unalign",
        "set_unalign",
        "get_keepcaps",
        "set_keepcaps",
        "get_fpemu",
        "set_fpemu",
        "get_fpexc",
        "set_fpexc",
        "get_timing",
        "set_timing",
        "set_name",
        "get_name",
        "get_endian",
        "set_endian",
        "get_seccomp",
        "set_seccomp",
        "capbset_read",
        "capbset_drop",
        "get_tsc",
        "set_tsc",
        "get_securebits",
        "set_securebits",
        "set_timerslack",
        "get_timerslack",
        "task_perf_events_disable",
        "task_perf_events_enable",
        "mce_kill",
        "mce_kill_get",
        "set_mm",
        "set_child_subreaper",
        "get_child_subreaper",
        "set_no_new_privs",
        "get_no_new_privs",
        "get_tid_address",
        "set_thp_disable",
        "get_thp_disable",
        "cap_ambient",
        "get_speculation_ctrl",
        "set_speculation_ctrl",
        "set_io_flusher",
        "get_io_flusher",
        "set_syscall_user_dispatch",
        "sched_core",
        "set_mdwe",
        "get_mdwe",
        "set_memory_merge",
        "get_memory_merge",
        "get_shadow_stack_status",
        "set_shadow_stack_status",
        "lock_shadow_stack_status",
        "timer_create_restore_ids",
        "futex_hash",
        "set_vma",
        "get_auxv",
        "set_ptracer",
        "other",
    ),
)
"""Options of prctl(2) on x86-64."""

SCTP_OPTION: Final = Enumeration(
    "sctp_option",
    ("bind_add", "primary_address", "set_peer_primary", "connect", "send_connect", "parameter_add", "parameter_set"),
)
