"""Tetragon's processes: who they are, where an orchestrator placed them, what they executed."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from nslsm.hooks.linux import Capability
from nslsm.importers.traces.shape import Json, ShapeError, item, number, text, texts
from nslsm.kernel.call import ABSENT, Array, Described, SystemCall, Text, Value

MAX_PID: Final = 1 << 22
"""Above all that Linux gives, ``PID_MAX_LIMIT``."""

_IDS: Final = ("uid", "gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid")
_WORD: Final = re.compile(r'"([^"]*)"(?= |$)|(\S+)')


class Process(NamedTuple):
    """A process as an event describes it: one program that one process runs."""

    exec_id: str
    """Names process and program: another one after each execve."""
    pid: int
    binary: str | None
    cwd: str | None
    arguments: str
    flags: frozenset[str]
    ids: tuple[tuple[str, int], ...]
    capabilities: tuple[tuple[str, frozenset[Capability]], ...]
    whereabouts: tuple[str, ...]
    """Namespace, pod, container; empty outside of all pods."""


def process(found: Json) -> Process:
    """A ``process`` or ``parent`` member."""
    pid = number(found, "pid")
    if pid is None or not 0 <= pid < MAX_PID:
        raise ShapeError("`pid` is no process's number")
    cwd = text(found, "cwd")
    flags = frozenset((text(found, "flags") or "").split())
    if cwd is not None and len(cwd) > 1:
        cwd = cwd.rstrip("/") or "/"
    if "rootcwd" in flags:
        cwd = "/"
    known = cwd is not None and cwd.startswith("/") and not flags & {"nocwd", "errorCWD"}
    return Process(
        text(found, "exec_id") or "",
        pid,
        text(found, "binary") or None,
        cwd if known else None,
        text(found, "arguments") or "",
        flags,
        _ids(found),
        _capabilities(found),
        _whereabouts(found),
    )


def described(of: Process, task: int, parent: int | None, line: int, time: float | None, *, whole: bool) -> Described:
    """What is told of a task: where it is, and, with ``whole``, all that it is now."""
    return Described(
        task=task,
        line=line,
        time=time,
        parent=parent,
        directory=of.cwd,
        whereabouts=of.whereabouts,
        exe=of.binary if whole else None,
        comm=_comm(of.binary) if whole else None,
        ids=of.ids if whole else (),
        capabilities=of.capabilities if whole else (),
    )


def executed(of: Process, task: int, line: int, time: float | None) -> SystemCall:
    """The execve(2) that made a process what it is."""
    path: Value = ABSENT
    if of.binary is not None and "truncFilename" not in of.flags:
        path = Text(of.binary)
    return SystemCall(task, "execve", (path, _vector(of), ABSENT), 0, line, time, end_line=line)


def _vector(of: Process) -> Value:
    """The argument vector: the first is not told; those with blanks are in quotes, as far as that can be taken apart."""
    if "errorArgs" in of.flags:
        return ABSENT
    words = [Text(match[1] if match[1] is not None else match[2]) for match in _WORD.finditer(of.arguments)]
    if "truncArgs" in of.flags and words:
        words[-1] = words[-1]._replace(cut=True)
    return Array((ABSENT, *words))


def _comm(binary: str | None) -> str | None:
    if binary is None:
        return None
    return binary.rpartition("/")[2].encode("utf-8", "surrogatepass")[:15].decode("utf-8", "replace")


def _ids(found: Json) -> tuple[tuple[str, int], ...]:
    """User and group ids: the real user's always, the others where credentials are exported."""
    told = item(found, "process_credentials") or {}
    known = {name: number(told, name) for name in _IDS}
    if known["uid"] is None:
        known["uid"] = number(found, "uid")
    return tuple((name, value) for name, value in known.items() if value is not None and 0 <= value < 0xFFFF_FFFF)


def _capabilities(found: Json) -> tuple[tuple[str, frozenset[Capability]], ...]:
    told = item(found, "cap")
    if told is None:
        return ()
    sets = ((name, _set(texts(told, name))) for name in ("effective", "permitted", "inheritable"))
    return tuple((name, held) for name, held in sets if held is not None)


def _set(names: Sequence[str]) -> frozenset[Capability] | None:
    """Capabilities by name, with or without ``CAP_``; None where one is not known."""
    held = set()
    for name in names:
        capability = Capability.__members__.get(name if name.startswith("CAP_") else f"CAP_{name}")
        if capability is None:
            return None
        held.add(capability)
    return frozenset(held)


def _whereabouts(found: Json) -> tuple[str, ...]:
    pod = item(found, "pod")
    if pod is None:
        return ()
    container = item(pod, "container") or {}
    return (text(pod, "namespace") or "", text(pod, "name") or "", text(container, "name") or "")
