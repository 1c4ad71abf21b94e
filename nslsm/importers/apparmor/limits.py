"""Limits that a profile sets as conditions under which they are exceeded."""

from typing import Final

from nslsm.importers.apparmor.codes import LOST, NOTED
from nslsm.importers.apparmor.region import Ground, Region


def limits(ground: Ground) -> list[Region]:
    """A region that denies the raising of a limit above what a profile sets."""
    made = Region("limits", "", "keeps its limits")
    for rule in ground.of("rlimit"):
        name, value = rule.words[0], "".join(rule.words[2:])
        resource = {"as": "address_space", "ofile": "nofile"}.get(name, name)
        if value == "infinity":
            continue
        number = _amount(name, value)
        if number is None:
            ground.tell(LOST, rule, f"`{value}` is no amount that is understood here")
            continue
        ground.tell(NOTED, rule, "the limit holds for who raises it; it is not set when a program starts")
        made.denies.append(("task_setrlimit", f"resource == {resource} and hard > {number}"))
    return [made] if made.denies else []


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
