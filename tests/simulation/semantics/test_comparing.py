"""Where compositions part over a recording, and why."""

from pathlib import Path

import pytest

from nslsm.engine.compositions import COMPOSITIONS, by_name
from nslsm.engine.decision import Verdict
from nslsm.simulation.semantics import Aspect, Cause, Reason, Semantics, ledger
from nslsm.simulation.semantics.telling import Asked, Observer, Telling
from tests.simulation.semantics.runs import CALLS, COPIES, READS, SIGNALS, run

ALL_LEVELS = {"host", "host.mid", "host.mid.leaf"}


def outcome(found: Semantics, cause: Cause, composition: str) -> tuple[Telling, Reason | None]:
    return cause.outcomes[found.compositions.index(composition)]


def about(found: Semantics, call: str, thing: str) -> Cause:
    return next(each for each in found.causes() if (each.example.call, each.example.object) == (call, thing))


def test_the_models_composition_is_what_others_are_held_against(tmp_path: Path) -> None:
    found = run(tmp_path, READS, compositions=(by_name("ima"),))

    assert found.compositions == ("conjunction", "ima")
    assert sum(found.tallies[0].differing.values()) == 0


def test_each_composition_says_who_is_to_blame_and_with_which_errno(tmp_path: Path) -> None:
    found = run(tmp_path, READS)
    cause = about(found, "openat", "/srv/a")
    told = {
        name: (outcome(found, cause, name)[0].errno, outcome(found, cause, name)[0].rule) for name in found.compositions
    }

    assert cause.events == 2
    assert told == {
        "conjunction": ("EACCES", "levels.inner#listed"),
        "lsm-core": ("EPERM", "levels.outer#others"),
        "selinux-ns": ("EACCES", "levels.inner#listed"),
        "apparmor-stack": ("EACCES", "levels.inner#listed"),
        "landlock": ("EACCES", "levels.inner#listed"),
        "ima": ("EACCES", "levels.inner#listed"),
    }


def test_what_each_level_got_to_see_is_part_of_what_came_of_it(tmp_path: Path) -> None:
    found = run(tmp_path, READS)
    cause = about(found, "openat", "/srv/a")
    saw = {name: {each.namespace for each in outcome(found, cause, name)[0].observed} for name in found.compositions}
    asked = {name: {each.namespace for each in outcome(found, cause, name)[0].asked} for name in found.compositions}

    assert saw == {
        "conjunction": ALL_LEVELS,
        "lsm-core": {"host"},
        "selinux-ns": {"host.mid", "host.mid.leaf"},
        "apparmor-stack": ALL_LEVELS,
        "landlock": {"host.mid"},
        "ima": ALL_LEVELS,
    }
    assert asked["lsm-core"] == {"host"}
    assert asked["selinux-ns"] == {"host.mid", "host.mid.leaf"}
    assert asked["landlock"] == asked["ima"] == asked["conjunction"] == ALL_LEVELS


def test_what_is_granted_everywhere_may_still_be_seen_by_others(tmp_path: Path) -> None:
    found = run(tmp_path, READS)
    cause = about(found, "openat", "/srv/b")

    assert cause.aspects == (Aspect.OBSERVED,)
    assert {telling.verdict for telling, _ in cause.outcomes} == {Verdict.GRANT}
    assert not outcome(found, cause, "landlock")[0].observed


def test_a_complaint_that_counts_is_the_reason_of_another_verdict(tmp_path: Path) -> None:
    found = run(tmp_path, CALLS)
    cause = about(found, "connect", "192.0.2.1:80")

    assert cause.aspects[0] is Aspect.VERDICT
    for name, errno in (("apparmor-stack", "EHOSTUNREACH"), ("landlock", "EACCES")):
        telling, reason = outcome(found, cause, name)
        assert (telling.verdict, telling.errno, reason) == (Verdict.DENY, errno, Reason.COMPLAINTS_COUNT)
    for name in ("lsm-core", "selinux-ns", "ima"):
        assert outcome(found, cause, name) == outcome(found, cause, "conjunction")


