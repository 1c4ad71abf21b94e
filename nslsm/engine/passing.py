"""Events that go ahead without anybody objecting and without anything being set: most of what tasks do.

Of such an event it is enough to know that it does, and the state after. Whoever wants to see who was asked decides it
(:func:`nslsm.engine.decide.decide`) on the state before, then or later: the answer is the same (Model L7).
"""

from collections.abc import Sequence
from typing import NamedTuple

from nslsm.engine.flattened import errno_of
from nslsm.engine.placement import can_enter
from nslsm.engine.plan import plan_of
from nslsm.hooks.model import HookClass
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.state import State
from nslsm.kernel.view import BindingView
from nslsm.protocol.request import Request
from nslsm.protocol.things import File


class Passed(NamedTuple):
    """An event that was granted, and what it left."""

    state: State
    result: int
    asked: Sequence[Request]
    """What was asked before it went ahead."""


def passed(state: State, steps: Steps) -> Passed | Steps:
    """What came of an event, where it is granted, sets nothing and moves nobody; else the event, still to be decided.

    Whoever has a say by :data:`nslsm.engine.flattened.FLATTENED` is asked. An event that comes back is to be decided
    in place of ``steps``: it raises again what was raised so far.
    """
    asked: list[Request] = []
    try:
        request = next(steps)
        while True:
            asked.append(request)
            if not _is_granted(request, state):
                return _from_the_beginning(asked, steps)
            request = steps.send(True)
    except StopIteration as done:
        outcome: Outcome = done.value
        after = outcome.state
        if outcome.errno is None and (outcome.entering is None or not can_enter(state, outcome.entering.subject.home)):
            told = outcome.notify(after) if outcome.notify is not None else ()
            if all(_is_granted(each, after) for each in told):
                return Passed(after, outcome.result, asked)
        return _from_the_beginning(asked, steps, outcome)


def _is_granted(request: Request, state: State) -> bool:
    """Whether a request is granted for certain, and nothing would be set then."""
    hook = request.hook
    plan = plan_of(state.namespaces, request.subject.credentials.namespace, hook)
    if not plan.asked and (request.object is None or type(request.object) is File):
        return True  # nobody on the lineage, and of files nobody beside it
    if hook.hook_class is HookClass.ACCESS:
        try:
            return errno_of(request, state) == 0
        except Exception:  # noqa: BLE001 - it broke: whoever decides says how
            return False
    if any(seat.program is None for seat in plan.asked):
        return False
    try:
        return not any(
            seat.program.effects(request, BindingView(state, seat.namespace.id, seat.binding.name), denied=False)
            for seat in plan.setters
            if seat.program is not None
        )
    except Exception:  # noqa: BLE001 - as above
        return False


def _from_the_beginning(asked: Sequence[Request], steps: Steps, outcome: Outcome | None = None) -> Steps:
    """An event that raises again what was ``asked`` and granted, and then goes on, or comes to ``outcome``.

    Of the last that was asked nobody knows yet how it is answered, unless there is an outcome.
    """
    granted = True
    for request in asked:
        granted = yield request
    if outcome is not None:
        return outcome
    try:
        while True:
            granted = yield steps.send(granted)
    except StopIteration as done:
        found: Outcome = done.value
        return found
    finally:
        steps.close()
