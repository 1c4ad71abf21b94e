"""From an operation to its handler: a system call begins (ADR 0008)."""

from collections.abc import Callable, Sequence

from nslsm.kernel.context import Asking, Context
from nslsm.kernel.entering import entered, is_filtered
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.operations import Operation, Quiet
from nslsm.kernel.refusal import Refused
from nslsm.kernel.requests import hooks_in
from nslsm.kernel.restricted import refused_at
from nslsm.kernel.state import State, seen_by
from nslsm.kernel.syscalls import HANDLERS, Handler
from nslsm.protocol.request import Request


def begin(context: Context, operation: Operation, call: str = "") -> Steps:
    """The steps of one system call: yields the hook requests that the kernel ``context.profile`` raises, and their outcome.

    ``call`` is the system call's name in a recording. KeyError where the task that calls is not in the state.
    """
    seen = seen_by(context.state, context.pid)
    if seen is not context.state:
        context = context.on(seen)
    return _steps(context, operation, HANDLERS[type(operation)], call)


def begin_silent(context: Context, call: str) -> Steps:
    """The steps of a recorded call that raises no hook of Linux's: only a filter of system calls is asked about it."""
    yield from entered(context, Quiet(call), call)
    return Outcome(context.state)


def _steps(context: Context, operation: Operation, handler: Handler, call: str) -> Steps:
    if is_filtered(context):
        yield from entered(context, operation, call)
    outcome = yield from _heard(context, handler(context, operation))
    if outcome.errno is None or context.recorded is None or context.recorded.failed:
        return outcome
    truth = _unheard(handler(context, operation))
    if truth is None:
        return outcome
    return truth._replace(refusal=outcome.errno, reason=outcome.reason, unknown=outcome.unknown)


def _heard(context: Context, steps: Steps) -> Asking[Outcome]:
    """The outcome of a handler, its requests raised as far as the kernel has their hooks, its refusals as outcomes."""
    present = hooks_in(context.profile)
    restricted = context.thread.restricted and context.recorded is not None
    try:
        request = next(steps)
        while True:
            granted = (yield request) if request.hook.name in present else True
            ended = refused_at(context, request) if restricted else None
            request = steps.send(granted) if ended is None else steps.throw(Refused(ended, "as recorded"))
    except StopIteration as done:
        outcome: Outcome = done.value
        notify = outcome.notify
        return outcome if notify is None else outcome._replace(notify=_present_only(notify, present))
    except Refused as refused:
        return Outcome(context.state, errno=refused.errno, reason=refused.reason, unknown=refused.unknown)


def _present_only(
    notify: Callable[[State], Sequence[Request]], present: frozenset[str]
) -> Callable[[State], Sequence[Request]]:
    return lambda state: [request for request in notify(state) if request.hook.name in present]


def _unheard(steps: Steps) -> Outcome | None:
    """What a recording shows to have happened, whatever was answered; None where the kernel refuses all the same.

    That is so of calls that no recorded kernel has: a namespace is made by our own rules.
    """
    try:
        next(steps)
        while True:
            steps.send(True)
    except StopIteration as done:
        outcome: Outcome = done.value
        return outcome
    except Refused:
        return None
