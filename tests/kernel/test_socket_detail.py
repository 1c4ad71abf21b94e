"""What sockets raise beside what decides: room made and freed, labels fetched, the kernel's answers over netlink."""

import pytest

from nslsm.hooks.linux import Errno
from nslsm.kernel.boot import ordinary_credentials
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import (
    Accept,
    Bind,
    Connect,
    Descriptor,
    Listen,
    MakeSocket,
    MakeSocketPair,
    NetworkAddress,
    Send,
)
from nslsm.kernel.operations.sockets import RouteRequest
from nslsm.kernel.world import World
from tests.kernel.machine import Machine

MADE = ["socket_create", "inode_alloc_security", "sk_alloc_security", "socket_post_create"]
FILE = ["d_instantiate", "file_alloc_security"]


def made(machine: Machine, family: str, kind: str = "stream") -> Descriptor:
    return Descriptor(machine.run(1, MakeSocket(family, kind)).result)


def test_a_socket_has_an_inode_a_socket_and_a_file() -> None:
    assert Machine().run(1, MakeSocket("inet", "stream"), detail=Detail.EVERY).hooks == [*MADE, *FILE]


def test_a_pair_is_made_before_either_has_a_file() -> None:
    hooks = Machine().run(1, MakeSocketPair("unix", "stream"), detail=Detail.EVERY).hooks

    assert hooks == [*MADE, *MADE, "socket_socketpair", *FILE, *FILE]


def test_a_raw_socket_that_may_not_be_leaves_nothing_behind() -> None:
    machine = Machine()
    user = machine.process(uid=1000)

    ran = machine.run(user, MakeSocket("packet", "raw"), detail=Detail.EVERY)

    assert ran.errno is Errno.EPERM
    assert ran.hooks == ["socket_create", "inode_alloc_security", "capable", "inode_free_security"]


@pytest.mark.parametrize(
    ("errno", "modules"), [(Errno.EAFNOSUPPORT, 1), (Errno.ESOCKTNOSUPPORT, 2), (Errno.EPROTONOSUPPORT, 2)]
)
def test_modules_are_looked_for_where_a_family_or_a_protocol_is_unknown(errno: Errno, modules: int) -> None:
    machine = Machine(world=World.RECORDED)
    machine.process(pid=1)

    ran = machine.run(1, MakeSocket("other", "raw"), Recorded(None, errno))

    assert ran.hooks == ["socket_create", *["kernel_module_request"] * modules]


def test_who_connects_over_unix_makes_the_far_end_first() -> None:
    machine = Machine()
    server, client = made(machine, "unix"), made(machine, "unix")
    name = NetworkAddress("unix", abstract="hall")
    machine.run(1, Bind(server, name))

    refused = machine.run(1, Connect(client, name), detail=Detail.EVERY)
    machine.run(1, Listen(server, 1))
    met = machine.run(1, Connect(client, name), detail=Detail.EVERY)

    assert (refused.errno, refused.hooks) == (
        Errno.ECONNREFUSED,
        ["socket_connect", "sk_alloc_security", "sk_free_security"],
    )
    assert met.hooks == ["socket_connect", "sk_alloc_security", "unix_stream_connect"]
    assert machine.run(1, Accept(server), detail=Detail.EVERY).hooks == [
        "inode_alloc_security",
        *FILE,
        "socket_accept",
        "sock_graft",
    ]


def test_a_stream_that_is_refused_is_not_established() -> None:
    machine = Machine(world=World.RECORDED)
    machine.process(pid=1)
    client = Descriptor(machine.run(1, MakeSocket("inet", "stream"), Recorded(3)).result)
    to = NetworkAddress("inet", port=80)

    came = machine.run(1, Connect(client, to), Recorded(0), detail=Detail.EVERY)
    refused = machine.run(1, Connect(client, to), Recorded(None, Errno.ECONNREFUSED), detail=Detail.EVERY)

    assert came.hooks[-1] == "inet_conn_established"
    assert refused.hooks == ["socket_connect", "sk_getsecid", "sk_getsecid"]


def test_routing_is_changed_with_net_admin_of_who_opened_and_of_who_sends() -> None:
    machine = Machine()
    route = Descriptor(machine.run(1, MakeSocket("netlink", "raw", 0)).result)

    asked = machine.run(1, Send(route, requests=(RouteRequest(changes=False, answered=True),)))
    changed = machine.run(1, Send(route, requests=(RouteRequest(changes=True, answered=True),)))

    assert asked.hooks == ["socket_sendmsg", "netlink_send", "socket_sock_rcv_skb"]
    assert changed.hooks == ["socket_sendmsg", "netlink_send", "capable", "capable", "socket_sock_rcv_skb"]
    assert {each.argument("cap").name for each in changed.requests if each.hook.name == "capable"} == {"CAP_NET_ADMIN"}


def test_a_change_of_routing_without_the_capability_is_sent_all_the_same() -> None:
    machine = Machine()
    user = machine.process(credentials=ordinary_credentials(1000))
    route = Descriptor(machine.run(user, MakeSocket("netlink", "raw", 0)).result)

    assert machine.run(user, Send(route, requests=(RouteRequest(changes=True, answered=True),))).errno is None
