"""Rules about other tasks as regions: signals and ptrace, each of two parties."""

from nslsm.importers.apparmor.kinds import SIGNALS
from nslsm.importers.apparmor.region import Ground, Region
from nslsm.importers.apparmor.text import both, words


def signals(ground: Ground) -> list[Region]:
    """Who may be sent which signals, and who may send some."""
    sending = Region("signals", "task_kill", "sends no such signals")
    getting = Region("signals_in", "task_kill", "is not sent such signals", inbound=True)
    for rule in ground.of("signal"):
        for region, access, side in ((sending, "send", "object"), (getting, "receive", "subject")):
            if rule.access and access not in rule.access:
                continue
            chosen = rule.conditions.get("set", ())
            names = [SIGNALS[each] for each in chosen if each in SIGNALS]
            numbers = [f"SIG{each}" for each in names] + (["NONE"] if "exists" in chosen else [])
            if len(numbers) < len(chosen):
                ground.untold(rule, "of these signals some are not known here")
            if chosen and not numbers:
                continue
            region.add(
                rule, "task_kill", both(f"signal in {words(numbers)}" if chosen else "", ground.peer(rule, side))
            )
    return [sending, getting]


def traces(ground: Ground) -> list[Region]:
    """Who may be looked into, and who may look. One who is unconfined is not asked about, ``profile_tracee_perm``."""
    tracing = Region("traces", "trace, look", "looks into no such process")
    traced = Region("traces_in", "trace, look", "is not looked into", inbound=True)
    traced.allow("trace, look", "subject.label == {}")
    for rule in ground.of("ptrace"):
        for region, side, accesses in (
            (tracing, "object", {"trace": "trace", "read": "look"}),
            (traced, "subject", {"tracedby": "trace", "readby": "look"}),
        ):
            for access, operation in accesses.items():
                if not rule.access or access in rule.access:
                    when = ground.peer(rule, side)
                    confined = "subject.label != {}" if region is traced and rule.qualifiers.deny else ""
                    region.add(rule, operation, both(confined, when) if when != "false" else when)
    return [tracing, traced]
