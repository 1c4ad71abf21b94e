"""Arguments, compared field by field."""

from typing import Any

import pytest

from nslsm.hooks.linux import Capability, Signal
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.files import FileSystem
from nslsm.kernel.operations import Close
from nslsm.kernel.requests import request_of
from nslsm.kernel.seen.hook import SeenHook
from nslsm.protocol.things import Credentials, File, Identity, Task
from nslsm.simulation.fidelity.arguments import Arguments, Matched, Share, compared, matched
from nslsm.simulation.fidelity.predict import Predicted

ME = Task(pid=7, tgid=7, ppid=1, credentials=Credentials())
OTHER = Task(pid=8, tgid=8, ppid=7, credentials=Credentials())
FILE = File("/srv/a", Identity("file", 1))


def ours(hook: str, thing: object = None, returned: int | None = 0, **facts: Any) -> Predicted:
    request = request_of(hook, ME, thing, **facts)
    return Predicted(0, 7, "call", 0, 5, Close, request, returned, FileSystem())


def theirs(hook: str, **told: object) -> SeenHook:
    return SeenHook(hook, 0, 1000, told=told or None)


def wrong(true: SeenHook, predicted: Predicted) -> set[str]:
    found = compared([Matched(true, predicted)], {1000: 0, 1001: 1}, {7: 0, 8: 1})
    return {each.field for each in found.wrong}


def test_each_field_that_the_recording_has_is_compared() -> None:
    predicted = ours("file_open", FILE, flags=frozenset({"read"}))

    assert wrong(theirs("file_open", ret=0, path="/srv/a", fs="tmpfs", f_flags=0x8000, ino=7), predicted) == set()
    assert wrong(theirs("file_open", ret=-13, path="/srv/b", f_flags=1), predicted) == {"ret", "path", "f_flags"}


def test_a_value_that_is_not_known_is_wrong() -> None:
    predicted = ours("file_open", UNKNOWN, flags=UNKNOWN)

    assert wrong(theirs("file_open", path="/srv/a", f_flags=0), predicted) == {"path", "f_flags"}


def test_a_field_that_the_recording_lacks_is_not_compared() -> None:
    found = compared([Matched(theirs("file_open", ino=7), ours("file_open", FILE))], {}, {})

    assert (found.hooks, found.fields) == (Share(0, 0), Share(0, 0))


def test_a_hook_is_right_where_each_field_is() -> None:
    predicted = ours("file_permission", FILE, mask=frozenset({"read"}))
    pairs = [
        Matched(theirs("file_permission", path="/srv/a", mask=4), predicted),
        Matched(theirs("file_permission", path="/srv/a", mask=2), predicted),
        Matched(theirs("file_permission", path="/srv/b", mask=4), predicted),
    ]

    found = compared(pairs, {}, {})

    assert (found.hooks, found.fields) == (Share(1, 3), Share(4, 6))
    assert found.by_field == {("file_permission", "path"): Share(2, 3), ("file_permission", "mask"): Share(2, 3)}


@pytest.mark.parametrize(("number", "right"), [(1001, True), (1000, False)])
def test_processes_are_compared_by_which_task_they_are(number: int, right: bool) -> None:
    predicted = ours("task_kill", OTHER, signal=Signal.SIGTERM)

    assert wrong(theirs("task_kill", target=number, sig=15), predicted) == (set() if right else {"target"})


def test_a_process_that_nobody_recorded_is_not_compared() -> None:
    assert wrong(theirs("task_kill", target=99), ours("task_kill", OTHER)) == set()


def test_capabilities_are_compared_by_name() -> None:
    predicted = ours("capable", cap=Capability.CAP_KILL, flags=frozenset())

    assert wrong(theirs("capable", cap_name="CAP_KILL", opts=0), predicted) == set()
    assert wrong(theirs("capable", cap_name="CAP_CHOWN", opts=4), predicted) == {"cap_name", "opts"}


def test_hooks_are_matched_in_their_order() -> None:
    true = [theirs("file_open"), theirs("mmap_file"), theirs("file_open")]
    predicted = [ours("mmap_file", FILE), ours("file_open", FILE)]

    assert [(pair.true, pair.ours) for pair in matched(true, predicted)] == [
        (true[1], predicted[0]),
        (true[2], predicted[1]),
    ]


def test_several_comparisons_add_up() -> None:
    together = Arguments()
    for _ in range(2):
        together.add(compared([Matched(theirs("file_open", path="/b"), ours("file_open", FILE))], {}, {}))

    assert (together.hooks, together.by_field[("file_open", "path")], len(together.wrong)) == (
        Share(0, 2),
        Share(0, 2),
        2,
    )
