"""A random machine over a whole kernel: namespaces, tasks, files and what they do, one step after another.

A *course* is the seed of a beginning and a seed for each step. What a step does hangs on its seed and on the state that it
finds, so that steps can be left out: that is how a course that breaks a law is reduced.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, NamedTuple

from nslsm.engine import decide as engine
from nslsm.engine.decision import Decision, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.linux import Errno
from nslsm.kernel.context import Context
from nslsm.kernel.dispatch import begin
from nslsm.kernel.event import Recorded, Steps
from nslsm.kernel.operations import Operation
from nslsm.kernel.state import State
from nslsm.protocol.namespace import Namespace, NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceId
from tests.laws.occurrences import Occurrence

LENGTH: Final = 40
"""Steps of a course."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a task does in a state: a system call, simulated or recorded, or requests that are raised directly."""

    state: State
    pid: int
    operation: Operation | None = None
    recorded: Recorded | None = None
    asked: tuple[Request, ...] = ()
    refusal: Errno | None = None
    entering: Request | None = None
    happened: bool = False

    def steps(self) -> Steps:
        """The event, afresh."""
        if self.operation is not None:
            return begin(Context(self.state, self.pid, recorded=self.recorded), self.operation)
        return Occurrence(
            self.state, self.asked, refusal=self.refusal, entering=self.entering, happened=self.happened
        ).steps()

    @property
    def home(self) -> NamespaceId:
        """The namespace of who acts."""
        return self.state.tasks[self.pid].home

    def with_state(self, state: State) -> "Event":
        """The same event elsewhere."""
        return replace(self, state=state)

    def with_namespaces(self, *namespaces: Namespace) -> "Event":
        """The same event where some namespaces are others."""
        tree: NamespaceTree = self.state.namespaces
        for namespace in namespaces:
            tree = tree.with_namespace(namespace)
        return self.with_state(replace(self.state, namespaces=tree))


class Exchange(NamedTuple):
    """What the owner of a kernel does between two events: another policy for a namespace (Model M5.7)."""

    namespace: NamespaceId
    after: State
    refused: bool


class Passage(NamedTuple):
    """One step: what was done, what was decided, and the state that it left."""

    event: Event
    decision: Decision
    after: State


def decided(event: Event, walk: Walk = Walk.FULL) -> tuple[Decision, State]:
    """What the engine says of an event; looked up anew, so that a broken engine can stand in."""
    return engine.decide(event.state, event.steps(), walk=walk, happened=event.happened)


class Law(NamedTuple):
    """A check of one step, and the share of the steps that it is made at."""

    name: str
    share: float
    check: Callable[[Passage, Random], None]


class Course(NamedTuple):
    """A beginning, and steps."""

    beginning: int
    steps: tuple[int, ...]
    bent: bool = False
    """Whether most steps are about namespaces."""


class Broken(AssertionError):
    """A law that does not hold, or an engine that falls over, and where."""


def course(seed: int, length: int = LENGTH, *, bent: bool = False) -> Course:
    """The course that a seed stands for."""
    chance = Random(seed)
    return Course(chance.getrandbits(40), tuple(chance.getrandbits(40) for _ in range(length)), bent)


def play(
    played: Course,
    laws: Sequence[Law],
    owner: Callable[[State, Exchange], None] | None = None,
    tally: "Counter[str] | None" = None,
) -> None:
    """Go a course's steps and check ``laws``; Broken at the first that does not hold."""
    from tests.laws.machine_steps import beginning, peopled, step

    state = beginning(Random(played.beginning))
    for number, seed in enumerate(played.steps):
        chance = Random(seed)
        state = peopled(state, chance)
        drawn = step(state, chance, bent=played.bent)
        try:
            if isinstance(drawn, Exchange):
                if owner is not None:
                    owner(state, drawn)
                state = drawn.after
                continue
            passage = Passage(drawn, *decided(drawn))
            for place, law in enumerate(laws):
                chance = Random(seed * 31 + place)
                if chance.random() < law.share:
                    law.check(passage, chance)
        except Exception as error:
            what = drawn if isinstance(drawn, Exchange) else (drawn.operation or drawn.asked)
            why = f"{type(error).__name__}: {error}"
            raise Broken(f"{played.beginning}, step {number} ({seed}), {str(what)[:600]}\n{why}") from error
        if tally is not None:
            count(passage, tally)
        state = passage.after


def count(passage: Passage, tally: "Counter[str]") -> None:
    """What the laws were held against, in figures."""
    event, decision, after = passage
    verdicts = [judgement.verdict for judgement in decision.judgements]
    tally["steps"] += 1
    tally["requests"] += len(verdicts)
    tally["denied"] += verdicts.count(Verdict.DENY)
    tally["indeterminate"] += verdicts.count(Verdict.INDETERMINATE)
    tally["at depth 3 or more"] += len(verdicts) if event.state.namespaces[event.home].depth >= 3 else 0
    tally["with effects"] += len(verdicts) if decision.changes else 0
    tally["events granted"] += decision.granted
    tally["moves"] += any(move.target is not None for move in decision.moves)
    tally["faults"] += bool(decision.faults)
    tally["inbound"] += any(each.inbound for judgement in decision.judgements for each in judgement.opinions)
    before = event.state.namespaces
    if after.namespaces is not before:
        tally["namespaces made"] += after.next_namespace > event.state.next_namespace
        tally["namespaces ended"] += any(number not in after.namespaces.members for number in before.members)
        tally["namespaces changed"] += after.next_namespace == event.state.next_namespace


def reduced(found: Course, fails: Callable[[Course], bool]) -> Course:
    """The course without the steps that it fails without."""
    size = max(1, len(found.steps) // 2)
    while True:
        for smaller in _without(found, size):
            if fails(smaller):
                found = smaller
                break
        else:
            if size == 1:
                return found
            size //= 2


def _without(found: Course, size: int) -> Iterable[Course]:
    for place in range(0, len(found.steps), size):
        yield found._replace(steps=found.steps[:place] + found.steps[place + size :])
