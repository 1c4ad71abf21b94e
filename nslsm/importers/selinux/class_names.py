"""Which class of SELinux a thing has, as expressions of our language: files by their type, sockets by what made them.

After ``inode_mode_to_security_class`` and ``socket_type_to_security_class`` of security/selinux/hooks.c, Linux 6.12.
"""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.linux import Capability

FILES: Final = ("file", "dir", "lnk_file", "chr_file", "blk_file", "sock_file", "fifo_file")
INTERNET: Final = ("tcp_socket", "udp_socket", "rawip_socket", "dccp_socket", "sctp_socket", "icmp_socket")
_NETLINK: Final[Mapping[int, str]] = {
    0: "netlink_route_socket",
    4: "netlink_tcpdiag_socket",
    5: "netlink_nflog_socket",
    6: "netlink_xfrm_socket",
    7: "netlink_selinux_socket",
    8: "netlink_iscsi_socket",
    9: "netlink_audit_socket",
    10: "netlink_fib_lookup_socket",
    11: "netlink_connector_socket",
    12: "netlink_netfilter_socket",
    14: "netlink_dnrt_socket",
    15: "netlink_kobject_uevent_socket",
    16: "netlink_generic_socket",
    18: "netlink_scsitransport_socket",
    20: "netlink_rdma_socket",
    21: "netlink_crypto_socket",
}
"""By protocol, ``include/uapi/linux/netlink.h``."""
NETLINK: Final = ("netlink_socket", *_NETLINK.values())
_EXTENDED: Final = ("bluetooth", "can", "vsock", "alg", "xdp")
"""Families, of those told apart, with a class of their own in policies with the capability ``extended_socket_class``."""
SOCKETS: Final = (
    *("socket", "unix_stream_socket", "unix_dgram_socket", "packet_socket", "key_socket"),
    *INTERNET,
    *NETLINK,
    *(f"{each}_socket" for each in _EXTENDED),
)
IPC: Final = ("msgq", "sem", "shm")


def file_class(thing: str) -> str:
    """The class of a file, as an expression.

    >>> file_class("old").split(" else ")[0]
    '"dir" if old.type == directory'
    """
    return _chosen(
        [
            ("dir", f"{thing}.type == directory"),
            ("lnk_file", f"{thing}.type == symlink"),
            ("chr_file", f"{thing}.type == character_device"),
            ("blk_file", f"{thing}.type == block_device"),
            ("fifo_file", f"{thing}.type == fifo"),
            ("sock_file", f"{thing}.type == socket"),
        ],
        "file",
    )


def socket_class(thing: str, *, extended: bool) -> str:
    """The class of a socket, as an expression; ``thing`` ends with a dot, or is empty for the facts of ``socket_create``.

    ``extended``: the policy has the capability ``extended_socket_class``, as all have since 2017. Families that our hooks do
    not tell apart are ``socket``.
    """
    family, kind, protocol = f"{thing}family", f"{thing}type", f"{thing}protocol"
    stream, datagram = f"{kind} in {{stream, seqpacket}}", f"{kind} == dgram"
    internet = [
        ("tcp_socket", f"{stream} and {protocol} in {{0, 6, 262}}"),
        ("udp_socket", f"{datagram} and {protocol} in {{0, 17}}"),
        ("dccp_socket", f"{kind} == dccp"),
    ]
    if extended:
        internet += [
            ("sctp_socket", f"{stream} and {protocol} == 132"),
            ("icmp_socket", f"{datagram} and {protocol} in {{1, 58}}"),
        ]
    unix = [("unix_stream_socket", stream), ("unix_dgram_socket", f"{kind} in {{dgram, raw}}")]
    netlink = [(name, f"{protocol} == {number}") for number, name in _NETLINK.items()]
    named = [("packet_socket", f"{family} == packet"), ("key_socket", f"{family} == key")]
    if extended:
        named += [(f"{each}_socket", f"{family} == {each}") for each in _EXTENDED]
    return (
        f"({_chosen(unix, 'socket')}) if {family} == unix"
        f" else ({_chosen(internet, 'rawip_socket')}) if {family} in {{inet, inet6}}"
        f" else ({_chosen(netlink, 'netlink_socket')}) if {family} == netlink"
        f" else {_chosen(named, 'socket')}"
    )


def capability_name() -> str:
    """The permission that a capability is, as an expression over ``cap``."""
    return _chosen([(each.name.removeprefix("CAP_").lower(), f"cap == {each.name}") for each in Capability], "")


def lets(*, extended: bool = True) -> Mapping[str, str]:
    """The lets that ``Asked`` speaks of, by name; a control that has rules from it declares them.

    ``port_protocol`` is the protocol as policies write it with ports, empty for one that they cannot name.
    """
    protocols = [(each, f'socket_class == "{each}_socket"') for each in ("tcp", "udp", "dccp", "sctp")]
    return {
        "file_class": file_class("object"),
        "target_class": file_class("target"),
        "socket_class": socket_class("object.", extended=extended),
        "made_socket_class": socket_class("", extended=extended),
        "ipc_class": '"msgq" if object.type == queue else "sem" if object.type == semaphores else "shm"',
        "capability_class": '"capability" if initial_user_namespace else "cap_userns"',
        "capability2_class": '"capability2" if initial_user_namespace else "cap2_userns"',
        "capability_name": capability_name(),
        "port_protocol": '"" if object.protocol == 262 else ' + _chosen(protocols, ""),
    }


def _chosen(cases: list[tuple[str, str]], otherwise: str) -> str:
    return " else ".join((*(f'"{name}" if {condition}' for name, condition in cases), f'"{otherwise}"'))
