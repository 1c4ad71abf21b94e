"""What an event sets: proposals, two values for one cell, limits, faults (Model M3.2, M3.4, M5.4)."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.state import State
from nslsm.protocol.opinion import Assignment
from nslsm.protocol.request import Request
from tests.laws.second_evaluator.asking import FAULT, Broke, Seat, assigned, seats
from tests.laws.second_evaluator.result import DENY, GRANT, Ruling, Setting

NO_ANSWER = object()
"""Two values for one cell, and no join to make them one."""


class Fault(NamedTuple):
    """An effect that could not be computed (ADR 0011)."""

    seat: Seat
    errno: Errno


class Occasion(NamedTuple):
    """Rules that run, ``on`` or ``on denied``, and whether they certainly do."""

    denied: bool
    certain: bool


class Proposed(NamedTuple):
    """A binding's wish for one of its cells."""

    seat: Seat
    assignment: Assignment


class Outcome(NamedTuple):
    """What is to be set, and who broke."""

    settings: tuple[Setting, ...]
    faults: tuple[Fault, ...]


def settled(heard: Iterable[tuple[Request, Ruling]], occasions: Sequence[Occasion], state: State) -> Outcome:
    """What the event sets on these occasions, all computed on the state before it; a wish that breaks is a fault (M2.8).

    Effects of those who complain are no different here: they follow the same verdict (M3.2).
    """
    wishes: list[Proposed] = []
    faults: list[Fault] = []
    for request, ruled in heard:
        for occasion in occasions:
            if not occasion.denied and ruled.verdict == DENY:
                continue
            certain = occasion.certain and (occasion.denied or ruled.verdict == GRANT)
            for seat in seats(request, state):
                if seat.inbound:
                    continue
                try:
                    found = assigned(seat, request, state, denied=occasion.denied)
                except Broke:
                    faults.append(Fault(seat, FAULT))
                    continue
                wishes += [Proposed(seat, each if certain else each._replace(value=UNKNOWN)) for each in found]
    return _united(wishes, faults)


def _united(wishes: list[Proposed], faults: list[Fault]) -> Outcome:
    by_cell: dict[tuple[object, ...], list[Proposed]] = {}
    for wish in wishes:
        key = (wish.seat.namespace.id, wish.seat.binding.name, wish.assignment.attribute, wish.assignment.thing)
        by_cell.setdefault(key, []).append(wish)
    settings: list[Setting] = []
    for several in by_cell.values():
        seat, first = several[0]
        value = joined([wish.assignment.value for wish in several], first.join, first.order)
        if value is NO_ANSWER:
            faults.append(Fault(seat, FAULT))
            value = UNKNOWN
        elif isinstance(value, frozenset) and len(value) > seat.namespace.limits.set_size:
            faults.append(Fault(seat, Errno.ENOSPC))
            value = UNKNOWN
        settings.append(Setting(seat.namespace.id, seat.binding.name, first.attribute, first.thing, value, first.rule))
    return Outcome(tuple(settings), tuple(faults))


def joined(values: list[Any], join: str | None, order: tuple[str, ...]) -> Any:
    """One value of several that one event sets, by the attribute's join (M3.2); unknown where any of them is (M3.4)."""
    if UNKNOWN in values:
        return UNKNOWN
    if all(value == values[0] for value in values):
        return values[0]
    match join:
        case "or":
            return True in values
        case "and":
            return False not in values
        case "first":
            return values[0]
        case "last":
            return values[-1]
        case "union":
            return frozenset().union(*values)
        case "min" | "max":
            choose = min if join == "min" else max
            return choose(values, key=order.index) if order else choose(values)
    return NO_ANSWER
