"""The reference: who is asked, in what order, and what their answers come to (Model M2). Never optimised."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Final, TypeVar

from nslsm.engine.decision import Judgement, Observed, Opinion, Verdict
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import HookClass
from nslsm.hooks.types import Unknown
from nslsm.kernel.state import State
from nslsm.kernel.view import BindingView
from nslsm.protocol.namespace import Binding, Namespace
from nslsm.protocol.opinion import ABSTAIN, Answer, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, NamespaceFacts, NamespaceId, Socket, Task, Thing

T = TypeVar("T")

FAULT_ERRNO: Final = Errno.EACCES
"""What a control that breaks denies with (Model M2.8)."""


class Walk(Enum):
    """Whether to stop at the first denial, or to ask all and keep the verdict vector (Model M2.6)."""

    SHORT = "short"
    FULL = "full"


def judge(request: Request, state: State, walk: Walk) -> Judgement:
    """The verdict on one request: denied if any enforcing binding denies, else granted (Model M2.2).

    A hook that only tells, or whose result is no yes or no, has nobody to ask.
    """
    if request.hook.hook_class is not HookClass.ACCESS:
        return _judgement(request, Verdict.GRANT, None, None, frozenset(), [])
    heard: list[Opinion] = []
    deciding: Opinion | None = None
    for opinion in opinions(request, state):
        heard.append(opinion)
        if opinion.denies and deciding is None:
            deciding = opinion
            if walk is Walk.SHORT:
                break
    return concluded(request, heard, deciding)


def concluded(request: Request, heard: Sequence[Opinion], deciding: Opinion | None) -> Judgement:
    """What the opinions heard come to: a denial that counts beats what is unknown, and what is unknown a grant (Model M2.9)."""
    if deciding is not None:
        errno = request.hook.default_errno if deciding.answer.errno is None else deciding.answer.errno
        return _judgement(request, Verdict.DENY, errno, deciding, frozenset(), heard)
    unknown = frozenset[str]().union(
        *(each.answer.unknown for each in heard if each.enforced and each.answer.stance is Stance.UNKNOWN)
    )
    if unknown:
        return _judgement(request, Verdict.INDETERMINATE, Errno.EACCES, None, unknown, heard)
    return _judgement(request, Verdict.GRANT, None, None, frozenset(), heard)


def opinions(request: Request, state: State) -> Iterator[Opinion]:
    """Ask every binding, nearest namespace first; lazily, so that a caller may stop at any answer (Model M2.2, M4.2)."""
    for namespace in state.namespaces.lineage(request.subject.home):
        for binding in namespace.bindings:
            if concerned(binding, request):
                yield Opinion(namespace, binding, ask(binding, namespace, request, state))
    for namespace, binding in inbound_bindings(request, state):
        if concerned(binding, request):
            yield Opinion(namespace, binding, ask(binding, namespace, request, state, inbound=True), inbound=True)


def concerned(binding: Binding, request: Request) -> bool:
    """Whether the binding is asked about a request: it handles the hook, or breaks where it should say so (Model M2.8)."""
    handled = guarded(lambda: _handles(binding, request))
    return isinstance(handled, Broken) or bool(handled)


def ask(binding: Binding, namespace: Namespace, request: Request, state: State, *, inbound: bool = False) -> Answer:
    """One binding's answer; one that breaks, or answers no answer, has not said yes (Model M2.8)."""
    view = BindingView(state, namespace.id, binding.name)
    judge_it = binding.control.judge_inbound if inbound else binding.control.judge
    answer: object = guarded(
        lambda: judge_it(request, view) if _handles(binding, request) else ABSTAIN
    )  # it may be anything
    if isinstance(answer, Broken):
        return Answer(Stance.DENY, errno=FAULT_ERRNO, fault=answer.why)
    if not isinstance(answer, Answer) or not isinstance(answer.stance, Stance):
        return Answer(Stance.DENY, errno=FAULT_ERRNO, fault=f"answered {type(answer).__name__}, which is no answer")
    if answer.stance is Stance.UNKNOWN and not answer.unknown:
        return Answer(Stance.DENY, errno=FAULT_ERRNO, fault="an unknown that names no fact")
    return answer


class Broken(str):
    """What a control raised instead of answering."""

    __slots__ = ()

    @property
    def why(self) -> str:
        """The exception, by its type and message."""
        return str(self)


def guarded(question: Callable[[], T]) -> T | Broken:
    """The control's answer to ``question``, or how it broke. Only what is no ``Exception`` (an interrupt) passes."""
    try:
        return question()
    except Exception as broken:  # noqa: BLE001 -- whatever it is, it was no yes
        return Broken(f"{type(broken).__name__}: {broken}")


def inbound_bindings(request: Request, state: State) -> Iterator[tuple[Namespace, Binding]]:
    """The bindings whose ``inbound`` rules are asked, nearest the object first (Model M4.2).

    They are those on the lineage of the object's home below the common ancestor with the subject. Against a subject in a
    proper ancestor of the home, only what that ancestor, or one above it, has bound counts.
    """
    home = home_of(request)
    if home is None or home not in state.namespaces.members:
        return
    subject_lineage = [namespace.id for namespace in state.namespaces.lineage(request.subject.home)]
    if home in subject_lineage:
        return
    subject_is_above = state.namespaces.contains(request.subject.home, home)
    for namespace in state.namespaces.lineage(home):
        if namespace.id in subject_lineage:
            return
        for binding in namespace.bindings:
            if not subject_is_above or binding.maker in subject_lineage:
                yield namespace, binding


def home_of(request: Request) -> NamespaceId | None:
    """The namespace that the request's object is at home in; None for files and for what belongs to no task."""
    thing = request.object
    if isinstance(thing, Task | Socket | Thing):
        return thing.home
    if thing is None or isinstance(thing, File | NamespaceFacts | Unknown):
        return None
    return None


def observations(request: Request, state: State) -> Iterator[Observed]:
    """What the observing rules of every level see, whatever the verdict and whoever denied (Model M2.7)."""
    for namespace in state.namespaces.lineage(request.subject.home):
        for binding in namespace.bindings:
            yield from observed_by(namespace, binding, request, state, inbound=False)
    for namespace, binding in inbound_bindings(request, state):
        yield from observed_by(namespace, binding, request, state, inbound=True)


def observed_by(
    namespace: Namespace, binding: Binding, request: Request, state: State, *, inbound: bool
) -> Iterator[Observed]:
    """What one binding's observing rules see; one that breaks sees nothing."""
    view = BindingView(state, namespace.id, binding.name)
    observe = binding.control.observe_inbound if inbound else binding.control.observe
    seen: object = guarded(lambda: observe(request, view) if _handles(binding, request) else ())
    if isinstance(seen, tuple) and all(isinstance(each, Observation) for each in seen):
        yield from (Observed(namespace, binding, request, observation) for observation in seen)


def _handles(binding: Binding, request: Request) -> bool:
    return binding.control.handles(request.hook.name)


def _judgement(
    request: Request,
    verdict: Verdict,
    errno: Errno | None,
    deciding: Opinion | None,
    unknown: frozenset[str],
    heard: Sequence[Opinion],
) -> Judgement:
    return Judgement(
        request=request, verdict=verdict, errno=errno, deciding=deciding, unknown=unknown, opinions=tuple(heard)
    )
