"""Profiles of AppArmor on the host, SELinux in containers, a clinic's rules in one: who denies what of a recording."""

import shutil
from functools import cache
from pathlib import Path

import pytest

import nslsm
from nslsm.api.recordings import replay
from nslsm.engine.decision import Decision, Verdict
from nslsm.protocol.things import File
from nslsm.resources import examples_root
from nslsm.simulation.replay import Judged

FOLDER = examples_root() / "09-fedora-on-ubuntu"
BOUND = {
    "host": '    bind ubuntu(start = {"engine"})\n',
    "host.fedora_a": '        bind container(start = "system_u:system_r:container_t:s0:c1,c2")\n',
    "host.fedora_a.clinic": '            bind phi_access(store = "/var/lib/containers/a/charts/**")\n',
    "host.fedora_b": '        bind container(start = "system_u:system_r:container_t:s0:c3,c4")\n',
}
"""What each namespace binds, as the policy has it."""


@cache
def judged(policy: Path = FOLDER / "platform.nslsm") -> tuple[Judged, ...]:
    """Every call of the recording, and what the policy says to it."""
    found = replay(FOLDER / "containers.strace", nslsm.load_policy(policy).tree())
    return tuple(item for item in found if isinstance(item, Judged))


def path(decision: Decision) -> str:
    """The file that the denied request of an event is about; empty for what is none."""
    about = (each.request.object for each in decision.judgements if each.verdict is Verdict.DENY)
    return next((str(each.path) for each in about if isinstance(each, File)), "")


def blamed(items: tuple[Judged, ...]) -> list[tuple[str, str, str]]:
    """Each call that is denied, what it is about, and in which namespace."""
    blames = ((item, item.decision.blame) for item in items)
    return [
        (item.occasion.call, path(item.decision), blame.opinion.namespace.path)
        for item, blame in blames
        if blame is not None and blame.opinion is not None
    ]


def test_the_policies_are_what_comes_of_the_profiles_and_of_the_modules(tmp_path: Path) -> None:
    profiles = nslsm.import_apparmor(FOLDER / "apparmor.d" / "engine", name="ubuntu")
    modules = nslsm.import_selinux(FOLDER / "containers.cil", name="fedora")
    modules.write(tmp_path)

    assert (profiles.lost, modules.lost) == (False, False)
    assert profiles.text == (FOLDER / "ubuntu.nslsm").read_text()
    for made in sorted(tmp_path.rglob("*.*")):
        assert made.read_text() == (FOLDER / made.relative_to(tmp_path)).read_text(), made.name


def test_each_level_denies_what_it_is_there_to_deny() -> None:
    denied = blamed(judged())

    assert {(about, where) for _, about, where in denied} == {
        ("/var/lib/containers/b/takings.db", "host.fedora_a"),
        ("/var/lib/containers/a/beds.db", "host.fedora_b"),
        ("/var/lib/containers/a/charts/7.db", "host.fedora_a.clinic"),
        ("/proc/sys/kernel/hostname", "host"),
        ("/run/mount", "host.fedora_a"),
        ("", "host"),
    }
    assert [call for call, about, where in denied if (about, where) == ("", "host")] == ["mount"]


@pytest.mark.parametrize("namespace", BOUND)
def test_what_one_namespace_binds_takes_its_denials_away_with_it_and_no_others(namespace: str, tmp_path: Path) -> None:
    policy = (FOLDER / "platform.nslsm").read_text()
    assert BOUND[namespace] in policy
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    without = tmp_path / "platform.nslsm"
    without.write_text(policy.partition("\ntest ")[0].replace(BOUND[namespace], ""))

    left = blamed(judged(without))

    assert left == [each for each in blamed(judged()) if each[2] != namespace]


def test_what_is_indeterminate_is_told_on_the_page() -> None:
    unsure = [item for item in judged() if item.decision.verdict is Verdict.INDETERMINATE]

    assert len(unsure) == 16
    assert {fact for item in unsure for fact in item.decision.unknown} == {
        "object.dpath", "object.openers", "object.type", "object.filesystem", "object.opener", "cmd",
    }  # fmt: skip
