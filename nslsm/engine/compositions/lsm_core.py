"""``lsm-core``: the hook lists of the LSM framework, filled at boot (``call_int_hook`` of security/security.c).

Modules are called in the order of ``lsm=``; the first that does not return the hook's default ends the call, and its value
is what the kernel gets. Modules behind it never see the event, and those before it never hear what came of it.
"""

from collections.abc import Iterator
from typing import Final

from nslsm.engine.compositions.composition import (
    Capacity,
    Composition,
    Seat,
    first,
    hear_all,
    judging,
    lineage,
    object_side,
    observing,
    those_asked,
)
from nslsm.engine.decision import Opinion
from nslsm.kernel.state import State
from nslsm.protocol.request import Request

MODULES: Final = 14
"""What ``include/linux/lsm_count.h`` counts: all that a kernel can have built in."""


def modules(request: Request, state: State) -> Iterator[Seat]:
    """The root's bindings first, as what a machine starts with; then outside in; then the object's side, outside in."""
    levels = list(state.namespaces.lineage(request.subject.home))
    order = {namespace.id: place for place, namespace in enumerate(reversed(levels))}
    yield from sorted(lineage(request, state), key=lambda seat: order[seat.namespace.id])
    yield from sorted(object_side(request, state), key=lambda seat: seat.namespace.depth)


def _called(request: Request, state: State) -> Iterator[Opinion]:
    for opinion in hear_all(modules(request, state), request, state):
        yield opinion
        if opinion.denies:
            return


LSM_CORE: Final = Composition(
    name="lsm-core",
    about="outermost first; the first denial ends it, and nobody behind it ever sees the event",
    judge=judging(_called, decides=first),
    observations=observing(those_asked(modules)),
    capacity=Capacity(controls=MODULES),
)
