"""Keys of states: equal where only the numbers that the kernel gave differ, and complete."""

from dataclasses import fields, replace

import pytest

from nslsm.controls.declare import namespace_tree
from nslsm.diagnostics import Span
from nslsm.kernel.address_space import Memory
from nslsm.kernel.files import FileSystem
from nslsm.kernel.inodes import Inode, Name
from nslsm.kernel.process import Description, OpenSocket, Place, Process, Special, Table, Thread
from nslsm.kernel.state import State
from nslsm.language.check.cases import Act, StepValue, TaskName
from nslsm.protocol.things import Task
from nslsm.simulation.exploration.bench import Bench, Moment
from nslsm.simulation.exploration.canonical import Canonical
from nslsm.simulation.exploration.search import begun
from nslsm.simulation.exploration.vocabulary import vocabulary
from tests.simulation.exploration.policies import claim

TEXT = """
control c {
    attr task.mark: bool = false
    attr file.mark: bool = false
    on file_open when flags has write set subject.mark = true set object.mark = true
}
namespace n { bind c namespace m { } }
claim k {
    given {
        file "/tmp" { type = directory, mode = 0o777 }
        file "/tmp/x" { mode = 0o666, owner = 1000 }
        file "/tmp/y" { mode = 0o666, owner = 1000 }
        task one in m
        task two in m
        task three in n
    }
    try open
    never file_open in n
}
"""
READ: frozenset[str] = frozenset({"read"})
WRITE: frozenset[str] = frozenset({"write"})


def after(*steps: tuple[str, str, *tuple[StepValue, ...]]) -> Moment:
    found = claim(TEXT)
    tree = namespace_tree(found.root)
    bench = Bench(tree)
    begun(bench, vocabulary(found, tree))
    for task, call, *operands in steps:
        decision = bench.perform_act(Act(task=task, call=call, operands=tuple(operands), span=Span()))
        assert decision.granted
    return bench.take()


def are_alike(one: Moment, other: Moment, **options: bool) -> bool:
    canonical = Canonical(**options)  # type: ignore[arg-type]
    return canonical.key(one) == canonical.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("one", "open", "/tmp/x", WRITE)], [("two", "open", "/tmp/x", WRITE)]),
        (
            [("one", "open", "/tmp/x", READ), ("one", "open", "/tmp/y", READ)],
            [("one", "open", "/tmp/y", READ), ("one", "open", "/tmp/x", READ)],
        ),
        (
            [("one", "open", "/tmp/x", READ), ("two", "open", "/etc/a", READ)],
            [("two", "open", "/etc/a", READ), ("one", "open", "/tmp/x", READ)],
        ),
        ([("one", "fork", TaskName("kid"))], [("two", "fork", TaskName("kid"))]),
        ([("one", "open", "/etc/a", READ), ("one", "close", "/etc/a")], []),
        ([("one", "open", "/tmp/x", READ)] * 2, [("one", "open", "/tmp/x", READ)] * 3),
        (
            [("one", "rename", "/tmp/x", "/tmp/z"), ("one", "rename", "/tmp/z", "/tmp/x")],
            [("two", "rename", "/tmp/x", "/tmp/z"), ("two", "rename", "/tmp/z", "/tmp/x")],
        ),
        (
            [("one", "mkdir", "/tmp/p", None), ("one", "mkdir", "/tmp/q", None)],
            [("two", "mkdir", "/tmp/q", None), ("one", "mkdir", "/tmp/p", None)],
        ),
    ],
)
def test_what_differs_by_numbers_only_has_one_key(
    one: list[tuple[str, str, StepValue]], other: list[tuple[str, str, StepValue]]
) -> None:
    assert are_alike(after(*one), after(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("one", "open", "/tmp/x", WRITE)], [("three", "open", "/tmp/x", WRITE)]),
        ([("one", "open", "/tmp/x", READ)], [("one", "open", "/tmp/y", READ)]),
        ([("one", "open", "/tmp/x", READ)], [("one", "open", "/tmp/x", WRITE)]),
        ([("one", "open", "/tmp/x", READ)], []),
        ([("one", "fork", TaskName("kid"))], []),
        (
            [("one", "open", "/tmp/x", WRITE), ("one", "open", "/tmp/y", WRITE)],
            [("one", "open", "/tmp/x", WRITE), ("two", "open", "/tmp/y", WRITE)],
        ),
        (
            [("one", "open", "/tmp/x", READ), ("one", "open", "/tmp/x", READ), ("one", "close", "/tmp/x")],
            [("one", "open", "/tmp/x", READ), ("one", "close", "/tmp/x")],
        ),
        ([("one", "rename", "/tmp/x", "/tmp/z")], [("one", "rename", "/tmp/y", "/tmp/z")]),
        ([("one", "link", "/tmp/x", "/tmp/z")], [("one", "link", "/tmp/y", "/tmp/z")]),
        ([("one", "exit")], [("three", "exit")]),
        ([("one", "ptrace", TaskName("two"))], []),
        ([("one", "chdir", "/tmp")], []),
        ([("one", "no_new_privs")], []),
        ([("one", "chmod", "/tmp/x", 0)], []),
    ],
)
def test_what_differs_otherwise_has_two(
    one: list[tuple[str, str, StepValue]], other: list[tuple[str, str, StepValue]]
) -> None:
    assert not are_alike(after(*one), after(*other))


