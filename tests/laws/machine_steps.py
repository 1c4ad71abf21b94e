"""How the random machine begins, and what its steps do: system calls of every sort, and requests with unknown facts."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rpds import HashTrieMap

from nslsm.controls.policy import PolicyControl
from nslsm.hooks.linux import Errno, Signal
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel import namespaces
from nslsm.kernel import operations as o
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, booted, ordinary_credentials, with_file, with_process
from nslsm.kernel.event import Recorded
from nslsm.kernel.namespaces import usage_of
from nslsm.kernel.operations import Operation
from nslsm.kernel.process import Special
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State
from nslsm.kernel.world import World
from nslsm.protocol.namespace import Demand, Limits, Mode, Namespace, NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import File
from nslsm.testing.programs import PATHS
from tests.kernel.operations_at_random import operations
from tests.laws.machine import Event, Exchange
from tests.laws.machine_controls import HOOKS, NUMBERS, any_binding, numbered, numbered_entry
from tests.laws.occurrences import RAISED, cells_of, request

ASKED: Final = (*("file_open",) * 3, *sorted(HOOKS & set(RAISED)))
"""The hooks that are raised directly."""

MOST_TASKS: Final = 9


def beginning(chance: Random) -> State:
    """A kernel with a tree of declared namespaces, files, and processes of several users in several places."""
    tree = _tree(chance)
    state = booted(tree, chance.choice((World.CLOSED, World.CLOSED, World.OPEN)))
    for path in PATHS:
        attributes = {} if chance.random() < 0.5 else {"user.note": "x"}
        sha256 = chance.choice(("aa", UNKNOWN))
        state = with_file(state, path, owner=chance.choice((0, 1000)), sha256=sha256, xattrs=attributes)
    state = with_file(state, "/a/b/c", owner=1000)
    state = with_file(state, "/d/x", mode=0o4777)
    state = with_file(state, "/l", target="/d")
    for number in tree.members:
        state = replace(state, usage=state.usage.insert(number, usage_of(state, number)))
    for _ in range(3):
        state = _another(state, chance)
    people = [state.tasks[number] for number in sorted(state.tasks)]
    return replace(state, cells=cells_of(chance, tree, people))


def _tree(chance: Random) -> NamespaceTree:
    tree = NamespaceTree(HashTrieMap())
    for number in range(chance.randint(6, 8)):
        parent = None if number == 0 else tree[chance.choice((*[number - 1] * 4, max(0, number - 2), 0))]
        above = [0] if parent is None else [*(each.id for each in tree.lineage(parent.id)), number]
        bound = {
            each.name: each
            for each in (any_binding(chance, maker=chance.choice(above)) for _ in range(chance.choice((0, 1, 1, 2))))
        }
        narrow = parent is not None and chance.random() < 0.2
        tree = tree.with_namespace(
            Namespace(
                id=number,
                name=f"n{number}",
                parent=None if parent is None else parent.id,
                path=f"n{number}" if parent is None else f"{parent.path}.n{number}",
                depth=0 if parent is None else parent.depth + 1,
                bindings=tuple(bound.values()),
                entry=numbered_entry(chance.randrange(40)) if parent is not None and chance.random() < 0.4 else None,
                sealed=number > 0 and chance.random() < 0.1,
                lock=_origins(chance) if chance.random() < 0.1 else None,
                limits=Limits(depth=2, namespaces=3, bindings=4, set_size=2) if narrow else Limits(set_size=4),
            )
        )
    return tree


def _another(state: State, chance: Random) -> State:
    """One more process, somewhere: nobody's child of those that are there."""
    tree = state.namespaces
    places = sorted(tree.members, key=lambda number: (tree[number].depth, number))
    home = chance.choice((*places, *places[-4:]))
    credentials = ordinary_credentials(chance.choice((0, 0, 0, 1000)), namespace=home)
    if chance.random() < 0.3:
        credentials = replace(UNKNOWN_CREDENTIALS, namespace=home)
    elif chance.random() < 0.4:
        credentials = replace(credentials, no_new_privs=True)
    return with_process(state, credentials, exe=chance.choice(("/usr/bin/x", "/srv/a", UNKNOWN)), comm="x")[0]


def peopled(state: State, chance: Random) -> State:
    """The state with a few processes in it, however many have ended."""
    while len(state.tasks) < 4:
        state = _another(state, chance)
    return state


