"""``foreign-missing``: a process from outside is let off because of a default, and the simulated kernel agrees."""

import pytest

from nslsm.engine.decision import Verdict
from nslsm.simulation.cases import run_case
from tests.language.check.memory import checked, shown
from tests.language.check.rules.lint import found, places

CODE = "foreign-missing"
MARKED = "attr task.m: bool = {default}  on bprm_check_security set subject.m = {other}"

JUDGING = (
    "deny task_kill when object.m",
    "deny task_kill when not object.m",
    "deny task_kill when object.m == true",
    "deny task_kill when object.m and subject.uid == 0",
    "deny task_kill when object.m or subject.uid == 0",
    "deny task_kill when object.m or object.foreign",
    "deny task_kill when object.m and not object.foreign",
    "deny task_kill when object.m and object.foreign",
    "let marked = object.m  deny task_kill when marked and subject.uid == 0",
    "confine task_kill { allow task_kill when object.m }",
    "confine task_kill { allow task_kill when not object.m }",
    "confine task_kill { allow task_kill when not object.m and not object.foreign }",
    "confine task_kill { allow task_kill when object.m or object.foreign }",
    "confine task_kill where object.m { allow task_kill when subject.uid == 1 }",
    "confine task_kill where not object.m { allow task_kill when subject.uid == 1 }",
    "confine task_kill where not object.foreign { allow task_kill when not object.m }",
)


def grants(rule: str, default: str, foreign: str) -> bool:
    """Whether root inside may kill a process outside, whose attribute counts as ``foreign`` there."""
    control = f"control c {{ {MARKED.format(default=default, other=default)} {rule} }}"
    control = control.replace(f"bool = {default}", f"bool = {default} foreign {foreign}")
    result = checked(
        f"""{control} namespace host {{ namespace inside {{ bind c }} }}
        test "t" {{
            task killer in inside {{ uid = 0 }}
            task other in host {{ uid = 0 }}
            killer kill other -> allow
        }}"""
    )
    assert result.package is not None, shown(result)
    (decision,) = run_case(result.package.tests[0]).decisions
    return decision.verdict is Verdict.GRANT


@pytest.mark.parametrize("default", ["true", "false"])
@pytest.mark.parametrize("rule", JUDGING)
def test_it_is_reported_where_and_only_where_the_default_opens_what_another_value_shuts(
    rule: str, default: str
) -> None:
    other = "false" if default == "true" else "true"
    control = f"control c {{ {MARKED.format(default=default, other=other)} {rule} }}"
    opens = grants(rule, default, default) and not grants(rule, default, other)

    assert places(CODE, control) == (["m"] if opens else [])


@pytest.mark.parametrize(
    ("rules", "reported"),
    [
        ('attr task.m: string = "_"  deny task_kill when object.m == "x"', True),
        ('attr task.m: string = "_" foreign "?"  deny task_kill when object.m == "x"', False),
        ('attr task.m: string = "_" foreign "_"  deny task_kill when object.m == "x"', False),
        ('attr task.m: string = "_"  confine task_kill { allow task_kill when object.m == subject.m }', True),
        ('attr task.m: string = "_"  deny task_kill when object.m != subject.m', False),
        ("attr task.m: int = 0  deny ptrace_access_check when object.m > 3", True),
        ("attr task.m: int = 0  deny ptrace_access_check when subject.m > 3", False),
        ("attr task.m: int = 0  deny task_alloc when object.m > 3", False),
        ("attr task.m: bool = object.uid == 0  deny task_kill when object.m", False),
        ("attr socket.m: bool = false  deny socket_connect when object.m", False),
        ("attr task.m: bool = false  audit task_kill when object.m", False),
        ("attr task.m: bool = false  inbound deny task_kill when object.m", False),
        ("attr task.m: bool = false  inbound deny task_kill when subject.m", True),
        ("attr task.m: bool = false  inbound deny task_kill when not subject.m", False),
    ],
)  # fmt: skip
def test_it_is_about_the_one_from_outside_and_about_constant_defaults_only(rules: str, reported: bool) -> None:
    assert places(CODE, f"control c {{ {rules} }}") == (["m"] if reported else [])


def test_one_attribute_is_one_finding_however_many_rules_hang_on_it() -> None:
    (finding,) = found(
        CODE,
        "control c { attr task.m: bool = false  deny task_kill when object.m  deny ptrace_access_check when object.m }",
    )

    assert finding.message == (
        "nothing says what `task.m` is for a process from outside: it has the default, and rule `deny-1` never holds for it"
    )
