"""L1 to L9 along random courses of a whole kernel: what namespaces bind, seal, lock and do, and what their tasks do."""

import math
from collections import Counter
from collections.abc import Callable

import pytest

from tests.laws.chance import elsewhere
from tests.laws.machine import LENGTH, Broken, Course, course, play, reduced
from tests.laws.machine_laws import LAWS
from tests.laws.machine_ratchet import owner_ratchet

COURSES = 60
"""Those of the default selection."""

SWEEP = 100_000
"""Steps of the sweep, at least, and in how many parts."""
PARTS = 8
SPARE = 1.05
"""A course may end before its length, so that some more are played."""


SHARES = {"denied": 0.10, "indeterminate": 0.10, "at depth 3 or more": 0.25, "with effects": 0.10}
"""How many of the requests must be so at least, for the laws to be held against something."""


def hold(seeds: range, tally: "Counter[str] | None" = None) -> None:
    """Fails with the shortest course that breaks a law, found from one of the seeds."""
    for seed in seeds:
        try:
            play(course(seed), LAWS, owner_ratchet, tally)
        except Broken:
            small = reduced(course(seed), _breaks)
            play(small, LAWS, owner_ratchet)
            pytest.fail(f"course {seed} breaks a law, but not always")


def _breaks(small: Course) -> bool:
    try:
        play(small, LAWS, owner_ratchet)
    except Broken:
        return True
    return False


def test_all_laws_hold_along_random_courses_that_are_not_trivial(
    record_property: Callable[[str, object], None],
) -> None:
    """Laws over trivial states prove nothing: denied, indeterminate, deep and effective requests are common, and counted."""
    seen: Counter[str] = Counter()

    hold(range(COURSES), seen)
    _tell(seen, record_property)

    _are_not_trivial(seen)
    rare = ("moves", "faults", "inbound", "namespaces made", "namespaces ended", "namespaces changed", "events granted")
    assert min(seen[each] for each in rare) >= 5


def _tell(seen: "Counter[str]", record_property: Callable[[str, object], None]) -> None:
    total = seen["requests"]
    shares = ", ".join(f"{name} {seen[name] / total:.0%}" for name in SHARES)
    others = ", ".join(f"{name} {seen[name]}" for name in seen if name not in (*SHARES, "steps", "requests"))
    record_property("told", f"{total} requests of a random kernel in {seen['steps']} steps: {shares}; {others}")


def _are_not_trivial(seen: "Counter[str]", part: float = 1.0) -> None:
    for name, least in SHARES.items():
        assert seen[name] >= seen["requests"] * least * part, f"{name}: {seen[name]} of {seen['requests']} requests"


@pytest.mark.sweep
@pytest.mark.parametrize("part", range(PARTS))
def test_all_laws_hold_along_many_more_courses(part: int, record_property: Callable[[str, object], None]) -> None:
    seen: Counter[str] = Counter()
    courses = math.ceil(SWEEP * SPARE / (PARTS * LENGTH))
    first = elsewhere(COURSES) + part * courses

    hold(range(first, first + courses), seen)
    _tell(seen, record_property)

    assert seen["steps"] >= SWEEP / PARTS
    _are_not_trivial(seen, 0.75)  # one part of several
