"""``label-laundering``: reported where another name washes a label off, or puts it on, and the simulated kernel agrees."""

import pytest

from nslsm.engine.decision import Verdict
from nslsm.simulation.cases import run_case
from tests.language.check.memory import checked, shown
from tests.language.check.rules.lint import found, places

CODE = "label-laundering"

IMPORTS = "import std.operations (read, write, create, delete, exec, rename, link, connect)"
ATTRIBUTES = 'attr file.l: bool = object.path under "/s"  attr task.t: bool = false'

LOST = (
    "deny read when object.l",
    "confine read where object.l { allow read when subject.uid == 0 }",
    "confine read { allow read when not object.l }",
    "deny read when not (not object.l or subject.uid == 0)",
    "deny read when object.l == true and subject.uid > 0",
    "let secret = object.l  deny read when secret",
)
"""Rules that stop hanging on a file that has lost its label."""

GAINED = (
    "confine read { allow read when object.l }",
    "deny read when not object.l",
    "deny read when object.l == false",
    "confine read where not object.l { allow read when subject.uid == 0 }",
)
"""Rules that stop hanging on a file that has come by the label."""

FOLLOWING = (
    "",
    "deny write when object.l",
    'deny write when object.path under "/s"',
    "deny create when object.l",
    "deny delete when object.l",
    "deny rename when object.l",
    "deny link when object.l",
    "deny rename, link when object.l",
    "deny rename, link when not object.l",
    "deny rename, link",
    "confine rename, link where object.l { allow rename, link when subject.uid == 0 }",
    "confine write where object.l { allow write when subject.uid == 0 }",
    "deny inode_rename, inode_link when object.l",
    "deny path_reparent when object.l",
    "deny path_reparent when new.l",
    'deny path_rename, path_link when old.path under "/s"',
    'deny path_rename, path_link when new.path under "/s"',
    'deny path_rename, path_link when new.path under "/x"',
    "deny path_rename, path_link when old.l and not new.l",
    "on rename, link when object.l set object.l = true",
    "on rename when object.l set object.l = true",
    "on rename, link set object.l = object.l",
    "on path_rename, path_link set new.l = old.l",
    "on inode_rename, inode_link when object.l set object.l = true",
    "on path_reparent set object.l = object.l",
    "on denied rename, link when object.l set object.l = true",
    "on rename, link when not object.l set object.l = false",
    "on read when object.l set object.l = true",
    "audit rename, link when object.l",
)  # fmt: skip
"""What may follow the label, or only seem to."""


def case(number: int, following: str, old: str, new: str) -> str:
    """A control that follows in one way, and tests of what a plain user gets to read by renaming and by linking."""
    tests = " ".join(
        f"""test "{number} {call}" {{
            file "/s" {{ mode = 0o777, type = directory }}
            file "/w" {{ mode = 0o777, type = directory }}
            file "{old}" {{ owner = 1000, mode = 0o666 }}
            task user in n{number} {{ uid = 1000 }}
            {f'user {call} "{old}" "{new}" -> allow' if call != "before" else ""}
            user open "{old if call == "before" else new}" -> allow
        }}"""
        for call in ("before", "rename", "link")
    )
    return f"""
    control c{number} {{ {ATTRIBUTES} RELIANCE {following} }}
    namespace n{number} {{ bind c{number} }}
    {tests}"""


@pytest.mark.parametrize(
    ("reliance", "old", "new"),
    [*((rule, "/s/a", "/w/b") for rule in LOST), *((rule, "/w/b", "/s/a") for rule in GAINED)],
)
def test_it_is_reported_where_and_only_where_the_label_can_be_washed(reliance: str, old: str, new: str) -> None:
    cases = [case(number, following, old, new) for number, following in enumerate(FOLLOWING)]
    result = checked("\n".join((IMPORTS, *cases)).replace("RELIANCE", reliance))
    assert result.package is not None, shown(result)
    granted = {
        each.title: [decision.verdict for decision in run_case(each).decisions]
        == [Verdict.GRANT] * (len(each.steps) - 4)
        for each in result.package.tests
    }
    spans = {each.span: each.message.partition("through ")[2].partition(":")[0] for each in result.diagnostics}

    for number, following in enumerate(FOLLOWING):
        (attribute, _) = result.package.controls[f"case.c{number}"].attributes
        washed = [call for call in ("rename", "link") if granted[f"{number} {call}"]]
        assert not granted[f"{number} before"], "the rules are there to keep this file from being read"
        assert spans.get(attribute.span, "") == " and ".join(washed), f"{reliance} {following}"
    assert {bool(each) for each in granted.values()} == {True, False}


