"""The quick way to ask one hook: what was answered to a question is answered to all that no program can tell from it.

Remembered answers belong to one tree of namespaces, to what is read of the subject and its attributes, and to what is read of
the object; a question that has another of these is looked at anew. What changes anything is never remembered.
"""

from collections.abc import Callable, Mapping
from keyword import iskeyword
from threading import get_ident
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from nslsm.api.decisions import Decision
from nslsm.api.questions import asked, one, question
from nslsm.api.recalled import UNSURE, recalled
from nslsm.api.task import Task
from nslsm.engine.decision import Verdict
from nslsm.engine.flattened import errno_of
from nslsm.engine.path_classes import PathClasses
from nslsm.engine.plan import plan_of
from nslsm.engine.reading import Reading, reading_of
from nslsm.hooks.kinds import FILE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Hook, HookClass
from nslsm.kernel.state import State
from nslsm.language.check.types import path_fault
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import NamespaceId

if TYPE_CHECKING:
    from nslsm.api.kernel import Kernel

Asker: TypeAlias = Callable[..., int]
"""``ask(task, object, fact, fact, …)``; an object only where the hook is about one, and what is left out at the end is unknown.

The answer is an errno, 0 where it is granted; effects are made as for any event.
"""

REMEMBERED: Final = 1 << 16
"""Answers that are kept of each sort, for one hook."""

Answers: TypeAlias = dict[tuple[object, ...], int]


