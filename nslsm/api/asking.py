"""The quick way to ask one hook: what was answered to a question is answered to all that no program can tell from it.

Remembered answers belong to one tree of namespaces, to what is read of the subject and its attributes, and to what is read of
the object; a question that has another of these is looked at anew. What changes anything is never remembered.
"""

from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Final, TypeAlias

from nslsm.api.task import Task
from nslsm.engine.path_classes import PathClasses
from nslsm.engine.plan import plan_of
from nslsm.engine.reading import Reading, reading_of
from nslsm.hooks.kinds import FILE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Hook, HookClass
from nslsm.kernel.state import State
from nslsm.language.check.types import path_fault
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import NamespaceId

if TYPE_CHECKING:
    from nslsm.api.decisions import Decision
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


class Memory:
    """What a kernel has answered about one hook."""

    def __init__(self, kernel: "Kernel", hook: Hook) -> None:
        self._kernel = kernel
        self._hook = hook
        self._tree: NamespaceTree | None = None
        self._files: object = None
        self._lineages: dict[NamespaceId, _Lineage | None] = {}
        self.by_task: dict[int | None, Answers] = {}
        """Answers by question, for each task that has asked since the state is what it is."""
        self.state: State | None = None

    def ask(self, task: Task, values: tuple[object, ...]) -> int:
        """The answer to a question that is not remembered as it stands."""
        kernel, hook = self._kernel, self._hook
        thing, facts = (values[0], values[1:]) if hook.object is not None and values else (None, values)
        if len(facts) > len(hook.facts):
            raise TypeError(f"hook {hook.name} has {len(hook.facts)} facts, not {len(facts)}")
        named = {fact.name: said for fact, said in zip(hook.facts, facts, strict=False)}
        lineage = self._lineage(task) if self._is_plain(thing, values) else None
        if lineage is None:
            return _errno(kernel.check(hook.name, task, thing, **named))
        before = kernel.state
        questions, classes = lineage.of(lineage.reading.of_subject(task.value, before))
        self.by_task[task.pid] = questions
        sort = self._sort(lineage, thing, facts, before)
        errno = classes.get(sort)
        if errno is None:
            errno = kernel.answer(hook, task, thing, named)
            if errno is None:
                decision = kernel.check(hook.name, task, thing, **named)
                errno = _errno(decision)
                if not self._is_settled(before, decision):
                    return errno
            _kept(classes, sort, errno)
        else:
            kernel.remembered()
        _kept(questions, values, errno)
        return errno

    def _is_settled(self, before: State, decision: "Decision") -> bool:
        """Whether the same question would be answered the same again: nothing has changed, and nothing broke."""
        return self._kernel.state is before and not decision.faults

    def _is_plain(self, thing: object, values: tuple[object, ...]) -> bool:
        """Whether everything is said in words and numbers, and the object, if any, by a path that is one."""
        if isinstance(thing, str) and path_fault(thing) is not None:
            return False
        return all(type(each) in (str, int) for each in values)

    def _lineage(self, task: Task) -> _Lineage | None:
        """What is remembered where a task is; None where it cannot be told what answers hang on."""
        kernel = self._kernel
        state = kernel.state
        if not (task.lives_in(kernel) and kernel.remembers) or self._hook.hook_class is not HookClass.ACCESS:
            return None
        if state is not self.state:
            self._renew(state)
        home = task.value.home
        if home not in self._lineages:
            self._lineages[home] = self._made(home, state)
        return self._lineages[home]

    def _made(self, home: NamespaceId, state: State) -> _Lineage | None:
        hook = self._hook
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
        self.state = state

    def _sort(self, lineage: _Lineage, thing: object, facts: tuple[object, ...], state: State) -> tuple[object, ...]:
        """The class of a question: equal where no program can tell two."""
        reading = lineage.reading
        if not isinstance(thing, str):
            return (thing, facts)
        path = thing if reading.path else lineage.paths.of(thing)
        if not reading.file:
            return (path, facts)
        return (path, facts, reading.of_file(state.files.file_at(thing)))


def asker(kernel: "Kernel", hook: Hook) -> Asker:
    """What asks ``hook`` of ``kernel``."""
    memory = Memory(kernel, hook)
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


def _errno(decision: "Decision") -> int:
    return 0 if decision.granted else int(decision.errno or Errno.EACCES)


def _kept(answers: Answers, question: tuple[object, ...], errno: int) -> None:
    if len(answers) >= REMEMBERED:
        answers.clear()
    answers[question] = errno
