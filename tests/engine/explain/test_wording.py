"""What an explanation quotes reads as its author wrote it, and means the same."""

from pathlib import Path

import pytest

from nslsm.engine.explain.wording import quoted, worded, worded_head, worded_value
from nslsm.hooks.linux import Capability
from nslsm.hooks.types import NO_ADDRESS, UNKNOWN
from nslsm.language.check import ir
from nslsm.library import Library, Selection, Written
from nslsm.protocol.things import Credentials, NamespaceFacts
from nslsm.resources import policies_root
from tests.audit.samples import file, task

CONDITIONS = [
    "subject.uid == 0",
    "not subject.uid == 0",
    "subject.uid == 0 and subject.gid != 1 or flags has exec",
    "(subject.uid == 0 or subject.gid == 1) and not (flags has exec or flags has read)",
    'object.path matches {"/a/**", "/b"} and object.path under "/a"',
    "subject.uid in {1, 2, 3}",
    "subject.uid not in ids",
    "flags has any {read, write}",
    "flags has all {read, write}",
    "subject.effective has CAP_KILL",
    'basename(object.path) == "x" and dirname(object.path) != "/"',
    "size(subject.groups) > 2",
    "subject.uid + 1 - 2 < limit",
    "(subject.uid == 0 if flags has read else subject.gid == 0) and flags has exec",
    'object.xattr("user.a", "b") == "c"',
    "object.parent.owner == subject.uid",
    "subject.seen has subject.uid",
    "not not subject.marked",
    "object.type in {fifo, regular} and object.type != directory",
    "subject.groups & {1, 2} == {1}",
    "rank(subject.exe) >= 2",
    'object.path == "/a \\"b\\" \\\\ \\n"',
]


def written(condition: str) -> str:
    return f"""
module m
let ids = {{4, 5}}
table rank(program: path) -> int = {{ "/bin/a" -> 1 }} else 0
control c(limit: int = 7) {{
    attr task.marked: bool = false
    attr task.seen: set of int = {{}}
    on file_open set subject.marked = true
    on file_open set subject.seen = {{1}}
    deny file_open when {condition}
}}
namespace n {{ bind c }}
"""


def condition_of(text: str) -> ir.Expr:
    checked = Selection(("m",), Library((policies_root(),), {"m": Written(Path("/nowhere"), text)})).check()
    assert checked.package is not None, checked.diagnostics
    (rule,) = (rule for rule in checked.package.controls["m.c"].rules if isinstance(rule, ir.Deny))
    assert rule.when is not None
    return rule.when


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_that_is_worded_and_read_again_is_the_same(condition: str) -> None:
    known = condition_of(written(condition))

    assert condition_of(written(worded(known))) == known


def test_no_more_parentheses_than_are_needed() -> None:
    text = "(subject.uid == 0 or subject.gid == 1) and not (flags has exec)"

    assert worded(condition_of(written(text))) == text


def test_a_long_set_is_cut_and_counted() -> None:
    assert worded_value(frozenset(range(100))) == "{0, 1, 2, 3, 4, 5, … 94 more}"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (UNKNOWN, "unknown"),
        (NO_ADDRESS, "no address"),
        (Capability.CAP_KILL, "CAP_KILL"),
        (task(), "task 42"),
        (file("/a"), '"/a"'),
        (file(UNKNOWN), "a file"),
        (NamespaceFacts(1, "a", "host.a", 1, sealed=False), "namespace host.a"),
        (Credentials(), "credentials"),
    ],
)
def test_values_have_words(value: object, words: str) -> None:
    assert worded_value(value) == words  # type: ignore[arg-type]


def test_what_is_quoted_steers_no_terminal() -> None:
    assert quoted('a"\\\n\x1b[0m\u202e') == '"a\\"\\\\\\n\\x1b[0m\\u{202e}"'


def test_a_rules_head_names_operations_as_rules_do() -> None:
    assert worded_head((ir.Action("std.operations.read", ()), ir.Action("file_open", ())), None) == "read, file_open"
