"""A container's configuration becomes rules, a first task, and a report of what is lost."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import nslsm
from nslsm.api.oci import Container, import_oci
from nslsm.cli.group import run


def imported(folder: Path, config: Mapping[str, object], **options: object) -> Container:
    path = folder / "web" / "config.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(config, indent=1))
    return import_oci(path, **options)  # type: ignore[arg-type]


def started(folder: Path, config: Mapping[str, object], **options: object) -> nslsm.Task:
    return imported(folder, config, **options).start(nslsm.Kernel())


def by(decision: nslsm.Decision) -> str:
    return "" if decision.blame is None else str(decision.blame).partition(" in ")[0]


def found(container: Container) -> dict[str, str]:
    """The codes of findings, by the place that they name."""
    return {each.message.split("`")[1]: each.code.name for each in container.made.findings}


def test_the_first_task_is_who_the_configuration_says(tmp_path: Path) -> None:
    capabilities = {"bounding": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"]}
    user = {"uid": 7, "gid": 8, "additionalGids": [9], "umask": 63}
    task = started(tmp_path, {"process": {"user": user, "capabilities": capabilities, "noNewPrivileges": True}})

    held = task.credentials
    assert (held.uid, held.fsuid, held.gid, held.groups) == (7, 7, 8, {9})
    assert (held.bounding, held.effective) == ({nslsm.Capability.CAP_CHOWN, nslsm.Capability.CAP_KILL}, {5})
    assert held.no_new_privs
    assert task.namespace.path == "root.web"
    assert task.umask(0).result == 0o77


def test_a_capability_outside_of_the_bounding_set_is_not_had_by_any_task_there(tmp_path: Path) -> None:
    container = imported(tmp_path, {"process": {"capabilities": {"bounding": ["CAP_CHOWN"]}}})
    kernel = nslsm.Kernel(container.policy.tree())
    task = kernel.spawn("web", uid=0)

    assert [bool(kernel.check("capable", task, cap=each)) for each in ("CAP_CHOWN", "CAP_SYS_ADMIN")] == [True, False]


def test_hidden_and_fixed_paths_are_so_by_every_way_to_them(tmp_path: Path) -> None:
    linux = {"maskedPaths": ["/proc/kcore", "/sys/firmware"], "readonlyPaths": ["/proc/sys"]}
    task = started(tmp_path, {"linux": linux})

    refused = [
        task.open("/proc/kcore"), task.open("/sys/firmware/acpi"), task.execve("/sys/firmware/x"),
        task.open("/proc/sys/kernel/core_pattern", "w"), task.rename("/srv/x", "/proc/sys/x"),
        task.link("/proc/sys/x", "/srv/y"), task.unlink("/proc/sys/x"), task.chmod("/proc/sys/x", 0o777),
    ]  # fmt: skip

    assert [by(each) for each in refused] == ["web#masked"] * 3 + ["web#readonly_paths"] * 5
    assert task.open("/proc/sys/x").granted
    assert task.open("/proc/systems", "w").granted


def test_the_deepest_mount_counts(tmp_path: Path) -> None:
    mounts = [
        {"destination": "/srv", "options": ["rw", "noexec"]},
        {"destination": "/srv/fixed", "options": ["ro", "exec"]},
    ]
    task = started(tmp_path, {"root": {"path": "r", "readonly": True}, "mounts": mounts})

    assert by(task.open("/etc/x", "w")) == "web#readonly_mounts"
    assert task.open("/srv/x", "w").granted
    assert by(task.open("/srv/fixed/x", "w")) == "web#readonly_mounts"
    assert by(task.execve("/srv/run")) == "web#noexec_mounts"
    assert task.execve("/srv/fixed/run").granted


def test_devices_are_those_of_the_control_group(tmp_path: Path) -> None:
    rules = [{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 10, "minor": 200, "access": "rw"}]
    container = imported(tmp_path, {"linux": {"resources": {"devices": rules}}})
    kernel = nslsm.Kernel()
    task = container.start(kernel)
    for path in ("/dev/net/tun", "/dev/null", "/dev/sda"):
        kernel.file(path, type="character_device", mode=0o666)

    assert [bool(task.open(path)) for path in ("/dev/net/tun", "/dev/null", "/dev/sda")] == [True, True, False]


def test_what_is_outside_of_a_pid_namespace_is_not_there(tmp_path: Path) -> None:
    container = imported(tmp_path, {"linux": {"namespaces": [{"type": "pid"}]}})
    kernel = nslsm.Kernel()
    task, other = container.start(kernel), kernel.spawn(uid=0)
    child = task.fork()

    assert (task.kill(other).errno, task.kill(child).errno) == (nslsm.Errno.ESRCH, None)


def test_paths_are_below_the_containers_root(tmp_path: Path) -> None:
    task = started(tmp_path, {"linux": {"maskedPaths": ["/x"]}}, root="/run/web")

    assert [bool(task.open(path)) for path in ("/run/web/x", "/x")] == [False, True]


def test_a_restriction_that_is_not_taken_over_is_an_error_at_its_place(tmp_path: Path) -> None:
    rules = [{"allow": False, "type": "c", "major": 1, "minor": 3, "access": "rw"}]
    config = {
        "process": {"apparmorProfile": "web", "selinuxLabel": "a:b:c:s0"},
        "linux": {"resources": {"devices": rules}},
    }

    lost = imported(tmp_path, config)
    seen_to = imported(tmp_path, config, elsewhere=["apparmor", "selinux"])

    places = ("process.apparmorProfile", "process.selinuxLabel", "linux.resources.devices[0]")
    assert [found(lost)[place] for place in places] == ["oci-restriction-lost"] * 3
    assert lost.lost
    assert [found(seen_to)[place] for place in places] == ["oci-not-modelled"] * 2 + ["oci-restriction-lost"]


def test_what_is_bound_beside_counts(tmp_path: Path) -> None:
    (tmp_path / "more.nslsm").write_text('module more\ncontrol no_x { deny file_open when object.path under "/x" }\n')
    container = imported(tmp_path, {"process": {"apparmorProfile": "p"}}, elsewhere=["apparmor"])

    task = container.start(nslsm.Kernel(), beside=nslsm.load_policy(tmp_path / "more.nslsm")["no_x"])

    assert by(task.open("/x/y")) == "more.no_x#deny-1"


def test_what_is_not_known_is_noted(tmp_path: Path) -> None:
    container = imported(tmp_path, {"process": {"shoeSize": 44}, "linux": {"sysctl": {"a": "b"}}})

    assert found(container) == {"process.shoeSize": "oci-not-modelled", "linux.sysctl": "oci-not-modelled"}


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"process": {"user": {"uid": "0"}}}, "process.user.uid"),
        ({"process": {"noNewPrivileges": 1}}, "process.noNewPrivileges"),
        ({"linux": {"maskedPaths": ["proc"]}}, r"linux.maskedPaths\[0\]"),
        ({"mounts": {}}, "mounts"),
        ({"process": {"rlimits": [{"type": "RLIMIT_X", "hard": 1}]}}, r"process.rlimits\[0\].type"),
    ],
)
def test_a_value_that_is_none_is_an_error_with_its_place(config: dict[str, object], place: str, tmp_path: Path) -> None:
    with pytest.raises(nslsm.PolicyError, match=place):
        imported(tmp_path, config)


def test_the_command_writes_the_policy_and_says_what_is_lost(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, target = tmp_path / "config.json", tmp_path / "made.nslsm"
    path.write_text('{"process": {"apparmorProfile": "p", "capabilities": {"bounding": []}}}')

    assert run(["import", "oci", str(path), "--name", "web", "-o", str(target)]) == 1
    assert f"{path}:1:33" in capfd.readouterr().err
    assert run(["import", "oci", str(path), "--name", "web", "--elsewhere", "apparmor", "-o", str(target)]) == 0
    assert run(["check", "--strict", str(target)]) == 0
    assert run(["fmt", "--check", str(target)]) == 0


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1, "a": 2}', '{"process": []}'])
def test_the_command_says_what_cannot_be_used(text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_text(text)

    assert run(["import", "oci", str(tmp_path / "config.json")]) == 2
    assert run(["import", "oci", str(tmp_path / "absent.json")]) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_a_configuration_that_confines_nothing_is_a_policy_too(tmp_path: Path) -> None:
    assert started(tmp_path, {}).open("/etc/x").granted
