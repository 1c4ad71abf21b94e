"""The policy that is made of profiles does what they say: transitions, hats, complain mode; and what it cannot do is told."""

from pathlib import Path

import pytest

import nslsm
from nslsm.importers.apparmor import Imported, import_profiles

PROFILES = """
profile shop /usr/bin/shop {
  /usr/bin/* ix,
  /usr/bin/till Cx -> till,
  /usr/bin/bank px,
  /usr/bin/post pix,
  /usr/bin/free Ux,
  /usr/bin/both px -> &bank,
  /usr/bin/gone Px,
  /srv/shop/** rw,
  deny /srv/shop/safe rw,
  change_profile -> bank,
  profile till { /srv/till rw, }
  ^guest { /srv/guest r, }
}
profile bank /usr/{bin,sbin}/bank { /srv/** r, /usr/bin/* ix, }
"""


def imported(folder: Path, text: str, **options: object) -> Imported:
    file = folder / "shop"
    file.write_text(text)
    return import_profiles([file], [folder], **options)  # type: ignore[arg-type]


def loaded(folder: Path, text: str, **options: object) -> nslsm.LoadedPolicy:
    target = folder / "shop.nslsm"
    target.write_text(imported(folder, text, **options).text)
    return nslsm.load_policy(str(target))


def running(policy: nslsm.LoadedPolicy, *label: str, **credentials: object) -> nslsm.Task:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", policy["shop"](start=set(label)))
    return kernel.spawn(**credentials)


def label(task: nslsm.Task) -> set[object]:
    found = task.lsm_get_self_attr()["shop"]["label"]
    assert isinstance(found, frozenset)
    return set(found)


@pytest.mark.parametrize(
    ("before", "program", "after"),
    [
        ((), "/usr/bin/shop", {"shop"}),
        ((), "/usr/bin/other", set()),
        ((), "/usr/sbin/bank", {"bank"}),
        (("shop",), "/usr/bin/other", {"shop"}),
        (("shop",), "/usr/bin/till", {"shop//till"}),
        (("shop",), "/usr/bin/bank", {"bank"}),
        (("shop",), "/usr/bin/post", {"shop"}),
        (("shop",), "/usr/bin/free", set()),
        (("shop",), "/usr/bin/both", {"shop", "bank"}),
        (("shop", "bank"), "/usr/bin/other", {"shop", "bank"}),
        (("shop", "bank"), "/usr/bin/till", {"shop//till", "bank"}),
        (("shop", "bank"), "/usr/bin/free", {"bank"}),
    ],
)
def test_a_program_gets_the_label_that_its_exec_rule_says(
    tmp_path: Path, before: tuple[str, ...], program: str, after: set[str]
) -> None:
    task = running(loaded(tmp_path, PROFILES), *before)

    assert task.execve(program)

    assert label(task) == after


def test_a_program_without_its_profile_is_not_run(tmp_path: Path) -> None:
    task = running(loaded(tmp_path, PROFILES), "shop")

    assert task.execve("/usr/bin/gone").errno == nslsm.Errno.EACCES
    assert label(task) == {"shop"}


def test_with_no_new_privs_a_profile_is_not_left(tmp_path: Path) -> None:
    policy = loaded(tmp_path, PROFILES)

    assert running(policy, "shop", no_new_privs=True).execve("/usr/bin/bank").errno == nslsm.Errno.EPERM
    assert running(policy, "shop", no_new_privs=True).execve("/usr/bin/both")
    assert running(policy, "shop", no_new_privs=True).execve("/usr/bin/other")


@pytest.mark.parametrize(
    ("before", "written", "after"),
    [
        ((), "changeprofile bank", {"bank"}),
        (("shop",), "changeprofile bank", {"bank"}),
        (("bank",), "changeprofile shop", {"bank"}),
        (("shop", "bank"), "changeprofile bank", {"shop", "bank"}),
        (("shop",), "changeprofile nobody", {"shop"}),
        (("shop",), "changehat 7^guest", {"shop//guest"}),
        (("bank",), "changehat 7^guest", {"bank"}),
        (("bank",), "stack shop", {"bank"}),
    ],
)
def test_a_task_changes_to_what_its_profiles_permit(
    tmp_path: Path, before: tuple[str, ...], written: str, after: set[str]
) -> None:
    task = running(loaded(tmp_path, PROFILES), *before)

    task._kernel.check("setprocattr", task, name="current", value=written)

    assert label(task) == after


def test_complaining_denies_what_is_denied_outright_and_nothing_else(tmp_path: Path) -> None:
    text = PROFILES.replace("/usr/bin/shop {", "/usr/bin/shop flags=(complain) {", 1)
    policy = loaded(tmp_path, text)
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", policy["shop_profiles"])
    task = kernel.spawn(uid=0)
    assert task.execve("/usr/bin/shop")

    refused, let = task.open("/srv/shop/safe"), task.open("/etc/shadow")

    assert refused.errno == nslsm.Errno.EACCES
    assert let.granted
    assert [each for judgement in let.judgements for each in judgement.would_deny]


