from dataclasses import replace

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import Exit, Unshare
from nslsm.kernel.operations.ipc import (
    AttachMemory,
    ControlIpc,
    DetachMemory,
    GetIpc,
    OperateSemaphores,
    ReceiveMessage,
    SendMessage,
)
from nslsm.kernel.world import World
from nslsm.protocol.request import Request
from tests.kernel.machine import Machine, denying

CREATE = frozenset({"create"})
NEW = frozenset({"create", "exclusive"})


def test_a_queue_is_made_once_and_then_found_by_its_key() -> None:
    machine = Machine()
    maker, other = machine.process(1000), machine.process(1000)

    made = machine.run(maker, GetIpc("queue", 77, CREATE, 0o600))
    found = machine.run(other, GetIpc("queue", 77, CREATE, 0o600))

    assert made.hooks == ["msg_queue_alloc_security"]
    assert found.hooks == ["ipc_permission", "msg_queue_associate"]
    assert made.result == found.result
    thing = found.the("ipc_permission").object
    assert (thing.facts["type"], thing.facts["key"], thing.facts["owner"], thing.facts["mode"]) == (
        "queue", 77, 1000, 0o600
    )  # fmt: skip
    assert found.the("ipc_permission").argument("mask") == {"read", "write"}


def test_what_nobody_made_is_not_found_and_what_is_there_is_not_new() -> None:
    machine = Machine()
    pid = machine.process(1000)

    assert machine.run(pid, GetIpc("queue", 77)).errno is Errno.ENOENT
    machine.run(pid, GetIpc("queue", 77, CREATE, 0o600))
    again = machine.run(pid, GetIpc("queue", 77, NEW, 0o600))
    assert (again.errno, again.hooks) == (Errno.EEXIST, [])
    assert machine.run(pid, GetIpc("semaphores", 77)).errno is Errno.ENOENT


def test_a_private_object_is_another_one_each_time() -> None:
    machine = Machine()
    pid = machine.process(1000)

    ids = [machine.run(pid, GetIpc("queue", 0, CREATE, 0o600)).result for _ in range(2)]

    assert len(set(ids)) == 2


def test_too_small_a_set_or_memory_is_refused_before_any_hook() -> None:
    machine = Machine()
    pid = machine.process(1000)
    machine.run(pid, GetIpc("semaphores", 5, CREATE, 0o600, 2))

    assert machine.run(pid, GetIpc("semaphores", 5, CREATE, 0o600, 3)).errno is Errno.EINVAL
    assert machine.run(pid, GetIpc("memory", 5, CREATE, 0o600, 0)).errno is Errno.EINVAL
    wide = machine.run(pid, OperateSemaphores(0, alter=True, last=2))
    assert (wide.errno, wide.hooks) == (Errno.EFBIG, [])


def test_permission_bits_or_cap_ipc_owner_let_another_user_in() -> None:
    machine = Machine()
    queue = machine.run(machine.process(1000), GetIpc("queue", 77, CREATE, 0o640)).result
    stranger, root = machine.process(1001), machine.process(0)

    refused = machine.run(stranger, SendMessage(queue))
    granted = machine.run(root, SendMessage(queue))

    assert (refused.errno, refused.hooks) == (Errno.EACCES, ["capable"])
    assert refused.the("capable").argument("cap") is Capability.CAP_IPC_OWNER
    assert granted.hooks == ["capable", "ipc_permission", "msg_queue_msgsnd"]


def test_the_group_of_who_made_it_has_the_groups_bits() -> None:
    machine = Machine()
    queue = machine.run(machine.process(1000), GetIpc("queue", 77, CREATE, 0o640)).result
    credentials = machine.task(machine.process(1001)).credentials
    member = machine.process(credentials=replace(credentials, groups=frozenset({1000})))

    assert machine.run(member, ControlIpc("queue", queue, "stat")).hooks == ["ipc_permission", "msg_queue_msgctl"]
    assert machine.run(member, SendMessage(queue)).errno is Errno.EACCES


def test_another_ipc_namespace_has_other_objects() -> None:
    machine = Machine()
    inside, outside = machine.process(0), machine.process(0)
    queue = machine.run(outside, GetIpc("queue", 77, CREATE, 0o600)).result
    machine.run(inside, Unshare(frozenset({"newipc"})))

    assert machine.run(inside, GetIpc("queue", 77)).errno is Errno.ENOENT
    assert machine.run(inside, SendMessage(queue)).errno is Errno.EINVAL
    assert machine.run(inside, GetIpc("queue", 77, CREATE, 0o600)).hooks == ["msg_queue_alloc_security"]


