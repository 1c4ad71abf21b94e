"""System V and POSIX IPC: message queues, semaphores, shared memory, sysvipc(7)."""

from functools import partial
from typing import Final

from nslsm.hooks.commands import ATTACH_FLAGS, IPC_COMMAND, IPC_FLAGS
from nslsm.hooks.entry import Telling
from nslsm.hooks.facts import MASK
from nslsm.hooks.kinds import IPC, NATURAL, OTHER
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, Family, Hook
from nslsm.hooks.types import BOOL, INT, Fact

_asks: Final = partial(Hook, object=IPC)
_tells: Final = partial(Telling, object=IPC)

_FLAGS: Final = Fact("flags", IPC_FLAGS, "whether it may be made, must be new, or is waited for")
_COMMAND: Final = Fact("cmd", IPC_COMMAND, "the command; `other` for one that is not described here")
_CONCERNED: Final = "the one that the command is about; unknown where it is about all of them"
_SIZE: Final = Fact("size", INT, "how many bytes the message has", NATURAL)

FAMILY: Final = Family.of(
    "ipc",
    "System V and POSIX IPC: message queues, semaphores, shared memory, sysvipc(7).",
    _asks(
        "ipc_permission",
        doc="A queue, semaphore set or shared memory is about to be used, and its permission bits grant it.",
        prototype="int ipc_permission(struct kern_ipc_perm *ipcp, short flag)",
        errno_lost="the callers of `ipcperms` make a yes or no of the answer, and fail with EACCES.",
        errno_seen=Errno.EACCES,
        facts=(MASK,),
    ),
    _asks(
        "msg_queue_alloc_security",
        doc="A message queue is about to be made, msgget(2).",
        prototype="int msg_queue_alloc_security(struct kern_ipc_perm *perm)",
        object_is="the queue to be",
    ),
    _tells(
        "msg_queue_free_security",
        doc="What modules kept about a message queue is being freed.",
        prototype="void msg_queue_free_security(struct kern_ipc_perm *perm)",
    ),
    _asks(
        "msg_queue_associate",
        doc="A message queue that exists is about to be looked up by its key, msgget(2).",
        prototype="int msg_queue_associate(struct kern_ipc_perm *perm, int msqflg)",
        facts=(_FLAGS,),
    ),
    _asks(
        "msg_queue_msgctl",
        doc="A message queue is about to be inspected, changed or removed, msgctl(2).",
        prototype="int msg_queue_msgctl(struct kern_ipc_perm *perm, int cmd)",
        object_is=_CONCERNED,
        facts=(_COMMAND,),
    ),
    _asks(
        "msg_queue_msgsnd",
        doc="A message is about to be put into a queue, msgsnd(2).",
        prototype="int msg_queue_msgsnd(struct kern_ipc_perm *perm, struct msg_msg *msg, int msqflg)",
        facts=(
            Fact("message_type", INT, "the type that the sender gives it"),
            _SIZE,
            Fact("flags", IPC_FLAGS, "whether it is waited for room"),
        ),
    ),
    _asks(
        "msg_queue_msgrcv",
        doc="A message is about to be taken from a queue, msgrcv(2).",
        prototype=(
            "int msg_queue_msgrcv(struct kern_ipc_perm *perm, struct msg_msg *msg,"
            " struct task_struct *target, long type, int mode)"
        ),
        subject="the task that receives, also where the sender hands it the message",
        errno_lost="`find_msg` passes the message over, as though it were not there.",
        repeats="messages that are refused are passed over for the next",
        facts=(
            Fact("wanted_type", INT, "the type that is asked for: 0 any, below 0 any up to that"),
            Fact("message_type", INT, "the type of the message that would be taken"),
            _SIZE,
        ),
        consequence=Consequence.ELEMENT,
    ),
    Hook(
        "msg_msg_alloc_security",
        doc="The kernel is about to make a message for a queue; a denial fails the call that sends it.",
        prototype="int msg_msg_alloc_security(struct msg_msg *msg)",
        object=OTHER,
        object_is="the message to be",
    ),
    Telling(
        "msg_msg_free_security",
        doc="What modules kept about a message is being freed.",
        prototype="void msg_msg_free_security(struct msg_msg *msg)",
        object=OTHER,
        object_is="the message",
    ),
    _asks(
        "shm_alloc_security",
        doc="Shared memory is about to be made, shmget(2).",
        prototype="int shm_alloc_security(struct kern_ipc_perm *perm)",
        object_is="the shared memory to be",
    ),
    _tells(
        "shm_free_security",
        doc="What modules kept about shared memory is being freed.",
        prototype="void shm_free_security(struct kern_ipc_perm *perm)",
    ),
    _asks(
        "shm_associate",
        doc="Shared memory that exists is about to be looked up by its key, shmget(2).",
        prototype="int shm_associate(struct kern_ipc_perm *perm, int shmflg)",
        facts=(_FLAGS,),
    ),
    _asks(
        "shm_shmctl",
        doc="Shared memory is about to be inspected, changed, locked or removed, shmctl(2).",
        prototype="int shm_shmctl(struct kern_ipc_perm *perm, int cmd)",
        object_is=_CONCERNED,
        facts=(_COMMAND,),
    ),
    _asks(
        "shm_shmat",
        doc="Shared memory is about to be attached to a process, shmat(2).",
        prototype="int shm_shmat(struct kern_ipc_perm *perm, char __user *shmaddr, int shmflg)",
        facts=(Fact("flags", ATTACH_FLAGS, "to read only, to execute, and how it is placed"),),
    ),
    _asks(
        "sem_alloc_security",
        doc="A semaphore set is about to be made, semget(2).",
        prototype="int sem_alloc_security(struct kern_ipc_perm *perm)",
        object_is="the semaphore set to be",
    ),
    _tells(
        "sem_free_security",
        doc="What modules kept about a semaphore set is being freed.",
        prototype="void sem_free_security(struct kern_ipc_perm *perm)",
    ),
    _asks(
        "sem_associate",
        doc="A semaphore set that exists is about to be looked up by its key, semget(2).",
        prototype="int sem_associate(struct kern_ipc_perm *perm, int semflg)",
        facts=(_FLAGS,),
    ),
    _asks(
        "sem_semctl",
        doc="A semaphore set is about to be inspected, changed or removed, semctl(2).",
        prototype="int sem_semctl(struct kern_ipc_perm *perm, int cmd)",
        object_is=_CONCERNED,
        facts=(_COMMAND,),
    ),
    _asks(
        "sem_semop",
        doc="Semaphores are about to be waited for or changed, semop(2).",
        prototype="int sem_semop(struct kern_ipc_perm *perm, struct sembuf *sops, unsigned nsops, int alter)",
        facts=(Fact("alter", BOOL, "they are changed, not only waited for to be 0"),),
    ),
)
