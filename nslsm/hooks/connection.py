"""Sockets as the kernel sees them: what modules keep with one, connections made and taken, messages to the kernel."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import NETWORK, Telling
from nslsm.hooks.facts import FAMILY as SOCKET_FAMILY
from nslsm.hooks.kinds import PORTS, SOCKET
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, Family, Hook
from nslsm.hooks.types import ADDRESS, INT, Fact

_asks: Final = partial(Hook, object=SOCKET, config=NETWORK)
_tells: Final = partial(Telling, object=SOCKET, config=NETWORK)

_WHEN_IT_COMES: Final = (
    "the task that made the socket: the kernel asks when the packet comes, whichever task is running"
)
_SENDER: Final = (
    Fact("address", ADDRESS, "the IPv4 or IPv6 address of the other end"),
    Fact("port", INT, "the port of the other end", PORTS),
)

FAMILY: Final = Family.of(
    "connection",
    "Sockets as the kernel sees them: what modules keep with one, connections made and taken, messages to the kernel.",
    Hook(
        "netlink_send",
        doc="A message is about to be sent to a part of the kernel, or to another process through it, netlink(7).",
        prototype="int netlink_send(struct sock *sk, struct sk_buff *skb)",
        object=SOCKET,
    ),
    _asks(
        "inet_conn_request",
        doc="Another host asks for a connection to a socket that listens; a denial drops the request.",
        prototype=("int inet_conn_request(const struct sock *sk, struct sk_buff *skb, struct request_sock *req)"),
        object_is="the socket that listens",
        subject=_WHEN_IT_COMES,
        facts=_SENDER,
        consequence=Consequence.ELEMENT,
        errno_lost="`tcp_v4_route_req` finds no route, and the request is dropped; the other host is not told why.",
    ),
    _tells(
        "inet_csk_clone",
        doc="A connection that another host asked for gets a socket of its own.",
        prototype="void inet_csk_clone(struct sock *newsk, const struct request_sock *req)",
        object_is="the socket for this connection",
        subject=_WHEN_IT_COMES,
        facts=_SENDER,
    ),
    _tells(
        "inet_conn_established",
        doc="The other host has answered, and the connection stands.",
        prototype="void inet_conn_established(struct sock *sk, struct sk_buff *skb)",
        subject=_WHEN_IT_COMES,
        facts=_SENDER,
    ),
    _asks(
        "mptcp_add_subflow",
        doc="One more path is about to be added to a connection that runs over several, tcp(7), multipath TCP.",
        prototype="int mptcp_add_subflow(struct sock *sk, struct sock *ssk)",
        object_is="the connection's socket",
        facts=(Fact("subflow", SOCKET, "the socket of the added path"),),
        since="6.12",
    ),
    _tells(
        "sock_graft",
        doc="A connection that was accepted is being tied to the socket that the program gets, accept(2).",
        prototype="void sock_graft(struct sock *sk, struct socket *parent)",
    ),
    _asks(
        "sk_alloc_security",
        doc="The kernel is about to make the inner part of a socket; whatever errno denies it, the caller sees ENOMEM.",
        prototype="int sk_alloc_security(struct sock *sk, int family, gfp_t priority)",
        object_is="the socket to be, of which nothing else is known yet",
        facts=(SOCKET_FAMILY,),
        default_errno=Errno.ENOMEM,
        errno_lost="`sk_prot_alloc` returns no socket, and its callers take that for want of memory.",
        errno_seen=Errno.ENOMEM,
        repeats="socketpair(2) makes two",
    ),
    _tells(
        "sk_clone_security",
        doc="What modules keep with a socket is being copied to the socket for a new connection.",
        prototype="void sk_clone_security(const struct sock *sk, struct sock *newsk)",
        object_is="the socket that is copied from",
        facts=(Fact("accepted", SOCKET, "the socket for the new connection"),),
    ),
    _tells(
        "sk_free_security",
        doc="What modules kept with a socket is being freed.",
        prototype="void sk_free_security(struct sock *sk)",
    ),
)
