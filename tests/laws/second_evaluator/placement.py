"""``enter on``: where a process is moved by what it does (Model M5.5)."""

from typing import NamedTuple

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.kernel.state import State
from nslsm.language.check import ir
from nslsm.protocol.namespace import Namespace
from nslsm.protocol.request import Request
from tests.laws.second_evaluator.doubt import Doubt, Truth, any_of
from tests.laws.second_evaluator.program import matched
from tests.laws.second_evaluator.scene import Scene


class Placed(NamedTuple):
    """Where the process goes: None, it stays. ``unknown``: a condition hangs on unknown facts."""

    target: Namespace | None
    unknown: bool = False
    asked: tuple[Request, ...] = ()
    """What the lineage that the process leaves is asked about the move, namespace by namespace (M5.2)."""
    refused: bool = False


STAYS = Placed(None)


def placed(request: Request, state: State) -> Placed:
    """The first declaration that matches wins, then those nested in it, until one is unknown: there the process stays.

    It is certain then that it is in the namespaces that matched before.
    """
    members = state.namespaces.members
    here: int = request.subject.credentials.namespace
    through: list[Namespace] = []
    while isinstance(entered := _first(here, request, state), int):
        through.append(members[entered])
        here = entered
    asked = tuple(Request(CATALOGUE["namespace_enter"], request.subject, each.facts()) for each in through)
    return Placed(through[-1] if through else None, isinstance(entered, Doubt), asked)


def _first(parent: int, request: Request, state: State) -> int | Doubt | None:
    for number in state.namespaces.children.get(parent, ()):
        child = state.namespaces.members[number]
        holds = _matches(child, request, state)
        if isinstance(holds, Doubt):
            return holds
        if holds:
            return number
    return None


def _matches(namespace: Namespace, request: Request, state: State) -> Truth:
    """Whether any of the namespace's ``enter on`` matches; its declaration is all that is needed of it."""
    enters: tuple[ir.Enter, ...] = getattr(namespace.entry, "enters", ())
    return any_of(
        [matched(each.actions, each.when, Scene(state, namespace, "", None, each.tables, request)) for each in enters]
    )
