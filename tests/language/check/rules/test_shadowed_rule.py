"""A rule behind another is found, whichever comes first; one that says more, or may be asked otherwise, is not."""

import pytest

from nslsm.language.check.rules.shadowed_rule import MAX_REPORTED
from tests.language.check.memory import findings


def found(rules: str, before: str = "") -> list[str]:
    """What is said of hidden rules."""
    said = findings(f"{before} control c {{ attr task.x: bool = false {rules} deny capset when subject.x }}")
    return [each.removeprefix("shadowed-rule: ") for each in said if each.startswith("shadowed-rule")]


def denials(*conditions: str, hook: str = "file_open") -> list[str]:
    """What is said of denials at one hook."""
    return found(" ".join(f"deny {hook} when {each}" for each in conditions))


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("subject.uid == 1 and subject.gid == 2", "subject.uid == 1"),
        ("subject.uid == 1", "subject.uid == 1 or subject.gid == 2"),
        ("subject.uid == 1", "subject.uid in {1, 2}"),
        ("subject.uid in {1, 2}", "subject.uid < 3"),
        ("subject.uid > 7", "subject.uid > 5"),
        ("subject.uid == 1", "subject.uid != 2"),
        ('object.path == "/srv/a"', 'object.path under "/srv"'),
        ('object.path under "/srv/a"', 'object.path under {"/srv", "/home"}'),
        ('object.path matches "/srv/*"', 'object.path under "/srv"'),
        ('object.path matches "/srv/phi/*.hl7"', 'object.path matches "/srv/**"'),
        ('object.path matches {"/a/*", "/b/c"}', 'object.path matches {"/b/*", "/a/**"}'),
        ("flags has all {read, write}", "flags has write"),
        ("flags has write", "flags has any {write, append}"),
        ("not (flags has any {write, append})", "not (flags has write)"),
        ("object.type == fifo", "object.type in {fifo, socket}"),
        ("subject.uid == object.owner and flags has read", "subject.uid == object.owner"),
    ],
)
def test_the_narrower_of_two_denials_is_found_wherever_it_stands(narrow: str, wide: str) -> None:
    assert denials(narrow, wide) == ["rule `deny-1` changes nothing: `deny-2` denies all that this one does"]
    assert denials(wide, narrow) == ["rule `deny-2` changes nothing: `deny-1` denies all that this one does"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("subject.uid == 1", "subject.gid == 1"),
        ("subject.uid == 1 or subject.gid == 2", "subject.uid in {1, 2}"),
        ('object.path matches "/srv/**/a"', 'object.path matches "/srv/*"'),
        ('object.path under "/srv2"', 'object.path under "/srv"'),
        ('object.path matches "/srv*/a"', 'object.path under "/srv"'),
        ("flags has read", "flags has write"),
        ("subject.uid in {1, 2}", "subject.uid in {2, 3}"),
    ],
)
def test_rules_of_which_neither_follows_from_the_other_stay(one: str, other: str) -> None:
    assert denials(one, other) == []
    assert denials(other, one) == []


def test_networks_within_networks_are_told() -> None:
    narrow, wide = "address in 10.1.0.0/16 and port == 3", "address in {10.0.0.0/8, 192.0.2.0/24}"

    assert len(denials(narrow, wide, hook="socket_connect")) == 1
    assert denials("address in 10.0.0.0/8", "address in 10.1.0.0/16 and port == 3", hook="socket_connect")[
        0
    ].startswith("rule `deny-2`")
    assert denials("address not in 10.0.0.0/8", "address in 10.1.0.0/16", hook="socket_connect") == []


def test_of_two_that_say_the_same_the_second_goes() -> None:
    assert denials("subject.uid == 1", "1 == subject.uid") == ["rule `deny-2` changes nothing: `deny-1` says the same"]
    assert found("deny file_open deny file_open") == ["rule `deny-2` changes nothing: `deny-1` says the same"]


