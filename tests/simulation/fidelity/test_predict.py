"""What is predicted: tasks and calls numbered, and what hooks returned."""

from pathlib import Path

import pytest

from nslsm.api.fidelity import predicted
from nslsm.hooks.linux import Capability, Errno
from nslsm.kernel.event import Recorded
from nslsm.kernel.requests import request_of
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, Task
from nslsm.simulation.fidelity.predict import answers

DATA = Path(__file__).parents[2] / "data" / "fidelity"


def asked(*hooks: str, **facts: object) -> list[Request]:
    me = Task(pid=7, tgid=7, ppid=1, credentials=Credentials(effective=frozenset({Capability.CAP_KILL})))
    return [request_of(hook, me, None, **facts) for hook in hooks]  # type: ignore[arg-type]


def test_tasks_are_numbered_as_they_are_made_and_calls_by_the_lines_they_begin_on() -> None:
    found = predicted(DATA / "strace.txt")

    assert found.numbers.of == {7: 0, 8: 1}
    assert {key: place.line for key, place in found.calls.items()} == {
        (0, 0): 1,
        (0, 1): 2,
        (0, 2): 3,
        (0, 3): 4,
        (0, 4): 7,
        (0, 5): 16,
        (0, 6): 17,
        (1, 0): 5,
        (1, 1): 11,
        (1, 2): 12,
        (1, 3): 13,
        (1, 4): 14,
    }
    assert [(hook.task, hook.nth) for hook in found.hooks if hook.request.hook.name == "task_kill"] == [(0, 4)]


def test_a_task_in_a_pid_namespace_of_its_own_is_made_once(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text(
        "7 clone(child_stack=NULL, flags=SIGCHLD) = 2 /* 8 in strace's PID NS */\n"
        "9 getppid() = 0\n8 getppid() = 0\n8 getpid() = 2\n"
    )

    assert predicted(trace).numbers.of == {7: 0, 8: 1, 9: 2}


def test_calls_that_are_not_judged_count_too(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text('7 nobody_knows(1) = 0\n7 read(3</srv/a>, "", 9) = 0\n')

    found = predicted(trace)

    assert [(hook.request.hook.name, hook.nth) for hook in found.hooks] == [("file_permission", 1)]
    assert [finding.code.name for finding in found.findings] == ["trace-unknown-call"]


def test_hooks_of_a_call_that_went_ahead_return_their_default() -> None:
    assert answers(asked("path_mkdir", "inode_mkdir", "cred_free"), Recorded(0)) == [0, 0, None]


@pytest.mark.parametrize("errno", [Errno.EACCES, Errno.EPERM])
def test_a_refused_call_failed_at_its_last_hook(errno: Errno) -> None:
    assert answers(asked("inode_permission", "path_mkdir", "file_free_security"), Recorded(None, errno)) == [
        0,
        -errno,
        None,
    ]


def test_a_call_that_failed_otherwise_was_granted_by_its_hooks() -> None:
    assert answers(asked("path_mkdir"), Recorded(None, Errno.EEXIST)) == [0]


def test_a_call_that_a_driver_may_refuse_was_granted_by_its_hook() -> None:
    assert answers(asked("file_ioctl"), Recorded(None, Errno.EPERM)) == [0]


def test_capabilities_that_were_asked_for_last_were_lacking() -> None:
    requests = [*asked("inode_permission"), *asked("capable", "capable", cap=Capability.CAP_KILL)]

    assert answers(requests, Recorded(None, Errno.EACCES)) == [0, -1, -1]


def test_a_capability_that_the_task_lacks_is_refused_whatever_the_call_came_to() -> None:
    requests = [*asked("capable", cap=Capability.CAP_CHOWN), *asked("capable", cap=Capability.CAP_KILL)]

    assert answers(requests, Recorded(0)) == [-1, 0]


def test_prctl_has_an_answer_where_the_option_is_the_hooks_own() -> None:
    assert answers(asked("task_prctl", option="capbset_read"), Recorded(1)) == [1]
    assert answers(asked("task_prctl", option="set_keepcaps"), Recorded(None, Errno.EINVAL)) == [-Errno.EINVAL]
    assert answers(asked("task_prctl", option="set_name"), Recorded(0)) == [-Errno.ENOSYS]
