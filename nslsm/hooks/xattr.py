"""What is attached to a file: extended attributes and access control lists."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import PROVIDES, Answering, Telling
from nslsm.hooks.facts import ACL_NAME, XATTR_NAME, XATTR_VALUE
from nslsm.hooks.kinds import FILE
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import STRING, Fact

_asks: Final = partial(Hook, object=FILE)
_tells: Final = partial(Telling, object=FILE)
_answers: Final = partial(Answering, object=FILE)

_SUFFIX: Final = Fact("name", STRING, "name of the extended attribute, without `security.`")

FAMILY: Final = Family.of(
    "xattr",
    "What is attached to a file: extended attributes and access control lists.",
    _asks(
        "inode_getxattr",
        doc="An extended attribute is about to be read, getxattr(2).",
        prototype="int inode_getxattr(struct dentry *dentry, const char *name)",
        facts=(XATTR_NAME,),
    ),
    _asks(
        "inode_listxattr",
        doc="The names of a file's extended attributes are about to be listed, listxattr(2).",
        prototype="int inode_listxattr(struct dentry *dentry)",
    ),
    _asks(
        "inode_setxattr",
        doc="An extended attribute is about to be set, setxattr(2).",
        prototype=(
            "int inode_setxattr(struct mnt_idmap *idmap, struct dentry *dentry, const char *name, const void *value,"
            " size_t size, int flags)"
        ),
        facts=(XATTR_NAME, XATTR_VALUE),
    ),
    _tells(
        "inode_post_setxattr",
        doc="An extended attribute has been set.",
        prototype=(
            "void inode_post_setxattr(struct dentry *dentry, const char *name, const void *value, size_t size,"
            " int flags)"
        ),
        facts=(XATTR_NAME, XATTR_VALUE),
    ),
    _asks(
        "inode_removexattr",
        doc="An extended attribute is about to be removed, removexattr(2).",
        prototype="int inode_removexattr(struct mnt_idmap *idmap, struct dentry *dentry, const char *name)",
        facts=(XATTR_NAME,),
    ),
    _tells(
        "inode_post_removexattr",
        doc="An extended attribute has been removed.",
        prototype="void inode_post_removexattr(struct dentry *dentry, const char *name)",
        facts=(XATTR_NAME,),
        since="6.12",
    ),
    Answering(
        "inode_xattr_skipcap",
        doc="The kernel asks whether a module guards an extended attribute by itself, without the usual capability.",
        prototype="int inode_xattr_skipcap(const char *name)",
        why_other="An answer of 1 means that the capability is not asked for, not that anything is refused.",
        facts=(XATTR_NAME,),
        since="6.12",
    ),
    _asks(
        "inode_get_acl",
        doc="A file's access control list is about to be read, getxattr(2).",
        prototype="int inode_get_acl(struct mnt_idmap *idmap, struct dentry *dentry, const char *acl_name)",
        facts=(ACL_NAME,),
        since="6.12",
    ),
    _asks(
        "inode_set_acl",
        doc="A file's access control list is about to be set, setxattr(2).",
        prototype=(
            "int inode_set_acl(struct mnt_idmap *idmap, struct dentry *dentry, const char *acl_name,"
            " struct posix_acl *kacl)"
        ),
        facts=(ACL_NAME,),
        since="6.12",
    ),
    _tells(
        "inode_post_set_acl",
        doc="A file's access control list has been set.",
        prototype="void inode_post_set_acl(struct dentry *dentry, const char *acl_name, struct posix_acl *kacl)",
        facts=(ACL_NAME,),
        since="6.12",
    ),
    _asks(
        "inode_remove_acl",
        doc="A file's access control list is about to be removed, removexattr(2).",
        prototype="int inode_remove_acl(struct mnt_idmap *idmap, struct dentry *dentry, const char *acl_name)",
        facts=(ACL_NAME,),
        since="6.12",
    ),
    _tells(
        "inode_post_remove_acl",
        doc="A file's access control list has been removed.",
        prototype="void inode_post_remove_acl(struct mnt_idmap *idmap, struct dentry *dentry, const char *acl_name)",
        facts=(ACL_NAME,),
        since="6.12",
    ),
    _answers(
        "inode_getsecurity",
        doc="A file's label is about to be fetched from the module that keeps it, getxattr(2) of `security.*`.",
        prototype=(
            "int inode_getsecurity(struct mnt_idmap *idmap, struct inode *inode, const char *name, void **buffer,"
            " bool alloc)"
        ),
        default="-EOPNOTSUPP",
        why_other=PROVIDES,
        facts=(_SUFFIX,),
    ),
    _answers(
        "inode_setsecurity",
        doc="A file's label is about to be handed to the module that keeps it, setxattr(2) of `security.*`.",
        prototype=(
            "int inode_setsecurity(struct inode *inode, const char *name, const void *value, size_t size, int flags)"
        ),
        default="-EOPNOTSUPP",
        why_other=PROVIDES,
        facts=(_SUFFIX, XATTR_VALUE),
    ),
    _answers(
        "inode_listsecurity",
        doc="The names of the labels that modules keep for a file are about to be listed, listxattr(2).",
        prototype="int inode_listsecurity(struct inode *inode, char **buffer, ssize_t *remaining_size)",
        earlier=(("6.12", "int inode_listsecurity(struct inode *inode, char *buffer, size_t buffer_size)"),),
        why_other="Each module adds its names to the list; in 6.1 and 6.12 the answer is how many bytes they take.",
    ),
    _answers(
        "inode_copy_up_xattr",
        doc="A stacked file system that copies a file is about to copy one of its extended attributes.",
        prototype="int inode_copy_up_xattr(struct dentry *src, const char *name)",
        default="-EOPNOTSUPP",
        why_other="The answer says whether the attribute is copied or left out; the default, that no module cares.",
        object_is="the file of the lower layer",
        facts=(XATTR_NAME,),
    ),
)
