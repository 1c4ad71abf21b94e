"""SafeSetID's lines: what is read, what is added, what a kernel would refuse; and the kernel's selftest, restated."""

import pytest

import nslsm
from nslsm.importers.modules.safesetid import MOST, AllowanceError, allowances

PARENT, CHILD, SECOND, FREE = 1, 2, 3, 4
SAFESETID = nslsm.load_policy("base.safesetid")["safesetid"]
LINES = f"{PARENT}:{CHILD}\n{PARENT}:{SECOND}\n"


def test_who_may_be_become_is_restricted_too() -> None:
    assert allowances(LINES) == {PARENT: {CHILD, SECOND}, CHILD: {CHILD}, SECOND: {SECOND}}
    assert allowances("1:2\n2:1\n") == {1: {2}, 2: {1}}
    assert allowances(f"{MOST}:0\n") == {MOST: {0}, 0: {0}}
    assert allowances("") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1:2\n1:3", "line 2: the last line has no end"),
        ("1:2\n\n", "line 2: `` is not"),
        ("1\n", "line 1: `1` is not"),
        ("1:2:3\n", "line 1: `1:2:3` is not"),
        ("a:2\n", "line 1: `a:2` is not"),
        ("-1:2\n", "line 1: `-1:2` is not"),
        ("1: 2\n", "line 1: `1: 2` is not"),
        ("\u0661:2\n", "is not `FROM:TO`"),
        ("1:4294967295\n", "line 1: there is no id above 4294967294"),
        ("1:2\n1:2\n", "line 2: 1:2 stands there twice"),
    ],
)
def test_what_a_kernel_would_refuse_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(AllowanceError) as caught:
        allowances(text)

    assert said in str(caught.value)


def become(kind: str, who: int, whom: int) -> nslsm.Decision:
    """A task with both capabilities tries to become another user, or another group, or to join one."""
    kernel = nslsm.Kernel()
    held = {nslsm.Capability.CAP_SETUID, nslsm.Capability.CAP_SETGID}
    assert kernel.init.lsm_bind("root", SAFESETID(uids=allowances(LINES), gids=allowances(LINES)))
    task = kernel.spawn(uid=who, gid=who, effective=held, permitted=held)
    act = {"setuid": lambda: task.setuid(whom), "setgid": lambda: task.setgid(whom)}
    return act[kind]() if kind in act else task.setgroups({whom})


@pytest.mark.parametrize("kind", ["setuid", "setgid", "setgroups"])
@pytest.mark.parametrize(
    ("who", "whom", "granted"),
    [
        (PARENT, CHILD, True),
        (PARENT, SECOND, True),
        (PARENT, PARENT, True),
        (PARENT, FREE, False),
        (PARENT, 0, False),
        (CHILD, PARENT, False),
        (CHILD, SECOND, False),
        (CHILD, 0, False),
        (CHILD, CHILD, True),
        (FREE, PARENT, True),
        (FREE, 0, True),
    ],
)
def test_as_in_the_kernels_selftest(kind: str, who: int, whom: int, granted: bool) -> None:
    decision = become(kind, who, whom)

    assert decision.granted is granted
    assert decision.errno == (None if granted else nslsm.Errno.EACCES)


def test_a_chain_leads_no_further_than_its_lines() -> None:
    """From 1 to 2 and on to 1 again: a circle of two lets nobody out."""
    kernel = nslsm.Kernel()
    held = {nslsm.Capability.CAP_SETUID}
    assert kernel.init.lsm_bind("root", SAFESETID(uids=allowances("1:2\n2:1\n")))
    task = kernel.spawn(uid=1, effective=held, permitted=held)

    for whom in (2, 1):
        assert task.setresuid(whom, whom, whom).granted
        assert not kernel.check("capable", task, cap=nslsm.Capability.CAP_SETUID, flags=set()).granted
        assert task.setuid(FREE).errno == nslsm.Errno.EACCES
