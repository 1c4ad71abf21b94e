"""Credentials: user and group ids, capabilities and user namespaces change or are asked about."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import Telling
from nslsm.hooks.facts import NEW_CREDENTIALS, OLD_CREDENTIALS, SETID
from nslsm.hooks.kinds import CREDENTIALS, FILE, TASK
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, Family, Hook
from nslsm.hooks.types import BOOL, CAPABILITY, Fact
from nslsm.hooks.vocabulary import CAPABLE_FLAGS

_asks: Final = partial(Hook, default_errno=Errno.EPERM)

FAMILY: Final = Family.of(
    "credential",
    "Credentials: user and group ids, capabilities and user namespaces change or are asked about.",
    _asks(
        "capable",
        doc="The kernel asks whether a task has a capability, and goes on with the answer, capabilities(7).",
        prototype=("int capable(const struct cred *cred, struct user_namespace *ns, int cap, unsigned int opts)"),
        subject="the task whose credentials are asked about, nearly always the current one",
        facts=(
            Fact("cap", CAPABILITY, "the capability"),
            Fact("initial_user_namespace", BOOL, "over the whole machine, not over a user namespace only"),
            Fact("flags", CAPABLE_FLAGS, "whether the question leaves no record, or comes from setuid(2)"),
        ),
        consequence=Consequence.PROBE,
        errno_lost="`ns_capable_common` makes a yes or no of the answer; what then fails, fails with EPERM.",
        errno_seen=Errno.EPERM,
        repeats="a call may need several capabilities, or one over several things",
    ),
    _asks(
        "capget",
        doc="The capability sets of a process are about to be read, capget(2).",
        prototype=(
            "int capget(const struct task_struct *target, kernel_cap_t *effective,"
            " kernel_cap_t *inheritable, kernel_cap_t *permitted)"
        ),
        object=TASK,
    ),
    _asks(
        "capset",
        doc="A task's capability sets are about to change, capset(2).",
        prototype=(
            "int capset(struct cred *new, const struct cred *old, const kernel_cap_t *effective,"
            " const kernel_cap_t *inheritable, const kernel_cap_t *permitted)"
        ),
        facts=(OLD_CREDENTIALS, NEW_CREDENTIALS),
    ),
    _asks(
        "task_fix_setuid",
        doc="A task's user ids are about to change, setuid(2), setreuid(2), setresuid(2), setfsuid(2).",
        prototype="int task_fix_setuid(struct cred *new, const struct cred *old, int flags)",
        facts=(OLD_CREDENTIALS, NEW_CREDENTIALS, SETID),
    ),
    _asks(
        "task_fix_setgid",
        doc="A task's group ids are about to change, setgid(2), setregid(2), setresgid(2), setfsgid(2).",
        prototype="int task_fix_setgid(struct cred *new, const struct cred *old, int flags)",
        facts=(OLD_CREDENTIALS, NEW_CREDENTIALS, SETID),
    ),
    _asks(
        "task_fix_setgroups",
        doc="A task's supplementary groups are about to change, setgroups(2).",
        prototype="int task_fix_setgroups(struct cred *new, const struct cred *old)",
        facts=(OLD_CREDENTIALS, NEW_CREDENTIALS),
    ),
    _asks(
        "userns_create",
        doc="A user namespace is about to be made, unshare(2), clone(2); its maker will have all capabilities over it.",
        prototype="int userns_create(const struct cred *cred)",
    ),
    _asks(
        "cred_prepare",
        doc="Credentials are about to be copied, for a change or a child; whatever errno denies it, the caller sees ENOMEM.",
        prototype="int cred_prepare(struct cred *new, const struct cred *old, gfp_t gfp)",
        facts=(OLD_CREDENTIALS, NEW_CREDENTIALS),
        default_errno=Errno.ENOMEM,
        errno_lost="`prepare_creds` returns no credentials, and its callers take that for want of memory.",
        errno_seen=Errno.ENOMEM,
    ),
    _asks(
        "cred_alloc_blank",
        doc="Empty credentials are about to be made for another process; whatever errno denies it, the caller sees ENOMEM.",
        prototype="int cred_alloc_blank(struct cred *cred, gfp_t gfp)",
        default_errno=Errno.ENOMEM,
        errno_lost="`cred_alloc_blank` returns no credentials, and its caller takes that for want of memory.",
        errno_seen=Errno.ENOMEM,
    ),
    Telling(
        "cred_transfer",
        doc="What modules keep with credentials is being copied to empty ones, keyctl(2) KEYCTL_SESSION_TO_PARENT.",
        prototype="void cred_transfer(struct cred *new, const struct cred *old)",
        facts=(OLD_CREDENTIALS, NEW_CREDENTIALS),
    ),
    Telling(
        "cred_free",
        doc="Credentials that nobody uses any more are being freed.",
        prototype="void cred_free(struct cred *cred)",
        object=CREDENTIALS,
        subject="whichever task is running: the kernel does this later",
    ),
    _asks(
        "kernel_act_as",
        doc="A service of the kernel is about to act under the label that a module gives it.",
        prototype="int kernel_act_as(struct cred *new, u32 secid)",
        facts=(NEW_CREDENTIALS,),
    ),
    _asks(
        "kernel_create_files_as",
        doc="A service of the kernel is about to make files that are labelled like a given one.",
        prototype="int kernel_create_files_as(struct cred *new, struct inode *inode)",
        object=FILE,
        object_is="the file whose label is taken",
        facts=(NEW_CREDENTIALS,),
    ),
)
