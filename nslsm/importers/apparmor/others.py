"""Rules about other things than files as text: capabilities, sockets, signals, ptrace, mounts, limits."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from nslsm.diagnostics import Code
from nslsm.importers.apparmor.codes import LOST, NARROWED, NOTED
from nslsm.importers.apparmor.file_rule import glob_text, label_text
from nslsm.importers.apparmor.kinds import SIGNALS
from nslsm.importers.apparmor.rule import Rule
from nslsm.importers.apparmor.text import both, either, quoted, texts, words
from nslsm.language.check.glob import Glob, GlobError

Tell = Callable[[Code, Rule, str], None]

OURS: Final = frozenset(
    {"unspec", "unix", "inet", "inet6", "netlink", "packet", "bluetooth", "can", "vsock", "alg", "xdp", "key"}
)
"""Families of sockets that hooks tell apart; all others are `other` to them."""
UNCONFINED: Final = "unconfined"
NOBODY: Final = "false"
"""The condition that the other party is one of no names at all."""
MEDIATED_BY_4: Final = frozenset({"userns", "io_uring", "mqueue"})
"""What is confined by profiles for AppArmor 4.0 and later only."""


@dataclass
class Region:
    """A region to be: what it is called, its operations, its allows, and the explicit denies beside it."""

    name: str
    operations: str
    because: str
    inbound: bool = False
    """Whether it is about what is done to tasks of the profile."""
    allows: list[str] = field(default_factory=list)
    denies: list[tuple[str, str]] = field(default_factory=list)
    """Operations and conditions."""


class Others:
    """The rules of one profile, but those about files."""

    def __init__(self, rules: Iterable[Rule], known: frozenset[str], abi: str, tell: Tell) -> None:
        self._rules = list(rules)
        self._known, self._abi, self._tell = known, abi, tell
        self._all = any(rule.kind == "all" and not rule.qualifiers.deny for rule in self._rules)
        for rule in self._rules:
            if rule.qualifiers.priority:
                self._tell(NOTED, rule, "a priority of a rule that is about no file decides nothing here")

    def _of(self, *kinds: str) -> list[Rule]:
        return [rule for rule in self._rules if rule.kind in kinds]

    def regions(self) -> list[Region]:
        """All regions of the profile."""
        made = [
            self._capabilities(),
            *self._sockets(),
            *self._signals(),
            *self._traces(),
            *self._mounts(),
            self._dbus(),
        ]
        if self._abi.startswith("4"):
            made += [self._simple("userns", "userns_create", "make user namespaces"), *self._ring()]
        for rule in self._of(*MEDIATED_BY_4):
            if not self._abi.startswith("4") and rule.qualifiers.deny:
                self._tell(
                    NOTED, rule, f"{rule.kind} is not confined under ABI {self._abi}, so this rule decides nothing"
                )
        for rule in self._of("mqueue"):
            if self._abi.startswith("4"):
                self._tell(
                    LOST if rule.qualifiers.deny else NARROWED,
                    rule,
                    "message queues are not told apart from other files here",
                )
        if self._all:
            for region in made:
                operations = region.operations
                region.allows = [f"allow {operations}"]
        return made

    def _capabilities(self) -> Region:
        made = Region("capabilities", "capable", "has no such capability")
        for rule in self._of("capability"):
            names = words(f"CAP_{each.upper()}" for each in rule.words)
            when = f"cap in {names}" if rule.words else ""
            if rule.qualifiers.deny:
                made.denies.append(("capable", when))
        granted = [rule for rule in self._of("capability") if not rule.qualifiers.deny]
        if any(not rule.words for rule in granted):
            made.allows.append("allow capable")
        elif granted:
            made.allows.append(
                f"allow capable when cap in {words(f'CAP_{each.upper()}' for rule in granted for each in rule.words)}"
            )
        return made

    # Sockets

    def _sockets(self) -> list[Region]:
        made = Region("sockets", "make_socket, use_socket", "uses no such sockets")
        for rule in self._of("network", "unix"):
            if rule.kind == "unix" and rule.qualifiers.deny:
                self._tell(LOST, rule, "what is denied on unix sockets by rules about them is not told apart here")
                continue
            if rule.kind == "network" and any(each.startswith(("ip", "port", "peer")) for each in rule.conditions):
                self._tell(
                    LOST if rule.qualifiers.deny else NARROWED,
                    rule,
                    "addresses in rules about sockets are not told apart here",
                )
                continue
            if rule.kind == "unix":
                self._tell(
                    NOTED,
                    rule,
                    "a rule about unix sockets permits all of its type, as with kernels that know only families",
                )
            for family, types in self._families(rule):
                self._socket(made, rule, family, types)
        return [made]

    def _families(self, rule: Rule) -> list[tuple[str, frozenset[str]]]:
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

    def _socket(self, made: Region, rule: Rule, family: str, types: frozenset[str]) -> None:
        if family and family not in OURS:
            if rule.qualifiers.deny:
                self._tell(LOST, rule, f"sockets of family {family} are not told apart from other rare ones here")
            else:
                self._tell(NARROWED, rule, f"sockets of family {family} are not told apart from other rare ones here")
            return
        kind = f"in {words(types)}" if types else ""
        making = both(f"family == {family}" if family else "", f"type {kind}" if kind else "")
        using = both(f"object.family == {family}" if family else "", f"object.type {kind}" if kind else "")
        if rule.qualifiers.deny:
            made.denies += [("make_socket", making), ("use_socket", using)]
            return
        for operation, when in (("make_socket", making), ("use_socket", using)):
            line = f"allow {operation} when {when}" if when else f"allow {operation}"
            if line not in made.allows:
                made.allows.append(line)

    # Other tasks

    def _peer(self, rule: Rule, side: str) -> str:
        """The condition that the other party is one that a rule names; empty: anybody."""
        patterns = rule.conditions.get("peer", ()) + rule.conditions.get("peer.label", ())
        if not patterns:
            return ""
        globs = []
        for each in patterns:
            try:
                globs.append(Glob(label_text(each)))
            except GlobError:
                self._tell(LOST if rule.qualifiers.deny else NARROWED, rule, f"`{each}` is no pattern of names")
        named = [name for name in self._known if any(glob.matches(name) for glob in globs)]
        label = f"{side}.label"
        made = []
        if named:
            made.append(f"{label} != {{}} and {label} - {texts(named)} == {{}}")
        if any(glob.matches(UNCONFINED) for glob in globs):
            made.append(f"{label} == {{}}")
        return either(*(f"({each})" if len(made) > 1 else each for each in made))

    def _signals(self) -> list[Region]:
        sending = Region("signals", "task_kill", "sends no such signals")
        getting = Region("signals_in", "task_kill", "is not sent such signals", inbound=True)
        for rule in self._of("signal"):
            for region, access, side in ((sending, "send", "object"), (getting, "receive", "subject")):
                if rule.access and access not in rule.access:
                    continue
                chosen = rule.conditions.get("set", ())
                names = [SIGNALS[each] for each in chosen if each in SIGNALS]
                signals = [f"SIG{each}" for each in names] + (["NONE"] if "exists" in chosen else [])
                if chosen and not signals:
                    self._tell(LOST if rule.qualifiers.deny else NARROWED, rule, "these signals are not known here")
                    continue
                when = both(f"signal in {words(signals)}" if chosen else "", self._peer(rule, side))
                self._add(region, rule, "task_kill", when)
        return [sending, getting]

    def _traces(self) -> list[Region]:
        tracing = Region("traces", "trace, look", "looks into no such process")
        traced = Region("traces_in", "trace, look", "is not looked into", inbound=True)
        traced.allows.append("allow trace, look when subject.label == {}")
        for rule in self._of("ptrace"):
            for region, side, accesses in (
                (tracing, "object", {"trace": "trace", "read": "look"}),
                (traced, "subject", {"tracedby": "trace", "readby": "look"}),
            ):
                for access, operation in accesses.items():
                    if not rule.access or access in rule.access:
                        self._add(region, rule, operation, self._peer(rule, side))
        return [tracing, traced]

    def _add(self, region: Region, rule: Rule, operation: str, when: str) -> None:
        if when == NOBODY or when.endswith(f" and {NOBODY}"):
            return
        if rule.qualifiers.deny:
            region.denies.append((operation, when))
            return
        line = f"allow {operation} when {when}" if when else f"allow {operation}"
        if line not in region.allows:
            region.allows.append(line)

    # Mounts

    def _mounts(self) -> list[Region]:
        mounting = Region("mounts", "mount, move_mount", "mounts nothing of that kind")
        unmounting = Region("unmounts", "sb_umount", "unmounts nothing there")
        turning = Region("roots", "sb_pivotroot", "does not change its root so")
        for rule in self._of("mount", "remount"):
            self._mount(mounting, rule)
        for rule in self._of("umount"):
            if rule.conditions:
                self._tell(
                    LOST if rule.qualifiers.deny else NARROWED, rule, "conditions of unmounting are not known here"
                )
                continue
            when = "" if not rule.words else f"object.path matches {texts(map(_place, rule.words))}"
            self._add(unmounting, rule, "sb_umount", when)
        for rule in self._of("pivot_root"):
            self._pivot(turning, rule)
        return [mounting, unmounting, turning]

    def _mount(self, region: Region, rule: Rule) -> None:
        options = rule.conditions.get("options", ()) + rule.conditions.get("option", ())
        if options:
            self._tell(LOST if rule.qualifiers.deny else NARROWED, rule, "options of mounts are not taken over")
            return
        kinds = rule.conditions.get("fstype", ()) + rule.conditions.get("vfstype", ())
        rest = list(rule.words)
        target = ""
        if "->" in rest:
            place = rest.index("->")
            target, rest = rest[place + 1], rest[:place]
        when = both(
            "change in {remount, remount_bind}" if rule.kind == "remount" else "",
            f"object.filesystem matches {texts(kinds)}" if kinds else "",
            f"object.source matches {texts(map(glob_text, rest))}" if rest else "",
            f"target.dpath matches {quoted(glob_text(target))}" if target else "",
        )
        self._add(region, rule, "mount", when)
        if not when:
            self._add(region, rule, "move_mount", "")
        elif rule.qualifiers.deny:
            region.denies.append(("move_mount", f"target.dpath matches {quoted(glob_text(target))}" if target else ""))

    def _pivot(self, region: Region, rule: Rule) -> None:
        rest = list(rule.words)
        if "->" in rest:
            self._tell(LOST, rule, "no profile is taken on by pivot_root here")
            rest = rest[: rest.index("->")]
        old = rule.conditions.get("oldroot", ())
        when = both(
            f"object.dpath matches {texts(map(glob_text, rest))}" if rest else "",
            f"put_old.dpath matches {texts(map(glob_text, old))}" if old else "",
        )
        self._add(region, rule, "sb_pivotroot", when)

    # What programs ask themselves, rings, user namespaces

    def _dbus(self) -> Region:
        made = Region("bus", "user_access", "says no such thing on the bus")
        made.allows.append('allow user_access when class != "dbus"')
        for rule in self._of("dbus"):
            bare = not rule.conditions and not rule.access
            if bare and not rule.qualifiers.deny:
                made.allows.append("allow user_access")
            elif rule.qualifiers.deny and not bare and "allow user_access" in made.allows:
                self._tell(LOST, rule, "what is said on a bus is known to the bus only")
            elif rule.qualifiers.deny and bare:
                made.denies.append(("user_access", 'class == "dbus"'))
            elif not rule.qualifiers.deny:
                self._tell(NARROWED, rule, "what is said on a bus is known to the bus only")
        return made

    def _simple(self, kind: str, hook: str, what: str) -> Region:
        made = Region(kind, hook, f"may not {what}")
        for rule in self._of(kind):
            self._add(made, rule, hook, "")
        return made

    def _ring(self) -> Sequence[Region]:
        made = Region("rings", "uring_sqpoll, uring_override_creds", "uses rings not so")
        for rule in self._of("io_uring"):
            if rule.conditions:
                self._tell(LOST if rule.qualifiers.deny else NARROWED, rule, "labels of rings are not known here")
                continue
            for access, hook in (("sqpoll", "uring_sqpoll"), ("override_creds", "uring_override_creds")):
                if not rule.access or access in rule.access:
                    self._add(made, rule, hook, "")
        return [made]

    # Limits

    def limits(self) -> list[tuple[str, str]]:
        """For each limit the resource and the condition under which it is exceeded."""
        made = []
        for rule in self._of("rlimit"):
            name, value = rule.words[0], "".join(rule.words[2:])
            resource = {"as": "address_space", "ofile": "nofile"}.get(name, name)
            number = _amount(name, value)
            if value == "infinity":
                continue
            if number is None:
                self._tell(LOST, rule, f"`{value}` is no amount that is understood here")
                continue
            self._tell(NOTED, rule, "the limit holds for who raises it; it is not set when a program starts")
            made.append((resource, f"resource == {resource} and hard > {number}"))
        return made


_UNITS: Final = {"": 1, "K": 2**10, "KB": 2**10, "M": 2**20, "MB": 2**20, "G": 2**30, "GB": 2**30}
_TIMES: Final = {
    "us": 1,
    "ms": 1000,
    "s": 10**6,
    "sec": 10**6,
    "min": 60 * 10**6,
    "h": 3600 * 10**6,
    "d": 86_400 * 10**6,
    "week": 604_800 * 10**6,
}


def _amount(name: str, value: str) -> int | None:
    """How much a limit is, in what the kernel counts in."""
    digits = value.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    unit = value[len(digits) :]
    try:
        number = int(digits)
    except ValueError:
        return None
    if name == "nice":
        return 20 - number
    if name in ("cpu", "rttime"):
        unit = {
            "seconds": "s",
            "second": "s",
            "minutes": "min",
            "hours": "h",
            "hour": "h",
            "days": "d",
            "weeks": "week",
        }.get(unit, unit)
        scale = _TIMES.get(unit or ("s" if name == "cpu" else "us"))
        return None if scale is None else number * scale // (10**6 if name == "cpu" else 1)
    scale = _UNITS.get(unit)
    return None if scale is None else number * scale


def _place(path: str) -> str:
    made = glob_text(path)
    return made[:-1] if made.endswith("/") and len(made) > 1 else made
