"""``enter on``: which declared namespace an event moves its process into (Model M5.5)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from nslsm.engine.compositions.composition import Composition
from nslsm.engine.decision import Judgement, Verdict
from nslsm.engine.evaluate import Broken, Walk, guarded
from nslsm.engine.plan import TREES
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.requests import request_of
from nslsm.kernel.state import State
from nslsm.kernel.view import BindingView
from nslsm.protocol.namespace import Namespace, NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceId


class Placement(NamedTuple):
    """Where the process is to go, the requests asked about it, and what kept it where it was."""

    target: Namespace | None
    judgements: tuple[Judgement, ...] = ()
    unknown: bool = False
    """A declaration's condition hung on unknown facts: the process stays at the last certain place."""
    refused: Judgement | None = None


def placed(request: Request, state: State, walk: Walk, composition: Composition) -> Placement:
    """The namespace that ``enter on`` declarations below the subject's own name: the first that matches, then nested.

    Each that is entered on the way is asked about, until one is denied: that beats those that are unknown (Model M2.9).
    """
    here = state.namespaces[request.subject.home]
    if not can_enter(state, here.id):
        return Placement(None)
    target: Namespace | None = None
    judgements: list[Judgement] = []
    while isinstance(found := _first_match(target or here, request, state), Namespace):
        target = found
        asked = request_of("namespace_enter", request.subject, found.facts())
        judgements.append(composition.judge(asked, state, walk))
        if judgements[-1].verdict is Verdict.DENY:
            break
    refused = max(judgements, key=lambda judgement: judgement.verdict, default=None)
    if refused is not None and refused.verdict is not Verdict.GRANT:
        return Placement(None, tuple(judgements), refused=refused)
    return Placement(target, tuple(judgements), unknown=isinstance(found, Unknown))


def _first_match(parent: Namespace, request: Request, state: State) -> Namespace | Unknown | None:
    for child in _children(parent, state):
        entry = child.entry
        if entry is None:
            continue
        view = BindingView(state, child.id, "")
        matches = guarded(lambda entry=entry, view=view: entry.matches(request, view))  # type: ignore[misc]
        if isinstance(matches, Broken | Unknown):
            return UNKNOWN
        if matches:
            return child
    return None


def _children(parent: Namespace, state: State) -> Iterator[Namespace]:
    return (state.namespaces[child] for child in state.namespaces.children.get(parent.id, ()))


def can_enter(state: State, home: NamespaceId) -> bool:
    """Whether any child of a namespace has ``enter on`` declarations: found out once for each tree."""
    tree = state.namespaces
    children = tree.children.get(home)
    if children is None:
        return False
    known = _ENTERED.get(id(tree))
    if known is None:
        while len(_ENTERED) >= TREES:
            _ENTERED.pop(next(iter(_ENTERED)), None)
        known = _ENTERED[id(tree)] = (tree, {})
    found = known[1].get(home)
    if found is None:
        found = known[1][home] = any(tree[child].entry is not None for child in children)
    return found


_ENTERED: Final[dict[int, tuple[NamespaceTree, dict[NamespaceId, bool]]]] = {}