def test_only_its_owner_or_root_removes_an_object_and_then_it_is_gone() -> None:
    machine = Machine()
    owner, stranger = machine.process(1000), machine.process(1001)
    queue = machine.run(owner, GetIpc("queue", 77, CREATE, 0o666)).result

    refused = machine.run(stranger, ControlIpc("queue", queue, "rmid"))
    removed = machine.run(owner, ControlIpc("queue", queue, "rmid"))

    assert (refused.errno, refused.hooks) == (Errno.EPERM, ["capable"])
    assert removed.hooks == ["msg_queue_msgctl"]
    assert machine.run(owner, SendMessage(queue)).errno is Errno.EINVAL
    assert machine.run(owner, GetIpc("queue", 77)).errno is Errno.ENOENT


def test_who_is_given_an_object_owns_it() -> None:
    machine = Machine()
    maker, heir = machine.process(1000), machine.process(1001)
    sems = machine.run(maker, GetIpc("semaphores", 5, CREATE, 0o600, 1)).result

    machine.run(maker, ControlIpc("semaphores", sems, "set", 1001, 1001, 0o600))

    assert machine.run(heir, ControlIpc("semaphores", sems, "setval")).hooks == ["ipc_permission", "sem_semctl"]
    assert machine.run(heir, OperateSemaphores(sems)).the("sem_semop").object.facts["owner"] == 1001


def test_a_message_that_a_control_refuses_is_passed_over_for_the_next() -> None:
    machine = Machine()
    pid = machine.process(1000)
    queue = machine.run(pid, GetIpc("queue", 77, CREATE, 0o600)).result
    for kind in (3, 1, 2):
        machine.run(pid, SendMessage(queue, kind, 10 * kind))

    def spares(request: Request) -> bool:
        return request.hook.name != "msg_queue_msgrcv" or request.argument("message_type") != 3

    ran = machine.run(pid, ReceiveMessage(queue), grant=spares)

    assert [request.argument("message_type") for request in ran.requests[1:]] == [3, 1]
    assert ran.result == 10
    assert machine.run(pid, ReceiveMessage(queue), grant=denying("msg_queue_msgrcv")).errno is Errno.ENOMSG
    assert machine.run(pid, ReceiveMessage(queue)).result == 30


def test_a_negative_type_takes_the_lowest_and_except_takes_any_other() -> None:
    machine = Machine()
    pid = machine.process(1000)
    queue = machine.run(pid, GetIpc("queue", 77, CREATE, 0o600)).result
    for kind in (5, 3, 4):
        machine.run(pid, SendMessage(queue, kind, kind))

    assert machine.run(pid, ReceiveMessage(queue, 5, frozenset({"except"}))).result == 3
    assert machine.run(pid, ReceiveMessage(queue, -9)).result == 4
    assert machine.run(pid, ReceiveMessage(queue, -4)).errno is Errno.ENOMSG


def test_attached_memory_stays_when_it_is_removed_until_nobody_has_it() -> None:
    machine = Machine()
    pid = machine.process(1000)
    memory = machine.run(pid, GetIpc("memory", 9, CREATE, 0o600, 4096)).result

    attached = machine.run(pid, AttachMemory(memory), detail=Detail.EVERY)
    removed = machine.run(pid, ControlIpc("memory", memory, "rmid"), detail=Detail.EVERY)
    still = machine.run(pid, AttachMemory(memory))
    machine.run(pid, DetachMemory(still.result))
    last = machine.run(pid, DetachMemory(attached.result), detail=Detail.EVERY)

    assert attached.hooks == ["ipc_permission", "shm_shmat", "file_alloc_security", "mmap_file", "mmap_addr"]
    assert attached.the("mmap_file").object.path == "/SYSV00000009"
    assert removed.hooks == ["shm_shmctl"]
    assert last.hooks == ["file_free_security", "inode_free_security", "file_free_security"]
    assert machine.run(pid, AttachMemory(memory)).errno is Errno.EINVAL
    assert machine.run(pid, DetachMemory(attached.result)).errno is Errno.EINVAL


def test_memory_that_only_a_process_that_ended_had_is_not_found() -> None:
    machine = Machine()
    pid, other = machine.process(1000), machine.process(1000)
    memory = machine.run(pid, GetIpc("memory", 9, CREATE, 0o600, 4096)).result
    machine.run(pid, AttachMemory(memory))
    machine.run(pid, ControlIpc("memory", memory, "rmid"))

    assert machine.run(other, AttachMemory(memory, frozenset({"rdonly"}))).errno is None
    machine.run(pid, Exit())
    machine.run(other, Exit())
    assert machine.run(machine.process(1000), AttachMemory(memory)).errno is Errno.EINVAL


