"""What a capacity refuses, and what AppArmor's complain mode lets pass of a control of the language."""

from pathlib import Path

import pytest

from nslsm.api.policies import load_policy
from nslsm.engine.compositions import Capacity, by_name
from nslsm.engine.decision import Judgement, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import booted
from nslsm.kernel.world import World
from nslsm.protocol.namespace import Mode
from nslsm.testing.builders import file_at, lineage_with, request, task_in

POLICY = """\
module complaints

control mixed {
    deny secrets: file_open when object.path under "/secret" with EROFS because "secrets are secret"
    deny signed: file_open when object.sha256 == "ff" because "that one is known to be bad"
    confine known: file_open because "only what is known is opened" {
        allow file_open when object.path under "/known"
    }
}

namespace host { bind mixed in complain }
"""


@pytest.fixture
def host(tmp_path: Path) -> Path:
    path = tmp_path / "complaints.nslsm"
    path.write_text(POLICY)
    return path


def judged(host: Path, composition: str, path: str, sha256: object = "00") -> Judgement:
    state = booted(load_policy(str(host)).tree().namespaces, World.OPEN)
    file = file_at(path)._replace(sha256=sha256)  # type: ignore[arg-type]
    asked = request("file_open", task_in(state, "host"), file, flags=frozenset({"read"}))
    return by_name(composition).judge(asked, state, Walk.FULL)


def test_what_a_stack_says_in_complain_mode_is_what_its_deny_rules_say(host: Path) -> None:
    assert judged(host, "apparmor-stack", "/known/a").verdict is Verdict.GRANT
    assert judged(host, "apparmor-stack", "/elsewhere/a").verdict is Verdict.GRANT
    named = judged(host, "apparmor-stack", "/secret/a")

    assert (named.verdict, named.errno) == (Verdict.DENY, Errno.EROFS)
    assert named.deciding is not None
    assert named.deciding.rule == "complaints.mixed#secrets"


def test_a_region_that_complains_is_still_recorded_as_a_denial_to_be(host: Path) -> None:
    outside = judged(host, "apparmor-stack", "/elsewhere/a")

    assert [opinion.rule for opinion in outside.would_deny] == ["complaints.mixed#known"]
    assert outside.opinions[0].binding.mode is Mode.COMPLAIN


def test_a_deny_rule_in_doubt_leaves_the_verdict_in_doubt_whatever_a_region_says(host: Path) -> None:
    unknown = judged(host, "apparmor-stack", "/elsewhere/a", UNKNOWN)

    assert (unknown.verdict, unknown.unknown) == (Verdict.INDETERMINATE, frozenset({"object.sha256"}))
    assert judged(host, "conjunction", "/elsewhere/a", UNKNOWN).verdict is Verdict.GRANT


def test_a_layer_enforces_its_regions_too(host: Path) -> None:
    assert judged(host, "landlock", "/known/a").verdict is Verdict.GRANT
    assert judged(host, "landlock", "/elsewhere/a").verdict is Verdict.DENY


def test_namespaces_are_counted_without_the_root() -> None:
    tree = lineage_with({"root": [], "one": [], "two": []})

    assert Capacity(namespaces=3, errno=Errno.ENOSPC).refusal(tree, 0) is None
    assert Capacity(namespaces=2, errno=Errno.ENOSPC).refusal(tree, 0) is Errno.ENOSPC


def test_levels_are_counted_from_the_root() -> None:
    tree = lineage_with({"root": [], "one": []})

    assert Capacity(levels=2, errno=Errno.E2BIG).refusal(tree, 1) is None
    assert Capacity(levels=1, errno=Errno.E2BIG).refusal(tree, 1) is Errno.E2BIG
    assert Capacity(levels=1, errno=Errno.E2BIG).refusal(tree, 0) is None


def test_what_is_settled_at_boot_refuses_nothing_later() -> None:
    tree = lineage_with({f"n{number}": [] for number in range(20)})

    assert by_name("lsm-core").capacity.controls == 14
    assert by_name("lsm-core").capacity.refusal(tree, 19) is None
