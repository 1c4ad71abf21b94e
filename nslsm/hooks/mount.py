"""File systems: mounted, moved, changed, unmounted, mount(2), fsopen(2)."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import Answering, Telling
from nslsm.hooks.kinds import FILE, MOUNT
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import STRING, Fact
from nslsm.hooks.vocabulary import MOUNT_CHANGE, MOUNT_FLAGS, UNMOUNT_FLAGS

_asks: Final = partial(Hook, object=MOUNT, default_errno=Errno.EPERM)
_tells: Final = partial(Telling, object=MOUNT)
_answers: Final = partial(Answering, object=MOUNT)

_MOUNTED_ON: Final = Fact("target", FILE, "the file or directory on which it is to be mounted, as it is before")
_OPTIONS: Final = Fact("options", STRING, "the options as one text, as given; empty where there are none")

FAMILY: Final = Family.of(
    "mount",
    "File systems: mounted, moved, changed, unmounted, mount(2), fsopen(2).",
    _asks(
        "sb_mount",
        doc="The call mount(2) is about to mount, bind, move, remount or change how a mount is shared.",
        prototype=(
            "int sb_mount(const char *dev_name, const struct path *path, const char *type,"
            " unsigned long flags, void *data)"
        ),
        object_is="the mount to be, or that changes, at the path that is given; its source as given",
        facts=(
            Fact("change", MOUNT_CHANGE, "what mount(2) is asked to do"),
            Fact("flags", MOUNT_FLAGS, "the flags as given; without the magic number of old"),
            _MOUNTED_ON,
            _OPTIONS,
        ),
    ),
    _asks(
        "sb_umount",
        doc="A file system is about to be unmounted, umount(2).",
        prototype="int sb_umount(struct vfsmount *mnt, int flags)",
        facts=(Fact("flags", UNMOUNT_FLAGS, "how it is unmounted"),),
    ),
    _asks(
        "move_mount",
        doc="A mount is about to be put in place or moved, move_mount(2).",
        prototype="int move_mount(const struct path *from_path, const struct path *to_path)",
        object_is="the mount, under its present path; one that is nowhere yet is at `/`",
        facts=(_MOUNTED_ON,),
    ),
    Hook(
        "sb_pivotroot",
        doc="Another mount is about to become the root of the tree of files, pivot_root(2).",
        prototype="int sb_pivotroot(const struct path *old_path, const struct path *new_path)",
        object=FILE,
        object_is="the directory that becomes the root",
        facts=(Fact("put_old", FILE, "the directory at which the old root is to be found afterwards"),),
        default_errno=Errno.EPERM,
    ),
    Hook(
        "sb_statfs",
        doc="A file system's size and free space are about to be read, statfs(2).",
        prototype="int sb_statfs(struct dentry *dentry)",
        object=FILE,
        object_is="the root directory of the file system",
    ),
    _asks(
        "sb_kern_mount",
        doc="A file system is about to be mounted, its options having been taken.",
        prototype="int sb_kern_mount(const struct super_block *sb)",
    ),
    _asks(
        "sb_remount",
        doc="A file system that is mounted is about to get other options.",
        prototype="int sb_remount(struct super_block *sb, void *mnt_opts)",
    ),
    _asks(
        "sb_mnt_opts_compat",
        doc="A file system is about to be mounted once more; the modules' options have to agree with those in force.",
        prototype="int sb_mnt_opts_compat(struct super_block *sb, void *mnt_opts)",
    ),
    _asks(
        "sb_alloc_security",
        doc="The kernel is about to make what it keeps about a file system; whatever errno denies it, the caller sees ENOMEM.",
        prototype="int sb_alloc_security(struct super_block *sb)",
        object_is="a file system of which nothing is known yet",
        default_errno=Errno.ENOMEM,
        errno_lost="`alloc_super` returns no superblock, and its caller takes that for want of memory.",
        errno_seen=Errno.ENOMEM,
    ),
    _tells(
        "sb_delete",
        doc="A file system is being shut down, and modules let go of its inodes.",
        prototype="void sb_delete(struct super_block *sb)",
    ),
    _tells(
        "sb_free_security",
        doc="What modules kept about a file system is being freed.",
        prototype="void sb_free_security(struct super_block *sb)",
    ),
    _answers(
        "sb_eat_lsm_opts",
        doc="Modules are about to take their own options out of those of a mount.",
        prototype="int sb_eat_lsm_opts(char *orig, void **mnt_opts)",
        object_is="the mount to be",
        facts=(_OPTIONS,),
        why_other="Each module reads its own options; an error says that they make no sense.",
    ),
    _answers(
        "sb_set_mnt_opts",
        doc="The modules' options are about to be put in force for a file system.",
        prototype=(
            "int sb_set_mnt_opts(struct super_block *sb, void *mnt_opts, unsigned long kern_flags,"
            " unsigned long *set_kern_flags)"
        ),
        why_other="Each module applies its own options and says which labels the kernel then has to keep.",
    ),
    _answers(
        "sb_clone_mnt_opts",
        doc="The modules' options are about to be copied from one file system to another.",
        prototype=(
            "int sb_clone_mnt_opts(const struct super_block *oldsb, struct super_block *newsb,"
            " unsigned long kern_flags, unsigned long *set_kern_flags)"
        ),
        why_other="Each module copies its own options and says which labels the kernel then has to keep.",
    ),
    _answers(
        "sb_show_options",
        doc="Modules are about to print their options for a file system, /proc/PID/mounts.",
        prototype="int sb_show_options(struct seq_file *m, struct super_block *sb)",
        why_other="Each module prints its own options; an error only ends the list.",
    ),
    _tells(
        "sb_free_mnt_opts",
        doc="The modules' options for a mount are no longer needed.",
        prototype="void sb_free_mnt_opts(void *mnt_opts)",
    ),
    _asks(
        "fs_context_submount",
        doc="A file system is about to be mounted by itself below another, and takes over its options.",
        prototype="int fs_context_submount(struct fs_context *fc, struct super_block *reference)",
        object_is="the mount to be",
    ),
    _asks(
        "fs_context_dup",
        doc="The preparations of a mount are about to be copied; a denial fails the call.",
        prototype="int fs_context_dup(struct fs_context *fc, struct fs_context *src_sc)",
        object_is="the mount to be",
    ),
    _answers(
        "fs_context_parse_param",
        doc="A mount that is being prepared is about to be given an option, fsconfig(2).",
        prototype="int fs_context_parse_param(struct fs_context *fc, struct fs_parameter *param)",
        default="-ENOPARAM",
        why_other="The default says that the option is no module's own; 0 says that a module has taken it.",
        object_is="the mount to be",
        facts=(
            Fact("key", STRING, "the option's name"),
            Fact("value", STRING, "its value, where it has one that is text; empty otherwise"),
        ),
    ),
)
