from ipaddress import IPv4Address

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import (
    Accept,
    At,
    Bind,
    Close,
    Connect,
    Descriptor,
    Duplicate,
    Fcntl,
    GetSocketName,
    GetSocketOption,
    Listen,
    MakeSocket,
    MakeSocketPair,
    Map,
    NetworkAddress,
    Open,
    OpenSpecial,
    Pipe,
    Protect,
    Read,
    Receive,
    Send,
    Shutdown,
    Transfer,
    Write,
)
from nslsm.kernel.state import CellKey
from nslsm.kernel.world import World
from nslsm.protocol.things import Identity
from tests.kernel.machine import Machine, denying

WEB = NetworkAddress("inet", IPv4Address("192.0.2.1"), 443)
NAMED = NetworkAddress("unix", path="/run/s")
ABSTRACT = NetworkAddress("unix", abstract="s")


def socket(machine: Machine, pid: int, family: str = "inet", kind: str = "stream") -> Descriptor:
    return Descriptor(machine.run(pid, MakeSocket(family, kind)).result)


def test_a_socket_is_asked_about_before_and_after_it_is_made() -> None:
    machine = Machine()

    ran = machine.run(1, MakeSocket("inet", "stream", 6))

    assert ran.hooks == ["socket_create", "socket_post_create"]
    assert ran.the("socket_create").argument("kern") is False
    assert ran.the("socket_post_create").object.family == "inet"


def test_raw_sockets_need_the_capability() -> None:
    machine = Machine()
    pid = machine.process(1000)

    for family, kind in (("inet", "raw"), ("packet", "dgram")):
        ran = machine.run(pid, MakeSocket(family, kind))
        assert (ran.errno, ran.hooks) == (Errno.EPERM, ["socket_create", "capable"])


def test_connecting_is_asked_with_where_to() -> None:
    machine = Machine()
    number = socket(machine, 1)

    ran = machine.run(1, Connect(number, WEB))

    request = ran.the("socket_connect")
    assert ran.hooks == ["socket_connect"]
    assert (request.argument("address"), request.argument("port")) == (IPv4Address("192.0.2.1"), 443)


def test_low_ports_need_the_capability_after_the_hook() -> None:
    machine = Machine()
    pid = machine.process(1000)
    number = socket(machine, pid)

    refused = machine.run(pid, Bind(number, NetworkAddress("inet", IPv4Address("0.0.0.0"), 80)))
    granted = machine.run(pid, Bind(number, NetworkAddress("inet", IPv4Address("0.0.0.0"), 8080)))

    assert (refused.errno, refused.hooks) == (Errno.EACCES, ["socket_bind", "capable"])
    assert refused.the("capable").argument("cap") is Capability.CAP_NET_BIND_SERVICE
    assert granted.hooks == ["socket_bind"]
    assert machine.run(pid, Listen(number)).the("socket_listen").object.port == 8080


def test_a_unix_socket_with_a_path_is_made_as_a_file() -> None:
    machine = Machine()
    machine.file("/run", type="directory")
    number = socket(machine, 1, "unix")

    ran = machine.run(1, Bind(number, NAMED))

    assert ran.hooks == ["socket_bind", "path_mknod", "inode_permission", "inode_mknod", "path_post_mknod"]
    assert ran.the("path_mknod").object.type == "socket"
    assert machine.run(1, Bind(socket(machine, 1, "unix"), NAMED)).errno is Errno.EADDRINUSE


def test_two_processes_meet_at_a_unix_socket() -> None:
    machine = Machine()
    machine.file("/run", type="directory")
    server, client = machine.process(0), machine.process(0)
    listening, calling = socket(machine, server, "unix"), socket(machine, client, "unix")
    machine.run(server, Bind(listening, NAMED))
    machine.run(server, Listen(listening))

    ran = machine.run(client, Connect(calling, NAMED))

    assert ran.hooks == ["socket_connect", "inode_permission", "unix_find", "unix_stream_connect"]
    assert ran.the("unix_stream_connect").object.path == "/run/s"
    assert ran.the("unix_stream_connect").argument("own").path == ""
    accepted = machine.run(server, Accept(listening))
    assert accepted.hooks == ["socket_accept"]
    assert (
        accepted.the("socket_accept").argument("accepted").identity.name
        != accepted.the("socket_accept").object.identity.name
    )


