"""What attributes become: computed on the state before, committed all at once or not at all (Model M3.2)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import NamedTuple, cast

from rpds import HashTrieMap

from nslsm.controls.policy import PolicyControl
from nslsm.engine.decision import Change, Judgement, Opinion, Verdict
from nslsm.engine.evaluate import FAULT_ERRNO, Broken, concerned, guarded
from nslsm.engine.plan import plan_of
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.state import CellKey, CellsOfThing, State
from nslsm.kernel.view import BindingView
from nslsm.protocol.namespace import Binding, Namespace
from nslsm.protocol.opinion import Answer, Assignment, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Identity, Value


class Proposal(NamedTuple):
    """One assignment that one binding asks for."""

    namespace: Namespace
    binding: Binding
    assignment: Assignment


class Effects(NamedTuple):
    """What an event would set, and the bindings whose effects cannot be had."""

    changes: tuple[Change, ...]
    faults: tuple[Opinion, ...]


def effects_of(judgements: Iterable[Judgement], verdict: Verdict, state: State) -> Effects:
    """The effects of an event that came to ``verdict``: of ``on`` rules where it is granted, of ``on denied`` where not.

    No ``on`` rule runs for a request that was itself dropped. What an indeterminate event may set becomes unknown
    (Model M3.4): by ``on`` rules, and by ``on denied`` rules where a control may have denied it, not where the doubt is about
    the kernel's own refusal.
    """
    judged = tuple(judgements)
    proposals: list[Proposal] = []
    faults: list[Opinion] = []
    outcomes = (False, True) if any(_may_deny(judgement) for judgement in judged) else (False,)
    for judgement in judged:
        unsure = Verdict.INDETERMINATE in (verdict, judgement.verdict) and verdict is not Verdict.DENY
        for denied in outcomes if verdict is Verdict.INDETERMINATE else (verdict is Verdict.DENY,):
            if judgement.verdict is Verdict.DENY and not denied:
                continue
            for proposal in _proposed(judgement.request, state, denied=denied):
                if isinstance(proposal, Opinion):
                    faults.append(proposal)
                elif unsure:
                    blurred = proposal.assignment._replace(value=UNKNOWN)
                    proposals.append(proposal._replace(assignment=blurred))
                else:
                    proposals.append(proposal)
    return _joined(proposals, faults)


def _may_deny(judgement: Judgement) -> bool:
    """Whether it hangs on unknown facts that a control denies the event."""
    return judgement.verdict is Verdict.INDETERMINATE and judgement.request.consequence is Consequence.FATAL


def _proposed(request: Request, state: State, *, denied: bool) -> Iterator[Proposal | Opinion]:
    plan = plan_of(state.namespaces, request.subject.home, request.hook)
    for namespace, binding, program in plan.setters_denied if denied else plan.setters:
        assignments: tuple[Assignment, ...] | Broken | None = (
            None if program is None else _of_program(program, namespace, binding, request, state, denied=denied)
        )
        if assignments is None:
            if not concerned(binding, request):
                continue
            assignments = _assignments(binding, namespace, request, state, denied=denied)
        if isinstance(assignments, Broken):
            yield fault(namespace, binding, assignments.why)
            continue
        yield from (Proposal(namespace, binding, assignment) for assignment in assignments)


def _of_program(
    program: PolicyControl, namespace: Namespace, binding: Binding, request: Request, state: State, *, denied: bool
) -> tuple[Assignment, ...] | None:
    """What a control of the language sets; None where it breaks."""
    try:
        return program.effects(request, BindingView(state, namespace.id, binding.name), denied=denied)
    except Exception:  # noqa: BLE001 - it is asked again, guarded
        return None


def _assignments(
    binding: Binding, namespace: Namespace, request: Request, state: State, *, denied: bool
) -> tuple[Assignment, ...] | Broken:
    view = BindingView(state, namespace.id, binding.name)
    control = binding.control
    found: object = guarded(
        lambda: control.effects(request, view, denied=denied) if control.handles(request.hook.name) else ()
    )
    if isinstance(found, Broken):
        return found
    if not isinstance(found, tuple) or not all(isinstance(each, Assignment) for each in found):
        return Broken(f"effects are {type(found).__name__}, which is no tuple of assignments")
    return found


def fault(namespace: Namespace, binding: Binding, why: str, errno: Errno = FAULT_ERRNO) -> Opinion:
    """The opinion of a binding that broke: a denial, if it enforces (Model M2.8)."""
    return Opinion(namespace, binding, Answer(Stance.DENY, errno=errno, fault=why))


def _joined(proposals: list[Proposal], faults: list[Opinion]) -> Effects:
    by_cell: dict[tuple[int, str, str, Identity], list[Proposal]] = {}
    for proposal in proposals:
        assignment = proposal.assignment
        key = (proposal.namespace.id, proposal.binding.name, assignment.attribute, assignment.thing)
        by_cell.setdefault(key, []).append(proposal)
    changes = []
    for group in by_cell.values():
        namespace, binding, assignment = group[0]
        values = [proposal.assignment.value for proposal in group]
        made = guarded(lambda: joined(values, assignment.join, assignment.order))  # noqa: B023 - called at once
        value = None if isinstance(made, Broken) else made
        if value is None:
            why = (
                made.why if isinstance(made, Broken) else f"one event sets `{assignment.attribute}` to different values"
            )
            faults.append(fault(namespace, binding, why))
            value = UNKNOWN
        if isinstance(value, frozenset) and len(value) > namespace.limits.set_size:
            why = f"`{assignment.attribute}` would have {len(value)} elements; the limit set_size is "
            faults.append(fault(namespace, binding, f"{why}{namespace.limits.set_size}", Errno.ENOSPC))
            value = UNKNOWN
        rule = assignment.rule
        changes.append(Change(namespace, binding, assignment.attribute, assignment.thing, value, rule))
    return Effects(tuple(changes), tuple(faults))


def joined(
    values: list[Value | Unknown], join: str | Callable[[Value, Value], Value] | None, order: tuple[str, ...] = ()
) -> Value | Unknown | None:
    """The one value that an event's several make; None where they differ and no join is declared (Model M3.2).

    >>> joined([3, 1], "min"), joined([3, 1], None), joined([True, UNKNOWN], "or")
    (1, None, UNKNOWN)
    """
    known = [value for value in values if not isinstance(value, Unknown)]
    if len(known) < len(values):
        return UNKNOWN
    if all(value == known[0] for value in known):
        return known[0]
    if callable(join):
        return reduce(join, known)
    match join:
        case "first":
            return known[0]
        case "last":
            return known[-1]
        case "or":
            return any(known)
        case "and":
            return all(known)
        case "min" | "max":
            pick = min if join == "min" else max
            return pick(known, key=lambda value: order.index(str(value)) if order else cast("int", value))
        case "union":
            return reduce(lambda a, b: a | b, (cast("frozenset[Value]", value) for value in known))
    return None


def committed(state: State, changes: Iterable[Change], rekeyed: Mapping[Identity, Identity | None]) -> State:
    """The state with ``changes`` made. Attributes of what the event renamed go with it, of what it ended are dropped.

    So are those of a process that was to be and is not: who next has its number is another (Model M3.3).
    """
    cells = state.cells
    for change in changes:
        thing = rekeyed.get(change.thing, change.thing)
        if thing is None or _never_began(thing, state):
            continue
        of_thing: CellsOfThing = cells.get(thing, HashTrieMap())
        key = CellKey(change.namespace.id, change.binding.name, change.attribute)
        value = cast("Value | Unknown", change.value)
        before = of_thing.get(key)
        if before is not value and (before != value or type(before) is not type(value)):
            cells = cells.insert(thing, of_thing.insert(key, value))
    return state if cells is state.cells else replace(state, cells=cells)


def _never_began(thing: Identity, state: State) -> bool:
    return thing.kind == "task" and len(state.processes) > 0 and thing.name not in state.processes
