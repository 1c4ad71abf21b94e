"""Sockets as programs see them: made, bound, connected, listened to, spoken through."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import NETWORK, PROVIDES, Answering
from nslsm.hooks.facts import FAMILY as SOCKET_FAMILY
from nslsm.hooks.facts import KERN, LEVEL, OPTION, PEER, PROTOCOL, SIZE, SOCKET_ADDRESS, TYPE
from nslsm.hooks.kinds import PORTS, SOCKET
from nslsm.hooks.model import Consequence, Family, Hook
from nslsm.hooks.types import ADDRESS, INT, Fact
from nslsm.hooks.vocabulary import MESSAGE_FLAGS, SHUTDOWN

_asks: Final = partial(Hook, object=SOCKET, config=NETWORK)
_answers: Final = partial(Answering, object=SOCKET, config=NETWORK)

FAMILY: Final = Family.of(
    "socket",
    "Sockets as programs see them: made, bound, connected, listened to, spoken through.",
    Hook(
        "socket_create",
        doc="A socket is about to be made, socket(2), socketpair(2).",
        prototype="int socket_create(int family, int type, int protocol, int kern)",
        facts=(SOCKET_FAMILY, TYPE, PROTOCOL, KERN),
        config=NETWORK,
        repeats="socketpair(2) makes two",
    ),
    _asks(
        "socket_post_create",
        doc="A socket has been made; a denial closes it again, and the program does not get it.",
        prototype="int socket_post_create(struct socket *sock, int family, int type, int protocol, int kern)",
        facts=(SOCKET_FAMILY, TYPE, PROTOCOL, KERN),
        repeats="socketpair(2) makes two",
    ),
    _asks(
        "socket_socketpair",
        doc="Two sockets that have been made are about to be joined to each other, socketpair(2).",
        prototype="int socket_socketpair(struct socket *socka, struct socket *sockb)",
        object_is="the first of the two",
        facts=(PEER,),
    ),
    _asks(
        "socket_bind",
        doc="A socket is about to be given an address of its own, bind(2).",
        prototype="int socket_bind(struct socket *sock, struct sockaddr *address, int addrlen)",
        facts=SOCKET_ADDRESS,
    ),
    _asks(
        "socket_connect",
        doc="A socket is about to be connected to another address, connect(2).",
        prototype="int socket_connect(struct socket *sock, struct sockaddr *address, int addrlen)",
        object_is="the caller's socket; the facts are about the other end",
        facts=SOCKET_ADDRESS,
    ),
    _asks(
        "socket_listen",
        doc="A socket is about to wait for connections, listen(2).",
        prototype="int socket_listen(struct socket *sock, int backlog)",
        facts=(Fact("backlog", INT, "how many connections may wait to be accepted"),),
    ),
    _asks(
        "socket_accept",
        doc="A connection is about to be accepted, accept(2).",
        prototype="int socket_accept(struct socket *sock, struct socket *newsock)",
        object_is="the socket that listens",
        facts=(Fact("accepted", SOCKET, "the socket for this connection"),),
    ),
    _asks(
        "socket_sendmsg",
        doc="Data are about to be sent through a socket, write(2), send(2), sendto(2), sendmsg(2).",
        prototype="int socket_sendmsg(struct socket *sock, struct msghdr *msg, int size)",
        object_is="the caller's socket; the address, where the call gives one, is the other end's",
        facts=(*SOCKET_ADDRESS, SIZE),
    ),
    _asks(
        "socket_recvmsg",
        doc="Data are about to be received from a socket, read(2), recv(2), recvfrom(2), recvmsg(2).",
        prototype="int socket_recvmsg(struct socket *sock, struct msghdr *msg, int size, int flags)",
        facts=(Fact("flags", MESSAGE_FLAGS, "how they are received: `peek` leaves them there"), SIZE),
    ),
    _asks(
        "socket_getsockname",
        doc="A program is about to be told its socket's own address, getsockname(2).",
        prototype="int socket_getsockname(struct socket *sock)",
    ),
    _asks(
        "socket_getpeername",
        doc="A program is about to be told the address that its socket is connected to, getpeername(2).",
        prototype="int socket_getpeername(struct socket *sock)",
    ),
    _asks(
        "socket_getsockopt",
        doc="An option of a socket is about to be read, getsockopt(2).",
        prototype="int socket_getsockopt(struct socket *sock, int level, int optname)",
        facts=(LEVEL, OPTION),
    ),
    _asks(
        "socket_setsockopt",
        doc="An option of a socket is about to be set, setsockopt(2).",
        prototype="int socket_setsockopt(struct socket *sock, int level, int optname)",
        facts=(LEVEL, OPTION),
    ),
    _asks(
        "socket_shutdown",
        doc="One or both halves of a connection are about to end, shutdown(2).",
        prototype="int socket_shutdown(struct socket *sock, int how)",
        facts=(Fact("how", SHUTDOWN, "which half; `other` for a value that the call will refuse"),),
    ),
    _asks(
        "socket_sock_rcv_skb",
        doc="A packet has come for a socket and is about to be queued there; a denial drops it.",
        prototype="int socket_sock_rcv_skb(struct sock *sk, struct sk_buff *skb)",
        subject="the task that made the socket: the kernel asks when the packet comes, whichever task is running",
        facts=(
            Fact("address", ADDRESS, "the IPv4 or IPv6 address that the packet came from"),
            Fact("port", INT, "the port that it came from; 0 where there is none", PORTS),
        ),
        consequence=Consequence.ELEMENT,
        errno_lost="`sk_filter_trim_cap` has the packet dropped; neither end is told why.",
        repeats="one message can be several packets, for several sockets",
    ),
    _answers(
        "socket_getpeersec_stream",
        doc="A program is about to be told the label of the other end of a connection, getsockopt(2) SO_PEERSEC.",
        prototype=(
            "int socket_getpeersec_stream(struct socket *sock, sockptr_t optval, sockptr_t optlen, unsigned int len)"
        ),
        default="-ENOPROTOOPT",
        why_other=PROVIDES,
    ),
    _answers(
        "socket_getpeersec_dgram",
        doc="A program is about to be told the label of the sender of a packet, recvmsg(2) with SCM_SECURITY.",
        prototype="int socket_getpeersec_dgram(struct socket *sock, struct sk_buff *skb, u32 *secid)",
        default="-ENOPROTOOPT",
        why_other=PROVIDES,
    ),
)
