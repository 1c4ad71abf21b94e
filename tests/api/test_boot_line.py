import pytest

import nslsm
from nslsm.api.boot_line import MODULES, compose
from nslsm.diagnostics import DiagnosticError
from tests.api.controls import Says


def test_a_line_is_bound_in_the_order_of_linux() -> None:
    found = compose("yama,capability", arguments={"yama": {"scope": 3}})
    kernel = nslsm.Kernel()
    kernel.exchange("root", found)

    assert found.modules == ("capability", "yama")
    assert [binding.name for binding in kernel.namespace("root").bindings] == ["capability", "yama"]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        # As a running kernel says it, with Lockdown early; as its command line might say it.
        ("lockdown,capability,landlock,yama,smack,bpf,ima,evm", None),
        (
            "landlock,lockdown,yama,integrity,bpf,capability",
            ("lockdown", "capability", "landlock", "yama", "bpf", "integrity"),
        ),
        ("capability,yama,lockdown", None),
        ("evm,yama,ima,lockdown", ("yama", "lockdown", "evm", "ima")),
    ],
)
def test_first_ordinary_and_last_are_where_linux_has_them(line: str, asked: tuple[str, ...] | None) -> None:
    assert compose(line).modules == (asked or tuple(line.split(",")))


def test_integrity_measures_where_rules_are_given() -> None:
    rules = nslsm.load_policy("base.integrity")["measure_tcb"]

    assert [each.name for each in compose("yama,ima,evm")] == ["yama"]
    assert [each.name for each in compose("yama,ima,evm", arguments={"ima": {"rules": rules}})] == ["yama", "integrity"]


def test_blanks_and_doubles_mean_nothing() -> None:
    assert compose(" capability, yama ,yama,,bpf\n").modules == ("capability", "yama", "bpf")


def test_all_that_stack_are_enabled_and_old_kernels_enable_one_of_those_that_want_to_be_alone() -> None:
    policies = {"apparmor": Says(True), "selinux": {"selinux": Says(True)}}

    together = compose("yama,apparmor,selinux", policies=policies)
    old = compose("yama,apparmor,selinux", policies=policies, exclusive=True)

    assert (together.disabled, len(together.bindings)) == ((), 3)
    assert (old.modules, old.disabled, len(old.bindings)) == (("yama", "apparmor"), ("selinux",), 2)


@pytest.mark.parametrize(
    ("line", "options", "words"),
    [
        ("capability,yamma", {}, "yama"),
        ("capability;yama", {}, "capability;yama"),
        ("yama,apparmor", {}, "import one"),
        ("yama", {"arguments": {"yamma": {}}}, "yama"),
        ("yama", {"policies": {"apparmor": None}}, "apparmor"),
    ],
)
def test_what_cannot_be_composed_is_a_clear_error(line: str, options: dict[str, object], words: str) -> None:
    with pytest.raises(DiagnosticError) as refused:
        compose(line, **options)

    assert words in str(refused.value)


def test_a_parameter_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="scoop"):
        compose("yama", arguments={"yama": {"scoop": 1}})


def test_exclusive_modules_are_those_of_linux() -> None:
    assert {name for name, module in MODULES.items() if module.exclusive} == {"selinux", "apparmor", "smack"}
