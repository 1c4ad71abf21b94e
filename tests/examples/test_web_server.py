"""nginx under its imported profile, below its host's policy: three attacks, and who denies each."""

from functools import cache

import nslsm
from nslsm.api.recordings import replay
from nslsm.engine.decision import Decision, Verdict
from nslsm.protocol.things import File
from nslsm.resources import examples_root
from nslsm.simulation.replay import Judged

FOLDER = examples_root() / "08-a-web-server"
PROFILES = FOLDER / "apparmor.d"


@cache
def judged() -> tuple[Judged, ...]:
    """Every call of the recording, and what the policy says to it."""
    found = replay(FOLDER / "shop.strace", nslsm.load_policy(FOLDER / "shop.nslsm").tree())
    return tuple(item for item in found if isinstance(item, Judged))


def path(decision: Decision) -> str:
    """The file that the first judged hook of an event is about; empty for what is none."""
    return next(
        (str(each.request.object.path) for each in decision.judgements if isinstance(each.request.object, File)), ""
    )


def test_the_policy_is_what_comes_of_the_profile() -> None:
    made = nslsm.import_apparmor(PROFILES / "usr.sbin.nginx", folders=[PROFILES], name="nginx")

    assert (made.profiles, made.lost, made.findings) == (("nginx",), False, ())
    assert made.text == (FOLDER / "nginx.nslsm").read_text()


def test_each_of_three_attacks_is_denied_and_nothing_else() -> None:
    denied = [
        (item.occasion.call, path(item.decision), str(item.decision.blame))
        for item in judged()
        if item.decision.errno
        and item.decision.verdict is Verdict.DENY
        and item.decision.recorded_errno in (None, nslsm.Errno.EINPROGRESS)
    ]

    assert denied == [
        ("openat", "/srv/shop/orders.csv", "nginx#nginx_2_rw_denied_r in host.web"),
        ("openat", "/etc/ssl/private/shop.key", "shop.keys#leaked in host"),
        ("pread64", "/etc/ssl/private/shop.key", "shop.keys#leaked in host"),
        ("connect", "", "shop.metadata#not_the_agent in host"),
    ]


def test_the_profile_grants_the_key_to_everybody_and_the_host_to_root_alone() -> None:
    key = "/etc/ssl/private/shop.key"
    opened = [item for item in judged() if item.occasion.call == "openat" and path(item.decision) == key]

    assert [(item.occasion.task.credentials.euid, item.decision.verdict) for item in opened] == [
        (0, Verdict.GRANT),
        (0, Verdict.GRANT),
        (33, Verdict.DENY),
    ]


def test_what_is_sent_to_customers_is_not_asked_about_as_a_file() -> None:
    sent = [item.decision.verdict for item in judged() if item.occasion.call in ("writev", "sendfile")]

    assert len(sent) > 5
    assert Verdict.INDETERMINATE not in sent
    assert [item for item in judged() if item.occasion.call == "writev" and not item.decision] == []


def test_indeterminate_is_only_what_nobody_looked_at_before() -> None:
    unsure = {path(item.decision) for item in judged() if item.decision.verdict is Verdict.INDETERMINATE}

    assert unsure == {"/sys/devices/system/cpu/online", "/proc/sys/kernel/ngroups_max"}
