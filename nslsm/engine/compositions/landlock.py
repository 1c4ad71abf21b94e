"""``landlock``: domains of stacked rulesets (``landlock_restrict_self``; Documentation/userspace-api/landlock.rst).

Each namespace is a layer, and every layer must grant. A layer cannot return an errno of its choosing, cannot be permissive,
and is about what its own tasks do: nothing protects an object from outside. Denials alone are logged, each for the youngest
layer that denied.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from nslsm.engine.compositions.composition import (
    Capacity,
    Composition,
    Seat,
    enforced,
    first,
    hear_all,
    judging,
    lineage,
    observing,
)
from nslsm.engine.decision import Judgement, Opinion
from nslsm.hooks.linux import Errno
from nslsm.kernel.state import State
from nslsm.protocol.request import Request

LAYERS: Final = 16
"""``LANDLOCK_MAX_NUM_LAYERS`` of security/landlock/limits.h."""


def _layers(request: Request, state: State) -> Iterator[Opinion]:
    """All layers, the youngest first; whatever is bound in one counts, for there is no layer that only complains."""
    for opinion in hear_all(lineage(request, state), request, state):
        yield enforced(opinion)


def _hooks_own(judgement: Judgement) -> Errno:
    """EACCES for files and connections, EPERM for signals and tracing, EXDEV for a change of directory."""
    return judgement.request.hook.default_errno


def _denying_layer(judgement: Judgement, state: State) -> Iterable[Seat]:
    del state
    if judgement.deciding is None:
        return ()
    layer = judgement.deciding.namespace
    return (Seat(each.namespace, each.binding) for each in judgement.opinions if each.namespace.id == layer.id)


LANDLOCK: Final = Composition(
    name="landlock",
    about="every layer must grant, nothing complains; only the youngest layer that denies gets to see anything",
    judge=judging(_layers, decides=first, errno=_hooks_own),
    observations=observing(_denying_layer),
    capacity=Capacity(levels=LAYERS, errno=Errno.E2BIG),
)
