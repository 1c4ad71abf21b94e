"""Tasks: made, ended, and the settings of a process that the process itself or another changes."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import Answering, Telling
from nslsm.hooks.kinds import FILE, TASK
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import INT, Fact
from nslsm.hooks.vocabulary import CLONE_FLAGS, IO_CLASS, PRCTL_OPTION, PRLIMIT_FLAGS, RESOURCE

_asks: Final = partial(Hook, object=TASK, default_errno=Errno.EPERM)

FAMILY: Final = Family.of(
    "task",
    "Tasks: made, ended, and the settings of a process that the process itself or another changes.",
    _asks(
        "task_alloc",
        doc="A process or thread is about to be made, fork(2), clone(2); a denial fails the call.",
        prototype="int task_alloc(struct task_struct *task, u64 clone_flags)",
        earlier=(("6.12", "int task_alloc(struct task_struct *task, unsigned long clone_flags)"),),
        object_is="the child to be, a copy of the caller",
        facts=(Fact("flags", CLONE_FLAGS, "what the two share, and which namespaces are new"),),
    ),
    Telling(
        "task_free",
        doc="The kernel is letting go of a task that ended and was waited for.",
        prototype="void task_free(struct task_struct *task)",
        object=TASK,
        subject="whichever task is running: the kernel does this later",
    ),
    _asks(
        "task_setpgid",
        doc="A process is about to be put into a process group, setpgid(2).",
        prototype="int task_setpgid(struct task_struct *p, pid_t pgid)",
        facts=(Fact("pgid", INT, "the process group's number"),),
    ),
    _asks(
        "task_getpgid",
        doc="Somebody is about to be told a process's process group, getpgid(2).",
        prototype="int task_getpgid(struct task_struct *p)",
    ),
    _asks(
        "task_getsid",
        doc="Somebody is about to be told a process's session, getsid(2).",
        prototype="int task_getsid(struct task_struct *p)",
    ),
    _asks(
        "task_setnice",
        doc="A task's nice value is about to change, setpriority(2).",
        prototype="int task_setnice(struct task_struct *p, int nice)",
        facts=(Fact("nice", INT, "nice value to be: -20 is the most urgent, 19 the least"),),
        repeats="setpriority(2) can be about a group, or all of a user",
    ),
    _asks(
        "task_setioprio",
        doc="A task's priority for input and output is about to change, ioprio_set(2).",
        prototype="int task_setioprio(struct task_struct *p, int ioprio)",
        facts=(
            Fact("io_class", IO_CLASS, "class of scheduling to be"),
            Fact("priority", INT, "priority within the class: 0 is the most urgent, 7 the least"),
        ),
        repeats="ioprio_set(2) can be about a group, or all of a user",
    ),
    _asks(
        "task_getioprio",
        doc="Somebody is about to be told a task's priority for input and output, ioprio_get(2).",
        prototype="int task_getioprio(struct task_struct *p)",
        repeats="ioprio_get(2) can be about a group, or all of a user",
    ),
    _asks(
        "task_prlimit",
        doc="The resource limits of another process are about to be read or changed, prlimit(2).",
        prototype="int task_prlimit(const struct cred *cred, const struct cred *tcred, unsigned int flags)",
        facts=(Fact("flags", PRLIMIT_FLAGS, "read, write or both"),),
    ),
    _asks(
        "task_setrlimit",
        doc="A resource limit of a process is about to change, setrlimit(2), prlimit(2).",
        prototype=("int task_setrlimit(struct task_struct *p, unsigned int resource, struct rlimit *new_rlim)"),
        facts=(
            Fact("resource", RESOURCE, "what is limited"),
            Fact("soft", INT, "soft limit to be; no limit is the largest integer"),
            Fact("hard", INT, "hard limit to be; no limit is the largest integer"),
        ),
    ),
    _asks(
        "task_setscheduler",
        doc="A task's scheduling policy, processors or memory nodes are about to change, sched_setscheduler(2).",
        prototype="int task_setscheduler(struct task_struct *p)",
    ),
    _asks(
        "task_getscheduler",
        doc="Somebody is about to be told a task's scheduling policy or processors, sched_getscheduler(2).",
        prototype="int task_getscheduler(struct task_struct *p)",
    ),
    _asks(
        "task_movememory",
        doc="The memory of a process is about to be moved to other memory nodes, move_pages(2), migrate_pages(2).",
        prototype="int task_movememory(struct task_struct *p)",
    ),
    Answering(
        "task_prctl",
        doc="A task is about to read or change a setting of its own, prctl(2).",
        prototype=(
            "int task_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)"
        ),
        default="-ENOSYS",
        why_other=(
            "The default says that the option is not a module's own; any other answer, 0 too, ends the call with it."
        ),
        facts=(
            Fact("option", PRCTL_OPTION, "which setting; `other` for one that is not described here"),
            Fact("argument", INT, "second argument of prctl(2)"),
        ),
        default_errno=Errno.EPERM,
    ),
    Telling(
        "task_to_inode",
        doc="A task is about to be shown as files below /proc, which take their owner and label from it.",
        prototype="void task_to_inode(struct task_struct *p, struct inode *inode)",
        object=TASK,
        facts=(Fact("file", FILE, "the file below /proc"),),
    ),
)
