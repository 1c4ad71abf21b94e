"""Sockets made, named, sent through, asked about, after net/socket.c, net/unix/af_unix.c and net/ipv4/af_inet.c."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.creation import file_to_be, inode_to_be, with_made
from nslsm.kernel.descriptors import (
    describe,
    install,
    let_go,
    lowest_free,
    socket_names,
    socket_of,
    update_socket,
)
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.lookup import Opened, opened, opened_by
from nslsm.kernel.operations.operation import At, Descriptor, NetworkAddress
from nslsm.kernel.operations.sockets import (
    Bind,
    GetPeerName,
    GetSocketName,
    GetSocketOption,
    MakeSocket,
    MakeSocketPair,
    Receive,
    Send,
    SetSocketOption,
    Shutdown,
)
from nslsm.kernel.process import OpenSocket
from nslsm.kernel.refusal import Refused
from nslsm.kernel.routine import new_inode
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.messages import (
    absolute,
    answered,
    receive_recorded,
    receive_through,
    send_through,
    with_sent,
)
from nslsm.kernel.syscalls.names import may_create, to_be_made
from nslsm.protocol.things import Identity, Socket

BOTH: Final = frozenset({"read", "write"})
_CONNECTED: Final = frozenset({"stream", "seqpacket"})
FIRST_UNPRIVILEGED_PORT: Final = 1024
"""``net.ipv4.ip_unprivileged_port_start``, as it is when nobody has changed it."""


def _new_socket(context: Context, state: State, operation: MakeSocket | MakeSocketPair) -> Socket:
    """A socket that gets the next description; its home is its maker's namespace."""
    identity = Identity("socket", state.next_object)
    return Socket(identity, context.task.home, operation.family, operation.type, operation.protocol)


def _create(context: Context, operation: MakeSocket | MakeSocketPair, socket: Socket) -> Asking[None]:
    """``__sock_create``: ``socket_create``, CAP_NET_RAW for raw and packet sockets, ``socket_post_create``.

    What no family or protocol is known for has a module looked for, ``net-pf-N``; a type of inet's, two.
    """
    family, kind, protocol = operation.family, operation.type, operation.protocol
    yield context.request("socket_create", family=family, type=kind, protocol=protocol, kern=False)
    yield from context.routine("inode_alloc_security")
    try:
        yield from _made_by_family(context, operation)
    except Refused:
        yield from context.routine("inode_free_security")
        raise
    yield from context.routine("sk_alloc_security", socket)
    yield context.request("socket_post_create", socket, family=family, type=kind, protocol=protocol, kern=False)


_MODULES_LOOKED_FOR: Final = {Errno.EAFNOSUPPORT: 1, Errno.EPROTONOSUPPORT: 2, Errno.ESOCKTNOSUPPORT: 2}
"""How many modules are looked for where a recorded call found no family, or no protocol of one (``inet_create``)."""


def _made_by_family(context: Context, operation: MakeSocket | MakeSocketPair) -> Asking[None]:
    for errno, modules in _MODULES_LOOKED_FOR.items():
        if context.failed_with(errno):
            for _ in range(modules):
                yield context.request("kernel_module_request", UNKNOWN)
    raw = operation.family in ("inet", "inet6") and operation.type == "raw"
    if raw or operation.family == "packet":
        yield from require(context, Capability.CAP_NET_RAW, Errno.EPERM, "raw sockets need CAP_NET_RAW")
    context.stops(Errno.EPERM, Errno.EACCES, *_MODULES_LOOKED_FOR)


def given_a_file(context: Context) -> Asking[None]:
    """``sock_alloc_file``: a socket gets a file."""
    yield from context.routine("d_instantiate")
    yield from context.routine("file_alloc_security")


def make_socket(context: Context, operation: MakeSocket) -> Steps:
    """``__sys_socket``."""
    context.stops(Errno.EINVAL)
    socket = _new_socket(context, context.state, operation)
    yield from _create(context, operation, socket)
    yield from given_a_file(context)
    context.stops()
    state, description = describe(context.state, OpenSocket(socket), BOTH)
    return installed(context, state, description, close_on_exec=operation.close_on_exec)


def installed(context: Context, state: State, description: int, *, close_on_exec: bool) -> Outcome:
    """The call's outcome: the lowest free descriptor, or the recorded one, refers to a description."""
    number = lowest_free(context.table)
    if context.recorded is not None and context.recorded.result is not None:
        number = context.recorded.result
    state, rekeyed = install(state, context.thread.table, number, description, close_on_exec=close_on_exec)
    return context.done(state, number)._replace(rekeyed=rekeyed)


