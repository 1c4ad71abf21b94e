"""The verdict vector of a request, complete: who could be asked, nearest first, and what each said (Model M2.6)."""

from collections.abc import Iterator
from typing import NamedTuple

from nslsm.engine.decision import Judgement, Opinion
from nslsm.hooks.model import HookClass
from nslsm.kernel.state import State
from nslsm.protocol.namespace import Binding, Namespace


class Entry(NamedTuple):
    """One binding in one namespace, and what it answered."""

    namespace: Namespace
    binding: Binding
    opinion: Opinion | None
    """None where it has no rule about the hook, and so was not asked."""
    decides: bool = False
    """Whether this is the denial that is blamed (Model M2.3)."""

    @property
    def inbound(self) -> bool:
        """Whether it was asked because the object is at home there (Model M4.2)."""
        return self.opinion is not None and self.opinion.inbound


def vector(judgement: Judgement, state: State | None) -> tuple[Entry, ...]:
    """All that a request could be asked of: the lineage, each with its bindings in order, then the object's side.

    ``state`` is the one that the request was judged on; without it there are only those who answered. A hook that only
    tells has nobody.
    """
    if judgement.request.hook.hook_class is not HookClass.ACCESS:
        return ()
    return tuple(_entries(judgement, state))


def _entries(judgement: Judgement, state: State | None) -> Iterator[Entry]:
    heard = {(opinion.namespace.id, opinion.binding.name, opinion.inbound): opinion for opinion in judgement.opinions}
    home = judgement.request.subject.home
    if state is not None and home in state.namespaces.members:
        for namespace in state.namespaces.lineage(home):
            for binding in namespace.bindings:
                opinion = heard.pop((namespace.id, binding.name, False), None)
                yield Entry(namespace, binding, opinion, _decides(opinion, judgement))
    for opinion in heard.values():
        yield Entry(opinion.namespace, opinion.binding, opinion, _decides(opinion, judgement))


def _decides(opinion: Opinion | None, judgement: Judgement) -> bool:
    return opinion is not None and opinion == judgement.deciding
