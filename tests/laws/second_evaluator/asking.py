"""Who is asked about a request, what each answers, and what the answers come to (Model M2, M4.2)."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.kernel.state import State
from nslsm.kernel.view import BindingView
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Mode, Namespace
from nslsm.protocol.opinion import Answer, Assignment, Observation, Stance
from nslsm.protocol.request import Request
from tests.laws.second_evaluator import program
from tests.laws.second_evaluator.result import DENY, GRANT, INDETERMINATE, Ruling, Sighting, Voice
from tests.laws.second_evaluator.scene import Scene, ancestors, home_of

FAULT = Errno.EACCES
"""What a control that breaks is taken to have said (M2.8)."""


DOUBT = Errno.EACCES
"""What the caller gets where a verdict hangs on unknown facts (M2.9)."""


class Broke(Exception):
    """A control raised something, or answered what is no answer."""


class Seat(NamedTuple):
    """A binding that is asked, and whether for its inbound rules."""

    namespace: Namespace
    binding: Binding
    inbound: bool

    @property
    def enforces(self) -> bool:
        """Whether its denials count (M2.5)."""
        return self.binding.mode is Mode.ENFORCE


def seats(request: Request, state: State) -> list[Seat]:
    """The subject's lineage, nearest first, each with its bindings in order (M2.2); then those asked for inbound rules (M4.2).

    A control is asked about the hooks that it handles (M1, Control): others have no place in the vector. Whether one in Python
    handles a hook is a question that it may break at.
    """
    return [seat for seat in _all_seats(request, state) if _handles(seat.binding, request.hook.name)]


def _handles(binding: Binding, hook: str) -> bool:
    compiled = getattr(binding.control, "program", None)
    if isinstance(compiled, ir.Control):
        return program.speaks_of(compiled, hook)
    try:
        return bool(_guarded(lambda: binding.control.handles(hook)))
    except Broke:
        return True


def _all_seats(request: Request, state: State) -> list[Seat]:
    members = state.namespaces.members
    lineage = ancestors(state, request.subject.credentials.namespace)
    return [
        *(Seat(members[number], binding, inbound=False) for number in lineage for binding in members[number].bindings),
        *_inbound_seats(request, state, lineage),
    ]


def _inbound_seats(request: Request, state: State, lineage: list[int]) -> Iterator[Seat]:
    """Namespaces on the home's lineage below the common ancestor, nearest the object first (M4.2).

    Where the subject is in a proper ancestor of the object's home, only what that ancestor, or one above it, has bound counts.
    """
    home = home_of(request.object)
    if home is None or home in lineage:
        return
    around = ancestors(state, home)
    subject_in = lineage[0]
    for number in around:
        if number in lineage:
            return
        for binding in state.namespaces.members[number].bindings:
            if subject_in not in around or binding.maker in lineage:
                yield Seat(state.namespaces.members[number], binding, inbound=True)


def _scene(seat: Seat, request: Request, state: State) -> Scene | None:
    """The scene for a compiled control; None for one in Python."""
    compiled = getattr(seat.binding.control, "program", None)
    if not isinstance(compiled, ir.Control):
        return None
    return Scene(state, seat.namespace, seat.binding.name, compiled, compiled.tables, request)


def _guarded(question: Callable[[], object]) -> object:
    """What a control in Python says; :class:`Broke` whatever way it breaks (M2.8)."""
    try:
        return question()
    except Exception as error:
        raise Broke from error


def voice(seat: Seat, request: Request, state: State) -> Voice:
    """What the binding answers; one that breaks denies, and is marked (M2.8)."""
    try:
        found = _answer(seat, request, state)
    except Broke:
        found = Answer(Stance.DENY, errno=FAULT, fault="it broke")
    return Voice(
        seat.namespace.id,
        seat.binding.name,
        seat.inbound,
        found.stance.value,
        found.rule,
        found.errno,
        "" if found.fault else found.because,
        found.unknown,
        bool(found.fault),
    )


def _answer(seat: Seat, request: Request, state: State) -> Answer:
    scene = _scene(seat, request, state)
    if scene is not None:
        return program.answer(scene.program, scene, inbound=seat.inbound)
    control, view = seat.binding.control, BindingView(state, seat.namespace.id, seat.binding.name)
    if not _guarded(lambda: control.handles(request.hook.name)):
        return Answer(Stance.ABSTAIN)
    asked = control.judge_inbound if seat.inbound else control.judge
    found = _guarded(lambda: asked(request, view))
    if not isinstance(found, Answer):
        raise Broke
    return found


def ruling(request: Request, state: State) -> Ruling:
    """The conjunction: denied if any enforcing binding denies, else unknown if any does not know, else granted (M2.2, M2.9).

    Errno and blame are the nearest enforcing denial's, and the default errno is the hook's (M2.3). Complaints count for
    nothing here, and neither do faults and doubts of those who complain (M2.5).
    """
    heard = [(seat, voice(seat, request, state)) for seat in seats(request, state)]
    counting = [said for seat, said in heard if seat.enforces]
    denials = [said for said in counting if said.stance == "deny"]
    doubts = [said.unknown for said in counting if said.stance == "unknown"]
    verdict = DENY if denials else INDETERMINATE if doubts else GRANT
    errno = DOUBT if verdict == INDETERMINATE else None
    if denials:
        errno = denials[0].errno if denials[0].errno is not None else request.hook.default_errno
    return Ruling(
        request.hook.name,
        request.consequence.value,
        verdict,
        errno,
        denials[0] if denials else None,
        frozenset().union(*doubts) if verdict == INDETERMINATE else frozenset(),
        tuple(said for _, said in heard),
    )


def sightings(seat: Seat, request: Request, state: State) -> list[Sighting]:
    """What a binding's observing rules see, whatever the verdict (M2.7); :class:`Broke` where it breaks."""
    return [
        Sighting(seat.namespace.id, seat.binding.name, request.hook.name, *seen)
        for seen in _observed(seat, request, state)
    ]


def _observed(seat: Seat, request: Request, state: State) -> tuple[Observation, ...]:
    scene = _scene(seat, request, state)
    if scene is not None:
        return tuple(program.observations(scene.program, scene, inbound=seat.inbound))
    control, view = seat.binding.control, BindingView(state, seat.namespace.id, seat.binding.name)
    asked = control.observe_inbound if seat.inbound else control.observe
    found = _guarded(lambda: asked(request, view) if control.handles(request.hook.name) else ())
    if not isinstance(found, tuple) or not all(isinstance(each, Observation) for each in found):
        raise Broke
    return found


def assigned(seat: Seat, request: Request, state: State, *, denied: bool) -> tuple[Assignment, ...]:
    """What a binding wants to set; :class:`Broke` where it breaks."""
    scene = _scene(seat, request, state)
    if scene is not None:
        return tuple(program.assignments(scene.program, scene, denied=denied))
    control, view = seat.binding.control, BindingView(state, seat.namespace.id, seat.binding.name)
    if not _guarded(lambda: control.handles(request.hook.name)):
        return ()
    found = _guarded(lambda: control.effects(request, view, denied=denied))
    if not isinstance(found, tuple) or not all(isinstance(each, Assignment) for each in found):
        raise Broke
    return found
