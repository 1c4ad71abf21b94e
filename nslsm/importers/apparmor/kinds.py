"""Rules about other things than files: which kinds there are, which access and conditions each takes."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, NamedTuple

from nslsm.hooks.linux import Capability
from nslsm.importers.apparmor.codes import RULE
from nslsm.importers.apparmor.lexer import Reading, Token
from nslsm.importers.apparmor.rule import Qualifiers, Rule

Expand = Callable[[Token], str]


class Kind(NamedTuple):
    """What a kind of rule may say."""

    access: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    words: bool = False
    """Whether bare words may stand in it: names of capabilities, families, paths."""


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
        "read",
        "write",
    ]
)

KINDS: Final[dict[str, Kind]] = {
    "capability": Kind(words=True),
    "network": Kind(_UNIX, frozenset({"ip", "port", "peer"}), words=True),
    "signal": Kind(frozenset({"send", "receive", "r", "w", "rw", "read", "write"}), frozenset({"set", "peer"})),
    "ptrace": Kind(frozenset({"trace", "read", "tracedby", "readby", "r", "w", "rw", "write"}), frozenset({"peer"})),
    "unix": Kind(_UNIX, frozenset({"type", "protocol", "addr", "label", "attr", "opt", "peer"})),
    "dbus": Kind(
        frozenset({"send", "receive", "bind", "eavesdrop", "r", "w", "rw", "read", "write"}),
        frozenset({"bus", "path", "interface", "member", "name", "peer"}),
    ),
    "mount": Kind(conditions=frozenset({"fstype", "vfstype", "options", "option"}), words=True),
    "remount": Kind(conditions=frozenset({"fstype", "vfstype", "options", "option"}), words=True),
    "umount": Kind(conditions=frozenset({"fstype", "vfstype", "options", "option"}), words=True),
    "unmount": Kind(conditions=frozenset({"fstype", "vfstype", "options", "option"}), words=True),
    "pivot_root": Kind(conditions=frozenset({"oldroot"}), words=True),
    "change_profile": Kind(words=True),
    "set": Kind(words=True),
    "rlimit": Kind(words=True),
    "userns": Kind(frozenset({"create"})),
    "io_uring": Kind(frozenset({"sqpoll", "override_creds"}), frozenset({"label"})),
    "mqueue": Kind(
        frozenset(["r", "w", "rw", "read", "write", "create", "open", "delete", "getattr", "setattr"]),
        frozenset({"type", "label"}),
        words=True,
    ),
    "all": Kind(),
}
"""The kinds, by the word that begins them, apparmor.d(5)."""

_ACCESS: Final = {
    "signal": {"r": {"receive"}, "read": {"receive"}, "w": {"send"}, "write": {"send"}, "rw": {"send", "receive"}},
    "ptrace": {"r": {"read"}, "w": {"trace"}, "write": {"trace"}, "rw": {"read", "trace"}},
}
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


COUNTED: Final = frozenset({"nproc", "nofile", "ofile", "locks", "sigpending", "nice", "rtprio"})
"""Limits that are plain numbers."""
_AMOUNT: Final = re.compile(r"infinity|-?[0-9]+[A-Za-z]*")


def other_rule(tokens: Sequence[Token], qualifiers: Qualifiers, expand: Expand, reading: Reading) -> Rule:
    """The rule; an error where AppArmor's parser has one."""
    return _Reader(tokens, qualifiers, expand, reading).read()


