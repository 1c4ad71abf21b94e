"""One event from its first request to the state after it (Model M2.4, M3.2, M5.5, M6.3)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from rpds import HashTrieMap

from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, HookClass
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.state import CellKey, State
from nslsm.protocol.request import Request
from nslsm.protocol.things import Identity
from tests.laws.second_evaluator import effects
from tests.laws.second_evaluator.asking import DOUBT, Broke, Seat, ruling, seats, sightings, voice
from tests.laws.second_evaluator.effects import Occasion
from tests.laws.second_evaluator.placement import STAYS, Placed, placed
from tests.laws.second_evaluator.result import (
    DENY,
    GRANT,
    INDETERMINATE,
    KERNEL,
    Cells,
    Result,
    Ruling,
    Setting,
    Shift,
    Sighting,
    Voice,
)

UNASKED = Ruling("", Consequence.FATAL.value, GRANT, None, None, frozenset(), ())
"""Of a hook that tells: nobody's answer counts there."""

Blame = Voice | str | None


@dataclass
class Hearing:
    """What has been heard of an event, and what it comes to so far."""

    state: State
    happened: bool
    heard: list[tuple[Request, Ruling]] = field(default_factory=list)
    seen: list[Sighting] = field(default_factory=list)
    broken: list[Seat] = field(default_factory=list)
    """Whoever broke, whatever it was asked, complaining ones too (M2.8, M2.5)."""
    outcome: Outcome | None = None
    """What the kernel makes of it; None where a control has ended it, and no recording tells."""
    verdict: int = GRANT
    errno: Errno | None = None
    blame: Blame = None
    unknown: frozenset[str] = frozenset()
    kernel_doubts: bool = False
    """The kernel refuses, but only as long as a probe or a fact is unknown."""

    def ask(self, request: Request) -> Ruling:
        """Judge a request on the state before the event (M2.4), and observe it (M2.7)."""
        if request.hook.hook_class is not HookClass.ACCESS:
            ruled = UNASKED._replace(hook=request.hook.name, consequence=request.consequence.value)
            self.heard.append((request, ruled))
            self.observe(request, self.state)
            return ruled
        ruled = ruling(request, self.state)
        self.heard.append((request, ruled))
        self.broken += [seat for seat in seats(request, self.state) if voice(seat, request, self.state).broke]
        self.observe(request, self.state)
        return ruled

    def observe(self, request: Request, state: State) -> None:
        """What observing rules see of a request; one that breaks sees nothing, and is no part of the verdict (M2.7)."""
        for seat in seats(request, state):
            with suppress(Broke):
                self.seen += sightings(seat, request, state)

    def denied(self, errno: Errno | None, blame: Blame) -> None:
        """The event is denied for certain."""
        self.verdict, self.errno, self.blame, self.unknown = DENY, errno, blame, frozenset()

    def doubted(self, names: frozenset[str]) -> None:
        """The event hangs on unknown facts: all of them are named (M2.9)."""
        self.verdict, self.errno, self.unknown = INDETERMINATE, DOUBT, self.unknown | names

    @property
    def by_control(self) -> bool:
        """Whether a control denied it."""
        return self.verdict == DENY and self.blame != KERNEL

    @property
    def took_place(self) -> bool:
        """Whether the kernel's state is to follow: granted, or recorded (M6.3)."""
        return self.outcome is not None and self.outcome.errno is None and (self.happened or self.verdict == GRANT)


def second_opinion(state: State, steps: Steps, *, happened: bool = False) -> Result:
    """What comes of the event that ``steps`` raises. ``happened``: it is from a recording (M6.3)."""
    hearing = Hearing(state, happened)
    _raise_requests(hearing, steps)
    _hear_the_kernel(hearing)
    place = _place(hearing)
    set_now = _set(hearing)
    after, cells = _after(hearing, place, set_now)
    told_set, told_cells = _tell(hearing, after, cells)
    return Result(
        hearing.verdict,
        hearing.errno,
        hearing.blame,
        tuple(sorted(hearing.unknown)),
        tuple(ruled for _, ruled in hearing.heard),
        tuple(hearing.seen),
        (*set_now, *told_set),
        _shifts(hearing, place),
        frozenset((seat.namespace.id, seat.binding.name) for seat in hearing.broken),
        hearing.outcome.result if hearing.outcome is not None and hearing.took_place else 0,
        told_cells,
        {pid: task.credentials.namespace for pid, task in after.tasks.items()},
    )


