"""Facts of Linux that the tests hold the table against: the classes and permissions of SELinux, and the hooks that it has.

Sources: security/selinux/include/classmap.h, somewhat later than 6.12 (it has ``watch_mountns``, ``nlmsg`` and ``io_uring``'s
``allowed``); the names registered by security/selinux/hooks.c of 6.12.
"""

from collections.abc import Mapping
from typing import Final

_SHARED: Final = "ioctl read write create getattr setattr lock relabelfrom relabelto append map"
_FILE: Final = (
    f"{_SHARED} unlink link rename execute quotaon mounton audit_access open execmod"
    " watch watch_mount watch_sb watch_with_perm watch_reads watch_mountns"
)
_SOCKET: Final = f"{_SHARED} bind connect listen accept getopt setopt shutdown recvfrom sendto name_bind"
_IPC: Final = "create destroy getattr setattr read write associate unix_read unix_write"
_CAPABILITY: Final = (
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service"
    " net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin"
    " sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap"
)
_CAPABILITY2: Final = "mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
_OTHER_SOCKETS: Final = (
    "socket netlink_socket packet_socket key_socket unix_dgram_socket netlink_nflog_socket netlink_selinux_socket"
    " netlink_iscsi_socket netlink_fib_lookup_socket netlink_connector_socket netlink_netfilter_socket netlink_dnrt_socket"
    " netlink_kobject_uevent_socket netlink_generic_socket netlink_scsitransport_socket netlink_rdma_socket"
    " netlink_crypto_socket appletalk_socket ax25_socket ipx_socket netrom_socket atmpvc_socket x25_socket rose_socket"
    " decnet_socket atmsvc_socket rds_socket irda_socket pppox_socket llc_socket can_socket tipc_socket bluetooth_socket"
    " iucv_socket rxrpc_socket isdn_socket phonet_socket ieee802154_socket caif_socket alg_socket nfc_socket vsock_socket"
    " kcm_socket qipcrtr_socket smc_socket xdp_socket mctp_socket"
)
_CLASSES: Final[Mapping[str, str]] = {
    "security": "compute_av compute_create compute_member check_context load_policy compute_relabel compute_user setenforce"
    " setbool setsecparam setcheckreqprot read_policy validate_trans",
    "process": "fork transition sigchld sigkill sigstop signull signal ptrace getsched setsched getsession getpgid setpgid"
    " getcap setcap share getattr setexec setfscreate noatsecure siginh setrlimit rlimitinh dyntransition setcurrent"
    " execmem execstack execheap setkeycreate setsockcreate getrlimit",
    "process2": "nnp_transition nosuid_transition",
    "system": "ipc_info syslog_read syslog_mod syslog_console module_request module_load",
    "capability": _CAPABILITY,
    "cap_userns": _CAPABILITY,
    "capability2": _CAPABILITY2,
    "cap2_userns": _CAPABILITY2,
    "filesystem": "mount remount unmount getattr relabelfrom relabelto associate quotamod quotaget watch",
    "file": f"{_FILE} execute_no_trans entrypoint",
    "dir": f"{_FILE} add_name remove_name reparent search rmdir",
    **dict.fromkeys(("lnk_file", "chr_file", "blk_file", "sock_file", "fifo_file", "anon_inode"), _FILE),
    "fd": "use",
    **dict.fromkeys(_OTHER_SOCKETS.split(), _SOCKET),
    **dict.fromkeys(("tcp_socket", "dccp_socket"), f"{_SOCKET} node_bind name_connect"),
    **dict.fromkeys(("udp_socket", "rawip_socket", "icmp_socket"), f"{_SOCKET} node_bind"),
    "sctp_socket": f"{_SOCKET} node_bind name_connect association",
    "unix_stream_socket": f"{_SOCKET} connectto",
    **dict.fromkeys(
        ("netlink_route_socket", "netlink_tcpdiag_socket", "netlink_xfrm_socket"),
        f"{_SOCKET} nlmsg_read nlmsg_write nlmsg",
    ),
    "netlink_audit_socket": f"{_SOCKET} nlmsg_read nlmsg_write nlmsg_relay nlmsg_readpriv nlmsg_tty_audit nlmsg",
    "tun_socket": f"{_SOCKET} attach_queue",
    "node": "recvfrom sendto",
    "netif": "ingress egress",
    "packet": "send recv relabelto forward_in forward_out",
    "peer": "recv",
    "association": "sendto recvfrom setcontext polmatch",
    "ipc": _IPC,
    "sem": _IPC,
    "msgq": f"{_IPC} enqueue",
    "shm": f"{_IPC} lock",
    "msg": "send receive",
    "key": "view read write search link setattr create",
    "memprotect": "mmap_zero",
    "kernel_service": "use_as_override create_files_as",
    "binder": "impersonate call set_context_mgr transfer",
    "infiniband_pkey": "access",
    "infiniband_endport": "manage_subnet",
    "bpf": "map_create map_read map_write prog_load prog_run",
    "perf_event": "open cpu kernel tracepoint read write",
    "io_uring": "override_creds sqpoll cmd allowed",
    "user_namespace": "create",
}
CLASSES: Final[Mapping[str, frozenset[str]]] = {name: frozenset(held.split()) for name, held in _CLASSES.items()}
"""Permissions by class."""

