"""The state before the event as one binding sees it: facts of things, attributes of things (Model M3.1, M3.3, M4.1)."""

from dataclasses import dataclass, replace
from typing import Any

from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.state import CellKey, State
from nslsm.kernel.view import BindingView
from nslsm.language.check import ir
from nslsm.protocol.namespace import Namespace
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, Identity, NamespaceFacts, Object, Socket, Task, Thing


@dataclass(frozen=True)
class Scene:
    """Who asks about what: a program, bound in a namespace, on a request in a state.

    ``aim`` names the fact of the hook that ``object`` stands for (ADR 0009). ``thing`` is set while the default of one of
    its attributes is worked out: ``object`` is that thing then (language, Attributes).
    """

    state: State
    namespace: Namespace
    binding: str
    program: ir.Control | None
    tables: tuple[ir.Table, ...]
    request: Request
    aim: str | None = None
    thing: Object | None = None

    def aimed(self, aim: str | None) -> "Scene":
        """The scene where ``object`` is another of the request's things."""
        return replace(self, aim=aim)

    def about(self, thing: Object) -> "Scene":
        """The scene in which a default of ``thing``'s is worked out."""
        return replace(self, thing=thing)

    def named(self, name: str) -> Any:
        """What ``subject``, ``object``, ``namespace`` or a thing among the hook's facts is; UNKNOWN where nobody knows."""
        if name == "object" and self.thing is not None:
            return self.thing
        if name == "object" and self.aim is not None:
            return self.request.argument(self.aim)
        if name == "object":
            return UNKNOWN if self.request.object is None else self.request.object
        if name == "subject":
            return self.request.subject
        if name == "namespace":
            return self.namespace.facts()
        return self.request.argument(name)

    # M4.1

    def foreign(self, thing: object) -> bool:
        """Whether the thing's home is not in this namespace's subtree. Files, and what has no home, never are (M4.1)."""
        home = home_of(thing)
        return home is not None and self.namespace.id not in ancestors(self.state, home)

    # M3.1, M3.3

    def cell(self, attribute: str, identity: Identity) -> Any:
        """What effects have made of this binding's attribute, None where none has set it."""
        of_thing = self.state.cells.get(identity)
        return None if of_thing is None else of_thing.get(CellKey(self.namespace.id, self.binding, attribute))

    def declared(self, attribute: str) -> ir.Attribute:
        """The declaration of the attribute."""
        assert self.program is not None
        return next(each for each in self.program.attributes if each.key == attribute)

    # Facts of the whole state

    def fact(self, thing: Any, name: str) -> Any:
        """A fact of a thing that is known to be this one; UNKNOWN where nobody knows the fact."""
        if name == "foreign":
            return self.foreign(thing)
        if isinstance(thing, Task):
            if name == "namespace":
                return self.state.namespaces.members[thing.home].path
            holder: object = thing if hasattr(thing, name) else thing.credentials
            return getattr(holder, name)
        if isinstance(thing, File) and name == "parent":
            return self._view().parent(thing)
        if isinstance(thing, Thing):
            return thing.facts.get(name, UNKNOWN)
        return getattr(thing, name)

    def method(self, thing: Any, name: str, arguments: list[Any]) -> Any:
        """A fact with arguments, all of which are known."""
        match name:
            case "xattr":
                assert isinstance(thing, File)
                if thing.xattrs is UNKNOWN:
                    return UNKNOWN
                return thing.xattrs.get(arguments[0], arguments[1] if len(arguments) > 1 else "")
            case "same_process_as":
                return thing.tgid == arguments[0].tgid
            case _:
                return getattr(self._view(), name)(thing, arguments[0])

    def _view(self) -> BindingView:
        """Directories and the process tree are the kernel's, not the engine's: asked of it."""
        return BindingView(self.state, self.namespace.id, self.binding)


def ancestors(state: State, number: int) -> list[int]:
    """A namespace, its parent, … the root (M1, Lineage)."""
    found = [number]
    while (parent := state.namespaces.members[found[-1]].parent) is not None:
        found.append(parent)
    return found


def home_of(thing: object) -> int | None:
    """The namespace that a thing is at home in: a task's is the one it is in now (M1, Home)."""
    if isinstance(thing, Task):
        return thing.credentials.namespace
    if isinstance(thing, Socket | Thing):
        return thing.home
    return None


def identity_of(thing: object) -> Identity | None:
    """The key of a thing's cells; None where nobody can tell which thing it is."""
    assert isinstance(thing, Task | File | Socket | Thing | NamespaceFacts | Credentials)
    identity = None if isinstance(thing, Credentials) else thing.identity
    return identity if isinstance(identity, Identity) else None