def make_socket_pair(context: Context, operation: MakeSocketPair) -> Steps:
    """``__sys_socketpair``: both are made, then ``socket_socketpair``. The result is the first, the other the next one."""
    context.stops(Errno.EINVAL, Errno.EMFILE, Errno.EFAULT)
    state = context.state
    one = _new_socket(context, state, operation)
    yield from _create(context, operation, one)
    state, first = describe(state, OpenSocket(one), BOTH)
    other = _new_socket(context, state, operation)
    yield from _create(context, operation, other)
    state, second = describe(state, OpenSocket(other, peer=first), BOTH)
    yield context.request("socket_socketpair", one, peer=other)
    yield from given_a_file(context)
    yield from given_a_file(context)
    context.stops()
    state = update_socket(state, first, OpenSocket(one, peer=second))
    rekeyed: Rekeyed = {}
    for place, description in enumerate((first, second)):
        number = lowest_free(state.tables[context.thread.table])
        if context.recorded is not None and len(context.recorded.descriptors) == 2:
            number = context.recorded.descriptors[place].number
        marked = operation.close_on_exec
        state, ended = install(state, context.thread.table, number, description, close_on_exec=marked)
        rekeyed.update(ended)
    return context.done(state, lowest_free(context.table))._replace(rekeyed=rekeyed)


def socket_at(context: Context, descriptor: Descriptor) -> tuple[Opened, Socket | Unknown]:
    """The socket that a descriptor refers to: ENOTSOCK where it is another thing."""
    found = opened(context, descriptor)
    context.insist(found.socket is not None, Errno.ENOTSOCK, f"descriptor {descriptor.number} is no socket")
    context.stops(Errno.EBADF, Errno.ENOTSOCK, Errno.EFAULT)
    return found, UNKNOWN if found.socket is None else found.socket


def bind(context: Context, operation: Bind) -> Steps:
    """``__sys_bind``: ``socket_bind``; then a unix path is made as a file, a port below 1024 needs CAP_NET_BIND_SERVICE."""
    found, socket = socket_at(context, operation.descriptor)
    address = operation.address
    path = absolute(context, address.path)
    yield context.request(
        "socket_bind",
        socket,
        family=address.family,
        address=address.address,
        port=address.port,
        path=path,
        abstract=address.abstract,
    )
    context.stops(Errno.EINVAL, Errno.EADDRNOTAVAIL)
    state, rekeyed = context.state, Rekeyed()
    if address.family == "unix" and path != "":
        state, rekeyed = yield from _bind_path(context, address)
    port = address.port
    if address.family in ("inet", "inet6") and isinstance(port, int) and 0 < port < FIRST_UNPRIVILEGED_PORT:
        reason = f"port {port} needs CAP_NET_BIND_SERVICE"
        yield from require(context, Capability.CAP_NET_BIND_SERVICE, Errno.EACCES, reason)
    context.stops()
    state = _named(state, found.description, address, path)
    return context.done(state)._replace(rekeyed=rekeyed)


def _bind_path(context: Context, address: NetworkAddress) -> Asking[tuple[State, Rekeyed]]:
    """``unix_bind_bsd``: the socket's file is made as mknod(2) makes it."""
    context.stops(Errno.EADDRINUSE)
    try:
        found = yield from to_be_made(context, At(address.path))
    except Refused as refused:
        if refused.errno is Errno.EEXIST:
            raise Refused(Errno.EADDRINUSE, refused.reason) from None
        raise
    inode = inode_to_be(context, found.path, "socket", 0o777)
    file = file_to_be(found.path, inode)
    yield context.request("path_mknod", file, mode=0o777, device_number=0)
    yield from may_create(context, found.path)
    yield context.request("inode_mknod", file, mode=0o777, device_number=0)
    yield from new_inode(context, file)
    yield context.request("path_post_mknod", file)
    state, rekeyed = with_made(context.state, found.path, inode)
    return state, rekeyed


def _named(state: State, description: int | None, address: NetworkAddress, path: str | Unknown) -> State:
    """The state in which a socket has an address, and can be found by its unix name."""
    known = socket_of(state, description)
    if known is None or description is None:
        return state
    socket = known.socket._replace(address=address.address, port=address.port, path=path, abstract=address.abstract)
    changed = replace(known, socket=socket)
    names = state.unix_names
    for name in socket_names(changed) if address.family == "unix" else ():
        names = names.insert(name, description)
    return update_socket(replace(state, unix_names=names), description, changed)


