"""Numbers that calls on IPC, keys, BPF, rings and the machine give names to, beside :mod:`nslsm.kernel.constants`.

Sources: the kernel's user-space headers (``include/uapi``), named at each table, and the manual pages.
"""

from typing import Final

from nslsm.hooks.commands import BPF_COMMAND, BPF_MAP_TYPE, BPF_PROGRAM_TYPE, SYSLOG_ACTION
from nslsm.kernel.constant_table import Constants, choices, flags


def _counted(prefix: str, members: tuple[str, ...]) -> Constants:
    """The table of an enumeration whose members stand in the order of their numbers, ``other`` aside."""
    names = (member for member in members if member != "other")
    return choices(" ".join(f"{prefix}{name.upper()}={number}" for number, name in enumerate(names)))


IPC_KEYS: Final = choices("IPC_PRIVATE=0")
"""msgget(2), semget(2), shmget(2), the key; ``linux/ipc.h``."""

IPC_GET_FLAGS: Final = flags("IPC_CREAT=0x200 IPC_EXCL=0x400 IPC_NOWAIT=0x800 SHM_NORESERVE=0x1000 SHM_HUGETLB=0x800")
"""msgget(2), semget(2), shmget(2), beside the permissions; ``linux/ipc.h``, ``linux/shm.h``."""

MESSAGE_FLAGS: Final = flags("IPC_NOWAIT=0x800 MSG_NOERROR=0x1000 MSG_EXCEPT=0x2000 MSG_COPY=0x4000")
"""msgsnd(2), msgrcv(2); ``linux/msg.h``."""

_IPC: Final = "IPC_RMID=0 IPC_SET=1 IPC_STAT=2 IPC_INFO=3 IPC_64=0x100 "
QUEUE_COMMANDS: Final = flags(f"{_IPC} MSG_STAT=11 MSG_INFO=12 MSG_STAT_ANY=13", choice=0xFF)
"""msgctl(2); ``linux/msg.h``. ``IPC_64`` says which structure the caller has."""

SEMAPHORE_COMMANDS: Final = flags(
    f"""
    {_IPC} GETPID=11 GETVAL=12 GETALL=13 GETNCNT=14 GETZCNT=15 SETVAL=16 SETALL=17 SEM_STAT=18 SEM_INFO=19
    SEM_STAT_ANY=20
    """,
    choice=0xFF,
)
"""semctl(2); ``linux/sem.h``."""

MEMORY_COMMANDS: Final = flags(f"{_IPC} SHM_LOCK=11 SHM_UNLOCK=12 SHM_STAT=13 SHM_INFO=14 SHM_STAT_ANY=15", choice=0xFF)
"""shmctl(2); ``linux/shm.h``."""

KEY_PERMISSIONS: Final = flags(
    """
    KEY_POS_VIEW=0x1000000 KEY_POS_READ=0x2000000 KEY_POS_WRITE=0x4000000 KEY_POS_SEARCH=0x8000000
    KEY_POS_LINK=0x10000000 KEY_POS_SETATTR=0x20000000 KEY_USR_VIEW=0x10000 KEY_USR_READ=0x20000
    KEY_USR_WRITE=0x40000 KEY_USR_SEARCH=0x80000 KEY_USR_LINK=0x100000 KEY_USR_SETATTR=0x200000
    KEY_GRP_VIEW=0x100 KEY_GRP_READ=0x200 KEY_GRP_WRITE=0x400 KEY_GRP_SEARCH=0x800 KEY_GRP_LINK=0x1000
    KEY_GRP_SETATTR=0x2000 KEY_OTH_VIEW=0x1 KEY_OTH_READ=0x2 KEY_OTH_WRITE=0x4 KEY_OTH_SEARCH=0x8
    KEY_OTH_LINK=0x10 KEY_OTH_SETATTR=0x20
    """
)
"""keyctl(2), KEYCTL_SETPERM: of the possessor, the owner, the group, others; ``linux/key.h``."""

BPF_COMMANDS: Final = _counted("BPF_", BPF_COMMAND.members)
"""bpf(2), the command; ``linux/bpf.h``. ``BPF_PROG_RUN`` is another name of ``BPF_PROG_TEST_RUN``."""

BPF_MAP_TYPES: Final = _counted("BPF_MAP_TYPE_", BPF_MAP_TYPE.members)
"""bpf(2), ``BPF_MAP_CREATE``; ``linux/bpf.h``."""

