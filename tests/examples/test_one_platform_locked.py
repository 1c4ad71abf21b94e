"""The platform that is composed of five controls and the one that is locked to one: what each level may still do."""

from types import ModuleType
from typing import Any

import pytest

import nslsm
from tests.examples.programs import attempted, program

EXAMPLE = "07-one-platform-locked"


@pytest.fixture
def example() -> ModuleType:
    return program(EXAMPLE, "two_platforms")


def bound(platform: Any, namespace: str) -> list[str]:
    return [each.name for each in platform.kernel.namespace(namespace).bindings]


def test_the_composed_platform_binds_five_and_the_locked_one(example: ModuleType) -> None:
    composed, locked = (example.started(locked=which) for which in (False, True))

    assert len(bound(composed, "root")) == 5
    assert bound(locked, "root") == [example.ONE]
    assert composed.kernel.namespace("root").lock is None
    assert len(locked.kernel.namespace("root").lock) == 1


OTHERS = ("capability", "landlock", "lockdown", "safesetid", "yama")


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("who", ["tenant", "job"])
def test_below_the_lock_nothing_else_is_bound_at_any_depth_and_nothing_is_left_of_the_attempt(
    example: ModuleType, who: str, name: str
) -> None:
    platform = example.started(locked=True)
    task: nslsm.Task = getattr(platform, who)
    where = task.namespace.path

    assert attempted(platform.kernel, lambda: task.lsm_bind(where, example.base(name))) == ("EPERM", "kernel")
    assert attempted(platform.kernel, lambda: task.lsm_unshare("x", example.base(name))) == ("EPERM", "kernel")
    both = [example.base(example.ONE), example.base(name)]
    assert attempted(platform.kernel, lambda: task.lsm_unshare("x", both)) == ("EPERM", "kernel")


@pytest.mark.parametrize("name", [*OTHERS, "smack"])
@pytest.mark.parametrize("who", ["tenant", "job"])
def test_where_nothing_is_locked_everything_is_bound(example: ModuleType, who: str, name: str) -> None:
    platform = example.started(locked=False)
    task: nslsm.Task = getattr(platform, who)

    assert task.lsm_bind(task.namespace.path, {"own": example.base(name)})


def test_the_one_control_is_bound_again_and_only_takes_away(example: ModuleType) -> None:
    platform = example.started(locked=True)
    job = platform.job
    before = [bool(job.open(path)) for path in ("/srv/work", "/srv/shared", "/srv/other")]

    looser = {("Work", "Shared"): {"r", "w"}, ("Work", "Other"): {"r", "w"}}
    assert job.lsm_bind("root.tenant.job", {"looser": example.base("smack")(start="Work", rules=looser)})
    loosened = [bool(job.open(path)) for path in ("/srv/work", "/srv/shared", "/srv/other")]
    assert job.lsm_bind("root.tenant.job", {"stricter": example.base("smack")(start="Work")})
    stricter = [bool(job.open(path)) for path in ("/srv/work", "/srv/shared", "/srv/other")]

    assert before == loosened == [True, True, False]
    assert stricter == [True, False, False]


def test_a_lock_below_narrows_and_never_widens(example: ModuleType) -> None:
    platform = example.started(locked=True)
    yama, smack = example.base("yama"), example.base("smack")
    assert platform.tenant.lsm_lock("root.tenant", [yama, smack])

    assert attempted(platform.kernel, lambda: platform.job.lsm_bind("root.tenant.job", yama)) == ("EPERM", "kernel")
    assert platform.job.lsm_bind("root.tenant.job", smack)
    assert platform.tenant.lsm_lock("root.tenant", yama)
    again = {"again": smack(start="Work")}
    assert attempted(platform.kernel, lambda: platform.job.lsm_bind("root.tenant.job", again)) == ("EPERM", "kernel")


def test_what_is_refused_where_five_are_bound_names_each_of_them(example: ModuleType) -> None:
    found = {said for _, said, _ in example.rows((*example.HOST, *example.TENANT)) if said.endswith(" in root")}

    names = {said.split(", ")[1].removesuffix(" in root") for said in found}
    assert names == {"lockdown", "yama", "safesetid", "smack"}
