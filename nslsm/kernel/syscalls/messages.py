"""Messages through sockets, however they are sent and received: send(2), write(2), recv(2), read(2)."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import NO_ADDRESS, UNKNOWN, Unknown
from nslsm.kernel.checks import capable
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import describe_remarked, install, socket_of, take_hold, update_socket
from nslsm.kernel.event import Steps
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.lookup import Opened, remarked
from nslsm.kernel.operations.operation import Descriptor, NetworkAddress
from nslsm.kernel.operations.sockets import RouteRequest
from nslsm.kernel.state import State
from nslsm.protocol.things import Socket

NO_NAME: Final = NetworkAddress("unspec", NO_ADDRESS)
"""Where a call gives no address: it goes to whom the socket is connected."""

_NO_FLAGS: Final[frozenset[str]] = frozenset()


def send_through(
    context: Context,
    through: Opened,
    address: NetworkAddress | None = None,
    size: int | Unknown = UNKNOWN,
    peer: Socket | Unknown | None = None,
) -> Asking[None]:
    """``__sock_sendmsg``: ``socket_sendmsg``; then ``unix_may_send`` for a unix datagram, ``netlink_send`` for netlink.

    ``peer``: the socket that the address leads to, where it is known.
    """
    to = NO_NAME if address is None else address
    own = UNKNOWN if through.socket is None else through.socket
    yield context.request(
        "socket_sendmsg",
        own,
        family=to.family,
        address=to.address,
        port=to.port,
        path=absolute(context, to.path),
        abstract=to.abstract,
        size=size,
    )
    if isinstance(own, Unknown):
        return
    if own.family == "unix" and own.type == "dgram":
        connected = socket_of(context.state, through.description)
        known = None if connected is None else socket_of(context.state, connected.peer)
        other = peer if peer is not None else UNKNOWN if known is None else known.socket
        yield from context.routine("socket_getpeersec_dgram", own)
        yield context.request("unix_may_send", other, own=own, peer=other)
    elif own.family == "unix":
        yield from context.routine("socket_getpeersec_dgram", own)
    elif own.family == "netlink":
        yield from context.routine("socket_getpeersec_dgram", own)
        yield context.request("netlink_send", own)
    elif own.type == "dgram" and own.family in ("inet", "inet6") and address is not None:
        yield from context.routine("sk_getsecid", own)


def answered(context: Context, through: Opened, requests: tuple[RouteRequest, ...]) -> Asking[None]:
    """``rtnetlink_rcv_msg``: CAP_NET_ADMIN for a change, of who opened the socket and of who sends; the answer is queued.

    Who lacks it is told so in the answer; the message was sent all the same.
    """
    own = through.socket
    if (
        own is None
        or isinstance(own, Unknown)
        or own.family not in ("netlink", UNKNOWN)
        or own.protocol not in (0, UNKNOWN)
    ):
        return
    for request in requests:
        if request.changes:
            for _ in ("who opened it", "who sends"):
                yield from capable(context, Capability.CAP_NET_ADMIN)
        if request.answered:
            yield context.request("socket_sock_rcv_skb", own)


def receive_through(
    context: Context, through: Opened, flags: frozenset[str] | Unknown = _NO_FLAGS, size: int | Unknown = UNKNOWN
) -> Asking[None]:
    """``sock_recvmsg``: ``socket_recvmsg``."""
    own = UNKNOWN if through.socket is None else through.socket
    yield context.request("socket_recvmsg", own, flags=flags, size=size)


def absolute(context: Context, path: str | Unknown) -> str | Unknown:
    """A unix socket's path from the global root; empty where it has none."""
    if isinstance(path, Unknown) or not path:
        return path
    place, files = context.place, context.state.files
    root = files.path_of(place.root)
    if isinstance(root, Unknown):
        return UNKNOWN
    return files.walk(files.path_of(place.directory), root, path, tgid=context.task.tgid).path


def with_sent(context: Context, receiver: int | None, descriptors: tuple[Descriptor, ...]) -> State:
    """The state in which a message carries descriptors to a receiver; a replay tells them when they are received."""
    state = context.state
    theirs = socket_of(state, receiver)
    if not descriptors or receiver is None or theirs is None or context.recorded is not None:
        return state
    sent = []
    for descriptor in descriptors:
        slot = context.table.slots.get(descriptor.number)
        context.insist(slot is not None, Errno.EBADF, f"descriptor {descriptor.number} is not open")
        if slot is not None:
            state = take_hold(state, slot.description)
            sent.append(slot.description)
    return update_socket(state, receiver, replace(theirs, queue=(*theirs.queue, tuple(sent))))


def receive_recorded(context: Context, *, close_on_exec: bool) -> Steps:
    """The descriptors that a recording shows to have come with a message: ``file_receive`` for each."""
    state, rekeyed = context.state, Rekeyed()
    assert context.recorded is not None
    for descriptor in context.recorded.descriptors:
        thing = remarked(context, descriptor)
        yield context.request("file_receive", thing.file, flags=thing.flags)
        state, description = describe_remarked(state, thing.file.path, thing.socket, descriptor.annotation)
        marked = close_on_exec
        state, ended = install(state, context.thread.table, descriptor.number, description, close_on_exec=marked)
        rekeyed.update(ended)
    return context.done(state)._replace(rekeyed=rekeyed)