class _Lineage:
    """What is remembered of questions out of one namespace, while its tree is what it is."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.paths = PathClasses(reading.tests)
        self.is_by_path = not (reading.path or reading.file)
        """Whether no more is read of the object than what class its path is of."""
        self.by_subject: dict[tuple[object, ...], tuple[Answers, Answers]] = {}
        """For each sort of subject, answers by question and answers by class of question."""

    def of(self, subject: tuple[object, ...]) -> tuple[Answers, Answers]:
        """The answers to a sort of subject."""
        known = self.by_subject.get(subject)
        if known is None:
            if len(self.by_subject) >= REMEMBERED:
                self.by_subject.clear()
            known = self.by_subject[subject] = ({}, {})
        return known


class _Seat(NamedTuple):
    """What is remembered for one task, while the state is what it is."""

    answers: Answers
    """By question. What hangs on unknown facts is not here."""
    classes: Answers
    """By class of question."""
    lineage: _Lineage


class Memory:
    """What a kernel has answered about one hook."""

    def __init__(self, kernel: "Kernel", hook: Hook) -> None:
        self._kernel = kernel
        self.hook = hook
        self._may = kernel.remembers
        self._is_about = hook.object is not None
        self._tree: NamespaceTree | None = None
        self._files: object = None
        self._lineages: dict[NamespaceId, _Lineage | None] = {}
        self._seats: dict[int, _Seat | None] = {}
        names = tuple(fact.name + "_" if iskeyword(fact.name) else fact.name for fact in hook.facts)
        self._leading = tuple(names[:count] for count in range(len(names) + 1))
        self.by_task: dict[int | None, Answers] = {}
        """Answers by question, for each task that has asked since the state is what it is."""
        self.state: State | None = None

    def ask(self, task: Task, values: tuple[object, ...]) -> int:
        """The answer to a question that is not remembered as it stands."""
        kernel, hook = self._kernel, self.hook
        kernel.claim()
        known = self.recalled(task, values)
        if known is not None:
            return known & ~UNSURE
        thing, facts = (values[0], values[1:]) if hook.object is not None and values else (None, values)
        if len(facts) > len(hook.facts):
            raise TypeError(f"hook {hook.name} has {len(hook.facts)} facts, not {len(facts)}")
        named = {fact.name: said for fact, said in zip(hook.facts, facts, strict=False)}
        return _errno(self.answer(task, thing, named, values))

    def values(self, thing: object, facts: dict[str, object]) -> tuple[object, ...] | None:
        """A question as the asker has it, from how :meth:`Kernel.check` has it; None where facts are left out in between."""
        if len(facts) >= len(self._leading):
            return None
        names = self._leading[len(facts)]
        try:
            if self._is_about:
                return (thing, facts[names[0]]) if len(names) == 1 else (thing, *[facts[name] for name in names])
            return None if thing is not None else tuple([facts[name] for name in names])
        except KeyError:
            return None

    def recalled(self, task: Task, values: tuple[object, ...]) -> int | None:
        """The answer to a question, where it is remembered; then it counts as a decision.

        An errno, 0 where it is granted, and :data:`UNSURE` beside it where it hangs on unknown facts.
        """
        kernel = self._kernel
        if kernel._callbacks or not self._may or task._kernel is not kernel:
            return None
        if kernel._state is not self.state:
            self._renew(kernel._state)
        try:
            seat = self._seats[task.pid]
        except KeyError:
            seat = self._seats[task.pid] = self._seated(task.pid)
        if seat is None:
            return None
        try:
            known = seat.answers.get(values)
            if known is None:
                known = self._by_class(seat, values)
        except (TypeError, IndexError):  # what is said is of no use as a key, or nothing is said
            return None
        if known is None or (known and kernel.strict):
            return None
        kernel._sequence += 1
        return known

    def answer(
        self, task: Task, thing: object, facts: Mapping[str, object], values: tuple[object, ...] | None
    ) -> Decision:
        """What comes of a question that is not remembered; ``values`` is the question as an asker has it, if it has it."""
        kernel = self._kernel
        kernel.claim()
        before = kernel.state
        if values is None or not self._is_mine(task, values):
            request = question(kernel, self.hook, task, thing, facts)
        else:
            request = asked(self.hook, task.value, thing, values[1:] if self._is_about else values, before)
        known = self._found(request)
        if known is None:
            decision = kernel.decided(one(before, request), task.pid, self.hook.name)
            if values is not None and not decision.faults:
                unsure = UNSURE if decision.verdict is Verdict.INDETERMINATE else 0
                self._note(task, values, before, _errno(decision) | unsure)
            return decision
        kernel._sequence += 1
        if values is not None:
            self._note(task, values, before, known)
        return recalled(known, (kernel, before, kernel._sequence, task.pid, self.hook, request))

    def _is_mine(self, task: Task, values: tuple[object, ...]) -> bool:
        """Whether who asks is a task of this kernel, and what is said names no other."""
        return task.lives_in(self._kernel) and not any(isinstance(each, Task) for each in values)

    def _found(self, request: Request) -> int | None:
        """The answer to a question that changes nothing, as far as it takes no decision to tell."""
        kernel = self._kernel
        if kernel._callbacks or not self._may:
            return None
        try:
            errno = errno_of(request, kernel.state)
        except Exception:  # noqa: BLE001 - a decision says what is the matter
            return None
        return None if errno and kernel.strict else errno

    def _note(self, task: Task, values: tuple[object, ...], before: State, known: int) -> None:
        """An answer, for those who ask the same again, if they would be told the same."""
        seat = self._seats.get(task.pid) if before is self.state else None
        if seat is not None and self._is_settled(before) and self._is_plain(values):
            self._keep(seat, self._sort(seat.lineage, values), values, known)

    def _is_settled(self, before: State) -> bool:
        """Whether nothing has changed by the question."""
        return self._kernel.state is before

    def _seated(self, pid: int) -> _Seat | None:
        """What is remembered for a task; None where it cannot be told what answers hang on."""
        state = self._kernel.state
        value = state.tasks.get(pid)
        if value is None or self.hook.hook_class is not HookClass.ACCESS:
            return None
        home = value.home
        if home not in self._lineages:
            self._lineages[home] = self._made(home, state)
        lineage = self._lineages[home]
        if lineage is None:
            return None
        answers, classes = lineage.of(lineage.reading.of_subject(value, state))
        self.by_task[pid] = answers
        return _Seat(answers, classes, lineage)

    def _by_class(self, seat: _Seat, values: tuple[object, ...]) -> int | None:
        """The answer to what no program can tell from this question."""
        lineage, path = seat.lineage, values[0] if values else None
        if lineage.is_by_path and self._is_about:
            number = lineage.paths.known.get(path)  # type: ignore[call-overload]  # what is no path is not there
            known = None if number is None else seat.classes.get((number, values[1:]))
            if known is not None:
                if known < UNSURE:
                    _kept(seat.answers, values, known)
                return known
        if not self._is_plain(values):
            return None
        sort = self._sort(lineage, values)
        known = seat.classes.get(sort)
        if known is not None:
            self._keep(seat, sort, values, known)
        return known

    def _keep(self, seat: _Seat, sort: tuple[object, ...], values: tuple[object, ...], known: int) -> None:
        _kept(seat.classes, sort, known)
        if known < UNSURE:
            _kept(seat.answers, values, known)

    def _is_plain(self, values: tuple[object, ...]) -> bool:
        """Whether everything is said in words and numbers, and the object, if any, by a path that is one."""
        facts = len(self._leading) - 1
        if self._is_about:
            facts += 1
            if not values or type(values[0]) is not str or path_fault(values[0]) is not None:
                return False
        return len(values) <= facts and all(type(each) in (str, int) for each in values)

    def _made(self, home: NamespaceId, state: State) -> _Lineage | None:
        hook = self.hook
        if hook.object not in (None, FILE):
            return None
        reading = reading_of(plan_of(state.namespaces, home, hook), hook)
        return None if reading is None else _Lineage(reading)

    def _renew(self, state: State) -> None:
        """The state is another: so may tasks and their attributes be, the files, the namespaces."""
        if state.namespaces is not self._tree:
            self._lineages = {}
            self._tree = state.namespaces
        if state.files is not self._files:
            self._files = state.files
            for lineage in self._lineages.values():
                if lineage is not None and lineage.reading.file:
                    lineage.by_subject.clear()
        self.by_task = {}
        self._seats = {}
        self.state = state

    def _sort(self, lineage: _Lineage, values: tuple[object, ...]) -> tuple[object, ...]:
        """The class of a question: equal where no program can tell two."""
        reading = lineage.reading
        if not self._is_about:
            return (None, values)
        path, facts = str(values[0]), values[1:]
        number = path if reading.path else lineage.paths.of(path)
        if not reading.file:
            return (number, facts)
        return (number, facts, reading.of_file(self._kernel.state.files.file_at(path)))


def asker(kernel: "Kernel", hook: Hook) -> Asker:
    """What asks ``hook`` of ``kernel``."""
    memory = kernel.memory(hook)
    owner, state, answers = kernel._owner, memory.state, memory.by_task

    def ask(task: Task, /, *values: object) -> int:
        nonlocal state, answers
        if kernel._state is state and not kernel._callbacks and not kernel._busy and get_ident() == owner:
            try:
                errno = answers[task.pid if task._kernel is kernel else None][values]
            except (AttributeError, KeyError, TypeError):
                pass
            else:
                kernel._sequence += 1
                return errno
        errno = memory.ask(task, values)
        state, answers = memory.state, memory.by_task
        return errno

    return ask


def _errno(decision: Decision) -> int:
    return 0 if decision.granted else int(decision.errno or Errno.EACCES)


def _kept(answers: Answers, question: tuple[object, ...], errno: int) -> None:
    if len(answers) >= REMEMBERED:
        answers.clear()
    answers[question] = errno
