"""An audited event with a SYSCALL record: the call that it is, and who the task is that made it."""

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from nslsm.hooks.linux import Capability, Signal
from nslsm.importers.traces.auditd.arguments import DIRECTORIES, arguments, names
from nslsm.importers.traces.auditd.numbers import AARCH64, MACHINES
from nslsm.importers.traces.auditd.records import ENRICHMENT, Record
from nslsm.importers.traces.returned import Returned, returned
from nslsm.kernel.call import AT_FDCWD, Described, Exited, Killed, Remark, SeenFile, SystemCall, TraceEvent, Value

Parts = Mapping[str, list[Record]]

_IDS: Final = ("uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid")
_CHANGES_WHO: Final = frozenset(
    ["execve", "execveat", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid"]
)
"""Calls after which a task is another: audit records who it is when a call ends."""

_NO_ID: Final = 0xFFFF_FFFF
_CARRIED: Final = (("permitted", "pp"), ("inheritable", "pi"), ("effective", "pe"), ("ambient", "pa"))


def name_of(call: Record) -> str | None:
    """The name of the system call: as auditd has added it, or by its number; None where neither tells.

    >>> from nslsm.importers.traces.auditd.records import record
    >>> name_of(record("type=SYSCALL msg=audit(1.000:2): arch=c000003e syscall=257 success=yes exit=3", 1))
    'openat'
    """
    added = call.fields.get("SYSCALL", "")
    if added and not added.startswith("unknown"):
        return added
    number = call.number("syscall")
    table = MACHINES.get(call.fields.get("arch", ""))
    return None if table is None or number is None else table.get(number)


def call_events(call: Record, task: int, name: str, parts: Parts) -> list[TraceEvent]:
    """The call with what is known of its task: before it, and after it where it makes another of it."""
    time = call.time / 1000 if call.time else None
    result, errno, error = _result(call)
    arm = MACHINES.get(call.fields.get("arch", "")) is AARCH64
    if name == "exit":
        return [_described(call, task, time, parts), Remark(task, "a thread of it ended", call.line, time)]
    shown = arguments(name, call, parts, arm=arm)
    made = SystemCall(task, name, shown, result, call.line, time, errno, error, end_line=call.line)
    others = _targets(parts, time)
    files = _files(_directory(parts), parts, relative=_from_cwd(name, shown))
    if name not in _CHANGES_WHO or error:
        return [*others, replace(_described(call, task, time, parts), files=files), made]
    before = replace(_before(call, task, time, parts), files=files)
    return [*others, before, made, _after(call, task, time, parts)]


def end_event(record: Record) -> TraceEvent | None:
    """The end of a process that dumped core, ANOM_ABEND; None where the record does not say whose."""
    task, sent = record.number("pid"), record.number("sig")
    time = record.time / 1000 if record.time else None
    if task is None or task <= 0:
        return None
    if sent is None or not 0 < sent <= max(Signal):
        return Exited(task, 0, record.line, time)
    return Killed(task, Signal(sent), Signal(sent).name, core=True, line=record.line, time=time)


def _result(call: Record) -> Returned:
    """What the call returned, or the errno that it failed with."""
    number = call.number("exit")
    if call.fields.get("success") != "no" or number is None:
        return Returned(number)
    return returned(number) if number < 0 else Returned(-1, None, f"errno {number}")


def _described(call: Record, task: int, time: float | None, parts: Parts) -> Described:
    """Who the task is."""
    return Described(
        task=task,
        line=call.line,
        time=time,
        parent=call.number("ppid"),
        exe=call.string("exe"),
        comm=call.string("comm"),
        directory=_directory(parts),
        ids=_ids(call),
    )


def _before(call: Record, task: int, time: float | None, parts: Parts) -> Described:
    """As much as is known of the task before a call that changes who it is."""
    return Described(
        task=task,
        line=call.line,
        time=time,
        parent=call.number("ppid"),
        directory=_directory(parts),
        capabilities=_capabilities(parts, "old_"),
    )


def _after(call: Record, task: int, time: float | None, parts: Parts) -> Described:
    return Described(
        task=task,
        line=call.line,
        time=time,
        exe=call.string("exe"),
        comm=call.string("comm"),
        ids=_ids(call),
        capabilities=_capabilities(parts, ""),
    )


def _ids(call: Record) -> tuple[tuple[str, int], ...]:
    found = ((name, call.number(name)) for name in _IDS)
    return tuple((name, number) for name, number in found if number is not None and 0 <= number < _NO_ID)


def _capabilities(parts: Parts, prefix: str) -> tuple[tuple[str, frozenset[Capability]], ...]:
    """What BPRM_FCAPS tells: the sets before execve(2) and after it."""
    found = []
    for record in parts.get("BPRM_FCAPS", ()):
        for name, field in _CARRIED:
            mask = record.number(prefix + field, 16)
            if mask is not None:
                found.append((name, frozenset(each for each in Capability if mask >> each & 1)))
        break
    return tuple(found)


def _directory(parts: Parts) -> str | None:
    for record in parts.get("CWD", ()):
        found = record.string("cwd")
        if found is not None and found.startswith("/"):
            return found
    return None


def _from_cwd(name: str, values: tuple[Value, ...]) -> bool:
    """Whether relative paths of the call are from the current directory; of those from another one, nobody knows which."""
    if name not in DIRECTORIES:
        return True
    return all(values[place] == AT_FDCWD for place in DIRECTORIES[name])


def _files(directory: str | None, parts: Parts, *, relative: bool) -> tuple[SeenFile, ...]:
    """What PATH records tell of files that were there before the call."""
    found = []
    for record, name in names(parts):
        mode, inode = record.number("mode", 8), record.number("inode")
        if record.fields.get("nametype") != "NORMAL" or mode is None or ".." in name.split("/"):
            continue
        if name.startswith("/") or (relative and directory is not None):
            path = "/" + posixpath.normpath(posixpath.join(directory or "/", name)).lstrip("/")
            found.append(SeenFile(path, mode, record.number("ouid"), record.number("ogid"), inode))
    return tuple(found)


def _targets(parts: Parts, time: float | None) -> list[TraceEvent]:
    """Processes that the call was about: OBJ_PID."""
    found: list[TraceEvent] = []
    for record in parts.get("OBJ_PID", ()):
        task, uid = record.number("opid"), record.number("ouid")
        if task is not None and task > 0:
            ids = (("uid", uid),) if uid is not None and 0 <= uid < _NO_ID else ()
            comm = record.string("ocomm")
            found.append(Described(task=task, line=record.line, time=time, comm=comm, ids=ids))
    return found


def shown(record: Record) -> str:
    """A record as a remark shows it: its kind and text, without what auditd has added."""
    return f"{record.kind} {record.text.partition(ENRICHMENT)[0]}"
