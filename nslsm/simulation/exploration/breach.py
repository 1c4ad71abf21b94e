"""Whether a decision breaks a claim: an access that is never to be granted, and was (Model M2.2, M2.4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from nslsm.controls.policy import PolicyControl
from nslsm.engine.decision import Decision, Judgement, Verdict
from nslsm.hooks.model import HookClass
from nslsm.kernel.state import State
from nslsm.kernel.view import BindingView
from nslsm.language.check import ir
from nslsm.language.check.claims import Claim, Never
from nslsm.language.program.interpret import Missing, Owner, Scene, Truth
from nslsm.language.program.judge import holds
from nslsm.protocol.namespace import Binding, Namespace, NamespaceTree
from nslsm.protocol.request import Request


class Access(NamedTuple):
    """One access that a claim speaks of, in the namespace that it speaks of."""

    never: Never
    judgement: Judgement
    truth: Truth
    """Whether the claim's condition held."""
    granted: bool

    @property
    def breaks(self) -> bool:
        """Whether it was never to be granted, and was."""
        return self.granted and self.truth is True


@dataclass(frozen=True, slots=True)
class _Watched:
    """One ``never``, ready to be held against requests."""

    never: Never
    control: ir.Control
    namespace: Namespace
    bindings: tuple[tuple[str, Namespace, Binding, str], ...]
    hooks: frozenset[str]


class Watch:
    """Holds decisions against a claim."""

    def __init__(self, claim: Claim, tree: NamespaceTree) -> None:
        self._watched = tuple(_watched(never, tree, claim) for never in claim.nevers)
        self.hooks = frozenset[str]().union(*(each.hooks for each in self._watched))
        """The hooks at which the claim can be broken."""

    def accesses(self, decision: Decision, before: State) -> Iterator[Access]:
        """What of a decision the claim speaks of."""
        for judgement in decision.judgements:
            request = judgement.request
            if request.hook.name not in self.hooks or request.hook.hook_class is not HookClass.ACCESS:
                continue
            granted = decision.granted and judgement.verdict is Verdict.GRANT
            for watched in self._watched:
                if request.hook.name in watched.hooks and _is_within(watched, request, before):
                    truth = holds(watched.never.actions, watched.never.when, _scene(watched, request, before))
                    yield Access(watched.never, judgement, truth, granted)


def missing(accesses: Iterator[Access]) -> frozenset[str]:
    """The unknown facts on which it hangs whether granted accesses break the claim."""
    found = (each.truth.facts for each in accesses if each.granted and isinstance(each.truth, Missing))
    return frozenset[str]().union(*found)


def _is_within(watched: _Watched, request: Request, state: State) -> bool:
    return state.namespaces.contains(watched.namespace.id, request.subject.home)


def _scene(watched: _Watched, request: Request, state: State) -> Scene:
    view = BindingView(state, watched.namespace.id, "")
    owners = {key: _owner(state, *found) for key, *found in watched.bindings}  # type: ignore[arg-type]
    return Scene(watched.control, request, view, owners=owners)


def _owner(state: State, namespace: Namespace, binding: Binding, attribute: str) -> Owner:
    assert isinstance(binding.control, PolicyControl)
    return Owner(binding.control.program, BindingView(state, namespace.id, binding.name), attribute)


def _watched(never: Never, tree: NamespaceTree, claim: Claim) -> _Watched:
    namespace = tree.by_path(never.namespace)
    assert namespace is not None, "the checker has found it"
    bindings = []
    for reading in never.readings:
        home = tree.by_path(reading.namespace)
        assert home is not None
        binding = next(each for each in home.bindings if each.name == reading.binding)
        bindings.append((reading.key, home, binding, reading.attribute))
    control = ir.Control(
        name=claim.name,
        doc="",
        annotations=ir.Annotations(),
        parameters=(),
        attributes=(),
        tables=never.tables,
        rules=(),
        span=never.span,
    )
    hooks = frozenset(target.hook for action in never.actions for target in action.targets)
    return _Watched(never, control, namespace, tuple(bindings), hooks)
