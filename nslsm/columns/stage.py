"""One policy's view of a recording in columns: each event put before the engine as it was, and judged (Model M6.3).

The engine is the one of every other replay (:func:`nslsm.engine.decide.decide`), and is asked in the same way. What stands in
for the kernel is what was written down of it.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, cast

from rpds import HashTrieMap

from nslsm.audit.occasion import Occasion
from nslsm.columns.journal import played
from nslsm.columns.places import ROOT_PLACE, START
from nslsm.columns.program import Ending, Fork, Meanwhile, Program, Things, process, request
from nslsm.columns.values import Form, Handle, Reader
from nslsm.engine.compositions import CONJUNCTION, Composition
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision
from nslsm.engine.evaluate import Walk
from nslsm.kernel.context import Context
from nslsm.kernel.described import Placing
from nslsm.kernel.entering import HOOK, is_filtered
from nslsm.kernel.event import Outcome, Recorded
from nslsm.kernel.files import FileSystem
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.process import Process
from nslsm.kernel.state import Cells, State
from nslsm.kernel.world import World
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Identity, NamespaceId, Task
from nslsm.simulation.replay import Judged


class NotHeld(ValueError):
    """How an event goes on after this policy's answers, a recording in columns does not hold."""


class Directories:
    """Stands for the files of a state: of those that an event is about, each knows the directory that holds it."""

    world: Final = World.RECORDED

    def file_at(self, path: str, *, directory: bool = False) -> File:
        """The directory that a path was made for."""
        del directory
        if isinstance(path, Handle):
            return path.file
        raise LookupError(f"no event is about `{path}`")


DIRECTORIES: Final = cast("FileSystem", Directories())


class Caller(NamedTuple):
    """Stands for the context of a call: who makes it, and where."""

    state: State
    task: Task


class Event(NamedTuple):
    """One row, its texts read."""

    sequence: int
    line: int
    time: float | None
    result: int
    subject: Task
    program: Program
    things: Things
    meanwhile: Meanwhile | None


