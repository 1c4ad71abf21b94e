"""What the random machine binds: controls of the language and in Python, whole ones and broken ones, by number.

A number stands for the same binding wherever it is drawn, so that one control is bound in several places, twice in one, in
both modes, and by makers above and below.
"""

from dataclasses import replace
from functools import cache
from random import Random
from typing import Any, Final

from nslsm.controls.python import Control, PythonControl
from nslsm.protocol.namespace import Binding, Entry, Mode
from nslsm.protocol.opinion import Answer, Stance
from nslsm.protocol.request import Request
from tests.laws.occurrences import binding, entry

NUMBERS: Final = 240
"""How many different bindings there are."""

ORDINARY: Final = ("file_open",) * 4 + ("bprm_check_security",) * 2 + ("task_kill",) * 2
SELDOM: Final = (
    *("path_rename", "socket_connect", "capable", "file_receive", "ptrace_access_check", "task_fix_setuid"),
    *("ipc_permission", "user_access", "inode_setxattr", "namespace_enter", "bprm_committed_creds"),
)
OWN: Final = ("namespace_create", "namespace_bind", "namespace_seal", "namespace_lock", "namespace_enter", "task_alloc")
HOOKS: Final = frozenset((*ORDINARY, *SELDOM, *OWN))
"""What controls are about."""


class Quota(Control):
    """Denies what is more than three, and counts what was denied."""

    handles = frozenset({"file_open", "task_kill", "namespace_create"})
    initial = 0

    def judge(self, request: Request, state: Any) -> object:
        return False if state >= 3 and request.hook.name != "file_open" else None

    def commit(self, request: Request, state: Any) -> Any:
        return min(state + len(request.hook.name) % 3, 9)

    def on_denied(self, request: Request, state: Any) -> Any:
        return max(state - 1, 0) if request.hook.name != "file_open" else state

    def join(self, one: Any, other: Any) -> Any:
        return max(one, other)

    def observe(self, request: Request, state: Any) -> str:
        return f"{request.hook.name} at {state}"


class Keeper(Control):
    """Lets nobody outside reach its own."""

    handles = frozenset({"task_kill", "ptrace_access_check", "ipc_permission"})

    def judge_inbound(self, request: Request, state: Any) -> object:
        del request, state
        return False


class Undecided(Control):
    """Keeps two states of one event, and cannot say which."""

    handles = frozenset({"path_rename", "task_kill", "capable"})
    initial = ""

    def commit(self, request: Request, state: Any) -> Any:
        del state
        return request.hook.name


class Careless(Control):
    """Returns a state that could be changed in place."""

    handles = frozenset({"socket_connect", "path_rename"})

    def commit(self, request: Request, state: Any) -> Any:
        del state
        return [request.hook.name]


class Broken(Control):
    """Breaks in the way that it is told to."""

    handles = frozenset({"socket_connect", "path_rename", "inode_setxattr", "namespace_lock"})

    def __init__(self, way: str) -> None:
        self.way = way

    def judge(self, request: Request, state: Any) -> object:
        match self.way:
            case "raises":
                raise ValueError("broken")
            case "recurses":
                return self.judge(request, state)
            case "a text":
                return "yes"
            case "a number":
                return 12345678
            case "an unknown without a fact":
                return Answer(Stance.UNKNOWN)
            case "runs out of memory":
                raise MemoryError
            case "a stance of its own":
                return Answer("grant")
        return None

    judge_inbound = judge

    def on_denied(self, request: Request, state: Any) -> Any:
        del request
        return {} if self.way == "bad state" else state

    commit = on_denied


WAYS: Final = (
    *("raises", "recurses", "a text", "a number", "an unknown without a fact", "runs out of memory"),
    *("a stance of its own", "bad state"),
)


@cache
def numbered(number: int) -> Binding:
    """The binding that a number stands for; several have one name, for different controls."""
    chance = Random(number)
    name = "clash" if number % 40 == 39 else f"c{number}"
    if number % 8 == 7:
        made = chance.choice((Quota(), Quota(), Keeper(), Undecided(), Careless(), Broken(chance.choice(WAYS))))
        mode = Mode.COMPLAIN if chance.random() < 0.3 else Mode.ENFORCE
        return Binding(name=name, control=PythonControl(made), mode=mode)
    hooks = (*chance.sample(ORDINARY, 2), chance.choice(SELDOM), chance.choice(OWN))
    return binding(chance, name, 0, hooks)


def any_binding(chance: Random, *, maker: int = 0) -> Binding:
    """One of them."""
    return replace(numbered(chance.randrange(NUMBERS)), maker=maker)


@cache
def numbered_entry(number: int) -> Entry:
    """The ``enter on`` that a number stands for."""
    return entry(Random(number))
