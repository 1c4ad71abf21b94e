"""Names in the tree of files, by path: made, removed, renamed, linked, and attributes changed by name."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import PATH, Telling
from nslsm.hooks.facts import DEVICE_NUMBER, GROUP, MODE, NEW, NEW_MODE, OLD, OWNER, RENAME, REPLACES, TARGET
from nslsm.hooks.kinds import FILE
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import Fact
from nslsm.hooks.vocabulary import WATCH_MASK, WATCHED

_asks: Final = partial(Hook, object=FILE, config=PATH)
_makes: Final = partial(_asks, object_is="the file to be")
_moves: Final = partial(_asks, object_is="the file under its present name, as `old`; a rule about `new` names it")

FAMILY: Final = Family.of(
    "path",
    "Names in the tree of files, by path: made, removed, renamed, linked, and attributes changed by name.",
    _makes(
        "path_mknod",
        doc="A file, fifo, socket or device file is about to be made, mknod(2), open(2) with O_CREAT, bind(2).",
        prototype="int path_mknod(const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev)",
        facts=(MODE, DEVICE_NUMBER),
    ),
    Telling(
        "path_post_mknod",
        doc="A file, fifo, socket or device file has been made.",
        prototype="void path_post_mknod(struct mnt_idmap *idmap, struct dentry *dentry)",
        object=FILE,
        config=PATH,
        since="6.12",
    ),
    _makes(
        "path_mkdir",
        doc="A directory is about to be made, mkdir(2).",
        prototype="int path_mkdir(const struct path *dir, struct dentry *dentry, umode_t mode)",
        facts=(MODE,),
    ),
    _makes(
        "path_symlink",
        doc="A symbolic link is about to be made, symlink(2).",
        prototype="int path_symlink(const struct path *dir, struct dentry *dentry, const char *old_name)",
        facts=(TARGET,),
    ),
    _moves(
        "path_link",
        doc="A file is about to get one more name, link(2).",
        prototype=("int path_link(struct dentry *old_dentry, const struct path *new_dir, struct dentry *new_dentry)"),
        facts=(OLD, NEW),
    ),
    _moves(
        "path_rename",
        doc="A file or directory is about to be renamed, rename(2).",
        prototype=(
            "int path_rename(const struct path *old_dir, struct dentry *old_dentry, const struct path *new_dir,"
            " struct dentry *new_dentry, unsigned int flags)"
        ),
        facts=(OLD, NEW, RENAME, REPLACES),
    ),
    _asks(
        "path_unlink",
        doc="A name of a file is about to be removed, and with the last one the file, unlink(2).",
        prototype="int path_unlink(const struct path *dir, struct dentry *dentry)",
    ),
    _asks(
        "path_rmdir",
        doc="An empty directory is about to be removed, rmdir(2).",
        prototype="int path_rmdir(const struct path *dir, struct dentry *dentry)",
    ),
    _asks(
        "path_truncate",
        doc="A file is about to be cut or stretched by its name, truncate(2); before 6.2 also by ftruncate(2) and O_TRUNC.",
        prototype="int path_truncate(const struct path *path)",
    ),
    _asks(
        "path_chmod",
        doc="A file's permission bits are about to change, chmod(2).",
        prototype="int path_chmod(const struct path *path, umode_t mode)",
        facts=(NEW_MODE,),
    ),
    _asks(
        "path_chown",
        doc="A file's owner or group is about to change, chown(2).",
        prototype="int path_chown(const struct path *path, kuid_t uid, kgid_t gid)",
        facts=(OWNER, GROUP),
    ),
    _asks(
        "path_chroot",
        doc="A directory is about to become the root of the task's tree of files, chroot(2).",
        prototype="int path_chroot(const struct path *path)",
        object_is="the directory",
    ),
    Hook(
        "path_notify",
        doc="Somebody is about to be told what happens to a file or directory, inotify_add_watch(2), fanotify_mark(2).",
        prototype="int path_notify(const struct path *path, u64 mask, unsigned int obj_type)",
        object=FILE,
        facts=(
            Fact("mask", WATCH_MASK, "what is watched for"),
            Fact("watched", WATCHED, "whether the file alone is watched, or all of its mount or file system"),
        ),
    ),
)