def test_nobody_listens_where_nobody_is_bound() -> None:
    machine = Machine()
    number = socket(machine, 1, "unix")

    assert machine.run(1, Connect(number, ABSTRACT)).errno is Errno.ECONNREFUSED
    assert machine.run(1, Connect(number, NAMED)).errno is Errno.ENOENT


def test_a_name_is_free_again_once_its_socket_is_closed() -> None:
    machine = Machine()
    number = socket(machine, 1, "unix")
    machine.run(1, Bind(number, ABSTRACT))
    machine.run(1, Listen(number))

    machine.run(1, Close(number))

    assert len(machine.state.unix_names) == 0
    assert machine.run(1, Connect(socket(machine, 1, "unix"), ABSTRACT)).errno is Errno.ECONNREFUSED


def test_a_sockets_home_is_its_makers_namespace_and_a_datagram_has_two_parties() -> None:
    machine = Machine()
    server, client = machine.process(0), machine.process(1000)
    bound, own = socket(machine, server, "unix", "dgram"), socket(machine, client, "unix", "dgram")
    machine.run(server, Bind(bound, ABSTRACT))

    ran = machine.run(client, Send(own, ABSTRACT))

    assert ran.hooks == ["socket_sendmsg", "unix_may_send"]
    assert ran.the("unix_may_send").object.abstract == "s"
    assert ran.the("unix_may_send").object.home == 0


def test_descriptors_go_along_with_a_message_and_are_asked_about_one_by_one() -> None:
    machine = Machine(World.OPEN)
    pid = machine.process(1000)
    machine.run(pid, MakeSocketPair("unix", "stream"))
    child = machine.fork(pid)
    secret = machine.run(pid, Open(At("/srv/secret"))).result
    plain = machine.run(pid, Open(At("/srv/plain"))).result
    machine.run(pid, Send(Descriptor(0), None, 1, (Descriptor(secret), Descriptor(plain))))
    machine.run(pid, Close(Descriptor(secret)))

    ran = machine.run(
        child,
        Receive(Descriptor(1)),
        grant=lambda request: request.hook.name != "file_receive" or request.object.path != "/srv/secret",
    )

    assert [each.object.path for each in ran.requests if each.hook.name == "file_receive"] == [
        "/srv/secret",
        "/srv/plain",
    ]
    assert ran.the("file_receive").consequence is Consequence.ELEMENT
    assert ran.the("file_receive").argument("flags") == {"read"}
    assert machine.run(child, Read(Descriptor(2))).the("file_permission").object.path == "/srv/plain"
    assert machine.run(child, Read(Descriptor(3))).errno is Errno.EBADF


def test_reading_and_writing_a_socket_is_receiving_and_sending() -> None:
    machine = Machine()
    machine.run(1, MakeSocketPair("unix", "stream"))

    assert machine.run(1, Write(Descriptor(0))).hooks == ["file_permission", "socket_sendmsg"]
    assert machine.run(1, Read(Descriptor(1))).hooks == ["file_permission", "socket_recvmsg"]
    assert machine.run(1, Read(Descriptor(1))).the("file_permission").object.type == "socket"


def test_netlink_messages_are_asked_about_once_more() -> None:
    machine = Machine()
    number = socket(machine, 1, "netlink", "raw")

    assert machine.run(1, Send(number)).hooks == ["socket_sendmsg", "netlink_send"]


def test_what_is_no_socket_is_enotsock() -> None:
    machine = Machine(World.OPEN)
    number = Descriptor(machine.run(1, Open(At("/a"))).result)

    assert machine.run(1, Listen(number)).errno is Errno.ENOTSOCK
    assert machine.run(1, GetSocketOption(number, 1, 2)).errno is Errno.ENOTSOCK
    assert machine.run(1, Shutdown(Descriptor(9), "both")).errno is Errno.EBADF


def test_attributes_of_a_socket_end_with_it() -> None:
    from dataclasses import replace

    from rpds import HashTrieMap

    machine = Machine()
    number = socket(machine, 1)
    identity = machine.run(1, Listen(number)).the("socket_listen").object.identity
    cells = machine.state.cells.insert(identity, HashTrieMap({CellKey(0, "c", "socket.a"): True}))
    machine.state = replace(machine.state, cells=cells)
    copy = Descriptor(machine.run(1, Duplicate(number)).result)

    machine.run(1, Close(number))
    assert identity in machine.state.cells
    ended = machine.run(1, Close(copy))

    assert len(machine.state.cells) == 0
    assert ended.outcome.rekeyed[identity] is None


