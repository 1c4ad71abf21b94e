"""What system calls on mounts raise."""

from typing import Final

from nslsm.kernel import operations as op
from nslsm.kernel.mapping.entry import LOOKED_UP, NEW_FILE, NEW_VOLUME, OVERRIDE, mapped

_MAY_MOUNT: Final = "capable @ ns_capable: over the mount namespace (CAP_SYS_ADMIN)"
_NO_SUCH_KIND: Final = "kernel_module_request @ __request_module: no such kind of file system"
_OPTION: Final = "fs_context_parse_param @ vfs_parse_fs_param"
_FREE_OPTIONS: Final = "~sb_free_mnt_opts @ put_fs_context vfs_clean_context"
_PREPARED: Final = ("~d_instantiate @ d_instantiate", NEW_FILE)

MOUNTS: Final = (
    mapped(
        op.Mount,
        "mount",
        "path_mount, do_new_mount, do_remount, do_loopback, do_change_type, do_move_mount_old",
        *LOOKED_UP,
        OVERRIDE,
        "sb_mount @ path_mount",
        _MAY_MOUNT,
        "capable @ ns_capable: how mounts are shared changes (CAP_SYS_ADMIN once more)",
        _NO_SUCH_KIND,
        f"{_OPTION}: a new one; its source, and each option unless they are taken as one text",
        "~sb_eat_lsm_opts @ generic_parse_monolithic shmem_parse_options legacy_parse_monolithic: options are given",
        "capable @ capable ns_capable: a new one; over the machine, or over its owner where users may mount it (CAP_SYS_ADMIN)",
        *NEW_VOLUME,
        "sb_kern_mount @ path_mount: a new one",
        "capable @ ns_capable: remount; over the file system's owner (CAP_SYS_ADMIN)",
        "sb_remount @ reconfigure_super: remount",
        f"{_FREE_OPTIONS}: a new one, remount",
    ),
    mapped(
        op.Unmount,
        "umount umount2",
        "path_umount, can_umount, do_umount",
        *LOOKED_UP,
        OVERRIDE,
        _MAY_MOUNT,
        "capable @ capable: MNT_FORCE (CAP_SYS_ADMIN)",
        "sb_umount @ path_umount",
        "~inode_free_security @ __destroy_inode: the last mount of a file system, for each inode",
        "~sb_delete @ generic_shutdown_super: the last mount of a file system",
        "~sb_free_security @ destroy_super_work __put_super: the last mount of a file system",
    ),
    mapped(
        op.PivotRoot,
        "pivot_root",
        "sys_pivot_root",
        _MAY_MOUNT,
        *LOOKED_UP,
        OVERRIDE,
        "sb_pivotroot @ __do_sys_pivot_root",
    ),
    mapped(op.OpenFileSystem, "fsopen", "sys_fsopen", _MAY_MOUNT, _NO_SUCH_KIND, *_PREPARED),
    mapped(op.PickFileSystem, "fspick", "sys_fspick", _MAY_MOUNT, *LOOKED_UP, OVERRIDE, *_PREPARED),
    mapped(
        op.ConfigureFileSystem,
        "fsconfig",
        "sys_fsconfig, vfs_fsconfig_locked",
        f"{_OPTION}: FSCONFIG_SET_*, unless the kernel itself takes the option",
        "capable @ capable ns_capable: FSCONFIG_CMD_CREATE; over the machine, or over its owner (CAP_SYS_ADMIN)",
        *NEW_VOLUME,
        "sb_kern_mount @ __do_sys_fsconfig: FSCONFIG_CMD_CREATE",
        "capable @ ns_capable: FSCONFIG_CMD_RECONFIGURE (CAP_SYS_ADMIN)",
        "sb_remount @ reconfigure_super: FSCONFIG_CMD_RECONFIGURE",
    ),
    mapped(op.MountFileSystem, "fsmount", "sys_fsmount", _MAY_MOUNT, _FREE_OPTIONS, NEW_FILE),
    mapped(
        op.OpenTree,
        "open_tree open_tree_attr",
        "sys_open_tree, open_detached_copy",
        f"{_MAY_MOUNT}, OPEN_TREE_CLONE",
        *LOOKED_UP,
        OVERRIDE,
        NEW_FILE,
    ),
    mapped(
        op.MoveMount,
        "move_mount",
        "sys_move_mount, do_move_mount",
        _MAY_MOUNT,
        *LOOKED_UP,
        OVERRIDE,
        "move_mount @ __x64_sys_move_mount vfs_move_mount",
    ),
    mapped(
        op.SetMountAttributes, "mount_setattr", "sys_mount_setattr, do_mount_setattr", _MAY_MOUNT, *LOOKED_UP, OVERRIDE
    ),
    mapped(
        op.InspectMounts, "statmount listmount", "do_statmount, do_listmount", "sb_statfs @ do_statmount do_listmount"
    ),
)
"""Calls on mounts."""
