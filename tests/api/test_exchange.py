"""An exchange: other bindings between two events, what they take over, what is in the way."""

from pathlib import Path

import pytest

import nslsm
from nslsm import Errno
from tests.api.controls import Counts, Says, state_of

MEMORY = """\
control memory(limit: int = 1) {
    attr task.seen: TYPE = NEVER join last
    attr task.tries: int = 0 join max

    on file_open when object.path == "/a"
        set subject.seen = EVER
        set subject.tries = subject.tries + 1
    deny file_open when subject.seen == EVER and subject.tries > limit
}
"""


def memory(tmp_path: Path, kind: str) -> nslsm.PolicyItem:
    """A control that remembers whether a file was opened, as a truth or as a number."""
    never, ever = {"bool": ("false", "true"), "int": ("0", "7")}[kind]
    path = tmp_path / "memory.nslsm"
    path.write_text(MEMORY.replace("TYPE", kind).replace("NEVER", never).replace("EVER", ever))
    return nslsm.load_policy(path)["memory"]


def test_other_bindings_take_the_place_of_those_that_are_there_between_two_events() -> None:
    kernel = nslsm.Kernel()
    task = kernel.init.fork()
    assert task.lsm_unshare("box", Says(False))
    assert task.open("/a").errno is Errno.EACCES
    sequence = task.namespace.sequence

    kernel.exchange("box", [Says(Errno.EPERM)])
    assert task.open("/a").errno is Errno.EPERM
    kernel.exchange("root.box", None)
    assert task.open("/a")
    assert task.namespace.bindings == ()
    assert task.namespace.sequence == sequence + 2


def test_what_the_same_control_has_kept_is_taken_over_and_what_another_has_is_forgotten() -> None:
    kernel = nslsm.Kernel()
    task = kernel.init.fork()
    assert task.lsm_unshare("box", {"x": Counts(3)})
    for _ in range(3):
        assert task.open("/a")

    kernel.exchange("box", {"x": Counts(4)})
    assert state_of(kernel, "box", "x") == (3, 0)
    kernel.exchange("box", {"x": Says(True)})
    assert state_of(kernel, "box", "x") is None
    kernel.exchange("box", {"x": Counts(4)})
    assert task.open("/a")
    assert state_of(kernel, "box", "x") == (1, 0)
    kernel.exchange("box", {"y": Counts(4)})
    assert state_of(kernel, "box", "x") is None


@pytest.mark.parametrize(
    ("what", "errno"),
    [
        ([Says(True), Counts()], Errno.EPERM),
        ({"x": Counts(1), "y": Counts(2), "z": Counts(3)}, Errno.ENOSPC),
    ],
    ids=["lock", "limit"],
)
def test_an_exchange_that_cannot_be_changes_nothing(what: object, errno: Errno) -> None:
    kernel = nslsm.Kernel()
    task = kernel.init.fork()
    assert task.lsm_unshare("box", Counts(), limits=nslsm.Limits(depth=1, bindings=2))
    assert kernel.init.lsm_lock("root", Counts())
    before = kernel.state

    with pytest.raises(OSError, match=r"box|root") as error:
        kernel.exchange("box", what)
    assert error.value.errno == errno
    assert kernel.state is before


def test_a_seal_and_a_name_for_two_are_in_the_way_of_an_exchange() -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_seal("root")

    with pytest.raises(PermissionError, match="root is sealed"):
        kernel.exchange("root", ())
    with pytest.raises(TypeError, match="cannot be bound"):
        kernel.exchange("root", [object()])  # type: ignore[list-item]
    with pytest.raises(LookupError):
        kernel.exchange("elsewhere", ())
    task = kernel.init.fork()
    assert task.lsm_unshare("box")
    with pytest.raises(FileExistsError, match="two different controls"):
        kernel.exchange("box", [Counts(1), Counts(2)])


def test_of_a_control_of_the_language_the_attributes_go_on_that_are_declared_alike(tmp_path: Path) -> None:
    kernel = nslsm.Kernel()
    task = kernel.init.fork()
    assert task.lsm_unshare("box", memory(tmp_path, "bool"))
    assert task.open("/a")
    assert task.lsm_get_self_attr() == {"memory": {"seen": True, "tries": 1}}

    kernel.exchange("box", memory(tmp_path, "bool")(limit=5))
    assert task.lsm_get_self_attr() == {"memory": {"seen": True, "tries": 1}}
    kernel.exchange("box", memory(tmp_path, "int"))
    assert task.lsm_get_self_attr() == {"memory": {"seen": 0, "tries": 1}}
    assert task.open("/a")
    assert task.open("/a").errno is Errno.EACCES


def test_what_other_namespaces_and_bindings_keep_is_left_alone() -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", Counts())
    task = kernel.init.fork()
    assert task.lsm_unshare("box", {"one": Counts(), "other": Counts()})
    assert task.open("/a")

    kernel.exchange("box", {"one": Counts(), "another": Counts()})

    kept = [
        state_of(kernel, "root", "Counts"),
        *(state_of(kernel, "box", name) for name in ("one", "other", "another")),
    ]
    assert kept == [(1, 0), (1, 0), None, None]


def test_what_is_exchanged_in_the_root_is_the_roots_and_below_it_the_parents() -> None:
    kernel = nslsm.Kernel()
    task = kernel.init.fork()
    assert task.lsm_unshare("own")

    kernel.exchange("root", Counts())
    kernel.exchange("own", Counts())

    assert [kernel.namespace(name).bindings[0].maker for name in ("root", "own")] == [kernel.namespace("root").id] * 2
