"""System calls that raise no hook, each with the kernel's source file in which that can be seen (Linux 6.1 and 6.12).

A call is here only if nothing on its way calls a ``security_`` function that is a hook, page faults and the freeing of what
goes away apart.
"""

from collections.abc import Mapping
from typing import Final

_BY_SOURCE: Final[Mapping[str, str]] = {
    "kernel/signal.c": "rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigreturn sigaltstack "
    "sigaction sigprocmask sigreturn pause",
    "kernel/futex/syscalls.c": "futex futex_waitv futex_wake futex_wait futex_requeue set_robust_list get_robust_list",
    "kernel/fork.c": "set_tid_address",
    "kernel/rseq.c": "rseq",
    "kernel/sched/core.c": "sched_yield",
    "kernel/sched/syscalls.c": "sched_get_priority_max sched_get_priority_min",
    "kernel/sched/membarrier.c": "membarrier",
    "kernel/sys.c": "getpriority getpid getppid gettid getpgrp times uname sysinfo getrusage getcpu",
    "kernel/time/posix-timers.c": "clock_gettime clock_getres clock_nanosleep timer_create timer_settime timer_gettime "
    "timer_delete timer_getoverrun",
    "kernel/time/time.c": "time gettimeofday",
    "kernel/time/hrtimer.c": "nanosleep",
    "kernel/time/itimer.c": "alarm getitimer setitimer",
    "kernel/signal.c, do_no_restart_syscall": "restart_syscall",
    "mm/msync.c, mm/mincore.c": "msync mincore",
    "mm/madvise.c": "madvise",
    "mm/mlock.c": "mlock mlock2 munlock mlockall munlockall",
    "mm/mempolicy.c": "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
    "mm/fadvise.c": "fadvise64 readahead",
    "mm/mprotect.c": "pkey_alloc pkey_free",
    "arch/x86/kernel/process_64.c": "arch_prctl set_thread_area get_thread_area modify_ldt",
    "drivers/char/random.c": "getrandom",
    "fs/read_write.c": "lseek _llseek",
    "fs/select.c": "poll ppoll select pselect6 _newselect",
    "fs/eventpoll.c": "epoll_wait epoll_pwait epoll_pwait2 epoll_ctl epoll_ctl_old epoll_wait_old",
    "fs/notify/inotify/inotify_user.c": "inotify_rm_watch",
    "fs/timerfd.c": "timerfd_settime timerfd_gettime",
    "fs/sync.c": "sync fsync fdatasync syncfs sync_file_range",
    "ipc/mqueue.c": "mq_notify mq_getsetattr",
    "security/landlock/syscalls.c": "landlock_add_rule",
    "security/lsm_syscalls.c": "lsm_list_modules",
    "fs/splice.c": "vmsplice",
    "fs/filesystems.c": "sysfs",
    "mm/oom_kill.c": "process_mrelease",
    "fs/aio.c": "io_setup io_destroy io_getevents io_submit io_cancel io_pgetevents",
    "kernel/exec_domain.c": "personality",
    "kernel/seccomp.c": "seccomp",
}

SILENT: Final[Mapping[str, str]] = {
    name: f"Linux, {source}: no hook on its way" for source, names in _BY_SOURCE.items() for name in names.split()
}
"""Names of system calls to where it can be seen that they raise no hook."""

LATER: Final = frozenset(
    {
        "file_getattr",
        "file_setattr",
        "getxattrat",
        "listns",
        "listxattrat",
        "map_shadow_stack",
        "quotactl_fd",
        "removexattrat",
        "setxattrat",
    }
)
"""System calls that do raise hooks, or may, and that the kernel here does not make yet: the newest kernels brought them."""
