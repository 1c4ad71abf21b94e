"""Random runs of a kernel: system calls by several tasks, one after another, each on what the others have left."""

from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from rpds import HashTrieMap

from nslsm.hooks.linux import Signal
from nslsm.kernel import operations as o
from nslsm.kernel.boot import booted, ordinary_credentials, with_file, with_process
from nslsm.kernel.context import Context
from nslsm.kernel.dispatch import begin
from nslsm.kernel.event import Recorded, Steps
from nslsm.kernel.operations import Operation
from nslsm.kernel.state import State
from nslsm.testing.programs import PATHS
from tests.laws.occurrences import binding, tree_of

HOOKS: Final = (
    "file_open",
    "bprm_check_security",
    "bprm_committed_creds",
    "task_kill",
    "namespace_enter",
    "path_rename",
)
"""What the controls of a run are about: hooks that its calls raise."""


class Call(NamedTuple):
    """A system call on a state: simulated, or as a recording shows that it succeeded."""

    state: State
    pid: int
    operation: Operation
    recorded: Recorded | None

    def steps(self) -> Steps:
        """The event, afresh."""
        return begin(Context(self.state, self.pid, recorded=self.recorded), self.operation)


def first_state(chance: Random) -> State:
    """A kernel with a tree of namespaces, the files that policies speak of, and a few processes."""
    tree = tree_of(chance, HOOKS)
    state = booted(tree)
    for path in PATHS:
        attributes = {} if chance.random() < 0.5 else {"user.note": "x"}
        state = with_file(
            state, path, owner=chance.choice((0, 1000)), sha256=chance.choice(("aa", "bb")), xattrs=attributes
        )
    for _ in range(3):
        home = chance.choice(sorted(tree.members))
        state, _ = with_process(state, ordinary_credentials(chance.choice((0, 1000)), namespace=home), exe="/usr/bin/x")
    return state


def calls(chance: Random, count: int) -> Iterator[tuple[Call, list[State]]]:
    """Calls, each with a box in which whoever runs it puts the state that it left."""
    state = first_state(chance)
    for number in range(count):
        pid = chance.choice(sorted(state.tasks))
        box: list[State] = []
        operation = _operation(chance, state, number)
        recorded = Recorded(0) if chance.random() < 0.2 and isinstance(operation, o.Execute | o.Kill) else None
        yield Call(state, pid, operation, recorded), box
        state = box[0]


def _operation(chance: Random, state: State, number: int) -> Operation:
    path = o.At(chance.choice(PATHS))
    match chance.randrange(9):
        case 0 | 1:
            return o.Open(path, chance.choice((frozenset({"read"}), frozenset({"read", "write"}))), 0o644)
        case 2:
            return o.Execute(path)
        case 3:
            return o.Clone(chance.choice((frozenset(), frozenset({"thread"}))))
        case 4:
            return o.Kill(chance.choice(sorted(state.tasks)), chance.choice((Signal.SIGTERM, Signal.NONE)))
        case 5:
            return o.Rename(path, o.At(chance.choice((*PATHS, "/srv/new"))))
        case 6:
            bound = (binding(chance, f"u{number}", 0, HOOKS),)
            return o.NamespaceUnshare(f"u{number}", bound)
        case 7:
            return o.NamespaceEnter(chance.choice(sorted(state.namespaces.members)))
    return o.Exit() if len(state.tasks) > 3 else o.Execute(path)


def inherited(before: State, after: State, pid: int) -> Iterator[tuple[object, object]]:
    """What each process that was made has of attributes, and what its maker had of them before (Model M3.3)."""
    maker = before.tasks[pid].identity
    for task in after.tasks.values():
        if task.tgid not in before.processes:
            yield after.cells.get(task.identity, HashTrieMap()), before.cells.get(maker, HashTrieMap())
