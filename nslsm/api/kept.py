"""What a binding keeps about its own namespace: for those who read what a module has come to."""

from typing import TypeVar

from nslsm.api.kernel import Kernel
from nslsm.controls.module import Module
from nslsm.hooks.types import Unknown
from nslsm.protocol.things import Value

Wanted = TypeVar("Wanted", bound=Module)


def bound_as(kernel: Kernel, namespace: str, binding: str, kind: type[Wanted]) -> Wanted:
    """The module of that kind that a namespace binds under a name; LookupError where it binds none."""
    for each in kernel.namespace(namespace).bindings:
        if each.name == binding and isinstance(each.control, kind):
            return each.control
    raise LookupError(f"{namespace} binds no {kind.__name__} called {binding!r}")


def sequence(kernel: Kernel, namespace: str, binding: str, name: str) -> tuple[Value | Unknown, ...]:
    """A sequence that the binding keeps about its own namespace, in order; UNKNOWN where an element may or may not be."""
    home = kernel.namespace(namespace)
    of_thing = kernel.state.cells.get(home.facts().identity)
    found = {
        int(key.attribute.removeprefix(name)): value
        for key, value in (() if of_thing is None else of_thing.items())
        if (key.namespace, key.binding) == (home.id, binding) and key.attribute.startswith(name)
    }
    return tuple(found[place] for place in sorted(found))


def kept(kernel: Kernel, namespace: str, binding: str) -> dict[str, Value]:
    """The namespace's attributes that the binding of that name has set, as far as they are known, by their keys."""
    home = kernel.namespace(namespace)
    of_thing = kernel.state.cells.get(home.facts().identity)
    return {
        key.attribute: value
        for key, value in (() if of_thing is None else of_thing.items())
        if (key.namespace, key.binding) == (home.id, binding) and not isinstance(value, Unknown)
    }
