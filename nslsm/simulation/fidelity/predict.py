"""Which hooks our kernel raises for a recording of system calls: by the machinery that judges recordings, under no policy."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from nslsm.diagnostics import Diagnostic
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import Unknown
from nslsm.hooks.vocabulary import PRCTL_OPTION
from nslsm.kernel.call import SystemCall, TraceEvent
from nslsm.kernel.event import Recorded
from nslsm.kernel.files import FileSystem
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.operations import Operation
from nslsm.kernel.spelling import child_of
from nslsm.protocol.request import Request
from nslsm.simulation.replay import Bench

_MAKES_TASKS: Final = frozenset({"clone", "clone3", "fork", "vfork"})
_REFUSED: Final = (Errno.EACCES, Errno.EPERM)
_CHECKED_LATER: Final = frozenset(
    {
        "mmap_file",
        "mmap_addr",
        "file_mprotect",
        "file_ioctl",
        "file_fcntl",
        "file_permission",
        "socket_connect",
        "socket_bind",
        "socket_listen",
        "socket_sendmsg",
        "socket_recvmsg",
        "socket_setsockopt",
        "socket_getsockopt",
        "bpf",
        "inode_getxattr",
        "inode_setxattr",
    }
)
"""Hooks after which the file's, the socket's or the memory's own code may still refuse: a failure does not show theirs."""

_NOT_OURS: Final = -Errno.ENOSYS
"""What ``task_prctl`` answers for an option that no module has anything to do with, ``lsm_hook_defs.h``."""

CAPABILITY_OPTIONS: Final = frozenset(
    {
        "capbset_read",
        "capbset_drop",
        "set_securebits",
        "get_securebits",
        "get_keepcaps",
        "set_keepcaps",
        "cap_ambient",
    }
) & frozenset(PRCTL_OPTION.members)
"""Options of prctl(2) that the hook itself does, ``cap_task_prctl``: what the call returns is what the hook returned."""

Decode: TypeAlias = Callable[[SystemCall], Occurrence | Diagnostic]


class Predicted(NamedTuple):
    """A hook that our kernel raised: by which task, in which of its calls."""

    task: int
    """The first is 0, the others follow in the order in which they were made."""
    pid: int
    """Its number in the trace."""
    call: str
    nth: int
    line: int
    operation: type[Operation]
    """What the call was decoded to."""
    request: Request
    returned: int | None
    """What the hook returned in truth, as far as the call's own end tells; None for hooks that return nothing."""
    files: FileSystem
    """The files as they were before the call."""


class Place(NamedTuple):
    """A system call in the trace."""

    call: str
    line: int


@dataclass(slots=True)
class Numbers:
    """Tasks by the order in which they were made: the first is 0."""

    of: dict[int, int] = field(default_factory=dict)

    def number(self, pid: int) -> int:
        """The number of the task that the trace calls ``pid``."""
        return self.of.setdefault(pid, len(self.of))


@dataclass(slots=True)
class Prediction:
    """All hooks that were raised, in order, and where in the trace each call is."""

    numbers: Numbers = field(default_factory=Numbers)
    hooks: list[Predicted] = field(default_factory=list)
    calls: dict[tuple[int, int], Place] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)


def predict(events: Iterable[TraceEvent | Occurrence | Diagnostic], decode: Decode, bench: Bench) -> Prediction:
    """Replay a trace's ``events`` in our kernel. ``bench`` should have no policy, and want every hook."""
    found = Prediction()
    counts: dict[int, int] = {}
    for event in events:
        if isinstance(event, Diagnostic):
            found.findings.append(event)
            continue
        if not isinstance(event, SystemCall):
            if not isinstance(event, Occurrence):
                bench.hear(event)
            continue
        task = found.numbers.number(event.task)
        if event.name in _MAKES_TASKS and event.result and not event.failed:
            made = child_of(event)
            if isinstance(made, int):
                found.numbers.number(made)
        nth = counts.get(task, 0)
        counts[task] = nth + 1
        found.calls[task, nth] = Place(event.name, event.line)
        item = decode(event)
        if isinstance(item, Diagnostic):
            found.findings.append(item)
            continue
        judged = bench.hear(item)
        if judged is None or item.operation is None:
            continue
        operation = type(item.operation)
        requests = [judgement.request for judgement in judged.decision.judgements if not judgement.request.hook.own]
        files = judged.before.files
        for request, returned in zip(requests, answers(requests, item.recorded), strict=True):
            found.hooks.append(
                Predicted(task, event.task, event.name, nth, event.line, operation, request, returned, files)
            )
    return found


def answers(requests: list[Request], recorded: Recorded) -> list[int | None]:
    """What each hook of a call returned in truth, going by how the call ended.

    A call that failed with EACCES or EPERM failed at the last hook that it reached and that decides; where those were
    ``capable``, at several of them. The others granted, that is, returned their default.
    """
    found: list[int | None] = [_granted(request, recorded) for request in requests]
    if recorded.errno not in _REFUSED:
        return found
    for place in reversed(range(len(requests))):
        request = requests[place]
        if _lets_go(request):
            continue
        if request.hook.name == "capable":
            found[place] = -Errno.EPERM
            continue
        asked = any(answer == -Errno.EPERM for answer in found[place:])
        if not asked and request.hook.name not in _CHECKED_LATER and request.hook.name != "task_prctl":
            found[place] = -recorded.errno
        break
    return found


def _lets_go(request: Request) -> bool:
    """Whether a hook returns nothing, so that no call fails at it."""
    return request.hook.returns == "void"


def _granted(request: Request, recorded: Recorded) -> int | None:
    if _lets_go(request):
        return None
    hook = request.hook
    if hook.name == "task_prctl":
        option = request.argument("option")
        if option not in CAPABILITY_OPTIONS:
            return _NOT_OURS
        if recorded.errno is not None:
            return -recorded.errno
        return 0 if recorded.result is None else recorded.result
    if hook.name == "capable":
        held, wanted = request.subject.credentials.effective, request.argument("cap")
        if not isinstance(held, Unknown) and wanted not in held:
            return -Errno.EPERM
    return 0
