"""What kinds of file systems there are, and what differs between them when they are mounted (``struct file_system_type``)."""

from typing import Final, NamedTuple

from nslsm.hooks.model import PROFILES

_PER_NAMESPACE: Final = {"proc": "pid", "mqueue": "ipc", "sysfs": "net", "cgroup": "cgroup", "cgroup2": "cgroup"}
"""Those that belong to a namespace of Linux's, whose owner may mount them; one namespace has one of each, cgroups apart."""

_ONE: Final = frozenset(
    [
        "cgroup",
        "cgroup2",
        "configfs",
        "debugfs",
        "devtmpfs",
        "efivarfs",
        "fusectl",
        "pstore",
        "rpc_pipefs",
        "securityfs",
        "selinuxfs",
        "smackfs",
        "tracefs",
    ]
)
"""Those of which a machine has one, however often it is mounted (``get_tree_single``)."""

_MADE: Final = frozenset(["tmpfs", "ramfs", "devpts", "mqueue", "hugetlbfs", "bpf", "overlay", "fuse", "binfmt_misc"])
"""Those that are made anew by each mount (``get_tree_nodev``)."""

_STORED: Final = frozenset(
    [
        "ext2",
        "ext3",
        "ext4",
        "xfs",
        "btrfs",
        "f2fs",
        "vfat",
        "exfat",
        "msdos",
        "ntfs3",
        "iso9660",
        "udf",
        "squashfs",
        "erofs",
        "nilfs2",
        "jfs",
        "minix",
        "romfs",
        "cramfs",
        "zonefs",
        "fuseblk",
        "hfs",
        "hfsplus",
        "bcachefs",
    ]
)
"""Those that are on a block device, which is the same file system wherever it is mounted (``get_tree_bdev``)."""

_REMOTE: Final = frozenset(["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "virtiofs", "autofs"])

_BY_USERS: Final = frozenset(
    [
        "proc",
        "sysfs",
        "tmpfs",
        "ramfs",
        "devpts",
        "mqueue",
        "cgroup",
        "cgroup2",
        "overlay",
        "fuse",
        "bpf",
        "binfmt_misc",
    ]
)
"""Those that root of a user namespace may mount (``FS_USERNS_MOUNT``)."""

_LEGACY: Final = {
    "6.1": frozenset(
        [
            "btrfs",
            "overlay",
            "devpts",
            "vfat",
            "exfat",
            "msdos",
            "iso9660",
            "udf",
            "debugfs",
            "tracefs",
            "9p",
            "autofs",
            "ext2",
            "f2fs",
            "nilfs2",
            "hfs",
            "hfsplus",
            "jfs",
            "minix",
            "efivarfs",
        ]
    ),
    "6.12": frozenset(["devpts", "9p", "ext2", "f2fs", "nilfs2", "hfs", "hfsplus", "jfs", "minix"]),
    "7.2": frozenset[str](),
}
"""Those that take their options as one text, so that no hook hears of each (``legacy_parse_monolithic``)."""

_EXTRA_INODES: Final = {"proc": 2, "devpts": 1}
"""Inodes that are made beside the root's when one is: ``self`` and ``thread-self``, ``ptmx``."""

_ROOT_MODES: Final = {"tmpfs": 0o1777, "mqueue": 0o1777, "proc": 0o555, "sysfs": 0o555, "bpf": 0o1777}

SB_FLAGS: Final = frozenset(["ro", "rw", "sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand"])
"""Options that the kernel itself takes, before any module or file system hears of them (``vfs_parse_sb_flag``)."""


class VolumeType(NamedTuple):
    """One kind of file system."""

    name: str
    by_users: bool
    """Whether root of a user namespace may mount it."""
    legacy: bool
    """Whether it takes its options as one text."""
    stored: bool
    """Whether its source is the path of a device."""
    made: bool
    """Whether each mount makes one."""
    single: bool
    """Whether the machine has one of it, or each namespace of a kind."""
    space: str | None
    """The kind of namespace that it belongs to."""
    inodes: int
    """How many inodes are made with it, the root's included."""
    root_mode: int


def volume_type(name: str, profile: str = PROFILES[-1]) -> VolumeType | None:
    """The kind of file system of that name in the kernel ``profile``; None for one that is not known here.

    ``fuse.sshfs`` is ``fuse`` (``get_fs_type``).

    >>> volume_type("proc").space, volume_type("ext4").by_users, volume_type("nofs")
    ('pid', False, None)
    """
    base = name.partition(".")[0]
    if base not in _PER_NAMESPACE and base not in _ONE | _MADE | _STORED | _REMOTE:
        return None
    return VolumeType(
        name=base,
        by_users=base in _BY_USERS and (base != "binfmt_misc" or profile != "6.1"),
        legacy=base in _LEGACY[profile],
        stored=base in _STORED,
        made=base in _MADE and base not in _PER_NAMESPACE,
        single=base in _ONE or base in _PER_NAMESPACE,
        space=_PER_NAMESPACE.get(base),
        inodes=1 + _EXTRA_INODES.get(base, 0),
        root_mode=_ROOT_MODES.get(base, 0o755),
    )
