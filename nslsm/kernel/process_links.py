"""Links under ``/proc`` that lead to what a process holds: its program, its directories, its open files; proc_pid(5).

They lead to the thing itself, from outside of any chroot, and not to where a path of that name would lead. Those of the
calling process are known here; into another's the kernel looks only after asking ``ptrace_access_check``, which is not done.
"""

import re
from typing import Final

from nslsm.hooks.types import Unknown
from nslsm.kernel.state import State

_LINK: Final = re.compile(r"/proc/(\d+)/(?:exe|cwd|root|fd/(\d+))")
_DIRECTORY: Final = re.compile(r"/proc/(\d+)(?:/fd)?")


def led_to(state: State, pid: int, location: str) -> str | Unknown | None:
    """What a link of task ``pid``'s own process leads to, as a path from the global root; None for what is no such link."""
    if not location.startswith("/proc/"):
        return None
    found = _LINK.fullmatch(location)
    task = state.tasks.get(pid)
    if found is None or task is None or int(found[1]) != task.tgid:
        return None
    thread = state.threads[pid]
    if found[2] is not None:
        slot = state.tables[thread.table].slots.get(int(found[2]))
        target = None if slot is None else state.descriptions[slot.description].target
        return state.files.path_of(target) if isinstance(target, int) else None
    kind = location.rpartition("/")[2]
    if kind == "exe":
        return task.exe
    place = state.places[thread.place]
    return state.files.path_of(place.directory if kind == "cwd" else place.root)


def is_there(state: State, pid: int, path: str) -> bool:
    """Whether a path is a directory of task ``pid``'s own process in a ``/proc`` that is there."""
    found = _DIRECTORY.fullmatch(path) if path.startswith("/proc/") else None
    task = state.tasks.get(pid)
    return bool(found and task and int(found[1]) == task.tgid and state.files.exists("/proc"))