def test_memory_is_attached_to_read_only_and_to_execute() -> None:
    machine = Machine()
    pid = machine.process(1000)
    memory = machine.run(pid, GetIpc("memory", 0, CREATE, 0o400, 4096)).result

    ran = machine.run(pid, AttachMemory(memory, frozenset({"rdonly"})))

    assert ran.the("mmap_file").argument("prot") == {"read"}
    assert ran.the("ipc_permission").argument("mask") == {"read"}
    assert machine.run(pid, AttachMemory(memory, frozenset({"rdonly", "exec"}))).errno is Errno.EACCES


def test_keeping_memory_asks_the_hook_before_the_capability() -> None:
    machine = Machine()
    owner, stranger = machine.process(1000), machine.process(1001)
    memory = machine.run(owner, GetIpc("memory", 0, CREATE, 0o666, 4096)).result

    kept = machine.run(owner, ControlIpc("memory", memory, "lock"))
    refused = machine.run(stranger, ControlIpc("memory", memory, "lock"))

    assert (kept.hooks, kept.errno) == (["shm_shmctl", "capable"], None)
    assert (refused.hooks, refused.errno) == (["shm_shmctl", "capable"], Errno.EPERM)


def test_a_command_about_all_names_none() -> None:
    machine = Machine()

    ran = machine.run(machine.process(1000), ControlIpc("queue", 0, "info"))

    assert ran.the("msg_queue_msgctl").object is UNKNOWN


def test_what_is_new_and_what_goes_makes_room_and_frees_in_linux_order() -> None:
    machine = Machine()
    pid = machine.process(1000)

    made = machine.run(pid, GetIpc("memory", 0, CREATE, 0o600, 4096), detail=Detail.EVERY)
    queue = machine.run(pid, GetIpc("queue", 1, CREATE, 0o600)).result
    sent = machine.run(pid, SendMessage(queue, 1, 5), detail=Detail.EVERY)
    removed = machine.run(pid, ControlIpc("queue", queue, "rmid"), detail=Detail.EVERY)

    assert made.hooks == [
        "shm_alloc_security", "vm_enough_memory", "inode_alloc_security", "d_instantiate", "file_alloc_security"
    ]  # fmt: skip
    assert sent.hooks == ["msg_msg_alloc_security", "ipc_permission", "msg_queue_msgsnd"]
    assert removed.hooks == ["msg_queue_msgctl", "msg_msg_free_security"]


def test_unknown_ids_do_not_open_an_object() -> None:
    machine = Machine()
    queue = machine.run(machine.process(1000), GetIpc("queue", 77, CREATE, 0o600)).result

    ran = machine.run(machine.process(credentials=UNKNOWN_CREDENTIALS), SendMessage(queue))

    assert ran.errno is Errno.EACCES
    assert ran.outcome.unknown == {"object.mode"}


class TestReplay:
    """What a recording shows of IPC."""

    def recording(self, uid: int = 1000) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED)
        return machine, machine.process(uid, pid=100, parent=0)

    def test_an_object_that_was_seen_made_is_known_and_another_is_not(self) -> None:
        machine, pid = self.recording()
        machine.run(pid, GetIpc("queue", 77, CREATE, 0o600), Recorded(5))

        known = machine.run(pid, SendMessage(5, 1, 3), Recorded(0))
        strange = machine.run(pid, SendMessage(6, 1, 3), Recorded(0))

        assert known.the("msg_queue_msgsnd").object.facts["owner"] == 1000
        assert strange.the("msg_queue_msgsnd").object is UNKNOWN
        assert strange.hooks == ["ipc_permission", "msg_queue_msgsnd"]

    def test_a_refusal_is_for_want_of_the_capability_unless_the_bits_allow(self) -> None:
        machine, pid = self.recording()
        machine.run(pid, GetIpc("queue", 77, CREATE, 0o600), Recorded(5))
        refused = Recorded(-1, Errno.EACCES)

        assert machine.run(pid, SendMessage(6), refused).hooks == ["capable"]
        assert machine.run(pid, SendMessage(5), refused).hooks == ["ipc_permission"]

    def test_what_was_not_there_asked_nothing(self) -> None:
        machine, pid = self.recording()

        assert machine.run(pid, GetIpc("queue", 77), Recorded(-1, Errno.ENOENT)).hooks == []
        assert machine.run(pid, ReceiveMessage(5), Recorded(-1, Errno.EINVAL)).hooks == []

    def test_the_message_that_was_received_is_the_one_asked_about(self) -> None:
        machine, pid = self.recording()

        ran = machine.run(pid, ReceiveMessage(5, 0, message_type=3), Recorded(12))

        request = ran.the("msg_queue_msgrcv")
        assert (request.argument("message_type"), request.argument("size")) == (3, 12)

    def test_detaching_memory_of_which_nothing_is_known_frees_a_file(self) -> None:
        machine, pid = self.recording()

        ran = machine.run(pid, DetachMemory(4096), Recorded(0), detail=Detail.EVERY)

        assert ran.hooks == ["file_free_security"]
