"""Calls on IPC as strace writes them."""

import pytest

from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.operations import Descriptor, Operation
from nslsm.kernel.operations import ipc as op
from tests.importers.traces.decode.test_decode import decoded

CREATE = frozenset({"create"})

ASKED: dict[str, Operation] = {
    "msgget(IPC_PRIVATE, IPC_CREAT|0600) = 0": op.GetIpc("queue", 0, CREATE, 0o600),
    "msgget(0x4d, IPC_CREAT|IPC_EXCL|0644) = 3": op.GetIpc("queue", 77, CREATE | {"exclusive"}, 0o644),
    "semget(0x4d, 2, 0600) = 0": op.GetIpc("semaphores", 77, frozenset(), 0o600, 2),
    "shmget(IPC_PRIVATE, 4096, IPC_CREAT|SHM_NORESERVE|0600) = 1": op.GetIpc("memory", 0, CREATE, 0o600, 4096),
    'msgsnd(0, {1, "hello"}, 5, 0) = 0': op.SendMessage(0, 1, 5),
    'msgsnd(0, {mtype=7, mtext="hello"}, 5, IPC_NOWAIT) = 0': op.SendMessage(0, 7, 5, frozenset({"nowait"})),
    'msgrcv(0, {1, "hello"}, 10, 0, MSG_NOERROR) = 5': op.ReceiveMessage(0, 0, frozenset({"noerror"}), 1),
    "msgrcv(0, 0x7ffd0, 10, -3, IPC_NOWAIT) = -1 ENOMSG (No message of desired type)": op.ReceiveMessage(
        0, -3, frozenset({"nowait"})
    ),
    "msgctl(0, IPC_RMID, NULL) = 0": op.ControlIpc("queue", 0, "rmid"),
    "semctl(0, 0, SETVAL, 0x1) = 0": op.ControlIpc("semaphores", 0, "setval"),
    "semctl(0, 0, IPC_64|IPC_RMID, NULL) = 0": op.ControlIpc("semaphores", 0, "rmid"),
    "semctl(0, 1, 14, 0) = 0": op.ControlIpc("semaphores", 0, "getncnt"),
    "shmctl(1, SHM_LOCK, NULL) = 0": op.ControlIpc("memory", 1, "lock"),
    "shmctl(1, IPC_SET, {shm_perm={uid=5, gid=6, mode=0600}, shm_segsz=1}) = 0": op.ControlIpc(
        "memory", 1, "set", 5, 6, 0o600
    ),
    "semop(0, [{sem_num=1, sem_op=-1, sem_flg=SEM_UNDO}], 1) = 0": op.OperateSemaphores(0, alter=True, last=1),
    "semtimedop(0, [{0, 0, IPC_NOWAIT}], 1, NULL) = 0": op.OperateSemaphores(0, alter=False, last=0),
    "semop(0, 0x7ffd0, 1) = 0": op.OperateSemaphores(0, UNKNOWN, UNKNOWN),
    "shmat(1, NULL, SHM_RDONLY) = 0x7f0000000000": op.AttachMemory(1, frozenset({"rdonly"})),
    "shmat(1, 0x10000, SHM_EXEC|SHM_RND) = 0x10000": op.AttachMemory(1, frozenset({"exec", "rnd"}), 0x10000),
    "shmdt(0x7f0000000000) = 0": op.DetachMemory(0x7F0000000000),
    'mq_open("jobs", O_RDWR|O_CREAT, 0600, NULL) = 3</jobs>': op.OpenMessageQueue(
        "jobs", frozenset({"read", "write", "create"}), 0o600
    ),
    'mq_open("jobs", O_RDONLY) = 3': op.OpenMessageQueue("jobs"),
    'mq_unlink("jobs") = 0': op.UnlinkMessageQueue("jobs"),
    'mq_timedsend(3</jobs>, "x", 1, 0, NULL) = 0': op.SendToMessageQueue(Descriptor(3, "/jobs")),
    'mq_timedreceive(3, "x", 8192, [0], NULL) = 1': op.ReceiveFromMessageQueue(Descriptor(3)),
}


@pytest.mark.parametrize("line", ASKED, ids=range(len(ASKED)))
def test_a_call_is_what_it_asks(line: str) -> None:
    assert decoded(line).operation == ASKED[line]


def test_a_queue_that_is_only_asked_about_itself_raises_no_hook() -> None:
    assert "ipc/mqueue.c" in decoded("mq_getsetattr(3</jobs>, NULL, {mq_flags=0}) = 0").silent