def step(state: State, chance: Random, *, bent: bool = False) -> Event | Exchange:
    """What happens next; ``bent`` on namespaces, or evenly."""
    pid = chance.choice(sorted(state.tasks))
    if bent and chance.random() < 0.7:
        return Event(state, pid, _about_namespaces(state, pid, chance))
    roll = chance.random()
    if roll < 0.03:
        return _exchange(state, chance)
    if roll < 0.53:
        return _asked(state, pid, chance)
    if roll < 0.60:
        return Event(state, pid, _pool()[chance.randrange(len(_pool()))])
    if roll < 0.77:
        operation = _ordinary(state, chance)
        happened = isinstance(operation, o.Execute | o.Kill) and chance.random() < 0.2
        return Event(state, pid, operation, Recorded(0) if happened else None, happened=happened)
    return Event(state, pid, _about_namespaces(state, pid, chance))


def _asked(state: State, pid: int, chance: Random) -> Event:
    """One to three requests of one event, of which much may be unknown."""
    subject = state.tasks[pid]
    if chance.random() < 0.85:
        nobody = replace(UNKNOWN_CREDENTIALS, namespace=subject.home)
        subject = replace(subject, credentials=nobody, exe=UNKNOWN)
    people = [state.tasks[number] for number in sorted(state.tasks)]
    spoken_of = _spoken_of(state, subject.home) if chance.random() < 0.85 else ()
    hooks = tuple(chance.choice(spoken_of or ASKED) for _ in range(2))
    asked = tuple(
        _blurred(chance, request(chance, hooks, subject, people, state.namespaces))
        for _ in range(chance.choice((1, 2, 2, 3)))
    )
    entering = next((each for each in asked if each.hook.name == "bprm_check_security"), None)
    return Event(
        state,
        pid,
        asked=asked,
        refusal=Errno.ENOENT if chance.random() < 0.06 else None,
        entering=entering,
        happened=chance.random() < 0.1,
    )


def _blurred(chance: Random, asked: Request) -> Request:
    """The request, where less is known of its file."""
    if not isinstance(asked.object, File) or chance.random() < 0.2:
        return asked
    return asked._replace(object=asked.object._replace(sha256=UNKNOWN, owner=UNKNOWN, xattrs=UNKNOWN))


def _spoken_of(state: State, home: int) -> tuple[str, ...]:
    """The hooks that controls of a lineage are about."""
    controls = [each.control for above in state.namespaces.lineage(home) for each in above.bindings]
    policies = [each for each in controls if isinstance(each, PolicyControl)]
    return tuple(hook for hook in ASKED for each in policies if each.handles(hook))


@cache
def _pool() -> tuple[Operation, ...]:
    """Operations of every sort that a kernel handles."""
    found: list[Operation] = []

    @settings(
        max_examples=80,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(operations, min_size=12, max_size=16))
    def take(some: list[Operation]) -> None:
        found.extend(some)

    take()
    return tuple(each for each in found if not isinstance(each, o.NamespaceUnshare))


def _ordinary(state: State, chance: Random) -> Operation:
    path = o.At(chance.choice(PATHS))
    if len(state.tasks) > MOST_TASKS:
        return o.Exit()
    match chance.randrange(12):
        case 0 | 1 | 2:
            return o.Open(path, chance.choice((frozenset({"read"}), frozenset({"read", "write"}))), 0o644)
        case 3 | 4:
            return o.Execute(path)
        case 5:
            return o.Clone(chance.choice((frozenset(), frozenset({"thread"}), frozenset({"parent"}))))
        case 6 | 7:
            return o.Kill(chance.choice((*sorted(state.tasks), -1)), chance.choice((Signal.SIGTERM, Signal.NONE)))
        case 8:
            return o.Rename(path, o.At(chance.choice((*PATHS, "/srv/new"))))
        case 9:
            return o.Control("set_no_new_privs", (1,))
        case 10:
            return o.Trace("attach", chance.choice(sorted(state.tasks)))
    return o.Exit() if len(state.tasks) > 4 else o.Execute(path)


# Namespaces


