"""Rules about sockets as regions."""

from typing import Final

from nslsm.importers.apparmor.codes import LOST, NOTED
from nslsm.importers.apparmor.region import Ground, Region
from nslsm.importers.apparmor.rule import Rule
from nslsm.importers.apparmor.text import both, words
from nslsm.importers.apparmor.unix import unix, uses

OURS: Final = frozenset(
    {"unspec", "unix", "inet", "inet6", "netlink", "packet", "bluetooth", "can", "vsock", "alg", "xdp", "key"}
)
"""Families of sockets that hooks tell apart; all others are `other` to them."""


def sockets(ground: Ground) -> list[Region]:
    """Which sockets may be made and used."""
    made = Region("sockets", "make_socket, use_socket", "uses no such sockets")
    apart = ground.features.confines("unix")
    if apart and uses(ground):
        made.allow("make_socket", "family == unix")
        made.allow("use_socket", "object.family == unix")
    for rule in ground.of("network") if apart else ground.of("network", "unix"):
        if rule.kind == "network" and (rule.conditions or rule.access):
            ground.untold(rule, "addresses in rules about sockets, and what is done to them, are not told apart here")
            continue
        if rule.kind == "unix":
            if rule.qualifiers.deny and (rule.access or set(rule.conditions) - {"type"}):
                ground.tell(LOST, rule, "under this ABI, unix sockets are told apart by their types only")
                continue
            ground.tell(NOTED, rule, "under this ABI, a rule about unix sockets is one about all of their type")
        for family, types in _families(rule):
            _socket(ground, made, rule, family, types)
    return [made, *(unix(ground) if apart and uses(ground) else ())]


def _families(rule: Rule) -> list[tuple[str, frozenset[str]]]:
    """Families (empty: all) and types (empty: all) that a rule is about."""
    if rule.kind == "unix":
        return [("unix", frozenset(rule.conditions.get("type", ())))]
    rest = list(rule.words)
    family = (
        rest.pop(0)
        if rest and rest[0] not in ("stream", "dgram", "seqpacket", "rdm", "raw", "tcp", "udp", "icmp")
        else ""
    )
    protocols = {"tcp": "stream", "udp": "dgram", "icmp": "raw"}
    types = frozenset(protocols.get(each, each) for each in rest)
    if family == "packet" and not rule.words[1:] and len(rule.words) == 1:
        return [("packet", frozenset())]
    if rest and rest[0] in protocols and not family:
        return [("inet", types), ("inet6", types)]
    return [(family, types)]


def _socket(ground: Ground, made: Region, rule: Rule, family: str, types: frozenset[str]) -> None:
    if family and family not in OURS:
        ground.untold(rule, f"sockets of family {family} are not told apart from other rare ones here")
        return
    kind = f"in {words(types)}" if types else ""
    making = both(f"family == {family}" if family else "", f"type {kind}" if kind else "")
    using = both(f"object.family == {family}" if family else "", f"object.type {kind}" if kind else "")
    made.add(rule, "make_socket", making)
    made.add(rule, "use_socket", using)
