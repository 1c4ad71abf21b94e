"""Rules about other things than files as regions: capabilities, the bus, user namespaces, rings, and those of other files."""

from collections.abc import Iterable

from nslsm.importers.apparmor.abi import Features
from nslsm.importers.apparmor.codes import LOST, NARROWED, NOTED
from nslsm.importers.apparmor.limits import limits
from nslsm.importers.apparmor.mounts import mounts
from nslsm.importers.apparmor.region import Ground, Region, Tell
from nslsm.importers.apparmor.rule import Rule
from nslsm.importers.apparmor.sockets import sockets
from nslsm.importers.apparmor.tasks import signals, traces
from nslsm.importers.apparmor.text import words


def regions(
    rules: Iterable[Rule], known: frozenset[str], features: Features, tell: Tell, *, everything: bool, lenient: bool
) -> list[Region]:
    """All regions of a profile but those of files. ``everything``: what no rule denies is permitted; ``lenient``: or it
    is let pass, since the profile complains.
    """
    ground = Ground(tuple(rules), known, features, tell, lenient=everything or lenient)
    made = [_capabilities(ground)]
    for kind, makers in (
        ("network", (sockets,)),
        ("signal", (signals,)),
        ("ptrace", (traces,)),
        ("mount", (mounts,)),
        ("dbus", (_bus,)),
        ("userns", (_namespaces,)),
        ("io_uring", (_rings,)),
        ("mqueue", (_queues,)),
        ("rlimit", (limits,)),
    ):
        if features.confines(kind):
            made += [region for maker in makers for region in maker(ground)]
    for rule in ground.rules:
        if rule.qualifiers.deny and not features.confines(rule.kind):
            ground.tell(NOTED, rule, f"{rule.kind} is not confined under ABI {features.name}, so this decides nothing")
        if rule.qualifiers.priority and not rule.qualifiers.deny:
            ground.tell(NARROWED, rule, "a priority lifts no denial here, but among rules about files")
    if everything:
        for region in made:
            region.allow_all()
    return made


def _capabilities(ground: Ground) -> Region:
    made = Region("capabilities", "capable", "has no such capability")
    granted: set[str] = set()
    for rule in ground.of("capability"):
        names = {f"CAP_{each.upper()}" for each in rule.words}
        if rule.qualifiers.deny or not names:
            made.add(rule, "capable", f"cap in {words(names)}" if names else "")
        else:
            granted |= names
    if granted and not made.allows:
        made.allow("capable", f"cap in {words(granted)}")
    return made


def _bus(ground: Ground) -> list[Region]:
    made = Region("bus", "user_access", "says no such thing on the bus")
    made.allow("user_access", 'class != "dbus"')
    rules = ground.of("dbus")
    permitted = any(not (rule.conditions or rule.access or rule.qualifiers.deny) for rule in rules)
    if permitted:
        made.allow("user_access")
    for rule in rules:
        bare = not rule.conditions and not rule.access
        if rule.qualifiers.deny and bare:
            made.denies.append(("user_access", 'class == "dbus"'))
        elif rule.qualifiers.deny and (permitted or ground.lenient):
            ground.tell(LOST, rule, "what is said on a bus is known to the bus only")
        elif not rule.qualifiers.deny and not bare:
            ground.tell(NARROWED, rule, "what is said on a bus is known to the bus only")
    return [made]


def _namespaces(ground: Ground) -> list[Region]:
    made = Region("userns", "userns_create", "may not make user namespaces")
    for rule in ground.of("userns"):
        made.add(rule, "userns_create", "")
    return [made]


def _rings(ground: Ground) -> list[Region]:
    made = Region("rings", "uring_sqpoll, uring_override_creds", "uses rings not so")
    for rule in ground.of("io_uring"):
        if rule.conditions:
            ground.untold(rule, "labels of rings are not known here")
            continue
        for access, hook in (("sqpoll", "uring_sqpoll"), ("override_creds", "uring_override_creds")):
            if not rule.access or access in rule.access:
                made.add(rule, hook, "")
    return [made]


def _queues(ground: Ground) -> list[Region]:
    for rule in ground.of("mqueue"):
        ground.untold(rule, "message queues are not told apart from other files here")
    return []
