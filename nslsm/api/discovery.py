"""Controls in Python that pip installed: packages that say so through the entry point group ``nslsm.controls``.

Loading one imports its package, so that is only done where its name is asked for (Model, Trust).
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Final

from nslsm.controls.module import Module
from nslsm.controls.python import Control

GROUP: Final = "nslsm.controls"


def installed_controls() -> dict[str, EntryPoint]:
    """The installed controls by the name of their entry point; nothing is imported. Of two of one name neither is there."""
    found: dict[str, EntryPoint] = {}
    twice: set[str] = set()
    for entry in entry_points(group=GROUP):
        if entry.name in found and found[entry.name].value != entry.value:
            twice.add(entry.name)
        found[entry.name] = entry
    return {name: entry for name, entry in sorted(found.items()) if name not in twice}


def load_control(name: str) -> type[Control] | type[Module]:
    """The class of an installed control, to be made and bound, nslsm's own among them.

    LookupError where there is none, TypeError where it is none.
    """
    entry = installed_controls().get(name)
    if entry is None:
        known = ", ".join(installed_controls()) or "none"
        raise LookupError(f"no installed control is called {name!r}; there are {known}")
    found: object = entry.load()
    if not (isinstance(found, type) and issubclass(found, Control | Module)):
        raise TypeError(f"{entry.value}, which {name!r} names, is no nslsm.Control")
    return found
