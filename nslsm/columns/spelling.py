"""One event as JSON: what Linux asked, depending on the answers, and what came of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from json import dumps
from typing import Any, Final, NamedTuple

from nslsm.columns.journal import Journal, Note
from nslsm.columns.values import ROOT, Form, Writer, encoded, task_form
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import Unknown
from nslsm.kernel.event import Outcome
from nslsm.kernel.state import State
from nslsm.kernel.view import BindingView, lineage_of
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Identity, Task

SUBJECT_SLOT: Final = 0
"""The slot of the acting process."""
SUBJECT_PLACE: Final = 0
"""The number, within an event, of the place that the acting task is in."""


class Path(NamedTuple):
    """One way that an event may go, and the ways that branch off it."""

    requests: tuple[tuple[Request, "Path | None"], ...]
    """What is asked, and how it goes on where that is denied and the kernel goes on; None where nobody knows."""
    outcome: Outcome
    told: tuple[Request, ...] = ()
    """What Linux told once it was done."""


class Spelled(NamedTuple):
    """An event as texts: what it is, and which things and places it is about."""

    program: str
    things: str


def compact(form: Form) -> str:
    """JSON in one way only."""
    return dumps(form, separators=(",", ":"))


def spelled(call: str, path: Path, before: State, after: State, task: Task, place: int | None) -> Spelled:
    """An event by ``task``, a call as written, on the state ``before`` it. ``place``: where it may have moved its process."""
    spelling = _Spelling(task, before, after)
    program = spelling.program(call, path)
    both = spelling.own_paths & spelling.slots.keys()
    if both:
        spelling = _Spelling(task, before, after, literal=frozenset(both))
        program = spelling.program(call, path)
    things: list[Form] = [
        [list(each) for each in list(spelling.slots)[1:]],
        list(spelling.places)[1:],
        place,
    ]
    return Spelled(compact(program), compact(things))


@dataclass(slots=True)
class _Spelling:
    """The numbers that an event gives to what it is about."""

    task: Task
    before: State
    after: State
    literal: frozenset[Identity] = frozenset()
    """Identities that are written where they stand: a file's own path that another thing is known by as well."""
    slots: dict[Identity, int] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    own_paths: set[Identity] = field(default_factory=set)
    requests: dict[str, int] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    people: dict[int, Task] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.slots[self.task.identity] = SUBJECT_SLOT
        self.places[self.task.home] = SUBJECT_PLACE

    def program(self, call: str, path: Path) -> Form:
        """The event, but for what its numbers stand for."""
        steps = self._steps(path)
        program: dict[str, Form] = {"c": call, "s": steps}
        if self.requests:
            program["r"] = self.forms
        family = self._family()
        if family:
            program["f"] = family
        gone = sorted(number for number in self.people if number not in self.after.processes)
        if self.task.tgid not in self.after.processes:
            gone.insert(0, 0)
        if gone:
            program["g"] = gone
        if not len(self.after.processes):
            program["z"] = True
        return program

    def _steps(self, path: Path) -> list[Form]:
        steps: list[Form] = []
        for request, denied in path.requests:
            number = self._request(request, self.before)
            if request.consequence is Consequence.FATAL:
                steps.append(number)
            else:
                steps.append([number, None if denied is None else self._steps(denied)])
        steps.append(self._outcome(path))
        return steps

    def _outcome(self, path: Path) -> Form:
        outcome = path.outcome
        cells: Any = outcome.state.cells
        notes = cells.steps() if isinstance(cells, Journal) else ()
        form: dict[str, Form] = {
            "e": None if outcome.errno is None else int(outcome.errno),
            "w": outcome.reason,
            "x": None if outcome.refusal is None else int(outcome.refusal),
            "u": sorted(outcome.unknown),
            "i": None if outcome.entering is None else self._request(outcome.entering, self.before),
            "k": [[self._slot(old), None if new is None else self._slot(new)] for old, new in outcome.rekeyed.items()],
            "j": [note_form(note, self._slot) for note in notes],
            "n": [self._request(each, self.after) for each in path.told],
        }
        return {name: each for name, each in form.items() if each not in (None, "", [])}

    def _request(self, request: Request, state: State) -> int:
        writer = Writer(self._slot, self._place, holder_in(state))
        subject: Form = SUBJECT_SLOT
        if request.subject != self.task:
            subject = task_form(request.subject, writer)
            self.people[request.subject.tgid] = request.subject
        for each in (request.object, *request.arguments):
            if isinstance(each, Task):
                self.people[each.tgid] = each
        arguments = [encoded(each, writer) for each in request.arguments]
        while arguments and arguments[-1] is None:
            arguments.pop()
        form = [request.hook.name, request.consequence.value[0], subject, encoded(request.object, writer), *arguments]
        number = self.requests.setdefault(compact(form), len(self.requests))
        if number == len(self.forms):
            self.forms.append(form)
        return number

    def _slot(self, identity: Identity, own: str | None = None) -> Form:
        if own is not None and identity.name == own and identity == Identity("file", own):
            self.own_paths.add(identity)
            return True
        if identity == ROOT.identity or identity in self.literal:
            return list(identity)
        return self.slots.setdefault(identity, len(self.slots))

    def _place(self, number: int) -> int:
        return self.places.setdefault(number, len(self.places))

    def _family(self) -> Form:
        """What relations between tasks hang on: the processes above those that the event is about."""
        family: dict[str, Form] = {}
        own = self.before.processes[self.task.tgid]
        if not self.people and own.tracer is None and own.declared_tracer is None:
            return family
        for person in (self.task, *self.people.values()):
            for number in (person.tgid, *lineage_of(self.before, person)):
                family[str(number)] = _process(self.before, number)
        return family


def _process(state: State, number: int) -> Form:
    process = state.processes.get(number)
    if process is not None:
        return [process.parent, process.parent_known, process.tracer, process.declared_tracer]
    task = state.tasks.get(number)
    return None if task is None else task.ppid


def holder_in(state: State) -> Callable[[File], "File | Unknown"]:
    """Which directory holds a file in a state."""
    view = BindingView(state, 0, "")
    return view.parent


def note_form(note: Note, slot: Callable[[Identity], Form]) -> Form:
    """A step of a journal."""
    kind, *rest = note
    if kind == "move":
        return [kind, [[slot(old), None if new is None else slot(new)] for old, new in rest[0]]]
    return [kind, *(slot(each) if isinstance(each, Identity) else each for each in rest)]


def forms_of(notes: Iterable[Note]) -> Iterator[Form]:
    """Steps of a journal between events, whose things are written where they stand."""
    return (note_form(note, list) for note in notes)
