"""What system calls on the machine as a whole raise."""

from typing import Final

from nslsm.kernel.mapping.entry import LOOKED_UP, MEASURED, NEW_FILE, OVERRIDE, Mapped, mapped
from nslsm.kernel.operations import machine as op

_OPENED: Final = (
    NEW_FILE,
    *LOOKED_UP,
    "inode_permission @ may_open",
    OVERRIDE,
    "file_open @ do_dentry_open",
    MEASURED,
    "file_post_open @ do_open: since 6.9",
    "~file_free_security @ __fput: it fails, or is done with",
)
_READ: Final = (
    "kernel_read_file @ kernel_read_file",
    "file_permission @ rw_verify_area",
    "kernel_post_read_file @ kernel_read_file",
    "~current_getsecid_subj @ ima_post_read_file: a kernel with IMA",
)
_ANONYMOUS: Final = ("~d_instantiate @ d_instantiate", "~file_alloc_security @ __alloc_file")

MACHINE: Final[tuple[Mapped, ...]] = (
    mapped(
        op.SetClock,
        "settimeofday clock_settime",
        "do_sys_settimeofday64",
        "settime @ do_sys_settimeofday64",
        "capable @ cap_settime: CAP_SYS_TIME",
    ),
    mapped(
        op.AdjustClock,
        "adjtimex clock_adjtime",
        "timekeeping_validate_timex",
        "capable @ timekeeping_validate_timex: it changes something (CAP_SYS_TIME); twice, where the time jumps",
    ),
    mapped(op.NameMachine, "sethostname setdomainname", "sys_sethostname", "capable @ ns_capable: CAP_SYS_ADMIN"),
    mapped(
        op.Swap,
        "swapon swapoff",
        "sys_swapon, sys_swapoff, file_open_name",
        "capable @ sys_swapon sys_swapoff: CAP_SYS_ADMIN",
        *_OPENED,
        "~vm_enough_memory @ sys_swapoff: swapoff",
    ),
    mapped(op.Reboot, "reboot", "sys_reboot", "capable @ ns_capable: CAP_SYS_BOOT"),
    mapped(
        op.UseLog,
        "syslog",
        "do_syslog, check_syslog_permissions",
        "capable @ check_syslog_permissions: CAP_SYSLOG, else CAP_SYS_ADMIN",
        "syslog @ check_syslog_permissions",
    ),
    mapped(
        op.ControlQuota,
        "quotactl",
        "sys_quotactl, quotactl_block, check_quotactl_permission, dquot_quota_on",
        *LOOKED_UP,
        OVERRIDE,
        "capable @ check_quotactl_permission: unless it only looks (CAP_SYS_ADMIN)",
        "quotactl @ check_quotactl_permission",
        "quota_on @ dquot_quota_on: Q_QUOTAON",
    ),
    mapped(op.Account, "acct", "sys_acct, acct_on", "capable @ sys_acct: CAP_SYS_PACCT", *_OPENED),
    mapped(
        op.UsePorts,
        "iopl ioperm",
        "sys_iopl, ksys_ioperm",
        "capable @ sys_iopl ksys_ioperm: more than before (CAP_SYS_RAWIO)",
        "locked_down @ sys_iopl ksys_ioperm: more than before",
    ),
    mapped(op.GetHandle, "name_to_handle_at", "sys_name_to_handle_at", *LOOKED_UP, OVERRIDE),
    mapped(
        op.OpenByHandle,
        "open_by_handle_at",
        "do_handle_open, file_open_root",
        "capable @ handle_to_path: CAP_DAC_READ_SEARCH",
        *_OPENED,
    ),
    mapped(
        op.MakeNotifier,
        "fanotify_init",
        "sys_fanotify_init",
        "capable @ sys_fanotify_init: CAP_SYS_ADMIN; again for each limit; CAP_AUDIT_WRITE",
        *_ANONYMOUS,
    ),
    mapped(
        op.Mark,
        "fanotify_mark",
        "do_fanotify_mark, fanotify_find_path",
        "capable @ do_fanotify_mark: CAP_SYS_ADMIN",
        *LOOKED_UP,
        "inode_permission @ fanotify_find_path",
        OVERRIDE,
        "path_notify @ fanotify_find_path",
    ),
    mapped(
        op.AdviseProcess,
        "process_madvise",
        "sys_process_madvise, mm_access",
        "ptrace_access_check @ __ptrace_may_access: another process",
        "capable @ ns_capable sys_process_madvise: other ids (CAP_SYS_PTRACE); CAP_SYS_NICE",
    ),
    mapped(
        op.RemapPages,
        "remap_file_pages",
        "sys_remap_file_pages",
        "mmap_file @ sys_remap_file_pages",
        "mmap_addr @ get_unmapped_area",
    ),
    mapped(
        op.CacheStatus,
        "cachestat",
        "sys_cachestat, can_do_cachestat",
        "capable @ inode_owner_or_capable: another's, since 6.14 (CAP_FOWNER)",
        "inode_permission @ inode_permission: another's, since 6.14",
    ),
    mapped(op.HangUp, "vhangup", "sys_vhangup", "capable @ sys_vhangup: CAP_SYS_TTY_CONFIG"),
    mapped(op.DeviceStatus, "ustat", "vfs_ustat", "sb_statfs @ statfs_by_dentry"),
    mapped(op.LoadLibrary, "uselib", "sys_uselib", *_OPENED),
    mapped(
        op.LookUpCookie,
        "lookup_dcookie",
        "do_lookup_dcookie",
        "capable @ do_lookup_dcookie: before 6.7 (CAP_SYS_ADMIN)",
    ),
    mapped(
        op.MakeSecretMemory,
        "memfd_secret",
        "sys_memfd_secret, secretmem_file_create",
        "~inode_alloc_security @ inode_init_always",
        "inode_init_security_anon @ secretmem_file_create",
        *_ANONYMOUS,
    ),
    mapped(
        op.GetSelfAttribute,
        "lsm_get_self_attr",
        "security_getselfattr",
        "getselfattr @ security_getselfattr: since 6.8",
    ),
    mapped(
        op.LoadModule,
        "init_module finit_module",
        "may_init_module, copy_module_from_user, kernel_read_file, module_sig_check",
        "capable @ may_init_module: CAP_SYS_MODULE",
        *(f"{each}: finit_module" for each in _READ[:3]),
        _READ[3],
        "kernel_load_data @ copy_module_from_user: init_module",
        "kernel_post_load_data @ copy_module_from_user: init_module",
        "locked_down @ module_sig_check: it is not signed",
    ),
    mapped(op.UnloadModule, "delete_module", "sys_delete_module", "capable @ sys_delete_module: CAP_SYS_MODULE"),
    mapped(
        op.LoadKernel,
        "kexec_load kexec_file_load",
        "kexec_load_check, sys_kexec_file_load, kernel_read_file",
        "capable @ kexec_load_permitted: CAP_SYS_BOOT",
        *(f"{each}: kexec_file_load" for each in _READ[:3]),
        _READ[3],
        "kernel_load_data @ kexec_load_check: kexec_load",
        "locked_down @ kexec_load_check kimage_validate_signature: kexec_load, or it is not signed",
    ),
)
"""In the order of :data:`nslsm.kernel.operations.machine.MACHINE`."""
