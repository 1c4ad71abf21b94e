"""Random events with all that may belong to one: moves, hooks that tell, things renamed or ended, recordings, threads.

:mod:`nslsm.testing.events` makes the situations of the other laws; these are richer, and are drawn from a seed.
"""

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from rpds import HashTrieMap

from nslsm.controls.policy import DeclaredEntry, PolicyControl
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.process import Process
from nslsm.kernel.state import CellKey, State, moved_cells
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Limits, Mode, Namespace, NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, Identity, Socket, Task, Thing
from nslsm.testing.events import ADDRESSES, Situation
from nslsm.testing.programs import HASHES, NOWHERE, PATHS, PORTS, UIDS
from tests.laws.rich_controls import control, hook_action, snake
from tests.laws.rich_programs import ATTRIBUTES, EXTREMES, GIVEN, HOOKS, LEVEL_TYPE, maybe_condition

MOVES: Final = ("bprm_check_security",) * 3
"""What an ``enter on`` of ours is held against."""

RAISED: Final = tuple(hook for hook in HOOKS if CATALOGUE[hook].hook_class.value == "access")
"""What a system call asks about; hooks that tell come after it."""


@dataclass(frozen=True, slots=True)
class Occurrence(Situation):
    """An event that may move its process, tell of itself, rename what it is about, and be from a recording."""

    happened: bool = False
    failed: Errno | None = None
    """The error that the recording shows."""
    doubted: frozenset[str] = frozenset()
    """The facts that the kernel's refusal hangs on."""
    entering: Request | None = None
    told: bool = False
    rekeyed: Mapping[Identity, Identity | None] = field(default_factory=dict)

    def steps(self) -> Steps:
        """The event, afresh."""
        return _steps(self)


def _steps(event: Occurrence) -> Generator[Request, bool, Outcome]:
    refused = None if event.happened else event.refusal
    for request in event.requests:
        granted = yield request
        if request.consequence is Consequence.PROBE and not granted:
            refused = refused or Errno.EPERM
    if event.happened and event.failed is not None:
        return Outcome(event.state, errno=event.failed, reason="so it was recorded")
    if refused is not None and not event.happened:
        return Outcome(event.state, errno=refused, reason="the kernel says so", unknown=event.doubted)
    cells = moved_cells(event.state.cells, event.rekeyed)
    return Outcome(
        replace(event.state, next_pid=event.state.next_pid + 1, cells=cells),
        result=3,
        refusal=refused,
        reason="" if refused is None else "the kernel would say so",
        unknown=frozenset() if refused is None else event.doubted,
        entering=event.entering,
        notify=(lambda after: _tells(event, after)) if event.told else None,
        rekeyed=event.rekeyed,
    )


def _tells(event: Occurrence, after: State) -> tuple[Request, ...]:
    subject = after.tasks[event.requests[0].subject.pid]
    file = next((each.object for each in event.requests if isinstance(each.object, File)), None)
    return (Request(CATALOGUE["bprm_committed_creds"], subject, UNKNOWN if file is None else file, (UNKNOWN,)),)


class Declared(DeclaredEntry):
    """``enter on`` as it is declared; what it says can be read again."""

    def __init__(self, enters: tuple[ir.Enter, ...], declaration: ir.Namespace) -> None:
        super().__init__(enters, declaration)
        self.enters = enters


def entry(chance: Random) -> Declared:
    """One or two ``enter on`` of a namespace. Like all declarations of namespaces they know no attributes and no tables."""
    hook = "bprm_check_security"
    enters = tuple(
        ir.Enter(actions=(hook_action(hook),), when=_stateless(chance, hook)) for _ in range(chance.randint(1, 2))
    )
    declaration = ir.Namespace(
        name="declared",
        doc="",
        binds=(),
        enters=enters,
        sealed=False,
        lock=None,
        limits=Limits(),
        children=(),
        span=NOWHERE,
    )
    return Declared(enters, declaration)


def _stateless(chance: Random, hook: str) -> ir.Expr | None:
    while True:
        found = maybe_condition(chance, hook)
        if not {"AttributeOf(", "Lookup("} & set(re.findall(r"AttributeOf\(|Lookup\(", repr(found))):
            return found