_HOOKS: Final = """
    binder_set_context_mgr binder_transaction binder_transfer_binder binder_transfer_file ptrace_access_check ptrace_traceme
    capget capset capable quotactl quota_on syslog vm_enough_memory netlink_send bprm_creds_for_exec bprm_committing_creds
    bprm_committed_creds sb_free_mnt_opts sb_mnt_opts_compat sb_remount sb_kern_mount sb_show_options sb_statfs sb_mount
    sb_umount sb_set_mnt_opts sb_clone_mnt_opts move_mount dentry_init_security dentry_create_files_as inode_free_security
    inode_init_security inode_init_security_anon inode_create inode_link inode_unlink inode_symlink inode_mkdir inode_rmdir
    inode_mknod inode_rename inode_readlink inode_follow_link inode_permission inode_setattr inode_getattr
    inode_xattr_skipcap inode_setxattr inode_post_setxattr inode_getxattr inode_listxattr inode_removexattr inode_set_acl
    inode_get_acl inode_remove_acl inode_getsecurity inode_setsecurity inode_listsecurity inode_getsecid inode_copy_up
    inode_copy_up_xattr path_notify kernfs_init_security file_permission file_alloc_security file_ioctl file_ioctl_compat
    mmap_file mmap_addr file_mprotect file_lock file_fcntl file_set_fowner file_send_sigiotask file_receive file_open
    task_alloc cred_prepare cred_transfer cred_getsecid kernel_act_as kernel_create_files_as kernel_module_request
    kernel_load_data kernel_read_file task_setpgid task_getpgid task_getsid current_getsecid_subj task_getsecid_obj
    task_setnice task_setioprio task_getioprio task_prlimit task_setrlimit task_setscheduler task_getscheduler
    task_movememory task_kill task_to_inode userns_create ipc_permission ipc_getsecid msg_queue_associate msg_queue_msgctl
    msg_queue_msgsnd msg_queue_msgrcv shm_associate shm_shmctl shm_shmat sem_associate sem_semctl sem_semop d_instantiate
    getselfattr setselfattr getprocattr setprocattr ismaclabel secctx_to_secid release_secctx inode_invalidate_secctx
    inode_notifysecctx inode_setsecctx unix_stream_connect unix_may_send socket_create socket_post_create socket_socketpair
    socket_bind socket_connect socket_listen socket_accept socket_sendmsg socket_recvmsg socket_getsockname
    socket_getpeername socket_getsockopt socket_setsockopt socket_shutdown socket_sock_rcv_skb socket_getpeersec_stream
    socket_getpeersec_dgram sk_free_security sk_clone_security sk_getsecid sock_graft sctp_assoc_request sctp_sk_clone
    sctp_bind_connect sctp_assoc_established mptcp_add_subflow inet_conn_request inet_csk_clone inet_conn_established
    secmark_relabel_packet secmark_refcount_inc secmark_refcount_dec req_classify_flow tun_dev_create tun_dev_attach_queue
    tun_dev_attach tun_dev_open ib_pkey_access ib_endport_manage_subnet xfrm_policy_free_security
    xfrm_policy_delete_security xfrm_state_free_security xfrm_state_delete_security xfrm_policy_lookup
    xfrm_state_pol_flow_match xfrm_decode_session key_permission key_getsecurity watch_key audit_rule_known audit_rule_match
    audit_rule_free bpf bpf_map bpf_prog bpf_map_free bpf_prog_free bpf_token_free perf_event_open perf_event_read
    perf_event_write uring_override_creds uring_sqpoll uring_cmd fs_context_submount fs_context_dup fs_context_parse_param
    sb_eat_lsm_opts xfrm_policy_clone_security msg_msg_alloc_security msg_queue_alloc_security shm_alloc_security
    sb_alloc_security inode_alloc_security sem_alloc_security secid_to_secctx inode_getsecctx sk_alloc_security
    tun_dev_alloc_security ib_alloc_security xfrm_policy_alloc_security xfrm_state_alloc xfrm_state_alloc_acquire key_alloc
    audit_rule_init bpf_map_create bpf_prog_load bpf_token_create perf_event_alloc
"""
HOOKS: Final = tuple(_HOOKS.split())
"""The hooks that SELinux has functions for."""
