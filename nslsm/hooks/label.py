"""Labels: modules are asked for the security contexts that they keep, or told about them. Policies keep attributes instead."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import NETWORK, PROVIDES, Answering, Telling
from nslsm.hooks.facts import MODE, NEW_CREDENTIALS, OLD_CREDENTIALS
from nslsm.hooks.kinds import CREDENTIALS, FILE, IPC, SOCKET, TASK
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import STRING, Fact

_ATTRIBUTE: Final = Fact("name", STRING, "which attribute: `current`, `exec`, `fscreate`, …")
_LABEL: Final = Fact("value", STRING, "the label, as text")

_asks_for: Final = partial(Telling, since="6.1", until="6.12")
"""The label as a number, until modules could have one each."""
_asks_for_all: Final = partial(Telling, since="7.2")
"""The labels of all modules."""

FAMILY: Final = Family.of(
    "label",
    "Labels: modules are asked for the security contexts that they keep, or told about them.",
    Answering(
        "getselfattr",
        doc="A task is about to read an attribute that modules keep for it, lsm_get_self_attr(2).",
        prototype="int getselfattr(unsigned int attr, struct lsm_ctx __user *ctx, u32 *size, u32 flags)",
        default="-EOPNOTSUPP",
        why_other=PROVIDES,
        facts=(_ATTRIBUTE,),
        since="6.12",
    ),
    Answering(
        "setselfattr",
        doc="A task is about to change an attribute that a module keeps for it, lsm_set_self_attr(2).",
        prototype="int setselfattr(unsigned int attr, struct lsm_ctx *ctx, u32 size, u32 flags)",
        default="-EOPNOTSUPP",
        why_other=PROVIDES,
        facts=(_ATTRIBUTE,),
        since="6.12",
    ),
    Answering(
        "getprocattr",
        doc="An attribute that a module keeps for a task is about to be read, /proc/PID/attr.",
        prototype="int getprocattr(struct task_struct *p, const char *name, char **value)",
        default="-EINVAL",
        why_other=PROVIDES,
        object=TASK,
        facts=(_ATTRIBUTE,),
    ),
    Answering(
        "setprocattr",
        doc="A task is about to change an attribute that a module keeps for it, /proc/self/attr.",
        prototype="int setprocattr(const char *name, void *value, size_t size)",
        default="-EINVAL",
        why_other=PROVIDES,
        facts=(_ATTRIBUTE, _LABEL),
    ),
    Answering(
        "ismaclabel",
        doc="The kernel asks whether an extended attribute holds a module's label, such as one that NFS carries.",
        prototype="int ismaclabel(const char *name)",
        why_other="An answer of 1 means yes, not that anything is refused.",
        facts=(Fact("name", STRING, "name of the extended attribute, without `security.`"),),
    ),
    Answering(
        "secid_to_secctx",
        doc="A label's number is about to be turned into text.",
        prototype="int secid_to_secctx(u32 secid, struct lsm_context *cp)",
        earlier=(("6.12", "int secid_to_secctx(u32 secid, char **secdata, u32 *seclen)"),),
        default="-EOPNOTSUPP",
        why_other=PROVIDES,
    ),
    Answering(
        "lsmprop_to_secctx",
        doc="The labels of all modules for one thing are about to be turned into text.",
        prototype="int lsmprop_to_secctx(struct lsm_prop *prop, struct lsm_context *cp)",
        default="-EOPNOTSUPP",
        why_other=PROVIDES,
        since="7.2",
    ),
    Answering(
        "secctx_to_secid",
        doc="A label's text is about to be turned into its number.",
        prototype="int secctx_to_secid(const char *secdata, u32 seclen, u32 *secid)",
        why_other=PROVIDES,
        facts=(_LABEL,),
    ),
    Telling(
        "release_secctx",
        doc="A label's text is no longer needed.",
        prototype="void release_secctx(struct lsm_context *cp)",
        earlier=(("6.12", "void release_secctx(char *secdata, u32 seclen)"),),
    ),
    Answering(
        "inode_getsecctx",
        doc="A file's label is about to be read for a network file system.",
        prototype="int inode_getsecctx(struct inode *inode, struct lsm_context *cp)",
        earlier=(("6.12", "int inode_getsecctx(struct inode *inode, void **ctx, u32 *ctxlen)"),),
        default="-EOPNOTSUPP",
        why_other=PROVIDES,
        object=FILE,
    ),
    Answering(
        "inode_setsecctx",
        doc="A file's label is about to be set for a client of a network file system.",
        prototype="int inode_setsecctx(struct dentry *dentry, void *ctx, u32 ctxlen)",
        why_other=PROVIDES,
        object=FILE,
        facts=(_LABEL,),
    ),
    Answering(
        "inode_notifysecctx",
        doc="A network file system has learnt a file's label from its server and hands it to the module.",
        prototype="int inode_notifysecctx(struct inode *inode, void *ctx, u32 ctxlen)",
        why_other="The file is used whatever the answer: a module that cannot read the label keeps its own idea of it.",
        object=FILE,
        facts=(_LABEL,),
    ),
    Telling(
        "inode_invalidate_secctx",
        doc="What a module knows of a file's label may be stale, and must be asked for again.",
        prototype="void inode_invalidate_secctx(struct inode *inode)",
        object=FILE,
    ),
    Answering(
        "dentry_init_security",
        doc="A network file system is about to make a file, and asks for the label that it should send along.",
        prototype=(
            "int dentry_init_security(struct dentry *dentry, int mode, const struct qstr *name,"
            " const char **xattr_name, struct lsm_context *cp)"
        ),
        earlier=(
            (
                "6.12",
                (
                    "int dentry_init_security(struct dentry *dentry, int mode,"
                    " const struct qstr *name, const char **xattr_name, void **ctx, u32 *ctxlen)"
                ),
            ),
        ),
        default="-EOPNOTSUPP",
        why_other=PROVIDES,
        object=FILE,
        object_is="the file to be",
        facts=(MODE,),
    ),
    Hook(
        "dentry_create_files_as",
        doc="A stacked file system is about to make a file with credentials that carry the label it should get.",
        prototype=(
            "int dentry_create_files_as(struct dentry *dentry, int mode, const struct qstr *name,"
            " const struct cred *old, struct cred *new)"
        ),
        earlier=(
            (
                "6.12",
                (
                    "int dentry_create_files_as(struct dentry *dentry, int mode,"
                    " struct qstr *name, const struct cred *old, struct cred *new)"
                ),
            ),
        ),
        object=FILE,
        object_is="the file to be",
        facts=(MODE, OLD_CREDENTIALS, NEW_CREDENTIALS),
    ),
    Hook(
        "kernfs_init_security",
        doc="A file of a file system that shows the kernel itself, such as /sys, is about to be made and labelled.",
        prototype="int kernfs_init_security(struct kernfs_node *kn_dir, struct kernfs_node *kn)",
        object=FILE,
        object_is="the file to be",
        default_errno=Errno.ENOMEM,
        errno_lost="`__kernfs_new_node` returns no node, and its callers take that for want of memory.",
        errno_seen=Errno.ENOMEM,
    ),
    _asks_for(
        "current_getsecid_subj",
        doc="The kernel asks for the label of the current task.",
        prototype="void current_getsecid_subj(u32 *secid)",
    ),
    _asks_for_all(
        "current_getlsmprop_subj",
        doc="The kernel asks for the labels of the current task.",
        prototype="void current_getlsmprop_subj(struct lsm_prop *prop)",
    ),
    _asks_for(
        "task_getsecid_obj",
        doc="The kernel asks for the label of a task that something is done to.",
        prototype="void task_getsecid_obj(struct task_struct *p, u32 *secid)",
        object=TASK,
    ),
    _asks_for_all(
        "task_getlsmprop_obj",
        doc="The kernel asks for the labels of a task that something is done to.",
        prototype="void task_getlsmprop_obj(struct task_struct *p, struct lsm_prop *prop)",
        object=TASK,
    ),
    Telling(
        "cred_getsecid",
        doc="The kernel asks for the label in some credentials.",
        prototype="void cred_getsecid(const struct cred *c, u32 *secid)",
        object=CREDENTIALS,
    ),
    _asks_for_all(
        "cred_getlsmprop",
        doc="The kernel asks for the labels in some credentials.",
        prototype="void cred_getlsmprop(const struct cred *c, struct lsm_prop *prop)",
        object=CREDENTIALS,
    ),
    _asks_for(
        "inode_getsecid",
        doc="The kernel asks for the label of a file.",
        prototype="void inode_getsecid(struct inode *inode, u32 *secid)",
        object=FILE,
    ),
    _asks_for_all(
        "inode_getlsmprop",
        doc="The kernel asks for the labels of a file.",
        prototype="void inode_getlsmprop(struct inode *inode, struct lsm_prop *prop)",
        object=FILE,
    ),
    _asks_for(
        "ipc_getsecid",
        doc="The kernel asks for the label of a System V IPC object.",
        prototype="void ipc_getsecid(struct kern_ipc_perm *ipcp, u32 *secid)",
        object=IPC,
    ),
    _asks_for_all(
        "ipc_getlsmprop",
        doc="The kernel asks for the labels of a System V IPC object.",
        prototype="void ipc_getlsmprop(struct kern_ipc_perm *ipcp, struct lsm_prop *prop)",
        object=IPC,
    ),
    Telling(
        "sk_getsecid",
        doc="The kernel asks for the label of a socket.",
        prototype="void sk_getsecid(const struct sock *sk, u32 *secid)",
        object=SOCKET,
        config=NETWORK,
    ),
)