BPF_PROGRAM_TYPES: Final = _counted("BPF_PROG_TYPE_", BPF_PROGRAM_TYPE.members)
"""bpf(2), ``BPF_PROG_LOAD``; ``linux/bpf.h``."""

BPF_MAP_FLAGS: Final = flags(
    """
    BPF_F_NO_PREALLOC=1 BPF_F_NO_COMMON_LRU=2 BPF_F_NUMA_NODE=4 BPF_F_RDONLY=8 BPF_F_WRONLY=0x10
    BPF_F_STACK_BUILD_ID=0x20 BPF_F_ZERO_SEED=0x40 BPF_F_RDONLY_PROG=0x80 BPF_F_WRONLY_PROG=0x100 BPF_F_CLONE=0x200
    BPF_F_MMAPABLE=0x400 BPF_F_PRESERVE_ELEMS=0x800 BPF_F_INNER_MAP=0x1000 BPF_F_LINK=0x2000
    """
)
"""bpf(2), ``BPF_MAP_CREATE``; ``linux/bpf.h``."""

PERF_FLAGS: Final = flags("PERF_FLAG_FD_NO_GROUP=1 PERF_FLAG_FD_OUTPUT=2 PERF_FLAG_PID_CGROUP=4 PERF_FLAG_FD_CLOEXEC=8")
"""perf_event_open(2); ``linux/perf_event.h``."""

PERF_TYPES: Final = choices(
    """
    PERF_TYPE_HARDWARE=0 PERF_TYPE_SOFTWARE=1 PERF_TYPE_TRACEPOINT=2 PERF_TYPE_HW_CACHE=3 PERF_TYPE_RAW=4
    PERF_TYPE_BREAKPOINT=5
    """
)
"""perf_event_open(2), the kind of event; ``linux/perf_event.h``."""

RING_FLAGS: Final = flags(
    """
    IORING_SETUP_IOPOLL=1 IORING_SETUP_SQPOLL=2 IORING_SETUP_SQ_AFF=4 IORING_SETUP_CQSIZE=8 IORING_SETUP_CLAMP=0x10
    IORING_SETUP_ATTACH_WQ=0x20 IORING_SETUP_R_DISABLED=0x40 IORING_SETUP_SUBMIT_ALL=0x80
    IORING_SETUP_COOP_TASKRUN=0x100 IORING_SETUP_TASKRUN_FLAG=0x200 IORING_SETUP_SQE128=0x400
    IORING_SETUP_CQE32=0x800 IORING_SETUP_SINGLE_ISSUER=0x1000 IORING_SETUP_DEFER_TASKRUN=0x2000
    IORING_SETUP_NO_MMAP=0x4000 IORING_SETUP_REGISTERED_FD_ONLY=0x8000 IORING_SETUP_NO_SQARRAY=0x10000
    """
)
"""io_uring_setup(2); ``linux/io_uring.h``."""

SYSLOG_ACTIONS: Final = _counted("SYSLOG_ACTION_", SYSLOG_ACTION.members)
"""syslog(2), the type; ``include/linux/syslog.h``."""

CLOCKS: Final = choices(
    """
    CLOCK_REALTIME=0 CLOCK_MONOTONIC=1 CLOCK_PROCESS_CPUTIME_ID=2 CLOCK_THREAD_CPUTIME_ID=3 CLOCK_MONOTONIC_RAW=4
    CLOCK_REALTIME_COARSE=5 CLOCK_MONOTONIC_COARSE=6 CLOCK_BOOTTIME=7 CLOCK_REALTIME_ALARM=8 CLOCK_BOOTTIME_ALARM=9
    CLOCK_TAI=11
    """
)
"""clock_settime(2); ``linux/time.h``."""

ADJUSTMENTS: Final = flags(
    """
    ADJ_OFFSET=1 ADJ_FREQUENCY=2 ADJ_MAXERROR=4 ADJ_ESTERROR=8 ADJ_STATUS=0x10 ADJ_TIMECONST=0x20 ADJ_TAI=0x80
    ADJ_SETOFFSET=0x100 ADJ_MICRO=0x1000 ADJ_NANO=0x2000 ADJ_TICK=0x4000 ADJ_OFFSET_SINGLESHOT=0x8001
    ADJ_OFFSET_SS_READ=0xa001
    """
)
"""adjtimex(2); ``linux/timex.h``."""