def test_a_link_needs_what_the_file_has_already(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "profile p /bin/p { /a/* rwl, /b/* r, /c/* rw, link /d/* -> /b/*, }", name="shop")
    task = running(policy, "p", uid=0)

    assert task.link("/c/x", "/a/x")
    assert task.link("/b/x", "/a/y").errno == nslsm.Errno.EACCES
    assert task.link("/b/x", "/d/x")
    assert task.link("/c/x", "/d/y").errno == nslsm.Errno.EACCES


def test_rules_of_a_higher_priority_say_it_alone(tmp_path: Path) -> None:
    text = "profile p /bin/p { deny /a/** w, priority=2 /a/b w, priority=-1 deny /c r, /c r, /** r, }"
    task = running(loaded(tmp_path, text, name="shop"), "p", uid=0)

    assert task.open("/a/b", "w")
    assert task.open("/a/c", "w").errno == nslsm.Errno.EACCES
    assert task.open("/c")


def test_two_ways_to_run_one_program_are_refused(tmp_path: Path) -> None:
    with pytest.raises(nslsm.PolicyError) as error:
        nslsm.import_apparmor(_written(tmp_path, "profile p { /a* px, /*b ix, }"))

    assert "apparmor-exec-conflict" in str(error.value)
    assert imported(tmp_path, "profile p { /a* px, /b* ix, /ab ux, }").profiles == ("p",)


def _written(folder: Path, text: str) -> Path:
    file = folder / "shop"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    "rule",
    [
        "unix, deny unix send peer=(label=other),",
        "deny mount options=(user) /a -> /b,",
        "deny umount fstype=ext4,",
        "deny network ax25,",
        "pivot_root /a -> other,",
        "dbus, deny dbus send bus=system,",
    ],
)
def test_a_restriction_that_is_lost_is_told_with_its_place(tmp_path: Path, rule: str) -> None:
    found = imported(tmp_path, f"profile p {{\n  {rule}\n}}")

    lost = [each for each in found.findings if each.code.name == "apparmor-restriction-lost"]
    assert found.lost
    assert [each.span.line for each in lost if each.span] == [2]


@pytest.mark.parametrize(
    ("rule", "hook", "facts", "granted"),
    [
        ("capability kill,", "capable", {"cap": "CAP_KILL"}, True),
        ("capability kill,", "capable", {"cap": "CAP_CHOWN"}, False),
        ("capability, deny capability kill,", "capable", {"cap": "CAP_KILL"}, False),
        ("network inet,", "socket_create", {"family": "inet", "type": "raw"}, True),
        ("network tcp,", "socket_create", {"family": "inet6", "type": "stream"}, True),
        ("network tcp,", "socket_create", {"family": "inet6", "type": "dgram"}, False),
        ("network, deny network raw,", "socket_create", {"family": "inet", "type": "raw"}, False),
        ("unix,", "socket_create", {"family": "unix", "type": "dgram"}, True),
        ("all,", "socket_create", {"family": "inet", "type": "raw"}, True),
        ("all,", "capable", {"cap": "CAP_KILL"}, True),
    ],
)
def test_each_kind_of_rule_permits_what_it_says(
    tmp_path: Path, rule: str, hook: str, facts: dict[str, object], granted: bool
) -> None:
    kernel = nslsm.Kernel()
    policy = loaded(tmp_path, f"profile p {{ {rule} }}", name="shop")
    assert kernel.init.lsm_bind("root", policy["shop"](start={"p"}))

    assert kernel.check(hook, kernel.spawn(), **facts).granted is granted


def test_mounts_and_limits_are_held_to_their_rules(tmp_path: Path) -> None:
    text = "profile p { capability, mount fstype=tmpfs -> /mnt/**, umount /mnt/*, set rlimit nofile <= 10, /** rw, }"
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", loaded(tmp_path, text, name="shop")["shop"](start={"p"}))
    kernel.file("/mnt/a", type="directory")
    kernel.file("/etc/b", type="directory")
    task = kernel.spawn(uid=0, effective=set(nslsm.Capability), permitted=set(nslsm.Capability))

    assert task.mount("none", "/mnt/a", "tmpfs")
    assert task.mount("none", "/etc/b", "tmpfs").errno == nslsm.Errno.EACCES
    assert kernel.check("task_setrlimit", task, task, resource="nofile", soft=5, hard=10).granted
    assert not kernel.check("task_setrlimit", task, task, resource="nofile", soft=5, hard=11).granted


def test_the_checker_says_of_the_policy_at_most_that_a_rule_of_the_profile_is_hidden(tmp_path: Path) -> None:
    policy = loaded(tmp_path, PROFILES)

    assert {each.code.name for each in policy.diagnostics} <= {"shadowed-rule"}
