"""A simulated machine: a kernel's state that system calls change, one decision after another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from nslsm.controls.declare import bindings
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision
from nslsm.engine.evaluate import Walk
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import Unknown
from nslsm.kernel.boot import booted, declared_credentials, with_file, with_process
from nslsm.kernel.context import Context
from nslsm.kernel.dispatch import begin
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.interning import CredentialTable
from nslsm.kernel.operations import NamespaceUnshare, Operation
from nslsm.kernel.requests import request_of
from nslsm.kernel.state import State, seen_by
from nslsm.kernel.world import World
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Namespace, NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Identity, Object, Task, Thing, Value

PROFILE: Final = "6.12"
"""The kernel that is simulated where nobody says which."""


class NotPossible(Exception):
    """A step that cannot be taken at all: a task that has ended, a file that was never opened. Its text says why."""


@dataclass
class Machine:
    """One kernel with its tasks by name. Where no file is declared, the open world has one (Model M1, World)."""

    namespaces: NamespaceTree
    world: World = World.OPEN
    profile: str = PROFILE
    walk: Walk = Walk.FULL
    bound: Callable[[tuple[Binding, ...]], tuple[Binding, ...]] = tuple
    """What becomes of bindings that are made on the way: they can be watched."""
    opened: dict[tuple[str, str], int] = field(default_factory=dict)
    """The descriptors that steps have opened, by task and path."""

    def __post_init__(self) -> None:
        self.state: State = booted(self.namespaces, self.world)
        self._names: dict[str, int] = {}
        self._interned = CredentialTable()

    # What there is

    def task(self, name: str) -> Task:
        """The task of that name, as it is now; :class:`NotPossible` where it has ended."""
        pid = self._names.get(name)
        if pid is None:
            raise NotPossible(f"no task is called `{name}`")
        task = self.state.tasks.get(pid)
        if task is None:
            raise NotPossible(f"`{name}` has ended")
        return task

    def anybody(self) -> Task:
        """Some task: where a question needs one, and it does not matter which."""
        return self.state.tasks[min(self.state.tasks)]

    def file(self, path: str) -> File:
        """The file of that path as rules see it, whether it exists or not."""
        return self.state.files.file_at(path)

    def namespace(self, path: str) -> Namespace:
        """The namespace of that path, or the only one of that name."""
        tree = self.state.namespaces
        members = (tree[number] for number in sorted(tree.members))
        found = [each for each in members if path in (each.path, each.name)]
        exact = [each for each in found if each.path == path]
        if len(exact or found) != 1:
            raise NotPossible(f"there is {'no' if not found else 'more than one'} namespace `{path}`")
        return (exact or found)[0]

    # What is declared

    def declare_file(self, path: str, facts: Mapping[str, Value]) -> None:
        """A file exists, with the facts that a test's ``file`` step may give."""
        given = dict(facts)
        pairs = given.pop("xattrs", frozenset())
        assert isinstance(pairs, frozenset)
        xattrs = dict(str(pair).partition("=")[::2] for pair in pairs)
        self.state = with_file(self.state, path, xattrs=xattrs, **given)  # type: ignore[arg-type]

    def start_task(self, name: str, namespace: str, facts: Mapping[str, Value]) -> None:
        """A task exists: a child of init in ``namespace``, with the facts that a test's ``task`` step may give.

        A user id stands for all four unless they are said one by one; root has all capabilities, others none.
        """
        home = self.namespace(namespace).id
        exe = str(facts.get("exe", "/usr/bin/test"))
        comm = str(facts.get("comm", exe.rpartition("/")[2][:15]))
        given = {name: value for name, value in facts.items() if name not in ("exe", "comm", "dumpable")}
        credentials = self._interned.intern(declared_credentials(given, home))
        self.state, pid = with_process(self.state, credentials, exe=exe, comm=comm)
        if "dumpable" in facts:
            task = replace(self.state.tasks[pid], dumpable=bool(facts["dumpable"]))
            self.state = replace(self.state, tasks=self.state.tasks.insert(pid, task))
        self._names[name] = pid

    def adopt(self, name: str, pid: int, maker: str) -> None:
        """Task ``pid``, which ``maker`` has made, is called ``name`` from now on; it has what its maker had opened."""
        self._names[name] = pid
        self.opened.update({(name, path): number for (who, path), number in self.opened.items() if who == maker})

    def namespaces_become(self, change: Callable[[NamespaceTree], NamespaceTree]) -> None:
        """The namespaces are others from now on: an experiment's own hand, which no policy is asked about."""
        changed = change(self.state.namespaces)
        if changed is not self.state.namespaces:
            self.state = replace(self.state, namespaces=changed)

    # What happens

    def perform(self, name: str, operation: Operation) -> Decision:
        """A system call by a task."""
        self.state = seen_by(self.state, self.task(name).pid)
        context = Context(self.state, self.task(name).pid, profile=self.profile, interned=self._interned)
        return self._decided(begin(context, operation))

    def unshare(self, name: str, namespace: str, binds: tuple[ir.Bind, ...]) -> Decision:
        """``lsm_unshare`` with the bindings of a policy (Model M5.1)."""
        return self.perform(name, NamespaceUnshare(namespace, self.bound(bindings(binds, maker=0))))

    def ask(
        self, hook: str, name: str, thing: Object | Unknown | None, facts: Mapping[str, Value | Unknown]
    ) -> Decision:
        """One hook, asked directly about a task, an object and facts by their names; what is not given is unknown.

        Nothing goes on after it, so that its answer is the event's, a probe's too.
        """
        subject = self.task(name)
        if hook == "user_access" and thing is None:
            thing = Thing(kind="user_object", identity=Identity("user_object", 0), home=subject.home)
        if thing is None and CATALOGUE[hook].object is not None:
            raise NotPossible(f"`{hook}` is about a {CATALOGUE[hook].object}: say which with `object = …`")
        return self._decided(_one(self.state, request_of(hook, subject, thing, consequence=Consequence.FATAL, **facts)))

    def _decided(self, steps: Steps) -> Decision:
        decision, self.state = decide(self.state, steps, walk=self.walk)
        return decision


def _one(state: State, request: Request) -> Steps:
    yield request
    return Outcome(state)
