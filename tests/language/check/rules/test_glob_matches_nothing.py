"""Globs that select nothing, or everything; only where that is certain, and only of what is held against them."""

import pytest

from nslsm.language.check.patterns import MAX_LOOKED_AT
from tests.language.check.memory import checked, findings


def found(condition: str, hook: str = "file_open", parameters: str = "", more: str = "") -> list[str]:
    """What is said of the globs in a condition."""
    said = findings(f"control c{parameters} {{ deny {hook} when {condition} }} {more}")
    return [each for each in said if each.startswith("glob-")]


@pytest.mark.parametrize(
    "glob", ["srv/phi/**", "/a//b", "/a/", "/a/**/", "/a/./b", "/a/../*", "~/x", "/{a/,b/}", "/[^a]/../x", "./x"]
)
def test_what_no_path_can_be_is_nothing(glob: str) -> None:
    assert found(f'object.path matches "{glob}"') == [f"glob-matches-nothing: no path matches `{glob}`"]


@pytest.mark.parametrize(
    "glob",
    [
        "/",
        "/*",
        "/srv/**",
        "pipe:*",
        "anon_inode:[[]eventfd]",
        "/.*",
        "/...",
        "/a.",
        "/{,a}b",
        "{/a,/b}/*",
        "/a?",
        "[/]a",
        "p*",
        "*/x",
    ],
)
def test_what_some_path_is_is_left_alone(glob: str) -> None:
    assert found(f'object.path matches "{glob}"') == []


@pytest.mark.parametrize("glob", ["/**", "**", "/{*,*/**}", "{/**,/x}", "/**{,x}"])
def test_what_every_path_is_selects_nothing(glob: str) -> None:
    said = found(f'object.path matches "{glob}" and subject.uid == 3')

    assert [each.partition(":")[0] for each in said] == ["glob-matches-everything"]


def test_a_set_is_everything_where_its_globs_together_are() -> None:
    assert found('object.path matches {"/*", "/*/**"} and subject.uid == 3') == [
        "glob-matches-everything: every file that has a path matches this"
    ]
    assert found('object.path matches {"/*", "/srv/**"} and subject.uid == 3') == []


def test_of_a_set_the_glob_that_is_wrong_is_pointed_at() -> None:
    text = 'control c {\n deny file_open when object.path matches {"/srv/**", "srv"}\n}'
    (one,) = checked(text).diagnostics

    assert one.span is not None
    assert (one.message, one.span.column) == ("no path matches `srv`", 54)


def test_a_last_name_has_no_slash_and_other_texts_may_be_anything() -> None:
    assert found('basename(object.path) matches "a/b"') == ["glob-matches-nothing: no name matches `a/b`"]
    assert found('basename(object.path) matches "*.txt"') == []
    assert found('subject.comm matches "a/b"') == []
    assert found('subject.comm matches "*"') == []
    assert found('subject.comm matches "**" and subject.uid == 3') == [
        "glob-matches-everything: every text matches `**`"
    ]


def test_a_parameter_may_mean_all_and_not_nothing() -> None:
    assert found("object.path matches place", parameters='(place: string = "/**")') == []
    assert found("object.path matches place", parameters='(place: string = "srv")') == [
        "glob-matches-nothing: no path matches `srv`"
    ]
    more = 'namespace host { bind c(place = "x/*") }'
    assert found("object.path matches place", parameters='(place: string = "/srv")', more=more) == [
        "glob-matches-nothing: no path matches `x/*`"
    ]
    assert found("filename matches place", "bprm_check_security", '(place: string = "srv")') == []


def test_more_globs_than_can_be_looked_at_are_left_alone() -> None:
    rules = "\n".join(f'deny file_open when object.path matches "x{n}/[ab]"' for n in range(MAX_LOOKED_AT + 100))
    said = [each for each in findings(f"control c {{ {rules} }}") if each.startswith("glob-")]

    assert len(said) == MAX_LOOKED_AT