class _Reader:
    def __init__(self, tokens: Sequence[Token], qualifiers: Qualifiers, expand: Expand, reading: Reading) -> None:
        self._tokens, self._qualifiers, self._expand, self._reading = tokens, qualifiers, expand, reading
        self._span = tokens[0].span.to(tokens[-1].span)
        self._name = {"unmount": "umount", "set": "rlimit"}.get(tokens[0].text, tokens[0].text)
        self._kind = KINDS[tokens[0].text]
        self._at = 1

    def read(self) -> Rule:
        """The rule."""
        access: set[str] = set()
        words: list[str] = []
        conditions: dict[str, tuple[str, ...]] = {}
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            following = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else None
            if following is not None and (following.is_("=") or following.is_("in")) and token.word:
                self._condition(token, conditions)
            elif token.is_("("):
                access |= self._accesses(self._list())
            elif token.text in self._kind.access and not token.quoted and not (self._name == "network" and words):
                access |= self._accesses([token])
                self._at += 1
            elif self._kind.words and (token.word or token.text in ("->", "<=")):
                words.append(self._expand(token))
                self._at += 1
            else:
                raise self._fault(f"`{token.text}` is not expected in a rule about {self._name}")
        self._check(words, conditions)
        return Rule(self._span, self._qualifiers, self._name, frozenset(access), tuple(words), conditions)

    def _accesses(self, tokens: Sequence[Token]) -> set[str]:
        found: set[str] = set()
        for token in tokens:
            if token.text not in self._kind.access:
                raise self._fault(f"`{token.text}` is no access that a rule about {self._name} can give")
            found |= _ACCESS.get(self._name, {}).get(token.text, {token.text})
        if not found:
            raise self._fault("a list of accesses is empty")
        return found

    def _condition(self, name: Token, conditions: dict[str, tuple[str, ...]]) -> None:
        if name.text not in self._kind.conditions:
            raise self._fault(f"a rule about {self._name} has no `{name.text}=`")
        self._at += 2
        if self._at >= len(self._tokens):
            raise self._fault(f"`{name.text}=` has no value")
        if not self._tokens[self._at].is_("("):
            conditions[name.text] = (*conditions.get(name.text, ()), self._expand(self._tokens[self._at]))
            self._at += 1
            return
        if name.text == "peer":
            if self._name in ("signal", "ptrace"):
                raise self._fault("the peer is one name, without brackets")
            self._peer(conditions)
            return
        values = tuple(self._expand(each) for each in self._list())
        if not values:
            raise self._fault(f"`{name.text}=` has no value")
        conditions[name.text] = (*conditions.get(name.text, ()), *values)

    def _peer(self, conditions: dict[str, tuple[str, ...]]) -> None:
        self._at += 1
        while not self._tokens[self._at].is_(")"):
            token = self._tokens[self._at]
            if token.is_(","):
                self._at += 1
            elif self._tokens[self._at + 1].is_("="):
                conditions[f"peer.{token.text}"] = (self._expand(self._tokens[self._at + 2]),)
                self._at += 3
            else:
                conditions["peer"] = (*conditions.get("peer", ()), self._expand(token))
                self._at += 1
        self._at += 1

    def _list(self) -> list[Token]:
        found = []
        self._at += 1
        while not self._tokens[self._at].is_(")"):
            if not self._tokens[self._at].is_(","):
                found.append(self._tokens[self._at])
            self._at += 1
        self._at += 1
        return found

    def _check(self, words: list[str], conditions: dict[str, tuple[str, ...]]) -> None:
        match self._name:
            case "capability":
                known = {name.removeprefix("CAP_").lower() for name in Capability.__members__}
                self._all_of(words, known, "no capability is called")
            case "signal":
                chosen = [each for each in conditions.get("set", ()) if not each.startswith("rtmin+")]
                self._all_of(chosen, {*SIGNALS, "exists", "emt", "lost"}, "no signal is called")
            case "network":
                self._network(words)
            case "unix":
                self._all_of(conditions.get("type", ()), TYPES, "no socket is of type")
            case "mount" | "remount" | "umount":
                options = (*conditions.get("options", ()), *conditions.get("option", ()))
                self._all_of(options, OPTIONS, "no mount has an option")
            case "rlimit":
                self._limit(words)
            case "change_profile" if "->" in words and words.index("->") != len(words) - 2:
                raise self._fault("behind `->` stands one name")

    def _all_of(self, said: Iterable[str], known: Collection[str], message: str) -> None:
        for each in said:
            if each not in known:
                raise self._fault(f"{message} `{each}`")

    def _network(self, words: list[str]) -> None:
        if len(words) > 2:
            raise self._fault("a network rule is a family, and a type or protocol")
        for each in words:
            if each not in FAMILIES | TYPES | PROTOCOLS:
                raise self._fault(f"`{each}` is no family, type or protocol of sockets")
        if len(words) == 2 and (words[0] not in FAMILIES or words[1] not in TYPES | PROTOCOLS):
            raise self._fault("a network rule is a family, and a type or protocol")

    def _limit(self, words: list[str]) -> None:
        if self._tokens[0].text != "set":
            raise self._fault("a limit is written `set rlimit nofile <= 1024,`")
        rest = words[1:] if words[:1] == ["rlimit"] else words
        if len(rest) < 3 or rest[1] != "<=":
            raise self._fault("a limit is written `set rlimit nofile <= 1024,`")
        if rest[0] not in RESOURCES:
            raise self._fault(f"no limit is called `{rest[0]}`")
        value = "".join(rest[2:])
        if not _AMOUNT.fullmatch(value) or (
            rest[0] in COUNTED and not value.lstrip("-").isdigit() and value != "infinity"
        ):
            raise self._fault(f"`{value}` is no amount of {rest[0]}")
        if self._qualifiers.deny or self._qualifiers.audit:
            raise self._fault("a limit is neither denied nor audited")
        words[:] = rest

    def _fault(self, message: str) -> Exception:
        return self._reading.fault(RULE, self._span, message)
