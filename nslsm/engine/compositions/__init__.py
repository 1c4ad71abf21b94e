"""How namespaces decide together: the model's conjunction, and what systems that exist do instead."""

from difflib import get_close_matches
from typing import Final

from nslsm.engine.compositions.apparmor_stack import APPARMOR_STACK
from nslsm.engine.compositions.composition import Capacity, Composition
from nslsm.engine.compositions.conjunction import CONJUNCTION
from nslsm.engine.compositions.ima import IMA
from nslsm.engine.compositions.landlock import LANDLOCK
from nslsm.engine.compositions.lsm_core import LSM_CORE
from nslsm.engine.compositions.selinux_ns import SELINUX_NS

COMPOSITIONS: Final[tuple[Composition, ...]] = (CONJUNCTION, LSM_CORE, SELINUX_NS, APPARMOR_STACK, LANDLOCK, IMA)
"""All of them, the model's first; what is compared is compared with it."""

NAMES: Final = tuple(composition.name for composition in COMPOSITIONS)


def by_name(name: str) -> Composition:
    """The composition of that name; LookupError, with the nearest name, where there is none.

    >>> by_name("landlock").capacity.levels
    16
    """
    for composition in COMPOSITIONS:
        if composition.name == name:
            return composition
    near = get_close_matches(name, NAMES, n=1)
    raise LookupError(
        f"no composition is called {name!r}; " + (f"did you mean {near[0]!r}?" if near else ", ".join(NAMES))
    )


__all__ = ["COMPOSITIONS", "CONJUNCTION", "NAMES", "Capacity", "Composition", "by_name"]
