"""A hook asked directly: what a program says of its object and facts, as the values that a request has."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from keyword import iskeyword
from typing import TYPE_CHECKING, Final

from rpds import HashTrieMap

from nslsm.api.task import Task
from nslsm.api.values import value_of
from nslsm.hooks.kinds import CREDENTIALS, FILE, NAMESPACE, SOCKET, TASK
from nslsm.hooks.model import Consequence, Hook
from nslsm.hooks.types import NO_ADDRESS, UNKNOWN, Fact, Kind, Type, Unknown
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.state import State
from nslsm.language.check.types import path_fault
from nslsm.protocol.namespace import Namespace
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, Identity, NamespaceFacts, NamespaceId, Object, Socket, Thing, Value
from nslsm.protocol.things import Task as TaskValue

if TYPE_CHECKING:
    from nslsm.api.kernel import Kernel

KEPT: Final = 1 << 14
"""So many words and numbers are remembered with the values that they mean."""

_SAID: Final[dict[tuple[object, ...], Value | Unknown]] = {}


def question(kernel: "Kernel", hook: Hook, task: Task, thing: object, said: Mapping[str, object]) -> Request:
    """What is asked, of the types that the hook has. What is not given is unknown; see :meth:`Kernel.check` for what raises."""
    facts = {name.removesuffix("_") if iskeyword(name[:-1]) else name: each for name, each in said.items()}
    for each in (task, thing, *facts.values()):
        if isinstance(each, Task) and not each.lives_in(kernel):
            raise ValueError(f"{each} is of another kernel")
    values = tuple([facts.pop(fact.name, UNKNOWN) for fact in hook.facts])
    if facts:
        had = ", ".join(fact.name for fact in hook.facts) or "none"
        raise TypeError(f"hook {hook.name} has no fact {next(iter(facts))!r}; it has {had}")
    return asked(hook, task.value, thing, values, kernel.state)


def asked(hook: Hook, subject: TaskValue, thing: object, said: tuple[object, ...], state: State) -> Request:
    """A question whose facts are said in their order, those at the end that are left out unknown."""
    values = [_fact(hook, fact, each, state) for fact, each in zip(hook.facts, said, strict=False)]
    values += [UNKNOWN] * (len(hook.facts) - len(values))
    about = object_of(hook, subject, thing, values, state)
    return Request(hook, subject, about, tuple(values), Consequence.FATAL)


def _fact(hook: Hook, fact: Fact, said: object, state: State) -> Value | Unknown:
    """A fact as :func:`fact_of` has it; words and numbers are looked at once."""
    if type(said) not in (str, int) or isinstance(fact.type, Kind):
        return fact_of(fact.name, said, fact.type, state)
    key = hook.name, fact.name, type(said), said
    known = _SAID.get(key)
    if known is None:
        if len(_SAID) >= KEPT:
            _SAID.clear()
        known = _SAID[key] = fact_of(fact.name, said, fact.type, state)
    return known


def one(state: State, request: Request) -> Steps:
    """The event of one request that changes nothing by itself."""
    yield request
    return Outcome(state)


def fact_of(name: str, said: object, type_: Type, state: State) -> Value | Unknown:
    """The fact that is meant; TypeError or ValueError where it is of another type."""
    if not isinstance(type_, Kind):
        return value_of(name, said, type_)
    found = _thing(type_, said, state)
    if found is None:
        raise TypeError(f"{name}={said!r:.80} is no {type_.name}")
    return found


def object_of(
    hook: Hook, subject: TaskValue, said: object, facts: Sequence[Value | Unknown], state: State
) -> Object | Unknown | None:
    """The object that is meant: where nothing is said, a new socket for the hooks of sockets, else an unknown one.

    For ``user_access``, the name of an object of the program's own, which is at home where the subject is.

    TypeError where it is of another kind, or where the hook is about no object.
    """
    if hook.object is None:
        if said is not None:
            raise TypeError(f"hook {hook.name} is about no object")
        return None
    if said is None and hook.object == SOCKET:
        family = UNKNOWN if hook.fact("family") is None else facts[hook.index("family")]
        assert isinstance(family, str | Unknown)
        return Socket(UNKNOWN, subject.home, family=family, address=NO_ADDRESS)
    if hook.name == "user_access" and (said is None or isinstance(said, str)):
        return _user_object(said, subject.home)
    if said is None:
        return UNKNOWN
    found = _thing(hook.object, said, state)
    if found is None:
        raise TypeError(f"hook {hook.name} is about a {hook.object.name}, and {said!r:.80} is none")
    return found


@lru_cache(maxsize=KEPT)
def _user_object(name: str | None, home: NamespaceId) -> Thing:
    known: HashTrieMap[str, Value | Unknown] = HashTrieMap({} if name is None else {"name": name})
    return Thing(kind="user_object", identity=Identity("user_object", name or 0), home=home, facts=known)


def _thing(kind: Kind, said: object, state: State) -> Object | Unknown | None:
    """What is meant, if it is of that kind."""
    if isinstance(said, Unknown):
        return said
    if isinstance(said, Task) and kind == TASK:
        return said.value
    if isinstance(said, str) and kind == FILE:
        fault = path_fault(said)
        if fault is not None:
            raise ValueError(f"{said!r:.80} is no path: {fault}")
        return state.files.file_at(said)
    if isinstance(said, Namespace) and kind == NAMESPACE:
        return said.facts()
    if isinstance(said, Credentials):
        return said if kind == CREDENTIALS else None
    if isinstance(said, Thing):
        return said if said.kind == kind.name else None
    if isinstance(said, TaskValue | File | Socket | NamespaceFacts):
        return said if isinstance(said.identity, Unknown) or said.identity.kind == kind.name else None
    return None
