"""``apparmor-stack``: the profiles of a stack, across policy namespaces (``fn_for_each`` of security/apparmor/include/label.h).

Every profile of the task's label is asked, sorted by the level of its namespace and then by name, and then every profile of
the peer's. All of them audit; the last error is returned. A profile in complain mode lets pass what no rule of it allows,
and still denies what a ``deny`` rule of it names.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from nslsm.controls.policy import PolicyControl
from nslsm.engine.compositions.composition import (
    Composition,
    Seat,
    enforced,
    hear,
    judging,
    last,
    lineage,
    object_side,
    observing,
    those_asked,
)
from nslsm.engine.decision import Opinion
from nslsm.kernel.state import State
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request


def profiles(request: Request, state: State) -> Iterator[Seat]:
    """Each binding is a profile: by the level of its namespace, the root's first, then by name; then the object's."""
    yield from sorted(lineage(request, state), key=_place)
    yield from sorted(object_side(request, state), key=_place)


def _place(seat: Seat) -> tuple[int, str]:
    return seat.namespace.depth, seat.binding.name


def _heard(request: Request, state: State) -> Iterator[Opinion]:
    for seat in profiles(request, state):
        opinion = hear(seat, request, state)
        if opinion is None:
            continue
        explicit = None if opinion.enforced else _explicit(seat, opinion, request, state)
        yield opinion if explicit is None else enforced(explicit)


def _explicit(seat: Seat, opinion: Opinion, request: Request, state: State) -> Opinion | None:
    """What ``deny`` rules have to do with a complaining binding's answer: such a denial, or doubt, counts all the same.

    A control in Python knows no closed world, so that whatever it denies is named; one that breaks has named nothing.
    """
    said: Opinion | None = opinion
    if isinstance(seat.binding.control, PolicyControl):
        said = hear(seat._replace(binding=_without_regions(seat.binding)), request, state)
    if said is None or said.answer.fault or said.answer.stance not in (Stance.DENY, Stance.UNKNOWN):
        return None
    return opinion._replace(answer=said.answer)


def _without_regions(binding: Binding) -> Binding:
    assert isinstance(binding.control, PolicyControl)
    return replace(binding, control=_only_denying(binding.control))


@lru_cache(maxsize=4096)
def _only_denying(control: PolicyControl) -> PolicyControl:
    denies = tuple(rule for rule in control.program.rules if isinstance(rule, ir.Deny))
    return PolicyControl(replace(control.program, rules=denies))


APPARMOR_STACK: Final = Composition(
    name="apparmor-stack",
    about="all are asked, outermost first, and all see it; the last error is returned; `deny` rules ignore complain",
    judge=judging(_heard, decides=last),
    observations=observing(those_asked(profiles)),
)
