"""What is the same for every request is found, at its cause, once; what only looks so is left alone."""

import pytest

from tests.language.check.memory import checked, findings

SAME = "constant-condition"


def found(condition: str, hook: str = "file_open", before: str = "") -> list[str]:
    """What is said of a condition."""
    text = f"{before} control c(scope: int = 1) {{ deny {hook} when {condition} deny socket_bind when scope == 3 }}"
    return [each.removeprefix(f"{SAME}: ") for each in findings(text) if each.startswith(SAME)]


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("subject.uid < 0", "this never holds: `subject.uid` is 0 to 4294967295"),
        ("0 > subject.uid", "this never holds: `subject.uid` is 0 to 4294967295"),
        ("subject.pid == -1", "this never holds: `subject.pid` is never below 0"),
        ("subject.uid in {-1, 4294967296}", "this never holds: `subject.uid` is 0 to 4294967295"),
        ("not (subject.uid >= 0)", "this always holds: `subject.uid` is 0 to 4294967295"),
        ('subject.comm == "sixteen-letters-"', "this never holds: `subject.comm` has 15 bytes at most"),
        ("size(subject.groups) < 0", "this never holds: `size(subject.groups)` is never below 0"),
        ("subject.uid in {}", "this never holds: the set is empty"),
        ("flags has any {}", "this never holds: the set is empty"),
        ("flags has all {}", "this always holds: the set is empty"),
        ("subject.uid == subject.uid", "this always holds: both sides are the same"),
        ("object.path != object.path", "this never holds: both sides are the same"),
        ("object.type in {regular, directory, symlink, fifo, socket, character_device, block_device, anonymous}",
         "this always holds: `object.type` has no other values"),
        ("false", "this never holds"),
        ("1 == 2", "this never holds: it is `false` whatever the request"),
        ("subject.uid == 1 and subject.uid == 2",
         "this never holds: `subject.uid == 1` and `subject.uid == 2` exclude each other"),
        ("subject.uid < 3 and 4 < subject.uid", "this never holds: `subject.uid < 3` and `4 < subject.uid` exclude each other"),
        ("scope == 1 and scope > 1", "this never holds: `scope == 1` and `scope > 1` exclude each other"),
        ("subject.no_new_privs and not subject.no_new_privs",
         "this never holds: `subject.no_new_privs` and `not subject.no_new_privs` exclude each other"),
    ],
)  # fmt: skip
def test_the_same_answer_for_every_request_is_found_with_the_reason(condition: str, why: str) -> None:
    assert found(condition) == [why]


@pytest.mark.parametrize(
    "condition",
    [
        "subject.uid == 0",
        "subject.uid == 4294967295",
        "subject.uid != 3",
        "subject.no_new_privs or not subject.no_new_privs",
        "not (subject.no_new_privs and not subject.no_new_privs)",
        "object.owner == subject.uid",
        "object.type in {regular, directory}",
        'object.path matches "/srv/**" and not (object.path matches "/srv/phi/**")',
        'object.path under "/srv" and object.path != "/srv"',
        "size(subject.groups) == 0",
        'subject.comm == "fifteen-letters"',
        'object.sha256 == "00ff"',
        "scope == 1",
        "flags has write and not (flags has all {read, write})",
    ],
)
def test_what_depends_on_the_request_is_left_alone(condition: str) -> None:
    assert found(condition) == []


def test_a_part_is_found_where_the_whole_depends() -> None:
    assert found("port > 70000 or port == 1", "socket_connect") == ["this never holds: `port` is 0 to 65535"]
    assert found("port <= 65535 and port != 1", "socket_connect") == ["this always holds: `port` is 0 to 65535"]


def test_the_cause_is_pointed_at_and_not_what_it_spoils() -> None:
    text = "control c {\n deny file_open when subject.gid == 3 and (subject.uid == 1 and subject.uid == 2)\n}"
    (one,) = checked(text).diagnostics

    assert one.span is not None
    assert (one.span.line, one.span.column, one.span.end_column) == (2, 44, 81)
    assert one.help is not None
    assert one.help.startswith("so the rule never fires")


def test_a_let_is_blamed_once_however_many_rules_read_it() -> None:
    before = "let nobody = subject.uid == 1 and subject.uid == 2"
    text = f"{before} control c {{ deny file_open when nobody deny task_kill when nobody }}"
    diagnostics = [each for each in checked(text).diagnostics if each.code.name == SAME]

    assert [each.span is not None and each.span.column for each in diagnostics] == [14]


def test_guards_regions_allows_moves_and_choices_are_conditions_too() -> None:
    text = """
    operation w = path_mkdir when mode < -1, path_rmdir
    control c {
        attr task.x: int = 0 join max
        confine file_open where subject.gid < 0 { allow file_open when subject.x == 2 }
        confine path_mkdir { allow path_mkdir when mode == -2 or mode == 3 }
        on file_open set subject.x = 1 if subject.uid < 0 else 2
        deny w when subject.x == 1
    }
    namespace host { bind c namespace b { enter on file_open when object.owner < 0 bind c } }
    """
    said = [each for each in findings(text) if each.startswith(SAME)]

    assert [each.partition(": ")[2].partition(":")[0] for each in said] == ["this never holds"] * 5
    assert [each.partition("`")[2].partition("`")[0] for each in said] == [
        "mode", "subject.gid", "mode", "subject.uid", "object.owner"
    ]  # fmt: skip


def test_bounds_that_differ_from_hook_to_hook_are_those_of_all() -> None:
    assert found("mode == -1", "path_mkdir") == []
    assert found("mode == -2", "path_mkdir") == ["this never holds: `mode` is -1 to 65535"]
