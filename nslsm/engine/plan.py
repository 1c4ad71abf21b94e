"""Who is asked about a hook in a namespace, found once: the lineage's bindings without those that have nothing to say.

A plan holds for one tree of namespaces. Trees are immutable, so what any level binds, seals or changes makes another tree, and
with it other plans: there is nothing to invalidate.
"""

from typing import Final, NamedTuple

from nslsm.controls.policy import PolicyControl
from nslsm.hooks.model import Hook
from nslsm.kernel.view import BindingView
from nslsm.language.program.compile.lineage import Answering, LineageFunction, Member, lineage_function
from nslsm.protocol.namespace import Binding, Mode, Namespace, NamespaceTree
from nslsm.protocol.things import NamespaceId

TREES: Final = 32
"""So many trees have plans at a time; a kernel has one, and an experiment few that it comes back to."""


LEAST: Final = 32
"""So often at least the controls of a plan are asked one by one before they become one function."""


class Seat(NamedTuple):
    """A binding with a say; ``program`` is its control where that is written in the language, None for one that may break."""

    namespace: Namespace
    binding: Binding
    program: PolicyControl | None


class Plan(NamedTuple):
    """Who has a say about one hook in one namespace, the nearest first."""

    members: frozenset[NamespaceId]
    """The lineage."""
    asked: tuple[Seat, ...]
    observers: tuple[Seat, ...]
    setters: tuple[Seat, ...]
    """Those that may set something when it is granted."""
    setters_denied: tuple[Seat, ...]
    """Those that may set something when it is denied."""
    flat: "Flat"
    """The same as one function, once it has been asked for often enough."""

    def function(self, hook: Hook) -> LineageFunction | None:
        """All that have a say, as one function that answers an errno; None where there is none."""
        members = []
        for namespace, binding, program in self.asked:
            if program is None:
                return None
            where = f"{namespace.path}, `{binding.name}`"
            view = (namespace.id, binding.name)
            members.append(Member(program.program, where, view, binding.mode is Mode.ENFORCE))
        return lineage_function(members, hook, BindingView, sets_when_denied=bool(self.setters_denied))


class Flat:
    """The function of a plan, made when it has been wanted about as often as it has rules: to make it takes that long."""

    __slots__ = ("answer", "left")

    def __init__(self, asked: tuple[Seat, ...]) -> None:
        self.answer: Answering | None = None
        rules = sum(len(seat.program.program.rules) for seat in asked if seat.program is not None)
        self.left = LEAST + rules

    def want(self, plan: Plan, hook: Hook) -> Answering | None:
        """The function; None while there is none."""
        self.left -= 1
        if self.left == 0:
            made = plan.function(hook)
            self.answer = None if made is None else made.answer
        return self.answer


_Plans = dict[tuple[NamespaceId, str], Plan]

_KNOWN: Final[dict[int, tuple[NamespaceTree, _Plans]]] = {}


def plan_of(tree: NamespaceTree, home: NamespaceId, hook: Hook) -> Plan:
    """The plan of a namespace for a hook. KeyError for a namespace that there is not."""
    known = _KNOWN.get(id(tree))
    if known is None:
        while len(_KNOWN) >= TREES:
            _KNOWN.pop(next(iter(_KNOWN)), None)
        known = _KNOWN[id(tree)] = (tree, {})
    plans = known[1]
    plan = plans.get((home, hook.name))
    if plan is None:
        plan = plans[home, hook.name] = _made(tree, home, hook.name)
    return plan


def _made(tree: NamespaceTree, home: NamespaceId, hook: str) -> Plan:
    lineage = tuple(tree.lineage(home))
    seats = [
        Seat(namespace, binding, binding.control if type(binding.control) is PolicyControl else None)
        for namespace in lineage
        for binding in namespace.bindings
    ]
    asked = tuple(seat for seat in seats if seat.program is None or seat.program.handles(hook))
    return Plan(
        members=frozenset(namespace.id for namespace in lineage),
        asked=asked,
        observers=tuple(seat for seat in asked if seat.program is None or hook in seat.program.observed),
        setters=tuple(seat for seat in asked if seat.program is None or hook in seat.program.setting),
        setters_denied=tuple(seat for seat in asked if seat.program is None or hook in seat.program.setting_denied),
        flat=Flat(asked),
    )
