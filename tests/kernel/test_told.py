"""Requests that a recording tells directly."""

from rpds import HashTrieMap

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.call import Described
from nslsm.kernel.event import Recorded, Steps
from nslsm.kernel.recording import Recording
from nslsm.kernel.told import FileAt, TaskNumber, Told, ToldRequest
from nslsm.protocol.namespace import Namespace, NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Task


def recording(profile: str = "6.12") -> Recording:
    host = Namespace(id=0, name="host", parent=None, path="host", depth=0)
    found = Recording.of(NamespaceTree(HashTrieMap({0: host})), home=0, profile=profile)
    found.take(Described(task=7, line=1, exe="/bin/sh"))
    return found


def requests(steps: Steps) -> list[Request]:
    found = []
    try:
        request = next(steps)
        while True:
            found.append(request)
            request = steps.send(True)
    except StopIteration:
        return found


def told(of: Recording, *each: ToldRequest, recorded: Recorded = Recorded(0)) -> list[Request]:  # noqa: B008
    of.sees(7)
    return requests(of.begin(7, Told(each), recorded))


def test_a_request_has_the_object_and_the_facts_that_are_told_and_no_others() -> None:
    [request] = told(
        recording(),
        ToldRequest("file_permission", FileAt("/etc/passwd"), (("mask", frozenset({"read"})), ("color", 3))),
    )

    assert isinstance(request.object, File)
    assert request.object.path == "/etc/passwd"
    assert request.argument("mask") == {"read"}
    assert request.subject.exe == "/bin/sh"


def test_what_is_not_told_is_unknown() -> None:
    opened, capable = told(recording(), ToldRequest("file_open"), ToldRequest("capable"))

    assert opened.object is UNKNOWN
    assert opened.argument("flags") is UNKNOWN
    assert (capable.object, capable.argument("cap")) == (None, UNKNOWN)


def test_a_process_is_the_one_of_that_number_if_it_is_known() -> None:
    known, unknown = told(recording(), *(ToldRequest("task_kill", TaskNumber(number)) for number in (7, 99)))

    assert isinstance(known.object, Task)
    assert known.object.tgid == 7
    assert unknown.object is UNKNOWN


def test_an_object_of_another_kind_is_not_taken_for_one_of_the_hooks() -> None:
    [request] = told(recording(), ToldRequest("task_kill", FileAt("/f")))

    assert request.object is UNKNOWN


def test_hooks_that_the_kernel_lacks_are_left_out() -> None:
    each = ToldRequest("file_truncate", FileAt("/f")), ToldRequest("capable", None, (("cap", Capability.CAP_KILL),))

    assert [request.hook.name for request in told(recording("6.1"), *each)] == ["capable"]
    assert [request.hook.name for request in told(recording("6.12"), *each)] == ["file_truncate", "capable"]


def test_what_failed_in_truth_raised_its_hooks_all_the_same() -> None:
    assert len(told(recording(), ToldRequest("file_open"), recorded=Recorded(None, Errno.EACCES))) == 1
