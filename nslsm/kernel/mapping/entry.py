"""What an entry of the mapping says: hooks in order, each with the condition on which it is raised."""

from typing import Final, NamedTuple

from nslsm.kernel.operations import Operation


class Raised(NamedTuple):
    """A hook, and when a call raises it; always, where ``when`` is empty."""

    hook: str
    when: str = ""
    follows: tuple[str, ...] = ()
    """The functions of Linux that call it; empty where those of the whole entry tell."""
    routine: bool = False
    """It makes room, labels, accounts or frees: raised where every hook is wanted (``Detail.EVERY``)."""


class Mapped(NamedTuple):
    """What one operation stands for and raises. ``follows`` names functions of Linux."""

    operation: type[Operation]
    calls: tuple[str, ...]
    follows: str
    raises: tuple[Raised, ...]


def mapped(operation: type[Operation], calls: str, follows: str, *raises: str) -> Mapped:
    """An entry; each of ``raises`` is ``hook``, ``hook: when``, or ``~hook @ function function: when``.

    The functions are those of Linux that call the hook; a tilde marks what is routine.

    >>> from nslsm.kernel.operations import Close
    >>> mapped(Close, "close", "close_fd", "~file_free_security @ __fput: nobody else has it open").raises[0].follows
    ('__fput',)
    """
    return Mapped(operation, tuple(calls.split()), follows, tuple(_raised(each) for each in raises))


def _raised(text: str) -> Raised:
    head, _, when = text.partition(": ")
    hook, _, functions = head.partition(" @ ")
    return Raised(hook.removeprefix("~"), when, tuple(functions.split()), hook.startswith("~"))


OVERRIDE: Final = "capable @ capable_wrt_inode_uidgid: the permission bits do not do"
OWNER: Final = "capable @ ns_capable capable_wrt_inode_uidgid: it is another user's (CAP_FOWNER)"
DIRECTORY: Final = (
    "inode_permission @ path_openat may_delete vfs_mkdir vfs_mknod vfs_symlink vfs_link vfs_create vfs_tmpfile:"
    " for the directory"
)
TRACED: Final = (
    "capable @ ns_capable: other ids, or not dumpable (CAP_SYS_PTRACE)",
    "ptrace_access_check @ ptrace_may_access ptrace_attach mm_access: another process",
)
SENT: Final = (
    "socket_sendmsg @ __sock_sendmsg sock_sendmsg",
    "~socket_getpeersec_dgram @ unix_get_secdata scm_send unix_dgram_sendmsg netlink_sendmsg: unix, netlink",
    "unix_may_send @ unix_dgram_sendmsg: a unix datagram",
    "netlink_send @ netlink_sendmsg: netlink",
    "~sk_getsecid @ udp_sendmsg raw_sendmsg: an inet datagram with an address of its own",
)
STATUS_CHANGES: Final = ("inode_setattr @ notify_change", "inode_post_setattr @ notify_change: since 6.9")
NICE: Final = "capable: another user's, or favoured (CAP_SYS_NICE)"

LOOKED_UP: Final = (
    "inode_follow_link @ step_into: a symbolic link on the way, in simulation or where searches are raised",
    "~task_to_inode @ pid_revalidate proc_pid_make_inode proc_pid_instantiate: a name below /proc/PID",
)
"""What looking a path up raises beside ``inode_permission`` for directories."""

NEW_FILE: Final = "~file_alloc_security @ __alloc_file"
FREED: Final = (
    "~sk_free_security @ __sk_destruct: a socket that nobody else has open",
    "~inode_free_security @ __destroy_inode: a pipe or socket that nobody else has open",
    "~file_free_security @ __fput: a file that nobody else has open or mapped",
)
NEW_INODE: Final = (
    "~inode_alloc_security @ inode_init_always",
    "~inode_init_security @ shmem_mknod shmem_symlink shmem_tmpfile",
    "~d_instantiate @ d_instantiate d_tmpfile",
)
"""An inode made and labelled: the file system does it, here as tmpfs."""

MEASURED: Final = "~current_getsecid_subj @ ima_file_check: a kernel with IMA"

KILLPRIV: Final = "inode_need_killpriv @ __file_remove_privs: a file that was made, and not written to yet"
NEW_VOLUME: Final = (
    "~sb_alloc_security @ alloc_super: one is made",
    "~inode_alloc_security @ inode_init_always: its root; proc and devpts have more from the beginning",
    "~d_instantiate @ d_make_root d_add: its root; proc and devpts have more from the beginning",
    "~sb_set_mnt_opts @ vfs_get_tree",
)
"""A file system made, or found where the same is mounted already."""
MADE_SPACES: Final = (
    *(
        f"{raised}; for message queues, CLONE_NEWIPC"
        if ": " in raised
        else f"{raised}: for message queues, CLONE_NEWIPC"
        for raised in NEW_VOLUME
    ),
    "~sb_free_mnt_opts @ put_fs_context: for message queues, CLONE_NEWIPC",
    "socket_create @ sock_create_lite __sock_create: CLONE_NEWNET, for each socket that the kernel uses itself",
    "~inode_alloc_security @ inode_init_always: CLONE_NEWNET, for each of them",
    "socket_post_create @ sock_create_lite __sock_create: CLONE_NEWNET, for each of them",
    "~sk_alloc_security @ sk_prot_alloc: CLONE_NEWNET, for each of them; before `socket_post_create` unless it is netlink's",
    "~kernfs_init_security @ __kernfs_new_node: CLONE_NEWNET, for each file of the loopback device",
)
"""What new namespaces of IPC and of networks bring with them."""
