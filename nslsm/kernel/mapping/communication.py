"""What system calls raise by which processes speak to and reach into one another."""

from typing import Final

from nslsm.kernel import operations as op
from nslsm.kernel.mapping.entry import OVERRIDE, SENT, TRACED, mapped

COMMUNICATION: Final = (
    mapped(
        op.MakeSocket,
        "socket",
        "__sock_create, inet_create, packet_create",
        "socket_create",
        "capable: raw and packet sockets (CAP_NET_RAW)",
        "socket_post_create",
    ),
    mapped(
        op.MakeSocketPair,
        "socketpair",
        "__sys_socketpair",
        "socket_create: for each of the two",
        "capable: raw and packet sockets (CAP_NET_RAW)",
        "socket_post_create: for each of the two",
        "socket_socketpair",
    ),
    mapped(
        op.Bind,
        "bind",
        "__sys_bind, unix_bind_bsd, __inet_bind",
        "socket_bind",
        "path_mknod: a unix socket's path",
        "inode_permission: for the directory of a unix socket's path",
        "inode_mknod: a unix socket's path",
        "path_post_mknod: a unix socket's path, since 6.9",
        "capable: a port below 1024 (CAP_NET_BIND_SERVICE), or the permission bits do not do",
    ),
    mapped(
        op.Connect,
        "connect",
        "__sys_connect, unix_find_other, unix_stream_connect, unix_dgram_connect",
        "socket_connect",
        "inode_permission: for a unix socket's path",
        OVERRIDE,
        "unix_find: a unix socket's path, since 7.2",
        "unix_stream_connect: a unix stream or seqpacket socket",
        "unix_may_send: a unix datagram socket",
    ),
    mapped(op.Listen, "listen", "__sys_listen", "socket_listen"),
    mapped(op.Accept, "accept accept4", "do_accept", "socket_accept"),
    mapped(op.Send, "sendto sendmsg sendmmsg send", "__sock_sendmsg, unix_dgram_sendmsg, netlink_sendmsg", *SENT),
    mapped(
        op.Receive,
        "recvfrom recvmsg recvmmsg recv",
        "sock_recvmsg, receive_fd",
        "socket_recvmsg",
        "file_receive: for each descriptor that came along",
    ),
    mapped(op.GetSocketName, "getsockname", "__sys_getsockname", "socket_getsockname"),
    mapped(op.GetPeerName, "getpeername", "__sys_getpeername", "socket_getpeername"),
    mapped(op.GetSocketOption, "getsockopt", "__sys_getsockopt", "socket_getsockopt"),
    mapped(op.SetSocketOption, "setsockopt", "__sys_setsockopt", "socket_setsockopt"),
    mapped(op.Shutdown, "shutdown", "__sys_shutdown", "socket_shutdown"),
    mapped(
        op.Kill,
        "kill rt_sigqueueinfo",
        "kill_something_info, check_kill_permission",
        "capable: another user's (CAP_KILL)",
        "task_kill: for each process",
    ),
    mapped(
        op.KillThread,
        "tkill tgkill rt_tgsigqueueinfo",
        "do_tkill, check_kill_permission",
        "capable: another user's (CAP_KILL)",
        "task_kill",
    ),
    mapped(
        op.KillByDescriptor,
        "pidfd_send_signal",
        "sys_pidfd_send_signal, check_kill_permission",
        "capable: another user's (CAP_KILL)",
        "task_kill",
    ),
    mapped(
        op.Trace,
        "ptrace",
        "sys_ptrace, ptrace_attach, ptrace_traceme, __ptrace_may_access",
        "ptrace_traceme: PTRACE_TRACEME",
        *(f"{each}; PTRACE_ATTACH, PTRACE_SEIZE" for each in TRACED),
    ),
    mapped(op.ReachMemory, "process_vm_readv process_vm_writev process_madvise", "mm_access", *TRACED),
    mapped(op.TakeDescriptor, "pidfd_getfd", "pidfd_getfd, receive_fd", *TRACED, "file_receive"),
    mapped(op.Compare, "kcmp", "sys_kcmp", *TRACED),
    mapped(
        op.NamespaceUnshare,
        "lsm_unshare",
        "none of Linux's: Model M5.1",
        "capable: without no_new_privs (CAP_MAC_ADMIN)",
        "namespace_create",
        "namespace_bind: for each binding",
        "namespace_enter",
    ),
)
"""Calls on sockets, signals, tracing and security namespaces."""