def tree_of(chance: Random, hooks: tuple[str, ...]) -> NamespaceTree:
    """A tree of namespaces, each with up to two controls, some with ``enter on``; their makers are anywhere above."""
    tree = NamespaceTree(HashTrieMap())
    for number in range(chance.randint(4, 7)):
        parent = None if number == 0 else tree[chance.choice((*[number - 1] * 4, max(0, number - 2), 0))]
        above = [0] if parent is None else [*(each.id for each in tree.lineage(parent.id)), number]
        bound = tuple(
            binding(chance, f"c{number}_{place}", chance.choice(above), hooks) for place in range(chance.randint(0, 2))
        )
        tree = tree.with_namespace(
            Namespace(
                id=number,
                name=f"n{number}",
                parent=None if parent is None else parent.id,
                path=f"n{number}" if parent is None else f"{parent.path}.n{number}",
                depth=0 if parent is None else parent.depth + 1,
                bindings=bound,
                entry=entry(chance) if parent is not None and chance.random() < 0.4 else None,
                limits=Limits(set_size=4),
            )
        )
    return tree


def binding(chance: Random, name: str, maker: int, hooks: tuple[str, ...]) -> Binding:
    """A random control, bound; one of ten in Python."""
    bound = (
        snake(chance, name) if chance.random() < 0.1 else PolicyControl(control(chance, f"rich.{name}", hooks), GIVEN)
    )
    mode = Mode.COMPLAIN if chance.random() < 0.25 else Mode.ENFORCE
    return Binding(name=name, control=bound, mode=mode, maker=maker)


def known(chance: Random, *values: Any) -> Any:
    """One of the values, now and then unknown."""
    return UNKNOWN if chance.random() < 0.45 else chance.choice(values)


def task(chance: Random, pid: int, home: int) -> Task:
    """A task; some of what it is may be unknown."""
    uid = known(chance, *UIDS)
    credentials = Credentials(
        uid=uid,
        euid=uid,
        fsuid=uid,
        groups=known(chance, frozenset(), frozenset({0, 1000})),
        effective=known(chance, frozenset(), frozenset({Capability.CAP_KILL})),
        namespace=home,
    )
    return Task(pid=pid, tgid=pid, ppid=1, credentials=credentials, exe=known(chance, "/usr/bin/x", "/srv/a"), comm="x")


def file(chance: Random) -> File:
    """A file; nobody can identify it without a path, and perhaps not with one."""
    path = known(chance, *PATHS)
    return File(
        path,
        UNKNOWN if path is UNKNOWN or chance.random() < 0.1 else Identity("file", path),
        type="regular",
        owner=known(chance, *UIDS),
        sha256=known(chance, *HASHES),
        xattrs=known(chance, HashTrieMap(), HashTrieMap({"user.note": "x"})),
    )


def request(chance: Random, hooks: tuple[str, ...], subject: Task, people: list[Task], tree: NamespaceTree) -> Request:
    """A request by ``subject``; which thing it is about may be unknown, and so each fact."""
    hook = CATALOGUE[chance.choice([hook for hook in hooks if hook in RAISED])]
    thing = _object(chance, "" if hook.object is None else hook.object.name, people, tree)
    values: dict[str, Callable[[], Any]] = {
        "flags": lambda: known(chance, *(frozenset(each) for each in (("read",), ("write",), ("read", "write")))),
        "port": lambda: known(chance, *PORTS),
        "address": lambda: known(chance, *ADDRESSES),
        "cap": lambda: known(chance, Capability.CAP_KILL, Capability.CAP_SYS_ADMIN),
        "old": lambda: thing if isinstance(thing, File) else subject.credentials,
        "new": lambda: file(chance) if isinstance(thing, File) else chance.choice(people).credentials,
    }
    arguments = tuple(values.get(fact.name, lambda: UNKNOWN)() for fact in hook.facts)
    consequence = hook.consequence if chance.random() < 0.8 else chance.choice(list(Consequence))
    return Request(hook, subject, thing, arguments, consequence)


def _object(chance: Random, kind: str, people: list[Task], tree: NamespaceTree) -> Any:
    home = chance.choice(sorted(tree.members))
    match kind:
        case "":
            return None
        case "file":
            return file(chance)
        case "task":
            return known(chance, *people, *people[1:])
        case "socket":
            return Socket(known(chance, Identity("socket", 1)), home, family="inet")
        case "namespace":
            return tree[home].facts()
    return Thing(kind=kind, identity=Identity(kind, 1), home=chance.choice((None, home, home)))


