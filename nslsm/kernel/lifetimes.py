"""How long a security namespace lives: as long as a task, an object at home in it, a child or a handle holds it (Model M5.6).

Namespaces that a policy declares are held by the declaration. Of the others, the holders other than children are counted; when
the last is gone, the namespace is. That widens nobody's rights, for nobody was left in it.
"""

from typing import TYPE_CHECKING

from nslsm.kernel.copying import replace
from nslsm.protocol.things import Identity, NamespaceId

if TYPE_CHECKING:
    from nslsm.kernel.state import State


def held(state: "State", namespace: NamespaceId) -> "State":
    """One more task, object or handle holds a namespace."""
    count = state.holders.get(namespace)
    return state if count is None else replace(state, holders=state.holders.insert(namespace, count + 1))


def released(state: "State", namespace: NamespaceId) -> "State":
    """One fewer holds it. With the last it ends, and its parent may end with it."""
    count = state.holders.get(namespace)
    if count is None:
        return state
    state = replace(state, holders=state.holders.insert(namespace, count - 1))
    ending: NamespaceId | None = namespace
    while ending is not None and state.holders.get(ending) == 0 and not state.namespaces.children.get(ending):
        parent = state.namespaces[ending].parent
        state = _ended(state, ending)
        ending = parent
    return state


def _ended(state: "State", namespace: NamespaceId) -> "State":
    tree = state.namespaces
    usage = state.usage.discard(namespace)
    bindings = len(tree[namespace].bindings)
    above = tree[namespace].parent
    while above is not None:
        used = usage.get(above)
        if used is not None:
            fewer = used._replace(namespaces=used.namespaces - 1, bindings=used.bindings - bindings)
            usage = usage.insert(above, fewer)
        above = tree[above].parent
    return replace(
        state,
        namespaces=tree.without(namespace),
        usage=usage,
        holders=state.holders.discard(namespace),
        cells=state.cells.discard(Identity("namespace", namespace)),
    )
