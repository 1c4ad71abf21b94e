"""``selinux-ns``: SELinux namespaces, as the series for the kernel has them (2025; ``cred_task_has_perm`` and its like).

Each namespace has one policy and one mode. A check starts in the current namespace and goes up to the initial one; the
first that denies ends it with EACCES. A permissive namespace logs and lets the check go on: what it would have denied, its
parent may still deny. Only the subject's side is asked.
"""

from collections.abc import Iterator
from typing import Final

from nslsm.engine.compositions.composition import (
    Capacity,
    Composition,
    Seat,
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

DEPTH: Final = 32
"""``CONFIG_SECURITY_SELINUX_MAXNSDEPTH``: the default, and the most that can be set."""
NAMESPACES: Final = 65_535
"""``CONFIG_SECURITY_SELINUX_MAXNS``: likewise; the initial namespace does not count."""


def _policies(request: Request, state: State) -> Iterator[Opinion]:
    """A namespace's bindings are its one policy: all of them answer before the walk can end."""
    for namespace in state.namespaces.lineage(request.subject.home):
        seats = (Seat(namespace, binding) for binding in namespace.bindings)
        heard = list(hear_all(seats, request, state))
        yield from heard
        if first(heard) is not None:
            return


SELINUX_NS: Final = Composition(
    name="selinux-ns",
    about="nearest first; the first namespace that denies ends it, always with EACCES; the object's side has no say",
    judge=judging(_policies, decides=first, errno=always(Errno.EACCES)),
    observations=observing(those_asked(lineage)),
    capacity=Capacity(levels=DEPTH, namespaces=NAMESPACES, errno=Errno.ENOSPC),
)
