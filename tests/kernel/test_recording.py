from nslsm.controls.declare import empty_tree
from nslsm.hooks.linux import Capability
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.call import Began, Exited, Named, Superseded, Symbols
from nslsm.kernel.event import Recorded, Steps
from nslsm.kernel.operations import At, Clone, Execute, Operation
from nslsm.kernel.origin import Origin
from nslsm.kernel.recording import Recording

THREAD = frozenset({"thread", "vm", "fs", "files", "sighand"})
THREAD_FLAGS = (
    Named("flags", Symbols(frozenset({"CLONE_VM", "CLONE_FS", "CLONE_FILES", "CLONE_SIGHAND", "CLONE_THREAD"}))),
)


def started(origin: Origin | None = None) -> Recording:
    recording = Recording.of(empty_tree(), home=0, profile="6.1")
    if origin is not None:
        recording.take(origin)
    recording.sees(100)
    return recording


def take(recording: Recording, task: int, operation: Operation, recorded: Recorded) -> None:
    recording.sees(task)
    _run(recording, recording.begin(task, operation, recorded))


def _run(recording: Recording, steps: Steps) -> None:
    try:
        next(steps)
        while True:
            steps.send(True)
    except StopIteration as done:
        recording.state = done.value.state


def test_without_an_origin_nothing_is_known_of_the_first_task() -> None:
    task = started().state.tasks[100]

    assert task.credentials.uid is UNKNOWN
    assert task.credentials.effective is UNKNOWN


def test_who_started_a_recording_is_who_its_first_task_is() -> None:
    origin = Origin(
        command=("make",), cwd="/w", uids=(7, 7, 7, 7), gids=(8, 8, 8, 8), effective=1 << Capability.CAP_KILL
    )

    recording = started(origin)

    credentials = recording.state.tasks[100].credentials
    assert (credentials.uid, credentials.fsgid) == (7, 8)
    assert credentials.effective == {Capability.CAP_KILL}
    assert recording.state.processes[100].tracer_is_capable is False


def test_a_users_ids_stay_known_through_programs_that_an_unprivileged_recorder_watches() -> None:
    recording = started(Origin(command=("make",), cwd="/w", uids=(7, 7, 7, 7), gids=(8, 8, 8, 8)))

    take(recording, 100, Execute(At("/usr/bin/make")), Recorded(0))

    credentials = recording.state.tasks[100].credentials
    assert (credentials.euid, credentials.fsuid, credentials.egid) == (7, 7, 8)
    assert credentials.effective == frozenset()


def test_a_task_that_is_seen_while_one_call_makes_it_has_its_maker_from_the_start() -> None:
    recording = started()
    recording.take(Began(100, "clone3", THREAD_FLAGS, 1))

    recording.sees(101)

    assert recording.state.tasks[101].tgid == 100
    take(recording, 100, Clone(THREAD), Recorded(101))
    assert recording.state.processes[100].threads == (100, 101)


def test_a_thread_that_executes_a_program_goes_on_as_the_process_even_where_its_first_thread_is_gone() -> None:
    recording = started()
    take(recording, 100, Clone(THREAD), Recorded(101))
    recording.take(Exited(100, 0, 5))

    recording.take(Superseded(100, 101, 6))
    take(recording, 100, Execute(At("/bin/true")), Recorded(0))

    assert set(recording.state.tasks) == {100}
    assert recording.state.tasks[100].exe == "/bin/true"
    assert recording.state.processes[100].threads == (100,)
