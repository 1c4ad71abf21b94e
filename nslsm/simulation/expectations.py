"""``expect ehr.phi_access.tainted == true``: what an attribute is now, and whether that is what was expected."""

from typing import NamedTuple

from nslsm.controls.policy import PolicyControl
from nslsm.engine.attributes import attribute_of
from nslsm.engine.explain.wording import worded_value
from nslsm.hooks.types import BOOL
from nslsm.language.check import ir
from nslsm.language.check.cases import Check
from nslsm.language.program.interpret import Missing, Result
from nslsm.language.program.operators import compare
from nslsm.protocol.namespace import Binding, Namespace
from nslsm.protocol.things import Object, Task
from nslsm.simulation.machine import Machine, NotPossible


class Expectation(NamedTuple):
    """Whether an expectation about an attribute holds, what it was, and what the attribute is."""

    holds: bool
    wanted: str
    found: str


def attribute_value(machine: Machine, step: Check) -> Expectation:
    """Hold the attribute that ``step`` names against the constant that it is compared with."""
    thing, namespaces = _thing(machine, step)
    namespace, binding = _binding(step, namespaces)
    assert isinstance(binding.control, PolicyControl)
    attribute = _attribute(binding.control.program, step)
    subject = thing if isinstance(thing, Task) else machine.anybody()
    value = attribute_of(machine.state, namespace, binding, attribute, thing, subject)
    return _compared(step, attribute, value)


def _thing(machine: Machine, step: Check) -> tuple[Object, tuple[Namespace, ...]]:
    """What the expectation is about, and the namespaces whose bindings may be meant, nearest first."""
    if step.kind == "task":
        task = machine.task(step.of)
        return task, tuple(machine.state.namespaces.lineage(task.home))
    if step.kind == "namespace":
        namespace = machine.namespace(step.of)
        return namespace.facts(), (namespace,)
    members = machine.state.namespaces.members
    return machine.file(step.of), tuple(members[number] for number in sorted(members))


def _binding(step: Check, namespaces: tuple[Namespace, ...]) -> tuple[Namespace, Binding]:
    for namespace in namespaces:
        for binding in namespace.bindings:
            control = binding.control.name
            if step.control in (binding.name, control, control.rpartition(".")[2]):
                return namespace, binding
    raise NotPossible(f"no control `{step.control}` is bound where `{step.of}` is")


def _attribute(control: ir.Control, step: Check) -> ir.Attribute:
    found = next((each for each in control.attributes if each.key == step.attribute), None)
    if found is None:
        raise NotPossible(f"`{control.name}` declares no attribute `{step.attribute}`")
    return found


def _compared(step: Check, attribute: ir.Attribute, value: Result) -> Expectation:
    wanted = wanted_value(step)
    if isinstance(value, Missing):
        return Expectation(False, wanted, "unknown")
    left = ir.Constant(value, attribute.type)
    members = getattr(attribute.type, "members", ())
    truth = compare(ir.Compare(step.operator, left, step.value, BOOL, members), value, step.value.value)
    return Expectation(truth is not step.negated, wanted, worded_value(value, attribute.type))


def wanted_value(step: Check) -> str:
    """An expectation about an attribute, in the language's own notation."""
    name = f"{step.of}.{step.control}.{step.attribute.partition('.')[2]}"
    said = f"{name} {step.operator} {worded_value(step.value.value, step.value.type)}"
    return f"not ({said})" if step.negated else said