def send(context: Context, operation: Send) -> Steps:
    """``__sys_sendto``, ``__sys_sendmsg``: ``socket_sendmsg``, and what the protocol asks. Descriptors go with the message."""
    found, _ = socket_at(context, operation.descriptor)
    peer, number = None, None
    address = operation.address
    if address is not None and address.family == "unix":
        name = absolute(context, address.path)
        if not isinstance(address.abstract, Unknown):
            key = f"@{address.abstract}" if address.abstract else name
            number = None if isinstance(key, Unknown) else context.state.unix_names.get(key)
        known = socket_of(context.state, number)
        peer = UNKNOWN if known is None else known.socket
    yield from send_through(context, found, address, operation.size, peer)
    yield from answered(context, found, operation.requests)
    context.stops()
    own = socket_of(context.state, found.description)
    receiver = number if number is not None else None if own is None else own.peer
    return context.done(with_sent(context, receiver, operation.descriptors))


def receive(context: Context, operation: Receive) -> Steps:
    """``__sys_recvfrom``, ``____sys_recvmsg``: ``socket_recvmsg``; then ``file_receive`` for each descriptor that came along.

    One that is denied is left out, the message is received all the same.
    """
    found, _ = socket_at(context, operation.descriptor)
    yield from receive_through(context, found, operation.flags, operation.size)
    context.stops()
    if context.recorded is not None:
        return (yield from receive_recorded(context, close_on_exec=operation.close_on_exec))
    own = socket_of(context.state, found.description)
    if own is None or found.description is None or not own.queue:
        return context.done()
    state = update_socket(context.state, found.description, replace(own, queue=own.queue[1:]))
    rekeyed: Rekeyed = {}
    for description in own.queue[0]:
        thing = opened_by(state, description, state.descriptions[description])
        granted = yield context.request("file_receive", thing.file, flags=thing.flags)
        if granted:
            number = lowest_free(state.tables[context.thread.table])
            marked = operation.close_on_exec
            state, _ended = install(state, context.thread.table, number, description, close_on_exec=marked)
        state, ended = let_go(state, description)
        rekeyed.update(ended)
    return context.done(state)._replace(rekeyed=rekeyed)


def get_socket_name(context: Context, operation: GetSocketName) -> Steps:
    """``__sys_getsockname``: ``socket_getsockname``. A recorded answer is what the socket is bound to."""
    found, socket = socket_at(context, operation.descriptor)
    yield context.request("socket_getsockname", socket)
    told = None if context.recorded is None else context.recorded.address
    context.stops()
    if told is None:
        return context.done()
    return context.done(_named(context.state, found.description, told, absolute(context, told.path)))


def get_peer_name(context: Context, operation: GetPeerName) -> Steps:
    """``__sys_getpeername``: ``socket_getpeername``."""
    _, socket = socket_at(context, operation.descriptor)
    yield context.request("socket_getpeername", socket)
    return context.done()


def get_option(context: Context, operation: GetSocketOption) -> Steps:
    """``__sys_getsockopt``: ``socket_getsockopt``."""
    _, socket = socket_at(context, operation.descriptor)
    yield context.request("socket_getsockopt", socket, level=operation.level, option=operation.option)
    return context.done()


def set_option(context: Context, operation: SetSocketOption) -> Steps:
    """``__sys_setsockopt``: ``socket_setsockopt``."""
    _, socket = socket_at(context, operation.descriptor)
    yield context.request("socket_setsockopt", socket, level=operation.level, option=operation.option)
    return context.done()


def shut_down(context: Context, operation: Shutdown) -> Steps:
    """``__sys_shutdown``: ``socket_shutdown``."""
    _, socket = socket_at(context, operation.descriptor)
    yield context.request("socket_shutdown", socket, how=operation.how)
    return context.done()


HANDLERS: Final = (
    handles(MakeSocket, make_socket),
    handles(MakeSocketPair, make_socket_pair),
    handles(Bind, bind),
    handles(Send, send),
    handles(Receive, receive),
    handles(GetSocketName, get_socket_name),
    handles(GetPeerName, get_peer_name),
    handles(GetSocketOption, get_option),
    handles(SetSocketOption, set_option),
    handles(Shutdown, shut_down),
)
