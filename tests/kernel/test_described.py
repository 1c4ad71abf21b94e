"""Tasks and files that single records tell of."""

from rpds import HashTrieMap

from nslsm.engine.decide import decide
from nslsm.hooks.linux import Capability, Signal
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.call import Described, Killed, SeenFile
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import Clone
from nslsm.kernel.recording import Recording
from nslsm.kernel.tree import MAX_GENERATIONS
from nslsm.protocol.namespace import Namespace, NamespaceTree
from nslsm.protocol.things import Task

SHELL = Described(task=7, line=1, parent=3, exe="/bin/sh", comm="sh", directory="/srv", ids=(("uid", 5),))


def recording(*events: Described) -> Recording:
    host = Namespace(id=0, name="host", parent=None, path="host", depth=0)
    found = Recording.of(NamespaceTree(HashTrieMap({0: host})), home=0, profile="6.12")
    for event in events:
        found.take(event)
    return found


def task(of: Recording, number: int) -> Task:
    return of.state.tasks[number]


def directory(of: Recording, number: int) -> object:
    state = of.state
    return state.files.names[state.places[state.threads[number].place].directory].path


def test_a_task_is_known_as_far_as_it_is_told_of() -> None:
    found = recording(SHELL)

    assert (task(found, 7).exe, task(found, 7).comm, task(found, 7).ppid) == ("/bin/sh", "sh", 3)
    assert (task(found, 7).credentials.uid, task(found, 7).credentials.euid) == (5, UNKNOWN)
    assert directory(found, 7) == "/srv"


def test_what_a_later_record_does_not_tell_stays() -> None:
    later = Described(task=7, line=2, capabilities=(("effective", frozenset({Capability.CAP_KILL})),))

    found = recording(SHELL, later)

    assert (task(found, 7).exe, task(found, 7).credentials.uid) == ("/bin/sh", 5)
    assert task(found, 7).credentials.effective == {Capability.CAP_KILL}


def test_a_child_of_a_task_that_is_known_begins_as_its_copy() -> None:
    found = recording(SHELL, Described(task=8, line=2, parent=7, comm="child"))

    assert (task(found, 8).exe, task(found, 8).comm, task(found, 8).credentials.uid) == ("/bin/sh", "child", 5)
    assert directory(found, 8) == "/srv"
    assert 8 in found.state.processes[7].children


def test_a_child_that_is_told_to_have_another_parent_was_taken_in() -> None:
    found = recording(
        SHELL, Described(task=8, line=2, parent=7), Described(task=9, line=3), Described(task=8, line=4, parent=9)
    )

    assert task(found, 8).ppid == 9
    assert 8 not in found.state.processes[7].children
    assert 8 in found.state.processes[9].children


def test_a_record_that_tells_nothing_new_changes_nothing() -> None:
    found = recording(SHELL)
    before = found.state

    found.take(SHELL)

    assert found.state is before


def test_a_file_has_the_facts_that_were_seen_of_it() -> None:
    seen = SeenFile("/srv/f", 0o100640, 5, 6, 77)
    found = recording(
        Described(task=7, line=1, files=(seen,)), Described(task=7, line=2, files=(SeenFile("/srv/f", owner=8),))
    )

    file = found.state.files.file_at("/srv/f")

    assert (file.type, file.mode, file.owner, file.group, file.inode) == ("regular", 0o640, 8, 6, 77)


def test_a_file_that_is_held_is_known_better_too() -> None:
    found = recording(SHELL, Described(task=7, line=2, files=(SeenFile("/srv", 0o40755, 1, 2),)))

    file = found.state.files.file_at("/srv")

    assert (file.type, file.owner) == ("directory", 1)


def test_nobody_is_their_own_ancestor_whatever_records_say() -> None:
    found = recording(
        Described(task=7, line=1, parent=8),
        Described(task=8, line=2, parent=7),
        Described(task=7, line=3, parent=8),
        Described(task=9, line=4, parent=9),
    )
    found.take(Killed(8, Signal.SIGKILL, "SIGKILL", core=False, line=5))

    assert 8 not in found.state.tasks
    assert task(found, 9).ppid == 0


def test_tasks_that_made_each_other_can_end() -> None:
    found = recording(*(Described(task=number, line=1) for number in (5, 6, 7)))
    for maker, made in ((6, 7), (7, 6)):
        steps = found.begin(maker, Clone(), Recorded(made))
        _, found.state = decide(found.state, steps, happened=True)

    found.take(Killed(6, Signal.SIGKILL, "SIGKILL", core=False, line=5))

    assert set(found.state.tasks) == {5, 7}


def test_generations_beyond_count_end_somewhere() -> None:
    line = (Described(task=number, line=number, parent=number - 1) for number in range(2, MAX_GENERATIONS + 10))

    found = recording(Described(task=1, line=1), *line)

    assert task(found, MAX_GENERATIONS).ppid == MAX_GENERATIONS - 1
