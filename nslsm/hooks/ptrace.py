"""Looking into other processes: ptrace(2), /proc/PID/mem, process_vm_readv(2), pidfd_getfd(2)."""

from typing import Final

from nslsm.hooks.kinds import TASK
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import Fact
from nslsm.hooks.vocabulary import PTRACE_MODE

FAMILY: Final = Family.of(
    "ptrace",
    "Looking into other processes: ptrace(2), /proc/PID/mem, process_vm_readv(2), pidfd_getfd(2).",
    Hook(
        "ptrace_access_check",
        doc="A task is about to look into another process, or to take control of it.",
        prototype="int ptrace_access_check(struct task_struct *child, unsigned int mode)",
        object=TASK,
        object_is="the process that is looked into",
        facts=(Fact("mode", PTRACE_MODE, "`attach` to change or stop it, `read` to see what others may not"),),
        default_errno=Errno.EPERM,
        repeats="kcmp(2) compares two processes",
    ),
    Hook(
        "ptrace_traceme",
        doc="A task is about to make its parent its tracer, ptrace(2) PTRACE_TRACEME.",
        prototype="int ptrace_traceme(struct task_struct *parent)",
        object=TASK,
        object_is="the tracee: the task that makes the call",
        subject="the tracer: the parent of the task that makes the call",
        default_errno=Errno.EPERM,
    ),
)
