"""What can be bound where an embedding program says what to bind: policies and controls, of the language or in Python."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from nslsm.api.arguments import arguments_of
from nslsm.controls.declare import bindings
from nslsm.controls.module import Module
from nslsm.controls.policy import PolicyControl
from nslsm.controls.python import Control, PythonControl
from nslsm.diagnostics.sources import Sources
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Mode


@dataclass(frozen=True, slots=True)
class PolicyItem:
    """What ``policy["…"]`` gives: a control or a policy, to be bound, or a tree of namespaces, to make a kernel of."""

    declaration: ir.Policy | ir.Control | ir.Namespace
    arguments: tuple[tuple[str, ir.ArgumentValue], ...] | None = None
    """What a control's parameters are; None: their defaults."""
    sources: Sources = field(default_factory=Sources, repr=False, compare=False)
    """The texts that it stands in."""

    @property
    def name(self) -> str:
        """Its qualified name."""
        return self.declaration.name

    def __call__(self, **arguments: object) -> "PolicyItem":
        """The control with other arguments than its defaults, in Python's words, as ``bind yama(scope = 2)`` in a policy.

        TypeError for what has no such parameter, a policy among that; ValueError for a value that does not fit.

        >>> from nslsm.api.policies import load_policy
        >>> load_policy("base.yama")["yama"](scope=3).name
        'base.yama'
        """
        if not isinstance(self.declaration, ir.Control):
            raise TypeError(
                f"{self.name} is no control, and takes no arguments: give them to the controls it is made of"
            )
        return replace(self, arguments=arguments_of(self.declaration, arguments))


Bindable: TypeAlias = PolicyItem | ir.Policy | ir.Control | ir.Bind | Control | Module | Binding
"""One thing that can be bound: what ``policy["…"]`` gives, or a control in Python."""

Bindables: TypeAlias = Bindable | Iterable[Bindable] | Mapping[str, Bindable] | None
"""Anything that says what to bind; a mapping names each, as ``as`` does."""


def bound(what: Bindables) -> tuple[Binding, ...]:
    """The bindings that are meant, their makers still to be set. TypeError for what cannot be bound."""
    if what is None:
        return ()
    if isinstance(what, Mapping):
        return tuple(_renamed(name, each) for name, each in what.items())
    if isinstance(what, Iterable) and not isinstance(what, Binding | str):
        return tuple(binding for each in what for binding in _one(each))
    return tuple(_one(what))


def complaining(what: Bindables) -> tuple[Binding, ...]:
    """The same, each in complain mode: denials are recorded and do not count (Model M2.5)."""
    return tuple(Binding(name=each.name, control=each.control, mode=Mode.COMPLAIN) for each in bound(what))


def _one(what: object) -> Iterator[Binding]:
    match what:
        case PolicyItem(declaration=ir.Control() as control):
            given = arguments_of(control, {}) if what.arguments is None else what.arguments
            yield Binding(name=control.name.rpartition(".")[2], control=PolicyControl(control, dict(given)))
        case PolicyItem(declaration=ir.Policy() as policy):
            yield from bindings(policy.binds, maker=0)
        case ir.Policy() | ir.Control():
            yield from _one(PolicyItem(what))
        case ir.Bind():
            yield from bindings((what,), maker=0)
        case Control():
            adapter = PythonControl(what)
            yield Binding(name=adapter.name.rpartition(".")[2], control=adapter)
        case Module():
            yield Binding(name=what.name.rpartition(".")[2], control=what)
        case Binding():
            yield what
        case str():
            raise TypeError(f"{what!r} is a name: bind what it names, policy[{what!r}]")
        case type() if issubclass(what, Control):
            raise TypeError(f"{what.__qualname__} is a class: bind an instance, {what.__qualname__}(…)")
        case _:
            raise TypeError(f"{what!r:.80} cannot be bound: a policy, a control, or an iterable of such can")


def _renamed(name: str, what: Bindable) -> Binding:
    found = bound(what)
    if len(found) != 1:
        raise TypeError(f"{name!r} names {len(found)} controls: a name is for one")
    return Binding(name=name, control=found[0].control, mode=found[0].mode)