QUOTA_COMMANDS: Final = choices(
    """
    Q_SYNC=0x800001 Q_QUOTAON=0x800002 Q_QUOTAOFF=0x800003 Q_GETFMT=0x800004 Q_GETINFO=0x800005 Q_SETINFO=0x800006
    Q_GETQUOTA=0x800007 Q_SETQUOTA=0x800008 Q_GETNEXTQUOTA=0x800009 Q_XQUOTAON=0x5801 Q_XQUOTAOFF=0x5802
    Q_XGETQUOTA=0x5803 Q_XSETQLIM=0x5804 Q_XGETQSTAT=0x5805 Q_XQUOTARM=0x5806 Q_XQUOTASYNC=0x5807
    Q_XGETQSTATV=0x5808 Q_XGETNEXTQUOTA=0x5809
    """
)
"""quotactl(2); ``linux/quota.h``, ``linux/dqblk_xfs.h``."""

QUOTA_TYPES: Final = choices("USRQUOTA=0 GRPQUOTA=1 PRJQUOTA=2")
"""quotactl(2); ``linux/quota.h``."""

FANOTIFY_FLAGS: Final = flags(
    """
    FAN_CLASS_NOTIF=0 FAN_CLOEXEC=1 FAN_NONBLOCK=2 FAN_CLASS_CONTENT=4 FAN_CLASS_PRE_CONTENT=8 FAN_UNLIMITED_QUEUE=0x10
    FAN_UNLIMITED_MARKS=0x20 FAN_ENABLE_AUDIT=0x40 FAN_REPORT_PIDFD=0x80 FAN_REPORT_TID=0x100 FAN_REPORT_FID=0x200
    FAN_REPORT_DIR_FID=0x400 FAN_REPORT_NAME=0x800 FAN_REPORT_TARGET_FID=0x1000
    """
)
"""fanotify_init(2); ``linux/fanotify.h``."""

FANOTIFY_MARKS: Final = flags(
    """
    FAN_MARK_ADD=1 FAN_MARK_REMOVE=2 FAN_MARK_DONT_FOLLOW=4 FAN_MARK_ONLYDIR=8 FAN_MARK_MOUNT=0x10
    FAN_MARK_IGNORED_MASK=0x20 FAN_MARK_IGNORED_SURV_MODIFY=0x40 FAN_MARK_FLUSH=0x80 FAN_MARK_FILESYSTEM=0x100
    FAN_MARK_EVICTABLE=0x200 FAN_MARK_IGNORE=0x400
    """
)
"""fanotify_mark(2), the flags; ``linux/fanotify.h``."""

FANOTIFY_EVENTS: Final = flags(
    """
    FAN_ACCESS=1 FAN_MODIFY=2 FAN_ATTRIB=4 FAN_CLOSE_WRITE=8 FAN_CLOSE_NOWRITE=0x10 FAN_OPEN=0x20 FAN_MOVED_FROM=0x40
    FAN_MOVED_TO=0x80 FAN_CREATE=0x100 FAN_DELETE=0x200 FAN_DELETE_SELF=0x400 FAN_MOVE_SELF=0x800
    FAN_OPEN_EXEC=0x1000 FAN_Q_OVERFLOW=0x4000 FAN_FS_ERROR=0x8000 FAN_OPEN_PERM=0x10000 FAN_ACCESS_PERM=0x20000
    FAN_OPEN_EXEC_PERM=0x40000 FAN_EVENT_ON_CHILD=0x8000000 FAN_RENAME=0x10000000 FAN_ONDIR=0x40000000
    """
)
"""fanotify_mark(2), the mask; ``linux/fanotify.h``."""

LANDLOCK_CREATE_FLAGS: Final = flags("LANDLOCK_CREATE_RULESET_VERSION=1 LANDLOCK_CREATE_RULESET_ERRATA=2")
"""landlock_create_ruleset(2); ``linux/landlock.h``."""

SELF_ATTRIBUTES: Final = choices(
    """
    LSM_ATTR_UNDEF=0 LSM_ATTR_CURRENT=100 LSM_ATTR_EXEC=101 LSM_ATTR_FSCREATE=102 LSM_ATTR_KEYCREATE=103
    LSM_ATTR_PREV=104 LSM_ATTR_SOCKCREATE=105
    """
)
"""lsm_get_self_attr(2); ``linux/lsm.h``."""
