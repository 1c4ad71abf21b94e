"""What a composition is: how the answers of several namespaces become one, and who gets to see what.

The model's own is the conjunction of :mod:`nslsm.engine.evaluate`. The others do what a system that exists does, told in
the model's words; ``docs/guide/compositions.md`` says which of it is fact, from where, and which is reading.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

from nslsm.engine.decision import Judgement, Observed, Opinion, Verdict
from nslsm.engine.evaluate import Walk, ask, concerned, concluded, inbound_bindings, observed_by
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import HookClass
from nslsm.kernel.state import State
from nslsm.protocol.namespace import Binding, Mode, Namespace, NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceId


class Seat(NamedTuple):
    """One binding in one namespace, as one that could be asked or observe; ``inbound``: on the object's side (Model M4.2)."""

    namespace: Namespace
    binding: Binding
    inbound: bool = False


Seating: TypeAlias = Callable[[Request, State], Iterable[Seat]]
"""Who has a say about a request, in the order in which they are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How far a system lets namespaces grow, whatever a policy's own limits say (Model M5.4); None: no bound of its own.

    >>> Capacity(levels=16, errno=Errno.E2BIG).levels
    16
    """

    levels: int | None = None
    """Namespaces below the root, on one lineage."""
    namespaces: int | None = None
    """Namespaces beside the root, all together."""
    controls: int | None = None
    """Controls that take part in one decision; settled when the system starts, so that nothing is refused later."""
    errno: Errno | None = None
    """What making one namespace more comes to."""

    def refusal(self, tree: NamespaceTree, parent: NamespaceId) -> Errno | None:
        """The errno with which making one more namespace in ``parent`` fails; None where there is room."""
        full = self.namespaces is not None and len(tree.members) - 1 >= self.namespaces
        deep = self.levels is not None and tree[parent].depth - tree[tree.root].depth >= self.levels
        return self.errno if full or deep else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """One way in which namespaces decide together; a value, handed to :func:`nslsm.engine.decide.decide`."""

    name: str
    """What ``compare-semantics`` and a kernel call it."""
    about: str
    """What it does, in a line."""
    judge: Callable[[Request, State, Walk], Judgement]
    """The verdict on one request, by whom, with which errno, and who was asked on the way."""
    observations: Callable[[Judgement, State], Iterator[Observed]]
    """What the observing rules of those see who get to see the request."""
    tells_of_denials: bool = False
    """Whether a namespace hears of a denial that is not its own, so that its ``on denied`` rules apply."""
    capacity: Capacity = Capacity()


# What the systems' compositions are put together from


def lineage(request: Request, state: State) -> Iterator[Seat]:
    """The subject's namespace, its parent, … the root; in each its bindings in order."""
    for namespace in state.namespaces.lineage(request.subject.home):
        yield from (Seat(namespace, binding) for binding in namespace.bindings)


def object_side(request: Request, state: State) -> Iterator[Seat]:
    """Those whose ``inbound`` rules protect the object from this subject, nearest the object first (Model M4.2)."""
    yield from (Seat(namespace, binding, True) for namespace, binding in inbound_bindings(request, state))


def hear(seat: Seat, request: Request, state: State) -> Opinion | None:
    """What the binding says; None where it has no rule about the hook and is not asked."""
    if not concerned(seat.binding, request):
        return None
    answer = ask(seat.binding, seat.namespace, request, state, inbound=seat.inbound)
    return Opinion(seat.namespace, seat.binding, answer, seat.inbound)


def hear_all(seats: Iterable[Seat], request: Request, state: State) -> Iterator[Opinion]:
    """What each says of those that are asked, in order; lazily."""
    for seat in seats:
        opinion = hear(seat, request, state)
        if opinion is not None:
            yield opinion


def enforced(opinion: Opinion) -> Opinion:
    """The opinion as one that counts, whatever its binding's mode."""
    return opinion._replace(binding=replace(opinion.binding, mode=Mode.ENFORCE))


ITS_OWN: Final[Callable[[Judgement], Errno | None]] = lambda judgement: judgement.errno  # noqa: E731 - a rule among others
"""The errno of the denial that decides."""


def always(errno: Errno) -> Callable[[Judgement], Errno | None]:
    """One errno for every denial."""
    return lambda _: errno


def first(opinions: Sequence[Opinion]) -> Opinion | None:
    """The first denial that counts."""
    return next((opinion for opinion in opinions if opinion.denies), None)


def last(opinions: Sequence[Opinion]) -> Opinion | None:
    """The last denial that counts."""
    return first(opinions[::-1])


def judging(
    hearing: Callable[[Request, State], Iterable[Opinion]],
    *,
    decides: Callable[[Sequence[Opinion]], Opinion | None],
    errno: Callable[[Judgement], Errno | None] = ITS_OWN,
) -> Callable[[Request, State, Walk], Judgement]:
    """The verdict of those whom ``hearing`` asks. Who is asked is part of the rule, so that both walks are the same one."""

    def judge(request: Request, state: State, walk: Walk) -> Judgement:
        del walk
        if request.hook.hook_class is not HookClass.ACCESS:
            return concluded(request, [], None)
        opinions = list(hearing(request, state))
        judgement = concluded(request, opinions, decides(opinions))
        return replace(judgement, errno=errno(judgement)) if judgement.verdict is Verdict.DENY else judgement

    return judge


def observing(
    witnesses: Callable[[Judgement, State], Iterable[Seat]],
) -> Callable[[Judgement, State], Iterator[Observed]]:
    """What the witnesses of a request see of it."""

    def observations(judgement: Judgement, state: State) -> Iterator[Observed]:
        for seat in witnesses(judgement, state):
            yield from observed_by(seat.namespace, seat.binding, judgement.request, state, inbound=seat.inbound)

    return observations


def those_asked(seating: Seating) -> Callable[[Judgement, State], Iterable[Seat]]:
    """Who was asked gets to see; what nobody is asked about, because the hook only tells, everybody sees."""

    def witnesses(judgement: Judgement, state: State) -> Iterable[Seat]:
        if judgement.request.hook.hook_class is not HookClass.ACCESS:
            return seating(judgement.request, state)
        return (Seat(opinion.namespace, opinion.binding, opinion.inbound) for opinion in judgement.opinions)

    return witnesses
