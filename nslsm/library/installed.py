"""Policies that were installed with pip: packages that say so through the entry point group ``nslsm.policies``.

The entry point ``acme = "acme_policies"`` says that the modules ``acme`` and ``acme.…``, and no others, are in the folder of
the Python package ``acme_policies``: ``acme_policies/acme/web.nslsm`` is the module ``acme.web``. Nothing of the package is
imported: its folder is found by the files that pip lists, or where Python would look for it (Model, Trust).
"""

import re
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

GROUP: Final = "nslsm.policies"
"""The group of entry points."""

_PACKAGE: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@cache
def installed_roots() -> dict[str, Path]:
    """The folders of installed policies by the first name of the modules in them.

    Of two packages that claim one name, neither has it: which one was meant cannot be told.
    """
    found: dict[str, Path] = {}
    claimed: set[str] = set()
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        root = _root(entry)
        if root is None:
            continue
        if entry.name in claimed and found.get(entry.name) != root:
            found.pop(entry.name, None)
            continue
        claimed.add(entry.name)
        found[entry.name] = root
    return found


def _root(entry: EntryPoint) -> Path | None:
    """The folder of the package that an entry point names, if there is one."""
    if not _PACKAGE.fullmatch(entry.value):
        return None
    parts = entry.value.split(".")
    if entry.dist is not None:
        listed = Path(str(entry.dist.locate_file("/".join(parts))))
        if listed.is_dir():
            return listed
    places: list[str] | None = None
    for part in parts:
        spec = PathFinder.find_spec(part, places)
        places = None if spec is None or spec.submodule_search_locations is None else [*spec.submodule_search_locations]
        if not places:
            return None
    return Path(places[0]) if places else None
