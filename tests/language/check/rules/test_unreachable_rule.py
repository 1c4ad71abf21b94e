"""Rules that contradict what they stand on, and regions that nothing is in or nothing is let through of."""

from tests.language.check.memory import checked, findings

OPERATIONS = """
operation look = file_open when flags has read and not (flags has write)
operation touch = file_open when flags has write, path_mkdir
"""


def found(rules: str) -> list[str]:
    """What is said of a control's rules."""
    return [
        each
        for each in findings(f"{OPERATIONS} control c {{ {rules} }}")
        if each.startswith(("unreachable-rule", "unsatisfiable-region", "constant-condition", "empty-confine"))
    ]


def test_a_condition_against_the_operation_is_found_at_the_condition() -> None:
    text = f"{OPERATIONS}control c {{\n deny look when flags has all {{read, write}}\n}}"
    (one,) = [each for each in checked(text).diagnostics if each.code.name == "unreachable-rule"]

    assert one.message == "this rule never fires: no request is `look` and meets its condition"
    assert one.span is not None
    assert (one.span.line, one.span.column) == (5, 17)


def test_one_way_that_is_left_is_enough() -> None:
    assert found("deny touch when subject.uid == 1") == []
    assert found("deny look, path_mkdir when subject.uid == 1") == []
    assert found("audit look when flags has write") == [
        "unreachable-rule: this rule never fires: no request is `look` and meets its condition"
    ]


def test_what_never_holds_by_itself_is_said_once() -> None:
    assert [each.partition(":")[0] for each in found("deny look when subject.uid == 1 and subject.uid == 2")] == [
        "constant-condition"
    ]
    region = "confine file_open where subject.uid < 0 { allow file_open when subject.gid == 1 }"
    assert [each.partition(":")[0] for each in found(region)] == ["constant-condition"]
    allow = "confine file_open where subject.uid == 1 { allow file_open when subject.gid < 0 }"
    assert [each.partition(":")[0] for each in found(allow)] == ["constant-condition"]


def test_an_allow_outside_its_region_is_found_where_others_let_something_through() -> None:
    region = (
        "confine file_open where subject.uid == 1 {{ allow file_open when {} allow file_open when subject.gid == 7 }}"
    )

    assert found(region.format("subject.uid in {2, 3}")) == [
        "unreachable-rule: this lets nothing through: no request in the region is `file_open` and meets it"
    ]
    assert found(region.format("subject.uid in {1, 3}")) == []


def test_a_region_without_a_way_through_is_found_once() -> None:
    assert found("confine file_open where subject.uid == 1 { allow file_open when subject.uid == 2 }") == [
        "unsatisfiable-region: nothing in this region can be allowed `file_open`: it is denied wherever the region holds"
    ]
    assert found("confine look where flags has write { allow look }") == [
        "unsatisfiable-region: this region confines nothing: no request is `look` and meets its `where`"
    ]


def test_a_region_without_an_allow_is_another_finding() -> None:
    assert [each.partition(":")[0] for each in found("confine file_open, path_mkdir { allow file_open }")] == [
        "empty-confine"
    ]
