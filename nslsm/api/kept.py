"""What a binding keeps about its own namespace: for those who read what a module has come to."""

from nslsm.api.kernel import Kernel
from nslsm.hooks.types import Unknown
from nslsm.protocol.things import Value


def kept(kernel: Kernel, namespace: str, binding: str) -> dict[str, Value]:
    """The namespace's attributes that the binding of that name has set, as far as they are known, by their keys."""
    home = kernel.namespace(namespace)
    of_thing = kernel.state.cells.get(home.facts().identity)
    return {
        key.attribute: value
        for key, value in (() if of_thing is None else of_thing.items())
        if (key.namespace, key.binding) == (home.id, binding) and not isinstance(value, Unknown)
    }
