"""``unused-table``, ``unused-operation``, ``unused-control``, ``unused-parameter``: declared, and of no use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.language.check.memory import checked
from tests.language.check.rules.lint import places

TABLE = "table ports(port: int) = { 22 }"
OPERATION = "operation look = file_open"
CONTROL = "control extra { deny path_mknod }"
END = "control c { deny task_kill }  namespace host { bind c }"


@pytest.mark.parametrize(
    ("declaration", "code", "name"),
    [
        (TABLE, "unused-table", "ports"),
        (OPERATION, "unused-operation", "look"),
        (CONTROL, "unused-control", "extra"),
    ],
)
def test_a_declaration_of_no_use_is_reported_only_in_a_module_that_is_an_end_in_itself(
    declaration: str, code: str, name: str
) -> None:
    assert places(code, f"{declaration} {END}") == [name]
    assert places(code, f"{declaration} control c {{ deny task_kill }}") == []
    assert places(code, "import mine  namespace n { bind mine.c }", {"mine": f"{declaration} {END}"}) == []


@pytest.mark.parametrize(
    ("declaration", "code", "use"),
    [
        (TABLE, "unused-table", "control d { deny socket_connect when ports(port) }  namespace other { bind d }"),
        (TABLE, "unused-table", "namespace other { namespace i { enter on socket_connect when ports(port) } }"),
        (TABLE, "unused-table", "let known = ports(22)"),
        (OPERATION, "unused-operation", "control d { audit look }  namespace other { bind d }"),
        (OPERATION, "unused-operation", "operation see = look  control d { deny see }  namespace other { bind d }"),
        (OPERATION, "unused-operation", "namespace other { namespace i { enter on look } }"),
        (CONTROL, "unused-control", "policy p { use extra }"),
        (CONTROL, "unused-control", "namespace other { lock { extra } }"),
        (CONTROL, "unused-control", 'test "t" { task a in host  a unshare "k" with extra -> allow }'),
        (CONTROL, "unused-control", 'test "t" { task a in host  a mknod "/x" fifo -> deny by extra }'),
    ],
)  # fmt: skip
def test_any_use_is_a_use(declaration: str, code: str, use: str) -> None:
    assert places(code, f"{declaration} {END} {use}") == []


def test_where_something_is_wrong_nothing_is_said_of_what_may_only_seem_unused() -> None:
    text = f"{TABLE} {OPERATION} {CONTROL} {END} control d(p: int = 3) {{ deny socket_connect when prots(port) }}"

    assert [each.code.name for each in checked(text).diagnostics] == ["unknown-name"]


# Parameters


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        ("control c(p: int = 3) { deny task_kill }", ["p"]),
        ("control c(p: int = 3, q: int = 4) { deny file_open when subject.uid == q }", ["p"]),
        ("control c(p: int = 3) { attr file.x: bool = object.owner == p  deny file_open when object.x }", []),
        ("control c(p: int = 3) { let mine = p + 1  deny file_open when subject.uid == mine }", []),
        ("control c(p: int = 3) { let nobody_reads = p  deny task_kill }", []),
        ("control c(p: int = 3) { deny file_open when false and subject.uid == p }", []),
        ("control c(p: bool = true) { attr task.x: bool = false  on task_kill set subject.x = p }", []),
        ("control c(p: int) { deny file_open when subject.uid == p }  policy more(p: int, q: int = 3) { use c(p = q) }", ["p"]),
        ("control c(p: int) { deny file_open when subject.uid == p }  policy more(p: int, q: int) { use c(p = p + q) }", []),
    ],
)  # fmt: skip
def test_a_parameter_that_nothing_speaks_of_is_reported(text: str, unused: list[str]) -> None:
    assert places("unused-parameter", text) == unused


@given(st.frozensets(st.integers(0, 9)))
def test_the_parameters_that_are_reported_are_those_that_no_rule_reads(used: frozenset[int]) -> None:
    parameters = ", ".join(f"p{n}: int = {n}" for n in range(10))
    rules = " ".join(f"deny file_open when subject.uid == p{n}" for n in sorted(used))

    assert places("unused-parameter", f"control c({parameters}) {{ deny task_kill {rules} }}") == [
        f"p{n}" for n in range(10) if n not in used
    ]
