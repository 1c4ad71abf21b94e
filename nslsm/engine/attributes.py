"""What an attribute is now: what effects have made of it, else its default (Model M3.3)."""

from nslsm.controls.policy import PolicyControl
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.kinds import NAMESPACE
from nslsm.hooks.types import Kind, Unknown
from nslsm.kernel.state import State
from nslsm.kernel.view import BindingView
from nslsm.language.check import ir
from nslsm.language.program.interpret import Result, Scene, value_of
from nslsm.protocol.namespace import Binding, Namespace
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceFacts, Object, Task


def attribute_of(
    state: State, namespace: Namespace, binding: Binding, attribute: ir.Attribute, thing: Object, subject: Task
) -> Result:
    """The value of ``attribute`` of ``thing``, as ``binding`` of ``namespace`` has it; ``subject`` is any task."""
    assert isinstance(binding.control, PolicyControl)
    view = BindingView(state, namespace.id, binding.name)
    scene = Scene(binding.control.program, Request(CATALOGUE["user_access"], subject, thing), view, thing=thing)
    return value_of(ir.AttributeOf(ir.Thing("object", attribute.kind), attribute.key, attribute.type), scene)


def attributes_of(state: State, thing: Object, subject: Task, namespace: Namespace) -> dict[str, dict[str, Result]]:
    """The attributes of a thing in one namespace, by binding and by name; controls without such are not in it."""
    kind = NAMESPACE if isinstance(thing, NamespaceFacts) else _kind(thing)
    found: dict[str, dict[str, Result]] = {}
    for binding in namespace.bindings:
        if not isinstance(binding.control, PolicyControl):
            continue
        own = [each for each in binding.control.program.attributes if each.kind == kind]
        if own:
            found[binding.name] = {
                each.key.partition(".")[2]: attribute_of(state, namespace, binding, each, thing, subject)
                for each in own
            }
    return found


def _kind(thing: Object) -> Kind | None:
    identity = getattr(thing, "identity", None)
    name = None if identity is None or isinstance(identity, Unknown) else identity.kind
    hooks = (hook.object for hook in CATALOGUE.hooks)
    return next((kind for kind in hooks if kind is not None and kind.name == name), None)
