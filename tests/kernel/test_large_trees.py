"""What a system call takes does not grow with the tasks and namespaces that there are: work is counted, not timed."""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest
from rpds import HashTrieMap

import nslsm
from nslsm.kernel.state import State

TASKS = {"small": 20, "large": 20_000}
PARENTS = 20

POLICY = """
import std.operations (read)

control guarding {{
    attr task.tainted: bool = false

    deny secrets: read when object.path under "/srv/secret" and subject.tainted
    on read when object.path under "/srv/phi" set subject.tainted = true
}}

namespace host {{
    limit bindings = 100000
    bind guarding
{children}
}}
"""


def grown(folder: Path, size: str) -> nslsm.Kernel:
    """A kernel with as many tasks; with one namespace for each hundred of them."""
    below = max(2, TASKS[size] // PARENTS // 100)
    children = (
        f"    namespace p{number} {{ bind guarding {' '.join(f'namespace t{each} {{ }}' for each in range(below))} }}"
        for number in range(PARENTS)
    )
    path = folder / f"{size}.nslsm"
    path.write_text(POLICY.format(children="\n".join(children)))
    kernel = nslsm.Kernel(nslsm.load_policy(path).tree())
    paths = [each.path for each in kernel.namespaces]
    first = [kernel.spawn(paths[number % len(paths)], uid=1000) for number in range(max(PARENTS, len(paths)))]
    while len(kernel.state.tasks) <= TASKS[size]:
        for parent in first:
            parent.fork()
    kernel.file("/etc/hosts")
    return kernel


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, nslsm.Kernel]:
    folder = tmp_path_factory.mktemp("grown")
    return {size: grown(folder, size) for size in TASKS}


ACTIONS: dict[str, Callable[[nslsm.Kernel, nslsm.Task], object]] = {
    "fork": lambda _, task: task.fork(),
    "exit": lambda _, task: task.fork().exit(),
    "exec": lambda _, task: task.execve("/usr/bin/program"),
    "open": lambda _, task: task.open("/etc/hosts"),
    "tainting": lambda _, task: task.open("/srv/phi/1"),
    "connect": lambda _, task: task.connect("192.0.2.1", 443),
    "check": lambda kernel, task: kernel.check("file_open", task, "/etc/hosts", flags={"read"}).judgements,
    "kill": lambda _, task: task.kill(task),
    "spawn": lambda kernel, _: kernel.spawn("host.p3", uid=1000),
    "unshare": lambda kernel, _: kernel.spawn("host.p3", uid=0).lsm_unshare("fresh"),
    "seal": lambda kernel, _: kernel.spawn("host.p3", uid=0).lsm_seal("host.p3"),
}


def calls_made(action: Callable[[], object]) -> "Counter[str]":
    """The functions that are called, Python's and others, as often as they are."""
    made: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            made[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            made[getattr(argument, "__qualname__", str(argument))] += 1

    gc.disable()  # what listens to it would be counted, too
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(None)
        gc.enable()
    return made


@pytest.mark.parametrize("name", ACTIONS)
def test_a_call_makes_as_many_steps_among_many_tasks_as_among_few(name: str, kernels: dict[str, nslsm.Kernel]) -> None:
    took = {}
    for size, kernel in kernels.items():
        before = kernel.snapshot()
        for _ in range(100):  # until all that is made once has been made
            task = kernel.spawn("host.p3", uid=1000)
            ACTIONS[name](kernel, task)
            kernel.restore(before)
        task = kernel.spawn("host.p3", uid=1000)
        took[size] = calls_made(lambda kernel=kernel, task=task: ACTIONS[name](kernel, task))
        kernel.restore(before)

    assert took["large"] == took["small"]


def entries(before: State, after: State) -> dict[str, int]:
    """How many entries of the maps of a state are others than before."""
    found = {}
    for part in State.__slots__:
        one, other = getattr(before, part), getattr(after, part)
        if isinstance(one, HashTrieMap) and one is not other:
            found[part] = sum(other.get(key) is not one.get(key) for key in {*one, *other})
    return found


def test_a_fork_touches_what_is_the_childs_and_its_parents(kernels: dict[str, nslsm.Kernel]) -> None:
    kernel = kernels["large"]
    task = kernel.spawn("host.p3", uid=1000)
    before = kernel.state

    task.fork()

    touched = {part: count for part, count in entries(before, kernel.state).items() if count}
    assert touched == {"tasks": 1, "processes": 2, "threads": 1, "places": 1, "tables": 1, "memories": 1}


def test_tasks_share_what_they_have_in_common(kernels: dict[str, nslsm.Kernel]) -> None:
    kernel = kernels["large"]
    task = kernel.spawn("host.p3", uid=1000)
    child = task.fork()
    state = kernel.state

    own, other = state.threads[task.pid], state.threads[child.pid]

    assert child.credentials is task.credentials
    assert state.places[own.place] is state.places[other.place]
    assert state.tables[own.table] is state.tables[other.table]
    assert state.memories[own.memory] is state.memories[other.memory]


def test_one_of_many_siblings_is_found_by_its_name(kernels: dict[str, nslsm.Kernel]) -> None:
    tree = kernels["large"].state.namespaces

    def siblings() -> Iterator[str]:
        return (tree[child].name for child in tree.children[tree.root])

    assert all(tree.child(tree.root, name) is not None for name in siblings())
    assert tree.child(tree.root, "nobody") is None
    assert tree.by_path("host.p3.t1") is tree.child(tree.by_path("host.p3").id, "t1")  # type: ignore[union-attr]