def control(rules: str, label: str = 'attr file.l: bool = object.path under "/s"') -> str:
    return f"{IMPORTS} control c {{ {label} {rules} }}"


@pytest.mark.parametrize(
    "label",
    [
        'attr file.l: bool = object.path matches "/s/**"',
        'attr file.l: bool = object.path in {"/s/a", "/s/b"}',
        'attr file.l: bool = basename(object.path) == "shadow"',
        "attr file.l: bool = object.parent.owner == 0",
        'attr file.l: bool = object.parent.path == "/s"',
    ],
)
def test_a_label_is_of_the_path_however_the_path_is_asked(label: str) -> None:
    assert places(CODE, control("deny read when object.l", label)) == ["l"]
    assert (
        places(CODE, control("deny read when object.l  on rename, link when object.l set object.l = true", label)) == []
    )


@pytest.mark.parametrize(
    ("label", "rules"),
    [
        ("attr file.l: bool = object.owner == 0", "deny read when object.l"),
        ('attr file.l: bool = object.xattr("user.l", "") == "1"', "deny read when object.l"),
        ("attr file.l: bool = false", "deny read when object.l  on write set object.l = true"),
        ('attr socket.l: bool = object.path under "/s"', "deny socket_connect when object.l"),
        ('attr file.l: bool = object.path under "/s"', "audit read when object.l"),
        ('attr file.l: bool = object.path under "/s"', ""),
    ],
)
def test_a_label_that_no_name_changes_or_on_which_no_decision_hangs_is_not_reported(label: str, rules: str) -> None:
    assert places(CODE, control(rules, label)) == []


TAINT = "attr task.t: bool = false"


@pytest.mark.parametrize(
    ("rules", "following", "reported"),
    [
        ("on read when object.l set subject.t = true  deny connect when subject.t", "deny rename, link when object.l", False),
        ("on read when object.l set subject.t = true  deny connect when subject.t", "deny create when object.l", True),
        ("on exec when object.l set subject.t = true  deny connect when not subject.t", "deny create when object.l", False),
        ("on exec when object.l set subject.t = true  deny connect when not subject.t", "deny delete when object.l", True),
        ("on exec set subject.t = object.l  confine exec { allow exec when subject.t }", "deny create when object.l", False),
        ("on exec when object.l set subject.t = false  deny connect when subject.t", "deny create when object.l", False),
        ("on exec when object.l set subject.t = true  audit connect when subject.t", "", False),
    ],
)  # fmt: skip
def test_a_label_that_feeds_an_attribute_counts_as_what_that_one_is_used_for(
    rules: str, following: str, reported: bool
) -> None:
    assert bool(found(CODE, control(f"{TAINT} {rules} {following}"))) is reported


@pytest.mark.parametrize(
    ("following", "reported"),
    [
        ("", True),
        ("deny rename, link when object.n > subject.uid", False),
        ("deny rename, link when subject.uid > 0", True),
        ("on rename, link set object.n = object.n", False),
        ("on rename set object.n = object.n", True),
    ],
)
def test_a_label_that_is_no_truth_is_followed_by_what_asks_for_it(following: str, reported: bool) -> None:
    label = 'attr file.n: int = 3 if object.path under "/s" else 0'

    assert bool(found(CODE, control(f"deny read when object.n > subject.uid {following}", label))) is reported


@pytest.mark.parametrize(("follows", "reported"), [("under", False), ("matches", True)])
def test_moves_across_directories_are_all_there_is_for_a_label_of_directories_only(
    follows: str, reported: bool
) -> None:
    label = f'attr file.l: bool = object.path {follows} "/s"'

    assert bool(found(CODE, control("deny read, path_reparent when object.l", label))) is reported


def test_the_finding_names_the_ways_that_are_open_and_a_way_out_that_closes_them() -> None:
    (finding,) = found(CODE, control("deny read, rename when object.l"))

    assert finding.message == (
        "`file.l` comes from the path, and no rule follows it through link: the file loses it under another name"
    )
    assert finding.help is not None
    keep = finding.help.split("`")[1]
    assert keep == "on path_link when object.l set object.l = true"
    assert places(CODE, control(f"deny read, rename when object.l {keep}")) == []
    assert [each.text for each in finding.related] == ["this hangs on it"]


def test_every_label_of_a_control_is_looked_at_by_itself() -> None:
    labels = " ".join(f'attr file.l{n}: bool = object.path under "/s{n}"' for n in range(4))
    rules = " ".join(f"deny read when object.l{n}" for n in range(4))
    followed = "deny rename, link when object.l1  on rename, link when object.l3 set object.l3 = true"

    assert places(CODE, control(f"{rules} {followed}", labels)) == ["l0", "l2"]
