"""Limits that a profile sets as conditions under which they are exceeded."""

from string import ascii_letters
from typing import Final

from nslsm.importers.apparmor.codes import LOST, NOTED
from nslsm.importers.apparmor.kinds import SIZES, TIMES
from nslsm.importers.apparmor.region import Ground, Region

MOST: Final = 2**63 - 1
"""The largest integer, which stands for no limit."""
MAX_DIGITS: Final = 25
"""So many digits are always more than the largest integer."""


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


def _amount(name: str, value: str) -> int | None:
    """How much a limit is, in what the kernel counts in; more than that is no limit."""
    digits = value.rstrip(ascii_letters)
    unit = value[len(digits) :]
    try:
        number = min(int(digits[:MAX_DIGITS]), MOST)
    except ValueError:
        return None
    if name == "nice":
        return 20 - number
    if name in ("cpu", "rttime"):
        scale = TIMES.get(unit or ("s" if name == "cpu" else "us"))
        return None if scale is None else min(number * scale // (10**6 if name == "cpu" else 1), MOST)
    scale = SIZES.get(unit)
    return None if scale is None else min(number * scale, MOST)
