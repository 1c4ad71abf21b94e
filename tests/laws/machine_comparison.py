"""What the laws of the random machine share: an event with one binding more, the records of a decision, equal states."""

from dataclasses import fields, replace
from random import Random

from nslsm.audit.occasion import Occasion
from nslsm.audit.record import Which, events_of
from nslsm.engine.decision import Decision
from nslsm.engine.evaluate import Walk
from nslsm.kernel.state import State
from nslsm.protocol.namespace import Binding, Namespace
from tests.laws.machine import Event
from tests.laws.machine_controls import any_binding


def lineage(event: Event) -> list[Namespace]:
    """The lineage of who acts, nearest first."""
    return list(event.state.namespaces.lineage(event.home))


def with_one_more(event: Event, namespace: Namespace, extra: Binding, place: int) -> Event:
    """The event where a namespace binds one thing more."""
    bound = namespace.bindings
    return event.with_namespaces(replace(namespace, bindings=(*bound[:place], extra, *bound[place:])))


def extra(chance: Random, maker: int) -> Binding:
    """A binding under a name that no other has."""
    return replace(any_binding(chance, maker=maker), name="extra")


def records(decision: Decision, event: Event) -> list[dict[str, object]]:
    """The audit records of a decision."""
    task = event.state.tasks[event.pid]
    path = event.state.namespaces[task.home].path
    occasion = Occasion(sequence=1, policy="", walk=Walk.FULL, task=task, namespace=path, call="any")
    return list(events_of(decision, occasion, Which.ALL))


def same_state(one: State, other: State) -> None:
    """AssertionError where two states differ, and in what."""
    for field in fields(State):
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert left is right or left == right, f"the states after differ in {field.name}"
