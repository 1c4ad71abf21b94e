"""No restriction of a profile is lost silently: it holds, or the import says what does not."""

from pathlib import Path

import pytest

import nslsm
from nslsm.importers.apparmor import Imported, import_profiles


def imported(folder: Path, text: str, **options: object) -> Imported:
    file = folder / "shop"
    file.write_text(text)
    return import_profiles([file], [folder], **options)  # type: ignore[arg-type]


def loaded(folder: Path, text: str, **options: object) -> nslsm.LoadedPolicy:
    target = folder / "shop.nslsm"
    target.write_text(imported(folder, text, **options).text)
    return nslsm.load_policy(str(target))


def codes(found: Imported) -> set[str]:
    return {each.code.name.removeprefix("apparmor-") for each in found.findings}


def running(policy: nslsm.LoadedPolicy, *label: str, **credentials: object) -> nslsm.Task:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", policy["shop"](start=set(label)))
    return kernel.spawn(**credentials)


def label(task: nslsm.Task, attribute: str = "label") -> set[object]:
    found = task.lsm_get_self_attr()["shop"][attribute]
    assert isinstance(found, frozenset)
    return set(found)


# From outside


def two(policy: nslsm.LoadedPolicy, **arguments: object) -> tuple[nslsm.Kernel, nslsm.Task, nslsm.Task]:
    """A task outside of a namespace that the policy is bound in, and one that it confines; the root made the binding."""
    kernel = nslsm.Kernel()
    outside, inside = kernel.spawn(uid=0), kernel.spawn(uid=0, no_new_privs=True)
    assert inside.lsm_unshare("shop")
    assert kernel.init.lsm_bind("root.shop", policy["shop"](start={"shop"}, **arguments))
    return kernel, outside, inside


@pytest.mark.parametrize(
    ("rule", "granted"),
    [
        ("", False),
        ("signal receive,", True),
        ("signal receive peer=unconfined,", True),
        ("signal receive peer=other,", False),
        ("signal receive set=hup,", False),
        ("signal, deny signal receive set=term,", False),
        ("signal send,", False),
    ],
)
def test_a_signal_from_outside_is_one_of_an_unconfined_task(tmp_path: Path, rule: str, granted: bool) -> None:
    _, outside, inside = two(loaded(tmp_path, f"profile shop {{ {rule} }}"))

    found = outside.kill(inside)

    assert found.granted is granted
    assert granted or found.errno == nslsm.Errno.EACCES


def test_tasks_outside_can_be_said_to_have_a_profile(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "profile shop { signal receive peer=host, ptrace readby peer=host, }")
    signals = {name: two(policy, outside={name})[1:] for name in ("host", "other")}

    sent = {name: outside.kill(inside).granted for name, (outside, inside) in signals.items()}

    assert sent == {"host": True, "other": False}


def test_one_who_is_unconfined_may_trace_and_other_tasks_outside_need_a_rule(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "profile shop { deny ptrace tracedby peer=unconfined, ptrace readby peer=host, }")

    def asked(name: str, mode: str) -> bool:
        kernel, outside, inside = two(policy, outside={name} if name else set())
        return kernel.check("ptrace_access_check", outside, inside, mode={mode}).granted

    assert asked("", "attach")
    assert asked("host", "read")
    assert not asked("host", "attach")
    assert not asked("other", "read")


def test_a_child_does_not_shut_out_who_is_above_it(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "profile shop { }")
    kernel = nslsm.Kernel()
    outside, inside = kernel.spawn(uid=0), kernel.spawn(uid=0, no_new_privs=True)
    assert inside.lsm_unshare("shop", policy["shop"](start={"shop"}))

    assert outside.kill(inside).granted


def test_a_profile_that_complains_refuses_outsiders_what_it_denies_outright(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "profile shop /bin/shop flags=(complain) { deny signal receive set=term, }")
    kernel = nslsm.Kernel()
    outside, inside = kernel.spawn(uid=0), kernel.spawn(uid=0, no_new_privs=True)
    assert inside.lsm_unshare("shop")
    assert kernel.init.lsm_bind("root.shop", policy["shop_profiles"])
    assert inside.execve("/bin/shop")

    assert outside.kill(inside, "SIGHUP").granted
    assert outside.kill(inside, "SIGTERM").errno == nslsm.Errno.EACCES


# At the next exec

CHANGES = """
profile shop /usr/bin/shop {
  /usr/bin/* ix,
  change_profile /usr/bin/till -> till,
  change_profile -> any,
  change_profile -> &beside,
}
profile till { /usr/bin/* ix, }
profile any { }
profile beside { /usr/bin/* ix, }
profile strict { change_profile, deny change_profile /usr/bin/till -> till, }
"""


