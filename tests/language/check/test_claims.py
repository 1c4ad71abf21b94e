"""Claims, typed: operations, namespaces and conditions that read the attributes of what is bound there."""

import pytest

from nslsm.language.check import ir
from nslsm.language.check.cases import FileFixture, TaskFixture, TaskName
from nslsm.language.check.claims import Claim, Reading
from nslsm.language.check.walk import nodes
from tests.language.check.memory import checked, codes, package

POLICY = """
operation read = file_open when flags has read
control tag {
    attr file.tenant: string = "none"
    attr task.seen: bool = false
    on read when object.tenant == "b" set subject.seen = true
    on file_open when object.path == "/b" set object.tenant = "b"
}
control other {
    attr file.tenant: string = "none"
    on file_open when object.path == "/x" set object.tenant = "x"
    deny file_open when object.tenant == "y"
}
namespace host {
    bind tag as marks
    namespace web { namespace cgi { bind other } }
    namespace db { }
}
namespace elsewhere { }
"""


def claim(text: str) -> Claim:
    (found,) = package(f"{POLICY} claim c {{ {text} }}").claims
    return found


def wrong(text: str) -> list[str]:
    return codes(f"{POLICY} claim c {{ {text} }}")


def test_a_claim_knows_its_name_its_text_and_the_root_that_it_is_about() -> None:
    found = claim('"""Nothing leaks.""" never read in web')

    assert (found.name, found.doc, found.root.name) == ("case.c", "Nothing leaks.", "host")


def test_what_is_never_to_be_has_operations_a_namespace_and_a_condition() -> None:
    (never,) = claim("never read, file_permission in cgi when subject.uid == 0").nevers

    assert [action.name for action in never.actions] == ["case.read", "file_permission"]
    assert never.namespace == "host.web.cgi"
    assert isinstance(never.when, ir.Compare)


def test_a_condition_reads_the_attributes_of_what_is_bound_there_or_above() -> None:
    (never,) = claim('never read in web when object.tenant == "b" and subject.seen').nevers

    assert set(never.readings) == {
        Reading("file.tenant", "host", "marks", "case.tag", "file.tenant"),
        Reading("task.seen", "host", "marks", "case.tag", "task.seen"),
    }


@pytest.mark.parametrize("whose", ["other", "marks", "tag"])
def test_of_attributes_of_one_name_a_claim_says_whose(whose: str) -> None:
    (never,) = claim(f'never read in cgi when object.{whose}.tenant == "b"').nevers

    assert [each.attribute for each in nodes((never.when,)) if isinstance(each, ir.AttributeOf)] == [
        f"file.{whose}.tenant"
    ]
    assert [each.control for each in never.readings] == ["case.other" if whose == "other" else "case.tag"]


def test_without_saying_whose_it_is_an_error_that_tells_the_ways_out() -> None:
    assert wrong('never read in cgi when object.tenant == "b"') == ["unknown-fact"]


def test_what_is_bound_below_cannot_be_read() -> None:
    assert wrong('never read in web when object.other.tenant == "x"') == ["unknown-fact"]


def test_a_claim_brings_files_and_tasks_as_tests_do() -> None:
    found = claim('given { file "/b" { mode = 0o600 } task one in web { uid = 7 } } never read in db')

    file, task = found.given
    assert isinstance(file, FileFixture)
    assert (file.path, file.facts) == ("/b", (("mode", 0o600),))
    assert isinstance(task, TaskFixture)
    assert (task.name, task.namespace, task.facts) == ("one", "host.web", (("uid", 7),))


def test_what_may_be_tried_is_a_call_or_one_with_operands() -> None:
    found = claim('given { task one in web } try open, rename "/a" "/b", kill one never read in db')

    assert found.attempts is not None
    assert [(each.call, each.operands) for each in found.attempts] == [
        ("open", None),
        ("rename", ("/a", "/b")),
        ("kill", (TaskName("one"), None)),
    ]


def test_a_claim_that_says_nothing_of_it_leaves_the_world_and_the_attempts_open() -> None:
    found = claim("never read in db")

    assert found.given == ()
    assert found.attempts is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("never raed in web", "unknown-hook"),
        ("never inode_free_security in web", "undeniable-hook"),
        ("never read in wbe", "unknown-namespace"),
        ("never read in web when object.tennant == 1", "unknown-fact"),
        ("never read in web when port == 1", "unknown-name"),
        ("never read in web when subject.uid", "not-a-condition"),
        ("never read in web when object.port == 1", "unknown-fact"),
        ("never read in web when subject.uid == 1 and subject.uid == 2", "constant-condition"),
        ("try opn never read in web", "unknown-call"),
        ('try open "/a" 3 never read in web', "bad-step"),
        ("try kill nobody never read in web", "unknown-task"),
        ("try fork kid never read in web", "bad-claim"),
        ('try open "/a", open "/a" never read in web', "bad-claim"),
        ("given { task a in elsewhere } never read in web", "bad-claim"),
        ("never read in web never read in elsewhere", "bad-claim"),
        ("given { task a in web task a in web } never read in web", "duplicate-name"),
        ('given { file "/a" { colour = 1 } } never read in web', "unknown-fact"),
    ],
)
def test_a_mistake_in_a_claim_is_a_finding(text: str, code: str) -> None:
    assert code in wrong(text)


def test_two_claims_of_a_module_have_two_names() -> None:
    assert codes(f"{POLICY} claim c {{ never read in web }} claim c {{ never read in db }}") == ["duplicate-name"]


def test_claims_have_names_of_their_own_kind() -> None:
    found = package(f"{POLICY} claim tag {{ never read in web }}")

    assert [each.name for each in found.claims] == ["case.tag"]
    assert "case.tag" in found.controls


def test_an_attribute_that_only_a_claim_reads_is_used() -> None:
    policy = """
    control tag { attr file.tenant: string = "none" on file_open set object.tenant = "b" }
    namespace host { bind tag }
    """

    alone, claimed = checked(policy), checked(policy + 'claim c { never file_open in host when object.tenant == "b" }')

    assert [each.code.name for each in alone.diagnostics] == ["unused-attribute"]
    assert claimed.diagnostics == ()
