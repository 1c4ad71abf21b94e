"""Which kinds of rules there are about other things than files, and the words that each takes, apparmor.d(5)."""

from typing import Final, NamedTuple


class Kind(NamedTuple):
    """What a kind of rule may say."""

    access: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    words: bool = False
    """Whether bare words may stand in it: names of capabilities, families, paths."""
    once: bool = True
    """Whether each condition stands once, with one value."""


_UNIX: Final = frozenset(
    [
        "create",
        "bind",
        "listen",
        "accept",
        "connect",
        "shutdown",
        "getattr",
        "setattr",
        "getopt",
        "setopt",
        "send",
        "receive",
        "r",
        "w",
        "rw",
        "wr",
        "read",
        "write",
    ]
)

_SENDING: Final = {
    "r": {"receive"},
    "read": {"receive"},
    "w": {"send"},
    "write": {"send"},
    "rw": {"send", "receive"},
    "wr": {"send", "receive"},
}

KINDS: Final[dict[str, Kind]] = {
    "capability": Kind(words=True),
    "network": Kind(_UNIX, frozenset({"ip", "port", "peer"}), words=True),
    "signal": Kind(
        frozenset({"send", "receive", "r", "w", "rw", "wr", "read", "write"}), frozenset({"set", "peer"}), once=False
    ),
    "ptrace": Kind(
        frozenset({"trace", "read", "tracedby", "readby", "r", "w", "rw", "wr", "write"}), frozenset({"peer"})
    ),
    "unix": Kind(_UNIX, frozenset({"type", "addr", "peer"})),
    "dbus": Kind(
        frozenset({"send", "receive", "bind", "eavesdrop", "r", "w", "rw", "wr", "read", "write"}),
        frozenset({"bus", "path", "interface", "member", "name", "peer"}),
    ),
    "mount": Kind(conditions=frozenset({"fstype", "vfstype", "options", "option"}), words=True, once=False),
    "remount": Kind(conditions=frozenset({"fstype", "vfstype", "options", "option"}), words=True, once=False),
    "umount": Kind(conditions=frozenset({"fstype", "vfstype", "options", "option"}), words=True, once=False),
    "unmount": Kind(conditions=frozenset({"fstype", "vfstype", "options", "option"}), words=True, once=False),
    "pivot_root": Kind(conditions=frozenset({"oldroot"}), words=True),
    "change_profile": Kind(words=True),
    "set": Kind(words=True),
    "rlimit": Kind(words=True),
    "userns": Kind(frozenset({"create"})),
    "io_uring": Kind(frozenset({"sqpoll", "override_creds"}), frozenset({"label"})),
    "mqueue": Kind(
        frozenset(["r", "w", "rw", "wr", "read", "write", "create", "open", "delete", "getattr", "setattr"]),
        frozenset({"type", "label"}),
        words=True,
    ),
    "all": Kind(),
}
"""The kinds, by the word that begins them, apparmor.d(5)."""

ACCESS: Final = {
    "signal": _SENDING,
    "unix": _SENDING,
    "dbus": _SENDING,
    "network": _SENDING,
    "ptrace": {"r": {"read"}, "w": {"trace"}, "write": {"trace"}, "rw": {"read", "trace"}, "wr": {"read", "trace"}},
}
"""Other words for what is permitted."""
SIGNALS: Final = {
    "hup": "HUP", "int": "INT", "quit": "QUIT", "ill": "ILL", "trap": "TRAP", "abrt": "ABRT", "bus": "BUS", "fpe": "FPE",
    "kill": "KILL", "usr1": "USR1", "segv": "SEGV", "usr2": "USR2", "pipe": "PIPE", "alrm": "ALRM", "term": "TERM",
    "stkflt": "STKFLT", "chld": "CHLD", "cont": "CONT", "stop": "STOP", "stp": "TSTP", "ttin": "TTIN", "ttou": "TTOU",
    "urg": "URG", "xcpu": "XCPU", "xfsz": "XFSZ", "vtalrm": "VTALRM", "prof": "PROF", "winch": "WINCH", "io": "IO",
    "pwr": "PWR", "sys": "SYS",
}  # fmt: skip
"""AppArmor's names of signals, and the kernel's."""
FAMILIES: Final = frozenset(
    [
        "unspec",
        "unix",
        "inet",
        "ax25",
        "ipx",
        "appletalk",
        "netrom",
        "bridge",
        "atmpvc",
        "x25",
        "inet6",
        "rose",
        "netbeui",
        "security",
        "key",
        "netlink",
        "packet",
        "ash",
        "econet",
        "atmsvc",
        "rds",
        "sna",
        "irda",
        "pppox",
        "wanpipe",
        "llc",
        "ib",
        "mpls",
        "can",
        "tipc",
        "bluetooth",
        "iucv",
        "rxrpc",
        "isdn",
        "phonet",
        "ieee802154",
        "caif",
        "alg",
        "nfc",
        "vsock",
        "kcm",
        "qipcrtr",
        "smc",
        "xdp",
        "mctp",
    ]
)
"""Families of sockets that a network rule can name."""
TYPES: Final = frozenset({"stream", "dgram", "seqpacket", "rdm", "raw", "packet"})
PROTOCOLS: Final = frozenset({"tcp", "udp", "icmp"})
_OPTIONS: Final = """
    ro r read-only rw w nosuid suid nodev dev noexec exec sync async remount mand nomand dirsync nosymfollow symfollow
    atime noatime diratime nodiratime bind B move M rbind R verbose silent loud acl noacl relatime norelatime iversion
    noiversion strictatime nostrictatime lazytime nolazytime user nouser kernmount nokernmount
"""
OPTIONS: Final = frozenset(_OPTIONS.split()) | {
    f"{made}{recursive}{kind}"
    for made in ("", "make-")
    for recursive in ("", "r")
    for kind in ("unbindable", "private", "slave", "shared")
}
"""Options of mounts that a rule can name."""
RESOURCES: Final = frozenset(
    [
        "cpu",
        "fsize",
        "data",
        "stack",
        "core",
        "rss",
        "nproc",
        "nofile",
        "memlock",
        "as",
        "locks",
        "sigpending",
        "msgqueue",
        "nice",
        "rtprio",
        "rttime",
        "ofile",
    ]
)
MANY: Final = frozenset({"options", "option", "fstype", "vfstype"})
"""Conditions that may be written with `in`."""
NOT_WITH_PEER: Final = frozenset({"create", "bind", "listen", "shutdown", "getattr", "setattr", "getopt", "setopt"})
"""What is done to a socket itself, so that a unix rule about it names no peer."""
COUNTED: Final = frozenset({"nproc", "nofile", "ofile", "locks", "sigpending", "nice", "rtprio"})
"""Limits that are plain numbers."""
TIMES: Final = {
    "us": 1, "ms": 1000, "s": 10**6, "sec": 10**6, "second": 10**6, "seconds": 10**6, "min": 60 * 10**6,
    "minute": 60 * 10**6, "minutes": 60 * 10**6, "h": 3600 * 10**6, "hour": 3600 * 10**6, "hours": 3600 * 10**6,
    "d": 86_400 * 10**6, "day": 86_400 * 10**6, "days": 86_400 * 10**6, "week": 604_800 * 10**6, "weeks": 604_800 * 10**6,
}  # fmt: skip
"""Units of time, in microseconds."""
SIZES: Final = {"": 1, "K": 2**10, "KB": 2**10, "M": 2**20, "MB": 2**20, "G": 2**30, "GB": 2**30}
"""Units of size, in bytes."""