def test_a_narrow_denial_before_a_wide_one_may_say_more() -> None:
    wide = "deny file_open when subject.uid < 5"

    for more in ("with ENOENT", 'because "it is mine"'):
        narrow = f"deny file_open when subject.uid == 3 {more}"
        assert found(f"{narrow} {wide}") == []
        assert len(found(f"{wide} {narrow}")) == 1


def test_what_stands_between_two_denials_can_be_blamed_instead() -> None:
    narrow, wide = "deny file_open when subject.uid == 3", "deny file_open when subject.uid < 5"

    assert len(found(f"{narrow} {wide}")) == 1
    assert found(f'{narrow} deny file_open when subject.gid == 1 because "group" {wide}') == []


def test_rules_for_requests_from_outside_hide_only_each_other() -> None:
    assert found("inbound deny task_kill when subject.uid == 1 deny task_kill") == []
    assert len(found("inbound deny task_kill when subject.uid == 1 inbound deny task_kill")) == 1


def test_every_hook_of_a_rule_must_be_hidden() -> None:
    operations = "operation two = file_open when flags has read, path_mkdir operation one = file_open"

    assert found("deny two when subject.uid == 1 deny file_open", operations) == []
    assert len(found("deny two when subject.uid == 1 deny one, path_mkdir", operations)) == 1
    assert len(found("deny two deny file_open when flags has all {read, write}", operations)) == 1


def test_what_object_is_aimed_at_is_told_apart() -> None:
    operations = "operation ends = path_rename, path_rename at new"
    at_one_end = 'deny path_rename when object.path under "/srv"'

    assert len(found(f'deny ends when object.path under "/srv" {at_one_end}', operations)) == 1
    assert found(f'{at_one_end} deny ends when object.path under "/srv/a"', operations) == []


def test_an_allow_is_needless_beside_a_wider_one_of_its_action() -> None:
    region = "confine file_open, path_mkdir {{ {} }}"

    assert found(region.format("allow file_open when subject.uid == 1 allow file_open, path_mkdir")) == [
        "rule `confine-1.allow-1` changes nothing: `confine-1.allow-2` allows all that this one does"
    ]
    assert found(region.format("allow file_open, path_mkdir when subject.uid == 1 allow file_open")) == []


def test_an_allow_of_what_is_denied_lets_nothing_through() -> None:
    region = 'confine file_open where subject.uid == 1 { allow file_open when object.path under "/srv/a" }'

    assert found(f'{region} deny file_open when object.path under "/srv"') == [
        "rule `confine-1.allow-1` lets nothing through: `deny-1` denies all that it allows"
    ]
    assert found(f"{region} deny file_open when subject.uid < 2")[0].startswith("rule `confine-1.allow-1` lets nothing")
    assert found(f'{region} deny file_open when object.path under "/srv/a/b"') == []


def test_effects_that_set_the_same_are_needless_where_another_does() -> None:
    wide = "on file_open when subject.uid < 5 set subject.x = true"

    assert len(found(f"{wide} on file_open when subject.uid == 3 set subject.x = true")) == 1
    assert found(f"{wide} on denied file_open when subject.uid == 3 set subject.x = true") == []
    assert found(f"{wide} on file_open when subject.uid == 7 set subject.x = true") == []


def test_of_many_only_some_are_reported() -> None:
    assert len(found("deny file_open " * 100)) == MAX_REPORTED


def test_one_of_many_is_found_and_too_many_to_prove_are_left_alone() -> None:
    many = [f'object.path under "/srv/{n}" and flags has read' for n in range(2000)]
    ranges = [f"subject.uid > {n} and subject.gid != {n}" for n in range(2000)]

    assert denials(*many, 'object.path == "/srv/77/x" and flags has all {read, write}') == [
        "rule `deny-2001` changes nothing: `deny-78` denies all that this one does"
    ]
    assert denials(*ranges) == []