def test_a_descriptor_opened_to_read_is_not_written_to() -> None:
    machine = Machine(World.OPEN)
    number = Descriptor(machine.run(1, Open(At("/a"))).result)

    assert machine.run(1, Write(number)).errno is Errno.EBADF
    assert machine.run(1, Read(number)).hooks == ["file_permission"]


def test_copying_between_files_asks_about_both() -> None:
    machine = Machine(World.OPEN)
    source = Descriptor(machine.run(1, Open(At("/a"))).result)
    target = Descriptor(machine.run(1, Open(At("/b"), frozenset({"write", "append"}))).result)

    ran = machine.run(1, Transfer(source, target))

    assert [(each.object.path, set(each.argument("mask"))) for each in ran.requests] == [
        ("/a", {"read"}),
        ("/b", {"write", "append"}),
    ]


def test_a_pipe_has_an_end_to_read_from_and_one_to_write_to() -> None:
    machine = Machine()

    end = machine.run(1, Pipe()).result

    assert machine.run(1, Read(Descriptor(end))).the("file_permission").object.type == "fifo"
    assert machine.run(1, Write(Descriptor(end))).errno is Errno.EBADF
    assert machine.run(1, Write(Descriptor(end + 1))).errno is None


def test_both_ends_of_a_pipe_are_one_file_until_both_are_closed() -> None:
    machine = Machine()
    end = machine.run(1, Pipe()).result
    another = machine.run(1, Pipe()).result
    one = machine.run(1, Read(Descriptor(end))).the("file_permission").object.identity

    assert machine.run(1, Write(Descriptor(end + 1))).the("file_permission").object.identity == one
    assert machine.run(1, Read(Descriptor(another))).the("file_permission").object.identity != one
    assert machine.run(1, Close(Descriptor(end))).outcome.rekeyed == {}
    assert machine.run(1, Close(Descriptor(end + 1))).outcome.rekeyed == {one: None}


def test_locks_and_duplicates_are_asked_about_by_their_commands() -> None:
    machine = Machine(World.OPEN)
    number = Descriptor(machine.run(1, Open(At("/a"))).result)

    assert machine.run(1, Fcntl(number, "setlk", "exclusive")).hooks == ["file_fcntl", "file_lock"]
    assert machine.run(1, Fcntl(number, "setown")).hooks == ["file_fcntl", "file_set_fowner"]
    copied = machine.run(1, Duplicate(number, None, 10, close_on_exec=True, by_fcntl=True))
    assert copied.the("file_fcntl").argument("cmd") == "dupfd_cloexec"
    assert copied.result == 10
    assert machine.run(1, Duplicate(number, 3)).hooks == []


def test_mapping_is_asked_about_with_its_file_or_without_one() -> None:
    machine = Machine(World.OPEN)
    number = Descriptor(machine.run(1, Open(At("/lib/x"))).result)
    code = frozenset({"read", "exec"})

    with_file = machine.run(1, Map(number, code, frozenset({"private"}))).the("mmap_file")
    without = machine.run(1, Map(None, code, frozenset({"private", "anonymous"}))).the("mmap_file")

    assert (with_file.object.path, with_file.argument("prot")) == ("/lib/x", code)
    assert (without.object.path, without.object.type) == ("", "anonymous")
    assert machine.run(1, Protect(0, 4096, code)).the("file_mprotect").argument("reqprot") == code


def test_files_without_a_name_are_asked_about_where_linux_does() -> None:
    machine = Machine()

    assert machine.run(1, OpenSpecial("eventfd")).hooks == []
    assert (
        machine.run(1, OpenSpecial("userfaultfd")).the("inode_init_security_anon").argument("name") == "[userfaultfd]"
    )


