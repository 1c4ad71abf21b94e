"""A recording, run once through the kernel of recordings, to rows: one for each system call (Model M6.3).

No policy takes part. What a policy would change (which namespace a task is in, what its attributes are) is left open by
number; all that Linux did and asked is settled here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias, cast

from nslsm.columns.journal import Journal, Note
from nslsm.columns.places import START, anywhere
from nslsm.columns.spelling import compact, forms_of, spelled
from nslsm.columns.unfold import Unfolding, moves, told
from nslsm.columns.values import Form, Writer, task_form
from nslsm.diagnostics import Diagnostic
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.call import Described, Exited, Killed, TraceEvent
from nslsm.kernel.namespaces import move
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.recording import Recording
from nslsm.kernel.state import Cells, State
from nslsm.protocol.things import NamespaceId, Task

Item: TypeAlias = Occurrence | TraceEvent | Diagnostic
"""What a decoded trace is a stream of."""


class Row(NamedTuple):
    """One system call. Texts are entries of dictionaries (``docs/formats/requests.md``)."""

    line: int
    time: float | None
    result: int
    errno: Errno | None
    call: str
    subject: str
    program: str
    things: str
    meanwhile: str | None
    """What happened between the call before and this one: attributes that were carried along, tasks that were placed."""


def _journalled(state: State) -> State:
    """The state with nothing noted yet."""
    return replace(state, cells=cast("Cells", Journal()))


@dataclass(slots=True)
class Encoder:
    """A recording under way."""

    profile: str
    recording: Recording = field(init=False)
    findings: list[Diagnostic] = field(default_factory=list)
    _places: int = START + 1
    _placed: list[Form] = field(default_factory=list)
    _whereabouts: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _subjects: dict[int, tuple[Task, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.recording = Recording.of(anywhere(), home=START, profile=self.profile)
        self.recording.state = _journalled(self.recording.state)

    def rows(self, items: Iterable[Item]) -> Iterator[Row]:
        """The rows of a decoded trace, lazily; findings are collected."""
        for item in items:
            match item:
                case Diagnostic():
                    self.findings.append(item)
                case Occurrence():
                    yield self._row(item)
                case Described():
                    self._described(item)
                case _:
                    if isinstance(item, Exited | Killed):
                        self._whereabouts.pop(self.recording.number(item.task), None)
                    self.recording.take(cast("Any", item))

    def _row(self, item: Occurrence) -> Row:
        recording = self.recording
        recording.sees(item.task)
        meanwhile = self._meanwhile()
        recording.state = _journalled(recording.state)
        task = recording.state.tasks[recording.number(item.task)]
        path = Unfolding(lambda: recording.begin(item.task, item.operation, item.recorded, item.call)).path()
        before, outcome = recording.state, path.outcome
        after, place = outcome.state, None
        if moves(outcome):
            assert outcome.entering is not None
            place = self._new_place()
            after = move(after, outcome.entering.subject.tgid, place)
        texts = spelled(item.call, told(path, after), before, after, task, place)
        recording.state = _journalled(after)
        return Row(
            line=item.line,
            time=item.time,
            result=outcome.result,
            errno=outcome.errno,
            call=item.call.encode("utf-8", "backslashreplace").decode(),
            subject=self._subject(task),
            program=texts.program,
            things=texts.things,
            meanwhile=meanwhile,
        )

    def _subject(self, task: Task) -> str:
        known = self._subjects.get(task.pid)
        if known is not None and known[0] is task:
            return known[1]
        text = compact(task_form(task, Writer(lambda _identity, _own: None, int, lambda _file: UNKNOWN)))
        self._subjects[task.pid] = task, text
        return text

    def _meanwhile(self) -> str | None:
        cells: Any = self.recording.state.cells
        notes: tuple[Note, ...] = cells.steps()
        placed, self._placed = self._placed, []
        return compact([list(forms_of(notes)), placed]) if notes or placed else None

    def _new_place(self) -> NamespaceId:
        self._places += 1
        return self._places - 1

    def _described(self, event: Described) -> None:
        """As the recording does it; where a task was put gets a number, for which namespace that is each policy says."""
        recording = self.recording
        pid = recording.number(event.task)
        recording.take(event)
        if event.whereabouts is None:
            return
        known = self._whereabouts.get(pid)
        if known is None and event.parent is not None:
            known = self._whereabouts.get(event.parent)
        self._whereabouts[pid] = event.whereabouts
        if known != event.whereabouts:
            task = recording.state.tasks[pid]
            place = self._new_place()
            self._placed.append([place, list(event.whereabouts), task.home])
            recording.state = move(recording.state, task.tgid, place)
