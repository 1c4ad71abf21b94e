"""Hypothesis strategies for situations: a tree of namespaces with random controls, a state, and an event in it."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Address
from typing import Final

from hypothesis import strategies as st
from rpds import HashTrieMap

from nslsm.controls.policy import PolicyControl
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.state import CellKey, Cells, CellsOfThing, State
from nslsm.protocol.control import Control
from nslsm.protocol.namespace import Binding, Limits, Mode, Namespace, NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, Identity, Object, Socket, Task, Value
from nslsm.testing.programs import FLAG, HASHES, HOOKS, MARK, PATHS, PORTS, UIDS, controls

ADDRESSES: Final = (IPv4Address("10.1.2.3"), IPv4Address("192.0.2.9"), IPv4Address("198.51.100.4"))


@dataclass(frozen=True, slots=True)
class Situation:
    """A state and one event in it: the requests that the kernel would raise, and whether the kernel itself would refuse."""

    state: State
    requests: tuple[Request, ...]
    refusal: Errno | None = None

    def steps(self) -> Steps:
        """The event, afresh: raises the requests in order; a denied probe may make the kernel refuse."""
        return _steps(self)

    def with_tree(self, tree: NamespaceTree) -> "Situation":
        """The same event where the namespaces are others."""
        return replace(self, state=replace(self.state, namespaces=tree))


def _steps(situation: Situation) -> Generator[Request, bool, Outcome]:
    refused = situation.refusal
    for request in situation.requests:
        granted = yield request
        if request.consequence is Consequence.PROBE and not granted:
            refused = refused or Errno.EPERM
    if refused is not None:
        return Outcome(situation.state, errno=refused, reason="the kernel says so")
    return Outcome(replace(situation.state, next_pid=situation.state.next_pid + 1))


@st.composite
def bindings(draw: st.DrawFn, name: str, maker: int) -> Binding:
    """A random control, bound."""
    control: Control = PolicyControl(draw(controls(f"random.{name}")))
    mode = Mode.COMPLAIN if draw(st.integers(0, 4)) == 0 else Mode.ENFORCE
    return Binding(name=name, control=control, mode=mode, maker=maker)


@st.composite
def trees(draw: st.DrawFn, size: int = 6) -> NamespaceTree:
    """A tree of up to ``size`` namespaces, deep rather than wide; each binds up to two random controls."""
    tree = NamespaceTree(HashTrieMap())
    for number in range(draw(st.integers(4, size))):
        parent = None if number == 0 else tree[draw(st.sampled_from((number - 1, number - 1, max(0, number - 2))))]
        above = [0] if parent is None else [each.id for each in tree.lineage(parent.id)]
        name = f"n{number}"
        bound = tuple(
            draw(bindings(f"c{number}_{place}", draw(st.sampled_from(above))))
            for place in range(draw(st.integers(0, 2)))
        )
        tree = tree.with_namespace(
            Namespace(
                id=number,
                name=name,
                parent=None if parent is None else parent.id,
                path=name if parent is None else f"{parent.path}.{name}",
                depth=0 if parent is None else parent.depth + 1,
                bindings=bound,
                limits=Limits(set_size=8),
            )
        )
    return tree


@cache
def maybe_unknown(values: tuple[Value, ...]) -> st.SearchStrategy[Value | Unknown]:
    """One of ``values``, or, more often than not, unknown."""
    return st.one_of(st.sampled_from(values), *[st.just(UNKNOWN)] * 4)


@st.composite
def tasks(draw: st.DrawFn, pid: int, namespaces: Sequence[int]) -> Task:
    """A task in one of ``namespaces``; its user may be unknown."""
    uid = draw(maybe_unknown(UIDS))
    assert isinstance(uid, int | Unknown)
    credentials = Credentials(uid=uid, euid=uid, fsuid=uid, namespace=draw(st.sampled_from(namespaces)))
    return Task(pid=pid, tgid=pid, ppid=1, credentials=credentials, exe="/usr/bin/x", comm="x")


@st.composite
def objects(draw: st.DrawFn, hook: str, others: Sequence[Task]) -> Object | None:
    """An object of the kind that ``hook`` is about."""
    match CATALOGUE[hook].object and str(CATALOGUE[hook].object):
        case "file":
            path = draw(maybe_unknown(PATHS))
            sha256 = draw(maybe_unknown(HASHES))
            assert isinstance(path, str | Unknown)
            assert isinstance(sha256, str | Unknown)
            identity = path if isinstance(path, Unknown) else Identity("file", path)
            return File(path, identity, type="regular", sha256=sha256)
        case "task":
            return draw(st.sampled_from(others))
        case "socket":
            return Socket(
                Identity("socket", draw(st.integers(1, 2))), draw(st.sampled_from(others)).home, family="inet"
            )
        case _:
            return None


@st.composite
def requests(draw: st.DrawFn, subject: Task, others: Sequence[Task]) -> Request:
    """A request by ``subject``, each of its facts now and then unknown."""
    hook = CATALOGUE[draw(st.sampled_from(HOOKS))]
    values: dict[str, Value | Unknown] = {
        "flags": frozenset({"read"}),
        "port": draw(maybe_unknown(PORTS)),
        "address": draw(maybe_unknown(ADDRESSES)),
        "cap": draw(st.sampled_from((Capability.CAP_KILL, Capability.CAP_SYS_ADMIN))),
        "signal": Signal.SIGTERM,
        "family": "inet",
    }
    return Request(
        hook,
        subject,
        draw(objects(hook.name, others)),
        tuple(values.get(fact.name, UNKNOWN) for fact in hook.facts),
        hook.consequence,
    )


@st.composite
def situations(draw: st.DrawFn, size: int = 6) -> Situation:
    """A state with three tasks, some attributes already set, and an event of one to three requests."""
    tree = draw(trees(size))
    deepest = sorted(tree.members, key=lambda number: (tree[number].depth, number))
    places = (*deepest, *deepest[-2:], deepest[-1], deepest[-1])
    people = [draw(tasks(pid, places)) for pid in (10, 11, 12)]
    cells: Cells = HashTrieMap()
    for number in sorted(tree.members):
        for binding in tree[number].bindings:
            if draw(st.integers(0, 2)) == 0:
                thing, key = draw(
                    st.sampled_from(
                        ((people[0].identity, FLAG), (people[1].identity, FLAG), (Identity("file", PATHS[0]), MARK))
                    )
                )
                value = draw(maybe_unknown((True, False)))
                of_thing: CellsOfThing = cells.get(thing, HashTrieMap())
                cells = cells.insert(thing, of_thing.insert(CellKey(number, binding.name, key), value))
    state = State(namespaces=tree, tasks=HashTrieMap({task.pid: task for task in people}), cells=cells)
    asked = draw(st.lists(requests(people[0], people), min_size=1, max_size=3))
    refusal = Errno.ENOENT if draw(st.integers(0, 11)) == 0 else None
    return Situation(state, tuple(asked), refusal)
