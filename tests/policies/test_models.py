"""The classical models keep what they promise, along random courses, whatever is read, written and passed on.

Beside the kernel runs a bookkeeper who knows nothing of rules: what a task has read sticks to it, what it writes carries all
that sticks to it. A model's defining property is about what has come to be where.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nslsm
from nslsm.api.task import Task

ACTS = st.tuples(st.integers(0, 2), st.sampled_from(["read", "write", "write on", "fork"]), st.integers(0, 5))
COURSES = st.lists(ACTS, min_size=16, max_size=40)


POLICIES = {name: nslsm.load_policy(f"models.{name}") for name in ("bell_lapadula", "biba", "chinese_wall")}


@dataclass
class Flow:
    """What has flowed where: sources by task and by file, as the bookkeeper sees it."""

    tasks: list[Task]
    paths: list[str]
    known: dict[int, frozenset[str]] = field(default_factory=dict)
    held: dict[str, frozenset[str]] = field(default_factory=dict)
    opened: dict[tuple[int, str], int] = field(default_factory=dict)
    """What a task has open to write to, by path."""
    granted: int = 0

    def __post_init__(self) -> None:
        self.held = {path: frozenset({path}) for path in self.paths}
        self.known = {task.pid: frozenset() for task in self.tasks}

    def run(self, course: list[tuple[int, str, int]]) -> None:
        for who, act, what in course:
            task = self.tasks[who % len(self.tasks)]
            path = self.paths[what % len(self.paths)]
            if act == "fork":
                child = task.fork()
                self.tasks.append(child)
                self.known[child.pid] = self.known[task.pid]
                inherited = {
                    (child.pid, path): number for (pid, path), number in self.opened.items() if pid == task.pid
                }
                self.opened |= inherited
            elif act == "read" and task.open(path, "r"):
                self.granted += 1
                self.known[task.pid] |= self.held[path]
            elif act == "write" and (opened := task.open(path, {"write"})):
                self.opened[task.pid, path] = opened.result
                self._written(task, path)
            elif act == "write on" and (task.pid, path) in self.opened and task.write(self.opened[task.pid, path]):
                self._written(task, path)

    def _written(self, task: Task, path: str) -> None:
        self.granted += 1
        self.held[path] |= self.known[task.pid]


def flow(policy: str, namespace: str, users: list[int], paths: list[str]) -> Flow:
    kernel = nslsm.Kernel(POLICIES[policy][namespace])
    for path in paths:
        kernel.file(path, mode=0o666)
    return Flow([kernel.spawn(uid=user) for user in users], paths)


LEVELS = {"/srv/open": 0, "/srv/confidential/a": 1, "/srv/secret/b": 2, "/srv/secret/top/c": 3}


@given(COURSES)
@settings(max_examples=100)
def test_bell_lapadula_nothing_ever_flows_to_a_lower_level(course: list[tuple[int, str, int]]) -> None:
    book = flow("bell_lapadula", "host", [1002, 1001, 2001], list(LEVELS))

    book.run(course)

    for path, sources in book.held.items():
        assert all(LEVELS[source] <= LEVELS[path] for source in sources)


TRUST = {"/tmp/x": 0, "/home/inbox/m": 0, "/home/notes": 1, "/etc/hosts": 2, "/usr/share/a": 2}


@pytest.mark.parametrize("namespace", ["strict", "marked"])
def test_biba_nothing_ever_comes_to_hang_on_what_is_trusted_less(namespace: str) -> None:
    @given(COURSES)
    @settings(max_examples=100)
    def holds(course: list[tuple[int, str, int]]) -> None:
        book = flow("biba", namespace, [0, 1001, 2001], list(TRUST))

        book.run(course)

        for path, sources in book.held.items():
            assert all(TRUST[source] >= TRUST[path] for source in sources)

    holds()


CLIENTS = {f"/srv/clients/{name}/x": name for name in ("bank-a", "bank-b", "oil-a", "oil-b")} | {"/srv/public": ""}
RIVALS = {("bank-a", "bank-b"), ("bank-b", "bank-a"), ("oil-a", "oil-b"), ("oil-b", "oil-a")}


@pytest.mark.parametrize("namespace", ["firm", "desk"])
def test_a_chinese_wall_keeps_competitors_data_apart_in_heads_and_files(namespace: str) -> None:
    @given(COURSES)
    @settings(max_examples=100)
    def holds(course: list[tuple[int, str, int]]) -> None:
        book = flow("chinese_wall", namespace, [1001, 1002, 1003], list(CLIENTS))

        book.run(course)

        for known in book.known.values():
            names = {CLIENTS[source] for source in known}
            assert not any((one, other) in RIVALS for one in names for other in names)
        for path, sources in book.held.items():
            assert all(CLIENTS[source] in ("", CLIENTS[path]) for source in sources)

    holds()


def test_the_models_let_work_be_done() -> None:
    """Properties hold of a system that refuses everything: these do not."""
    course = [(who, act, what) for who in range(3) for what in range(4) for act in ("read", "write")]

    done = {}
    for policy, namespace, users, paths in (
        ("bell_lapadula", "host", [1002, 1001, 2001], list(LEVELS)),
        ("biba", "strict", [0, 1001, 2001], list(TRUST)),
        ("biba", "marked", [0, 1001, 2001], list(TRUST)),
        ("chinese_wall", "firm", [1001, 1002, 1003], list(CLIENTS)),
    ):
        book = flow(policy, namespace, users, paths)
        book.run(course)
        done[policy, namespace] = book.granted

    assert min(done.values()) >= 6
