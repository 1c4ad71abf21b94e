"""What a test has not seen, in words; the same in the table and on the page."""

from collections.abc import Iterator
from typing import Final

from nslsm.simulation.coverage import Condition, Group, Role, Rule, Score, Seen, Sight

_NEVER: Final = {
    "deny": "never denied",
    "confine": "never denied",
    "allow": "never let anything through",
    "on": "never took effect",
    "audit": "never observed",
    "enter": "never moved anybody in",
}

_DID: Final = {
    "deny": "denied",
    "confine": "denied",
    "allow": "let through",
    "on": "took effect",
    "audit": "observed",
    "enter": "moved in",
}


def called(group: Group, rule: Rule) -> str:
    """A rule's name for people: ``phi_access#deny-1``; an ``enter on`` by its namespace."""
    return f"{group.name.rpartition('.')[2] if group.kind == 'control' else group.name}#{rule.id}"


def gap_of_rule(rule: Rule, seen: Seen, *, bound: bool = True) -> str:
    """Why a rule is not covered; empty where it is."""
    if seen.true:
        return ""
    if not bound:
        return "bound in no namespace that a test uses"
    if not seen.asked:
        return "no request was inside its region" if rule.kind == "allow" else "never asked"
    return f"{_NEVER[rule.kind]}, asked {times(seen.asked)}"


def gaps(rule: Rule) -> Iterator[tuple[Condition, str]]:
    """The conditions of a rule that have more to show, and what; none where the rule was never even asked."""
    if not rule.seen.asked:
        return
    for condition in sorted(rule.conditions, key=lambda each: (each.span.start, -each.span.end)):
        missing = condition.missing
        told = condition.role is Role.WHOLE and rule.kind != "confine" and not rule.covered
        if missing and not (told and missing == (True,)):
            yield condition, gap_of_condition(condition.seen, missing)


def gap_of_condition(seen: Seen, missing: tuple[bool, ...]) -> str:
    """Which answers of a condition were not seen."""
    if not missing:
        return ""
    if len(missing) == 2:
        return f"never known: unknown {times(seen.unknown)}" if seen.unknown else "never reached"
    only = f", unknown {times(seen.unknown)}" if seen.unknown else ""
    return f"never {'true' if missing[0] else 'false'}{only}"


def tale(rule: Rule, seen: Seen) -> str:
    """What became of a rule, in numbers: ``denied 2 of 5``."""
    unknown = f", unknown {seen.unknown}" if seen.unknown else ""
    return f"{_DID[rule.kind]} {seen.true} of {seen.asked}{unknown}"


def counts(condition: Condition, seen: Seen) -> str:
    """How a condition came out, in numbers: ``true 2, false 3``."""
    parts = [f"true {seen.true}"]
    if condition.two_sided:
        parts.append(f"false {seen.false}")
    if seen.unknown:
        parts.append(f"unknown {seen.unknown}")
    return ", ".join(parts)


def where(sights: tuple[Sight, ...]) -> Iterator[tuple[str, Sight]]:
    """The places that something was looked at, by names that tell them apart."""
    modules: dict[str, set[str]] = {}
    for sight in sights:
        modules.setdefault(sight.place.namespace, set()).add(sight.place.module)
    for sight in sorted(sights, key=lambda sight: sight.place):
        several = len(modules[sight.place.namespace]) > 1
        yield (f"{sight.place.module}: {sight.place}" if several else str(sight.place)), sight


def share(score: Score) -> str:
    """``5/6``; a dash where there is nothing to see."""
    return f"{score.covered}/{score.total}" if score.total else "-"


def percent(score: Score) -> str:
    """``83 %``, rounded down, so that 100 is all."""
    return f"{int(score.percent)} %" if score.total else ""


def times(number: int) -> str:
    """``once``, ``twice``, ``7 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