def test_attributes_follow_each_compositions_own_verdicts(tmp_path: Path) -> None:
    """The exec that Landlock denies sets no attribute there, so that what follows is granted."""
    found = run(tmp_path, COPIES)
    ran, kept = about(found, "execve", "/usr/bin/cp"), about(found, "openat", "/tmp/kept")

    assert outcome(found, ran, "landlock")[1] is Reason.COMPLAINTS_COUNT
    assert outcome(found, kept, "conjunction")[0].verdict is Verdict.DENY
    telling, reason = outcome(found, kept, "landlock")
    assert (telling.verdict, reason) == (Verdict.GRANT, Reason.ATTRIBUTES)


def test_an_object_that_is_not_protected_is_the_reason_of_another_verdict(tmp_path: Path) -> None:
    found = run(tmp_path, SIGNALS, start="mid")
    cause = next(each for each in found.causes() if each.example.call == "kill")

    for name in ("selinux-ns", "landlock", "ima"):
        telling, reason = outcome(found, cause, name)
        assert (telling.verdict, reason) == (Verdict.GRANT, Reason.OBJECT_SIDE)
    for name in ("conjunction", "lsm-core", "apparmor-stack"):
        assert outcome(found, cause, name)[0].verdict is Verdict.DENY


def test_the_table_counts_what_came_out(tmp_path: Path) -> None:
    found = run(tmp_path, READS)
    rows = {tally.composition: tally for tally in found.tallies}

    assert (found.events, found.differing) == (4, 3)
    assert rows["conjunction"].verdicts == {Verdict.GRANT: 2, Verdict.DENY: 2}
    assert rows["lsm-core"].errnos == {"EPERM": 2}
    assert rows["lsm-core"].differing == {Aspect.ERRNO: 2, Aspect.BLAME: 2, Aspect.ASKED: 2, Aspect.OBSERVED: 2}
    assert rows["apparmor-stack"].differing == {}
    assert rows["conjunction"].observed == rows["ima"].observed == 9
    assert rows["lsm-core"].observed == 5
    assert rows["landlock"].observed == 2
    assert rows["lsm-core"].asked < rows["selinux-ns"].asked < rows["conjunction"].asked


def test_weightier_causes_come_first(tmp_path: Path) -> None:
    found = run(tmp_path, READS + COPIES.split("\n", 1)[1])
    ranks = [list(Aspect).index(cause.aspects[0]) for cause in found.causes()]

    assert len(set(ranks)) >= 3
    assert ranks == sorted(ranks)


def test_causes_beyond_the_limit_are_counted_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST_CAUSES", 1)

    found = run(tmp_path, READS)

    assert len(found.causes()) == 1
    assert (found.differing, found.untold) == (3, 1)


def test_one_composition_alone_differs_from_nothing(tmp_path: Path) -> None:
    found = run(tmp_path, READS, compositions=COMPOSITIONS[:1])

    assert (found.differing, found.causes()) == (0, [])


def test_a_telling_differs_in_what_is_not_the_same() -> None:
    base = Telling(Verdict.GRANT, "", "", "", (), frozenset(), frozenset())
    asked = base._replace(asked=frozenset({Asked("file_open", "host")}))
    seen = base._replace(observed=frozenset({Observer("a#b", "host")}))
    denied = base._replace(verdict=Verdict.DENY, errno="EPERM", rule="a#b", namespace="host")

    assert base.differs(base) == ()
    assert asked.differs(base) == (Aspect.ASKED,)
    assert seen.differs(base) == (Aspect.OBSERVED,)
    assert denied.differs(base) == (Aspect.VERDICT, Aspect.ERRNO, Aspect.BLAME)
    assert denied._replace(namespace="web").differs(denied) == (Aspect.BLAME,)