@pytest.mark.parametrize(
    ("before", "written", "program", "after"),
    [
        ((), "exec till", "/usr/bin/other", {"till"}),
        (("shop",), "exec till", "/usr/bin/till", {"till"}),
        (("shop",), "exec any", "/opt/other", {"any"}),
        (("shop",), "stack beside", "/usr/bin/other", {"shop", "beside"}),
        (("shop",), "exec beside", "/usr/bin/other", {"shop"}),
        (("till",), "exec any", "/usr/bin/other", {"till"}),
        (("shop", "till"), "exec any", "/usr/bin/other", {"shop", "till"}),
        (("strict",), "exec any", "/usr/bin/other", {"any"}),
    ],
)
def test_a_program_gets_the_profile_that_was_chosen_for_it(
    tmp_path: Path, before: tuple[str, ...], written: str, program: str, after: set[str]
) -> None:
    task = running(loaded(tmp_path, CHANGES), *before)
    task._kernel.check("setprocattr", task, name="exec", value=written)

    assert task.execve(program).granted

    assert label(task) == after
    assert label(task, "on_exec") == set()


@pytest.mark.parametrize(
    ("before", "written", "program"),
    [("shop", "exec till", "/usr/bin/other"), ("strict", "exec any", "/usr/bin/till")],
)
def test_a_profile_that_was_chosen_for_another_program_is_refused(
    tmp_path: Path, before: str, written: str, program: str
) -> None:
    task = running(loaded(tmp_path, CHANGES), before)
    task._kernel.check("setprocattr", task, name="exec", value=written)

    assert task.execve(program).errno == nslsm.Errno.EACCES
    assert label(task) == {before}


def test_a_change_at_once_needs_no_program(tmp_path: Path) -> None:
    """So AppArmor's compiler has it: the name alone is permitted, whatever program stands before it."""
    task = running(loaded(tmp_path, CHANGES), "shop")

    task._kernel.check("setprocattr", task, name="current", value="changeprofile till")

    assert label(task) == {"till"}


@pytest.mark.parametrize("written", ["changeprofile any", "changehat 7^hat"])
def test_with_no_new_privs_no_profile_is_changed(tmp_path: Path, written: str) -> None:
    policy = loaded(tmp_path, "profile shop { change_profile -> any, ^hat { } } profile any { }")
    task = running(policy, "shop", no_new_privs=True)

    task._kernel.check("setprocattr", task, name="current", value=written)

    assert label(task) == {"shop"}


# Flags


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("enforce", set()),
        ("mediate_deleted", set()),
        ("namespace_relative, no_attach_disconnected", set()),
        ("attach_disconnected", {"not-modelled"}),
        ("attach_disconnected.path=/srv", {"not-modelled"}),
        ("audit", {"not-modelled"}),
        ("interruptible", {"not-modelled"}),
        ("prompt", {"permission-lost"}),
        ("delegate_deleted", {"permission-lost"}),
        ("kill", {"restriction-lost"}),
        ("chroot_relative", {"restriction-lost"}),
    ],
)
def test_flags_are_carried_over_or_told(tmp_path: Path, flags: str, told: set[str]) -> None:
    assert codes(imported(tmp_path, f"profile shop flags=({flags}) {{ }}")) == told


def test_attributes_of_files_that_decide_about_attachment_are_a_loss(tmp_path: Path) -> None:
    assert imported(tmp_path, "profile shop /bin/shop xattrs=(user.shop=yes) { }").lost


def test_a_profile_says_with_which_error_it_refuses(tmp_path: Path) -> None:
    task = running(loaded(tmp_path, "profile shop flags=(error=ENOENT) { deny /b r, }"), "shop", uid=0)

    assert task.open("/a").errno == nslsm.Errno.ENOENT
    assert task.open("/b").errno == nslsm.Errno.ENOENT


def test_what_permits_all_by_default_denies_what_it_denies(tmp_path: Path) -> None:
    text = "profile shop flags=(default_allow) { deny /a r, deny capability chown, deny /l* l, }"
    task = running(loaded(tmp_path, text), "shop", uid=0)

    assert task.open("/b")
    assert task.open("/a").errno == nslsm.Errno.EACCES
    assert not task._kernel.check("capable", task, cap="CAP_CHOWN", flags=()).granted
    assert task.link("/b", "/l1").errno == nslsm.Errno.EACCES


def test_a_profile_that_complains_denies_links_outright(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "profile shop flags=(complain) { deny link /l* -> /a*, deny dbus send bus=system, }")
    task = running(policy, "shop", uid=0)

    assert task.link("/a1", "/l1").errno == nslsm.Errno.EACCES
    assert task.link("/b1", "/l2")


def test_what_a_profile_that_complains_denies_on_the_bus_is_a_loss(tmp_path: Path) -> None:
    assert imported(tmp_path, "profile shop flags=(complain) { deny dbus send bus=system, }").lost
    assert not imported(tmp_path, "profile shop { deny dbus send bus=system, }").lost


# Descriptors

