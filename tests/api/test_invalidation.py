"""What is remembered and generated holds for what is bound now: each change, at each level, is in the very next answer."""

from collections.abc import Callable
from errno import EACCES
from pathlib import Path

import pytest

import nslsm
from nslsm.api.binding import complaining
from nslsm.api.kernel import Kernel
from nslsm.api.policies import LoadedPolicy
from nslsm.engine import plan

POLICY = """\
control quiet { deny file_open when object.path == "/never" }
control denying { deny file_open when object.path == "/x" }
control held { deny file_open when object.path == "/x" and namespace.sealed }
control limited(path: path = "/never") { deny file_open when object.path == path }
control listed(secret: table (path: path)) { deny file_open when secret(object.path) }
table none(path: path) = { "/never" }
table one(path: path) = { "/x" }
policy relaxed { use quiet }
policy other { use denying }
policy sealing { use held }
policy narrow { use limited(path = "/x") }
policy empty { use listed(secret = none) }
policy full { use listed(secret = one) }
namespace n0 { bind quiet namespace n1 { bind quiet namespace n2 { bind quiet } } }
"""
LEVELS = ("n0", "n0.n1", "n0.n1.n2")
Act = Callable[[Kernel, LoadedPolicy, str], object]

CHANGES: dict[str, tuple[Act, Act]] = {
    "what is bound": (
        lambda kernel, loaded, where: kernel.exchange(where, loaded["relaxed"]),
        lambda kernel, loaded, where: kernel.exchange(where, loaded["other"]),
    ),
    "a seal": (
        lambda kernel, loaded, where: kernel.exchange(where, loaded["sealing"]),
        lambda kernel, _, where: _settled(_keeper(kernel, where).lsm_seal(where)),
    ),
    "a mode": (
        lambda kernel, loaded, where: kernel.exchange(where, complaining(loaded["other"])),
        lambda kernel, loaded, where: kernel.exchange(where, loaded["other"]),
    ),
    "parameters": (
        lambda kernel, loaded, where: kernel.exchange(where, loaded["limited"]),
        lambda kernel, loaded, where: kernel.exchange(where, loaded["narrow"]),
    ),
    "tables": (
        lambda kernel, loaded, where: kernel.exchange(where, loaded["empty"]),
        lambda kernel, loaded, where: kernel.exchange(where, loaded["full"]),
    ),
}


def _keeper(kernel: Kernel, where: str) -> nslsm.Task:
    """Somebody in a namespace who may seal it."""
    return kernel.spawn(where, uid=0)


def _settled(decision: nslsm.Decision) -> None:
    assert decision, decision


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedPolicy:
    path = tmp_path / "p.nslsm"
    path.write_text(POLICY)
    return nslsm.load_policy(path)


@pytest.mark.parametrize("where", LEVELS)
@pytest.mark.parametrize("change", CHANGES)
def test_the_next_answer_is_the_changed_policys(change: str, where: str, loaded: LoadedPolicy) -> None:
    before, act = CHANGES[change]
    kernel = Kernel(loaded.tree())
    before(kernel, loaded, where)
    task, ask = kernel.spawn("n0.n1.n2"), kernel.hook("file_open")
    for number in range(2 * plan.LEAST):
        assert ask(task, f"/{number}", number) == 0
        assert ask(task, "/x", 0) == 0
    assert _is_flat(kernel, task)

    act(kernel, loaded, where)

    assert ask(task, "/x", 0) == EACCES
    decision = kernel.check("file_open", task, "/x", flags=0)
    assert decision.blame is not None
    assert decision.blame.opinion is not None
    assert decision.blame.opinion.namespace.path == where
    assert ask(task, "/y", 0) == 0


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_somewhere_else_changes_nothing_here(change: str, loaded: LoadedPolicy) -> None:
    before, act = CHANGES[change]
    kernel = Kernel(loaded.tree())
    before(kernel, loaded, "n0.n1.n2")
    task, ask = kernel.spawn("n0.n1"), kernel.hook("file_open")
    assert ask(task, "/x", 0) == 0

    act(kernel, loaded, "n0.n1.n2")

    assert ask(task, "/x", 0) == 0


def test_a_snapshot_that_is_come_back_to_answers_as_it_did(loaded: LoadedPolicy) -> None:
    kernel = Kernel(loaded.tree())
    task, ask = kernel.spawn("n0.n1.n2"), kernel.hook("file_open")
    assert ask(task, "/x", 0) == 0
    snapshot = kernel.snapshot()
    kernel.exchange("n0", loaded["other"])
    assert ask(task, "/x", 0) == EACCES

    kernel.restore(snapshot)

    assert ask(task, "/x", 0) == 0


def _is_flat(kernel: Kernel, task: nslsm.Task) -> bool:
    """Whether the function of the task's lineage has been made."""
    hook = kernel.memory(kernel._hook("file_open")).hook
    return plan.plan_of(kernel.state.namespaces, task.value.home, hook).flat.answer is not None
