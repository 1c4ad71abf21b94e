"""The conjunction as it is decided from plans: the same answers as the reference's (Model L7), without walking the lineage.

Whom the object's side protects (Model M4.2), and whatever breaks, is left to :mod:`nslsm.engine.evaluate`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from nslsm.engine import evaluate
from nslsm.engine.compositions.composition import Composition
from nslsm.engine.compositions.conjunction import CONJUNCTION
from nslsm.engine.decision import Judgement, Observed, Opinion
from nslsm.engine.evaluate import Walk, home_of
from nslsm.engine.plan import Plan, Seat, plan_of
from nslsm.hooks.model import HookClass
from nslsm.kernel.state import State
from nslsm.kernel.view import BindingView
from nslsm.protocol.namespace import Mode
from nslsm.protocol.opinion import Answer, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import File


def _judge(request: Request, state: State, walk: Walk) -> Judgement:
    if request.hook.hook_class is not HookClass.ACCESS:
        return evaluate.judge(request, state, walk)
    plan = plan_of(state.namespaces, request.subject.home, request.hook)
    if _protected(request, plan):
        return evaluate.judge(request, state, walk)
    heard: list[Opinion] = []
    deciding: Opinion | None = None
    for seat in plan.asked:
        if seat.program is None and not evaluate.concerned(seat.binding, request):
            continue
        opinion = Opinion(seat.namespace, seat.binding, _answer(seat, request, state))
        heard.append(opinion)
        if deciding is None and opinion.denies:
            deciding = opinion
            if walk is Walk.SHORT:
                break
    return evaluate.concluded(request, heard, deciding)


def errno_of(request: Request, state: State) -> int | None:
    """The errno of a request that would change nothing, 0 where it is granted; None where it takes a decision to tell.

    That is so where controls in Python have a say, where an answer hangs on unknown facts, and where anything would be set.
    It may raise what a defect raises; then, too, a decision tells.
    """
    plan = plan_of(state.namespaces, request.subject.home, request.hook)
    if request.hook.hook_class is not HookClass.ACCESS or _protected(request, plan):
        return None
    answer = plan.flat.answer or plan.flat.want(plan, request.hook)
    return indirect(request, state, plan) if answer is None else answer(request, state)


def indirect(request: Request, state: State, plan: Plan) -> int | None:
    """The errno, as the controls that have a say answer one by one."""
    errno = 0
    for namespace, binding, program in plan.asked:
        if program is None:
            return None
        answer = program.judge(request, BindingView(state, namespace.id, binding.name))
        stance = answer.stance
        if stance is Stance.ABSTAIN or stance is Stance.ALLOW:
            continue
        if answer.fault or stance is Stance.UNKNOWN:
            return None
        if binding.mode is Mode.ENFORCE:
            errno = int(request.hook.default_errno if answer.errno is None else answer.errno)
            break
    for namespace, binding, program in plan.setters_denied if errno else plan.setters:
        if program is None or program.effects(
            request, BindingView(state, namespace.id, binding.name), denied=bool(errno)
        ):
            return None
    return errno


def _protected(request: Request, plan: Plan) -> bool:
    """Whether the object is at home where the subject's lineage does not reach."""
    if request.object is None or type(request.object) is File:
        return False
    home = home_of(request)
    return home is not None and home not in plan.members


def _answer(seat: Seat, request: Request, state: State) -> Answer:
    if seat.program is None:
        return evaluate.ask(seat.binding, seat.namespace, request, state)
    try:
        return seat.program.judge(request, BindingView(state, seat.namespace.id, seat.binding.name))
    except Exception:  # noqa: BLE001 - it broke: the reference says how
        return evaluate.ask(seat.binding, seat.namespace, request, state)


def _observations(judgement: Judgement, state: State) -> Iterator[Observed]:
    request = judgement.request
    plan = plan_of(state.namespaces, request.subject.home, request.hook)
    if _protected(request, plan):
        yield from evaluate.observations(request, state)
        return
    for seat in plan.observers:
        namespace, binding, program = seat
        if program is None:
            yield from evaluate.observed_by(namespace, binding, request, state, inbound=False)
            continue
        try:
            seen = program.observe(request, BindingView(state, namespace.id, binding.name))
        except Exception:  # noqa: BLE001, S112 - one that breaks sees nothing
            continue
        yield from (Observed(namespace, binding, request, observation) for observation in seen)


FLATTENED: Final = replace(CONJUNCTION, judge=_judge, observations=_observations)
"""What decides as :data:`~nslsm.engine.compositions.conjunction.CONJUNCTION` does."""


def flattened(composition: Composition) -> Composition:
    """What decides as ``composition`` does, as fast as there is something faster."""
    return FLATTENED if composition is CONJUNCTION else composition
