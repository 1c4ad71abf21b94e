"""The rest of the network: SCTP, marks on packets, virtual network devices, InfiniBand."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import NETWORK, Telling
from nslsm.hooks.kinds import NATURAL, OTHER, PORTS, SOCKET
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, Family, Hook
from nslsm.hooks.types import ADDRESS, INT, STRING, Bounds, Fact
from nslsm.hooks.vocabulary import SCTP_OPTION

_asks: Final = partial(Hook, config=NETWORK)
_tells: Final = partial(Telling, config=NETWORK)
_tun: Final = partial(Hook, config=NETWORK, object=OTHER, object_is="the device", default_errno=Errno.EPERM)
_infiniband: Final = partial(Hook, config="CONFIG_SECURITY_INFINIBAND", object=OTHER, default_errno=Errno.EACCES)

_WHEN_IT_COMES: Final = (
    "the task that made the socket: the kernel asks when the packet comes, whichever task is running"
)

_OTHER_END: Final = (
    Fact("address", ADDRESS, "the address that the packet came from"),
    Fact("port", INT, "the port of the other end", PORTS),
)

FAMILY: Final = Family.of(
    "network",
    "The rest of the network: SCTP, marks on packets, virtual network devices, InfiniBand.",
    _asks(
        "sctp_assoc_request",
        doc="Another host asks for an SCTP association; a denial drops the request.",
        prototype="int sctp_assoc_request(struct sctp_association *asoc, struct sk_buff *skb)",
        object=SOCKET,
        object_is="the socket that the association is of",
        subject=_WHEN_IT_COMES,
        facts=_OTHER_END,
        consequence=Consequence.ELEMENT,
        errno_lost="`sctp_sf_do_5_1B_init` discards the packet; the other host is not told why.",
    ),
    _asks(
        "sctp_assoc_established",
        doc="The other host has answered, and an SCTP association is about to stand; a denial drops the answer.",
        prototype="int sctp_assoc_established(struct sctp_association *asoc, struct sk_buff *skb)",
        object=SOCKET,
        object_is="the socket that the association is of",
        subject=_WHEN_IT_COMES,
        facts=_OTHER_END,
        consequence=Consequence.ELEMENT,
        errno_lost="`sctp_sf_do_5_1E_ca` discards the packet; nobody is told why.",
    ),
    _asks(
        "sctp_bind_connect",
        doc="Addresses are about to be added to an SCTP socket, or be connected to by it, sctp_bindx(3), sctp_connectx(3).",
        prototype=("int sctp_bind_connect(struct sock *sk, int optname, struct sockaddr *address, int addrlen)"),
        object=SOCKET,
        facts=(
            Fact("option", SCTP_OPTION, "what the addresses are for, the kernel's `SCTP_SOCKOPT_…` and `SCTP_PARAM_…`"),
            Fact("address", ADDRESS, "the first of the addresses"),
            Fact("port", INT, "its port", PORTS),
        ),
    ),
    _tells(
        "sctp_sk_clone",
        doc="An SCTP association gets a socket of its own.",
        prototype="void sctp_sk_clone(struct sctp_association *asoc, struct sock *sk, struct sock *newsk)",
        object=SOCKET,
        object_is="the socket for this association",
    ),
    _tells(
        "req_classify_flow",
        doc="The kernel is labelling the answer to a request for a connection, so that its route can depend on it.",
        prototype="void req_classify_flow(const struct request_sock *req, struct flowi_common *flic)",
    ),
    _asks(
        "secmark_relabel_packet",
        doc="A rule of the packet filter that marks packets with a label is about to be installed.",
        prototype="int secmark_relabel_packet(u32 secid)",
        facts=(Fact("secid", INT, "the number that a module gave to the label", NATURAL),),
    ),
    _tells(
        "secmark_refcount_inc",
        doc="One more rule of the packet filter marks packets with labels.",
        prototype="void secmark_refcount_inc(void)",
    ),
    _tells(
        "secmark_refcount_dec",
        doc="One rule of the packet filter that marks packets with labels is gone.",
        prototype="void secmark_refcount_dec(void)",
    ),
    _asks(
        "tun_dev_create",
        doc="A virtual network device that a program feeds is about to be made, ioctl(2) TUNSETIFF.",
        prototype="int tun_dev_create(void)",
        default_errno=Errno.EPERM,
    ),
    _tun(
        "tun_dev_alloc_security",
        doc="The kernel is about to make what it keeps about a virtual network device; a denial fails its making.",
        prototype="int tun_dev_alloc_security(void *security)",
    ),
    Telling(
        "tun_dev_free_security",
        doc="What modules kept about a virtual network device is being freed.",
        prototype="void tun_dev_free_security(void *security)",
        object=OTHER,
        config=NETWORK,
        until="6.1",
    ),
    _tun(
        "tun_dev_attach_queue",
        doc="One more queue of a virtual network device is about to be attached, ioctl(2) TUNSETQUEUE.",
        prototype="int tun_dev_attach_queue(void *security)",
    ),
    _tun(
        "tun_dev_attach",
        doc="A socket is about to be attached to a virtual network device.",
        prototype="int tun_dev_attach(struct sock *sk, void *security)",
    ),
    _tun(
        "tun_dev_open",
        doc="A virtual network device that exists already is about to be opened by a program.",
        prototype="int tun_dev_open(void *security)",
    ),
    _infiniband(
        "ib_pkey_access",
        doc="A partition of an InfiniBand network is about to be used.",
        prototype="int ib_pkey_access(void *sec, u64 subnet_prefix, u16 pkey)",
        object_is="the user of InfiniBand",
        facts=(
            Fact("subnet_prefix", INT, "which network", NATURAL),
            Fact("pkey", INT, "which partition of it", Bounds(0, 2**16 - 1)),
        ),
    ),
    _infiniband(
        "ib_endport_manage_subnet",
        doc="An InfiniBand network is about to be managed through a port of this machine.",
        prototype="int ib_endport_manage_subnet(void *sec, const char *dev_name, u8 port_num)",
        object_is="the user of InfiniBand",
        facts=(
            Fact("device", STRING, "the name of the device: `mlx4_0`"),
            Fact("port", INT, "the number of its port", Bounds(0, 255)),
        ),
    ),
    _infiniband(
        "ib_alloc_security",
        doc="The kernel is about to make what it keeps about a user of InfiniBand; a denial fails its making.",
        prototype="int ib_alloc_security(void *sec)",
    ),
    Telling(
        "ib_free_security",
        doc="What modules kept about a user of InfiniBand is being freed.",
        prototype="void ib_free_security(void *sec)",
        object=OTHER,
        config="CONFIG_SECURITY_INFINIBAND",
        until="6.1",
    ),
)
