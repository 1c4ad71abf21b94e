"""What a control in Python keeps: whose it is, when it changes, when two changes meet, and what it may not be."""

import pytest

import nslsm
from nslsm import Answer, Errno, Stance
from tests.api.controls import Counts, Puppet, Says, always, bound, raising, state_of


def test_state_goes_in_and_comes_out_with_what_was_granted() -> None:
    kernel = bound(Counts(2))

    assert [bool(kernel.init.open("/a")) for _ in range(4)] == [True, True, False, False]
    assert state_of(kernel, "root", "x") == (2, 2)


def test_what_somebody_else_denied_is_not_committed() -> None:
    kernel = bound(Counts())
    task = kernel.init.fork()
    assert task.lsm_unshare("box", Says(False))

    assert not task.open("/a")
    assert state_of(kernel, "root", "x") == (0, 1)


def test_what_the_kernel_refused_is_neither() -> None:
    kernel = bound(Counts(), world="closed")
    kernel.file("/a", mode=0o600)

    assert kernel.init.open("/b").errno is Errno.ENOENT
    assert kernel.spawn(uid=1000).open("/a").errno is Errno.EACCES
    assert state_of(kernel, "root", "x") is None


def test_state_is_of_the_namespace_not_of_the_object_or_the_task() -> None:
    control = Counts(2)
    kernel = bound(control)
    one = kernel.init.fork()
    other = kernel.init.fork()
    assert one.lsm_unshare("one", {"x": control})
    for task in (one, other, one.fork()):
        task.open("/a")

    assert state_of(kernel, "root", "x") == (2, 1)
    assert state_of(kernel, "one", "x") == (1, 1)


def test_state_goes_back_with_the_kernel() -> None:
    kernel = bound(Counts(2))
    assert kernel.init.open("/a")
    here = kernel.snapshot()
    assert kernel.init.open("/a")
    assert not kernel.init.open("/a")

    kernel.restore(here)
    assert state_of(kernel, "root", "x") == (1, 0)
    assert kernel.init.open("/a")


def test_a_state_that_stays_the_same_is_no_change() -> None:
    kernel = bound(Puppet(initial=(1,), commit=always((1,))))
    cells = kernel.state.cells

    assert kernel.init.open("/a").changes == ()
    assert kernel.state.cells is cells


@pytest.mark.parametrize("state", [[1], {}, set(), object(), (1, [2]), lambda: 1])
@pytest.mark.parametrize("part", ["commit", "on_denied"])
def test_a_state_that_could_be_changed_in_place_is_a_fault(part: str, state: object) -> None:
    judge = always(part != "on_denied")
    kernel = bound(Puppet(judge=judge, **{part: always(state)}))
    before = kernel.state

    decision = kernel.init.open("/a")

    assert decision.errno is Errno.EACCES
    assert "could be changed in place" in decision.faults[-1].answer.fault
    assert kernel.state == before


def test_a_state_that_compares_in_no_way_is_a_fault() -> None:
    class Odd(tuple[int, ...]):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            raise ZeroDivisionError

        __hash__ = tuple.__hash__

    kernel = bound(Puppet(initial=Odd((1,)), commit=always(Odd((2,)))))

    assert kernel.init.open("/a").errno is Errno.EACCES


def test_a_set_of_more_than_the_limit_is_a_fault_that_names_it() -> None:
    class Ports(nslsm.Control):
        handles = frozenset({"socket_connect"})
        initial = frozenset[int]()

        def commit(self, request: nslsm.Request, state: object) -> object:
            assert isinstance(state, frozenset)
            return state | {request.argument("port")}

    kernel = nslsm.Kernel()
    task = kernel.init.fork()
    assert task.lsm_unshare("box", {"x": Ports()}, limits=nslsm.Limits(depth=1, set_size=2))
    stream = task.socket().result
    assert [bool(task.connect("192.0.2.1", port, fd=stream)) for port in (80, 443, 80)] == [True] * 3
    before = kernel.state

    decision = task.connect("192.0.2.1", 22, fd=stream)

    assert decision.errno is Errno.ENOSPC
    assert "set_size is 2" in decision.faults[0].answer.fault
    assert kernel.state == before
    assert state_of(kernel, "box", "x") == {80, 443}


def test_what_breaks_after_a_denial_is_recorded_and_the_denial_stands() -> None:
    kernel = bound(Puppet(judge=always(Errno.EIO), on_denied=raising(ValueError("late"))))
    before = kernel.state

    decision = kernel.init.open("/a")

    assert decision.errno is Errno.EIO
    assert decision.faults[0].answer.fault == "ValueError: late"
    assert kernel.state == before


class Programs(nslsm.Control):
    """Keeps which file was run last; an exec of a script asks about two."""

    handles = frozenset({"bprm_check_security"})
    initial = ""

    def commit(self, request: nslsm.Request, state: object) -> object:  # noqa: ARG002
        return request.object.path


def run_script(control: nslsm.Control) -> tuple[nslsm.Kernel, nslsm.Decision]:
    kernel = bound(control)
    kernel.file("/usr/bin/script", mode=0o755, interpreter="/usr/bin/python")
    before = kernel.state
    decision = kernel.init.execve("/usr/bin/script")
    assert decision or kernel.state == before
    return kernel, decision


def test_two_states_of_one_event_without_a_join_are_a_fault() -> None:
    _, decision = run_script(Programs())

    assert decision.errno is Errno.EACCES
    assert "one event gives tests.controls.test_python_state.Programs two states, and it has no `join`" in str(
        decision.faults[0].answer.fault
    )


def test_two_states_of_one_event_are_joined_as_the_control_says() -> None:
    class Joining(Programs):
        def join(self, one: object, other: object) -> object:
            return f"{one} {other}"

    kernel, decision = run_script(Joining())

    assert decision
    assert state_of(kernel, "root", "x") == "/usr/bin/script /usr/bin/python"


@pytest.mark.parametrize("broken", [[], object(), None])
def test_a_join_that_breaks_is_a_fault(broken: object) -> None:
    class Joining(Programs):
        def join(self, one: object, other: object) -> object:  # noqa: ARG002
            return 1 // 0 if broken is None else broken

    _, decision = run_script(Joining())

    assert decision.errno is Errno.EACCES


def test_what_nobody_could_decide_leaves_a_state_that_nobody_knows() -> None:
    unsure = Answer(Stance.UNKNOWN, unknown=frozenset({"object.sha256"}))
    kernel = bound(Counts())
    task = kernel.init.fork()
    assert task.lsm_unshare("box", Puppet(judge=always(unsure)))
    assert task.open("/a").verdict is nslsm.Verdict.INDETERMINATE

    later = kernel.init.open("/a")

    assert later.verdict is nslsm.Verdict.INDETERMINATE
    assert later.unknown == ("tests.api.controls.Counts.state",)
    kernel.exchange("root", None)
    kernel.exchange("root", {"x": Counts()})
    assert kernel.init.open("/a")