class TestReplay:
    """What a recording shows of descriptors and sockets."""

    def recording(self) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED)
        return machine, machine.process(credentials=UNKNOWN_CREDENTIALS, pid=100, parent=0)

    def test_a_descriptor_that_nobody_saw_opened_is_what_the_trace_remarks(self) -> None:
        machine, pid = self.recording()

        def read(remark: str | None) -> object:
            return machine.run(pid, Read(Descriptor(7, remark)), Recorded(1)).the("file_permission").object

        assert read("/etc/a").path == "/etc/a"
        assert read("pipe:[7]").type == "fifo"
        assert read("UNIX-STREAM:[7]").type == "socket"
        assert read(None).path is UNKNOWN

    def test_a_remark_that_contradicts_what_was_seen_wins(self) -> None:
        machine, pid = self.recording()
        machine.run(pid, Open(At("/old")), Recorded(3))

        ran = machine.run(pid, Read(Descriptor(3, "/new")), Recorded(1))

        assert ran.the("file_permission").object.path == "/new"

    def test_a_file_that_is_deleted_is_not_the_one_that_has_its_name_now(self) -> None:
        machine, pid = self.recording()

        file = machine.run(pid, Read(Descriptor(7, "/tmp/x", deleted=True)), Recorded(1)).the("file_permission").object

        assert (file.path, file.identity) == ("/tmp/x", UNKNOWN)

    def test_duplicates_of_what_nobody_saw_opened_are_the_same_thing(self) -> None:
        machine, pid = self.recording()

        machine.run(pid, Duplicate(Descriptor(1, "/out"), 5), Recorded(5))

        assert machine.run(pid, Write(Descriptor(5)), Recorded(1)).the("file_permission").object.path == "/out"

    def test_descriptors_that_came_with_a_message_are_asked_about(self) -> None:
        machine, pid = self.recording()

        ran = machine.run(pid, Receive(Descriptor(3, "UNIX:[1]")), Recorded(1, descriptors=(Descriptor(8, "/srv/x"),)))

        assert ran.hooks == ["socket_recvmsg", "file_receive"]
        assert machine.run(pid, Read(Descriptor(8)), Recorded(1)).the("file_permission").object.path == "/srv/x"

    def test_the_two_ends_have_the_numbers_that_the_trace_tells(self) -> None:
        machine, pid = self.recording()

        machine.run(pid, Pipe(), Recorded(0, descriptors=(Descriptor(5), Descriptor(6))))
        machine.run(pid, MakeSocketPair("unix", "stream"), Recorded(0, descriptors=(Descriptor(8), Descriptor(9))))

        assert set(machine.state.tables[machine.state.threads[pid].table].slots) == {5, 6, 8, 9}

    def test_the_address_that_a_socket_is_told_to_have_is_its_address(self) -> None:
        machine, pid = self.recording()
        machine.run(pid, MakeSocket("inet", "stream"), Recorded(3))

        machine.run(pid, GetSocketName(Descriptor(3)), Recorded(0, address=WEB))

        assert machine.run(pid, Listen(Descriptor(3)), Recorded(0)).the("socket_listen").object.port == 443

    def test_whoever_listens_outside_is_unknown(self) -> None:
        machine, pid = self.recording()
        machine.run(pid, MakeSocket("unix", "stream"), Recorded(3))

        ran = machine.run(pid, Connect(Descriptor(3), NetworkAddress("unix", path="/run/nscd")), Recorded(0))
        refused = machine.run(
            pid, Connect(Descriptor(3), NetworkAddress("unix", path="/run/nscd")), Recorded(-1, Errno.ENOENT)
        )

        assert ran.the("unix_stream_connect").object is UNKNOWN
        assert refused.hooks == ["socket_connect"]

    def test_memory_that_was_mapped_has_an_address(self) -> None:
        machine, pid = self.recording()

        ran = machine.run(pid, Map(None, frozenset({"read"})), Recorded(0x7F00))

        assert ran.the("mmap_addr").argument("start") == 0x7F00


def test_identities_of_sockets_are_told_apart() -> None:
    machine = Machine()
    one, other = (machine.run(1, MakeSocket("inet", "stream")).the("socket_post_create").object for _ in range(2))

    assert isinstance(one.identity, Identity)
    assert one.identity != other.identity


def test_a_denied_socket_is_not_there() -> None:
    machine = Machine()
    before = machine.state

    assert machine.run(1, MakeSocket("inet", "stream"), grant=denying("socket_post_create")).outcome is None
    assert machine.state is before
