"""Whatever a text says, the checker says what is wrong with it: no exception, no endless run, no silence."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nslsm.diagnostics import Severity, render_human
from nslsm.language.check.package import Checked
from nslsm.resources import policies_root
from tests.language.check.memory import checked, codes

SHIPPED = sorted(policies_root().rglob("*.nslsm"))
WORDS = re.compile(r'"""[\s\S]*?"""|"[^"\n]*"|\w+|\s+|#[^\n]*|[^\w\s]')

SPARE = [
    "subject", "object", "namespace", "file_open", "task_kill", "inode_*", "write", "read", "deny", "allow", "confine", "on",
    "when", "where", "set", "attr", "let", "use", "bind", "policy", "control", "task", "file", "in", "not", "and", "or", "has",
    "matches", "under", "==", "<", "{", "}", "(", ")", ",", ".", "->", "=", "3", '"/x"', '"x["', "true", "EPERM", "CAP_KILL",
    "base", "path", "int", "of", "x", "y", "else", "if", "at", "as", "join", "foreign", "@", "seal", "expect", "by",
]  # fmt: skip


def fine(found: Checked) -> None:
    """A package, or at least one error; and everything that was found can be shown."""
    assert (found.package is None) is any(each.severity is Severity.ERROR for each in found.diagnostics)
    for each in found.diagnostics:
        assert each.message
        render_human(each, found.sources)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SHIPPED), st.integers(0, 2**32), st.integers(1, 4))
def test_a_damaged_policy_is_checked_or_refused(path: Path, seed: int, damages: int) -> None:
    randomly = random.Random(seed)
    words = WORDS.findall(path.read_text())
    places = [place for place, word in enumerate(words) if word.strip()]
    for _ in range(damages):
        place = randomly.choice(places)
        match randomly.randrange(4):
            case 0:
                words[place] = ""
            case 1:
                words[place] = f" {randomly.choice(SPARE)} "
            case 2:
                other = randomly.choice(places)
                words[place], words[other] = words[other], words[place]
            case _:
                words[place] += f" {words[randomly.choice(places)]} "

    fine(checked("".join(words).replace("module ", "# ", 1)))


names = st.sampled_from(
    ["subject", "object", "namespace", "flags", "x", "y", "p", "t", "ghost", "read", "regular", "CAP_KILL", "lib"]
)
leaves = st.one_of(
    names, st.sampled_from(["true", "3", '"/a"', '"a*"', "{}", "10.0.0.0/8", "8.8.8.8", "EPERM", "t(3)", "lib.z"])
)
OPERATORS = [
    "==",
    "!=",
    "<",
    ">=",
    "in",
    "not in",
    "has",
    "has all",
    "has any",
    "matches",
    "under",
    "+",
    "-",
    "&",
    "and",
    "or",
]
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(lambda each: f"({each[0]} {each[1]} {each[2]})"),
        st.tuples(inner, st.sampled_from(["uid", "path", "parent", "label", "ghost", "xattr", "groups"])).map(".".join),
        st.tuples(inner, st.lists(inner, max_size=2)).map(lambda each: f"{each[0]}({', '.join(each[1])})"),
        st.lists(inner, max_size=3).map(lambda each: f"{{{', '.join(each)}}}"),
        st.tuples(inner, inner, inner).map(lambda each: f"({each[0]} if {each[1]} else {each[2]})"),
        inner.map(lambda each: f"(not {each})"),
        inner.map(lambda each: f"basename({each})"),
        inner.map(lambda each: f"size({each})"),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    expressions,
    expressions,
    st.sampled_from(["file_open", "file_open, task_kill", "path_rename", "capable", "socket_connect"]),
)
def test_any_expression_is_typed_or_refused(one: str, other: str, hooks: str) -> None:
    text = f"""
    import lib
    let x = {other}
    table t(k: int) -> set of int = {{ 3 -> {{4}} }} else {{}}
    control c(p: path = "/a") {{
        attr file.label: string = "_"
        attr task.label: string = "_"
        let y = {one}
        deny {hooks} when {one}
        on {hooks} when y == x set subject.label = {other}
        confine {hooks} where y {{ allow {hooks} when {other} }}
    }}
    namespace n {{ bind c }}
    """
    fine(checked(text, {"lib": "let z = subject.uid + 1"}))


def test_a_thousand_mistakes_are_found_and_no_more_are_kept() -> None:
    rules = "\n".join(f"deny file_open when ghost{n} == 3" for n in range(3000))
    found = checked(f"control c {{ {rules} }}")

    assert len(found.diagnostics) == 1001
    assert (found.diagnostics[-1].code.name, found.diagnostics[-1].message) == (
        "too-many-findings",
        "2000 more findings are left out",
    )


@pytest.mark.parametrize(
    "text",
    [
        'let x = "' + "a" * 5000 + '" control c { deny file_open when object.path matches x }',
        "let x = {" + ",".join(map(str, range(20_000))) + "} control c { deny file_open when subject.uid in x }",
        "control c { deny " + ", ".join(["file_open"] * 5000) + " }",
        "control c { deny file_open when " + " or ".join(f"subject.uid == {n}" for n in range(5000)) + " }",
        "control c {" + "".join(f" deny r{n}: file_open" for n in range(5000)) + " }",
    ],
    ids=range(5),
)
def test_what_is_long_is_checked_in_a_moment(text: str) -> None:
    assert set(codes(text)) <= {"bad-glob", "shadowed-rule"}