def _raise_requests(hearing: Hearing, steps: Steps) -> None:
    """The requests in order, until a fatal one is denied (M2.4); then, of a recorded event, unheard to its end (ADR 0008)."""
    try:
        request = next(steps)
        while True:
            ruled = hearing.ask(request)
            fatal = request.consequence is Consequence.FATAL
            if fatal and ruled.verdict == DENY:
                hearing.denied(ruled.errno, ruled.deciding)
                break
            if fatal and ruled.verdict == INDETERMINATE:
                hearing.doubted(ruled.unknown)
            request = steps.send(ruled.verdict == GRANT)
        while hearing.happened:
            steps.send(True)
        steps.close()
    except StopIteration as done:
        hearing.outcome = done.value


def _hear_the_kernel(hearing: Hearing) -> None:
    """What the kernel refuses by itself is to its own blame (M2.1); not for certain where it was told of a probe that hangs on
    unknown facts, or where its own check does (ADR 0002).

    An error that a recording shows is no refusal of ours; what counts there is how the kernel would have answered (M6.3).
    """
    outcome = hearing.outcome
    if outcome is None or hearing.verdict == DENY:
        return
    errno = outcome.refusal if hearing.happened else outcome.errno
    if errno is None:
        return
    probes = [ruled.unknown for _, ruled in hearing.heard if _is_unsure_probe(ruled)]
    names = frozenset().union(outcome.unknown, *probes)
    if probes or outcome.unknown:
        hearing.kernel_doubts = hearing.verdict == GRANT
        hearing.doubted(names)
    else:
        hearing.denied(errno, KERNEL)


def _is_unsure_probe(ruled: Ruling) -> bool:
    return ruled.consequence == Consequence.PROBE.value and ruled.verdict == INDETERMINATE


def _place(hearing: Hearing) -> Placed:
    """Where ``enter on`` moves the process; a move that is refused denies the event (M5.5), a recorded one too (M6.3).

    After a denial no request is raised any more (M2.4): what the lineage would say of a counterfactual move is off the record.
    """
    outcome = hearing.outcome
    if outcome is None or outcome.entering is None or outcome.errno is not None:
        return STAYS
    if hearing.verdict == DENY and not hearing.happened:
        return STAYS
    place = placed(outcome.entering, hearing.state)
    if hearing.verdict == DENY:
        verdicts = [ruling(request, hearing.state).verdict for request in place.asked]
        return place._replace(refused=any(verdict != GRANT for verdict in verdicts))
    for request in place.asked:
        ruled = hearing.ask(request)
        place = place._replace(refused=place.refused or ruled.verdict != GRANT)
        if ruled.verdict == INDETERMINATE:
            hearing.doubted(ruled.unknown)
        if ruled.verdict == DENY:
            hearing.denied(ruled.errno, ruled.deciding)
            break
    return place


def _set(hearing: Hearing) -> tuple[Setting, ...]:
    """What is set. A fault in the effects of an enforcing binding denies the event before anything is committed (ADR 0011).

    It is a denial like any other: certain although the rest may not be, as nothing could be granted (M2.9).
    """
    occasions = _occasions(hearing)
    if any(not occasion.denied for occasion in occasions):
        heard = [(request, _if_granted(ruled)) for request, ruled in hearing.heard]
        faults = effects.settled(heard, [Occasion(denied=False, certain=True)], hearing.state).faults
        fatal = next((fault for fault in faults if fault.seat.enforces), None)
        if fatal is not None:
            seat = fatal.seat
            blame = Voice(seat.namespace.id, seat.binding.name, False, "deny", "", fatal.errno, "", frozenset(), True)
            hearing.broken += [fault.seat for fault in faults]
            hearing.denied(fatal.errno, blame)
    found = effects.settled(hearing.heard, _occasions(hearing), hearing.state)
    hearing.broken += [fault.seat for fault in found.faults]
    return found.settings


def _if_granted(ruled: Ruling) -> Ruling:
    """The ruling if the event should turn out to be granted: then this request was."""
    doubted = ruled.verdict == INDETERMINATE and ruled.consequence == Consequence.FATAL.value
    return ruled._replace(verdict=GRANT) if doubted else ruled


