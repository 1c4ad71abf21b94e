"""A container's profile and context: bound with the rest, where they were imported."""

from pathlib import Path

import pytest

import nslsm
from nslsm.cli.group import run

WARD = Path(__file__).parents[2] / "data" / "selinux" / "ward.cil"
CONFIG = """{"process": {"apparmorProfile": "%s", "selinuxLabel": "system_u:system_r:container.process:s0:c1,c2",
"noNewPrivileges": true}, "linux": {"maskedPaths": ["/proc/kcore"]}}"""


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prof").write_text("profile box { file, deny /srv/secret/** rw, }\n")
    (tmp_path / "config.json").write_text(CONFIG % "box")
    assert run(["import", "apparmor", "prof", "--name", "profiles", "-o", "profiles.nslsm"]) == 0
    assert run(["import", "selinux", str(WARD), "-o", "."]) == 0
    return tmp_path


def test_one_command_makes_the_namespace_with_all_its_bindings(
    imported: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = [
        "import",
        "oci",
        str(imported / "config.json"),
        "--name",
        "web",
        "--apparmor",
        "profiles",
        "--selinux",
        "ward",
    ]

    assert run([*command, "-o", "web.nslsm"]) == 0
    assert run(["check", "--strict", "web.nslsm"]) == 0
    capfd.readouterr()
    assert run(["tree", "web.nslsm"]) == 0

    said = " ".join(capfd.readouterr().out.split())
    assert 'bind profiles(start = {"box"}' in said
    assert 'bind ward(start = "system_u:system_r:container.process:s0:c1,c2"' in said


def test_one_call_starts_a_task_that_all_of_them_confine(imported: Path) -> None:
    container = nslsm.import_oci(
        imported / "config.json", name="web", apparmor=imported / "profiles.nslsm", selinux=imported / "ward.nslsm"
    )
    kernel = nslsm.Kernel()
    for path in ("/srv/secret/x", "/srv/charts/7", "/etc/hosts"):
        kernel.file(path, mode=0o666)

    task = container.start(kernel, "web-1")

    assert not container.lost
    assert task.open("/etc/hosts")
    assert str(task.open("/srv/secret/x").blame).startswith("profiles")
    assert str(task.open("/srv/charts/7").blame).startswith("ward")


def test_a_profile_that_was_not_imported_opens_nothing(imported: Path) -> None:
    (imported / "config.json").write_text(CONFIG % "nobody")
    container = nslsm.import_oci("config.json", name="web", apparmor="profiles.nslsm", elsewhere=["selinux"])
    kernel = nslsm.Kernel()
    kernel.file("/etc/hosts", mode=0o644)

    task = container.start(kernel, "web-1")

    assert not task.open("/etc/hosts")
