"""What a hook says about itself."""

import pytest

from nslsm.hooks.model import CArgument, Family, Hook, c_arguments
from nslsm.hooks.types import INT, Fact

HOOK = Hook(
    "task_setnice",
    doc="A task's nice value is about to change.",
    prototype="int task_setnice(struct task_struct *p, int nice)",
    facts=(Fact("nice", INT, "nice value"), Fact("other", INT, "another")),
    since="6.12",
    earlier=(("6.12", "int task_setnice(struct task_struct *p, short nice)"),),
)


def test_arguments_keep_their_stars_with_the_type() -> None:
    assert c_arguments("int f(void **ctx, char __user *at, enum bpf_cmd cmd)") == (
        CArgument("void **", "ctx"),
        CArgument("char __user *", "at"),
        CArgument("enum bpf_cmd", "cmd"),
    )


def test_a_hook_without_arguments_has_none() -> None:
    assert c_arguments("int tun_dev_create(void)") == ()


def test_a_prototype_is_that_of_the_kernel_asked_for() -> None:
    assert [each.type for each in HOOK.c_arguments_in("6.12")] == ["struct task_struct *", "short"]
    assert HOOK.prototype_in("7.2") == HOOK.prototype


def test_a_fact_is_found_by_name_and_by_place() -> None:
    assert HOOK.fact("nice") == HOOK.facts[0]
    assert HOOK.index("other") == 1
    assert HOOK.fact("absent") is None
    with pytest.raises(KeyError):
        HOOK.index("absent")


def test_a_hook_is_in_the_kernels_since_it_came() -> None:
    assert [HOOK.in_profile(profile) for profile in ("6.1", "6.12", "7.2")] == [False, True, True]


def test_a_family_stamps_its_name_on_its_hooks() -> None:
    family = Family.of("task", "Tasks.", HOOK)

    assert [hook.family for hook in family.hooks] == ["task"]
    assert HOOK.family == ""
