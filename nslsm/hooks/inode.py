"""Inodes: made, looked up, renamed and removed inside a file system, whatever path led to them, and their attributes."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import Answering, Telling
from nslsm.hooks.facts import DEVICE_NUMBER, GROUP, MASK, MODE, NEW, NEW_MODE, OLD, OWNER, RENAME, TARGET
from nslsm.hooks.kinds import CREDENTIALS, FILE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import INT, STRING, Fact
from nslsm.hooks.vocabulary import ATTRIBUTES, INODE_FLAGS, INTEGRITY_PROOF

_asks: Final = partial(Hook, object=FILE)
_makes: Final = partial(_asks, object_is="the file to be")
_moves: Final = partial(_asks, object_is="the file under its present name, as `old`; a rule about `new` names it")
_tells: Final = partial(Telling, object=FILE)

_CHANGES: Final = Fact("changes", ATTRIBUTES, "which attributes change")
_NOTHING_KNOWN: Final = "an inode of which nothing is known yet"

FAMILY: Final = Family.of(
    "inode",
    "Inodes: made, looked up, renamed and removed inside a file system, whatever path led to them, and their attributes.",
    _asks(
        "inode_permission",
        doc="A directory is about to be searched for a name, or a file's permissions are asked for, access(2), open(2).",
        prototype="int inode_permission(struct inode *inode, int mask)",
        facts=(MASK,),
        repeats="a path is looked up directory by directory",
    ),
    _makes(
        "inode_create",
        doc="A regular file is about to be made, open(2) with O_CREAT.",
        prototype="int inode_create(struct inode *dir, struct dentry *dentry, umode_t mode)",
        facts=(MODE,),
    ),
    _tells(
        "inode_post_create_tmpfile",
        doc="A file without a name has been made, open(2) with O_TMPFILE.",
        prototype="void inode_post_create_tmpfile(struct mnt_idmap *idmap, struct inode *inode)",
        since="6.12",
    ),
    _makes(
        "inode_mkdir",
        doc="A directory is about to be made, mkdir(2).",
        prototype="int inode_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)",
        facts=(MODE,),
    ),
    _makes(
        "inode_mknod",
        doc="A fifo, socket or device file is about to be made, mknod(2), bind(2).",
        prototype="int inode_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)",
        facts=(MODE, DEVICE_NUMBER),
    ),
    _makes(
        "inode_symlink",
        doc="A symbolic link is about to be made, symlink(2).",
        prototype="int inode_symlink(struct inode *dir, struct dentry *dentry, const char *old_name)",
        facts=(TARGET,),
    ),
    _moves(
        "inode_link",
        doc="A file is about to get one more name, link(2).",
        prototype="int inode_link(struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry)",
        facts=(OLD, NEW),
    ),
    _moves(
        "inode_rename",
        doc="A file or directory is about to be renamed, rename(2).",
        prototype=(
            "int inode_rename(struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,"
            " struct dentry *new_dentry)"
        ),
        facts=(OLD, NEW, RENAME),
    ),
    _asks(
        "inode_unlink",
        doc="A name of a file is about to be removed, and with the last one the file, unlink(2).",
        prototype="int inode_unlink(struct inode *dir, struct dentry *dentry)",
    ),
    _asks(
        "inode_rmdir",
        doc="An empty directory is about to be removed, rmdir(2).",
        prototype="int inode_rmdir(struct inode *dir, struct dentry *dentry)",
    ),
    _asks(
        "inode_readlink",
        doc="A symbolic link is about to be read, readlink(2).",
        prototype="int inode_readlink(struct dentry *dentry)",
    ),
    _asks(
        "inode_follow_link",
        doc="A symbolic link is about to be followed on the way to a file, path_resolution(7).",
        prototype="int inode_follow_link(struct dentry *dentry, struct inode *inode, bool rcu)",
        repeats="a path can lead through several symbolic links",
    ),
    _asks(
        "inode_getattr",
        doc="A file's attributes are about to be read, stat(2).",
        prototype="int inode_getattr(const struct path *path)",
    ),
    _asks(
        "inode_setattr",
        doc="A file's mode, owner, size or times are about to change, chmod(2), chown(2), truncate(2), utimensat(2).",
        prototype="int inode_setattr(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr)",
        facts=(
            _CHANGES,
            NEW_MODE,
            OWNER,
            GROUP,
            Fact("size", INT, "size to be, in bytes; -1 where it stays"),
        ),
    ),
    _tells(
        "inode_post_setattr",
        doc="A file's mode, owner, size or times have changed.",
        prototype="void inode_post_setattr(struct mnt_idmap *idmap, struct dentry *dentry, int ia_valid)",
        facts=(_CHANGES,),
        since="6.12",
    ),
    _asks(
        "inode_file_getattr",
        doc="Flags that the file system keeps with a file are about to be read, file_getattr(2), ioctl(2) FS_IOC_FSGETXATTR.",
        prototype="int inode_file_getattr(struct dentry *dentry, struct file_kattr *fa)",
        since="7.2",
    ),
    _asks(
        "inode_file_setattr",
        doc="Flags that the file system keeps with a file are about to change, file_setattr(2), ioctl(2) FS_IOC_FSSETXATTR.",
        prototype="int inode_file_setattr(struct dentry *dentry, struct file_kattr *fa)",
        facts=(
            Fact("flags", INODE_FLAGS, "the flags to be: `immutable`, `append`, …"),
            Fact("project", INT, "the project to be, for quotas"),
        ),
        since="7.2",
    ),
    Answering(
        "inode_need_killpriv",
        doc="A file is about to change; the kernel asks whether it then loses privileges, such as file capabilities.",
        prototype="int inode_need_killpriv(struct dentry *dentry)",
        why_other="A positive answer means that there is something to take away, not that the change is refused.",
        object=FILE,
    ),
    _asks(
        "inode_killpriv",
        doc="A file that changes is about to lose its privileges, such as file capabilities; a denial refuses the change.",
        prototype="int inode_killpriv(struct mnt_idmap *idmap, struct dentry *dentry)",
    ),
    _asks(
        "inode_copy_up",
        doc="A stacked file system is about to copy a file from a lower layer to the one that is written to.",
        prototype="int inode_copy_up(struct dentry *src, struct cred **new)",
        object_is="the file of the lower layer",
        facts=(Fact("new", CREDENTIALS, "the credentials that the copy is made with"),),
    ),
    _asks(
        "inode_setintegrity",
        doc="The kernel has verified a file's contents, and modules are about to be given the proof.",
        prototype=(
            "int inode_setintegrity(const struct inode *inode, enum lsm_integrity_type type, const void *value,"
            " size_t size)"
        ),
        facts=(Fact("proof", INTEGRITY_PROOF, "what has been verified"),),
        since="6.12",
    ),
    _asks(
        "inode_init_security_anon",
        doc="A file without a name, such as a userfaultfd or an io_uring, is about to be made.",
        prototype=(
            "int inode_init_security_anon(struct inode *inode, const struct qstr *name,"
            " const struct inode *context_inode)"
        ),
        object_is="the file to be, of type `anonymous`",
        facts=(Fact("name", STRING, "what the kernel calls such files: `[userfaultfd]`"),),
    ),
    Answering(
        "inode_init_security",
        doc="A file has been made and is about to get the modules' labels, as extended attributes.",
        prototype=(
            "int inode_init_security(struct inode *inode, struct inode *dir, const struct qstr *qstr,"
            " struct xattr *xattrs, int *xattr_count)"
        ),
        default="-EOPNOTSUPP",
        why_other="It asks each module for the label of the new file; the default says that a module has none.",
        object=FILE,
    ),
    _asks(
        "inode_alloc_security",
        doc="The kernel is about to make an inode, before it knows which; whatever errno denies it, the caller sees ENOMEM.",
        prototype="int inode_alloc_security(struct inode *inode)",
        object_is=_NOTHING_KNOWN,
        default_errno=Errno.ENOMEM,
        errno_lost="`alloc_inode` returns no inode, and its callers take that for want of memory.",
        errno_seen=Errno.ENOMEM,
    ),
    _tells(
        "inode_free_security",
        doc="What the kernel kept about an inode is about to be freed.",
        prototype="void inode_free_security(struct inode *inode)",
    ),
    Telling(
        "inode_free_security_rcu",
        doc="What modules kept about an inode is being freed, now that nobody can be looking at it any more.",
        prototype="void inode_free_security_rcu(void *inode_security)",
        since="6.12",
    ),
    _tells(
        "d_instantiate",
        doc="A name has been tied to its inode.",
        prototype="void d_instantiate(struct dentry *dentry, struct inode *inode)",
    ),
)
