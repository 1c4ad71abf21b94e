"""What system calls on System V IPC and on POSIX message queues raise."""

from typing import Final

from nslsm.kernel.mapping.entry import Mapped, mapped
from nslsm.kernel.operations import ipc as op

_OVERRIDE: Final = "capable @ ipcperms: the permission bits do not do (CAP_IPC_OWNER)"
_ASKED: Final = "ipc_permission @ ipcperms"

IPC: Final[tuple[Mapped, ...]] = (
    mapped(
        op.GetIpc,
        "msgget semget shmget",
        "ipcget, newque, newary, newseg",
        f"{_OVERRIDE}, of one that is there",
        f"{_ASKED}: of one that is there",
        "msg_queue_associate @ ipc_check_perms: a queue that is there",
        "sem_associate @ ipc_check_perms: semaphores that are there",
        "shm_associate @ ipc_check_perms: memory that is there",
        "msg_queue_alloc_security @ newque: a queue that is new",
        "sem_alloc_security @ newary: semaphores that are new",
        "shm_alloc_security @ newseg: memory that is new",
        "~vm_enough_memory @ __shmem_file_setup: memory that is new",
        "~inode_alloc_security @ inode_init_always: memory that is new",
        "~d_instantiate @ d_instantiate: memory that is new",
        "~file_alloc_security @ __alloc_file: memory that is new",
    ),
    mapped(
        op.ControlIpc,
        "msgctl semctl shmctl",
        "ksys_msgctl, ksys_semctl, ksys_shmctl",
        f"{_OVERRIDE}, or IPC_RMID and IPC_SET of another user's (CAP_SYS_ADMIN), or SHM_LOCK (CAP_IPC_LOCK)",
        f"{_ASKED}: IPC_STAT and its kin, except ..._ANY; semaphores are read or set",
        "msg_queue_msgctl @ msgctl_info msgctl_stat msgctl_down: a queue",
        "sem_semctl @ semctl_info semctl_stat semctl_main semctl_setval semctl_down: semaphores",
        "shm_shmctl @ shmctl_ipc_info shmctl_shm_info shmctl_stat shmctl_down shmctl_do_lock: memory",
        "~msg_msg_free_security @ free_msg: for each message of a queue that is removed",
        "~inode_free_security @ __destroy_inode: memory that is removed, and nobody has attached",
        "~file_free_security @ __fput: memory that is removed, and nobody has attached",
    ),
    mapped(
        op.SendMessage,
        "msgsnd",
        "do_msgsnd",
        "~msg_msg_alloc_security @ load_msg",
        _OVERRIDE,
        _ASKED,
        "msg_queue_msgsnd @ do_msgsnd",
        "~msg_msg_free_security @ free_msg: it fails",
    ),
    mapped(
        op.ReceiveMessage,
        "msgrcv",
        "do_msgrcv, find_msg",
        _OVERRIDE,
        _ASKED,
        "msg_queue_msgrcv @ find_msg: for each message that fits, until one is granted",
        "~msg_msg_free_security @ free_msg: of the one that was taken",
    ),
    mapped(op.OperateSemaphores, "semop semtimedop", "do_semtimedop", _OVERRIDE, _ASKED, "sem_semop @ do_semtimedop"),
    mapped(
        op.AttachMemory,
        "shmat",
        "do_shmat",
        _OVERRIDE,
        _ASKED,
        "shm_shmat @ do_shmat",
        "~file_alloc_security @ __alloc_file",
        "mmap_file @ do_shmat",
        "~current_getsecid_subj @ ima_file_mmap: to execute",
        "mmap_addr @ get_unmapped_area",
    ),
    mapped(
        op.DetachMemory,
        "shmdt",
        "ksys_shmdt, shm_close",
        "~file_free_security @ __fput",
        "~inode_free_security @ __destroy_inode: memory that was removed, and nobody else has attached",
    ),
    mapped(
        op.OpenMessageQueue,
        "mq_open",
        "do_mq_open, prepare_open, vfs_mkobj, mqueue_create_attr, dentry_open",
        "inode_permission @ inode_permission: for the directory that the queue is made in, or for the queue",
        "capable @ mqueue_get_inode capable_wrt_inode_uidgid: a new queue (CAP_SYS_RESOURCE), or the bits do not do",
        "inode_create @ vfs_mkobj: a new queue",
        "~inode_alloc_security @ inode_init_always: a new queue",
        "~d_instantiate @ d_instantiate: a new queue",
        "~file_alloc_security @ __alloc_file",
        "file_open @ do_dentry_open",
    ),
    mapped(
        op.UnlinkMessageQueue,
        "mq_unlink",
        "sys_mq_unlink, vfs_unlink, may_delete",
        "inode_permission @ inode_permission: for the directory",
        "capable @ capable_wrt_inode_uidgid: another user's, for the directory is sticky (CAP_FOWNER)",
        "inode_unlink @ vfs_unlink",
        "~inode_free_security @ __destroy_inode: nobody has it open",
    ),
    mapped(
        op.SendToMessageQueue,
        "mq_timedsend",
        "do_mq_timedsend",
        "~msg_msg_alloc_security @ load_msg",
        "~msg_msg_free_security @ free_msg: it fails",
    ),
    mapped(
        op.ReceiveFromMessageQueue,
        "mq_timedreceive",
        "do_mq_timedreceive",
        "~msg_msg_free_security @ free_msg",
    ),
)
"""Calls on what processes share by a number or a name, in the order of :data:`nslsm.kernel.operations.ipc.IPC`."""
