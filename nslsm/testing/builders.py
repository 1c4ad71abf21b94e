"""Builders of small situations for tests: a lineage of namespaces, controls of one rule, a task, a request, an event.

>>> state = state_with(root=[deny("file_open")], web=[])
>>> state.namespaces[1].path
'root.web'
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

from rpds import HashTrieMap

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.state import State
from nslsm.protocol.control import Control
from nslsm.protocol.namespace import Binding, Limits, Mode, Namespace, NamespaceTree
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, Identity, Object, Task, Value
from nslsm.protocol.view import View


@dataclass(frozen=True)
class Scripted:
    """A control that answers as it is told, hook by hook; a function as the answer is called with request and view."""

    name: str = "scripted"
    answers: Mapping[str, Answer | Callable[[Request, View], Answer]] = field(default_factory=dict)
    inbound: Mapping[str, Answer] = field(default_factory=dict)
    sets: Mapping[str, tuple[Assignment, ...]] = field(default_factory=dict)
    sets_on_denial: Mapping[str, tuple[Assignment, ...]] = field(default_factory=dict)
    sees: Mapping[str, tuple[Observation, ...]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """It has its name for a digest."""
        return self.name

    origin = digest

    def handles(self, hook: str) -> bool:
        """Whether it was told anything about the hook."""
        return any(hook in told for told in (self.answers, self.inbound, self.sets, self.sets_on_denial, self.sees))

    def judge(self, request: Request, view: View) -> Answer:
        """What it was told to say."""
        answer = self.answers.get(request.hook.name, ABSTAIN)
        return answer if isinstance(answer, Answer) else answer(request, view)

    def judge_inbound(self, request: Request, view: View) -> Answer:
        """What it was told to say to those from outside."""
        del view
        return self.inbound.get(request.hook.name, ABSTAIN)

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """What it was told to set."""
        del view
        return (self.sets_on_denial if denied else self.sets).get(request.hook.name, ())

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """What it was told to see."""
        del view
        return self.sees.get(request.hook.name, ())

    def observe_inbound(self, request: Request, view: View) -> tuple[Observation, ...]:
        """It sees nothing from outside."""
        del request, view
        return ()


def deny(hook: str, errno: Errno | None = None, *, rule: str = "deny-1", name: str = "denies") -> Scripted:
    """A control that denies one hook."""
    return Scripted(name, {hook: Answer(Stance.DENY, rule, errno, "because the test says so")})


def allow(hook: str, *, name: str = "allows") -> Scripted:
    """A control that allows one hook."""
    return Scripted(name, {hook: Answer(Stance.ALLOW, "confine-1.allow-1")})


def doubt(hook: str, *facts: str, name: str = "doubts") -> Scripted:
    """A control whose answer hangs on unknown facts."""
    return Scripted(name, {hook: Answer(Stance.UNKNOWN, unknown=frozenset(facts))})


def complaining(control: Control, *, name: str = "") -> Binding:
    """The control, bound in complain mode."""
    return Binding(name=name or control.name, control=control, mode=Mode.COMPLAIN)


def lineage_with(levels: Mapping[str, Sequence[Control | Binding]]) -> NamespaceTree:
    """A chain of namespaces, the root first, each made by its parent's maker and binding what is given."""
    tree = NamespaceTree(HashTrieMap())
    path = ""
    for number, (name, controls) in enumerate(levels.items()):
        path = f"{path}.{name}" if path else name
        bound = tuple(
            each if isinstance(each, Binding) else Binding(name=each.name, control=each, maker=max(0, number - 1))
            for each in controls
        )
        tree = tree.with_namespace(
            Namespace(
                id=number,
                name=name,
                parent=number - 1 if number else None,
                path=path,
                depth=number,
                bindings=bound,
                limits=Limits(),
            )
        )
    return tree


def state_with(**levels: Sequence[Control | Binding]) -> State:
    """A state whose namespaces are a chain, the root first."""
    return State(namespaces=lineage_with(levels))


def task_in(state: State, namespace: str = "", pid: int = 10, uid: int = 1000) -> Task:
    """A task in the namespace of that name, or in the deepest."""
    members = sorted(state.namespaces.members, key=lambda number: (state.namespaces[number].depth, number))
    home = next((number for number in members if state.namespaces[number].name == namespace), members[-1])
    return Task(pid=pid, tgid=pid, ppid=1, credentials=Credentials(uid=uid, namespace=home), exe="/usr/bin/x", comm="x")


def file_at(path: str) -> File:
    """A regular file, known by its path alone."""
    return File(path, Identity("file", path), type="regular")


def request(
    hook: str,
    subject: Task,
    thing: Object | Unknown | None = None,
    *,
    consequence: Consequence | None = None,
    **facts: Value | Unknown,
) -> Request:
    """A request with the facts that are given; the others are unknown."""
    entry = CATALOGUE[hook]
    arguments = tuple(facts.get(fact.name, UNKNOWN) for fact in entry.facts)
    return Request(entry, subject, thing, arguments, consequence or entry.consequence)


def event(state: State, *requests: Request, outcome: Outcome | None = None, refused_by_probe: bool = False) -> Steps:
    """An event that raises ``requests`` in order and ends in ``outcome``, by default with the next pid taken."""
    return _event(state, requests, outcome, refused_by_probe)


def _event(
    state: State,
    requests: tuple[Request, ...],
    outcome: Outcome | None,
    refused_by_probe: bool,
) -> Generator[Request, bool, Outcome]:
    refused = False
    for each in requests:
        granted = yield each
        refused = refused or (refused_by_probe and not granted)
    if refused:
        return Outcome(state, errno=Errno.EPERM, reason="no capability")
    return outcome or Outcome(state)
