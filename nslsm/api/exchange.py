"""Other bindings in the place of a namespace's own: what of the old ones' attributes the new ones take over (Model M5.7)."""

from collections.abc import Mapping
from dataclasses import replace

from nslsm.controls.module import Module
from nslsm.controls.policy import PolicyControl
from nslsm.controls.python import STATE, PythonControl
from nslsm.kernel.namespaces import exchanged
from nslsm.kernel.state import CellKey, State
from nslsm.protocol.control import Control
from nslsm.protocol.namespace import Binding, Namespace


def exchange(state: State, target: Namespace, bindings: tuple[Binding, ...]) -> State:
    """The state with ``bindings`` in the place of the namespace's own: its owner's act, so that the parent has made them.

    A binding takes over what one of the same name has kept, where its control is of the same name too, or the same program with
    other arguments: each attribute that it declares in the same way. What nobody takes over is forgotten. Raises
    :class:`nslsm.kernel.refusal.Refused` as :func:`nslsm.kernel.namespaces.exchanged` does.
    """
    maker = target.id if target.parent is None else target.parent
    after = exchanged(state, target, bindings, maker=maker)
    new = {binding.name: binding.control for binding in bindings}
    kept = {old.name: _taken_over(old.control, new.get(old.name)) for old in target.bindings}
    return _with_only(after, target, kept)


def _taken_over(old: Control, new: Control | None) -> frozenset[str] | None:
    """The attributes, by their keys, that mean to the new control what they meant to the old one; None: all of them."""
    if new is None or new.name != old.name:
        return frozenset()
    if isinstance(old, Module) and type(old) is type(new):
        return None
    if isinstance(old, PythonControl) and isinstance(new, PythonControl):
        return frozenset({STATE})
    if isinstance(old, PolicyControl) and isinstance(new, PolicyControl):
        meant = {each.key: each.type for each in new.declared.attributes}
        return frozenset(each.key for each in old.declared.attributes if meant.get(each.key) == each.type)
    return frozenset()


def _with_only(state: State, target: Namespace, kept: Mapping[str, frozenset[str] | None]) -> State:
    """The state in which the namespace's bindings remember only the attributes that are ``kept``, by binding."""
    cells = state.cells

    def is_kept(key: CellKey) -> bool:
        of_binding = kept.get(key.binding, frozenset())
        return of_binding is None or key.attribute in of_binding

    for thing, of_thing in state.cells.items():
        forgotten = [key for key in of_thing if key.namespace == target.id and not is_kept(key)]
        for key in forgotten:
            of_thing = of_thing.discard(key)
        if forgotten:
            cells = cells.insert(thing, of_thing) if len(of_thing) else cells.discard(thing)
    return state if cells is state.cells else replace(state, cells=cells)
