"""Hook requests that a recording tells directly: a kernel was seen to raise them, whatever system call that was for.

Handlers of system calls know which hooks Linux raises; here nothing is to be known but what the hook is about. Tools that
trace the kernel's own functions tell of such requests, and the logs of other security modules do.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from nslsm.hooks.types import UNKNOWN, Address, Unknown
from nslsm.kernel.context import Context
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.operations.operation import Operation
from nslsm.kernel.requests import hook_called, hooks_in, request_of
from nslsm.kernel.state import State
from nslsm.kernel.tree import leader
from nslsm.protocol.things import File, Object, Socket, Task, Thing, Value

EXECUTION: Final = "bprm_check_security"
"""The hook by which processes are seen to execute a program; it is asked for a script before its interpreter."""


class FileAt(NamedTuple):
    """A file by its path from the root, as the recording knows it by then."""

    path: str


class TaskNumber(NamedTuple):
    """A process by its number; unknown where the recording has not told of it."""

    number: int


class SocketOf(NamedTuple):
    """A socket of the calling task's, which is at home where that is."""

    family: str | Unknown = UNKNOWN
    type: str | Unknown = UNKNOWN
    protocol: int | Unknown = UNKNOWN
    address: Address | Unknown = UNKNOWN
    port: int | Unknown = UNKNOWN


About: TypeAlias = Object | FileAt | TaskNumber | SocketOf | Unknown | None
"""What a request is about: a thing, or how to find it in the state."""


class ToldRequest(NamedTuple):
    """One request: its hook's name, what it is about, and the facts that are told; the others are unknown."""

    hook: str
    about: About = UNKNOWN
    facts: tuple[tuple[str, "Value | FileAt | TaskNumber | Unknown"], ...] = ()


@dataclass(frozen=True, slots=True)
class Told(Operation):
    """Requests, in the order in which a kernel raised them."""

    requests: tuple[ToldRequest, ...]


def tell(context: Context, operation: Told) -> Steps:
    """The requests that were told, as far as the kernel ``context.profile`` has their hooks. The state stays as it is, but
    where a program is executed, ``enter on`` declarations may move its process (Model M5.5).

    An object of another kind than the hook's, and a fact that the hook lacks, are left out: nobody knows them.
    """
    present = hooks_in(context.profile)
    entering = None
    for told in operation.requests:
        if told.hook not in present:
            continue
        hook = hook_called(told.hook)
        known = {fact.name for fact in hook.facts}
        facts = {name: _meant(context.state, value) for name, value in told.facts if name in known}
        thing = None if hook.object is None else _object(context, told.about, hook.object.name)
        request = request_of(told.hook, context.task, thing, consequence=hook.consequence, **facts)
        if told.hook == EXECUTION and entering is None:
            entering = request
        yield request
    recorded = context.recorded
    if recorded is not None and recorded.errno is not None:
        return Outcome(context.state, errno=recorded.errno, reason="as recorded")
    return context.done()._replace(entering=entering)


def _object(context: Context, about: About, kind: str) -> Object | Unknown:
    """What is meant, where it is of that kind; else an unknown thing."""
    if isinstance(about, SocketOf):
        home = context.task.home
        about = Socket(
            UNKNOWN, home, about.family, about.type, about.protocol, about.address, about.port, UNKNOWN, UNKNOWN
        )
    found = None if about is None else _meant(context.state, about)
    match found:
        case File():
            return found if kind == "file" else UNKNOWN
        case Task():
            return found if kind == "task" else UNKNOWN
        case Socket():
            return found if kind == "socket" else UNKNOWN
        case Thing():
            return found if kind == found.kind else UNKNOWN
    return UNKNOWN


def _meant(state: State, value: Value | FileAt | TaskNumber | Unknown) -> Value | Unknown:
    match value:
        case FileAt(path):
            return state.files.file_at(path)
        case TaskNumber(number):
            return leader(state, number) or UNKNOWN
    return value
