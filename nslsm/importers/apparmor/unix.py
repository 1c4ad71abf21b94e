"""Rules about unix sockets as regions: what security/apparmor/af_unix.c asks, which Linux has since 6.17.

What is done to a socket itself is asked about with its own address; what meets another socket, with the address and the
label of that one too, and of both sides. Sockets that have a path are left to the rules about files.
"""

from typing import Final, NamedTuple

from nslsm.importers.apparmor.codes import LOST
from nslsm.importers.apparmor.file_rule import label_text
from nslsm.importers.apparmor.region import Ground, Region
from nslsm.importers.apparmor.rule import Rule
from nslsm.importers.apparmor.text import both, quoted, words

LOCAL: Final = {
    "create": "unix_create",
    "bind": "unix_bind",
    "listen": "unix_listen",
    "accept": "unix_accept",
    "send": "unix_send",
    "receive": "unix_receive",
    "shutdown": "unix_shutdown",
    "getattr": "unix_getattr",
    "getopt": "unix_getopt",
    "setopt": "unix_setopt",
}
"""The operation that asks for a permission where no other socket is known."""
MEETING: Final = {"connect": "unix_meet", "send": "unix_meet_to_send", "receive": "unix_meet_to_receive"}
"""The operation that asks for a permission where a socket meets another."""
MET: Final = {"accept": "unix_meet", "receive": "unix_meet_to_send", "send": "unix_meet_to_receive"}
"""The same, of the profile whose socket is met."""
WITH_PEER: Final = frozenset({"connect", "accept", "send", "receive"})
"""What a rule with a peer is about, where it names nothing."""
OPERATIONS: Final = tuple(dict.fromkeys((*LOCAL.values(), *MEETING.values())))


class _Side(NamedTuple):
    """One side of a meeting: its own socket, the other one, and who the other party is."""

    own: str
    other: str
    party: str


_OURS: Final = _Side("own", "peer", "object")
_THEIRS: Final = _Side("peer", "own", "subject")


def uses(ground: Ground) -> bool:
    """Whether there is anything to tell apart: something is permitted, if only because nothing else is said."""
    about = [rule for rule in ground.of("network", "unix") if rule.kind == "unix" or _types(rule) is not None]
    return ground.lenient or any(not rule.qualifiers.deny for rule in about)


def unix(ground: Ground) -> list[Region]:
    """What is done to unix sockets, and which may meet."""
    doing = Region("unix", ", ".join(LOCAL.values()), "does no such thing to unix sockets")
    meeting = Region("unix_out", ", ".join(MEETING.values()), "meets no such unix socket")
    met = Region("unix_in", ", ".join(MEETING.values()), "is met by no such unix socket", inbound=True)
    for operation in LOCAL.values():
        if operation != "unix_create":
            doing.allow(operation, _named(operation))
    for region in (meeting, met):
        region.allow(region.operations, 'peer.path != ""')
    for rule in ground.of("unix"):
        _rule(ground, rule, doing, meeting, met)
    for rule in ground.of("network"):
        types = _types(rule)
        if types is not None:
            _family(rule, types, doing, meeting, met)
    return [doing, meeting, met]


def _rule(ground: Ground, rule: Rule, doing: Region, meeting: Region, met: Region) -> None:
    has_peer = any(each.startswith("peer") for each in rule.conditions)
    access = rule.access or (WITH_PEER if has_peer else frozenset({*LOCAL, *MEETING}))
    type_ = f"in {words(rule.conditions['type'])}" if "type" in rule.conditions else ""
    own = rule.conditions.get("addr", ("",))[0]
    other = rule.conditions.get("peer.addr", ("",))[0]
    for permission, operation in LOCAL.items():
        if permission not in access or (has_peer and rule.qualifiers.deny):
            continue
        if operation == "unix_create":
            doing.add(rule, operation, f"type {type_}" if type_ else "")
            continue
        address = _address(own, "") if operation == "unix_bind" else _address(own, "object.")
        doing.add(rule, operation, both(f"object.type {type_}" if type_ else "", address))
    for region, operations, side in ((meeting, MEETING, _OURS), (met, MET, _THEIRS)):
        for permission, operation in operations.items():
            if permission in access:
                when = both(
                    f"peer.type {type_}" if type_ else "",
                    _address(own, f"{side.own}."),
                    _address(other, f"{side.other}."),
                    ground.peer(rule, side.party),
                )
                region.add(rule, operation, when)
    if has_peer and rule.qualifiers.deny and access & {"send", "receive"}:
        ground.tell(
            LOST,
            rule,
            "whom a stream socket that was inherited leads to is not known: what it sends is not denied here",
        )


def _types(rule: Rule) -> frozenset[str] | None:
    """The types of unix sockets that a network rule is about (empty: all); None: it is about others."""
    if rule.conditions or rule.access:
        return None
    match rule.words:
        case () | ("unix",):
            return frozenset()
        case ("unix", kind) | (("stream" | "dgram" | "seqpacket" | "rdm" | "raw") as kind,):
            return frozenset({kind})
        case _:
            return None


def _family(rule: Rule, types: frozenset[str], doing: Region, meeting: Region, met: Region) -> None:
    """A network rule: it is about all that is done to its sockets."""
    type_ = f"in {words(types)}" if types else ""
    for operation in LOCAL.values():
        side = "type" if operation == "unix_create" else "object.type"
        doing.add(rule, operation, f"{side} {type_}" if type_ else "")
    for region in (meeting, met):
        for operation in MEETING.values():
            region.add(rule, operation, f"peer.type {type_}" if type_ else "")


def _named(operation: str) -> str:
    """The condition that a socket has a path: it is a file, and others' rules are about it."""
    return 'path != ""' if operation == "unix_bind" else 'object.path != ""'


def _address(pattern: str, side: str) -> str:
    """The condition on an address: ``none``, or an abstract name."""
    if not pattern:
        return ""
    if pattern == "none":
        return both(f'{side}abstract == ""', f'{side}path == ""')
    name = pattern.removeprefix("@")
    return both(f'{side}path == ""', f"{side}abstract matches {quoted(label_text(name))}" if name else "")
