"""Unix sockets: one process on this machine speaks to another, unix(7).

These hooks have two parties (Model M4): the object is the other's socket, so that ``object.foreign`` and ``inbound`` rules are
about the one who is spoken to. It is the fact ``peer`` too; the caller's own socket is ``own``.
"""

from functools import partial
from typing import Final

from nslsm.hooks.entry import NETWORK
from nslsm.hooks.facts import OWN, PEER
from nslsm.hooks.kinds import SOCKET
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import PATH, Fact

_asks: Final = partial(Hook, object=SOCKET, config=NETWORK)

FAMILY: Final = Family.of(
    "unix",
    "Unix sockets: one process on this machine speaks to another, unix(7).",
    _asks(
        "unix_stream_connect",
        doc="A stream or seqpacket socket is about to be connected to another process's socket, connect(2).",
        prototype="int unix_stream_connect(struct sock *sock, struct sock *other, struct sock *newsk)",
        object_is="the socket that listens, as `peer`",
        facts=(OWN, PEER),
    ),
    _asks(
        "unix_may_send",
        doc="Datagrams are about to be sent to another process's socket, sendto(2), connect(2).",
        prototype="int unix_may_send(struct socket *sock, struct socket *other)",
        object_is="the socket that is sent to, as `peer`",
        facts=(OWN, PEER),
    ),
    _asks(
        "unix_find",
        doc="A socket has been found by its path and is about to be connected or sent to, connect(2), sendto(2).",
        prototype="int unix_find(const struct path *path, struct sock *other, int flags)",
        object_is="the socket that was found",
        facts=(Fact("path", PATH, "the path by which it was found"),),
        config="CONFIG_SECURITY_NETWORK and CONFIG_SECURITY_PATH",
        since="7.2",
    ),
)
