"""The commands and purposes that facts about IPC, keys, BPF, measurements and the kernel itself are told in.

Unless a type says otherwise, a member is the C name in small letters without its prefix, as in
:mod:`nslsm.hooks.vocabulary`; a value that has no member is ``other``.
"""

from typing import Final

from nslsm.hooks.types import Enumeration, Flags

IPC_TYPE: Final = Enumeration("ipc_type", ("queue", "semaphores", "memory"))
"""What System V IPC has, sysvipc(7)."""

IPC_FLAGS: Final = Flags("ipc_flags", ("create", "exclusive", "nowait", "noerror", "except", "copy"))
"""``IPC_CREAT``, ``IPC_EXCL``, ``IPC_NOWAIT``; ``MSG_NOERROR``, ``MSG_EXCEPT``, ``MSG_COPY`` of msgrcv(2)."""

IPC_COMMAND: Final = Enumeration(
    "ipc_command",
    (
        "rmid",
        "set",
        "stat",
        "info",
        "msg_stat",
        "msg_info",
        "msg_stat_any",
        "getpid",
        "getval",
        "getall",
        "getncnt",
        "getzcnt",
        "setval",
        "setall",
        "sem_stat",
        "sem_info",
        "sem_stat_any",
        "lock",
        "unlock",
        "shm_stat",
        "shm_info",
        "shm_stat_any",
        "other",
    ),
)
"""Commands of msgctl(2), semctl(2), shmctl(2); ``IPC_RMID`` is ``rmid``, ``SHM_LOCK`` is ``lock``."""

ATTACH_FLAGS: Final = Flags("attach_flags", ("rdonly", "rnd", "remap", "exec"))
"""Flags of shmat(2)."""

KEY_NEED: Final = Enumeration(
    "key_need",
    (
        "unspecified",
        "view",
        "read",
        "write",
        "search",
        "link",
        "setattr",
        "unlink",
        "sysadmin_override",
        "authtoken_override",
        "defer_perm_check",
    ),
)
"""What a key is needed for (``enum key_need_perm``); the last four are asked about without regard to its permissions."""

BPF_COMMAND: Final = Enumeration(
    "bpf_command",
    (
        "map_create",
        "map_lookup_elem",
        "map_update_elem",
        "map_delete_elem",
        "map_get_next_key",
        "prog_load",
        "obj_pin",
        "obj_get",
        "prog_attach",
        "prog_detach",
        "prog_test_run",
        "prog_get_next_id",
        "map_get_next_id",
        "prog_get_fd_by_id",
        "map_get_fd_by_id",
        "obj_get_info_by_fd",
        "prog_query",
        "raw_tracepoint_open",
        "btf_load",
        "btf_get_fd_by_id",
        "task_fd_query",
        "map_lookup_and_delete_elem",
        "map_freeze",
        "btf_get_next_id",
        "map_lookup_batch",
        "map_lookup_and_delete_batch",
        "map_update_batch",
        "map_delete_batch",
        "link_create",
        "link_update",
        "link_get_fd_by_id",
        "link_get_next_id",
        "enable_stats",
        "iter_create",
        "link_detach",
        "prog_bind_map",
        "token_create",
        "prog_stream_read_by_fd",
        "other",
    ),
)
"""Commands of bpf(2), in the order of their numbers."""

BPF_MAP_TYPE: Final = Enumeration(
    "bpf_map_type",
    (
        "unspec",
        "hash",
        "array",
        "prog_array",
        "perf_event_array",
        "percpu_hash",
        "percpu_array",
        "stack_trace",
        "cgroup_array",
        "lru_hash",
        "lru_percpu_hash",
        "lpm_trie",
        "array_of_maps",
        "hash_of_maps",
        "devmap",
        "sockmap",
        "cpumap",
        "xskmap",
        "sockhash",
        "cgroup_storage",
        "reuseport_sockarray",
        "percpu_cgroup_storage",
        "queue",
        "stack",
        "sk_storage",
        "devmap_hash",
        "struct_ops",
        "ringbuf",
        "inode_storage",
        "task_storage",
        "bloom_filter",
        "user_ringbuf",
        "cgrp_storage",
        "arena",
        "other",
    ),
)
"""Kinds of BPF maps, in the order of their numbers."""

