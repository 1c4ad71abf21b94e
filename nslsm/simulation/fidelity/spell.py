"""A prediction, spelled as a recording of hooks would have it, so that whoever scores recordings can score it."""

from collections.abc import Iterator
from typing import Final

from nslsm.hooks.types import Unknown
from nslsm.kernel.files import FileSystem
from nslsm.kernel.seen.fields import FIELDS, Means
from nslsm.protocol.things import File
from nslsm.simulation.fidelity.predict import Predicted, Prediction

_STAYS: Final = -1
"""What a number is that a hook of several changes leaves as it is: a recording has no field for it."""

FIRST_PID: Final = 1000
"""The number of the first task in what is written; the n-th that was made after it has n more."""

_OWN_ROOTS: Final = ("/proc", "/sys", "/dev")
"""Where file systems of their own are mounted, whether a trace shows that or not."""


def rows(prediction: Prediction) -> Iterator[dict[str, object]]:
    """The rows, in the order in which the hooks were raised."""
    for number, hook in enumerate(prediction.hooks):
        yield {
            "i": number,
            "pid": FIRST_PID + hook.task,
            "task": hook.task,
            "hook": hook.request.hook.name,
            "syscall": hook.call,
            "sc": hook.nth,
            "line": hook.line,
            **_told(hook, prediction),
        }


def _told(hook: Predicted, prediction: Prediction) -> dict[str, object]:
    request = hook.request
    told: dict[str, object] = {"ret": hook.returned}
    within = request.hook.name.startswith("inode_")
    for each in FIELDS.get(request.hook.name, ()):
        value = each.of(request)
        if value is None or isinstance(value, Unknown):
            continue
        spelled: object
        if each.means is Means.TASK:
            task = prediction.numbers.of.get(value) if isinstance(value, int) else None
            spelled = value if task is None else FIRST_PID + task
        elif each.means is Means.PATH and isinstance(value, str):
            spelled = _within(hook.files, value) if within and value.startswith("/") else str(value)
            if value == "" and each.name == "path":
                told["anon"] = True
                continue
        else:
            spelled = each.code.spell(value)
        if spelled is None or value in (_STAYS, ""):
            continue
        outer, _, inner = each.name.partition(".")
        if inner:
            known = told.setdefault(outer, {})
            if isinstance(known, dict):
                known[inner] = spelled
        else:
            told[outer] = spelled
    if "path" in told:
        file = request.object
        if isinstance(file, File) and isinstance(file.filesystem, str):
            told["fs"] = file.filesystem
        told["abs"] = not within
    return told


def _within(files: FileSystem, path: str) -> str:
    """A path from the root of the file system that it is in: hooks of inodes know no mount."""
    location = files.location(path)
    if not location.startswith("/"):
        return "/" + location.partition("/")[2]
    for top in _OWN_ROOTS:
        if location == top or location.startswith(f"{top}/"):
            return location[len(top) :] or "/"
    return str(location)
