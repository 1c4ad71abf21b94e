"""What bpf(2), perf_event_open(2), io_uring(7) and landlock(7) raise."""

from typing import Final

from nslsm.kernel.mapping.entry import Mapped, mapped
from nslsm.kernel.operations import bpf as op
from nslsm.kernel.operations import rings

_FILE: Final = ("~d_instantiate @ d_instantiate", "~file_alloc_security @ __alloc_file")
_FOUND: Final = "inode_permission @ inode_permission: BPF_OBJ_GET, for the file; BPF_OBJ_PIN, for the directory"

BPF: Final[tuple[Mapped, ...]] = (
    mapped(
        op.Bpf,
        "bpf",
        "__sys_bpf, map_create, bpf_prog_load, bpf_check, bpf_obj_do_pin, bpf_obj_do_get",
        "capable @ __sys_bpf map_create array_map_alloc bpf_prog_load bpf_check bpf_prog_kallsyms_add: CAP_BPF first, before"
        " 6.5; what a command, map or program needs; CAP_SYS_ADMIN where the set has not the lesser one",
        "bpf @ __sys_bpf",
        "bpf_map_alloc_security @ map_create: BPF_MAP_CREATE, before 6.9",
        "bpf_map_create @ map_create: BPF_MAP_CREATE, since 6.9",
        "bpf_prog_alloc_security @ bpf_prog_load: BPF_PROG_LOAD, before 6.9",
        "bpf_prog_load @ bpf_prog_load: BPF_PROG_LOAD, since 6.9",
        "bpf_token_create @ bpf_token_create: BPF_TOKEN_CREATE, since 6.9",
        "path_mknod @ bpf_obj_do_pin: BPF_OBJ_PIN",
        _FOUND,
        "inode_create @ vfs_mkobj: BPF_OBJ_PIN",
        "~inode_alloc_security @ inode_init_always: BPF_OBJ_PIN",
        "bpf_map @ bpf_map_new_fd: a descriptor of a map is made",
        "bpf_prog @ bpf_prog_new_fd: a descriptor of a program is made",
        *(f"{each}: a descriptor is made" for each in _FILE),
    ),
    mapped(
        op.OpenMeasurement,
        "perf_event_open",
        "sys_perf_event_open, perf_allow_kernel, perf_allow_cpu, perf_check_permission",
        "capable @ sys_perf_event_open perf_allow_kernel perf_allow_cpu perf_check_permission: CAP_PERFMON, or CAP_SYS_ADMIN;"
        " first in Debian's 6.1, then for the kernel, a processor, a process",
        "perf_event_open @ sys_perf_event_open perf_allow_kernel perf_allow_cpu perf_allow_tracepoint: for each thing that it"
        " reaches",
        "perf_event_alloc @ perf_event_alloc",
        *_FILE,
        "ptrace_access_check @ __ptrace_may_access: another process, without CAP_PERFMON",
    ),
    mapped(
        rings.SetUpRing,
        "io_uring_setup",
        "io_uring_setup, io_sq_offload_create, io_uring_get_file",
        "uring_allowed @ io_uring_allowed: since 6.15",
        "capable @ ns_capable_noaudit: CAP_IPC_LOCK",
        "uring_sqpoll @ io_sq_offload_create: IORING_SETUP_SQPOLL",
        "~task_alloc @ copy_process: IORING_SETUP_SQPOLL",
        "~inode_alloc_security @ inode_init_always",
        "inode_init_security_anon @ anon_inode_make_secure_inode",
        *_FILE,
    ),
    mapped(
        rings.EnterRing,
        "io_uring_enter",
        "sys_io_uring_enter, io_init_req: what the submitted calls raise is not seen",
        "uring_override_creds @ io_init_req: a submitted call has registered credentials",
    ),
    mapped(rings.RegisterRing, "io_uring_register", "sys_io_uring_register, io_register_personality"),
    mapped(rings.MakeRuleset, "landlock_create_ruleset", "sys_landlock_create_ruleset, anon_inode_getfd", *_FILE),
    mapped(
        rings.RestrictSelf,
        "landlock_restrict_self",
        "sys_landlock_restrict_self",
        "capable @ sys_landlock_restrict_self: without no_new_privs (CAP_SYS_ADMIN)",
        "~cred_prepare @ prepare_creds",
    ),
)
"""In the order of :data:`nslsm.kernel.operations.bpf.BPF`, then of :data:`nslsm.kernel.operations.rings.RINGS`."""
