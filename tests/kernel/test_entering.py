"""The hook of system calls: raised first, where somebody on the lineage asks for it, and for nobody else."""

from pathlib import Path

import pytest

import nslsm
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel import operations as op
from nslsm.kernel.entering import arguments_of, call_of
from nslsm.kernel.operations import OPERATIONS, At, Descriptor

FILTER = """module filters

control calls {
    deny banned: system_call when call in {"mkdir", "ptrace"} with ENOSYS because "not in this pod"
    deny spaces: system_call when call == "clone" and arg0 & 0x10000000 != 0
    deny odd: system_call when call == "personality" and arg0 != 0
}

namespace host { namespace pod { bind calls } }
"""


@pytest.fixture
def kernel(tmp_path: Path) -> nslsm.Kernel:
    path = tmp_path / "filters.nslsm"
    path.write_text(FILTER)
    return nslsm.Kernel(nslsm.load_policy(path).tree())


def hooks_of(decision: nslsm.Decision) -> list[str]:
    return [each.request.hook.name for each in decision.judgements]


def test_a_call_that_is_refused_at_its_beginning_asks_nothing_else(kernel: nslsm.Kernel) -> None:
    decision = kernel.spawn("pod", uid=0).mkdir("/srv/x")

    assert (decision.errno, str(decision.blame)) == (nslsm.Errno.ENOSYS, "filters.calls#banned in host.pod")
    assert hooks_of(decision) == ["system_call"]


def test_a_call_that_passes_is_asked_about_as_always(kernel: nslsm.Kernel) -> None:
    inside, outside = kernel.spawn("pod", uid=0), kernel.spawn("host", uid=0)

    asked = [hooks_of(task.open("/etc/x")) for task in (inside, outside)]

    assert asked[0] == ["system_call", *asked[1]]


def test_numbers_that_are_known_are_looked_at(kernel: nslsm.Kernel) -> None:
    task = kernel.spawn("pod", uid=0)

    assert task.clone().alive
    with pytest.raises(nslsm.Denied):
        task.clone({"newuser"})


def test_a_number_that_nobody_knows_is_no_leave(kernel: nslsm.Kernel) -> None:
    decision = kernel.perform(kernel.spawn("pod").pid, op.Quiet("personality"))

    assert decision.verdict is nslsm.Verdict.INDETERMINATE


class Broken(nslsm.Control):
    """A control that cannot say what it handles."""

    handles = frozenset({"file_open"})


def test_a_control_that_breaks_when_asked_what_it_handles_does_not_open_the_gate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernel = nslsm.Kernel()
    kernel.init.lsm_bind("root", Broken())
    (binding,) = kernel.namespace("root").bindings
    monkeypatch.setattr(type(binding.control), "handles", lambda *_: 1 // 0)

    assert not kernel.init.open("/etc/x").granted


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (op.Open(At("/x")), "openat"),
        (op.Status(At(None, Descriptor(3))), "fstat"),
        (op.ChangeOwner(At("/x", follow=False), 0, 0), "lchown"),
        (op.Unlink(At("/x"), directory=True), "rmdir"),
        (op.Clone(frozenset({"vm", "vfork"})), "vfork"),
        (op.OpenSpecial("memfd"), "memfd_create"),
        (op.Quiet("personality"), "personality"),
    ],
)
def test_a_simulated_call_is_the_one_that_the_c_library_makes(operation: op.Operation, name: str) -> None:
    assert call_of(operation) == name


def test_arguments_are_the_kernels_numbers() -> None:
    assert arguments_of(op.MakeSocket("vsock", "stream"), "socket")[:3] == (40, UNKNOWN, 0)
    assert arguments_of(op.MakeSocket("other", "stream"), "socket")[0] is UNKNOWN
    assert arguments_of(op.Clone(frozenset({"newns", "newuser"})), "clone")[0] == 0x10020011
    assert arguments_of(op.Clone(frozenset({"newuser"})), "clone3")[0] is UNKNOWN


def test_every_operation_of_linux_has_calls_for_names() -> None:
    from nslsm.kernel.mapping import raised_by

    assert [each for each in OPERATIONS if not raised_by(each).calls] == [op.Quiet]