def cells_of(chance: Random, tree: NamespaceTree, people: list[Task]) -> "HashTrieMap[Identity, Any]":
    """Attributes that are set already, here and there."""
    found: HashTrieMap[Identity, Any] = HashTrieMap()
    for number in sorted(tree.members):
        for bound in tree[number].bindings:
            for declared in chance.sample(ATTRIBUTES, chance.randint(0, 4)):
                things = {
                    "task": [each.identity for each in people],
                    "file": [Identity("file", path) for path in PATHS],
                    "namespace": [Identity("namespace", number)],
                }
                thing = chance.choice(things[declared.kind.name])
                of_thing = found.get(thing, HashTrieMap())
                key = CellKey(number, bound.name, declared.key)
                found = found.insert(thing, of_thing.insert(key, known(chance, *VALUES[str(declared.type)])))
    return found


VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "level": LEVEL_TYPE.members,
    "bool": (True, False),
    "int": EXTREMES,
    "string": ("x", "aa"),
    "set of int": (frozenset(), frozenset({0, 1000})),
}


def occurrence(seed: int) -> Occurrence:
    """A state with three tasks, two of which may be one process, and an event of one to four requests."""
    chance = Random(seed)
    hooks = (*chance.sample(RAISED, 2), chance.choice(HOOKS), *chance.sample(("namespace_enter", *MOVES), 1))
    tree = tree_of(chance, hooks)
    places = sorted(tree.members, key=lambda number: (tree[number].depth, number))
    people = [task(chance, pid, chance.choice((*places, *places[-2:]))) for pid in (10, 11, 12)]
    if chance.random() < 0.3:
        people[2] = replace(people[0], pid=12)
    processes = {
        tgid: Process(tgid=tgid, parent=1, threads=tuple(each.pid for each in people if each.tgid == tgid))
        for tgid in sorted({each.tgid for each in people})
    }
    state = State(
        namespaces=tree,
        tasks=HashTrieMap({each.pid: each for each in people}),
        processes=HashTrieMap(processes),
        cells=cells_of(chance, tree, people),
    )
    asked = tuple(request(chance, hooks, people[0], people, tree) for _ in range(chance.choice((1, 1, 2, 3, 4))))
    gone = {Identity("file", PATHS[0]): chance.choice((None, Identity("file", PATHS[1])))}
    happened = chance.random() < 0.3
    return Occurrence(
        state,
        asked,
        refusal=Errno.ENOENT if chance.random() < 0.1 else None,
        happened=happened,
        failed=Errno.ENOMEM if happened and chance.random() < 0.2 else None,
        doubted=frozenset({"object.mode"}) if chance.random() < 0.4 else frozenset(),
        entering=next((each for each in asked if each.hook.name == "bprm_check_security"), None),
        told=chance.random() < 0.3,
        rekeyed=gone if chance.random() < 0.3 else {},
    )


def parts(event: Occurrence) -> Iterator[Occurrence]:
    """The same with one thing less, a request, a binding, a rule, a move: what a case that was found is reduced by."""
    for place in range(len(event.requests)):
        if len(event.requests) > 1:
            yield replace(event, requests=event.requests[:place] + event.requests[place + 1 :])
    tree = event.state.namespaces
    for number in sorted(tree.members):
        namespace = tree[number]
        for place, bound in enumerate(namespace.bindings):
            without = namespace.bindings[:place] + namespace.bindings[place + 1 :]
            yield _with_bindings(event, number, without)
            for smaller in _smaller(bound):
                yield _with_bindings(event, number, (*without[:place], smaller, *without[place:]))
        if namespace.entry is not None:
            yield event.with_tree(tree.with_namespace(replace(namespace, entry=None)))  # type: ignore[misc]
    for quiet in ({"told": False}, {"entering": None}, {"rekeyed": {}}, {"refusal": None}, {"happened": False}):
        if any(getattr(event, name) != value for name, value in quiet.items()):
            yield replace(event, **quiet)
    for thing in event.state.cells:
        yield replace(event, state=replace(event.state, cells=event.state.cells.discard(thing)))


def _with_bindings(event: Occurrence, number: int, bound: tuple[Binding, ...]) -> Occurrence:
    tree = event.state.namespaces
    return replace(
        event, state=replace(event.state, namespaces=tree.with_namespace(replace(tree[number], bindings=bound)))
    )


def _smaller(bound: Binding) -> Iterator[Binding]:
    if isinstance(bound.control, PolicyControl):
        program = bound.control.program
        for place in range(len(program.rules)):
            rules = program.rules[:place] + program.rules[place + 1 :]
            yield replace(bound, control=PolicyControl(replace(program, rules=rules)))


def reduced(event: Occurrence, differs: Callable[[Occurrence], bool]) -> Occurrence:
    """The smallest occurrence that still differs, taking one thing away at a time."""
    while (smaller := next((each for each in parts(event) if differs(each)), None)) is not None:
        event = smaller
    return event
