"""Where tasks are, while no policy says what there is: places by number, each of them a namespace of any policy later.

A process is in the place that its maker was in until an execution may have moved it (``enter on``, Model M5.5), or a record
says where it was put. Then it is in a place of its own, and which namespace that is, each policy says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rpds import HashTrieMap

from nslsm.kernel.entering import HOOK
from nslsm.protocol.namespace import Binding, Namespace, NamespaceTree
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceId
from nslsm.protocol.view import View

ROOT_PLACE: Final = 0
"""The root of the policy's tree: where those are of whom nobody knows more."""
START: Final = 1
"""Where the recorded program starts."""


class Filtering:
    """Has something to say when a system call begins, so that the kernel asks; whether a policy has is seen later."""

    name = "columns.filtering"
    digest = origin = "columns.filtering"

    def handles(self, hook: str) -> bool:
        """Whether it is asked: when a system call begins."""
        return hook == HOOK

    def judge(self, request: Request, view: View) -> Answer:
        """Nothing to say."""
        del request, view
        return ABSTAIN

    judge_inbound = judge

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """Nothing to set."""
        del request, view, denied
        return ()

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """Nothing to see."""
        del request, view
        return ()

    observe_inbound = observe


@dataclass(frozen=True, slots=True)
class Anywhere(NamespaceTree):
    """A tree in which every number is a place: they all look like the root, and none is above another."""

    def __getitem__(self, identifier: NamespaceId) -> Namespace:
        return self.members[self.root]

    def lineage(self, identifier: NamespaceId) -> Iterator[Namespace]:
        """The place alone."""
        del identifier
        yield self.members[self.root]


def anywhere() -> Anywhere:
    """A tree of places."""
    root = Namespace(
        id=ROOT_PLACE,
        name="anywhere",
        parent=None,
        path="anywhere",
        depth=0,
        bindings=(Binding(name="filtering", control=Filtering()),),
    )
    return Anywhere(HashTrieMap({ROOT_PLACE: root}))
