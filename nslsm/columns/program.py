"""Entries of the dictionaries of a recording in columns, read: events as JSON to requests and outcomes.

A file of columns may come from a stranger. Whatever is not as :mod:`nslsm.columns.spelling` writes it is :class:`Damaged`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import dumps, loads
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from nslsm.columns.values import Form, Reader, decoded, decoded_task
from nslsm.engine.path_classes import PathClasses
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence
from nslsm.kernel.process import Process
from nslsm.kernel.requests import hook_called
from nslsm.protocol.request import Request
from nslsm.protocol.things import Identity, NamespaceId, Task

_T = TypeVar("_T")

CONSEQUENCES: Final = {each.value[0]: each for each in Consequence}

Steps: TypeAlias = tuple["int | Fork | Ending", ...]
"""Requests by number; where the way forks, a fork; at the end an ending."""


class Damaged(ValueError):
    """What stands in a file of columns is no entry of one."""


class Fork(NamedTuple):
    """A request after whose denial the kernel goes on; ``denied`` None: how, the file does not hold."""

    request: int
    denied: Steps | None


class Ending(NamedTuple):
    """What the kernel makes of an event that gets there."""

    errno: Errno | None
    reason: str
    refusal: Errno | None
    unknown: frozenset[str]
    entering: int | None
    rekeyed: tuple[tuple[Form, Form], ...]
    journal: tuple[Form, ...]
    told: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """An event, but for who does it and what its numbers stand for."""

    call: str
    steps: Steps
    requests: tuple[Form, ...]
    family: Mapping[int, Form]
    """Processes above those that the event is about, by number."""
    gone: frozenset[int]
    """Those of its tasks whose process is not there after it; 0 is that of the one that acts."""
    empty: bool
    """No process is there after it."""
    people: frozenset[int]
    """The processes that it is about beside the one that acts."""

    @property
    def is_related(self) -> bool:
        """Whether it is about other tasks, so that who they are to one another matters."""
        return bool(self.people) or bool(self.family)


class Things(NamedTuple):
    """What the numbers of an event stand for."""

    identities: tuple[Identity, ...]
    places: tuple[NamespaceId, ...]
    new_place: int | None


class Meanwhile(NamedTuple):
    """What happened between two events."""

    journal: tuple[Form, ...]
    placed: tuple[tuple[int, tuple[str, ...], int], ...]
    """A place, where it is said to be, and what it is for policies that do not place by that."""


def program(text: str) -> Program:
    """An event's entry."""
    return _read(text, _program)


def classed(text: str, paths: PathClasses) -> str:
    """An event's entry with the classes of its files' paths for the paths; equal where tests of paths tell no two apart."""
    return _read(text, lambda form: _classed(form, paths))


def things(text: str) -> Things:
    """The entry of what its numbers stand for."""
    return _read(text, _things)


def meanwhile(text: str) -> Meanwhile:
    """The entry of what happened before it."""
    return _read(text, _meanwhile)


def subject(text: str) -> Task:
    """The entry of a task; its namespace is a place yet."""
    return _read(text, lambda form: decoded_task(form, _PLACES))


def request(form: Form, by: Task, reader: Reader) -> Request:
    """A request of a program, made by the acting task where the form says nothing else."""
    name, consequence, who, thing, *arguments = form
    hook = hook_called(name)
    facts: list[Any] = [decoded(each, reader) for each in arguments]
    facts += [decoded(None, reader)] * (len(hook.facts) - len(facts))
    asking = by if who == 0 else decoded_task(who, reader)
    about: Any = decoded(thing, reader)
    return Request(hook, asking, about, tuple(facts), CONSEQUENCES[consequence])


def process(number: int, form: Form) -> Process | None:
    """A process above a task of an event; None where there is none."""
    if not isinstance(form, list):
        return None
    parent, known, tracer, declared = form
    return Process(
        tgid=number, parent=parent, threads=(number,), tracer=tracer, declared_tracer=declared, parent_known=known
    )


def _nowhere(number: int) -> Identity:
    raise ValueError(f"a task has no slot {number}")


_PLACES: Final = Reader(_nowhere, int)


def _read(text: str, made: Callable[[Form], _T]) -> _T:
    try:
        return made(loads(text))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise Damaged(f"`{text[:60]}` is no entry of such a file") from error


def _program(form: Form) -> Program:
    requests = tuple(form.get("r", ()))
    for each in requests:
        hook_called(each[0])
        CONSEQUENCES[each[1]]
    steps = _steps(form["s"], len(requests))
    family = {int(number): each for number, each in form.get("f", {}).items()}
    return Program(
        call=str(form["c"]),
        steps=steps,
        requests=requests,
        family=family,
        gone=frozenset(form.get("g", ())),
        empty=bool(form.get("z", False)),
        people=frozenset(_people(requests)),
    )


def _classed(form: Form, paths: PathClasses) -> str:
    requests = form.get("r", ())
    found = [[_path_classed(part, paths) for part in request] for request in requests]
    return dumps(form | {"r": found}, separators=(",", ":"))


def _path_classed(form: Form, paths: PathClasses) -> Form:
    """A file with its path's class, and without the directories above it, which nobody asks about."""
    if not isinstance(form, list) or not form or form[0] != "f":
        return form
    _, path, identity, above, *rest = form
    return ["f", None if path is None else paths.of(path), identity, above is None, *rest]


def _steps(form: Form, count: int) -> Steps:
    found: list[int | Fork | Ending] = []
    for each in form[:-1]:
        fork = each if isinstance(each, list) else None
        number = int(each if fork is None else fork[0])
        if not 0 <= number < count:
            raise ValueError(number)
        if fork is None:
            found.append(number)
        else:
            found.append(Fork(number, None if fork[1] is None else _steps(fork[1], count)))
    found.append(_ending(form[-1]))
    return tuple(found)


def _ending(form: Form) -> Ending:
    return Ending(
        errno=None if "e" not in form else Errno(form["e"]),
        reason=str(form.get("w", "")),
        refusal=None if "x" not in form else Errno(form["x"]),
        unknown=frozenset(form.get("u", ())),
        entering=form.get("i"),
        rekeyed=tuple((old, new) for old, new in form.get("k", ())),
        journal=tuple(form.get("j", ())),
        told=tuple(form.get("n", ())),
    )


def _people(requests: tuple[Form, ...]) -> list[int]:
    """The processes of the tasks in the requests' forms, a task's form being ``["t", pid, tgid, …]``."""
    found: list[int] = []
    for _name, _consequence, *parts in requests:
        found += [part[2] for part in parts if isinstance(part, list) and part and part[0] == "t"]
    return found


def _things(form: Form) -> Things:
    identities, places, new = form
    return Things(tuple(Identity(*each) for each in identities), tuple(map(int, places)), new)


def _meanwhile(form: Form) -> Meanwhile:
    journal, placed = form
    return Meanwhile(tuple(journal), tuple((place, tuple(names), other) for place, names, other in placed))