@dataclass(slots=True)
class Stage:
    """A policy, and what has come of a recording under it: what tasks' places are, which attributes things have."""

    tree: NamespaceTree
    policy: str
    start: NamespaceId
    walk: Walk = Walk.FULL
    placing: Placing | None = None
    composition: Composition = CONJUNCTION
    cells: Cells = field(default_factory=HashTrieMap)
    homes: dict[int, NamespaceId] = field(init=False)
    """The namespace that each place is."""
    _subjects: dict[int, tuple[Task, Task]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.homes = {ROOT_PLACE: self.tree.root, START: self.start}

    def judge(self, event: Event) -> Judged:
        """The next event, judged; what it leaves is the stage's from now on."""
        if event.meanwhile is not None:
            self.pass_by(event.meanwhile)
        task = self.at_home(event.subject)
        decision, before, after = self.conduct(event, task)
        self.cells = after.cells
        place = event.things.new_place
        if place is not None:
            self.homes[place] = after.tasks[task.pid].home
        occasion = Occasion(
            sequence=event.sequence,
            policy=self.policy,
            walk=self.walk,
            task=task,
            namespace=self.tree[task.home].path,
            call=event.program.call,
            line=event.line,
            time=event.time,
        )
        recorded = Recorded(event.result, decision.recorded_errno)
        occurrence = Occurrence(task.pid, event.program.call, None, "", recorded, event.time, event.line)
        return Judged(occurrence, occasion, decision, before)

    def pass_by(self, meanwhile: Meanwhile) -> None:
        """What happened between two events."""
        self.cells = played(self.cells, meanwhile.journal, lambda form: Identity(*form))
        for place, whereabouts, other in meanwhile.placed:
            self.homes[place] = self.homes[other] if self.placing is None else self.placing(self.tree, whereabouts)

    def at_home(self, subject: Task) -> Task:
        """A task in the namespace that its place is."""
        home = self.homes[subject.home]
        known = self._subjects.get(subject.pid)
        if known is not None and known[0] is subject and known[1].home == home:
            return known[1]
        task = replace(subject, credentials=replace(subject.credentials, namespace=home))
        self._subjects[subject.pid] = subject, task
        return task

    def conduct(self, event: Event, task: Task) -> tuple[Decision, State, State]:
        """The engine's decision on an event by ``task``, the state that it was made on, and the one that it left."""
        before = self._before(event.program, task)
        steps = self._steps(event, task, before)
        decision, after = decide(before, steps, walk=self.walk, happened=True, composition=self.composition)
        return decision, before, after

    def _before(self, program: Program, task: Task) -> State:
        processes = {task.tgid: Process(tgid=task.tgid, parent=task.ppid, threads=(task.pid,))}
        tasks = {task.pid: task}
        for number, form in program.family.items():
            known = process(number, form)
            if known is not None:
                processes[number] = replace(known, threads=(task.pid,)) if number == task.tgid else known
            elif isinstance(form, int):
                tasks.setdefault(number, replace(task, pid=number, ppid=form))
        return State(
            namespaces=self.tree,
            tasks=HashTrieMap(tasks),
            processes=HashTrieMap(processes),
            files=DIRECTORIES,
            cells=self.cells,
        )

    def _reader(self, event: Event, task: Task, new_place: NamespaceId | None = None) -> Reader:
        identities = (task.identity, *event.things.identities)

        def place(number: int) -> NamespaceId:
            if number == 0:
                return task.home
            found = event.things.places[number - 1]
            if found == event.things.new_place and new_place is not None:
                return new_place
            return self.homes[found]

        return Reader(identities.__getitem__, place)

    def _steps(self, event: Event, task: Task, before: State) -> Generator[Request, bool, Outcome]:
        program = event.program
        reader = self._reader(event, task)
        filtered = is_filtered(cast("Context", Caller(before, task)))
        way, place = program.steps, 0
        while True:
            step = way[place]
            place += 1
            if isinstance(step, Ending):
                return self._outcome(step, event, task, before, reader)
            number = step.request if isinstance(step, Fork) else step
            asked = request(program.requests[number], task, reader)
            if asked.hook.name == HOOK and not filtered:
                continue
            granted = yield asked
            if isinstance(step, Fork) and not granted:
                if step.denied is None:
                    message = f"what Linux asks in event {event.sequence} ({program.call}) after `{asked.hook.name}` is denied"
                    raise NotHeld(f"{message} is not in the file: replay the trace itself")
                way, place = step.denied, 0

    def _outcome(self, ending: Ending, event: Event, task: Task, before: State, reader: Reader) -> Outcome:
        program = event.program

        def identity(form: Form) -> Identity:
            return Identity(*form) if isinstance(form, list) else reader.identity(form)

        cells = played(before.cells, ending.journal, identity)
        processes = {} if program.empty else self._left(program, task)
        after = replace(before, cells=cells, processes=HashTrieMap(processes))
        entering = ending.entering
        told = ending.told
        notify: Callable[[State], Any] | None = None
        if told:

            def tell(state: State) -> list[Request]:
                reading = self._reader(event, task, state.tasks[task.pid].home)
                return [request(program.requests[number], task, reading) for number in told]

            notify = tell
        return Outcome(
            state=after,
            result=event.result,
            errno=ending.errno,
            reason=ending.reason,
            entering=None if entering is None else request(program.requests[entering], task, reader),
            notify=notify,
            rekeyed={identity(old): None if new is None else identity(new) for old, new in ending.rekeyed},
            unknown=ending.unknown,
            refusal=ending.refusal,
        )

    def _left(self, program: Program, task: Task) -> dict[int, Process]:
        """The processes that are there after an event, of those that it is about."""
        found: dict[int, Process] = {}
        for number in program.people | {task.tgid}:
            if number in program.gone or (number == task.tgid and 0 in program.gone):
                continue
            known = process(number, program.family.get(number))
            threads = (task.pid,) if number == task.tgid else (number,)
            made = Process(tgid=number, parent=0, threads=threads) if known is None else replace(known, threads=threads)
            found[number] = made
        return found