def _about_namespaces(state: State, pid: int, chance: Random) -> Operation:
    task, thread = state.tasks[pid], state.threads[pid]
    if thread.clone_demand is not None and chance.random() < 0.4:
        return o.Clone(frozenset({"newlsm"}))
    if thread.unshare_demand is not None and chance.random() < 0.4:
        return o.Unshare(frozenset({"newlsm"}))
    if task.home in state.holders and chance.random() < 0.2:
        return o.Exit()
    target = _target(state, pid, chance)
    match chance.randrange(14):
        case 0 | 1 | 2:
            demand = _demand(state, task.home, chance)
            return o.NamespaceUnshare(*demand)
        case 3 | 4:
            return o.NamespaceEnter(target)
        case 5 | 6 | 7:
            return _bind(state, target, chance)
        case 8:
            return o.NamespaceSeal(target)
        case 9 | 10:
            return o.NamespaceLock(target, _origins(chance, _known(state, target)))
        case 11:
            return o.NamespaceOpen(chance.choice(_below(state, task.home)))
    attribute = chance.choice(("clone_newlsm", "unshare_newlsm"))
    return o.SetSelfAttribute(attribute, _demand(state, task.home, chance))


def _below(state: State, home: int) -> list[int]:
    pending, found = [home], []
    while pending:
        found.append(pending.pop())
        pending.extend(state.namespaces.children.get(found[-1], ()))
    return found


def _target(state: State, pid: int, chance: Random) -> int | o.Descriptor:
    """A namespace that the caller may reach, another, one that there is not, or a handle."""
    roll = chance.random()
    if roll < 0.2:
        slots = state.tables[state.threads[pid].table].slots
        handles = [number for number in sorted(slots) if _handle(state, slots[number].description) is not None]
        if handles:
            return o.Descriptor(chance.choice(handles))
    if roll < 0.75:
        return chance.choice(_below(state, state.tasks[pid].home))
    return chance.choice((*sorted(state.namespaces.members), 99))


def _handle(state: State, description: int) -> int | None:
    target = state.descriptions[description].target
    return target.namespace if isinstance(target, Special) else None


def _known(state: State, target: int | o.Descriptor) -> Namespace | None:
    return state.namespaces.members.get(target) if isinstance(target, int) else None


def _bind(state: State, target: int | o.Descriptor, chance: Random) -> Operation:
    """New controls, or one that is bound there already in another mode, or made by another."""
    known = _known(state, target)
    bindings = tuple(any_binding(chance) for _ in range(chance.choice((1, 1, 2))))
    if known is not None and known.bindings and chance.random() < 0.4:
        bindings = (replace(chance.choice(known.bindings), mode=chance.choice(list(Mode))),)
    sequence = None
    if known is not None and chance.random() < 0.2:
        sequence = known.sequence + chance.choice((0, 0, 1))
    return o.NamespaceBind(target, bindings, sequence)


def _demand(state: State, home: int, chance: Random) -> Demand:
    del state, home
    limits: Callable[[], Limits] = lambda: Limits(  # noqa: E731
        depth=chance.choice((1, 3, 63, 64)),
        namespaces=chance.choice((0, 2, 65_536)),
        bindings=chance.choice((1, 3, 1_024)),
        set_size=chance.choice((1, 4, 5)),
    )
    return Demand(
        name="no name" if chance.random() < 0.05 else f"u{chance.randrange(6)}",
        bindings=tuple(any_binding(chance) for _ in range(chance.choice((0, 1, 1, 2)))),
        entry=numbered_entry(chance.randrange(40)) if chance.random() < 0.2 else None,
        sealed=chance.random() < 0.1,
        lock=_origins(chance) if chance.random() < 0.1 else None,
        limits=limits() if chance.random() < 0.3 else None,
    )


def _origins(chance: Random, known: Namespace | None = None) -> frozenset[str]:
    """What a lock lets through: some controls, or a part of what it let through before, and perhaps more."""
    some = frozenset(numbered(chance.randrange(NUMBERS)).control.origin for _ in range(chance.choice((0, 30, 60))))
    if known is None or known.lock is None or chance.random() < 0.3:
        return some
    kept = frozenset(sorted(known.lock)[chance.randrange(2) :])
    return kept | some if chance.random() < 0.3 else kept


def _exchange(state: State, chance: Random) -> Exchange:
    """The owner gives a namespace another policy; a namespace that is sealed stays as it is."""
    number = chance.choice(sorted(state.namespaces.members))
    bindings = tuple(any_binding(chance) for _ in range(chance.randrange(3)))
    try:
        after = namespaces.exchanged(state, state.namespaces[number], bindings, maker=state.namespaces.root)
    except Refused:
        return Exchange(number, state, refused=True)
    return Exchange(number, after, refused=False)
