"""``ima``: IMA namespaces, as the series for the kernel has them (2022; ``process_measurement`` over the user namespaces).

Every namespace from the task's up to the initial one measures, appraises and audits by its own policy, whatever the others
say; an EACCES on the way is remembered and returned at the end. There is no other errno, and no peer.
"""

from collections.abc import Iterator
from typing import Final

from nslsm.engine.compositions.composition import (
    Capacity,
    Composition,
    always,
    first,
    hear_all,
    judging,
    lineage,
    observing,
    those_asked,
)
from nslsm.engine.decision import Opinion
from nslsm.hooks.linux import Errno
from nslsm.kernel.state import State
from nslsm.protocol.request import Request

LEVELS: Final = 32
"""IMA namespaces come with user namespaces, which nest 32 deep: user_namespaces(7)."""


def _levels(request: Request, state: State) -> Iterator[Opinion]:
    return hear_all(lineage(request, state), request, state)


IMA: Final = Composition(
    name="ima",
    about="all levels always run, nearest first; a denial is remembered and returned at the end as EACCES",
    judge=judging(_levels, decides=first, errno=always(Errno.EACCES)),
    observations=observing(those_asked(lineage)),
    capacity=Capacity(levels=LEVELS, errno=Errno.ENOSPC),
)