def test_without_merging_numbers_count() -> None:
    one, two = after(("one", "open", "/tmp/x", READ)), after(("two", "open", "/tmp/x", READ))

    assert are_alike(one, two)
    assert not are_alike(one, two, merging=False)


def test_a_task_that_is_named_is_no_other() -> None:
    one, two = after(("one", "open", "/tmp/x", READ)), after(("two", "open", "/tmp/x", READ))

    assert not are_alike(one, two, named=frozenset({"one"}))  # type: ignore[arg-type]


def test_what_is_around_a_task_does_not_tell_of_others_doings() -> None:
    canonical = Canonical()
    alone, beside = after(), after(("three", "no_new_privs"))

    assert canonical.surroundings(alone, "one") == canonical.surroundings(beside, "one")
    assert canonical.surroundings(alone, "three") != canonical.surroundings(beside, "three")


def test_a_file_that_another_has_open_is_around_every_task() -> None:
    canonical = Canonical()

    assert canonical.surroundings(after(), "one") != canonical.surroundings(
        after(("three", "open", "/tmp/x", WRITE)), "one"
    )


TOLD = {
    State: "namespaces tasks processes threads places tables memories descriptions unix_names files ipc keys spaces "
    "user_spaces cells unconfirmed usage holders next_pid next_namespace next_object",
    Process: "tgid parent threads children group session subreaper declared_tracer tracer tracer_is_capable parent_known",
    Thread: "place table memory user_namespace mount_namespace spaces restricted clone_demand unshare_demand",
    Place: "directory root mask users",
    Table: "slots users lowest_free",
    Memory: "areas program interpreter start_of_heap end_of_heap charged users",
    Description: "target flags users",
    OpenSocket: "socket peer listening waiting queue",
    Task: "pid tgid ppid credentials exe comm dumpable",
    Name: "path inode holders gone mount base",
    Inode: "number type owner group mode inode device filesystem sha256 xattrs target interpreter unwritten kept links "
    "holders",
    FileSystem: "world inodes names paths children missing recent older kind mounts viewer through symlinks next",
}
"""What there was when keys were written: a part that comes to it needs a place in them, or a reason to have none."""


@pytest.mark.parametrize("of", TOLD, ids=lambda of: of.__name__)
def test_no_part_of_a_state_is_forgotten(of: type) -> None:
    assert [part.name for part in fields(of)] == TOLD[of].split()


def test_no_part_of_a_special_file_is_forgotten() -> None:
    assert Special._fields == ("kind", "process", "namespace", "ends", "preparing", "personalities", "segment")


def test_a_difference_in_any_part_that_is_told_makes_two_keys() -> None:
    moment = after(("one", "open", "/tmp/x", READ))
    state = moment.state
    pid = moment.names["one"]
    task, thread = state.tasks[pid], state.threads[pid]
    process = state.processes[task.tgid]
    changed = [
        replace(state, tasks=state.tasks.insert(pid, replace(task, comm="other"))),
        replace(state, tasks=state.tasks.insert(pid, replace(task, dumpable=False))),
        replace(state, threads=state.threads.insert(pid, replace(thread, user_namespace=3))),
        replace(state, threads=state.threads.insert(pid, replace(thread, restricted=True))),
        replace(state, processes=state.processes.insert(task.tgid, replace(process, subreaper=True))),
        replace(state, processes=state.processes.insert(task.tgid, replace(process, declared_tracer=1))),
        replace(state, places=state.places.insert(thread.place, replace(state.places[thread.place], mask=0))),
        replace(
            state, memories=state.memories.insert(thread.memory, replace(state.memories[thread.memory], charged=9))
        ),
        replace(state, files=replace(state.files, missing=state.files.missing.insert("/gone"))),
        replace(state, unix_names=state.unix_names.insert("/s", min(state.descriptions))),
    ]

    assert [are_alike(moment, moment._replace(state=each)) for each in changed] == [False] * len(changed)
