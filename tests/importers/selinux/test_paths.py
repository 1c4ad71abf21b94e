"""file_contexts as patterns: held against the regular expressions, on paths made of their parts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.importers.selinux.paths import Unsaid, contexts_of_paths, pattern_of
from nslsm.importers.selinux.policy import Context, FileContext, Level, Policy, Range
from nslsm.language.check.cells import glob_fault
from nslsm.language.check.glob import Glob

LOW = Level("s0", frozenset())


def context(type_: str) -> Context:
    return Context("system_u", "object_r", type_, Range(LOW, LOW))


pieces = st.sampled_from(
    [
        "a",
        "b",
        r"\.",
        "[^/]*",
        "[^/]+",
        ".*",
        ".+",
        "(/.*)?",
        "(a|b)",
        "(a|/b)?",
        "[ab]",
        "[^a]",
        "b?",
        "(ab)",
        r"(\.[^/]*)*",
        "/",
        "/a",
    ]
)
expressions = st.lists(pieces, min_size=1, max_size=5).map(lambda each: "/" + "".join(each))
paths = st.lists(st.sampled_from(["a", "b", ".", "ab", "/", "/a", "c"]), max_size=6).map(
    lambda each: re.sub("/+", "/", "/" + "".join(each)).rstrip("/") or "/a"
)


@given(expressions, paths)
def test_a_pattern_matches_the_paths_that_its_regular_expression_matches(regex: str, path: str) -> None:
    pattern = pattern_of(regex)

    assert glob_fault(pattern.glob) is None
    assert pattern.exact
    assert Glob(pattern.glob).matches(path) == (re.fullmatch(regex, path, re.DOTALL) is not None)


@pytest.mark.parametrize(
    ("regex", "matching", "not_matching"),
    [
        ("/dev/tty[0-9]+", ["/dev/tty0", "/dev/tty12345"], ["/dev/tty", "/dev/tty123456", "/dev/ttyS0"]),
        ("/x/[[:digit:]]{2}", ["/x/07"], ["/x/7", "/x/007"]),
        ("/x/a{1,2}b{0,1}", ["/x/a", "/x/aab"], ["/x/b", "/x/aaa"]),
    ],
)
def test_what_repeats_without_end_is_had_up_to_a_number(
    regex: str, matching: list[str], not_matching: list[str]
) -> None:
    glob = Glob(pattern_of(regex).glob)

    assert [each for each in matching if not glob.matches(each)] == []
    assert [each for each in not_matching if glob.matches(each)] == []


@pytest.mark.parametrize(
    "regex", ["/a(", "/a)", "/a[b", "*a", "/a{x}", r"/\w", "/" + "(" * 60 + "a" + ")" * 60, "/" + "[ab]{40}" * 60]
)
def test_what_no_pattern_says_is_refused(regex: str) -> None:
    with pytest.raises(Unsaid):
        pattern_of(regex)


def test_what_is_said_of_one_kind_of_file_goes_before_what_is_said_of_any() -> None:
    files = (
        FileContext("/srv/x", "dir", context("dir_t")),
        FileContext("/srv/x", "any", context("any_t")),
        FileContext("/srv/none", "any", None),
        FileContext("/srv/(", "any", context("any_t")),
        FileContext("HOME_DIR/[0-9]+", "any", context("home_t")),
    )

    found = contexts_of_paths(
        Policy(classes={}, mls=True, files=files, generic=(("proc", "/sys", "any", context("sys_t")),))
    )

    rows = {(glob, kind): answer for glob, kind, answer in found.table.rows}
    assert rows["/srv/x", "directory"] == "system_u:object_r:dir_t:s0"
    assert rows["/srv/x", "regular"] == "system_u:object_r:any_t:s0"
    assert rows["/srv/none", "fifo"] == ""
    assert rows["/proc/sys{,/**}", "regular"] == "system_u:object_r:sys_t:s0"
    assert found.near == ("HOME_DIR/[0-9]+",)
    assert [path for path, _ in found.unsaid] == ["/srv/("]