def _occasions(hearing: Hearing) -> list[Occasion]:
    """``on`` rules where controls granted it and it went ahead; ``on denied`` rules where a control denied it (ADR 0011).

    An event that is indeterminate may be the one or the other: what either would set becomes unknown (M3.4). Where it is the
    kernel's refusal that is in doubt, no control may have denied it.
    """
    if hearing.by_control:
        return [Occasion(denied=True, certain=True)]
    if hearing.verdict == DENY or hearing.outcome is None or (hearing.happened and hearing.outcome.errno is not None):
        return []
    if hearing.verdict == GRANT:
        return [Occasion(denied=False, certain=True)]
    if hearing.kernel_doubts:
        return [Occasion(denied=False, certain=False)]
    return [Occasion(denied=False, certain=False), Occasion(denied=True, certain=False)]


def _after(hearing: Hearing, place: Placed, settings: Sequence[Setting]) -> tuple[State, Cells]:
    """The kernel's state where the event took place, else the one before; the cells that were set upon it (M3.2)."""
    outcome, state = hearing.outcome, hearing.state
    rekeyed: Mapping[Identity, Identity | None] = {}
    if hearing.took_place:
        assert outcome is not None
        state, rekeyed = outcome.state, outcome.rekeyed
        if place.target is not None and not place.refused and outcome.entering is not None:
            state = _moved(state, outcome.entering.subject.tgid, place.target.id)
    cells: Cells = {(thing, key): held[key] for thing, held in state.cells.items() for key in held}
    for each in settings:
        thing = rekeyed.get(each.thing, each.thing)
        if thing is not None and not _was_to_be(thing, state):
            cells[thing, CellKey(each.namespace, each.binding, each.attribute)] = each.value
    return state, cells


def _was_to_be(thing: Identity, state: State) -> bool:
    """Whether it is a child that was not made in the end: there is nothing to keep attributes with (M3.3)."""
    return thing.kind == "task" and len(state.processes) > 0 and thing.name not in state.processes


def _moved(state: State, process: int, namespace: int) -> State:
    """The process in the namespace, all its threads (M5.1, M5.5)."""
    tasks = state.tasks
    for pid, task in state.tasks.items():
        if task.tgid == process:
            tasks = tasks.insert(pid, replace(task, credentials=replace(task.credentials, namespace=namespace)))
    return replace(state, tasks=tasks)


def _shifts(hearing: Hearing, place: Placed) -> tuple[Shift, ...]:
    """What became of the move (M5.5); made although the event was not granted, it is counterfactual (M6.3)."""
    outcome = hearing.outcome
    if outcome is None or outcome.entering is None or not hearing.took_place:
        return ()
    here: int = outcome.entering.subject.credentials.namespace
    found = []
    if place.target is not None and place.refused:
        found.append(Shift(here, None, counterfactual=False, refused=True))
    elif place.target is not None:
        found.append(Shift(here, place.target.id, counterfactual=hearing.verdict != GRANT, refused=False))
        here = place.target.id
    if place.unknown and not place.refused:
        found.append(Shift(here, None, counterfactual=False, refused=False))
    return tuple(found)


def _tell(hearing: Hearing, after: State, cells: Cells) -> tuple[tuple[Setting, ...], Cells]:
    """The hooks that tell of what has happened: in the new lineage, on the state after (M5.5).

    They ask nobody (M1, Hook), and are not raised after a denial (M2.4). What they set follows the verdict (M3.4).
    """
    outcome = hearing.outcome
    if outcome is None or outcome.notify is None or not hearing.took_place or hearing.verdict == DENY:
        return (), cells
    now = replace(after, cells=_packed(cells))
    told = [(request, UNASKED._replace(hook=request.hook.name)) for request in outcome.notify(now)]
    hearing.heard += told
    for request, _ in told:
        hearing.observe(request, now)
    found = effects.settled(told, [Occasion(denied=False, certain=hearing.verdict == GRANT)], now)
    hearing.broken += [fault.seat for fault in found.faults]
    set_now = {
        (each.thing, CellKey(each.namespace, each.binding, each.attribute)): each.value for each in found.settings
    }
    return found.settings, {**cells, **set_now}


def _packed(cells: Cells) -> "HashTrieMap[Identity, HashTrieMap[CellKey, Any]]":
    packed: HashTrieMap[Identity, HashTrieMap[CellKey, Any]] = HashTrieMap()
    for (thing, key), value in cells.items():
        packed = packed.insert(thing, packed.get(thing, HashTrieMap()).insert(key, value))
    return packed
