"""Signals: sent by one process to another, or because of a file."""

from typing import Final

from nslsm.hooks.kinds import FILE, TASK
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, Family, Hook
from nslsm.hooks.types import SIGNAL, Fact

_SIGNAL: Final = Fact("signal", SIGNAL, "which signal; NONE where kill(2) only asks whether it could send one")

FAMILY: Final = Family.of(
    "signal",
    "Signals: sent by one process to another, or because of a file.",
    Hook(
        "task_kill",
        doc="A signal is about to be sent to a task, kill(2), tgkill(2), rt_sigqueueinfo(2).",
        prototype="int task_kill(struct task_struct *p, struct kernel_siginfo *info, int sig, const struct cred *cred)",
        object=TASK,
        object_is="the task that is to get it; the kernel asks once for each process of a group",
        subject="the task that sends it, or that asked for it where a USB device reports back",
        facts=(_SIGNAL,),
        default_errno=Errno.EPERM,
        repeats="kill(2) can be sent to a group",
    ),
    Hook(
        "file_send_sigiotask",
        doc="A signal is about to be sent to a task because an open file became ready, fcntl(2) F_SETOWN.",
        prototype="int file_send_sigiotask(struct task_struct *tsk, struct fown_struct *fown, int sig)",
        object=TASK,
        object_is="the task that is to get it",
        subject="whichever task is running when the file becomes ready; what counts is who named the receiver",
        facts=(
            Fact("signal", SIGNAL, "which signal: SIGIO, or the one that F_SETSIG chose"),
            Fact("file", FILE, "the open file"),
        ),
        consequence=Consequence.ELEMENT,
        default_errno=Errno.EPERM,
        errno_lost="`sigio_perm` makes a yes or no of the answer; the signal is not sent, and nobody is told why.",
    ),
)
