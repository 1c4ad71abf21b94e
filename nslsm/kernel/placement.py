"""Where in a policy's namespaces a task starts that an orchestrator has placed in a pod (Kubernetes' names, RFC 1123)."""

import re
from typing import Final

from nslsm.kernel.described import Placing
from nslsm.protocol.namespace import Namespace, NamespaceTree
from nslsm.protocol.things import NamespaceId

LEVELS: Final = ("namespace", "pod", "container")
"""How deep tasks can be placed: by Kubernetes' namespace, by the pod in it, by the container in that."""

_SAFE: Final = "bcdfghjklmnpqrstvwxz2456789"
"""The letters of generated names: no vowels, so that no words come of it (apimachinery, ``rand.SafeEncodeString``)."""

_GENERATED: Final = re.compile(rf"(.+?)-(?:[{_SAFE}]{{6,10}}-[{_SAFE}]{{5}}|[{_SAFE}]{{5}}|[0-9]{{1,5}})")
"""A pod's name as its workload makes it: a deployment's, a daemon set's, a stateful set's with a number."""


def placing(level: str, home: NamespaceId) -> Placing:
    """Tasks start in the namespace whose path below ``home`` has the names of where they are, as deep as ``level`` goes.

    Where there is none of the next name, it ends there: ``home`` itself for a task outside of all pods. KeyError for
    another level than :data:`LEVELS`.
    """
    if level not in LEVELS:
        raise KeyError(level)
    depth = LEVELS.index(level) + 1

    def place(tree: NamespaceTree, whereabouts: tuple[str, ...]) -> NamespaceId:
        at = home
        for name in whereabouts[:depth]:
            inside = _called(tree, at, name)
            if inside is None:
                break
            at = inside.id
        return at

    return place


def _called(tree: NamespaceTree, at: NamespaceId, name: str) -> Namespace | None:
    """The child of that name, or of the name of the workload that a pod belongs to."""
    generated = _GENERATED.fullmatch(name)
    for each in (name, generated[1] if generated is not None else name):
        for spelling in (each, written(each)):
            found = tree.child(at, spelling)
            if found is not None:
                return found
    return None


def written(name: str) -> str:
    """A name as a policy can write it.

    >>> written("kube-system"), written("7zip.example")
    ('kube_system', '_7zip_example')
    """
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return f"_{plain}" if plain[:1].isdigit() else plain
