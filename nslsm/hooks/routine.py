"""Hooks that are routine: called as a matter of course, and nobody decides by them. The others are where decisions are made.

A comparison with a real kernel that counted them alone would measure how well the allocation of credentials is modelled;
without them it measures what policies are written about. They are three quarters of what a kernel calls.
"""

from typing import Final

_MADE_AND_FREED: Final = """
    task_free cred_alloc_blank cred_free cred_prepare cred_transfer file_alloc_security file_free_security
    inode_alloc_security inode_free_security sb_alloc_security sb_free_security sb_delete sb_free_mnt_opts
    sk_alloc_security sk_free_security sk_clone_security msg_msg_alloc_security msg_msg_free_security
    msg_queue_free_security shm_free_security sem_free_security key_free bpf_map_alloc_security bpf_map_free_security
    bpf_prog_alloc_security bpf_prog_free_security perf_event_alloc perf_event_free secmark_refcount_inc
    secmark_refcount_dec
"""
_LABELLED: Final = """
    cred_getsecid current_getsecid_subj task_getsecid_obj inode_getsecid sk_getsecid d_instantiate inode_init_security
    inode_post_setxattr inode_invalidate_secctx inode_notifysecctx inode_setsecctx inode_getsecctx release_secctx
    secid_to_secctx task_to_inode kernfs_init_security sock_graft inet_csk_clone socket_getpeersec_dgram ismaclabel
    sb_set_mnt_opts sb_clone_mnt_opts sb_eat_lsm_opts req_classify_flow xfrm_decode_session
"""
_TOLD: Final = """
    file_set_fowner bprm_committing_creds bprm_committed_creds socket_post_create inet_conn_established
"""
_SEARCHED: Final = "inode_permission inode_getattr inode_follow_link"
_ACCOUNTED: Final = "vm_enough_memory mmap_addr"

REASONS: Final = (
    ("makes room for a module's label, or frees it", tuple(_MADE_AND_FREED.split())),
    ("gives a label, asks for one, or passes it on", tuple(_LABELLED.split())),
    ("tells of what was decided before", tuple(_TOLD.split())),
    ("looks up a path, or what stat(2) shows", tuple(_SEARCHED.split())),
    ("accounts for memory", tuple(_ACCOUNTED.split())),
)
"""Why each is routine. The hooks are those of Linux 6.1."""

ROUTINE: Final = frozenset(hook for _, hooks in REASONS for hook in hooks)
"""All of them, by name."""
