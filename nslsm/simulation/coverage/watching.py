"""Controls that are watched while they answer. They answer what they would answer unwatched."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from nslsm.controls.policy import DeclaredEntry, PolicyControl
from nslsm.engine.evaluate import guarded
from nslsm.hooks.types import Unknown
from nslsm.language.check import ir
from nslsm.language.program.interpret import Scene
from nslsm.protocol.namespace import Binding, Entry, Namespace, NamespaceTree
from nslsm.protocol.opinion import Answer, Assignment, Observation
from nslsm.protocol.request import Request
from nslsm.protocol.view import View
from nslsm.simulation.coverage.tally import Tally

TallyOf: TypeAlias = Callable[[View], Tally | None]
"""Where to count what is asked from a namespace; None where it is not to be counted."""


class WatchedControl(PolicyControl):
    """A control, and where to count what it is asked."""

    def __init__(self, control: PolicyControl, tally: TallyOf) -> None:
        vars(self).update(vars(control))  # the same control: nothing is filled in again
        self._tally = tally
        self._counted: dict[tuple[str, int], Request] = {}
        """The questions that were counted; each is kept, so that its identity stays its own."""

    def judge(self, request: Request, view: View) -> Answer:
        """See :class:`~nslsm.protocol.control.Control`."""
        answer = super().judge(request, view)
        self._count("judged", request, view, lambda tally, scene: tally.judged(scene, inbound=False))
        return answer

    def judge_inbound(self, request: Request, view: View) -> Answer:
        """See :class:`~nslsm.protocol.control.Control`."""
        answer = super().judge_inbound(request, view)
        self._count("judged inbound", request, view, lambda tally, scene: tally.judged(scene, inbound=True))
        return answer

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """See :class:`~nslsm.protocol.control.Control`."""
        assignments = super().effects(request, view, denied=denied)
        self._count(
            "denied" if denied else "followed", request, view, lambda tally, scene: tally.followed(scene, denied=denied)
        )
        return assignments

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """See :class:`~nslsm.protocol.control.Control`."""
        observations = super().observe(request, view)
        self._count("observed", request, view, lambda tally, scene: tally.observed(scene, inbound=False))
        return observations

    def observe_inbound(self, request: Request, view: View) -> tuple[Observation, ...]:
        """See :class:`~nslsm.protocol.control.Control`."""
        observations = super().observe_inbound(request, view)
        self._count("observed inbound", request, view, lambda tally, scene: tally.observed(scene, inbound=True))
        return observations

    def _count(self, what: str, request: Request, view: View, count: Callable[[Tally, Scene], None]) -> None:
        """Count a question once, however often the engine puts it: it may look ahead at what an event would set."""
        tally = self._tally(view)
        key = (what, id(request))
        if tally is not None and key not in self._counted:
            self._counted[key] = request
            guarded(lambda: count(tally, Scene(self.program, request, view)))


class WatchedEntry(DeclaredEntry):
    """The ``enter on`` declarations of a namespace, and where to count what they are asked."""

    def __init__(self, enters: tuple[ir.Enter, ...], declaration: ir.Namespace, tally: TallyOf) -> None:
        super().__init__(enters, declaration)
        self._tally = tally

    def matches(self, request: Request, view: View) -> bool | Unknown:
        """See :class:`~nslsm.protocol.namespace.Entry`."""
        answer = super().matches(request, view)
        tally = self._tally(view)
        if tally is not None and request.hook.name in self.hooks:
            guarded(lambda: tally.placed(Scene(self._scope, request, view)))
        return answer


@dataclass(frozen=True, slots=True)
class Watch:
    """Watches the controls of one test: those of its namespaces, and, called, those that are bound on the way."""

    of_binding: Callable[[Binding], TallyOf]
    of_entry: Callable[[ir.Namespace], TallyOf]
    declarations: dict[str, ir.Namespace]
    """What the test's namespaces are declared as, by their paths."""

    def tree(self, tree: NamespaceTree) -> NamespaceTree:
        """The same namespaces, watched."""
        members = tree.members
        for number in sorted(tree.members):
            members = members.insert(number, self._namespace(tree.members[number]))
        return replace(tree, members=members)

    def __call__(self, bindings: tuple[Binding, ...]) -> tuple[Binding, ...]:
        """The same bindings, watched."""
        return tuple(self._binding(binding) for binding in bindings)

    def _namespace(self, namespace: Namespace) -> Namespace:
        return replace(namespace, bindings=self(namespace.bindings), entry=self._entry(namespace))

    def _binding(self, binding: Binding) -> Binding:
        control = binding.control
        if not isinstance(control, PolicyControl):
            return binding
        return replace(binding, control=WatchedControl(control, self.of_binding(binding)))

    def _entry(self, namespace: Namespace) -> Entry | None:
        entry, declared = namespace.entry, self.declarations.get(namespace.path)
        if declared is None or not isinstance(entry, DeclaredEntry):
            return entry
        return WatchedEntry(entry.enters, declared, self.of_entry(declared))