PASSED = """
profile shop /usr/bin/shop { /usr/bin/* px, /srv/** r, /srv/safe rw, }
profile till /usr/bin/till { /srv/till r, /usr/bin/shop px, %s }
"""


def descriptor(policy: nslsm.LoadedPolicy, opener: str, path: str) -> nslsm.Task:
    """A till that got a descriptor from who started it."""
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", policy["shop_profiles"])
    task = kernel.spawn(uid=0)
    if opener:
        assert task.execve(f"/usr/bin/{opener}")
    assert task.open(path)
    assert task.execve("/usr/bin/till")
    return task


@pytest.mark.parametrize(
    ("opener", "path", "rule", "granted"),
    [
        ("shop", "/srv/till", "", True),
        ("shop", "/srv/safe", "", False),
        ("shop", "/srv/safe", "/srv/* r,", True),
        ("shop", "/srv/safe", "/srv/* r, deny /srv/safe r,", False),
        ("", "/srv/safe", "", True),
    ],
)
def test_a_descriptor_that_another_profile_opened_is_asked_about_again(
    tmp_path: Path, opener: str, path: str, rule: str, granted: bool
) -> None:
    task = descriptor(loaded(tmp_path, PASSED % rule), opener, path)

    assert task.read(0).granted is granted


def test_a_program_that_others_read_is_run_without_being_read(tmp_path: Path) -> None:
    kernel = nslsm.Kernel()
    text = "profile shop { /bin/** r, } profile till { /bin/* ix, }"
    policy = loaded(tmp_path, text)
    assert kernel.init.lsm_bind("root", policy["shop"])
    reader, runner = kernel.spawn(uid=0), kernel.spawn(uid=0)
    for task, name in ((reader, "shop"), (runner, "till")):
        kernel.check("setprocattr", task, name="current", value=f"changeprofile {name}")

    assert reader.open("/bin/a")
    assert runner.execve("/bin/a")


# Aliases


def test_an_alias_is_another_name_for_what_is_denied_linked_and_attached(tmp_path: Path) -> None:
    text = """
    alias /srv/ -> /mnt/srv/,
    profile shop /srv/bin/shop { /** rwlk, deny /srv/safe r, deny link /tmp/* -> /srv/*, }
    """
    policy = loaded(tmp_path, text)
    task = running(policy, "shop", uid=0)
    starter = running(policy, uid=0)

    assert starter.execve("/mnt/srv/bin/shop")
    assert label(starter) == {"shop"}
    assert task.open("/mnt/srv/safe").errno == nslsm.Errno.EACCES
    assert task.link("/mnt/srv/a", "/tmp/a").errno == nslsm.Errno.EACCES


# ABIs

FEATURES = "signal {mask {hup int\n}\n}\nnetwork_v8 {af_mask {unix inet\n}\n}\n"


def granted(folder: Path, text: str, hook: str, **facts: object) -> bool:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", loaded(folder, text)["shop"](start={"shop"}))
    return kernel.check(hook, kernel.spawn(), **facts).granted


def test_the_file_of_an_abi_says_which_classes_are_confined(tmp_path: Path) -> None:
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi" / "own").write_text(FEATURES)
    text = "abi <abi/own>,\nprofile shop { deny userns, deny dbus, }"

    assert not granted(tmp_path, text, "socket_create", family="inet", type="stream", protocol=0, kern=False)
    assert granted(tmp_path, text, "userns_create")
    assert codes(imported(tmp_path, text)) == {"not-modelled"}


@pytest.mark.parametrize(("abi", "makes"), [("3.0", True), ("4.0", False), ("kernel-5.4-vanilla", True)])
def test_abis_that_apparmor_ships_are_known(tmp_path: Path, abi: str, makes: bool) -> None:
    assert granted(tmp_path, f"abi <abi/{abi}>,\nprofile shop {{ }}", "userns_create") is makes


def test_an_abi_stands_for_the_profile_that_it_stands_in(tmp_path: Path) -> None:
    text = "abi <abi/3.0>,\nprofile shop { profile inner { abi <abi/4.0>, } } profile other { abi <abi/4.0>, }"

    assert granted(tmp_path, text, "userns_create")
    assert not granted(tmp_path, text.replace("shop", "first").replace("other", "shop"), "userns_create")


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "abi"), ("signal {mask {", "abi"), ("", "abi"), ("zork", "abi"), ("x" * 70_000, "over-limit")],
)
def test_an_abi_that_is_not_known_or_is_none_is_refused(tmp_path: Path, content: str | None, code: str) -> None:
    (tmp_path / "abi").mkdir()
    if content is not None:
        (tmp_path / "abi" / "own").write_text(content)

    with pytest.raises(nslsm.diagnostics.DiagnosticError) as error:
        imported(tmp_path, "abi <abi/own>,\nprofile shop { }")

    assert [each.code.name for each in error.value.diagnostics] == [f"apparmor-{code}"]
