from nslsm.hooks.linux import Capability, Errno
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import Descriptor
from nslsm.kernel.operations.ipc import (
    OpenMessageQueue,
    ReceiveFromMessageQueue,
    SendToMessageQueue,
    UnlinkMessageQueue,
)
from nslsm.kernel.world import World
from tests.kernel.machine import Machine

CREATE = frozenset({"read", "write", "create"})


def test_a_queue_is_made_as_a_file_in_a_directory_of_its_own() -> None:
    machine = Machine()

    ran = machine.run(machine.process(1000), OpenMessageQueue("jobs", CREATE, 0o600), detail=Detail.EVERY)

    assert ran.hooks == [
        "inode_permission", "inode_permission", "inode_create", "inode_alloc_security", "capable", "d_instantiate",
        "file_alloc_security", "file_open",
    ]  # fmt: skip
    assert ran.the("inode_create").object.path == "/dev/mqueue/jobs"
    assert ran.the("capable").argument("cap") is Capability.CAP_SYS_RESOURCE
    assert ran.the("inode_permission", 1).argument("mask") == {"write", "exec"}
    assert ran.errno is None


def test_a_queue_that_is_there_is_opened_by_its_permission_bits() -> None:
    machine = Machine()
    owner, stranger = machine.process(1000), machine.process(1001)
    machine.run(owner, OpenMessageQueue("jobs", CREATE, 0o600))

    again = machine.run(owner, OpenMessageQueue("jobs", CREATE))
    exclusive = machine.run(owner, OpenMessageQueue("jobs", CREATE | {"exclusive"}))
    refused = machine.run(stranger, OpenMessageQueue("jobs"))

    assert again.hooks == ["inode_permission", "file_open"]
    assert exclusive.errno is Errno.EEXIST
    assert refused.errno is Errno.EACCES
    assert machine.run(owner, OpenMessageQueue("other")).errno is Errno.ENOENT
    assert machine.run(owner, OpenMessageQueue("a/b", CREATE)).errno is Errno.EACCES


def test_only_its_owner_or_root_takes_a_queue_out_of_the_sticky_directory() -> None:
    machine = Machine()
    owner, stranger = machine.process(1000), machine.process(1001)
    machine.run(owner, OpenMessageQueue("jobs", CREATE, 0o666))

    refused = machine.run(stranger, UnlinkMessageQueue("jobs"))
    gone = machine.run(owner, UnlinkMessageQueue("jobs"))

    assert (refused.errno, refused.the("capable").argument("cap")) == (Errno.EPERM, Capability.CAP_FOWNER)
    assert gone.hooks == ["inode_permission", "inode_unlink"]
    assert machine.run(owner, OpenMessageQueue("jobs")).errno is Errno.ENOENT


def test_messages_through_an_open_queue_ask_nothing() -> None:
    machine = Machine()
    pid = machine.process(1000)
    queue = Descriptor(machine.run(pid, OpenMessageQueue("jobs", CREATE, 0o600)).result)

    assert machine.run(pid, SendToMessageQueue(queue), detail=Detail.EVERY).hooks == ["msg_msg_alloc_security"]
    assert machine.run(pid, ReceiveFromMessageQueue(queue), detail=Detail.EVERY).hooks == ["msg_msg_free_security"]
    assert machine.run(pid, SendToMessageQueue(Descriptor(9))).errno is Errno.EBADF


def test_a_recorded_queue_is_new_unless_it_was_seen() -> None:
    machine = Machine(World.RECORDED)
    pid = machine.process(1000, pid=100, parent=0)

    first = machine.run(pid, OpenMessageQueue("jobs", CREATE, 0o600), Recorded(3))
    second = machine.run(pid, OpenMessageQueue("jobs", CREATE, 0o600), Recorded(4))
    full = machine.run(pid, SendToMessageQueue(Descriptor(3)), Recorded(-1, Errno.EAGAIN), detail=Detail.EVERY)

    assert "inode_create" in first.hooks
    assert "inode_create" not in second.hooks
    assert full.hooks == ["msg_msg_alloc_security", "msg_msg_free_security"]