BPF_PROGRAM_TYPE: Final = Enumeration(
    "bpf_program_type",
    (
        "unspec",
        "socket_filter",
        "kprobe",
        "sched_cls",
        "sched_act",
        "tracepoint",
        "xdp",
        "perf_event",
        "cgroup_skb",
        "cgroup_sock",
        "lwt_in",
        "lwt_out",
        "lwt_xmit",
        "sock_ops",
        "sk_skb",
        "cgroup_device",
        "sk_msg",
        "raw_tracepoint",
        "cgroup_sock_addr",
        "lwt_seg6local",
        "lirc_mode2",
        "sk_reuseport",
        "flow_dissector",
        "cgroup_sysctl",
        "raw_tracepoint_writable",
        "cgroup_sockopt",
        "tracing",
        "struct_ops",
        "ext",
        "lsm",
        "sk_lookup",
        "syscall",
        "netfilter",
        "other",
    ),
)
"""Kinds of BPF programs, in the order of their numbers."""

MEASURED: Final = Enumeration("measured", ("open", "cpu", "kernel", "tracepoint"))
"""What a measurement is about to reach (``PERF_SECURITY_*``): any at all, a processor, the kernel, a trace point's data."""

TRUSTED_DATA: Final = Enumeration(
    "trusted_data",
    ("unknown", "firmware", "module", "kexec_image", "kexec_initramfs", "policy", "x509_certificate"),
)
"""What the kernel takes data for that it will trust (``READING_*``, ``LOADING_*`` of ``include/linux/kernel_read_file.h``)."""

LOCKDOWN_REASON: Final = Enumeration(
    "lockdown_reason",
    (
        "none",
        "module_signature",
        "dev_mem",
        "efi_test",
        "kexec",
        "hibernation",
        "pci_access",
        "ioport",
        "msr",
        "acpi_tables",
        "device_tree",
        "pcmcia_cis",
        "tiocsserial",
        "module_parameters",
        "mmiotrace",
        "debugfs",
        "xmon_wr",
        "bpf_write_user",
        "dbg_write_kernel",
        "rtas_error_injection",
        "integrity_max",
        "kcore",
        "kprobes",
        "bpf_read_kernel",
        "dbg_read_kernel",
        "perf",
        "tracefs",
        "xmon_rw",
        "xfrm_secret",
        "confidentiality_max",
    ),
    ordered=True,
)
"""What is kept from root (``LOCKDOWN_*``), kernel_lockdown(7): up to ``integrity_max`` what could change the kernel, above it
what could read it."""

SYSLOG_ACTION: Final = Enumeration(
    "syslog_action",
    (
        "close",
        "open",
        "read",
        "read_all",
        "read_clear",
        "clear",
        "console_off",
        "console_on",
        "console_level",
        "size_unread",
        "size_buffer",
        "other",
    ),
)
"""Types of syslog(2), in the order of their numbers."""

QUOTA_COMMAND: Final = Enumeration(
    "quota_command",
    (
        "sync",
        "quotaon",
        "quotaoff",
        "getfmt",
        "getinfo",
        "setinfo",
        "getquota",
        "setquota",
        "getnextquota",
        "xquotaon",
        "xquotaoff",
        "xgetquota",
        "xsetqlim",
        "xgetqstat",
        "xquotarm",
        "xquotasync",
        "xgetqstatv",
        "xgetnextquota",
        "other",
    ),
)
"""Commands of quotactl(2)."""

QUOTA_TYPE: Final = Enumeration("quota_type", ("user", "group", "project", "other"))
"""Whose use of a disk a quota limits, quotactl(2)."""
