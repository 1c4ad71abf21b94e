"""A simulated kernel to embed: namespaces, tasks that make system calls, and every decision as a value.

Any number may exist; nothing is global. One belongs to the thread that made it.
"""

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from inspect import currentframe
from posixpath import normpath
from typing import Final, TypeAlias

from nslsm.api.asking import Asker, Memory, asker
from nslsm.api.binding import Bindables, PolicyItem, bound
from nslsm.api.decisions import Decision, decision_of, failure
from nslsm.api.declared import file_facts, fresh_credentials
from nslsm.api.exchange import exchange
from nslsm.api.policies import LoadedPolicy, PolicyTree
from nslsm.api.recalled import Done, done, recalled
from nslsm.api.task import Task
from nslsm.api.watching import Decisions
from nslsm.controls.declare import empty_tree
from nslsm.diagnostics.sources import Sources
from nslsm.engine.compositions import CONJUNCTION, by_name
from nslsm.engine.decide import decide
from nslsm.engine.evaluate import Walk
from nslsm.engine.flattened import FLATTENED, flattened
from nslsm.engine.passing import Passed, passed
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import PROFILES, Hook
from nslsm.kernel.boot import booted, with_file, with_process
from nslsm.kernel.context import Context
from nslsm.kernel.dispatch import begin
from nslsm.kernel.event import Steps
from nslsm.kernel.interning import CredentialTable
from nslsm.kernel.operations import Operation
from nslsm.kernel.process import INIT
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State, seen_by
from nslsm.kernel.world import World
from nslsm.protocol.namespace import Binding, Namespace, NamespaceTree
from nslsm.protocol.things import Task as TaskValue

PROFILE: Final = PROFILES[1]
"""The kernel that is simulated where nobody says which."""

Declared: TypeAlias = "PolicyItem | LoadedPolicy | NamespaceTree | None"
"""What a kernel's namespaces begin with: ``policy["host"]``, a policy with one tree, or nothing."""

