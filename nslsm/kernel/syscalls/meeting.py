"""Sockets that meet: listen(2), connect(2), accept(2), after net/socket.c, net/unix/af_unix.c, net/ipv4/af_inet.c."""

from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import WRITE, permission
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import describe, socket_of, update_socket
from nslsm.kernel.event import Steps
from nslsm.kernel.lookup import LOOKUP_ERRORS, lookup
from nslsm.kernel.operations.operation import At, NetworkAddress
from nslsm.kernel.operations.sockets import Accept, Connect, Listen
from nslsm.kernel.process import OpenSocket
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.messages import absolute
from nslsm.kernel.syscalls.sockets import BOTH, given_a_file, installed, socket_at
from nslsm.protocol.things import Identity, Socket


def listen(context: Context, operation: Listen) -> Steps:
    """``__sys_listen``: ``socket_listen``."""
    found, socket = socket_at(context, operation.descriptor)
    yield context.request("socket_listen", socket, backlog=operation.backlog)
    context.stops()
    known = socket_of(context.state, found.description)
    if known is None or found.description is None:
        return context.done()
    return context.done(update_socket(context.state, found.description, replace(known, listening=True)))


def connect(context: Context, operation: Connect) -> Steps:
    """``__sys_connect``: ``socket_connect``; for unix sockets the peer is looked up, and ``unix_stream_connect`` is asked.

    ``unix_may_send`` for datagrams. Since 7.2 ``unix_find`` for a peer that was found by its path.
    """
    found, socket = socket_at(context, operation.descriptor)
    address = operation.address
    yield context.request(
        "socket_connect",
        socket,
        family=address.family,
        address=address.address,
        port=address.port,
        path=absolute(context, address.path),
        abstract=address.abstract,
    )
    if address.family in ("inet", "inet6"):
        return (yield from _connect_inet(context, socket))
    if address.family != "unix":
        return context.done()
    if not isinstance(socket, Unknown) and socket.type == "dgram":
        peer = yield from _find_peer(context, address)
        context.stops(Errno.ECONNREFUSED, Errno.EPROTOTYPE, Errno.EACCES)
        thing = _thing(context, peer)
        yield context.request("unix_may_send", thing, own=socket, peer=thing)
    else:
        peer = yield from _meet(context, socket, address)
    context.stops()
    return context.done(_connected(context.state, found.description, peer))


def _connect_inet(context: Context, socket: Socket | Unknown) -> Steps:
    """``ip_route_connect``, ``tcp_finish_connect`` for a stream that comes about: labels are fetched, nothing is decided."""
    context.stops(Errno.ENETUNREACH, Errno.EINVAL, Errno.EISCONN, Errno.EALREADY)
    stream = isinstance(socket, Unknown) or socket.type != "dgram"
    for _ in range(2 if stream else 1):
        yield from context.routine("sk_getsecid", socket)
    if stream and not context.failed_with(Errno.ECONNREFUSED, Errno.EINPROGRESS, Errno.ETIMEDOUT):
        yield from context.routine("inet_conn_established", socket)
    return context.done()


def _meet(context: Context, socket: Socket | Unknown, address: NetworkAddress) -> Asking[int | None]:
    """``unix_stream_connect``: the far end is made first, and goes again where nobody listens."""
    yield from context.routine("sk_alloc_security", socket)
    try:
        peer = yield from _find_peer(context, address)
        context.stops(Errno.ECONNREFUSED, Errno.EPROTOTYPE, Errno.EACCES)
        known = socket_of(context.state, peer)
        context.insist(known is not None and known.listening, Errno.ECONNREFUSED, "nobody listens there")
    except Refused:
        yield from context.routine("sk_free_security", socket)
        raise
    thing = _thing(context, peer)
    yield context.request("unix_stream_connect", thing, own=socket, peer=thing)
    return peer


def _thing(context: Context, peer: int | None) -> Socket | Unknown:
    known = socket_of(context.state, peer)
    return UNKNOWN if known is None else known.socket


def _connected(state: State, own: int | None, peer: int | None) -> State:
    mine, theirs = socket_of(state, own), socket_of(state, peer)
    if own is None or peer is None or mine is None or theirs is None:
        return state
    if theirs.listening:
        return update_socket(state, peer, replace(theirs, waiting=(*theirs.waiting, own)))
    return update_socket(state, own, replace(mine, peer=peer))


def _find_peer(context: Context, address: NetworkAddress) -> Asking[int | None]:
    """``unix_find_other``: by the path of a socket file that the caller may write to, or by an abstract name; ECONNREFUSED."""
    if isinstance(address.abstract, Unknown) or address.abstract:
        name = "" if isinstance(address.abstract, Unknown) else f"@{address.abstract}"
        number = context.state.unix_names.get(name)
        context.insist(number is not None, Errno.ECONNREFUSED, "nobody is bound to that name")
        return number
    found = yield from lookup(context, At(address.path))
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS)
    yield from permission(context, found.file, WRITE)
    number = None if isinstance(found.path, Unknown) else context.state.unix_names.get(found.path)
    context.insist(number is not None, Errno.ECONNREFUSED, f"nobody is bound to {found.path}")
    context.stops(Errno.ECONNREFUSED)
    known = socket_of(context.state, number)
    yield context.request("unix_find", UNKNOWN if known is None else known.socket, path=found.path)
    return number


def accept(context: Context, operation: Accept) -> Steps:
    """``do_accept``: ``socket_accept``, before it is known who connects."""
    found, socket = socket_at(context, operation.descriptor)
    context.stops(Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM)
    identity = Identity("socket", context.state.next_object)
    if isinstance(socket, Unknown):
        new = Socket(identity, context.task.home, address=UNKNOWN, port=UNKNOWN, path=UNKNOWN, abstract=UNKNOWN)
    else:
        new = socket._replace(identity=identity, home=context.task.home)
    yield from context.routine("inode_alloc_security")
    yield from given_a_file(context)
    yield context.request("socket_accept", socket, accepted=new)
    context.stops()
    yield from context.routine("sock_graft", new)
    listening = socket_of(context.state, found.description)
    client = listening.waiting[0] if listening is not None and listening.waiting else None
    state, description = describe(context.state, OpenSocket(new, peer=client), BOTH)
    if listening is not None and found.description is not None and client is not None:
        state = update_socket(state, found.description, replace(listening, waiting=listening.waiting[1:]))
        other = socket_of(state, client)
        if other is not None:
            state = update_socket(state, client, replace(other, peer=description))
    return installed(context, state, description, close_on_exec=operation.close_on_exec)


HANDLERS: Final = (handles(Connect, connect), handles(Listen, listen), handles(Accept, accept))
