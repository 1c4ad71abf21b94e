"""Threads: a kernel for each, and what they share."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import nslsm
from nslsm import Errno
from tests.api.controls import Counts, Puppet

HEALTHCARE = nslsm.load_policy("healthcare")


def elsewhere(action: object) -> object:
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(action).result()


def test_a_kernel_is_used_by_its_own_thread_only() -> None:
    kernel = nslsm.Kernel()
    before, snapshot = kernel.state, kernel.snapshot()
    uses = (
        lambda: kernel.init.open("/a"),
        kernel.init.fork,
        lambda: kernel.check("file_open", kernel.init, "/a"),
        lambda: kernel.hook("file_open")(kernel.init, "/a"),
        lambda: kernel.file("/a"),
        kernel.spawn,
        lambda: kernel.exchange("root", ()),
        lambda: kernel.on_decision(print),
        kernel.decisions,
        kernel.snapshot,
        lambda: kernel.restore(snapshot),
    )

    for use in uses:
        with pytest.raises(RuntimeError, match="belongs to the thread that made it"):
            elsewhere(use)
    assert kernel.state is before
    assert elsewhere(lambda: [namespace.path for namespace in kernel.namespaces]) == ["root"]  # a value, for all


def a_day(number: int, shared: nslsm.Control) -> list[str]:
    """What one kernel decides about a varied day; the control and the policy are shared with others."""
    kernel = nslsm.Kernel(HEALTHCARE["host"])
    told: list[str] = []
    kernel.on_decision(lambda decision: told.append(repr(decision)))
    pod = kernel.init.fork(no_new_privs=True)
    pod.lsm_unshare("pod", [HEALTHCARE["hospital"], shared])
    for user in (1001, 2001, 1000 + number % 3):
        task = pod.fork(uid=user)
        task.execve("/usr/bin/ehr")
        task.open(f"/srv/phi/{number % 5}")
        task.connect("8.8.8.8", 443)
        task.fork().ptrace(task)
        task.exit()
    return told


def test_many_kernels_in_many_threads_decide_as_one() -> None:
    shared = Counts(4)
    alone = {number: a_day(number, shared) for number in range(15)}
    barrier = threading.Barrier(5)

    def at_once(start: int) -> dict[int, list[str]]:
        barrier.wait()
        return {number: a_day(number, shared) for number in range(start, 15, 5)}

    with ThreadPoolExecutor(5) as threads:
        together = {number: told for each in threads.map(at_once, range(5)) for number, told in each.items()}

    assert together == alone
    assert len({tuple(told) for told in alone.values()}) > 1


def test_kernels_side_by_side_have_nothing_in_common() -> None:
    control = Counts(1)
    one, other = nslsm.Kernel(), nslsm.Kernel()
    for kernel in (one, other):
        assert kernel.init.lsm_bind("root", control)
        assert kernel.init.open("/a")
        assert kernel.init.open("/a").errno is Errno.EDQUOT

    assert one.init.open("/a").sequence == other.init.open("/a").sequence == 4
    assert one.state.cells == other.state.cells


def test_a_control_cannot_call_the_kernel_that_asks_it() -> None:
    kernel = nslsm.Kernel()
    asking = Puppet(judge=lambda control, request, state: kernel.init.open("/b").granted)  # noqa: ARG005
    assert kernel.init.lsm_bind("root", asking)
    before = kernel.state

    decision = kernel.init.open("/a")

    assert decision.errno is Errno.EACCES
    assert "cannot be called from inside" in decision.faults[0].answer.fault
    assert kernel.state == before