Callback: TypeAlias = Callable[[Decision], object]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A kernel at one moment. It costs a reference, whatever the kernel holds."""

    state: State
    sequence: int
    kernel: object


@dataclass(frozen=True, slots=True)
class CallbackFault:
    """A callback that raised instead of listening: its decision stands."""

    callback: Callback
    decision: Decision
    error: BaseException


class Kernel:
    """A simulated kernel with the namespaces of a policy.

    ``world`` is what exists undeclared (Model M1, World): ``open`` or ``closed``. ``profile`` is which kernel it is, ``6.1``,
    ``6.12`` or ``7.2``. ``strict``: a call that is not granted raises instead of returning a decision. ``short``: stop asking
    at the first denial (Model M2.6). ``composition``: how namespaces decide together, ``conjunction`` as in the model, or as a
    real system does (:data:`nslsm.engine.compositions.COMPOSITIONS`). ``compiled=False``: every question walks the
    lineage, which takes longer and says the same. ``clock`` gives the time of a decision; without one it has none.

    >>> kernel = Kernel()
    >>> kernel.init.open("/etc/passwd").granted
    True
    """

    def __init__(
        self,
        namespaces: Declared = None,
        *,
        world: str = "open",
        profile: str = PROFILE,
        strict: bool = False,
        short: bool = False,
        composition: str = CONJUNCTION.name,
        compiled: bool = True,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Raises ValueError for a world or profile that there is not, TypeError for what declares no namespaces.

        LookupError for a composition that there is not.
        """
        if world not in ("open", "closed"):
            raise ValueError(f"{world!r} is no world of a simulated kernel: open or closed")
        if profile not in PROFILES:
            raise ValueError(f"{profile!r} is no profile: {', '.join(PROFILES)}")
        tree, sources = _declared(namespaces)
        self.profile: Final = profile
        self.strict: Final = strict
        self.composition: Final = by_name(composition)
        self.deciding: Final = flattened(self.composition) if compiled else self.composition
        self.walk: Final = Walk.SHORT if short else Walk.FULL
        self.faults: list[CallbackFault] = []
        """Callbacks that raised."""
        self._clock = clock
        self.sources = sources
        self._interned = CredentialTable()
        self._state = booted(tree, World(world))
        self._sequence = 0
        self._callbacks: dict[int, Callback] = {}
        self._memories: dict[str, Memory] = {}
        self._owner = threading.get_ident()
        self._busy = False

    # What there is

    @property
    def init(self) -> Task:
        """Process 1: root's, in the root namespace."""
        return Task(self, INIT)

    @property
    def state(self) -> State:
        """Everything that the kernel knows, as an immutable value."""
        return self._state

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that live, by number."""
        return tuple(Task(self, pid) for pid in sorted(self._state.tasks))

    def task(self, pid: int) -> Task:
        """The task of that number; ProcessLookupError where there is none."""
        task = Task(self, pid)
        task.value  # noqa: B018 - raises where there is none
        return task

    @property
    def namespaces(self) -> tuple[Namespace, ...]:
        """The namespaces that live, by number."""
        tree = self._state.namespaces
        return tuple(tree[number] for number in sorted(tree.members))

    def namespace(self, path: str) -> Namespace:
        """The namespace of that path, or the only one of that name; LookupError where that is none, or several."""
        exact = self._state.namespaces.by_path(path)
        if exact is not None:
            return exact
        found = [each for each in self.namespaces if each.name == path]
        if len(found) != 1:
            known = ", ".join(each.path for each in self.namespaces[:20])
            raise LookupError(
                f"{'no namespace is' if not found else 'several namespaces are'} called {path!r}: {known}"
            )
        return found[0]

    # What is declared

    def file(self, path: str, **facts: object) -> None:
        """A file exists: with its ``owner``, ``mode``, ``type``, ``sha256``, ``xattrs`` (a mapping), ``target`` of a link, …

        TypeError for a fact that no file has, ValueError for a value of another type, and for a path that is not absolute.
        """
        self.claim()
        if not path.startswith("/"):
            raise ValueError(f"{path!r} is no absolute path")
        self._state = with_file(self._state, "/" + normpath(path).lstrip("/"), **file_facts(facts))  # type: ignore[arg-type]

    def spawn(self, namespace: str | None = None, *, exe: str = "/usr/bin/program", **credentials: object) -> Task:
        """A task that is there, nobody asked: a child of init in ``namespace``, an ordinary user's unless ``uid`` says.

        ``credentials``: ``uid``, ``gid``, ``groups``, ``effective``, ``permitted``, ``no_new_privs``, … LookupError for a
        namespace that there is not, TypeError and ValueError for credentials that are none.
        """
        self.claim()
        home = self._state.namespaces.root if namespace is None else self.namespace(namespace).id
        if not exe.startswith("/"):
            raise ValueError(f"{exe!r} is no absolute path")
        held = self._interned.intern(fresh_credentials(credentials, home))
        self._state, pid = with_process(self._state, held, exe=exe, comm=exe.rpartition("/")[2][:15])
        return Task(self, pid)

    def exchange(self, namespace: str, what: Bindables) -> None:
        """Other bindings in the place of a namespace's own, between two events (Model M5.7): its owner's act, not a task's.

        What a binding of the same name and control has kept, the new one finds (:mod:`nslsm.api.exchange`). OSError with the
        errno where it cannot be: EPERM for a sealed namespace or a lock above, EEXIST, ENOSPC; then nothing has changed.
        """
        self.claim()
        target = self.namespace(namespace)
        try:
            self._state = exchange(self._state, target, self.bindings(what))
        except Refused as refused:
            raise OSError(int(refused.errno), refused.reason) from None

    # What happens

    def perform(self, pid: int, operation: Operation) -> Decision:
        """A system call by task ``pid``; :class:`Task` has a method for each. ProcessLookupError for a dead task."""
        self.claim()
        if pid not in self._state.tasks:
            raise ProcessLookupError(int(Errno.ESRCH), f"task {pid} has ended")
        self._state = before = seen_by(self._state, pid)
        steps = self.begun(before, pid, operation)
        if not self.remembers or self._callbacks:
            return self.decided(steps, pid, type(operation).__name__)
        self._busy = True
        try:
            came = passed(before, steps)
        finally:
            self._busy = False
        if not isinstance(came, Passed):
            return self.decided(came, pid, type(operation).__name__)
        self._state = came.state
        self._sequence += 1
        return done(came.result, Done(self, before, self._sequence, pid, operation))

    def begun(self, state: State, pid: int, operation: Operation) -> Steps:
        """A system call by task ``pid`` in a state, under way."""
        room = self.composition.capacity.refusal
        return begin(Context(state, pid, profile=self.profile, interned=self._interned, room=room), operation)

    def check(self, hook: str, task: Task, thing: object = None, /, **facts: object) -> Decision:
        """One hook, asked directly: an event of one request (Model M1, Event). What is not given is unknown.

        ``thing`` is the object: a path, a task, or a value of :mod:`nslsm.protocol.things`. A fact whose name is a word of
        Python's has a ``_`` behind it, ``class_``. LookupError for a hook that there is not, TypeError and ValueError for facts
        that it has not.
        """
        self.claim()
        memory = self._memories.get(hook)
        if memory is None:
            memory = self.memory(self._hook(hook))
        values = memory.values(thing, facts)
        if values is not None:
            known = memory.recalled(task, values)
            if known is not None:
                return recalled(known, (self, self._state, self._sequence, task.pid, memory.hook, values))
        return memory.answer(task, thing, facts, values)

    def hook(self, name: str) -> Asker:
        """The quick way to ask one hook often: bound once, positional, answers an errno, 0 where it is granted."""
        return asker(self, self._hook(name))

    def memory(self, hook: Hook) -> Memory:
        """What has been answered about a hook."""
        known = self._memories.get(hook.name)
        if known is None:
            known = self._memories[hook.name] = Memory(self, hook)
        return known

    # Watching, branching

    def on_decision(self, callback: Callback) -> Callable[[], None]:
        """``callback`` hears every decision, after it was made; what comes back ends that.

        It must not call the kernel. What it raises is kept in :attr:`faults`, with a warning; the decision stands.
        """
        self.claim()
        key = max(self._callbacks, default=0) + 1
        self._callbacks[key] = callback
        return lambda: self._callbacks.pop(key, None) and None

    def decisions(self, size: int = 1024) -> Decisions:
        """Every decision from now on, for ``async for``; see :class:`~nslsm.api.watching.Decisions` for what is lost when."""
        return Decisions(self.on_decision, size)

    def snapshot(self) -> Snapshot:
        """The kernel as it is now, to come back to."""
        self.claim()
        return Snapshot(self._state, self._sequence, self)

    def restore(self, snapshot: Snapshot) -> None:
        """The kernel as it was. ValueError for another kernel's snapshot. Tasks made since are gone; callbacks stay."""
        self.claim()
        if snapshot.kernel is not self:
            raise ValueError("a snapshot is restored in the kernel that it was taken of")
        self._state, self._sequence = snapshot.state, snapshot.sequence

    # Inside

    @property
    def remembers(self) -> bool:
        """Whether what was answered once may be answered again without deciding, while nobody watches."""
        return self.deciding is FLATTENED and self._clock is None

    def bindings(self, what: Bindables) -> tuple[Binding, ...]:
        """What is to be bound, with the texts that explanations will quote noted."""
        for each in _items(what):
            self.sources = self.sources.merged(each.sources)
        return bound(what)

    def replace_task(self, value: TaskValue) -> None:
        """Put another value in the place of a task: what a program declares instead of doing."""
        self.claim()
        interned = self._interned.intern(value.credentials)
        task = replace(value, credentials=interned)
        self._state = replace(self._state, tasks=self._state.tasks.insert(task.pid, task))

    def claim(self) -> None:
        """RuntimeError in another thread, and inside a callback or control of its own."""
        if threading.get_ident() != self._owner:
            raise RuntimeError("a kernel belongs to the thread that made it; make one for each thread")
        if self._busy:
            raise RuntimeError("a kernel cannot be called from inside: decide on what the request says, act afterwards")

    def decided(self, steps: Steps, pid: int, call: str) -> Decision:
        """What comes of an event of task ``pid``: decided, done, told to those who watch."""
        before = self._state
        time = None if self._clock is None else self._clock()
        self._busy = True
        try:
            made, after = decide(before, steps, walk=self.walk, composition=self.deciding)
        finally:
            self._busy = False
        self._state = after
        self._sequence += 1
        decision = decision_of(
            made,
            before=before,
            sources=self.sources,
            sequence=self._sequence,
            time=time,
            composition=self.composition,
            pid=pid,
            call=call,
        )
        self._tell(decision)
        if self.strict and not decision.granted:
            raise failure(decision)
        return decision

    def _tell(self, decision: Decision) -> None:
        raised: list[Exception] = []
        self._busy = True
        try:
            for callback in tuple(self._callbacks.values()):
                try:
                    callback(decision)
                except Exception as error:  # noqa: BLE001 - whatever it is, the decision stands
                    self.faults.append(CallbackFault(callback, decision, error))
                    raised.append(error)
        finally:
            self._busy = False
        for fault in raised:
            message = f"a callback of the kernel raised {type(fault).__name__}: {fault}"
            warnings.warn(message, RuntimeWarning, stacklevel=_levels_inside())

    def _hook(self, name: str) -> Hook:
        found = CATALOGUE.get(name)
        if found is None:
            near = CATALOGUE.near(name)
            raise LookupError(f"no hook is called {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return found


def _declared(namespaces: Declared) -> tuple[NamespaceTree, Sources]:
    match namespaces:
        case None:
            return empty_tree(), Sources()
        case PolicyTree():
            return namespaces.namespaces, namespaces.sources
        case LoadedPolicy():
            return namespaces.tree().namespaces, namespaces.sources
        case NamespaceTree():
            return namespaces, Sources()
    raise TypeError(f'{namespaces!r:.80} declares no namespaces: say policy["host"], or nothing')


def _levels_inside() -> int:
    """How many calls deep in this package its caller is: a warning is about the line of the program that embeds it."""
    frame, levels = currentframe(), 0
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("nslsm."):
        frame, levels = frame.f_back, levels + 1
    return levels


def _items(what: object) -> Iterator[PolicyItem]:
    if isinstance(what, PolicyItem):
        yield what
    elif isinstance(what, Mapping):
        for each in what.values():
            yield from _items(each)
    elif isinstance(what, list | tuple | set | frozenset):
        for each in what:
            yield from _items(each)
